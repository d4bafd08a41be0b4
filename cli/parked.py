"""``onefold parked``: events that could not be applied, to be tried again once the cause is mended, or given up."""

from collections.abc import Collection
from typing import Annotated, Any

import typer

from cdc import PARK_CODES, Parked, Report, drop_parked, list_parked, parked_ids
from cli.audited import act_of_operator, audit_log
from cli.console import complain, print_json, print_table, say, timestamp
from cli.options import DEFAULT_CONFIG, AcceptedMerges, AsJson, ConfigFile, examples, installation
from cli.parts import Parts
from cli.traced import traced
from storage import chunks

_RETRIED_TOGETHER = 500
_WRONG_USE = 2

Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID…", show_default=False, help="As `parked list` shows them.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Events that could not be applied.")
    group.command("list", epilog=examples("onefold parked list", "onefold parked list --code unmapped_table --json"))(
        list_events
    )
    group.command("retry", epilog=examples("onefold parked retry 17 18", "onefold parked retry --all"))(retry)
    group.command("drop", epilog=examples("onefold parked drop 17", "onefold parked drop 17 18 --yes"))(drop)
    app.add_typer(group, name="parked")


def list_events(
    context: typer.Context,
    *,
    code: Annotated[str | None, typer.Option(help="Only events parked under this code.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the oldest first.")] = 100,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List parked events with the reason of each; their contents stay sealed.

    Exits with 1 when there are any. Events `queued` behind another of the same row need nothing themselves.
    """
    with installation(context, config) as parts, parts.database.read() as connection:
        found = list_parked(connection, limit=limit + 1, code=code)
    if as_json:
        print_json([_plain(each) for each in found[:limit]])
    elif found:
        _print(found[:limit])
    if len(found) > limit:
        say(f"there are more than {limit}; see them with --limit")
    if not found:
        say("nothing is parked")
        return
    _advise({each.code for each in found[:limit]})
    raise typer.Exit(1)


def retry(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    ids: Ids = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Try all parked events.")] = False,
    accept_merges: AcceptedMerges = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Try parked events again, with those that queue behind them; for instance after the mapping was completed.

    Exits with 1 when any of them is still parked, with 3 when they would join more existing profiles than
    `pause_above_merges`: then they stay parked until you look and say --accept-merges.
    """
    if bool(ids) == everything:
        raise typer.BadParameter("give the ids of parked events, or --all")
    with installation(context, config) as parts, traced(parts):
        chosen = _existing(parts, ids)
        _refuse_unknown(ids, chosen)
        parts.applier.accept_merges(accept_merges or 0)
        total = Report()
        for some in chunks(chosen, _RETRIED_TOGETHER):
            total.add(parts.applier.retry(some))
        still = _existing(parts, chosen) if chosen else []
    became = {"applied": total.applied, "seen": total.seen, "ignored": total.ignored}
    result = {"tried": len(chosen), **became, "still_parked": len(still)}
    if as_json:
        print_json(result)
    else:
        print_table(("", "events"), [(name.replace("_", " "), count) for name, count in result.items()])
    if still:
        say("the reasons are in `onefold parked list`")
        raise typer.Exit(1)


def drop(
    context: typer.Context,
    ids: Ids = None,
    *,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Give parked events up: they are forgotten, which leaves an entry in the audit log.

    Later events of the same row stay parked behind them until `parked retry`.
    """
    if not ids:
        raise typer.BadParameter("give the ids of parked events; see `onefold parked list`")
    with installation(context, config) as parts:
        chosen = _existing(parts, ids)
        _refuse_unknown(ids, chosen)
        if not is_sure:
            typer.confirm(f"Forget {len(chosen)} parked event(s) for good?", abort=True, err=True)
        with audit_log(parts) as audit, parts.database.write() as connection:
            drop_parked(connection, chosen)
            audit.append(connection, [act_of_operator("parked_drop", rows=len(chosen))])
    say(f"{len(chosen)} event(s) forgotten")


def _refuse_unknown(ids: Collection[int] | None, existing: Collection[int]) -> None:
    unknown = sorted(set(ids or ()).difference(existing))
    if unknown:
        complain(f"nothing is parked under these ids: {', '.join(map(str, unknown))}; see `onefold parked list`")
        raise typer.Exit(_WRONG_USE)


def _existing(parts: Parts, ids: Collection[int] | None) -> list[int]:
    with parts.database.read() as connection:
        return parked_ids(connection, ids)


def _plain(event: Parked) -> dict[str, Any]:
    return {
        "id": event.id,
        "code": event.code,
        "message": event.message,
        "source": event.source,
        "table": event.table,
        "topic": event.topic,
        "stream": event.stream,
        "offset": event.offset,
        "parked_at": timestamp(event.parked_at),
    }


def _print(events: list[Parked]) -> None:
    rows = [(str(e.id), e.code, f"{e.source}.{e.table}".strip("."), e.message, _place(e)) for e in events]
    print_table(("id", "code", "table", "why", "read up to"), rows)


def _place(event: Parked) -> str:
    """Say where it was read; of a file's path the name."""
    return f"{event.stream.rpartition('/')[2]} @ {event.offset}"


def _advise(codes: Collection[str]) -> None:
    for code in sorted(codes & PARK_CODES.keys()):
        say(f"{code}: {PARK_CODES[code]}")
    say("then: onefold parked retry --all")
