"""Reading ``[source.connector]``: defaults from the source's name, every mistake with its place."""

import re
from collections.abc import Mapping
from typing import Any, Final

from cdc.capture.connector import (
    PORTS,
    POSTGRESQL,
    SNAPSHOTS,
    Connector,
    PasswordPlace,
    database_name,
    default_server_id,
    topic_of,
)
from cdc.sections import Mistakes, Section
from storage import TomlPath

CONNECTOR_KEYS: Final = (
    "kind", "host", "port", "database", "schema", "user", "password_env", "password_file", "name", "prefix", "slot",
    "publication", "server_id", "notifications", "signal_table", "snapshot", "settings", "log",
)  # fmt: skip
#: Which of the keys mean nothing to a kind of database.
_ONLY_POSTGRESQL: Final = ("schema", "slot", "publication")
_ONLY_BINLOG: Final = ("server_id",)
_HIGHEST_PORT: Final = 65_535
_SECOND_LOG: Final = 2
_HIGHEST_LOG: Final = 9_999
_HIGHEST_SERVER_ID: Final = 2**32 - 1
_SLOT: Final = re.compile(r"[a-z0-9_]{1,63}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]+")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What Kafka and Debezium call settings that hold a secret.
_SECRET: Final = re.compile(r"password|passphrase|secret|jaas|token|credential", re.IGNORECASE)
_NEVER_HERE: Final = "a password never stands in this file: set `password_env` or `password_file`"


def read_connector(mistakes: Mistakes, path: TomlPath, *, source: str, topics: tuple[str, ...]) -> Connector:
    """Read the section at ``path`` of the source with these names; what is wrong goes to ``mistakes``."""
    section = Section(mistakes, path, f"source.{source}.connector", (*CONNECTOR_KEYS, "password"))
    if "password" in section.data:
        section.fail(_NEVER_HERE, "password")
    kind = _needed(section, "kind", one_of=tuple(PORTS)) or POSTGRESQL
    _refuse_foreign(section, kind)
    database, prefix = _needed(section, "database"), _prefix(section, topics)
    namespace = section.text("schema", "public") if kind == POSTGRESQL else database
    return Connector(
        kind=kind,
        host=_needed(section, "host"),
        port=_whole(section, "port", PORTS[kind], highest=_HIGHEST_PORT),
        database=database,
        namespace=namespace,
        user=_needed(section, "user"),
        password=_password(section),
        name=section.text("name", source),
        prefix=prefix,
        slot=_database_name(section, "slot", source),
        publication=_database_name(section, "publication", source),
        server_id=_whole(section, "server_id", default_server_id(source), highest=_HIGHEST_SERVER_ID),
        notifications=section.text("notifications", topic_of(prefix, namespace, "onefold_notifications")),
        signal_table=section.text("signal_table"),
        snapshot=section.text("snapshot", SNAPSHOTS[0], one_of=SNAPSHOTS),
        log=_log(section),
        settings=_settings(section),
    )


def _needed(section: Section, key: str, *, one_of: tuple[str, ...] = ()) -> str:
    value = section.text(key, one_of=one_of)
    if not value and key not in section.data:
        section.fail(f"a connector needs `{key}`", valid=one_of)
    return value


def _whole(section: Section, key: str, default: int, *, highest: int) -> int:
    value = section.data.get(key, default)
    if type(value) is int and 1 <= value <= highest:
        return value
    section.fail(f"`{key}` must be a whole number from 1 to {highest}", key)
    return default


def _log(section: Section) -> int:
    """Number 1 would be no other than none: whoever counts begins with the second log."""
    value = section.data.get("log", 0)
    if type(value) is int and (_SECOND_LOG <= value <= _HIGHEST_LOG or "log" not in section.data):
        return value
    section.fail(f"`log` must be a whole number from {_SECOND_LOG} to {_HIGHEST_LOG}", "log")
    return 0


def _refuse_foreign(section: Section, kind: str) -> None:
    for key in _ONLY_BINLOG if kind == POSTGRESQL else _ONLY_POSTGRESQL:
        if key in section.data:
            section.fail(f"`{key}` does not belong to kind {kind!r}", key)


def _password(section: Section) -> PasswordPlace:
    place = PasswordPlace(section.text("password_env"), section.text("password_file"))
    if bool(place.env) == bool(place.file):
        section.fail(f"a connector needs one of `password_env` and `password_file`; {_NEVER_HERE}")
    elif place.env and not _VARIABLE.fullmatch(place.env):
        section.fail("`password_env` must be the name of a variable, such as SHOP_PASSWORD", "password_env")
    elif place.file and not re.fullmatch(r"/.*[^/]", place.file):
        section.fail("`password_file` must be an absolute path: Kafka Connect reads it, too", "password_file")
    return place


def _prefix(section: Section, topics: tuple[str, ...]) -> str:
    """The first part of the topics, which must be the same in all patterns."""
    parts = {pattern.partition(".")[0] for pattern in topics}
    found = parts.pop() if len(parts) == 1 else ""
    prefix = section.text("prefix", found if _TOPIC.fullmatch(found) else "")
    if not prefix and "prefix" not in section.data:
        section.fail("`prefix` does not follow from `topics`: set it to what the topics' names begin with")
    elif not _TOPIC.fullmatch(prefix):
        section.fail("`prefix` may have letters, digits, points, hyphens and underscores only", "prefix")
    elif not any(pattern == prefix or pattern.startswith(f"{prefix}.") for pattern in topics):
        section.fail(
            f"no pattern in `topics` begins with {prefix}. and so none reads this connector's topics", "prefix"
        )
    return prefix


def _database_name(section: Section, key: str, source: str) -> str:
    name = section.text(key, database_name(source))
    if not _SLOT.fullmatch(name):
        section.fail(f"`{key}` may have lower-case letters, digits and underscores only, at most 63", key)
    return name


def _settings(section: Section) -> Mapping[str, str]:
    found: Any = section.data.get("settings", {})
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        section.fail('`settings` must be a table of texts, such as { "database.sslmode" = "verify-full" }', "settings")
        return {}
    for key, value in found.items():
        if _SECRET.search(key) and "${" not in value:
            message = f"{key!r} is a secret, which never stands in this file: refer to it, such as ${{env:NAME}}"
            section.fail(message, "settings", key)
    return found
