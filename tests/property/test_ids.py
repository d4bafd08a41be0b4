"""Promise 3: every id that was ever issued leads on for ever: to a profile that is shown, or to nothing, and then for good."""

from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from identity import resolve_ids, source_record
from profiles import lineage, profile
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

KEYS = st.integers(1, 6)
PERSON = st.fixed_dictionaries(
    {
        "phone": st.sampled_from([None, "13812345670", "13812345671", "13812345672"]),
        "email": st.sampled_from([None, "a@example.com", "b@example.com"]),
        "unionid": st.sampled_from([None, None, "union-1", "union-2"]),
    }
)


class Ids(RuleBasedStateMachine):
    """Persons come, change, move and go; after each step every id is asked where it leads."""

    one: Installation

    def __init__(self) -> None:
        super().__init__()
        self.one.wipe()
        self.log = ChangeLog()
        self.issued: set[bytes] = set()
        self.over: set[bytes] = set()

    @rule(key=KEYS, person=PERSON)
    def put(self, key: int, person: dict[str, object]) -> None:
        self.log.put("person", key, person)

    @rule(key=KEYS)
    def delete(self, key: int) -> None:
        self.log.delete("person", key)

    @rule(old=KEYS, new=KEYS)
    def move(self, old: int, new: int) -> None:
        self.log.move("person", old, new)

    @rule()
    def truncate(self) -> None:
        self.log.truncate("person")

    @rule(batch=st.integers(1, 4))
    def take_in(self, batch: int) -> None:
        self.one.ingest(self.log.events, batch=batch)
        self.issued |= {row.incarnation for row in self.one.rows(source_record)} | self._told()

    def _told(self) -> set[bytes]:
        ids = {i for row in self.one.rows(lineage) for i in (row.profile_id, row.other_id)}
        return {i for i in ids if i is not None}

    @invariant()
    def every_id_leads_to_a_shown_profile_or_nowhere_for_good(self) -> None:
        with self.one.parts.database.read() as connection:
            found = resolve_ids(connection, self.issued)
        shown = {row.id for row in self.one.rows(profile)}
        assert found.keys() == self.issued
        assert {i for i in found.values() if i is not None} == shown
        assert all(found[i] == i for i in shown)
        self.over |= {i for i, leads_to in found.items() if leads_to is None}
        assert all(found[i] is None for i in self.over)

    @invariant()
    def a_profile_shows_the_id_of_its_earliest_record(self) -> None:
        members: dict[bytes, list[Any]] = {}
        for row in self.one.rows(source_record):
            members.setdefault(row.profile_id, []).append(row)
        assert members.keys() == {row.id for row in self.one.rows(profile)}
        for profile_id, records in members.items():
            assert min(records, key=lambda record: record.arrival).incarnation == profile_id


def test_every_id_ever_issued_leads_on(tmp_path: Path) -> None:
    with installation(tmp_path / "one", MAPPING) as one:
        machine = type("IdsOfThisTest", (Ids,), {"one": one})
        run_state_machine_as_test(machine, settings=settings(stateful_step_count=40))
