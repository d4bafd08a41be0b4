"""Model files: every error is named; those that ship load; keyed terms need the key."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from identity.comparison import LEVELS
from identity.model import SHIPPED, TERM_TABLES, ModelError, load_model, shipped_model

File = dict[str, Any]


def file_of(change: Callable[[File], object] = lambda _: None) -> bytes:
    odds = {"m": 0.5, "u": 0.125, "relatives": 0.25}
    made: File = {
        "format": 1,
        "name": "made",
        "version": "3",
        "threshold": 15_000,
        "review": 10_000,
        "cuts": [20_000, 25_000],
        "relatives_per_stranger": 0.25,
        "comparisons": {comparison: dict.fromkeys(levels, odds) for comparison, levels in LEVELS.items()},
        "terms": {table: {"default": 9_000, "values": {"wang": 4_000}} for table in TERM_TABLES},
        "placeholders": {"phone": ["+8613800138000"]},
    }
    change(made)
    return json.dumps(made).encode()


def test_the_threshold_stands_for_four_to_one_and_each_bit_doubles_the_odds() -> None:
    model = load_model(file_of())
    assert model.probability(15_000) == 0.8
    assert model.probability(13_000) == 0.5
    assert model.probability(12_000) == pytest.approx(1 / 3)
    assert model.probability(-200_000) == pytest.approx(0)
    assert model.probability(400_000) == 1


@pytest.mark.parametrize("name", SHIPPED)
def test_review_begins_at_one_in_ten(name: str) -> None:
    model = shipped_model(name)
    assert model.probability(model.review) == pytest.approx(0.1, abs=0.001)


def test_weights_are_the_logarithms_of_ratios() -> None:
    model = load_model(file_of())
    assert model.weights["gender"]["same"].same == 2_000
    assert model.weights["gender"]["same"].relative == 1_000
    assert model.relatives == -2_000
    assert (model.threshold, model.review, model.cuts) == (15_000, 10_000, (20_000, 25_000))


def test_where_a_term_tells_how_common_a_value_is_the_level_does_not() -> None:
    model = load_model(file_of())
    assert model.weights["surname"]["exact"].same == -1_000
    assert (model.surprise("surname", "wang"), model.surprise("surname", "rare")) == (4_000, 9_000)
    assert model.listed_surprise("surname", "rare") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.update(format=2), "format"),
        (lambda file: file.update(extra=1), "extra"),
        (lambda file: file.pop("threshold"), "threshold"),
        (lambda file: file.update(name=""), "name"),
        (lambda file: file.update(relatives_per_stranger=0), "relatives_per_stranger"),
        (lambda file: file.update(review=15_001), r"review \(15001\) must not be above threshold \(15000\)"),
        (lambda file: file.update(cuts=[25_000, 20_000]), "cuts must rise"),
        (lambda file: file.update(cuts=[15_000]), "cuts must rise"),
        (lambda file: file["comparisons"].pop("gender"), "comparisons lacks gender"),
        (lambda file: file["comparisons"].update(shoes={}), "comparisons has unknown shoes"),
        (lambda file: file["comparisons"]["gender"].pop("same"), r"comparisons\.gender lacks same"),
        (lambda file: file["comparisons"]["gender"].update(odd=file["comparisons"]["gender"]["same"]), r"gender has unknown odd"),
        (lambda file: file["comparisons"]["gender"].update(same={"m": 2, "u": 0.1, "relatives": 0.1}), r"comparisons"),
        (lambda file: file["terms"].pop("birthday"), "terms lacks birthday"),
        (lambda file: file["terms"].update(shoes={"default": 1}), "terms has unknown shoes"),
        (lambda file: file["terms"]["given"].update(default=-1), "terms"),
        (lambda file: file.update(keys="secret"), "keys"),
        (lambda file: file.update(keys="keyed"), "needs the installation's key"),
    ],
)  # fmt: skip
def test_every_error_of_a_file_is_named(change: Callable[[File], object], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        load_model(file_of(change))


@pytest.mark.parametrize("data", [b"{", b'{"name": "\xff"}'])
def test_what_is_no_json_is_no_model(data: bytes) -> None:
    with pytest.raises(ModelError, match="not a model file"):
        load_model(data)


def test_keyed_terms_and_placeholders_are_looked_up_by_their_digest() -> None:
    def keyed(file: File) -> None:
        file["keys"] = "keyed"
        file["terms"]["surname"]["values"] = {"surname/zhang": 5_000}
        file["placeholders"] = {"phone": ["phone/1"]}

    model = load_model(file_of(keyed), digest=lambda table, text: f"{table}/{text}")
    assert model.surprise("surname", "zhang") == 5_000
    assert model.is_placeholder("phone", "1")
    assert not model.is_placeholder("phone", "2")


def test_plain_files_need_no_digest_and_use_none() -> None:
    model = load_model(file_of(), digest=lambda _, text: text[::-1])
    assert model.surprise("surname", "wang") == 4_000
    assert model.is_placeholder("phone", "+8613800138000")
    assert not model.is_placeholder("email", "+8613800138000")


@pytest.mark.parametrize("name", ["chinese", "latin"])
def test_the_shipped_models_load_and_hold_no_learned_values(name: str) -> None:
    model = shipped_model(name)
    assert model.name == name
    assert model.digest is None
    assert not model.placeholders
    assert model.review < model.threshold < min(model.cuts)
    assert model.weights["given"]["exact"].same > model.weights["given"]["exact"].relative
    assert b'"note": "bench/models' in (files("identity") / "models" / f"{name}.json").read_bytes()


def test_other_names_do_not_ship() -> None:
    with pytest.raises(ModelError, match="choose one of chinese, latin"):
        shipped_model("klingon")


def test_two_files_have_two_fingerprints() -> None:
    assert load_model(file_of()).fingerprint != load_model(file_of(lambda file: file.update(version="4"))).fingerprint
