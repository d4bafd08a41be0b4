"""The PostgreSQL that the test session starts is real, and gives each use a database of its own."""

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests.services.postgres import PostgresServer, postgres_server


def engine_for(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


@pytest.mark.postgres
def test_server_answers_with_its_version(postgres: PostgresServer, postgres_url: str) -> None:
    with engine_for(postgres_url).connect() as connection:
        answer = connection.execute(text("select version()")).scalar_one()
    assert answer.startswith(f"PostgreSQL {'.'.join(map(str, postgres.version))} ")


@pytest.mark.postgres
def test_two_databases_are_separate(postgres: PostgresServer) -> None:
    with postgres.new_database() as one, postgres.new_database() as other:
        with engine_for(one).begin() as connection:
            connection.execute(text("create table only_here (id integer)"))
        assert inspect(engine_for(one)).get_table_names() == ["only_here"]
        assert inspect(engine_for(other)).get_table_names() == []


@pytest.mark.postgres
def test_durable_server_keeps_its_promises_to_the_disk(postgres: PostgresServer) -> None:
    with postgres_server(durable=True) as server, server.new_database() as url:
        with engine_for(url).connect() as connection:
            assert connection.execute(text("show fsync")).scalar_one() == "on"
        folder = server.socket_folder
    assert not folder.exists()


def test_same_test_runs_on_both_databases(database_url: str) -> None:
    with engine_for(database_url).connect() as connection:
        assert connection.execute(text("select 1 + 1")).scalar_one() == 2
