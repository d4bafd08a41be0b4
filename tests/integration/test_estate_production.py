"""The commands of docs/production.md, pasted: on the estate's databases, with its addresses."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.services.ports import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "production.md"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSWORD = "adm1n"
SHOP_ROWS = """
CREATE TABLE customers (id BIGINT PRIMARY KEY, email TEXT, phone TEXT, full_name TEXT, updated_at TIMESTAMPTZ);
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, total NUMERIC(12, 2), currency CHAR(3), placed_at TIMESTAMPTZ);
INSERT INTO customers VALUES (1, 'chen@example.com', '+8613800138000', '陈小美', '2026-03-01T10:00:00Z');
INSERT INTO orders VALUES (1, 1, 258.90, 'CNY', '2026-03-01T10:05:00Z');
"""
POS_ROWS = """
CREATE TABLE members (member_no VARCHAR(20) PRIMARY KEY, name VARCHAR(64), mobile VARCHAR(20));
CREATE TABLE receipts (receipt_no BIGINT PRIMARY KEY, member_no VARCHAR(20), total DECIMAL(12, 2), sold_at DATETIME);
INSERT INTO members VALUES ('M1', '陈小美', '138 0013 8000');
INSERT INTO receipts VALUES (7, 'M1', 41.10, '2026-03-02 18:30:00');
"""
WANTED = [
    {
        "name": {"value": "陈小美"},
        "channels": ["online", "store"],
        "spent": {"amount": "300.00", "currency": "CNY"},
        "records": ["pos", "shop"],
    }
]
TOPICS = ("customers", "orders", "members", "receipts", "notifications of the shop", "notifications of the tills")
STREAM = re.compile(r"^kafka:\S+ +(\d+) +(\d+)$", re.MULTILINE)


@pytest.fixture
def shop(logical_postgres: LogicalPostgres) -> Iterator[LogicalPostgres]:
    """A newcomer's shop, and an administrator who asks the network for entry."""
    with logical_postgres.server.connect() as connection:
        connection.execute(f"CREATE ROLE admin SUPERUSER LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute("CREATE DATABASE shop")
        with logical_postgres.server.connect("shop") as own:
            own.execute(SHOP_ROWS.encode())
        try:
            yield logical_postgres
        finally:
            connection.execute("DROP DATABASE IF EXISTS onefold WITH (FORCE)")
            connection.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = 'shop'"
            )
            connection.execute("DROP DATABASE shop WITH (FORCE)")
            connection.execute("DROP ROLE IF EXISTS onefold_reader")
            connection.execute("DROP ROLE admin")


@pytest.fixture
def pos(mariadb: MariaDb) -> Iterator[MariaDb]:
    """A newcomer's tills, and an administrator."""
    with closing(mariadb.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON *.* TO 'admin'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' WITH GRANT OPTION")
        cursor.execute("CREATE DATABASE pos")
        cursor.execute("USE pos")
        for statement in filter(str.strip, POS_ROWS.split(";")):
            cursor.execute(statement)
        try:
            yield mariadb
        finally:
            cursor.execute("DROP DATABASE pos")
            cursor.execute("DROP USER IF EXISTS 'onefold_reader'@'%'")
            cursor.execute("DROP USER 'admin'@'127.0.0.1'")


def test_every_command_of_the_page_works_and_leads_to_one_profile_of_both_databases(
    shop: LogicalPostgres, pos: MariaDb, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path
) -> None:
    port = free_port()
    addresses = {
        "shop-db.example:5432": f"127.0.0.1:{shop.server.port}",
        "crm-db.example:5432": f"127.0.0.1:{shop.server.port}",
        'host = "shop-db.example"\nport = 5432': f'host = "127.0.0.1"\nport = {shop.server.port}',
        "pos-db.example:3306": f"127.0.0.1:{pos.port}",
        "-h pos-db.example -P 3306": f"-h 127.0.0.1 -P {pos.port}",
        'host = "pos-db.example"\nport = 3306': f'host = "127.0.0.1"\nport = {pos.port}',
        "kafka.example:9092": kafka.bootstrap,
        "http://connect.example:8083": connect.url,
        "serve --graphiql": f"serve --graphiql --port {port}",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "/srv/onefold": str(tmp_path / "srv"),
    }
    script = pasted(PAGE.read_text(), addresses)
    assert ".example:" not in script.replace("@example", "")
    try:
        with pasting(script, tmp_path, shop, pos) as (process, output):
            await_profile(process, output)
    finally:
        for name in ("shop", "pos"):
            if connect.status(name) is not None:
                connect.delete(name)


def pasted(page: str, addresses: dict[str, str]) -> str:
    """All blocks of the page as one script; the settings are written as an editor would, the last block is repeated."""
    for shown, real in addresses.items():
        assert shown in page, shown
        page = page.replace(shown, real)
    blocks = BLOCK.findall(page)
    assert [kind for kind, _ in blocks] == ["sh", "toml", "sh", "sh", "sh", "sh", "sh"]
    steps = [
        text if kind == "sh" else f"cat > onefold.toml <<'END_OF_SETTINGS'\n{text}END_OF_SETTINGS\n"
        for kind, text in blocks
    ]
    return "\n".join([*steps, f"while sleep 1; do\n{blocks[-1][1]}done\n"])


@contextmanager
def pasting(
    script: str, folder: Path, shop: LogicalPostgres, pos: MariaDb
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run it as a newcomer would, with the administrators' passwords at home; end everything that it started."""
    for name in ("bin", "srv", "home"):
        (folder / name).mkdir()
    command = folder / "bin" / "onefold"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "server.py"}" "$@"\n')
    command.chmod(0o755)
    for name, text in (
        (".pgpass", f"127.0.0.1:{shop.server.port}:*:admin:{PASSWORD}\n"),
        (".my.cnf", f"[client]\nuser=admin\npassword={PASSWORD}\n"),
    ):
        (folder / "home" / name).touch(mode=0o600)
        (folder / "home" / name).write_text(text)
    environ = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    output = folder / "output"
    with (
        output.open("wb") as log,
        subprocess.Popen(
            ["bash", "-e", "-u", "-x", "-o", "pipefail", "-c", script],
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process, output
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def await_profile(process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait for the answer with one person, and for a status after it that says that all was read."""
    deadline = time.monotonic() + 150
    while not is_wanted(output.read_text()):
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.2)


def is_wanted(said: str) -> bool:
    answers = [
        found for found in re.finditer(r'^{"data".*}', said, re.MULTILINE) if people(json.loads(found[0])) == WANTED
    ]
    if not answers:
        return False
    behind = [int(number) for _, number in STREAM.findall(said[answers[-1].end() :])]
    return len(behind) == len(TOPICS) and not any(behind)


def people(answer: Any) -> list[dict[str, Any]]:
    nodes = [edge["node"] for edge in answer["data"]["profiles"]["edges"]]
    return [{**node, "records": sorted(record["source"] for record in node["records"])} for node in nodes]
