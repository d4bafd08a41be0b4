"""What the stored state was made with: the token key and the rules. Mixing two of either would make a state that nobody can explain.

Their fingerprints are kept in the main database from the first start on. Another key store is refused at once; other rules are
refused for writing until `onefold identity rebuild` has brought everything stored under them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.errors import KeyStoreEmpty, OtherKeyStore, RulesChanged
from cdc.tables import in_force
from identity import NORM_VERSION, Matcher, match_version
from privacy import IdentityTokens, holds_long_lived_keys
from profiles import ProfileRules
from storage import upsert

_TOKEN_KEY = "token_key"  # noqa: S105 - the name of a fingerprint


def token_key_fingerprint(tokens: IdentityTokens) -> bytes:
    """Tell token keys apart without telling anything about them."""
    return tokens.token("fingerprint", "which key is this?")


def rule_fingerprints(matcher: Matcher, profiles: ProfileRules) -> dict[str, bytes]:
    """Fingerprints of all rules that the stored state depends on, by the section of onefold.toml that holds them.

    The model and the code that reads values belong to ``[identity]``.
    """
    identity = [NORM_VERSION, asdict(matcher.rules), match_version(matcher.model)]
    return {"identity": _digest(identity), "profiles": _digest(asdict(profiles))}


def check_token_key(connection: Connection, tokens: IdentityTokens) -> None:
    """Raise :class:`OtherKeyStore` when the database was filled with another token key; remember the first one."""
    if not compare_token_key(connection, tokens):
        remember(connection, {_TOKEN_KEY: token_key_fingerprint(tokens)})


def compare_token_key(connection: Connection, tokens: IdentityTokens) -> bool:
    """As :func:`check_token_key`, but write nothing; give whether the database knows a token key at all."""
    known = _known(connection).get(_TOKEN_KEY)
    if known not in (None, token_key_fingerprint(tokens)):
        raise OtherKeyStore
    return known is not None


def check_key_store(connection: Connection, keystore: Connection) -> None:
    """Raise :class:`KeyStoreEmpty` when the database was filled and the key store has no keys; both have their schema."""
    if was_filled(connection) and not holds_long_lived_keys(keystore):
        raise KeyStoreEmpty


def was_filled(connection: Connection) -> bool:
    """Whether a database, which has its schema, was ever opened with keys."""
    return _TOKEN_KEY in _known(connection)


def check_rules(connection: Connection, rules: Mapping[str, bytes]) -> None:
    """Raise :class:`RulesChanged` when what is stored was made with other rules; remember the first ones."""
    require_rules(connection, rules)
    known = _known(connection)
    remember(connection, {name: mine for name, mine in rules.items() if name not in known})


def require_rules(connection: Connection, rules: Mapping[str, bytes]) -> None:
    """As :func:`check_rules`, but write nothing."""
    known = _known(connection)
    changed = [name for name, mine in rules.items() if known.get(name, mine) != mine]
    if changed:
        raise RulesChanged(tuple(changed))


def remember(connection: Connection, fingerprints: Mapping[str, bytes]) -> None:
    """Say that everything stored was made with these."""
    upsert(connection, in_force, [{"name": name, "fingerprint": mine} for name, mine in fingerprints.items()])


def _known(connection: Connection) -> dict[str, bytes]:
    return {row.name: row.fingerprint for row in connection.execute(sa.select(in_force))}


def _digest(content: object) -> bytes:
    text = json.dumps(content, sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)
