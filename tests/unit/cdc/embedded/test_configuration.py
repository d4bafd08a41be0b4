"""What the embedded engine is told: as the connector in Kafka Connect, and nothing of Kafka."""

from pathlib import Path
from typing import Any

import pytest

from cdc.capture.debezium import debezium_configuration
from cdc.embedded.configuration import engine_configuration, history_file, passing_folder, stream_of
from cdc.embedded.reading import mend_history
from tests.unit.cdc.capture.sources import shop, till

FOLDER, OFFSETS = Path("/data/debezium"), Path("/data/debezium/run/offsets")


def configured(source: Any) -> dict[str, str]:
    return engine_configuration(source, password="secret", folder=FOLDER, offsets=OFFSETS)


@pytest.mark.parametrize("source", [shop(), till(), shop('signal_table = "signals"'), till('signal_table = "signals"')])
def test_nothing_of_kafka_is_left(source: Any) -> None:
    found = configured(source)
    assert [key for key in found if "kafka" in key or key.startswith("topic.creation")] == []
    assert [key for key, value in found.items() if "kafka" in value.replace("org.apache.kafka.connect", "")] == []


@pytest.mark.parametrize("source", [shop(), till()])
def test_what_is_captured_is_what_kafka_connect_would_capture(source: Any) -> None:
    shared, found = debezium_configuration(source, bootstrap_servers="kafka:9092"), configured(source)
    kept = [
        key
        for key in shared
        if not any(word in key for word in ("kafka", "creation", "signal", "read.only", "password"))
    ]
    assert {key: found[key] for key in kept} == {key: shared[key] for key in kept}


def test_an_error_ends_the_engine_whatever_the_settings_say() -> None:
    found = configured(shop('settings = { "errors.max.retries" = "-1", "poll.interval.ms" = "7" }'))
    assert (found["errors.max.retries"], found["poll.interval.ms"]) == ("0", "7")


def test_the_password_is_given_itself() -> None:
    assert configured(shop())["database.password"] == "secret"


@pytest.mark.parametrize("source", [shop(), till()])
def test_signals_come_by_the_table_alone(source: Any) -> None:
    assert "signal.enabled.channels" not in configured(source)


def test_signals_come_by_the_table() -> None:
    found = configured(till('signal_table = "signals"'))
    assert (found["signal.enabled.channels"], found["signal.data.collection"]) == ("source", "pos.signals")


def test_a_till_keeps_its_history_in_a_file_of_its_own() -> None:
    assert configured(till())["schema.history.internal.file.filename"] == str(history_file(till(), FOLDER))
    assert "schema.history.internal" not in configured(shop())


def test_a_name_stays_in_the_folder() -> None:
    source = till()
    object.__setattr__(source, "name", "../x")
    assert {history_file(source, FOLDER).parent, passing_folder(source, FOLDER).parent} == {FOLDER}
    assert stream_of(source) == "debezium:../x"


@pytest.mark.parametrize(("before", "after"), [(b"a\nb\n", b"a\nb\n"), (b"a\nb", b"a\n"), (b"a", b""), (b"", b"")])
def test_a_line_that_was_cut_is_taken_off(before: bytes, after: bytes, tmp_path: Path) -> None:
    file = tmp_path / "till.history"
    file.write_bytes(before)
    mend_history(file)
    assert file.read_bytes() == after


def test_a_history_that_is_not_there_is_no_harm(tmp_path: Path) -> None:
    mend_history(tmp_path / "till.history")
    assert list(tmp_path.iterdir()) == []
