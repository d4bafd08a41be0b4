"""Splink's EM over our levels: what was put into simulated pairs comes out."""

import random
from collections.abc import Mapping

import msgspec
import pytest

from identity import IdentityRules
from identity.model import LevelOdds, ModelFile
from identity.model_files import read_model

TRUE = {
    "birthday": {"exact": 0.6, "typo": 0.2, "two_parts": 0.1, "different": 0.1},
    "gender": {"same": 0.9, "different": 0.1},
    "email": {"same": 0.5, "different": 0.5},
}
SHARE_OF_MATCHES = 0.3


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return msgspec.json.decode(read_model(IdentityRules(), tmp_path_factory.mktemp("none")), type=ModelFile)


def simulated(odds: Mapping[str, Mapping[str, LevelOdds]], number: int) -> list[dict[str, str]]:
    chance = random.Random(1)
    strangers = {
        comparison: {level: odds[comparison][level].u for level in odds[comparison] if level != "year"}
        for comparison in TRUE
    }
    return [
        {
            comparison: chance.choices(list(shares), list(shares.values()))[0]
            for comparison, shares in (TRUE if chance.random() < SHARE_OF_MATCHES else strangers).items()
            if chance.random() < 0.8
        }
        for _ in range(number)
    ]


@pytest.mark.usefixtures("splink")
def test_em_finds_the_shares_that_pairs_were_made_with(shipped: ModelFile) -> None:
    from identity.training.em import maximise  # noqa: PLC0415 - needs the extra

    pairs = simulated(shipped.comparisons, 8_000)
    found = maximise(pairs, shipped.comparisons, tuple(TRUE), name="simulated")
    assert found.matches == pytest.approx(SHARE_OF_MATCHES * len(pairs), rel=0.05)
    for comparison, shares in TRUE.items():
        counts = found.counts[comparison]
        assert sum(counts.values()) == pytest.approx(0.8 * found.matches, rel=0.05)
        for level, share in shares.items():
            assert counts[level] / sum(counts.values()) == pytest.approx(share, abs=0.03), (comparison, level)


@pytest.mark.usefixtures("splink")
def test_a_comparison_of_which_only_one_level_is_reached_is_counted_as_well(shipped: ModelFile) -> None:
    from identity.training.em import maximise  # noqa: PLC0415 - needs the extra

    pairs = [{**pair, "wechat_unionid": "same"} for pair in simulated(shipped.comparisons, 500)]
    found = maximise(pairs, shipped.comparisons, ("birthday", "wechat_unionid", "alipay_id"), name="simulated")
    assert found.counts["wechat_unionid"]["same"] == pytest.approx(500, rel=0.01)
    assert found.counts["wechat_unionid"]["different"] < 1
    assert "alipay_id" not in found.counts


@pytest.mark.usefixtures("splink")
def test_pairs_that_tell_nothing_teach_nothing(shipped: ModelFile) -> None:
    from identity.training.em import maximise  # noqa: PLC0415 - needs the extra

    assert not maximise([{}, {}], shipped.comparisons, ("birthday",), name="empty").counts
