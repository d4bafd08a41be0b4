"""A batch that waited long for a lock is planned anew: its keys may have been swept away meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdc import apply
from tests.change_log import ChangeLog
from tests.installation import installation
from tests.property.people import MAPPING


@pytest.mark.parametrize(("oldest", "times"), [(-1, 1), (1_800, 0)])
def test_a_plan_that_is_too_old_is_made_anew(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oldest: int, times: int
) -> None:
    log = ChangeLog()
    log.put("shop", 1, {"name": "陈小美", "phone": "13812345670", "phone_ok": 1})
    monkeypatch.setattr(apply, "_OLDEST", oldest)
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        alone: list[object] = []
        made: Callable[..., Any] = one.parts.applier._prepare_alone

        def counted(*given: Any) -> Any:
            alone.append(given)
            return made(*given)

        monkeypatch.setattr(one.parts.applier, "_prepare_alone", counted)
        one.ingest(log.events)
        assert one.together() == {"1"}
        assert one.parked() == []
    assert len(alone) == times
