"""The identity benchmark's adaptor: a generated stream goes through the real pipeline without loss."""

import pytest

from bench.identity.generator import LANGUAGES, generate
from bench.identity.measures import measure
from bench.identity.onefold import resolve


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_live_row_of_a_generated_stream_has_a_profile(language: str) -> None:
    dataset = generate(language, 100, records=300)
    profiles = resolve(dataset.stream)
    assert profiles.keys() == dataset.truth.keys()
    assert measure(profiles, dataset.truth).recall > 0.5
