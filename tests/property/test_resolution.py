"""Identity is a pure function of what is alive: rows, model, and stewards' decisions. Held against brute force over all pairs."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from hypothesis import event, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cdc import RawEvent, Rebuilder
from cdc.following import Follower
from cdc.plan import Event
from identity import IDENTIFIER_KINDS, ended_record, resolve_ids, source_record
from identity.review import REASONS
from profiles import profile
from storage import Rehearsal, chunks
from tests.change_log import ChangeLog
from tests.conftest import IS_LONG
from tests.installation import Installation, installation, shuffled
from tests.property import decisions
from tests.property.meaning import Computed, computed, fields_of, stored
from tests.property.people import CHANGES, KEYS, MAPPING, TABLES, natural, row_of, write, written
from tests.services.postgres import PostgresServer

CAUTIOUS = "cautious.json"
#: Seconds that ten thousand examples may take.
LONGEST = 4 * 3600
#: The stateful property's ten thousand examples take an hour and a half: two processes share them.
SHARES = 2 if IS_LONG else 1
Row = tuple[str, int]
ROWS = st.tuples(st.sampled_from(TABLES), KEYS)
DECISIONS = st.sampled_from(["must_link", "cannot_link"])
LINKS = st.tuples(DECISIONS, st.lists(ROWS, min_size=2, max_size=2, unique=True))
LINKED = st.builds(lambda link: (link[0], *sorted(link[1])), LINKS)
MEANWHILE = st.lists(st.tuples(st.just("take"), CHANGES) | st.tuples(st.just("link"), LINKED), max_size=5)


def examples(few: int) -> settings:
    """So many examples in `make test`; in `make test-long` together ten thousand and more."""
    return settings(max_examples=10_000 if IS_LONG else few)


@dataclass(frozen=True, slots=True)
class Shop:
    """One installation opened twice: with the model that ships, and with one that joins less."""

    usual: Installation
    cautious: Installation


@contextmanager
def opened(folder: Path, database: str = "") -> Iterator[Shop]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CAUTIOUS).write_text(json.dumps(cautious_model()), encoding="utf-8")
    other = MAPPING.replace("[identity]", f'[identity]\nmodel = "{CAUTIOUS}"', 1)
    with (
        installation(folder, other, database=database) as cautious,
        installation(folder, MAPPING, database=database) as usual,
    ):
        yield Shop(usual, cautious)


def cautious_model() -> dict[str, Any]:
    shipped = json.loads((Path(__file__).parents[2] / "identity" / "models" / "chinese.json").read_bytes())
    return {**shipped, "version": "1c", "threshold": 24_000, "review": 6_000, "cuts": [30_000, 36_000]}


def rebuild_beside(one: Installation, early: Callable[[], None], late: Callable[[], None]) -> None:
    """Rebuild, and have something done while it computes, and once it has caught up with that, before its lock."""
    follow, waiting = Follower.follow, [early]

    def followed(follower: Follower, rehearsal: Rehearsal) -> None:
        follow(follower, rehearsal)
        late()

    rules, mapping = one.parts.settings.profiles, one.parts.settings.mapping
    rebuilder = Rebuilder(one.parts.database, one.parts.sealer, profile_rules=rules, mapping=mapping)
    with patch.object(Follower, "follow", followed):
        rebuilder.run(verify=False, progress=lambda _: waiting.pop()() if waiting else None)


def rebuild(one: Installation, *, verify: bool) -> bool:
    """Whether a full computation would change nothing."""
    rules, mapping = one.parts.settings.profiles, one.parts.settings.mapping
    return (
        Rebuilder(one.parts.database, one.parts.sealer, profile_rules=rules, mapping=mapping)
        .run(verify=verify)
        .is_equal
    )


# ---- 1: whatever happens, in whatever order --------------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Rows come, change and go, stewards decide and undo, the model is switched: each time all must be as brute force says."""

    shop: ClassVar[Shop]

    def __init__(self) -> None:
        super().__init__()
        self.one = self.shop.usual
        self.log, self.links, self.issued = ChangeLog(), set[tuple[str, Row, Row]](), set[bytes]()
        self.one.wipe()

    @initialize(changes=st.lists(CHANGES, min_size=4, max_size=12))
    def begin(self, changes: list[tuple[Any, ...]]) -> None:
        self._take(changes, batch=len(changes))

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=6), batch=st.integers(1, 6))
    def take(self, changes: list[tuple[Any, ...]], batch: int) -> None:
        self._take(changes, batch=batch)

    @rule(change=CHANGES)
    def take_one(self, change: tuple[Any, ...]) -> None:
        self._take([change], batch=1)

    @precondition(lambda self: len(self.log.events) % 5 == 0)
    @rule(table=st.sampled_from(TABLES))
    def truncate(self, table: str) -> None:
        before = len(self.log.events)
        self.log.truncate(table)
        self.one.ingest(self.log.events[before:])

    def _take(self, changes: list[tuple[Any, ...]], *, batch: int) -> None:
        before = len(self.log.events)
        for change in changes:
            write(self.log, change)
        self.one.ingest(self.log.events[before:], batch=batch)

    @rule(link=LINKED)
    def decide(self, link: tuple[str, Row, Row]) -> None:
        """About any two rows, of which none need be there."""
        self._decide(link)

    @rule(decision=DECISIONS, data=st.data())
    def decide_on_a_pair(self, decision: str, data: st.DataObject) -> None:
        """About two rows that were compared."""
        if pairs := sorted(sorted(map(row_of, ends)) for ends in stored(self.one).pairs):
            left, right = data.draw(st.sampled_from(pairs))
            self._decide((decision, left, right))

    def _decide(self, link: tuple[str, Row, Row]) -> None:
        if link not in self.links:
            self.links.add(link)
            decisions.decide(self.one, *link)

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        link = data.draw(st.sampled_from(sorted(self.links)))
        self.links.remove(link)
        decisions.undo(self.one, *link)

    @precondition(lambda self: len(self.log.events) % 3 == 0)
    @rule()
    def switch(self) -> None:
        self.one = self.shop.cautious if self.one is self.shop.usual else self.shop.usual
        rebuild(self.one, verify=False)

    @precondition(lambda self: len(self.log.events) % 2 == 0)
    @rule(early=MEANWHILE, late=MEANWHILE)
    def switch_while_others_write(self, early: list[tuple[str, Any]], late: list[tuple[str, Any]]) -> None:
        """Before everything is computed, which it then is not for these, and before the lock is taken."""
        now = self.shop.cautious if self.one is self.shop.usual else self.shop.usual
        rebuild_beside(now, lambda: self._do(early), lambda: self._do(late))
        self.one = now

    def _do(self, works: list[tuple[str, Any]]) -> None:
        for kind, work in works:
            if kind == "take":
                self._take([work], batch=1)
            elif work in self.links:
                self.links.remove(work)
                decisions.undo(self.one, *work)
            else:
                self._decide(work)

    @invariant()
    def everything_is_as_brute_force_says(self) -> None:
        found = self.computed()
        assert stored(self.one) == found.meaning
        for reason, _ in found.meaning.reviews.values():
            event(reason)

    @invariant()
    def a_full_computation_would_change_nothing(self) -> None:
        assert rebuild(self.one, verify=True)

    @invariant()
    def every_id_ever_issued_leads_to_a_profile_or_to_nobody(self) -> None:
        with self.one.parts.database.read() as connection:
            shown = dict(connection.execute(sa.select(source_record.c.incarnation, source_record.c.profile_id)).all())
            self.issued |= shown.keys() | set(connection.execute(sa.select(ended_record.c.id)).scalars())
            found = resolve_ids(connection, self.issued)
            profiles = set(connection.execute(sa.select(profile.c.id)).scalars())
        assert found.keys() == self.issued
        assert set(found.values()) <= {*profiles, None}
        assert {record: found[record] for record in shown} == shown

    def computed(self) -> Computed:
        rows = fields_of(self.one.parts.translator, self.log.snapshot())
        links = [(decision, natural(left), natural(right)) for decision, left, right in self.links]
        return computed(rows, self.one.parts.sealer.matcher, links)


