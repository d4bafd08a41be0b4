"""Which model an installation goes by: one that ships, or a file of its own."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from identity.model import SHIPPED, Digest, Model, ModelError, load_model, shipped_model
from identity.rules import IdentityRules
from privacy import IdentityTokens

#: Regions whose people mostly have Chinese names.
_CHINESE: Final = frozenset({"CN", "HK", "MO", "TW", "SG"})


def open_model(rules: IdentityRules, folder: Path, digest: Digest) -> Model:
    """The model that ``rules`` name; files are looked for from ``folder``. ``digest`` makes the installation's keyed hashes.

    :class:`ModelError` says which file cannot be read, or what is wrong in it.
    """
    name = _name(rules)
    if name in SHIPPED:
        return shipped_model(name)
    data = read_model(rules, folder)
    try:
        return load_model(data, digest)
    except ModelError as error:
        raise ModelError(f"identity.model: {folder / name}: {error}") from None


def shipped_for(rules: IdentityRules) -> Model:
    """The shipped model that ``rules`` name, or the one for their region; :class:`ModelError` where they name a file."""
    return shipped_model(_name(rules))


def read_model(rules: IdentityRules, folder: Path) -> bytes:
    """The file of that model."""
    name = _name(rules)
    if name in SHIPPED:
        return (files("identity") / "models" / f"{name}.json").read_bytes()
    file = folder / name
    try:
        return file.read_bytes()
    except OSError as error:
        choices = ", ".join(SHIPPED)
        raise ModelError(
            f"identity.model: {file} cannot be read ({error.strerror}); choose {choices} or a file"
        ) from None


def keyed(tokens: IdentityTokens) -> Digest:
    """The keyed hashes by which an installation's own model knows its terms and placeholders: identity tokens in hex."""
    return lambda table, text: tokens.token(f"model/{table}", text).hex()


def _name(rules: IdentityRules) -> str:
    return rules.model or ("chinese" if rules.default_region in _CHINESE else "latin")
