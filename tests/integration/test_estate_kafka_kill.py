"""`kill -9` of a worker that reads from Kafka: nothing is lost, nothing is doubled."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove

from bench.events import MAPPING
from tests.estate.kafka import KafkaBroker
from tests.installation import installation
from tests.integration.kafka_topics import EVENTS, Topics, read_so_far, some_business, spread_topics, wait_for

KILLS = (0.2, 0.5)  # parts of the events after which the worker is killed


def test_kills_of_a_worker_end_in_the_state_of_an_undisturbed_run(
    kafka: KafkaBroker, database_url: str, tmp_path: Path
) -> None:
    topics, events = spread_topics(kafka), some_business(tmp_path)
    topics.produce(events)
    with installation(tmp_path / "one", topics.mapping(MAPPING), database=database_url) as one:
        for part in KILLS:
            child = start_worker(one.folder, database_url, batch=10)
            wait_for(lambda least=part * EVENTS: read_so_far(one) > least)  # type: ignore[misc]  # a lambda with a default has no type
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            assert part * EVENTS < read_so_far(one) < EVENTS, "the kill fell outside of the run"
            give_up_members(topics)
        child = start_worker(one.folder, database_url, batch=500)
        wait_for(lambda: read_so_far(one) == EVENTS)
        child.terminate()
        assert child.wait(30) == 0
        with installation(tmp_path / "undisturbed", MAPPING) as other:
            other.ingest(events)
            assert one.lines() == other.lines()


def start_worker(folder: Path, database: str, *, batch: int = 5) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "server", "ingest", "--from", "kafka", "--batch", str(batch)]
    return subprocess.Popen(
        [*command, "--config", str(folder / "onefold.toml")],
        env={**os.environ, "ONEFOLD_DATABASE": database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def give_up_members(topics: Topics) -> None:
    """What the coordinator does by itself ten seconds after it last heard of a worker."""
    with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
        group = admin.describe_groups([topics.prefix])[topics.prefix]
        admin.remove_group_members(topics.prefix, [MemberToRemove(member["member_id"]) for member in group["members"]])
