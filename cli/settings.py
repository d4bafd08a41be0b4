"""Settings: one frozen value from ``onefold.toml`` and ``ONEFOLD_*``, read once at start (docs/settings.md).

Paths in the file are relative to the file. Secrets never stand in it: keys come from the key file or the environment, a database
password from ``ONEFOLD_DATABASE``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cdc import (
    CURRENCY_DECIMALS,
    DEFAULT_MAX_EVENT_BYTES,
    EngineFiles,
    KafkaSettings,
    pause_limit,
    read_mapping,
    similar_currencies,
)
from cdc import Mapping as SourceMapping
from cli.tracing_settings import TRACING_KEYS, TracingSettings, tracing_settings
from identity import IdentityRules
from privacy import PurposeRules
from profiles import ProfileRules, SurvivorshipRules
from storage import ConfigDocument, ConfigError, ConfigErrors, ConfigMistakes

T = TypeVar("T")

SECTIONS: Final = (
    "onefold",
    "server",
    "identity",
    "profiles",
    "purposes",
    "source",
    "kafka",
    "connect",
    "publish",
    "redis",
    "metrics",
    "debezium",
    "tracing",
)
ONEFOLD_KEYS: Final = ("tenant", "currency", "data", "database", "keystore", "keys", "key_file", "max_event_bytes")
SERVER_KEYS: Final = ("host", "port")
CONNECT_KEYS: Final = ("url", "bootstrap_servers")
PUBLISH_KEYS: Final = ("topic", "beside", "keep_days")
REDIS_KEYS: Final = ("url",)
METRICS_KEYS: Final = ("host", "port")
DEBEZIUM_KEYS: Final = ("folder", "jars", "logs")
#: Commands that may publish beside their own work.
PUBLISHING_COMMANDS: Final = ("serve", "ingest")
#: Variables that stand above the file, and the key of ``[onefold]`` (the last: of ``[redis]``) that each replaces.
VARIABLES: Final = {
    "ONEFOLD_DATABASE": "database",
    "ONEFOLD_KEYSTORE": "keystore",
    "ONEFOLD_KEYS": "keys",
    "ONEFOLD_KEY_FILE": "key_file",
    "ONEFOLD_REDIS_URL": "url",
}
PROVIDERS: Final = ("file", "environment")
_DRIVERS: Final = ("sqlite", "postgresql", "postgresql+psycopg")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_HTTP: Final = re.compile(r"https?://[^\s/@]+/?")
_REDIS: Final = re.compile(r"(rediss?|unix)://.")
_HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """``beside``: the commands that publish beside their own work; ``keep_days``: how long the outbox keeps what is published."""

    topic: str
    beside: tuple[str, ...]
    keep_days: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an installation is told.

    ``database`` and ``keystore`` are SQLAlchemy URLs; ``key_provider`` is ``file`` or ``environment``; ``key_file`` holds the root
    and epoch keys of the ``file`` provider and belongs in no backup of the databases. ``pause_above_merges``: see :mod:`cdc.breaker`.
    ``connect_url`` is Kafka Connect's address, ``connect_bootstrap_servers`` how it reaches Kafka; "" where nothing is said.
    """

    file: Path
    tenant: str
    currency: str
    database: str = field(repr=False)
    keystore: str = field(repr=False)
    key_provider: str
    key_file: Path
    max_event_bytes: int
    host: str
    port: int
    identity: IdentityRules
    pause_above_merges: int
    profiles: ProfileRules
    purposes: PurposeRules
    mapping: SourceMapping
    connect_url: str = field(repr=False)
    connect_bootstrap_servers: str
    kafka: KafkaSettings
    publish: PublishSettings
    redis_url: str | None = field(repr=False)
    metrics_host: str
    metrics_port: int | None
    debezium: EngineFiles
    tracing: TracingSettings


