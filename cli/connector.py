"""``onefold connector``: what Debezium and the source databases are told, and how the connectors are."""

from typing import Annotated, Any, Final

import typer

from cdc import (
    Connect,
    Connector,
    ConnectorStatus,
    FieldError,
    SourceMapping,
    connector_of,
    database_statements,
    debezium_configuration,
    next_steps,
    provider,
)
from cli import connector_snapshot
from cli.connector_sources import Name, Url, connect_of, source_of
from cli.console import complain, print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings

_WRONG: Final = 2
_WAIT_SECONDS: Final = 120
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SOURCE…]", help="Sources of onefold.toml; all with a connector.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Capture source databases with Debezium and Kafka Connect."
    )
    group.command(
        "config",
        epilog=examples(
            "onefold connector config shop --statements    # for the database's administrator",
            "onefold connector config shop --json > shop.json",
        ),
    )(config_of)
    group.command("apply", epilog=examples("onefold connector apply shop --connect http://127.0.0.1:8083 --wait"))(
        apply
    )
    group.command("status", epilog=examples("onefold connector status", "onefold connector status shop --json"))(status)
    connector_snapshot.add_to(group)
    app.add_typer(group, name="connector")


def config_of(
    context: typer.Context,
    name: Name,
    *,
    statements: Annotated[
        bool, typer.Option("--statements", help="Print what the source's database needs instead, as SQL.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print a source's Debezium configuration: mapped tables only, nothing lost, nothing invented, no password.

    As a properties file, or with --json as Kafka Connect's `POST /connectors` takes it. With --statements the SQL that its
    database needs: account with the least rights, whole rows in the log, publication.
    """
    installed = settings(context, config)
    source = source_of(installed, name)
    connector = connector_of(source)
    if statements:
        _print_statements(source, connector, as_json=as_json)
        return
    configuration = debezium_configuration(source, bootstrap_servers=installed.connect_bootstrap_servers)
    if as_json:
        print_json({"name": connector.name, "config": configuration})
    else:
        for key, value in {"name": connector.name, **configuration}.items():
            print(f"{key}={_property(value)}")
    _tell_provider(connector)


def apply(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    name: Name,
    *,
    url: Url = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget how far it had read: it begins with a snapshot of all rows.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help=f"Wait until it runs, at most {_WAIT_SECONDS} s.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let Kafka Connect check a source's configuration, at the database, too, and put it.

    Running it again is no harm; it also starts what had failed. With --fresh, and another `log` in [source.connector], it goes on
    after a failover or a restored database.

    Exits with 2 when it is refused, field by field; with --wait also with 1 when the connector does not run.
    """
    installed = settings(context, config)
    source = source_of(installed, name)
    connector, connect = connector_of(source), connect_of(installed, url)
    configuration = debezium_configuration(source, bootstrap_servers=installed.connect_bootstrap_servers)
    if refused := connect.validate(connector.name, configuration):
        _report_refused(source, connector, refused, as_json=as_json)
        raise typer.Exit(_WRONG)
    if fresh:
        connect.forget(connector.name)
    found = _put(connect, connector, configuration, seconds=_WAIT_SECONDS if wait else 0)
    if as_json:
        print_json({"errors": [], **_plain(source, connector, found)})
    else:
        say(
            f"Kafka Connect at {connect.shown} has connector {connector.name!r}: {found.state if found else 'starting'}"
        )
    if wait and not (found and found.is_running):
        _tell_failure(source, found)
        raise typer.Exit(1)
    if not wait:
        say(f"next: onefold connector status {name}")


def status(
    context: typer.Context,
    names: Names = None,
    *,
    url: Url = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show how the connectors are, and why one that failed did.

    Exits with 1 when one does not run.
    """
    installed = settings(context, config)
    sources = [source_of(installed, name) for name in names or ()]
    sources = sources or [source for source in installed.mapping.sources if source.connector]
    connect = connect_of(installed, url)
    found = [(source, connector_of(source), connect.status(connector_of(source).name)) for source in sources]
    plain = [_plain(*each) for each in found]
    if as_json:
        print_json(plain)
    else:
        rows = [(p["source"], p["connector"], p["state"], ", ".join(p["tasks"]), p["reason"]) for p in plain]
        print_table(("source", "connector", "state", "tasks", "reason"), rows)
    for source, _, state in found:
        if not (state and state.is_running):
            _tell_failure(source, state)
    if any(not (state and state.is_running) for _, _, state in found):
        raise typer.Exit(1)


def _put(
    connect: Connect, connector: Connector, configuration: dict[str, str], *, seconds: float
) -> ConnectorStatus | None:
    """Put the configuration, start what had failed, and wait."""
    before = connect.status(connector.name)
    had_failed = before is not None and before.has_failed
    connect.put(connector.name, configuration)
    if had_failed:
        connect.restart_failed(connector.name)
    return connect.wait(connector.name, seconds=seconds, had_failed=had_failed)


def _print_statements(source: SourceMapping, connector: Connector, *, as_json: bool) -> None:
    found = database_statements(source)
    if as_json:
        print_json({"statements": found, "next": next_steps(connector)})
        return
    where = f"source {source.name}: run in database {connector.database} as an administrator"
    print(_comment(f"For {where}; running it again is no harm."))
    for statement in found:
        print(f"{statement};")
    for step in next_steps(connector):
        print(_comment(f"Then {step}"))
    say(f"next: onefold check --sources, then onefold connector apply {source.name}")


def _tell_provider(connector: Connector) -> None:
    name, java = provider(connector.password)
    say(f"the password is a reference; the Connect worker's settings need: config.providers={name}")
    say(f"config.providers.{name}.class={java}")
    say("the database needs: onefold connector config --statements, then onefold check --sources")


def _comment(text: str) -> str:
    """A line of SQL that is not run, whatever names are in it."""
    return f"-- {' '.join(text.splitlines())}"


def _property(value: str) -> str:
    """Escape a value for a Java properties file: Kafka Connect reads it as ISO 8859-1."""
    return "".join(_ESCAPES.get(each) or (each if each.isascii() else _utf_16(each)) for each in value)


def _utf_16(character: str) -> str:
    encoded = character.encode("utf-16-be")
    return "".join(f"\\u{encoded[at : at + 2].hex()}" for at in range(0, len(encoded), 2))


def _report_refused(
    source: SourceMapping, connector: Connector, refused: tuple[FieldError, ...], *, as_json: bool
) -> None:
    if as_json:
        errors = [{"field": error.field, "message": error.message} for error in refused]
        print_json({"errors": errors, **_plain(source, connector, None)})
    for error in refused:
        complain(f"{error.field}: {error.message}")
    name, _ = provider(connector.password)
    say(f"nothing was changed; see onefold check --sources, and that the worker has the config provider {name!r}")


def _tell_failure(source: SourceMapping, found: ConnectorStatus | None) -> None:
    if found is None:
        complain(f"{source.name}: Kafka Connect has no such connector; run `onefold connector apply {source.name}`")
        return
    complain(f"{source.name}: {found.reason or 'it is not running yet'}")
    say(f"next: onefold check --sources; when that is mended, onefold connector apply {source.name} --wait")


def _plain(source: SourceMapping, connector: Connector, found: ConnectorStatus | None) -> dict[str, Any]:
    return {
        "source": source.name,
        "connector": connector.name,
        "state": found.state if found else "missing",
        "tasks": list(found.tasks) if found else [],
        "reason": found.reason if found else "",
    }
