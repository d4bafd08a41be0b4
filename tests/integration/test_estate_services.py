"""The services that a test session starts keep their data through a crash, and never outlive the session."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pymysql.err import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.estate import jvm
from tests.estate import mariadb as mariadb_module
from tests.estate import redis as redis_module
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.estate.redis import RedisServer
from tests.services.process import Service, ServiceFailedError, ServiceUnavailableError, passing_folder

# A session in which a service starts, says where, and which then waits to be killed.
SESSION = """
from tests.estate.estate import running_estate
with running_estate() as estate:
    print(estate.redis.folder, estate.redis.pid, flush=True)
    input()
"""
ENDINGS = {"killed": Service.kill, "stopped": Service.stop}


@pytest.fixture(params=ENDINGS)
def end(request: pytest.FixtureRequest) -> Callable[[Service], None]:
    return ENDINGS[request.param]


def test_mariadb_keeps_what_was_committed(mariadb: MariaDb, end: Callable[[Service], None]) -> None:
    with mariadb.new_database() as database:
        with mariadb.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (number INT PRIMARY KEY)")
            cursor.execute("INSERT INTO kept VALUES (7)")
        end(mariadb)
        with pytest.raises(OperationalError):
            mariadb.connect()
        mariadb.start()
        with mariadb.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT number FROM kept")
            assert cursor.fetchall() == ((7,),)


def test_mariadb_logs_whole_rows_and_is_not_root(mariadb: MariaDb) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@log_bin, @@binlog_format, @@binlog_row_image")
        assert cursor.fetchall() == ((1, "ROW", "FULL"),)
    assert Path(f"/proc/{mariadb.pid}").stat().st_uid != 0


def test_redis_keeps_what_it_answered(redis: RedisServer, end: Callable[[Service], None]) -> None:
    with redis.connect() as client:
        client.set("kept", "7")
        end(redis)
        with pytest.raises(RedisConnectionError):
            client.ping()
        redis.start()
        assert client.get("kept") == b"7"


def test_restart_ends_the_old_process_first(redis: RedisServer) -> None:
    before = redis.pid
    redis.restart()
    assert redis.pid != before
    with redis.connect() as client:
        assert client.ping()


def test_database_goes_with_the_slot_that_was_left_on_it(logical_postgres: LogicalPostgres) -> None:
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:
        connection.execute("SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')")
    with logical_postgres.server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_replication_slots").fetchall() == [(0,)]


def test_services_and_their_folder_go_with_a_killed_session(redis: RedisServer) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SESSION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdout is not None
        folder, pid = session.stdout.readline().split()
        assert Path(folder).exists()
        session.kill()
    gone_by = time.monotonic() + 10
    while Path(folder).parent.exists() or is_alive(int(pid)):
        assert time.monotonic() < gone_by, "the killed session left something behind"
        time.sleep(0.05)


def test_service_that_does_not_start_shows_the_end_of_its_log(redis: RedisServer) -> None:
    with passing_folder("onefold-test-") as folder:
        server = RedisServer(folder)
        server.write("redis.conf", "port nonsense\n")
        with pytest.raises(ServiceFailedError, match=r"redis ended before it was ready:\n[^|]*'port nonsense'"):
            server.start()
        server.kill()


def test_what_is_missing_is_named_with_what_would_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mariadb_module, "BEYOND_PATH", "")
    monkeypatch.setattr(jvm, "JARS", tmp_path)
    jvm.find_java.cache_clear()
    for find, help_ in (
        (jvm.find_java, "`openjdk-17-jre-headless`"),
        (jvm.find_jars, "`make services`"),
        (mariadb_module.find_mariadb, "`mariadb-server`"),
        (redis_module.find_redis, "`redis-server`"),
    ):
        with pytest.raises(ServiceUnavailableError, match=help_):
            find()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
