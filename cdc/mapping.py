"""The mapping: what each table and column of the sources means, as ``onefold.toml`` says.

:func:`cdc.mapping_file.read_mapping` makes these values and checks them; here they are only looked up.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from cdc import vocabulary
from cdc.capture.connector import Connector
from cdc.encodings import NO_HINT, ColumnHint


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One column; ``attribute`` is its standard name.

    ``slot`` counts columns of the same attribute in the file's order; ``app`` is the WeChat app of an openid; ``verified_by``
    names the column that says when the identifier was verified; ``table`` is the table that a reference points at;
    ``purpose`` and ``at`` (a column with the time) belong to consents; ``values`` replaces the column's values, as text.
    """

    column: str
    attribute: str
    slot: int = 0
    hint: ColumnHint = NO_HINT
    app: str = ""
    verified: bool | None = None
    verified_by: str = ""
    purpose: str = ""
    at: str = ""
    table: str = ""
    values: AnyMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One table; ``name`` is how the mapping calls it and part of every row key, so it must stay.

    ``hints`` say how columns are written, mapped or not; ``event``, ``store`` and ``purpose`` are constants for every row;
    ``currency`` and ``timezone`` are the defaults in force. ``personal_key`` None means that nobody has said.
    """

    name: str
    kind: str
    key: tuple[str, ...] = ()
    columns: tuple[ColumnMapping, ...] = ()
    hints: AnyMapping[str, ColumnHint] = field(default_factory=dict)
    updated_at: str = ""
    created_at: str = ""
    event: str = ""
    store: str = ""
    purpose: str = ""
    currency: str = ""
    timezone: str = "UTC"
    personal_key: bool | None = None

    @property
    def is_person(self) -> bool:
        """Whether the rows are persons."""
        return self.kind == vocabulary.PERSON

    def of(self, attribute: str) -> tuple[ColumnMapping, ...]:
        """List the columns with this standard name."""
        return tuple(column for column in self.columns if column.attribute == attribute)


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """One source: a database whose changes arrive on topics that match one of ``topics`` (shell patterns).

    ``connector`` says how it is captured, None where that is not Onefold's to know.
    """

    name: str
    topics: tuple[str, ...]
    channel: str
    tables: AnyMapping[str, TableMapping]
    connector: Connector | None = None

    def reads(self, topic: str) -> bool:
        """Whether the topic belongs to this source."""
        return any(fnmatchcase(topic, pattern) for pattern in self.topics)

    def table(self, *qualifiers: str, name: str) -> TableMapping | None:
        """Find a table by its own name or ``qualifier.name``, the longer name first; qualifiers are schema or database."""
        qualified = [f"{qualifier}.{name}" for qualifier in qualifiers if qualifier]
        return next((self.tables[found] for found in (*qualified, name) if found in self.tables), None)

    def table_of_topic(self, topic: str) -> TableMapping | None:
        """Find the table whose name ends the topic, the longest name first: for events that cannot be read themselves."""
        ending = [name for name in self.tables if topic == name or topic.endswith(f".{name}")]
        return self.tables[max(ending, key=len)] if ending else None

    def has_prefix(self, prefix: str) -> bool:
        """Whether the patterns begin with this topic prefix: heartbeats and notifications carry nothing else."""
        return bool(prefix) and any(pattern == prefix or pattern.startswith(f"{prefix}.") for pattern in self.topics)


@dataclass(frozen=True, slots=True)
class Mapping:
    """All sources of an installation."""

    sources: tuple[SourceMapping, ...]

    def source_of_topic(self, topic: str) -> SourceMapping | None:
        """Find the first source that reads the topic."""
        return next((source for source in self.sources if source.reads(topic)), None)

    def source_of_prefix(self, prefix: str) -> SourceMapping | None:
        """Find the source of a connector by its topic prefix."""
        return next((source for source in self.sources if source.has_prefix(prefix)), None)

    def find(self, topic: str, *qualifiers: str, table: str) -> tuple[SourceMapping | None, TableMapping | None]:
        """Find source and table of an event; None for what is not mapped."""
        source = self.source_of_topic(topic)
        return source, source.table(*qualifiers, name=table) if source else None
