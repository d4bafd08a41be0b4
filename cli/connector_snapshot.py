"""``onefold connector snapshot``: let a connector read rows of some tables again, beside the changes that it streams."""

from typing import Annotated

import typer

from cdc import (
    Connect,
    ConnectError,
    SnapshotSignal,
    SourceMapping,
    connector_of,
    debezium_configuration,
    inspect_source,
    outdated,
    send_signal,
    signal_findings,
    snapshot_signal,
    write_signal,
)
from cli.connector_sources import Name, Url, connect_of, source_of
from cli.console import complain, print_json, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings, wiring
from cli.settings import Settings

_WRONG = 2

Tables = Annotated[
    list[str], typer.Argument(metavar="TABLE…", help="Tables, as onefold.toml names them.", show_default=False)
]


def add_to(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command(
        "snapshot",
        epilog=examples(
            "onefold connector snapshot shop customers orders",
            "onefold connector snapshot shop orders --where \"placed_at >= '2026-01-01'\"",
        ),
    )(snapshot)


def snapshot(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    name: Name,
    tables: Tables,
    *,
    where: Annotated[
        str, typer.Option("--where", metavar="SQL", help="Only rows for which this holds, in the database's own SQL.")
    ] = "",
    url: Url = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Ask a running connector for an incremental snapshot: all rows of some tables, in pieces, while it streams on.

    For rows from before the capture, a column that was mapped later, or a difference that `onefold parity` told. Rows that Onefold
    has already change nothing. Tables and rights are looked at first, in the database and at Kafka Connect.

    It says nothing about rows that are gone: what was deleted unseen is found by `onefold parity`.

    Exits with 2, and asks for nothing, when something stands in the way.
    """
    installed = settings(context, config)
    source = source_of(installed, name)
    signal = snapshot_signal(source, tables, where=where)
    _refuse_unready(context, source, tables)
    _refuse_unheard(installed, source, connect_of(installed, url))
    channel = _send(context, installed, source, signal)
    if as_json:
        print_json({"source": name, "tables": list(signal.tables), "signal": signal.id, "channel": channel})
    else:
        say(f"asked for {', '.join(signal.tables)} of {name} by {channel}: the rows come as events, beside the changes")
    say(f"next: onefold parity --source {name}    # once they are read: does Onefold hold what the source holds")


def _refuse_unready(context: typer.Context, source: SourceMapping, tables: list[str]) -> None:
    """Look into the database as the connector's user."""
    found = signal_findings(source, tables, inspect_source(source, wiring(context).environ))
    for finding in found:
        complain(f"{finding.place}: {finding.why}")
        for statement in finding.statements:
            print(f"{statement};")
    if found:
        say("nothing was asked for; mend this, then run the command again (onefold check --sources shows all)")
        raise typer.Exit(_WRONG)


def _refuse_unheard(installed: Settings, source: SourceMapping, connect: Connect) -> None:
    """A connector that does not run, or was told something else, would not hear the signal, and nobody would know."""
    connector = connector_of(source)
    state = connect.status(connector.name)
    if state is None or not state.is_running:
        was = state.state if state else "missing"
        raise ConnectError(
            f"connector {connector.name!r} is {was}: it hears nothing; run `onefold connector apply {source.name} --wait`"
        )
    wanted = debezium_configuration(source, bootstrap_servers=installed.connect_bootstrap_servers)
    if found := outdated(connect.configuration(connector.name), wanted):
        raise ConnectError(
            f"connector {connector.name!r} was told otherwise ({', '.join(found)}); run `onefold connector apply {source.name} --wait`"
        )


def _send(context: typer.Context, installed: Settings, source: SourceMapping, signal: SnapshotSignal) -> str:
    """Send the signal where the connector listens; gives where that is."""
    connector = connector_of(source)
    if connector.signal_table:
        write_signal(source, signal, wiring(context).environ)
        return f"signal table {connector.signal_table}"
    send_signal(installed.kafka, connector.signal_topic, key=connector.prefix, message=signal.message)
    return f"topic {connector.signal_topic}"
