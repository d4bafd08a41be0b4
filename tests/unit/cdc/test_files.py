"""Files of captured events: every line is read exactly once, and a bad one does not stop the rest."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.changes import RawEvent, Unusable
from cdc.files import CapturedFile


def line(topic: str = "t", key: Any = '{"id":1}', value: Any = '{"op":"c"}', **more: Any) -> bytes:
    return json.dumps({"topic": topic, "key": key, "value": value, **more}, ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def read(path: Path, content: bytes, start: int = 0, **options: Any) -> list[RawEvent | Unusable]:
    path.write_bytes(content)
    return list(CapturedFile(path, **options).events(start))


def test_json_written_as_text_is_taken_out_of_its_quotes(path: Path) -> None:
    (event,) = read(path, line(value='{"name":"陈小美 \\"美\\""}', headers={"__debezium.newkey": '{"id":2}'}))
    assert isinstance(event, RawEvent)
    assert (event.topic, event.key, event.value) == ("t", b'{"id":1}', '{"name":"陈小美 \\"美\\""}'.encode())
    assert event.headers == {"__debezium.newkey": b'{"id":2}'}


def test_json_written_as_json_stays_byte_for_byte(path: Path) -> None:
    (event,) = read(path, b'{"topic":"t","key":{"id": 1},"value":{"total": 1.50, "x": [ ]}}\n')
    assert isinstance(event, RawEvent)
    assert (event.key, event.value) == (b'{"id": 1}', b'{"total": 1.50, "x": [ ]}')


def test_null_is_a_tombstone_or_a_row_without_a_key(path: Path) -> None:
    (event,) = read(path, line(key=None, value=None))
    assert isinstance(event, RawEvent)
    assert (event.key, event.value) == (None, None)


def test_the_offset_is_where_the_next_line_begins(path: Path) -> None:
    first, second = line("a"), line("b")
    offsets = [event.offset for event in read(path, first + second)]
    assert offsets == [len(first), len(first) + len(second)]


def test_reading_goes_on_from_an_offset(path: Path) -> None:
    content = line("a") + line("b") + line("c")
    events = read(path, content, start=len(line("a")))
    assert [event.topic for event in events if isinstance(event, RawEvent)] == ["b", "c"]


def test_a_last_line_without_its_end_still_counts(path: Path) -> None:
    content = line("a") + line("b").rstrip()
    events = read(path, content)
    assert [event.offset for event in events] == [len(line("a")), len(content)]


@pytest.mark.parametrize(
    "half", [b"{", line("b")[:-9], b'{"topic":7,"va', b'{"topic":"t","value":"\xe9', line(value="x" * 5000)[:-1]]
)
def test_a_half_written_last_line_is_read_once_it_is_whole(path: Path, half: bytes) -> None:
    path.write_bytes(line("a") + half)
    file = CapturedFile(path, max_event_bytes=1000)
    (first,) = file.read()
    assert file.is_unfinished
    assert isinstance(first, RawEvent)
    path.write_bytes(line("a") + line("b"))
    (second,) = file.read(first.offset)
    assert isinstance(second, RawEvent)
    assert (second.topic, file.is_unfinished) == ("b", False)


def test_a_bad_line_with_its_end_is_finished(path: Path) -> None:
    path.write_bytes(b"{\n" + line(value="x" * 5000))
    file = CapturedFile(path, max_event_bytes=1000)
    assert len(list(file.read())) == 2
    assert not file.is_unfinished


def test_empty_lines_windows_line_ends_and_a_byte_order_mark_are_no_events(path: Path) -> None:
    content = b"\xef\xbb\xbf" + line("a").rstrip() + b"\r\n\n   \n" + line("b")
    events = read(path, content)
    assert [event.topic for event in events if isinstance(event, RawEvent)] == ["a", "b"]
    assert events[-1].offset == len(content)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"{\n", "malformed_json"),
        (b"not json\n", "malformed_json"),
        (b'{"topic":"t","value":"\xff"}\n', "invalid_utf8"),
        (b"[]\n", "wrong_envelope"),
        (b'{"topic":"t"}\n', "wrong_envelope"),
        (b'{"value":null}\n', "wrong_envelope"),
        (b'{"topic":7,"value":null}\n', "wrong_envelope"),
        (b'{"topic":"t","value":null,"headers":[]}\n', "wrong_envelope"),
        (line(value="x" * 5000), "oversized"),
    ],
)
def test_a_bad_line_is_named_and_the_others_go_on(path: Path, bad: bytes, code: str) -> None:
    events = read(path, line("a") + bad + line("b"), max_event_bytes=1000)
    first, middle, last = events
    assert isinstance(first, RawEvent)
    assert isinstance(last, RawEvent)
    assert isinstance(middle, Unusable)
    assert (middle.code, middle.offset) == (code, len(line("a") + bad))
    assert middle.message.startswith("line 2: ")


def test_line_numbers_count_from_the_files_beginning_wherever_reading_started(path: Path) -> None:
    (bad,) = read(path, line("a") + line("b") + b"{\n", start=len(line("a") + line("b")))
    assert isinstance(bad, Unusable)
    assert bad.message.startswith("line 3: ")


def test_messages_hold_nothing_of_the_line(path: Path) -> None:
    (bad,) = read(path, b'{"topic":"t","value":null,"headers":"xiaomei@example.com"}\n')
    assert isinstance(bad, Unusable)
    assert "xiaomei" not in bad.message


def test_the_stream_is_named_by_the_files_absolute_path(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert CapturedFile(Path(path.name)).stream == f"file:{path}"


def test_a_link_to_the_file_is_the_same_stream(path: Path) -> None:
    path.touch()
    link = path.parent / "link.jsonl"
    link.symlink_to(path)
    assert CapturedFile(link).stream == CapturedFile(path).stream


def test_the_tail_digest_changes_with_what_was_read_last_and_with_nothing_after_it(path: Path) -> None:
    path.write_bytes(line("a") + line("b"))
    offset = len(line("a"))
    digest = CapturedFile(path).tail_digest(offset)
    assert digest == hashlib.sha256(line("a")).digest()
    path.write_bytes(line("a") + line("c") * 3)
    assert CapturedFile(path).tail_digest(offset) == digest
    path.write_bytes(line("x") + line("b"))
    assert CapturedFile(path).tail_digest(offset) != digest
    assert CapturedFile(path).tail_digest(0) == hashlib.sha256(b"").digest()


def test_the_tail_digest_reads_64_kib_however_large_the_file(path: Path) -> None:
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    file = CapturedFile(path)
    assert file.tail_digest(2_000_000) == hashlib.sha256(content[2_000_000 - 65_536 : 2_000_000]).digest()
    assert file.size == len(content)


def test_lines_are_counted_up_to_an_offset(path: Path) -> None:
    path.write_bytes(line("a") + b"{\n" + line("b"))
    assert [CapturedFile(path).lines_before(offset) for offset in (0, len(line("a")), 10_000)] == [0, 1, 3]


def test_what_is_parked_of_a_bad_line_is_the_line(path: Path) -> None:
    path.write_bytes(line("a") + b"{ not json\n" + line("b"))
    _, bad, _ = CapturedFile(path).read()
    assert isinstance(bad, tuple)
    raw, unusable = bad
    assert (raw.topic, raw.key, raw.value) == ("", None, b"{ not json\n")
    assert (raw.offset, unusable.code) == (unusable.offset, "malformed_json")


def test_two_lines_that_are_too_long_are_told_apart_without_being_kept(path: Path) -> None:
    path.write_bytes(b"x" * 9000 + b"1\n" + b"x" * 9000 + b"2\n")
    found = list(CapturedFile(path, max_event_bytes=1000).read())
    values = [bad[0].value for bad in found if isinstance(bad, tuple)]
    assert len(set(values)) == 2
    assert all(value is not None and len(value) < 100 for value in values)


_lines = st.sampled_from([line("a"), line("b", None, None), b"{\n", b"\n", line(value="x" * 500), b"\xff\n"])


@given(st.lists(_lines, max_size=8), st.integers(0, 8))
def test_reading_in_two_parts_gives_what_reading_at_once_gives(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "events.jsonl"
    everything = read(path, b"".join(lines), max_event_bytes=100)
    file = CapturedFile(path, max_event_bytes=100)
    offset = ([0] + [event.offset for event in everything])[min(cut, len(everything))]
    assert [*everything[: min(cut, len(everything))], *file.events(offset)] == everything
