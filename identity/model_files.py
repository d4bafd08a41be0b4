"""Which model an installation goes by: one that ships, or a file of its own."""

from pathlib import Path
from typing import Final

from identity.model import SHIPPED, Digest, Model, ModelError, load_model, shipped_model
from identity.rules import IdentityRules

#: Regions whose people mostly have Chinese names.
_CHINESE: Final = frozenset({"CN", "HK", "MO", "TW", "SG"})


def open_model(rules: IdentityRules, folder: Path, digest: Digest) -> Model:
    """The model that ``rules`` name; files are looked for from ``folder``. ``digest`` makes the installation's keyed hashes.

    :class:`ModelError` says which file cannot be read, or what is wrong in it.
    """
    name = rules.model or ("chinese" if rules.default_region in _CHINESE else "latin")
    if name in SHIPPED:
        return shipped_model(name)
    file = folder / name
    try:
        content = file.read_bytes()
    except OSError as error:
        choices = ", ".join(SHIPPED)
        raise ModelError(
            f"identity.model: {file} cannot be read ({error.strerror}); choose {choices} or a file"
        ) from None
    return load_model(content, digest)
