"""The new model version: a file beside the settings, never written over."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from identity.model import Digest, LevelOdds, ModelFile, TermTable, load_model
from identity.training.calibrate import Calibration
from identity.training.errors import TrainingError


def next_version(base: ModelFile, folder: Path) -> str:
    """One above the version that training starts from, and above those that lie in ``folder``."""
    stems = (file.stem.removeprefix(f"{base.name}-") for file in folder.glob(f"{base.name}-*.json"))
    taken = [int(version) for version in (base.version, *stems) if version.isdecimal()]
    return str(max(taken, default=0) + 1)


def new_model(  # noqa: PLR0913 - a file has so many parts
    base: ModelFile,
    version: str,
    odds: Mapping[str, Mapping[str, LevelOdds]],
    *,
    terms: Mapping[str, Mapping[str, int]],
    placeholders: Mapping[str, list[str]],
    digest: Digest,
    note: str,
) -> ModelFile:
    """The model that training made of ``base``; thresholds stay, and so do placeholders learned before.

    ``terms`` are in clear, by table, ``placeholders`` keyed hashes already. Everything is keyed in the new file, also what
    ``base`` has in clear.
    """
    known = base.placeholders
    if base.keys == "plain":
        known = {kind: [digest(kind, value) for value in values] for kind, values in known.items()}
    tables = {table: _keyed(base, table, terms.get(table, {}), digest) for table in base.terms}
    kinds = sorted(known.keys() | placeholders.keys())
    return msgspec.structs.replace(
        base,
        version=version,
        comparisons={comparison: dict(levels) for comparison, levels in odds.items()},
        terms=tables,
        keys="keyed",
        placeholders={kind: sorted({*known.get(kind, ()), *placeholders.get(kind, ())}) for kind in kinds},
        note=note,
    )


def _keyed(base: ModelFile, table: str, learned: Mapping[str, int], digest: Digest) -> TermTable:
    known = base.terms[table].values
    if base.keys == "plain":
        known = {digest(table, term): bits for term, bits in known.items()}
    own = {digest(table, term): bits for term, bits in learned.items()}
    return TermTable(base.terms[table].default, dict(sorted((known | own).items())))


def with_threshold(model: ModelFile, calibration: Calibration) -> ModelFile:
    """The model with a calibrated threshold; the cuts of large components keep their distance."""
    shift = calibration.threshold - model.threshold
    return msgspec.structs.replace(
        model,
        threshold=calibration.threshold,
        review=min(model.review, calibration.threshold),
        cuts=tuple(cut + shift for cut in model.cuts),
    )


def encode(model: ModelFile, digest: Digest) -> bytes:
    """The bytes of the file, which were loaded once to prove that they can be."""
    content = msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n"
    load_model(content, digest)
    return content


def write_new(file: Path, content: bytes) -> None:
    """Write a file that is not there yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise TrainingError(f"{file} is there already; another training wrote it meanwhile") from None
