"""What the process that prepares batches weighs before anybody takes a lock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdc.plan import Event
from identity import Ahead
from tests.change_log import ChangeLog
from tests.installation import Installation, installation
from tests.property.people import MAPPING

PHONE = {"phone": "13812345670"}
NAMES = [surname + "建国" for surname in "赵钱孙李周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何"]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING) as made:
        yield made


def ahead(one: Installation, log: ChangeLog) -> Ahead:
    """What is weighed of a batch of all that happened."""
    batch = one.parts.applier.prepare([Event(raw, one.parts.translator.translate(raw)) for raw in log.events])
    assert batch.prepared is not None
    one.parts.applier.weigh_ahead(batch.prepared)
    return batch.prepared.writes.ahead


def test_records_of_one_batch_are_weighed_against_each_other(one: Installation) -> None:
    log = ChangeLog()
    log.put("till", 1, {"name": NAMES[0], **PHONE})
    log.put("till", 2, {"name": NAMES[0], **PHONE})
    assert [found.weight is not None for found in ahead(one, log).weights.values()] == [True]


def test_what_is_generic_with_the_batch_leads_to_nobody(one: Installation) -> None:
    """Or a batch of strangers behind a till's phone would be weighed all against all."""
    log = ChangeLog()
    for key, name in enumerate(NAMES):
        log.put("till", key, {"name": name, **PHONE})
    assert ahead(one, log).weights == {}
