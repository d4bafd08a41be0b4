"""How far the embedded engines are behind their sources, for ``onefold status``: asked without opening the installation."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

from cdc import ENGINE_STREAMS, EngineLag, Places, Position, engine_lags
from cli.console import timestamp
from cli.ingest_debezium import ASK_SECONDS
from cli.parts import Wiring
from cli.settings import Settings
from privacy import CellCipher, KeyStore
from storage import Database, OnefoldError

_MICROSECONDS: Final = 1_000_000


def engine_state(parts: Wiring, installed: Settings, known: Sequence[Position]) -> list[dict[str, Any]]:
    """Of each source that an engine has read among ``known``: ``source``, ``lag_bytes``, ``last_event``, and what is ``unknown``."""
    names = [at.stream.removeprefix(ENGINE_STREAMS) for at in known if at.stream.startswith(ENGINE_STREAMS)]
    if not names:
        return []
    try:
        return list(map(_plain, _lags(parts, installed)))
    except OnefoldError:  # what is wrong with the keys is told beside
        return [_plain(EngineLag(name, unknown="the keys that open its place cannot be used")) for name in names]


def _lags(parts: Wiring, installed: Settings) -> list[EngineLag]:
    with closing(Database(installed.database)) as database, closing(Database(installed.keystore)) as keys:
        provider = parts.provider(installed, parts.environ)
        key = KeyStore(keys, provider, tenant=installed.tenant).system_key("TDLQ")
        places = Places(key, CellCipher(installed.tenant))
        return engine_lags(installed.mapping.sources, database, places, parts.environ, seconds=ASK_SECONDS)


def _plain(lag: EngineLag) -> dict[str, Any]:
    made = None if lag.event_seconds is None else timestamp(int(lag.event_seconds * _MICROSECONDS))
    return {"source": lag.source, "lag_bytes": lag.lag_bytes, "last_event": made, "unknown": lag.unknown}
