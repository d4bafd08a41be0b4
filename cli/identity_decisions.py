"""``onefold identity link``, ``separate``, ``undo`` and ``decisions``: what stewards decide about pairs of records."""

import json
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cdc import Decided, Report, Wish, wall_time
from cli.audited import act_of, audit_log, principal
from cli.console import print_json, print_table, say, timestamp
from cli.identity_explain import RecordName
from cli.options import DEFAULT_CONFIG, AccessToken, AsJson, ConfigFile, examples, installation
from cli.parts import Parts
from cli.record_names import find_live_record, find_record, id_text
from cli.rules_in_force import require_rules_in_force
from identity import Decision, records_by, source_record, stored_links
from privacy import AuditEntry, Principal, Role
from resolvers import pseudonyms

_AS_STEWARD = "ONEFOLD_AS_STEWARD=$(onefold token create --role steward --store '*' --subject ann)"
_OUTCOMES = ("profiles_created", "profiles_merged", "profiles_split", "profiles_ended")

Reason = Annotated[str, typer.Option("--reason", help="Why, for those who ask later; kept sealed.", show_default=False)]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command(
        "link",
        epilog=examples(
            f"{_AS_STEWARD} \\", "  onefold identity link shop/customers/42 pos/members/M7 --reason 'called her'"
        ),
    )(link)
    group.command(
        "separate",
        epilog=examples(f"{_AS_STEWARD} \\", "  onefold identity separate 5f0c…-… 91ab…-… --reason 'father and son'"),
    )(separate)
    group.command("undo", epilog=examples(f"{_AS_STEWARD} onefold identity undo 0d1e…"))(undo)
    group.command(
        "decisions",
        epilog=examples(
            f"{_AS_STEWARD} onefold identity decisions",
            f"{_AS_STEWARD} onefold identity decisions shop/customers/42 --json",
        ),
    )(decisions)


@dataclass(frozen=True, slots=True)
class _Desk:
    """A steward at work."""

    parts: Parts
    who: Principal


@contextmanager
def _desk(context: typer.Context, config: Any, token: str) -> Iterator[_Desk]:
    with installation(context, config) as parts:
        yield _Desk(parts, principal(parts, token, roles=(Role.STEWARD,)))


