"""Brokers that want to know who reads, over a connection that nobody else reads: a real one with SASL and TLS."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from cdc import KafkaRefused, KafkaSettings, Reading
from cdc.kafka_client import KafkaClient
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from tests.conftest import unavailable
from tests.estate.kafka import KafkaBroker
from tests.installation import installation
from tests.integration.kafka_topics import Topics, sample
from tests.services.ports import free_port
from tests.services.process import ServiceUnavailableError, passing_folder

USER, PASSWORD = "onefold", "correct horse"
LISTENER = """
listeners=PLAINTEXT://127.0.0.1:{port},SAFE://127.0.0.1:{safe},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SAFE://127.0.0.1:{safe}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SAFE:SASL_SSL
listener.name.safe.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.safe.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.safe.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.safe.ssl.keystore.type=PEM
listener.name.safe.ssl.keystore.location={keystore}
"""


class SafeBroker(KafkaBroker):
    """A broker with a second listener at ``safe``; its certificate vouches for itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        port = free_port()
        self.safe = f"127.0.0.1:{port}"
        settings = self.folder / "server.properties"
        key, certificate = made_certificate()
        self.authority = folder / "ca.pem"
        self.authority.write_bytes(certificate)
        keystore = self.write("keystore.pem", (key + certificate).decode())
        controller = settings.read_text().partition("controller.quorum.voters=1@127.0.0.1:")[2].partition("\n")[0]
        listener = LISTENER.format(
            port=self.port, safe=port, controller=controller, user=USER, password=PASSWORD, keystore=keystore
        )
        settings.write_text(settings.read_text() + listener)


def made_certificate() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def broker() -> Iterator[SafeBroker]:
    try:
        with passing_folder("onefold-kafka-") as folder:
            made = SafeBroker(folder)
            made.start()
            yield made
            made.kill()
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


def settings_for(
    broker: SafeBroker, *, mechanism: str = "PLAIN", password: str = PASSWORD, user: str = USER
) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=(broker.safe,),
        security_protocol="SASL_SSL",
        sasl_mechanism=mechanism,
        user=user,
        password=password,
        ca_file=broker.authority,
    )


@pytest.mark.service
def test_a_worker_logs_in_over_tls(broker: SafeBroker, tmp_path: Path) -> None:
    topics = Topics(broker)
    topics.produce(sample())
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "password").write_text(PASSWORD)
    mapping = topics.mapping().replace(broker.bootstrap, broker.safe)
    mapping += (
        f'security_protocol = "SASL_SSL"\nsasl_mechanism = "PLAIN"\nuser = "{USER}"\npassword_file = "password"\n'
    )
    mapping += f'ca_file = "{broker.authority}"\n'
    with installation(tmp_path / "one", mapping) as one:
        outcome = ingest_kafka(one.parts, Interrupt(), Reading(), until_end=True)
        assert outcome.told.total().events == len(sample())


@pytest.mark.service
def test_a_worker_logs_in_by_scram(broker: SafeBroker) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        admin.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD)])
    client = KafkaClient(settings_for(broker, mechanism="SCRAM-SHA-512"), "nothing")
    client.poll(0.1, 1)
    client.close()


@pytest.mark.service
def test_a_wrong_password_is_told(broker: SafeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.kafka_client._REQUEST_MS", 3_000)
    with pytest.raises(KafkaRefused, match="password"):
        KafkaClient(settings_for(broker, password="wrong"), "nothing")


@pytest.mark.service
def test_a_broker_that_nobody_vouches_for_is_not_talked_to(
    broker: SafeBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.kafka_client._REQUEST_MS", 3_000)
    other = tmp_path / "other.pem"
    other.write_bytes(made_certificate()[1])
    with pytest.raises(KafkaRefused, match="ca_file") as caught:
        KafkaClient(replace(settings_for(broker), ca_file=other), "nothing")
    assert PASSWORD not in str(caught.value)