def life_in(there: Shop) -> type[Life]:
    class LifeThere(Life):
        shop = there

    return LifeThere


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture(scope="module")
def big_shop(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with postgres.new_database() as url, opened(tmp_path_factory.mktemp("big"), url) as made:
        yield made


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize("share", range(SHARES))
def test_resolution_change_by_change_equals_brute_force_after_every_step(shop: Shop, share: int) -> None:
    few = settings(max_examples=examples(50).max_examples // SHARES, stateful_step_count=10)
    life = life_in(shop)
    run_state_machine_as_test(seed(share)(life) if few.derandomize else life, settings=few)


@pytest.mark.postgres
@pytest.mark.timeout(LONGEST)
def test_resolution_change_by_change_equals_brute_force_on_postgresql(big_shop: Shop) -> None:
    few = settings(max_examples=500 if IS_LONG else 8, stateful_step_count=10)
    run_state_machine_as_test(life_in(big_shop), settings=few)


# ---- 2: order, repetition, batches ----------------------------------------------------------------------------------------

SEVERAL = st.lists(CHANGES, max_size=25)
DECIDED = st.lists(LINKED, max_size=3, unique=True)


def check_that_order_does_not_matter(
    one: Installation, changes: list[Any], links: list[Any], chance: Random, batch: int
) -> None:
    """Decisions come last and first; events in two orders, in one batch and in several, some of them again."""
    log = written(changes)
    one.wipe()
    one.ingest(log.events)
    for link in links:
        decisions.decide(one, *link)
    expected = one.lines()
    one.wipe()
    for link in reversed(links):
        decisions.decide(one, *link)
    one.ingest(again(shuffled(log.events, chance.randrange(10_000)), chance), batch=batch)
    assert one.lines() == expected


def again(events: Sequence[RawEvent], chance: Random) -> list[RawEvent]:
    """With up to five events repeated later on."""
    repeated = list(events)
    for _ in range(chance.randint(0, 5) if events else 0):
        place = chance.randrange(len(repeated))
        repeated.insert(chance.randint(place, len(repeated)), repeated[place])
    return repeated


ORDERS = given(SEVERAL, DECIDED, st.randoms(use_true_random=False), st.integers(1, 12))


@pytest.mark.timeout(LONGEST)
@examples(100)
@ORDERS
def test_order_repetition_and_batching_do_not_matter(
    shop: Shop, changes: list[Any], links: list[Any], chance: Random, batch: int
) -> None:
    check_that_order_does_not_matter(shop.usual, changes, links, chance, batch)


@pytest.mark.postgres
@pytest.mark.timeout(LONGEST)
@settings(max_examples=500 if IS_LONG else 8)
@ORDERS
def test_order_repetition_and_batching_do_not_matter_on_postgresql(
    big_shop: Shop, changes: list[Any], links: list[Any], chance: Random, batch: int
) -> None:
    check_that_order_does_not_matter(big_shop.usual, changes, links, chance, batch)


# ---- 3: workers -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def four(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Installation]]:
    """Four workers of one installation, each with its own connections and caches."""
    folder = tmp_path_factory.mktemp("four")
    with ExitStack() as stack:
        url = stack.enter_context(postgres.new_database())
        yield [stack.enter_context(installation(folder, MAPPING, database=url)) for _ in range(4)]


@pytest.mark.postgres
@pytest.mark.timeout(LONGEST)
@settings(max_examples=200 if IS_LONG else 6)
@given(st.lists(CHANGES, min_size=15, max_size=40), st.randoms(use_true_random=False))
def test_two_and_four_workers_make_the_state_that_one_makes(
    four: list[Installation], changes: list[Any], chance: Random
) -> None:
    log = written(changes)
    four[0].wipe()
    four[0].ingest(log.events)
    expected = four[0].lines()
    for count in (2, 4):
        four[0].wipe()
        home = {row: chance.randrange(count) for row in dict.fromkeys((e.topic, e.key) for e in log.events)}
        streams = [[e for e in log.events if home[e.topic, e.key] == number] for number in range(count)]
        at_once([partial(four[n].ingest, streams[n], stream=f"part {n}", batch=n + 2) for n in range(count)])
        assert four[0].parked() == []
        assert four[0].lines() == expected


def at_once(works: Sequence[Callable[[], object]]) -> None:
    """Run all in threads that start together."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait(10)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works, timeout=120))


# ---- 4: what was weighed before others wrote --------------------------------------------------------------------------------


@pytest.mark.timeout(LONGEST)
@examples(100)
@given(st.lists(CHANGES, min_size=5, max_size=15), st.lists(CHANGES, min_size=2, max_size=15), st.integers(1, 4))
def test_what_was_weighed_ahead_counts_only_where_it_still_holds(
    shop: Shop, before: list[Any], changes: list[Any], size: int
) -> None:
    """All batches are prepared and weighed against the first state, and written one after the other."""
    one, log = shop.usual, written(before)
    one.wipe()
    one.ingest(log.events)
    stored_so_far = len(log.events)
    for change in changes:
        write(log, change)
    raws = log.events[stored_so_far:]
    applier, translate = one.parts.applier, one.parts.translator.translate
    batches = [applier.prepare([Event(raw, translate(raw)) for raw in some]) for some in chunks(raws, size)]
    for batch in batches:
        if batch.prepared is not None:
            applier.weigh_ahead(batch.prepared)
    for batch in batches:
        applier.write(batch).settle()
    assert (
        stored(one) == computed(fields_of(one.parts.translator, log.snapshot()), one.parts.sealer.matcher, []).meaning
    )


# ---- 5: the model ---------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(LONGEST)
@examples(50)
@given(SEVERAL, DECIDED)
def test_a_model_switched_to_and_back_leaves_no_trace(shop: Shop, changes: list[Any], links: list[Any]) -> None:
    log = written(changes)
    fresh = {}
    for name, one in (("cautious", shop.cautious), ("usual", shop.usual)):
        one.wipe()
        for link in links:
            decisions.decide(one, *link)
        one.ingest(log.events)
        fresh[name] = one.lines()
    rebuild(shop.cautious, verify=False)
    assert shop.cautious.lines() == fresh["cautious"]
    rebuild(shop.usual, verify=False)
    assert shop.usual.lines() == fresh["usual"]
    event(f"the models differ: {fresh['usual'] != fresh['cautious']}")


# ---- 6: what is only claimed ----------------------------------------------------------------------------------------------

NAME, CLAIMED = {"name": "王伟"}, {"phone": {"phone": "13812345670"}, "email": {"email": "xiaomei@example.com"}}


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


def reviews(one: Installation) -> list[tuple[str, ...]]:
    return [(*sorted(json.loads(end)[2] for end in ends), reason) for ends, (reason, _) in stored(one).reviews.items()]


@pytest.mark.parametrize("kind", CLAIMED)
def test_what_is_claimed_joins_once_it_is_verified_and_parts_when_that_is_withdrawn(
    one: Installation, kind: str
) -> None:
    log = ChangeLog()
    log.put("shop", 1, {**NAME, **CLAIMED[kind], f"{kind}_ok": 0})
    log.put("till", 2, {**NAME, **CLAIMED[kind]})
    one.ingest(log.events)
    claimed = one.lines()
    assert one.together() == {"1", "2"}
    assert reviews(one) == [("1", "2", "unverified")]
    log.put("shop", 1, {f"{kind}_ok": 1})
    one.ingest(log.events)
    assert one.together() == {"1 2"}
    assert reviews(one) == []
    log.put("shop", 1, {f"{kind}_ok": 0})
    one.ingest(log.events)
    assert one.lines() == claimed


@pytest.mark.parametrize("count", [2, 3])
def test_claims_alone_never_join_however_many_they_are(one: Installation, count: int) -> None:
    log = ChangeLog()
    everything = {**CLAIMED["phone"], **CLAIMED["email"], "phone_ok": 0, "email_ok": 0}
    for key in range(1, count + 1):
        log.put("shop", key, everything)
    one.ingest(log.events, batch=1)
    assert one.together() == {str(key) for key in range(1, count + 1)}
    assert {reason for *_, reason in reviews(one)} == {"unverified"}


@pytest.mark.parametrize("claimants", [2, 4, 6])
def test_accounts_that_claim_a_customers_address_neither_part_nor_join_her_records(
    one: Installation, claimants: int
) -> None:
    log = ChangeLog()
    hers = {"name": "张敏", **CLAIMED["email"]}
    log.put("shop", 100, {**hers, "email_ok": 1})
    log.put("till", 200, hers)
    one.ingest(log.events)
    assert one.together() == {"100 200"}
    for key in range(1, claimants + 1):
        log.put("shop", key, {"name": f"李强{key}", **CLAIMED["email"], "email_ok": 0})
    one.ingest(log.events, batch=2)
    assert "100 200" in one.together()
    asked = {frozenset(json.loads(end)[2] for end in ends) for ends in stored(one).pairs}
    claimed = {ends for ends in asked if ends & {"100", "200"}} - {frozenset({"100", "200"})}
    assert len(claimed) == (2 * claimants if claimants <= 2 else 0), "crowded claims cost their victim nothing"
    log.put("till", 200, {"note": "b"})
    log.put("till", 200, {"name": "张敏敏", "email": "other@example.com"})
    one.ingest(log.events)
    assert "100 200" not in one.together()


# ---- 7: what waits for a steward ------------------------------------------------------------------------------------------


def test_with_a_row_go_the_items_that_name_it(one: Installation) -> None:
    log = ChangeLog()
    log.put("shop", 1, NAME)
    log.put("till", 2, NAME)
    one.ingest(log.events)
    assert reviews(one) == [("1", "2", "unsure")]
    log.delete("shop", 1)
    one.ingest(log.events)
    assert reviews(one) == []


# ---- The strategy ---------------------------------------------------------------------------------------------------------


def test_the_rows_meet_everything_that_resolution_knows(shop: Shop) -> None:
    """Else all the above would show little: in most examples records join and part, and rules, limits and claims count."""
    met: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True, database=None)
    @given(st.lists(CHANGES, min_size=20, max_size=25))
    def look(changes: list[Any]) -> None:
        met.update(happenings(shop.usual, changes))

    look()
    often = ("joined", "parted", "generic", "no longer generic", "unsure", "unverified", "review of a refusal")
    assert not [what for what in often if met[what] < 15], met
    refusals = [f"refused: {rule}" for rule in ("phone", "max_cluster_records", "name")]
    rare = (
        "crowded",
        "no longer crowded",
        "household",
        "claim: generic",
        "claim: no longer generic",
        "repeated",
        "too often",
    )
    assert not [what for what in (*refusals, *rare) if not met[what]], met


def happenings(one: Installation, changes: list[Any]) -> set[str]:
    """What one source's rows meet on their way, by name."""
    log, translator, matcher = ChangeLog(), one.parts.translator, one.parts.sealer.matcher
    met: set[str] = set()
    before = computed({}, matcher)
    for change in changes:
        write(log, change)
        now = computed(fields_of(translator, log.snapshot()), matcher)
        met |= set(_between(before, now))
        before = now
    return met


def _between(before: Computed, now: Computed) -> Iterator[str]:
    alive = {record for profile in now.meaning.profiles for record in profile}
    then, today = ({frozenset(p & alive) for p in each.meaning.profiles} - {frozenset()} for each in (before, now))
    if any(len(profile & other) < len(profile) for profile in then for other in today if profile & other):
        yield "parted"
    if any(sum(bool(profile & other) for other in then) > 1 for profile in today):
        yield "joined"
    for fresh, gone, names in (
        (now, before, ("generic", "crowded")),
        (before, now, ("no longer generic", "no longer crowded")),
    ):
        for key in fresh.generic - gone.generic:
            yield f"claim: {names[0]}" if key.kind.startswith("claimed_") else names[key.kind not in IDENTIFIER_KINDS]
    for key in now.repeated:
        yield "too often" if key in now.generic else "repeated"
    for refusal in now.partition.refused:
        yield f"refused: {refusal.rule}"
    for reason, _ in now.meaning.reviews.values():
        yield reason if reason in REASONS else "review of a refusal"
    if any(is_household for _, _, is_household in now.meaning.pairs.values()):
        yield "household"