def link(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    left: RecordName,
    right: RecordName,
    *,
    reason: Reason,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Decide that two records are one person: they join at once, whatever their evidence.

    Only a separation of records of the two profiles outweighs it, until that is undone. Needs an access token of the role steward for all stores, and leaves an entry in the audit log. It holds while both rows
    live, also when one is deleted and comes back; `onefold identity undo` takes it back without a trace.
    """
    with _desk(context, config, token) as desk:
        _decide(desk, "must_link", (left, right), reason=reason, as_json=as_json)


def separate(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    left: RecordName,
    right: RecordName,
    *,
    reason: Reason,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Decide that two records are not one person: no evidence joins them, not even by way of others.

    Needs an access token of the role steward for all stores, and leaves an entry in the audit log. It holds while both rows
    live, also when one is deleted and comes back; `onefold identity undo` takes it back without a trace.
    """
    with _desk(context, config, token) as desk:
        _decide(desk, "cannot_link", (left, right), reason=reason, as_json=as_json)


def undo(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(show_default=False, help="Its id, as `identity decisions` shows it.")],
    *,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Take a decision back: everything is as if it had never been made.

    Needs an access token of the role steward for all stores, and leaves an entry in the audit log.
    """
    wanted = _id_of(decision)
    with _desk(context, config, token) as desk:
        subjects = _subjects(desk.parts, wanted)
        _record(desk, _act(desk, "identity_undo", subjects))
        _tell(desk.parts.steward.undo(wanted, desk.who.subject), decision, as_json=as_json)


def _id_of(text: str) -> bytes:
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raise typer.BadParameter("that is no decision's id; see `onefold identity decisions`") from None


def decisions(
    context: typer.Context,
    record: Annotated[
        str | None,
        typer.Argument(
            metavar="[RECORD]", show_default=False, help="Only those about this record; see `identity explain`."
        ),
    ] = None,
    *,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List decisions, the earliest first: who made them, when, about which rows, and why.

    Natural keys and reasons can be personal: it needs an access token of the role steward for all stores, and leaves an
    entry in the audit log. One that is not in force is about a row that does not live now.
    """
    with _desk(context, config, token) as desk:
        found = _decisions(desk.parts, record)
        _record(desk, act_of(desk.who, "identity_decisions", rows=len(found)))
    if as_json:
        print_json([_plain(each) for each in found])
    elif found:
        print_table(("id", "decision", "by", "at", "rows", "reason", "in force"), [_row(each) for each in found])
    else:
        say("no decision was made")


def _decide(desk: _Desk, decision: Decision, ends: tuple[str, str], *, reason: str, as_json: bool) -> None:
    parts = desk.parts
    with parts.database.read() as connection:
        require_rules_in_force(parts, connection)
        left, right = (find_live_record(parts, connection, end) for end in ends)
    _record(desk, _act(desk, f"identity_{decision}", {left.profile_id, right.profile_id}))
    wish = Wish(uuid.uuid4().hex, decision, left.record, right.record, desk.who.subject, reason)
    link_id, report = parts.steward.decide(wish)
    _tell(report, id_text(link_id), as_json=as_json)
    if decision == "must_link" and not _are_one(parts, wish):
        say("they are two profiles still, as a separation outweighs a link; `onefold identity explain` names it")
    say(f"to take it back: onefold identity undo {id_text(link_id)}")


def _are_one(parts: Parts, wish: Wish) -> bool:
    """Whether both records are of one profile now; one that ended since keeps nobody waiting."""
    with parts.database.read() as connection:
        found = records_by(connection, source_record.c.incarnation, [wish.left, wish.right])
    return len({record.profile_id for record in found}) < 2  # noqa: PLR2004 - both ends


def _subjects(parts: Parts, link_id: bytes) -> set[bytes]:
    """The profiles of a decision's rows that live now; :class:`cdc.RulesChanged` under other rules."""
    with parts.database.read() as connection:
        require_rules_in_force(parts, connection)
        ends = {token for row in stored_links(connection, [link_id]) for token in (row.low, row.high)}
        return {record.profile_id for record in records_by(connection, source_record.c.row_token, ends)}


def _decisions(parts: Parts, record: str | None) -> list[Decided]:
    with parts.database.read() as connection:
        if record is None:
            return parts.steward.everything(connection)
        return parts.steward.about(connection, [find_record(parts, connection, record).record])


def _act(desk: _Desk, action: str, subjects: Collection[bytes]) -> AuditEntry:
    """Describe a decision about profiles, as the API does; what is decided is in the decision itself and in lineage."""
    subject = pseudonyms(desk.parts.keystore.long_lived("TAUD"), subjects)
    return AuditEntry(
        at=wall_time(), actor=desk.who.subject, role=desk.who.role.value, action=action, subject=subject, rows=1
    )


def _record(desk: _Desk, entry: AuditEntry) -> None:
    with audit_log(desk.parts) as audit:
        audit.record(entry)


def _tell(report: Report, decision: str, *, as_json: bool) -> None:
    outcome = {name: getattr(report, name) for name in _OUTCOMES}
    if as_json:
        print_json({"decision": decision, **outcome})
    else:
        rows = [(name.replace("_", " "), count) for name, count in outcome.items()]
        print_table(("", "count"), rows, title=f"decision {decision}")


def _row(each: Decided) -> tuple[str, ...]:
    rows = f"{_key(each.low)} {_key(each.high)}"
    force = "yes" if None not in each.records else "no"
    return (id_text(each.id), each.decision, each.author, timestamp(each.at), rows, each.reason, force)


def _plain(each: Decided) -> dict[str, Any]:
    return {
        "id": id_text(each.id),
        "decision": each.decision,
        "by": each.author,
        "at": timestamp(each.at),
        "rows": [_key(each.low), _key(each.high)],
        "records": [record and id_text(record) for record in each.records],
        "reason": each.reason,
        "in_force": None not in each.records,
    }


def _key(natural: str) -> str:
    """Write a natural key so that the other commands take it."""
    source, table, *values = json.loads(natural)
    return f"{source}/{table}/{values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)}"
