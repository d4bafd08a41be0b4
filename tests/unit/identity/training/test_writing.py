"""The new file: keyed throughout, its version the next, nothing written over."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from identity import IdentityRules, ModelError, TrainingError, load_model, next_version, write_new
from identity.batch import without_placeholders
from identity.features import Features
from identity.model import ModelFile
from identity.model_files import read_model
from identity.training.calibrate import Calibration
from identity.training.writing import encode, new_model, with_threshold


def digest(table: str, text: str) -> str:
    return hashlib.sha256(f"{table} {text}".encode()).hexdigest()[:32]


@pytest.fixture
def base(tmp_path: Path) -> ModelFile:
    return msgspec.json.decode(read_model(IdentityRules(), tmp_path), type=ModelFile)


def made(base: ModelFile, version: str = "2", **placeholders: list[str]) -> ModelFile:
    terms = {"surname": {"欧阳": 1_234}, "birthday": {"0315": 77}}
    return new_model(
        base, version, base.comparisons, terms=terms, placeholders=placeholders, digest=digest, note="test"
    )


def test_learned_and_public_terms_are_found_by_their_hash_alone(base: ModelFile) -> None:
    content = encode(made(base), digest)
    model, before = load_model(content, digest), load_model(msgspec.json.encode(base))
    assert model.surprise("surname", "欧阳") == 1_234
    assert model.surprise("surname", "王") == before.surprise("surname", "王")
    assert model.surprise("birthday", "0315") == 77
    assert "王".encode() not in content
    assert "欧阳".encode() not in content
    with pytest.raises(ModelError, match="needs the installation's key"):
        load_model(content)


def test_what_was_learned_before_stays_in_the_next_version(base: ModelFile) -> None:
    first = made(base, phone=[digest("phone", "+8613800138000")])
    second = made(first, "3", email=[digest("email", "cash@example.com")])
    model = load_model(encode(second, digest), digest)
    assert model.is_placeholder("phone", "+8613800138000")
    assert model.is_placeholder("email", "cash@example.com")
    assert model.surprise("surname", "王") == load_model(msgspec.json.encode(base)).surprise("surname", "王")


def test_placeholders_in_clear_become_keyed(base: ModelFile) -> None:
    listed = msgspec.structs.replace(base, placeholders={"phone": ["+8613800138000"]})
    content = encode(made(listed), digest)
    assert load_model(content, digest).is_placeholder("phone", "+8613800138000")
    assert b"13800138000" not in content


def test_a_placeholder_birthday_is_taken_out_of_a_record(base: ModelFile) -> None:
    model = load_model(encode(made(base, birthday=[digest("birthday", "19880808")]), digest), digest)
    assert without_placeholders(Features(birthday=("19880808",)), model) == Features()
    assert without_placeholders(Features(birthday=("19880809",)), model).birthday == ("19880809",)


def test_a_calibrated_threshold_takes_the_cuts_along_and_review_never_lies_above(base: ModelFile) -> None:
    higher = with_threshold(base, Calibration(0.9, base.threshold + 3_000, 100, 100, 0.95))
    assert higher.threshold == base.threshold + 3_000
    assert higher.review == base.review
    assert [cut - higher.threshold for cut in higher.cuts] == [cut - base.threshold for cut in base.cuts]
    lower = with_threshold(base, Calibration(0.9, 1_000, 100, 100, 0.95))
    assert lower.review == lower.threshold == 1_000
    load_model(msgspec.json.encode(lower))


def test_versions_go_up_and_skip_those_that_are_there(base: ModelFile, tmp_path: Path) -> None:
    assert next_version(base, tmp_path) == "2"
    assert next_version(base, tmp_path / "no such folder") == "2"
    for name in ("chinese-7.json", "chinese-7-report.json", "latin-12.json", "chinese-x.json"):
        (tmp_path / name).touch()
    assert next_version(base, tmp_path) == "8"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    write_new(tmp_path / "models" / "chinese-2.json", b"first")
    with pytest.raises(TrainingError, match="there already"):
        write_new(tmp_path / "models" / "chinese-2.json", b"second")
    assert (tmp_path / "models" / "chinese-2.json").read_bytes() == b"first"
