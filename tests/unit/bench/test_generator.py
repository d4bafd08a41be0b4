"""Generated data: the same seed gives the same, the truth fits the stream, and what the README promises is in it."""

import hashlib
import json
from collections import Counter
from dataclasses import replace

import pytest

from bench.identity.chance import Chance
from bench.identity.generator import _COLUMNS, LANGUAGES, generate
from bench.identity.noise import Noise, SourceNoise, regulars
from bench.identity.people import World
from bench.identity.stream import Dataset, Key, Row, captured, live_rows

KINDS = pytest.mark.parametrize("language", LANGUAGES)
# A new digest means new data: measure the peers again, and write their figures into bench/identity/README.md.
DIGESTS = {"chinese": "84815a6fa6756a13", "latin": "038b53525a78cda8"}
PERFECT = SourceNoise(
    name={},
    phone={},
    email={},
    birthday={},
    address={},
    gender={},
    unionid=1.0,
    openid=1.0,
    card=1.0,
    city=1.0,
    scanned_by_relative=0.0,
    child_borrows={"phone": 0.0, "email": 0.0, "account": 0.0},
    follows_changes=1.0,
)


def perfect(noise: Noise) -> Noise:
    still = {"moves": 0.0, "changes_phone": 0.0, "second_email": 0.0, "married_name": 0.0, "corrected": 0.0}
    return replace(noise, shop=PERFECT, pos=PERFECT, **still)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(scope="module")
def chinese() -> Dataset:
    return generate("chinese", 100, records=3_000)


@KINDS
def test_regular_customers_have_many_rows(language: str) -> None:
    dataset = generate(language, 100, records=3_000, noise=regulars(LANGUAGES[language][1]))
    rows = Counter(dataset.truth.values())
    assert len(dataset.truth) == 3_000
    assert max(rows.values()) > 50
    assert sum(number for number in rows.values() if number > 10) > 2_000


def column(dataset: Dataset, name: str) -> list[str]:
    return [value for row in live_rows(dataset.stream.events).values() if (value := row.get(name))]


@KINDS
def test_the_same_seed_gives_the_same_data(language: str) -> None:
    assert generate(language, 7, records=300) == generate(language, 7, records=300)


@KINDS
def test_the_data_are_still_those_of_the_published_figures(language: str) -> None:
    events = generate(language, 100, records=200).stream.events
    lines = [[event.op, *event.key, event.row and sorted(event.row.items()), event.at_ms] for event in events]
    assert hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:16] == DIGESTS[language]


@KINDS
def test_another_seed_gives_other_data(language: str) -> None:
    assert generate(language, 7, records=300).stream != generate(language, 8, records=300).stream


@KINDS
@pytest.mark.parametrize("records", [1, 299, 1_000])
def test_exactly_the_live_rows_have_a_truth(language: str, records: int) -> None:
    dataset = generate(language, 100, records=records)
    assert live_rows(dataset.stream.events).keys() == dataset.truth.keys()
    assert len(dataset.truth) == records


@KINDS
def test_every_row_is_inserted_before_it_changes_and_is_complete(language: str) -> None:
    alive: dict[Key, Row] = {}
    for event in generate(language, 100, records=2_000).stream.events:
        assert (event.key in alive) == (event.op in {"u", "d"})
        if event.row is None:
            del alive[event.key]
        else:
            assert event.row.keys() == set(_COLUMNS[event.key.source].values())
            alive[event.key] = event.row


@KINDS
def test_events_are_in_the_order_of_their_time(language: str) -> None:
    times = [event.at_ms for event in generate(language, 100, records=500).stream.events]
    assert times == sorted(set(times))


def test_the_stream_corrects_deletes_and_inserts_again(chinese: Dataset) -> None:
    made = Counter(event.key for event in chinese.stream.events if event.op == "c")
    kinds = Counter(event.op for event in chinese.stream.events)
    assert kinds["u"] > 200
    assert kinds["d"] > 150
    assert any(count > 1 and key in chinese.truth for key, count in made.items())


def test_persons_have_several_rows_in_one_source_and_in_both(chinese: Dataset) -> None:
    rows = Counter((person, key.source) for key, person in chinese.truth.items())
    assert max(rows.values()) > 1
    assert len({person for person, _ in rows}) < len(rows)


@KINDS
def test_without_noise_a_person_and_only_a_person_has_one_account(language: str) -> None:
    dataset = generate(language, 3, records=800, noise=perfect(LANGUAGES[language][1]))
    grown_up: dict[int, set[str]] = {}
    for key, row in live_rows(dataset.stream.events).items():
        if row["wechat_unionid"]:
            grown_up.setdefault(dataset.truth[key], set()).add(row["wechat_unionid"])
    assert all(len(accounts) == 1 for accounts in grown_up.values())
    assert len(set().union(*grown_up.values())) == len(grown_up)


def test_values_are_written_in_all_the_ways_that_the_readme_names(chinese: Dataset) -> None:
    phones = column(chinese, "phone") + column(chinese, "mobile")
    names = column(chinese, "name") + column(chinese, "full_name")
    for mark in ("****", "+86", "0086", "O", " ", "-", "１"):
        assert any(mark in phone for phone in phones), mark
    for mark in ("先生", "女士", "陳", "Wang", "顾客"):
        assert any(mark in name for name in names), mark
    assert any(birthday.startswith("1900") for birthday in column(chinese, "birthday") + column(chinese, "birth_date"))


def test_crowds_share_a_phone_a_mailbox_and_a_name(chinese: Dataset) -> None:
    for name, least in (("mobile", 8), ("email", 4), ("name", 5)):
        people: dict[str, set[int]] = {}
        for key, row in live_rows(chinese.stream.events).items():
            if row.get(name):
                people.setdefault(str(row[name]), set()).add(chinese.truth[key])
        assert max(len(found) for found in people.values()) >= least, name


@KINDS
def test_the_world_has_families_twins_and_recycled_phones(language: str) -> None:
    writer, noise = LANGUAGES[language]
    people = World(writer, noise, Chance("world"), 4_000).people
    phones = Counter(held.value for person in people for held in person.phones)
    twins = [p for p in people if p.is_child and any(r.is_child and r.born == p.born for r in p.relatives)]
    assert max(phones.values()) > 1
    assert twins
    assert any(person.is_child and len(person.relatives) > 1 for person in people)


def test_women_marry_and_change_their_name_in_europe_only() -> None:
    changed = {
        language: any(len(p.names) > 1 for p in World(*LANGUAGES[language], Chance("world"), 2_000).people)
        for language in LANGUAGES
    }
    assert changed == {"chinese": False, "latin": True}


def test_captured_events_carry_growing_positions_and_the_row_before() -> None:
    events = generate("chinese", 100, records=200).stream.events
    lines = [(event, json.loads(line["value"])) for event, line in zip(events, captured(events), strict=True)]
    positions = [value["source"].get("lsn") or value["source"]["pos"] for _, value in lines]
    assert positions == sorted(set(positions))
    assert all((value["before"] is None) == (event.op == "c") for event, value in lines)
    assert all((value["after"] is None) == (event.op == "d") for event, value in lines)
