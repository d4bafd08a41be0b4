"""``[kafka]``: what is wrong is refused with its key; passwords are seen nowhere."""

from pathlib import Path
from typing import Any

import pytest

from cdc import KafkaSettings
from cdc.kafka_client import connection_settings
from cdc.kafka_errors import KafkaRefused
from storage import ConfigError, ConfigErrors

SASL = {"security_protocol": "SASL_PLAINTEXT", "user": "onefold"}
TLS = {"security_protocol": "SSL"}


def read(folder: Path, section: dict[str, Any], **environ: str) -> KafkaSettings:
    return KafkaSettings.of(section, folder=folder, environ=environ)


@pytest.mark.parametrize(
    ("key", "section"),
    [
        ("port", {"port": 9092}),
        ("bootstrap_servers", {"bootstrap_servers": []}),
        ("bootstrap_servers", {"bootstrap_servers": 9092}),
        ("bootstrap_servers", {"bootstrap_servers": "kafka"}),
        ("bootstrap_servers", {"bootstrap_servers": "kafka:0"}),
        ("bootstrap_servers", {"bootstrap_servers": ["kafka:9092", "kafka:70000"]}),
        ("bootstrap_servers", {"bootstrap_servers": ["kafka:9092", 9]}),
        ("bootstrap_servers", {"bootstrap_servers": "kafka://kafka:9092"}),
        ("group", {"group": ""}),
        ("group", {"group": "one fold"}),
        ("topics", {"topics": "shop.("}),
        ("topics", {"topics": ["shop"]}),
        ("security_protocol", {"security_protocol": "TLS"}),
        ("sasl_mechanism", {**SASL, "sasl_mechanism": "GSSAPI"}),
        ("sasl_mechanism", {"sasl_mechanism": "PLAIN"}),
        ("user", {"security_protocol": "SASL_SSL"}),
        ("user", {"user": "onefold"}),
        ("password_file", {**SASL, "password_file": "missing"}),
        ("ca_file", {**TLS, "ca_file": "missing"}),
        ("ca_file", {"ca_file": "there.pem"}),
        ("key_file", {**TLS, "certificate_file": "there.pem"}),
        ("certificate_file", {**TLS, "key_file": "there.pem"}),
        ("password", {**SASL, "password": "secret"}),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(tmp_path: Path, key: str, section: dict[str, Any]) -> None:
    (tmp_path / "there.pem").touch()
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, section)
    assert caught.value.where == f"kafka.{key}"


def test_all_wrong_values_are_told_at_once_and_then_what_has_no_effect(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, {"group": "", "port": 9092, "security_protocol": "TLS", "ca_file": "missing"})
    wrong = {"kafka.group", "kafka.port", "kafka.security_protocol", "kafka.ca_file"}
    assert {error.where for error in caught.value.errors} == wrong
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, {"user": "onefold", "sasl_mechanism": "PLAIN"})
    assert {error.where for error in caught.value.errors} == {"kafka.user", "kafka.sasl_mechanism"}


def test_nothing_said_is_a_broker_on_this_machine(tmp_path: Path) -> None:
    found = read(tmp_path, {})
    assert (found.bootstrap_servers, found.group, found.topics) == (("localhost:9092",), "onefold", "")
    assert connection_settings(found)["security_protocol"] == "PLAINTEXT"
    assert "ssl_context" not in connection_settings(found)


def test_servers_may_be_a_list_or_stand_between_commas(tmp_path: Path) -> None:
    servers = ("a.example:1", "[::1]:2")
    for said in (list(servers), "a.example:1, [::1]:2"):
        assert read(tmp_path, {"bootstrap_servers": said}).bootstrap_servers == servers


def test_a_password_comes_from_the_environment_first_and_else_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the file\n")
    section = {**SASL, "password_file": "secret"}
    assert connection_settings(read(tmp_path, section))["sasl_plain_password"] == "of the file"
    found = read(tmp_path, section, ONEFOLD_KAFKA_PASSWORD="of the environment")
    assert connection_settings(found)["sasl_plain_password"] == "of the environment"
    assert "of the" not in repr(found)


def test_a_missing_password_is_said_when_it_is_needed(tmp_path: Path) -> None:
    found = read(tmp_path, SASL)
    with pytest.raises(ConfigError, match="ONEFOLD_KAFKA_PASSWORD"):
        connection_settings(found)


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    found = read(tmp_path, {**TLS, "ca_file": "ca.pem"})
    with pytest.raises(KafkaRefused, match="ca_file"):
        connection_settings(found)
