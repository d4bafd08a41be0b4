"""What stewards change: they link records, separate them, and undo both.

The audit entry of a change commits with it, or neither does; a refused change is recorded before its error is answered. Neither
holds the reason.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc import DecisionRefused, RulesChanged, Wish
from identity import Decision as Kind
from identity import LinkRow, Resolution, resolve_ids, stored_links
from privacy import may_decide, scope
from profiles import profile as profile_table
from profiles import steps
from resolvers.context import Request
from resolvers.decisions import Decision, decision, live_ends
from resolvers.errors import ApiError, BadInput, Forbidden, Refused
from resolvers.plain import clear_text, id_bytes, id_text
from resolvers.profile import COLUMNS, Profile, load_page
from resolvers.records import shown_records

#: For those who cannot run commands here.
_OTHER_RULES: Final = (
    "the rules of this installation changed since this server began, so nothing can be decided here until the operator has "
    "restarted it; nothing was changed"
)
_NAMES: Final[dict[Kind, str]] = {"must_link": "linkRecords", "cannot_link": "separateRecords"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision as it is asked for; ``left`` and ``right`` are ids of records."""

    kind: Kind
    client_id: str
    left: str
    right: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What a change came to; ``decision`` None when it was undone.

    ``changed_ids``: the profiles that it made, joined or parted, also those whose ids now lead to others. ``profiles``: they and
    those of the two records, as they are now. Both without what is out of scope.
    """

    decision: Decision | None
    profiles: tuple[Profile, ...]
    changed_ids: tuple[str, ...]


@dataclass(slots=True)
class _Act:
    """A change on its way: whom it concerns, and the profiles that it has changed."""

    request: Request
    name: str
    subjects: set[bytes] = field(default_factory=set)
    changed: set[bytes] = field(default_factory=set)

    def witness(self, connection: Connection, resolution: Resolution) -> None:
        """Record the change in its own transaction."""
        ids = {i for step in steps(resolution) for i in (step.profile_id, step.other_id)}
        self.changed |= {i for i in ids if i is not None}
        parts = self.request.parts
        parts.audit.append(
            connection, [self.request.act(self.name, self.subjects, outcome="done", rows=len(self.changed))]
        )


def decide(request: Request, wanted: Wanted) -> Change:
    """Decide that two records are, or are not, one person."""
    with _act(request, _NAMES[wanted.kind]) as act:
        ends = id_bytes(wanted.left, "left"), id_bytes(wanted.right, "right")
        shown = shown_records(request, ends)
        if not shown.keys() >= {*ends}:
            raise BadInput("left and right must be records that live and that you may see")
        act.subjects = {record.profile.key for record in shown.values()}
        wish = Wish(_client_id(wanted.client_id), wanted.kind, *ends, request.principal.subject, wanted.reason)
        steward = request.parts.steward
        key, _ = request.change(lambda: steward.decide(wish, witness=act.witness))
    return _change(request, act, ends, key)


def undo(request: Request, id_given: str) -> Change:
    """Forget a decision: everything is as if it had never been made."""
    with _act(request, "undoDecision") as act:
        row, ends = _decided(request, id_bytes(id_given))
        act.subjects = {record.profile.key for record in shown_records(request, ends).values()}
        steward, author = request.parts.steward, request.principal.subject
        request.change(lambda: steward.undo(row.id, author, witness=act.witness))
    return _change(request, act, ends, None)


@contextmanager
def _act(request: Request, name: str) -> Iterator[_Act]:
    """Let only those decide who may; record what is refused."""
    act = _Act(request, name)
    try:
        if not may_decide(request.principal.role):
            raise Forbidden("this role does not decide which records are one person")
        request.asks_for_people(name)
        request.spend(2)
        yield act
    except ApiError as error:
        _record_refusal(act, error)
        raise
    except DecisionRefused as error:
        raise _refused(act, str(error)) from None
    except RulesChanged:
        raise _refused(act, _OTHER_RULES) from None


def _refused(act: _Act, message: str) -> Refused:
    refused = Refused(message)
    _record_refusal(act, refused)
    return refused


def _record_refusal(act: _Act, error: ApiError) -> None:
    request = act.request
    request.parts.audit.record(request.act(act.name, act.subjects, outcome=error.code.value.lower(), rows=0))


def _decided(request: Request, key: bytes) -> tuple[LinkRow, list[bytes]]:
    """A decision and its live records; refused as if it were not there unless the caller may see all of them."""
    rows = stored_links(request.connection, [key])
    ends = [record.incarnation for record in live_ends(request, rows).values()]
    is_visible = len(shown_records(request, ends)) == len(ends) and (ends or scope(request.principal).everything)
    if not rows or not is_visible:
        raise Refused("there is no such decision; it may have been undone already")
    return rows[0], ends


def _change(request: Request, act: _Act, ends: Collection[bytes], key: bytes | None) -> Change:
    """Read what is so now."""
    now = resolve_ids(request.connection, {*ends, *act.changed})
    page = load_page(request, sa.select(*COLUMNS).where(profile_table.c.id.in_(sorted({*filter(None, now.values())}))))
    seen = {profile.key: profile for profile in page.profiles}
    return Change(
        None if key is None else _made(request, key),
        tuple(seen[key] for key in sorted(seen)),
        tuple(sorted(id_text(i) for i in act.changed if now.get(i) in seen)),
    )


def _made(request: Request, key: bytes) -> Decision | None:
    rows = stored_links(request.connection, [key])
    live = live_ends(request, rows)
    shown = shown_records(request, [record.incarnation for record in live.values()])
    if not rows or not shown:
        return None
    return decision(rows[0], shown[min(shown)].profile.reader, live, shown)


def _client_id(text: str) -> str:
    if not text.strip():
        raise BadInput("clientId must not be empty")
    return clear_text("clientId", text)
