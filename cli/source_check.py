"""The part of ``onefold check`` that looks into the source databases."""

from contextlib import closing, suppress
from dataclasses import asdict
from typing import Any

from cdc import CaptureError, Finding, LogSeen, SourceMapping, inspect_source, lacking, log_end, log_seen
from cli.console import say, warn
from cli.parts import Wiring
from cli.revisions import revisions
from cli.settings import Settings
from storage import Database, OnefoldError


def source_findings(parts: Wiring, installed: Settings) -> list[Finding]:
    """Ask all sources that have a connector; one that cannot be asked is a finding, too."""
    found: list[Finding] = []
    asked = [source for source in installed.mapping.sources if source.connector]
    seen = _seen(installed, asked)
    for source in asked:
        try:
            found += inspect_source(source, parts.environ)
            found += _log(parts, source, seen)
        except OnefoldError as error:
            found.append(Finding("error", source.name, "connection", str(error)))
    return found


def _seen(installed: Settings, sources: list[SourceMapping]) -> dict[str, LogSeen]:
    """What is known of the sources' logs; nothing where there is no database yet."""
    if not all(each.is_right for each in revisions(installed)):
        return {}
    with closing(Database(installed.database)) as database, database.read() as connection:
        return {source.name: log_seen(connection, source) for source in sources}


def _log(parts: Wiring, source: SourceMapping, seen: dict[str, LogSeen]) -> list[Finding]:
    """Whether the log is the one that was read."""
    if source.name not in seen:
        return []
    with suppress(CaptureError):  # a database that does not answer is a finding already
        fault = seen[source.name].fault(log_end(source, parts.environ))
        return [Finding("error", source.name, "log", fault)] if fault else []
    return []


def without_kafka(installed: Settings) -> dict[str, str]:
    """By source, what the embedded engine lacks to read it, "" for nothing; empty where Kafka Connect is set up."""
    if installed.connect_url:
        return {}
    jars = installed.debezium.jars
    return {each.name: lacking(each.connector.kind, jars) for each in installed.mapping.sources if each.connector}


def print_findings(installed: Settings, found: list[Finding]) -> None:
    """Print each finding with the statements that mend it, which go to stdout: they can be run from there."""
    asked = [source.name for source in installed.mapping.sources if source.connector]
    if not asked:
        warn("no source has a [source.connector]: no database can be asked (docs/connectors.md)")
    for finding in found:
        say(f"{finding.severity}: {finding.source}: {finding.place}: {finding.why}")
        for statement in finding.statements:
            print(f"{statement};")
    if asked and not found:
        say(f"{', '.join(asked)}: nothing that loses data was found")
    for name, lack in without_kafka(installed).items():
        say(
            f"{name}: {f'not without Kafka yet: {lack}' if lack else '`onefold ingest --from debezium` can read it without Kafka'}"
        )


def plain_findings(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings for programs."""
    return [asdict(finding) for finding in found]
