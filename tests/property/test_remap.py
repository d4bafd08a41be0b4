"""Whatever changes in the mapping: what is stored ends as a fresh ingestion under the new mapping, or says which rows do not."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdc import Breaker, Remapper, RemapReport, Stale, read_mapping, shapes_of, stale_rows
from storage import ConfigDocument
from tests.change_log import MAPPING
from tests.installation import Installation, installation
from tests.property.test_sequence_neutral import STEPS, written

HEAD = MAPPING[: MAPPING.index("[[source]]")]
NOTHING = ""
IGNORED = 'kind = "ignore"\n'
OPTIN = 'is = "consent", purpose = "{}", values = {{ yes = "granted", no = "withdrawn" }}'
#: What each column may mean, in a mapping and in another one.
PERSON: dict[str, list[str]] = {
    "phone": ['is = "phone"', 'is = "phone", verified = true', 'is = "trait.a"', NOTHING],
    "email": [
        'is = "email"',
        'is = "trait.b"',
        'is = "email", values = { "a@example.com" = "c@example.com" }',
        NOTHING,
    ],
    "unionid": ['is = "wechat_unionid"', 'is = "trait.a"', NOTHING],
    "name": ['is = "name"', 'is = "trait.a"'],
    "city": ['is = "city"', 'is = "store"', 'is = "trait.b"', NOTHING],
    "points": ['is = "points"', NOTHING],
    "optin": [OPTIN.format("marketing"), OPTIN.format("sms"), NOTHING],
}
RECEIPT: dict[str, list[str]] = {
    "person": ['is = "person", table = "person"', 'is = "person", table = "person"', NOTHING],
    "total": ['is = "amount"', NOTHING],
    "note": ['is = "body"', 'is = "label"', 'is = "sku"', 'is = "sku", values = { gift = "G" }', 'is = "trait.n"'],
    "at": ['is = "occurred_at", unit = "us"', NOTHING],
}
REFUND = [
    """kind = "return"
key = ["id"]
[source.tables.refund.columns]
receipt = { is = "order", table = "receipt" }
total = { is = "amount" }
at = { is = "occurred_at", unit = "us" }
""",
    'kind = "event"\nkey = ["id"]\nevent = "refund"\n[source.tables.refund.columns]\nreceipt = { is = "label" }\n',
    IGNORED,
]


def columns(meanings: dict[str, list[str]]) -> st.SearchStrategy[str]:
    """Columns in any order: it decides the slots of those with the same name."""
    chosen = st.fixed_dictionaries({name: st.sampled_from(given) for name, given in meanings.items()})
    return st.permutations(list(meanings)).flatmap(
        lambda order: chosen.map(lambda found: "".join(f"{n} = {{ {found[n]} }}\n" for n in order if found[n]))
    )


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """A whole `onefold.toml`; the rules are always the same."""
    source = '[[source]]\nname = "db"\ntopics = "db.*"\n'
    source += f'channel = "{draw(st.sampled_from(["store", "web"]))}"\ncurrency = "{draw(st.sampled_from(["CNY", "CNY", "EUR"]))}"\n'
    times = draw(st.sampled_from(['updated_at = "updated_at"\n', ""]))
    store = draw(st.sampled_from(['store = "S1"\n', ""]))
    person = f'[source.tables.person]\nkind = "person"\nkey = ["id"]\n{times}{draw(st.sampled_from([store, ""]))}'
    person += f"[source.tables.person.columns]\n{draw(columns(PERSON))}"
    receipt = f'[source.tables.receipt]\nkind = "order"\nkey = ["id"]\n{store}'
    receipt += f"[source.tables.receipt.columns]\n{draw(columns(RECEIPT))}"
    return f"{HEAD}{source}{person}{receipt}[source.tables.refund]\n{draw(st.sampled_from(REFUND))}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remap")


def stale(one: Installation) -> list[Stale]:
    with one.parts.database.read() as connection:
        return stale_rows(connection, shapes_of(one.parts.settings.mapping))


def remap(one: Installation, *, batch: int) -> None:
    rules = one.parts.settings.profiles
    remapper = Remapper(one.parts.database, one.parts.sealer, profile_rules=rules, breaker=Breaker(0), batch=batch)
    for each in stale(one):
        if each.is_derivable:
            remapper.derive(each, RemapReport())
        elif each.derivation.is_other:
            remapper.forget(each, RemapReport())


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(STEPS, max_size=20), st.tuples(mappings(), mappings()), st.integers(1, 5), st.integers(0, 20))
def test_a_changed_mapping_ends_as_a_fresh_ingestion(
    folder: Path, steps: list[Any], changed: tuple[str, str], batch: int, later: int
) -> None:
    """Derived, or read again: the events, and where these leave something open, a snapshot. Some events come between."""
    before, after = changed
    log = written(steps)
    first, rest = log.events[:later], log.events[later:]
    with installation(folder, before) as one:
        one.wipe()
        one.ingest(first)
    with installation(folder, after) as one:
        was_derivable = all(each.is_derivable for each in stale(one))
        remap(one, batch=batch)
        assert was_derivable <= (stale(one) == [])
        one.ingest(rest, stream="later")
        found, left = one.lines(), stale(one)
        one.ingest(log.events, stream="again", batch=batch)
        again, left_again = one.lines(), stale(one)
        for table in ("person", "receipt", "refund"):
            log.read(table, snapshot="incremental")
        one.ingest(log.events, stream="snapshot")
        assert stale(one) == []
        healed = one.lines()
        one.wipe()
        one.ingest([*first, *rest])
        expected = one.lines()
        was_captured = IGNORED not in before or IGNORED in after
        if was_derivable and was_captured and not left:
            assert found == expected
        if not left_again:
            assert again == expected
        one.ingest(log.events)
        assert healed == one.lines()


@given(mappings(), mappings())
def test_a_fingerprint_tells_mappings_apart_that_make_other_records(folder: Path, one: str, other: str) -> None:
    """What is only written otherwise is the same."""
    shuffled = one.replace(" = ", "=").replace("\n[", "\n# a comment\n\n[")
    shapes = [_shapes(folder, text) for text in (one, shuffled, other)]
    assert shapes[0] == shapes[1]
    assert (shapes[0] == shapes[2]) <= (_sorted(one) == _sorted(other))


def _shapes(folder: Path, text: str) -> Any:
    (folder / "read.toml").write_text(text, encoding="utf-8")
    mapping = read_mapping(ConfigDocument.load(folder / "read.toml"))
    return {name: shape.fingerprint() for name, shape in shapes_of(mapping).items()}


def _sorted(text: str) -> list[str]:
    return sorted(text.splitlines())
