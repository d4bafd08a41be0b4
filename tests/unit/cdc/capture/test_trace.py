"""A failure's reason says what to mend, and nothing that stood in a row or in a password."""

import pytest

from cdc.capture.trace import reason_of

OWNER = """org.apache.kafka.connect.errors.ConnectException: Unable to update filtered publication shop for "customers"
\tat io.debezium.connector.postgresql.PostgresReplicationConnection.initPublication(PostgresReplicationConnection.java:150)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: org.postgresql.util.PSQLException: ERROR: must be owner of publication shop
  Detail: Failing row contains (1, amy@example.com).
\t... 10 more
"""


def test_a_trace_becomes_its_messages() -> None:
    assert reason_of(OWNER) == (
        'Unable to update filtered publication shop for "customers"; ERROR: must be owner of publication shop'
    )


def test_what_is_about_data_is_told_by_its_class_alone() -> None:
    trace = "org.apache.kafka.connect.errors.DataException: Invalid value amy@example.com for field email\n\tat a.B.c(D.java:1)"
    assert "amy" not in reason_of(trace)
    assert reason_of(trace).startswith("DataException (")


def test_lines_between_exceptions_are_not_told() -> None:
    assert "amy" not in reason_of(
        "io.debezium.DebeziumException: it failed\namy@example.com is the value\n\tat a.B.c(D.java:1)"
    )


def test_details_on_the_same_line_are_cut() -> None:
    assert (
        reason_of("org.postgresql.util.PSQLException: ERROR: duplicate Detail: Key (email)=(amy@example.com)")
        == "ERROR: duplicate"
    )


def test_credentials_are_struck_out() -> None:
    said = reason_of("io.debezium.DebeziumException: cannot open jdbc:mysql://me:s3cret@db/shop with password=s3cret")
    assert "s3cret" not in said
    assert "cannot open" in said


@pytest.mark.parametrize("said", ['{"password": "s3cret"}', "'secret':'s3cret'", "jdbc:mysql://me:a/s3cret@b@db/shop"])
def test_credentials_are_struck_out_however_they_are_written(said: str) -> None:
    assert "s3cret" not in reason_of(f"io.debezium.DebeziumException: cannot use {said}")


def test_of_other_text_the_first_line_is_told() -> None:
    assert (
        reason_of("Error while validating connector config: no\nmore") == "Error while validating connector config: no"
    )
    assert reason_of("") == ""


def test_a_long_chain_is_told_by_its_beginning_and_its_end() -> None:
    trace = "\n".join(f"Caused by: a.b.C{number}Exception: reason {number}" for number in range(9))
    assert reason_of(trace) == "reason 0; reason 1; reason 2; reason 8"


def test_an_exception_without_a_message_is_told_by_its_name() -> None:
    assert reason_of("java.lang.NullPointerException\n\tat a.B.c(D.java:1)") == "NullPointerException"
