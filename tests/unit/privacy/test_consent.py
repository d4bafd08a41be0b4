"""Consent: deny by default, the most restrictive wins."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import GRANTED, WITHDRAWN, Consent, is_granted, profile_consents, record_consents

M = "marketing"


def consent(state: str, at: int | None = None, purpose: str = M) -> Consent:
    return Consent(purpose, state, at)


def granted(*statements: Consent) -> bool:
    return is_granted(record_consents(statements), M)


def test_nothing_stated_is_not_granted() -> None:
    assert not is_granted({}, M)
    assert not is_granted(profile_consents([{}, {}]), M)
    assert not granted(consent(GRANTED, 1, "analytics"))


def test_the_latest_statement_decides_in_any_order() -> None:
    assert granted(consent(WITHDRAWN, 1), consent(GRANTED, 2))
    assert granted(consent(GRANTED, 2), consent(WITHDRAWN, 1))
    assert not granted(consent(GRANTED, 1), consent(WITHDRAWN, 2))


def test_a_withdrawal_wins_a_tie() -> None:
    assert not granted(consent(GRANTED, 5), consent(WITHDRAWN, 5))
    assert not granted(consent(WITHDRAWN, 5), consent(GRANTED, 5))


def test_a_withdrawal_without_a_time_wins_over_every_grant() -> None:
    assert not granted(consent(GRANTED, 10**18), consent(WITHDRAWN))
    assert not granted(consent(GRANTED), consent(WITHDRAWN))


def test_a_grant_without_a_time_wins_over_no_withdrawal() -> None:
    assert granted(consent(GRANTED))
    assert not granted(consent(GRANTED), consent(WITHDRAWN, -(10**18)))
    assert granted(consent(GRANTED), consent(WITHDRAWN, 1), consent(GRANTED, 2))


@pytest.mark.parametrize("word", ["expired", "objected", "opted_out", "Granted", "yes", ""])
def test_only_the_word_granted_grants(word: str) -> None:
    assert not granted(consent(word, 5))
    assert not granted(consent(GRANTED, 5), consent(word, 5))


def test_one_record_that_refuses_is_enough_however_old() -> None:
    records = [record_consents([consent(GRANTED, 9)]), record_consents([consent(WITHDRAWN, 1)]), {}]
    decided = profile_consents(records)
    assert not is_granted(decided, M)
    assert decided[M].effective_at == 1


def test_records_that_say_nothing_do_not_refuse() -> None:
    decided = profile_consents([record_consents([consent(GRANTED, 3)]), {}, record_consents([consent(GRANTED, 7)])])
    assert decided[M] == consent(GRANTED, 7)


STATEMENTS = st.lists(
    st.builds(
        Consent,
        st.sampled_from(["marketing", "analytics"]),
        st.sampled_from([GRANTED, WITHDRAWN, "expired"]),
        st.none() | st.integers(0, 4),
    ),
    max_size=6,
)


def grants_by_brute_force(statements: list[Consent], purpose: str) -> bool | None:
    """Say the rule in words: None when nothing is said."""
    said = [each for each in statements if each.purpose == purpose]
    refusals = [each for each in said if each.state != GRANTED]
    times = [each.effective_at for each in said if each.state == GRANTED and each.effective_at is not None]
    if not said:
        return None
    if not refusals:
        return True
    return all(
        any(refusal.effective_at is not None and at > refusal.effective_at for at in times) for refusal in refusals
    )


@given(st.lists(STATEMENTS, max_size=4), st.randoms(use_true_random=False))
def test_the_fold_agrees_with_brute_force_in_any_order(records: list[list[Consent]], random: Random) -> None:
    shuffled = [random.sample(record, len(record)) for record in random.sample(records, len(records))]
    decided = profile_consents(record_consents(record) for record in shuffled)
    assert decided == profile_consents(record_consents(record) for record in records)
    for purpose in ("marketing", "analytics"):
        answers = [grants_by_brute_force(record, purpose) for record in records]
        stated = [answer for answer in answers if answer is not None]
        assert is_granted(decided, purpose) == (bool(stated) and all(stated))
