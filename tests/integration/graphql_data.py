"""A small world for tests of the GraphQL API: rows sealed and written by the real parts, without the pipeline.

So odd states can be made that the pipeline would not: a key that is gone, a cell that was altered, a fact without a time.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cdc import Sealer, Steward, TableIds
from identity import (
    CellReader,
    Evidence,
    Features,
    Identifier,
    IdentityRules,
    Known,
    LinkRow,
    Matcher,
    MatchReader,
    RecordWrite,
    RowKey,
    add_link,
    cell_column,
    ended_record,
    normalise,
    seal_known,
    shipped_model,
    source_table,
    write_evidence,
    write_records,
)
from identity.rules import IDENTIFIER_KINDS
from privacy import (
    AuditLog,
    CellCipher,
    DataKey,
    IdentityTokens,
    KeyRing,
    KeyStore,
    LocalFileProvider,
    PurposeRules,
    audit_entry,
    consent,
    issue,
)
from profiles import CLEAR_COLUMNS, FactWrite, ProfileRules, SurvivorshipRules, lineage, rebuild, write_facts
from resolvers import ApiParts, Limits
from schema import graphql_route
from storage import KEYS, MAIN, Database, insert

NOW = 1_772_000_000_000_000
DAY = 86_400_000_000
TENANT = "t1"
SUBJECT = "staff-7"
CLERK: dict[str, Any] = {"role": "sales", "stores": ["S001"], "purposes": ["customer_service"]}


@dataclass(slots=True)
class Statements:
    """What the databases were asked: SQL texts of the main one and of the key store."""

    main: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


class CountingCipher(CellCipher):
    """Counts what is opened, and of which column."""

    def __init__(self, tenant: str) -> None:
        super().__init__(tenant)
        self.opened: list[str] = []

    def open(self, key: DataKey, cell: bytes, *, table: str, column: str, kind: str = "str") -> str:
        self.opened.append(column)
        return super().open(key, cell, table=table, column=column, kind=kind)


@dataclass(slots=True)
class Fact:
    """A fact to write; the clear columns by name."""

    kind: str
    person: bytes | None
    key: tuple[str, ...]
    channel: str = "online"
    parent: bytes | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    has_personal_key: bool = False
    clear: Mapping[str, Any] = field(default_factory=dict)


class World:
    """Two databases, the parts of the API and an HTTP client to it."""

    def __init__(self, url: str, folder: Path, limits: Limits) -> None:
        self.database = Database(url)
        self.keys_database = Database(f"sqlite:///{folder / 'keys.db'}")
        MAIN.create_all(self.database.engine)
        KEYS.create_all(self.keys_database.engine)
        self.keystore = KeyStore(self.keys_database, LocalFileProvider.create(folder / "keys.json"), tenant=TENANT)
        self.keystore.initialise()
        self.cipher = CountingCipher(TENANT)
        self.tokens = IdentityTokens(self.keystore.long_lived("TTOK"), TENANT)
        self.audit = AuditLog(self.database, "test")
        self.keys = KeyRing(self.keystore)
        sealer = self._sealer()
        self.now = NOW
        self._arrivals = 0
        self._tables: dict[tuple[str, str], int] = {}
        self._row_tokens: dict[bytes, bytes] = {}
        self.api = ApiParts(
            database=self.database,
            keys=self.keys,
            cipher=self.cipher,
            tokens=self.tokens,
            identity_rules=IdentityRules(),
            matcher=sealer.matcher,
            match_reader=sealer.match_reader,
            steward=Steward(self.database, sealer, ProfileRules(survivorship=SurvivorshipRules(), currency="CNY")),
            survivorship=SurvivorshipRules(),
            currency="CNY",
            purposes=PurposeRules.of({"marketing": "consent"}),
            signing_key=self.keystore.long_lived("TSIG"),
            cursor_key=self.keystore.long_lived("TCUR"),
            audit_pseudonym_key=self.keystore.long_lived("TAUD"),
            difference_key=self.keystore.system_key("TDLQ"),
            audit=self.audit,
            clock=lambda: self.now,
            limits=limits,
        )

    def _sealer(self) -> Sealer:
        matcher = Matcher(IdentityRules(), shipped_model("chinese"), self.tokens.token)
        reader, match_reader = CellReader(self.keys, self.cipher), MatchReader(self.keys, self.cipher)
        return Sealer(self.keystore, self.keys, self.cipher, self.tokens, matcher, reader, match_reader, TableIds())

    def close(self) -> None:
        """Close what was opened."""
        self.audit.close()
        self.database.close()
        self.keys_database.close()

    # --- Asking ---

    def client(self, **changes: Any) -> TestClient:
        """An HTTP client; ``changes`` replace parts of the API."""
        api = replace(self.api, **changes)
        return TestClient(Starlette(routes=graphql_route(api)), raise_server_exceptions=False)

    def token(
        self,
        *,
        role: str = "manager",
        stores: Sequence[str] = ("*",),
        purposes: Sequence[str] = ("customer_service", "marketing"),
        subject: str = SUBJECT,
        ttl_seconds: int = 3600,
    ) -> str:
        """An access token."""
        return issue(
            self.api.signing_key,
            subject=subject,
            role=role,
            stores=stores,
            purposes=purposes,
            ttl_seconds=ttl_seconds,
            now=self.now // 1_000_000,
        )

    def post(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        purpose: str | None = "customer_service",
        client: TestClient | None = None,
        **token: Any,
    ) -> httpx.Response:
        """Send a query."""
        headers = {"Authorization": f"Bearer {self.token(**token)}"}
        if purpose is not None:
            headers["Onefold-Purpose"] = purpose
        body = {"query": query, "variables": dict(variables or {})}
        return (client or self.client()).post("/graphql", json=body, headers=headers)

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The answer to a query."""
        answer: dict[str, Any] = self.post(query, variables, **options).json()
        return answer

    def data(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The data of an answer that must be without errors."""
        answer = self.ask(query, variables, **options)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    @contextmanager
    def statements(self) -> Iterator[Statements]:
        """Note every statement that either database is asked."""
        noted = Statements()
        listeners = [
            (self.database.engine, lambda *args: noted.main.append(args[2])),
            (self.keys_database.engine, lambda *args: noted.keys.append(args[2])),
        ]
        for engine, note in listeners:
            sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield noted
        finally:
            for engine, note in listeners:
                sa.event.remove(engine, "before_cursor_execute", note)

    def audited(self) -> list[sa.Row[Any]]:
        """All audit entries."""
        with self.database.read() as connection:
            return list(connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)))

    # --- Writing ---

    def person(self, *records: Mapping[str, Any]) -> bytes:
        """A profile of ``records`` (see :meth:`record`); gives its id, which is the first one's incarnation."""
        with self.database.write() as connection:
            ids: list[bytes] = []
            for wanted in records:
                ids.append(self._record(connection, ids[0] if ids else None, **wanted))
            self._rebuild(connection, ids[0])
        return ids[0]

    def add(self, *facts: Fact) -> list[bytes]:
        """Facts of persons (``Fact.person`` is a record's incarnation); gives their incarnations."""
        with self.database.write() as connection:
            written = [self._fact(connection, item) for item in facts]
            persons = {item.person for item in facts if item.person is not None}
            write_facts(connection, written, ended=())
            rows = connection.execute(sa.text("SELECT incarnation, profile_id FROM source_record"))
            for profile in {bytes(row.profile_id) for row in rows if bytes(row.incarnation) in persons}:
                self._rebuild(connection, profile)
        return [write.incarnation for write in written]

    def end(self, profile: bytes, heir: bytes | None) -> None:
        """An id that ended before, with or without an heir."""
        with self.database.write() as connection:
            row = {"id": profile, "heir": heir, "state": "DELETED", "ended_at": NOW}
            insert(connection, ended_record, [row])

    def consent(self, record: bytes, purpose: str, state: str, at: int | None = NOW) -> None:
        """What a record says about a purpose."""
        with self.database.write() as connection:
            row = {"incarnation": os.urandom(16), "purpose": purpose, "state": state, "effective_at": at}
            insert(connection, consent, [{**row, "person_token": self._row_tokens[record]}])

    def decision(self, one: bytes, other: bytes, reason: str, kind: str = "cannot_link") -> bytes:
        """A steward's decision that has not been carried out; gives its id."""
        key = os.urandom(16)
        said = json.dumps({"low": "", "high": "", "reason": reason})
        cell = self.cipher.seal(self.keystore.mint([key])[key], table="steward_link", column="decision", value=said)
        low, high = sorted((self._row_tokens[one], self._row_tokens[other]))
        with self.database.write() as connection:
            add_link(connection, LinkRow(key, low, high, kind, "staff-9", NOW, cell))
        return key

    def step(self, kind: str, profile: bytes, other: bytes | None, *causes: Mapping[str, Any]) -> None:
        """A lineage row."""
        with self.database.write() as connection:
            row = {"at": NOW, "kind": kind, "profile_id": profile, "other_id": other, "cause": json.dumps(causes)}
            insert(connection, lineage, [row])

    def run(self, statement: sa.Executable) -> None:
        """Change the main database behind everybody's back."""
        with self.database.write() as connection:
            connection.execute(statement)

    def row_token(self, incarnation: bytes) -> bytes:
        """The row token of what was written."""
        return self._row_tokens[incarnation]

    def _table(self, connection: Connection, source: str, name: str) -> int:
        if (source, name) not in self._tables:
            number = len(self._tables) + 1
            insert(connection, source_table, [{"id": number, "source": source, "name": name}])
            self._tables[source, name] = number
        return self._tables[source, name]

    def _record(  # noqa: PLR0913 - each named
        self,
        connection: Connection,
        profile: bytes | None,
        *,
        source: str = "shop",
        table: str = "customers",
        key: str = "",
        store: str | None = None,
        updated_at: int | None = NOW,
        points: int | None = None,
        verified: Sequence[str] = (),
        cells: Mapping[str, str | Sequence[str]],
    ) -> bytes:
        incarnation = os.urandom(16)
        self._arrivals += 1
        row = RowKey(source, table, (key or str(self._arrivals),))
        data_key = self.keystore.mint([incarnation])[incarnation]
        values = {
            (name, slot): text
            for name, texts in cells.items()
            for slot, text in enumerate([texts] if isinstance(texts, str) else texts)
        }
        self._row_tokens[incarnation] = self.tokens.row_token(row.source, row.table, row.key)
        known = Known(row.natural(), Features())
        cell = seal_known(self.cipher, data_key, known)
        evidence = Evidence(self._row_tokens[incarnation], known, frozenset(), cell)
        write = RecordWrite(
            incarnation=incarnation,
            is_new=True,
            table_id=self._table(connection, source, table),
            natural_cell=self.cipher.seal(data_key, table="source_record", column="natural_key", value=row.natural()),
            cells={
                (name, slot): (self._seal(data_key, "record_cell", name, slot, text), name in verified or None)
                for (name, slot), text in values.items()
            },
            identifiers=frozenset(self._identifiers(values, verified)),
            evidence=evidence,
            updated_at=updated_at,
            store=store,
            points=points,
        )
        shown = profile or incarnation
        write_records(connection, [write], {incarnation: (shown, shown, self._arrivals)})
        write_evidence(connection, {}, {incarnation: evidence})
        return incarnation

    def _identifiers(self, values: Mapping[tuple[str, int], str], verified: Sequence[str]) -> Iterator[Identifier]:
        for (kind, _), text in values.items():
            normal = normalise(kind, text, self.api.identity_rules) if kind in IDENTIFIER_KINDS else None
            if normal is not None:
                yield Identifier(self.tokens.token(kind, normal), kind, kind in verified or None)

    def _seal(self, key: DataKey, table: str, name: str, slot: int, text: str) -> bytes:
        return self.cipher.seal(key, table=table, column=cell_column(name, slot), value=text)

    def _fact(self, connection: Connection, wanted: Fact) -> FactWrite:
        incarnation = os.urandom(16)
        source, table = ("pos", "receipts") if wanted.channel == "store" else ("shop", "orders")
        table_id = self._table(connection, source, f"{table}_{wanted.kind}")
        self._row_tokens[incarnation] = self.tokens.row_token(source, f"{table}_{wanted.kind}", wanted.key)
        natural = json.dumps(list(wanted.key), ensure_ascii=False, separators=(",", ":"))
        cells = {**wanted.cells, **({"natural_key": natural} if wanted.has_personal_key else {})}
        key = self.keystore.mint([incarnation])[incarnation] if cells else None
        return FactWrite(
            incarnation=incarnation,
            row_token=self._row_tokens[incarnation],
            table_id=table_id,
            kind=wanted.kind,
            channel=wanted.channel,
            person_token=None if wanted.person is None else self._row_tokens[wanted.person],
            parent_token=None if wanted.parent is None else self._row_tokens[wanted.parent],
            natural_key=None if wanted.has_personal_key else natural,
            clear={**dict.fromkeys(CLEAR_COLUMNS), **wanted.clear},
            cells={(name, 0): self._seal(key, "fact_cell", name, 0, text) for name, text in cells.items()}
            if key
            else {},
        )

    def _rebuild(self, connection: Connection, profile: bytes) -> None:
        reader = CellReader(self.api.keys, CellCipher(TENANT))
        rules = ProfileRules(survivorship=self.api.survivorship, currency=self.api.currency)
        rebuild(connection, [profile], gone=(), rules=rules, reader=reader)


@contextmanager
def open_world(url: str, folder: Path, limits: Limits | None = None) -> Iterator[World]:
    """A world for one test."""
    world = World(url, folder, limits or Limits())
    try:
        yield world
    finally:
        world.close()


def order(  # noqa: PLR0913  each part named
    person: bytes, number: str, *, minor: int = 12_345, currency: str = "CNY", days: int = 0, channel: str = "online"
) -> Fact:
    """An order, ``days`` before now."""
    clear = {"amount_minor": minor, "currency": currency, "occurred_at": NOW - days * DAY, "status": "paid"}
    return Fact("order", person, (number,), channel=channel, clear=clear)


def line(of: bytes, number: str, place: int, *, minor: int = 500) -> Fact:
    """A line of an order."""
    clear = {"sku": f"SKU-{place}", "label": "Tea", "quantity": "2", "unit_price_minor": minor, "currency": "CNY"}
    return Fact("order_line", None, (number, str(place)), parent=of, clear=clear)


#: A person known to both channels.
CHEN_SHOP: dict[str, Any] = {
    "source": "shop",
    "key": "42",
    "verified": ["email"],
    "cells": {
        "email": "Chen.Wei@Example.com",
        "phone": "138 1234 5678",
        "name": "陈伟",
        "birthday": "1990-05-17",
        "national_id": "11010519900517401X",
        "trait.shoe_size": "43",
    },
}
CHEN_POS: dict[str, Any] = {
    "source": "pos",
    "table": "members",
    "key": "M-7",
    "store": "S001",
    "updated_at": NOW - DAY,
    "points": 120,
    "cells": {"phone": "+8613812345678", "name": "陈先生", "loyalty_card": "6000-1234"},
}
#: What none of the answers to a masked role may hold.
CHEN_SECRETS = (
    "chen.wei",
    "13812345678",
    "138 1234",
    "陈伟",
    "陈先生",
    "1990-05",
    "11010519900517401",
    "6000-1234",
    "60001234",
    "M-7",
)


def chen(world: World) -> bytes:
    """The person with orders in both channels, a visit, a review and a return."""
    profile = world.person(CHEN_SHOP, CHEN_POS)
    order_id, receipt = world.add(
        order(profile, "1001", days=2), order(profile, "R-9", minor=9_900, days=1, channel="store")
    )
    world.add(
        line(order_id, "1001", 1),
        line(order_id, "1001", 2),
        Fact(
            "return",
            profile,
            ("55",),
            parent=order_id,
            clear={"amount_minor": 345, "currency": "CNY", "occurred_at": NOW},
        ),
        Fact(
            "event",
            profile,
            ("v1",),
            cells={"url": "/item/7?for=chen.wei"},
            clear={"name": "page_view", "occurred_at": NOW},
        ),
        Fact("feedback", profile, ("f1",), cells={"body": "陈伟 was here"}, clear={"rating": 5, "occurred_at": NOW}),
        Fact("loyalty", profile, ("l1",), clear={"points": 30, "name": "birthday", "occurred_at": NOW}),
    )
    assert receipt
    return profile