def load_settings(file: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the file and the ``ONEFOLD_*`` variables; all mistakes are told at once, with file, line and key."""
    if not file.exists():
        raise ConfigError("the file does not exist; make one with `onefold init`", file=str(file))
    document, mistakes = ConfigDocument.load(file), ConfigMistakes()
    found = _settings(document, mistakes, file, environ)
    try:
        mistakes.refuse()
    except ConfigErrors as several:
        raise ConfigErrors(_placed(document, error) for error in several.errors) from None
    return found


def _settings(document: ConfigDocument, mistakes: ConfigMistakes, file: Path, environ: Mapping[str, str]) -> Settings:
    """What the file says; defaults stand for what is wrong in it."""
    _note_unknown_sections(document, mistakes)
    main = _Section(document, mistakes, "onefold", ONEFOLD_KEYS, _from_environment(environ))
    server = _Section(document, mistakes, "server", SERVER_KEYS)
    metrics = _Section(document, mistakes, "metrics", METRICS_KEYS)
    connect = _Section(document, mistakes, "connect", CONNECT_KEYS)
    debezium = _Section(document, mistakes, "debezium", DEBEZIUM_KEYS)
    folder = file.absolute().parent
    data, keys = folder / main.text("data", "data"), folder / "keys"
    currency = _currency(main)
    identity, profiles, purposes, kafka = (
        mistakes.table(document.data.get(name, {}), name) for name in ("identity", "profiles", "purposes", "kafka")
    )
    return Settings(
        file=file,
        tenant=main.text("tenant", "default"),
        currency=currency,
        database=main.database("database", data / "onefold.db", folder),
        keystore=main.database("keystore", keys / "keystore.db", folder),
        key_provider=main.one_of("keys", PROVIDERS),
        key_file=folder / main.text("key_file", str(keys / "root.json")),
        max_event_bytes=main.whole("max_event_bytes", DEFAULT_MAX_EVENT_BYTES),
        host=server.text("host", "127.0.0.1"),
        port=server.whole("port", 8000, at_most=_HIGHEST_PORT),
        identity=_read(mistakes, identity, IdentityRules.from_config),
        pause_above_merges=_read(mistakes, identity, pause_limit),
        profiles=ProfileRules(_read(mistakes, profiles, SurvivorshipRules.from_config), currency),
        purposes=_read(mistakes, purposes, PurposeRules.of),
        mapping=_mapping(document, mistakes),
        connect_url=connect.optional("url"),
        connect_bootstrap_servers=connect.optional("bootstrap_servers"),
        kafka=_read(mistakes, kafka, partial(KafkaSettings.of, folder=folder, environ=environ)),
        publish=_publish(_Section(document, mistakes, "publish", PUBLISH_KEYS)),
        redis_url=_redis(_Section(document, mistakes, "redis", REDIS_KEYS, _from_environment(environ))),
        metrics_host=metrics.text("host", "127.0.0.1"),
        metrics_port=metrics.whole("port", 1, at_most=_HIGHEST_PORT) if metrics.has("port") else None,
        debezium=EngineFiles(
            folder / debezium.text("folder", str(data / "debezium")),
            *(folder / debezium.text(key, "") if debezium.optional(key) else None for key in ("jars", "logs")),
        ),
        tracing=_tracing(_Section(document, mistakes, "tracing", TRACING_KEYS), environ),
    )


def _note_unknown_sections(document: ConfigDocument, mistakes: ConfigMistakes) -> None:
    for name in document.data:
        if name not in SECTIONS:
            mistakes.add(ConfigError(f"unknown key {name!r}", where=name, valid=SECTIONS))


def _placed(document: ConfigDocument, error: ConfigError) -> ConfigError:
    """The same, with file and line; a variable has neither."""
    if error.file or error.where in VARIABLES:
        return error
    line = document.line_near(*error.where.split("."))
    return ConfigError(error.reason, file=document.file, line=line, where=error.where, valid=error.valid)


def _currency(section: "_Section") -> str:
    currency = section.text("currency", "CNY")
    if currency not in CURRENCY_DECIMALS:
        section.fail("currency", f"{currency!r} is not an ISO 4217 code", similar_currencies(currency))
    return currency


def _publish(section: "_Section") -> PublishSettings:
    topic = section.text("topic", "onefold.profiles")
    if not _TOPIC.fullmatch(topic):
        section.fail("topic", "must be a Kafka topic: up to 249 letters, digits, dots, hyphens, underscores")
    return PublishSettings(topic, section.some_of("beside", PUBLISHING_COMMANDS), section.whole("keep_days", 7))


def _tracing(section: "_Section", environ: Mapping[str, str]) -> TracingSettings:
    endpoint = section.optional("endpoint")
    if endpoint and not _HTTP.match(endpoint):
        section.fail("endpoint", "must be the address of a collector, such as http://127.0.0.1:4318")
    return tracing_settings(endpoint, section.text("service", "onefold"), environ)


def _redis(section: "_Section") -> str | None:
    url = section.optional("url") or None
    if url is not None and not _REDIS.match(url):
        section.fail("url", "must be redis://host:6379, rediss://… or unix://…")
    return url


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for name, key in VARIABLES.items() if environ.get(name)}


class _Section:
    """One table of plain settings; ``above`` replaces what the file says. What is wrong is noted, and the default given."""

    def __init__(
        self,
        document: ConfigDocument,
        mistakes: ConfigMistakes,
        name: str,
        valid: tuple[str, ...],
        above: Mapping[str, str] | None = None,
    ) -> None:
        self._mistakes = mistakes
        self._name = name
        self._above = above or {}
        self._data = {**mistakes.table(document.data.get(name, {}), name, valid), **self._above}

    def fail(self, key: str, message: str, valid: tuple[str, ...] = ()) -> None:
        variable = next((name for name, of in VARIABLES.items() if of == key and key in self._above), "")
        self._mistakes.add(ConfigError(message, where=variable or f"{self._name}.{key}", valid=valid))

    def text(self, key: str, default: str) -> str:
        value = self._data.get(key, default)
        if isinstance(value, str) and (value or key not in self._data):
            return value
        self.fail(key, "must be text in quotes")
        return default

    def optional(self, key: str) -> str:
        return self.text(key, "")

    def has(self, key: str) -> bool:
        return key in self._data

    def some_of(self, key: str, valid: tuple[str, ...]) -> tuple[str, ...]:
        value = self._data.get(key, [])
        if isinstance(value, list) and all(item in valid for item in value):
            return tuple(value)
        self.fail(key, "must be a list", valid)
        return ()

    def one_of(self, key: str, valid: tuple[str, ...]) -> str:
        value = self.text(key, valid[0])
        if value not in valid:
            self.fail(key, "unknown value", valid)
        return value

    def whole(self, key: str, default: int, *, at_most: int | None = None) -> int:
        value = self._data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= (at_most or value):
            return value
        self.fail(key, f"must be a whole number from 1{f' to {at_most}' if at_most else ' up'}")
        return default

    def database(self, key: str, default: Path, folder: Path) -> str:
        """Read a database's address; that of an SQLite file is taken from the settings' folder."""
        ours = _address(URL.create("sqlite", database=str(default)))
        if key not in self._data:
            return ours
        try:
            url = make_url(self._data[key])
        except (
            ArgumentError,
            ValueError,
        ):  # the latter where the port is no number, with what stands there: perhaps a part of the password
            url = None
        if url is None or url.drivername not in _DRIVERS:
            self.fail(key, "must be sqlite:///path or postgresql+psycopg://user@host/database")
            return ours
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            url = url.set(database=str(folder / url.database))
        return _address(url)


def _address(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _read(mistakes: ConfigMistakes, section: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]) -> T:
    """Read a section by its own package's rules; as if it were empty where it is wrong."""
    try:
        return read(section)
    except ConfigError as error:
        mistakes.add(error)
        return read({})


def _mapping(document: ConfigDocument, mistakes: ConfigMistakes) -> SourceMapping:
    try:
        return read_mapping(document)
    except ConfigErrors as several:
        mistakes.add(several)
        return SourceMapping(())
