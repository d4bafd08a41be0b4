"""Which source databases ``onefold parity`` compares: those with a connector, and captured SQLite files that it is told of."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cdc import Mapping as AllSources
from cdc import ParityError, SourceDatabase, SourceMapping, SqliteSource, connected_source


def source_databases(
    mapping: AllSources, wanted: Sequence[str], files: Sequence[str], environ: Mapping[str, str]
) -> list[tuple[SourceMapping, SourceDatabase]]:
    """The sources to compare, each with its database; ``files`` are ``SOURCE=FILE``, ``wanted`` empty means all.

    A source without a known database is an error, unless others are known and it was not asked for.
    """
    known = {source.name for source in mapping.sources}
    named = dict(_file(text, known) for text in files)
    for name in wanted:
        _refuse_unknown(name, known)
    asked = [source for source in mapping.sources if not wanted or source.name in wanted]
    placed = [source for source in asked if source.name in named or source.connector is not None]
    chosen = asked if wanted or not placed else placed
    return [(source, _database(source, named, environ)) for source in chosen]


def _database(source: SourceMapping, files: Mapping[str, Path], environ: Mapping[str, str]) -> SourceDatabase:
    path = files.get(source.name)
    return connected_source(source, environ) if path is None else SqliteSource(path, source.name)


def _file(text: str, known: set[str]) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not (sign and path):
        raise ParityError("--file needs the source and its file, such as --file till=till.db")
    _refuse_unknown(name, known)
    return name, Path(path)


def _refuse_unknown(name: str, known: set[str]) -> None:
    if name not in known:
        raise ParityError(f"the mapping has no source {name!r}; it has {', '.join(map(repr, sorted(known))) or 'none'}")
