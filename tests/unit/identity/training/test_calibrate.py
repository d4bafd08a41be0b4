"""Calibration: the lowest threshold with the wanted precision, or the reason why there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.training.calibrate import Decided, calibrate, lower_bound, pairs_needed, require_labels
from identity.training.errors import TrainingError


def test_the_bound_is_wilsons() -> None:
    assert lower_bound(95, 100) == pytest.approx(0.9008, abs=1e-4)
    assert lower_bound(0, 100) == pytest.approx(0, abs=1e-12)
    assert lower_bound(0, 0) == 0


@given(st.floats(0.5, 0.999))
def test_as_many_matches_as_are_needed_prove_a_precision_and_one_less_does_not(precision: float) -> None:
    needed = pairs_needed(precision)
    assert lower_bound(needed, needed) >= precision - 1e-12
    assert lower_bound(needed - 1, needed - 1) < precision


def test_too_few_decisions_are_refused_with_how_many_it_takes() -> None:
    with pytest.raises(TrainingError, match=r"0\.99 takes at least 268 decisions .* there are 267"):
        require_labels(267, 0.99)
    require_labels(268, 0.99)


def test_the_threshold_is_the_lowest_that_keeps_the_precision() -> None:
    matches = [Decided(weight, True) for weight in range(10_000, 10_400)]
    wrong = [Decided(9_000 + n, False) for n in range(100)]
    late = [Decided(8_000, True)]
    found = calibrate([*late, *wrong, *matches], 0.99)
    # Some wrong pairs below the matches are borne: 400 matches prove a little more than 0.99.
    assert 9_090 < found.threshold <= 10_000
    assert found.bound >= 0.99
    assert lower_bound(found.matches, found.pairs) == found.bound
    assert found.pairs == sum(pair.weight >= found.threshold for pair in (*matches, *wrong))


def test_pairs_of_one_weight_stand_on_one_side_together() -> None:
    found = calibrate([Decided(10, True)] * 300 + [Decided(5, True)] * 2 + [Decided(5, False)] * 30, 0.99)
    assert found.threshold == 10


def test_decisions_that_contradict_the_weights_are_refused_with_what_they_show() -> None:
    with pytest.raises(TrainingError, match=r"no threshold reaches a precision of 0\.9: .* show 0\.4\d\d at most"):
        calibrate([Decided(n, n % 2 == 0) for n in range(400)], 0.9)
