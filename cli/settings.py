"""Settings: one frozen value from ``onefold.toml`` and ``ONEFOLD_*``, read once at start.

Paths in the file are relative to the file. Secrets never stand in it: keys come from the key file or the environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdc import Mapping as SourceMapping
from cdc import read_mapping
from identity import IdentityRules
from privacy import PurposeRules
from profiles import ProfileRules, SurvivorshipRules
from storage import ConfigDocument, ConfigError

_SECTIONS = ("onefold", "server", "identity", "profiles", "purposes", "source")
_ONEFOLD = ("tenant", "currency", "data", "database", "keystore", "keys", "key_file", "max_event_bytes")
_SERVER = ("host", "port")
_VARIABLES = {
    "ONEFOLD_DATABASE": "database",
    "ONEFOLD_KEYSTORE": "keystore",
    "ONEFOLD_KEYS": "keys",
    "ONEFOLD_KEY_FILE": "key_file",
}
_PROVIDERS = ("file", "environment")
_DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an installation is told.

    ``database`` and ``keystore`` are SQLAlchemy URLs; ``key_provider`` is ``file`` or ``environment``; ``key_file`` holds the root
    and epoch keys of the ``file`` provider and belongs in no backup of the databases.
    """

    file: Path
    tenant: str
    currency: str
    database: str
    keystore: str
    key_provider: str
    key_file: Path
    max_event_bytes: int
    host: str
    port: int
    identity: IdentityRules
    profiles: ProfileRules
    purposes: PurposeRules
    mapping: SourceMapping


def load_settings(file: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the file and the ``ONEFOLD_*`` variables; errors name file, line and key."""
    if not file.exists():
        raise ConfigError("the file does not exist; `onefold init` makes one", file=str(file))
    document = ConfigDocument.load(file)
    _refuse_unknown(document, document.data, _SECTIONS, ())
    main = {**document.data.get("onefold", {}), **_from_environment(environ)}
    server = document.data.get("server", {})
    _refuse_unknown(document, document.data.get("onefold", {}), _ONEFOLD, ("onefold",))
    _refuse_unknown(document, server, _SERVER, ("server",))
    data, keys = file.parent / str(main.get("data", "data")), file.parent / "keys"
    currency = str(main.get("currency", "CNY"))
    return Settings(
        file=file,
        tenant=str(main.get("tenant", "default")),
        currency=currency,
        database=str(main.get("database", f"sqlite:///{data / 'onefold.db'}")),
        keystore=str(main.get("keystore", f"sqlite:///{keys / 'keystore.db'}")),
        key_provider=_one_of(document, main.get("keys", "file"), _PROVIDERS, ("onefold", "keys")),
        key_file=file.parent / str(main.get("key_file", keys / "root.json")),
        max_event_bytes=_whole(document, main.get("max_event_bytes", _DEFAULT_MAX_EVENT_BYTES), ("onefold", "max_event_bytes")),
        host=str(server.get("host", "127.0.0.1")),
        port=_whole(document, server.get("port", 8000), ("server", "port")),
        identity=_placed(document, "identity", IdentityRules.from_config),
        profiles=ProfileRules(_placed(document, "profiles", SurvivorshipRules.from_config), currency),
        purposes=_placed(document, "purposes", PurposeRules.of),
        mapping=read_mapping(document),
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for name, key in _VARIABLES.items() if environ.get(name)}


def _refuse_unknown(
    document: ConfigDocument, given: Mapping[str, Any], valid: tuple[str, ...], where: tuple[str, ...]
) -> None:
    for name in given:
        if name not in valid:
            path = (*where, name)
            raise ConfigError(
                f"unknown key {name!r}", file=document.file, line=document.line_of(*path), where=".".join(path), valid=valid
            )


def _one_of(document: ConfigDocument, value: object, valid: tuple[str, ...], where: tuple[str, ...]) -> str:
    if value not in valid:
        raise ConfigError(
            "unknown value", file=document.file, line=document.line_of(*where), where=".".join(where), valid=valid
        )
    return str(value)


def _whole(document: ConfigDocument, value: object, where: tuple[str, ...]) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = "must be a whole number of at least 1"
        raise ConfigError(message, file=document.file, line=document.line_of(*where), where=".".join(where))
    return value


def _placed(document: ConfigDocument, section: str, read: Any) -> Any:
    """Read a section by its own package's rules; its errors get file and line."""
    try:
        return read(document.data.get(section, {}))
    except ConfigError as error:
        path = tuple(error.where.split("."))
        lines = (document.line_of(*path[:length]) for length in range(len(path), 0, -1))
        line = next((number for number in lines if number), None)
        raise ConfigError(error.reason, file=document.file, line=line, where=error.where, valid=error.valid) from None
