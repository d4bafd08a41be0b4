"""What `deploy/` brings up is what the tests run: the same versions, the same settings, nothing more."""

import re
from pathlib import Path

import pytest

from tests.estate import connect, jvm, kafka, mariadb, postgres, redis

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
#: What says where a server is and where its files are.
PLACES = {
    "kafka": {"controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"},
    "connect": {"bootstrap.servers", "listeners"},
    "mariadb": {"datadir", "socket", "pid-file", "tmpdir", "bind-address", "port", "init-file"},
    "redis": {"bind", "port", "requirepass", "dir"},
}
TESTED = {
    "kafka": kafka.SETTINGS,
    "connect": connect.SETTINGS,
    "mariadb": mariadb.SETTINGS,
    "redis": redis.SETTINGS.replace("{memory_mb}", str(redis.MEMORY_MB)),
}


def settings(text: str) -> dict[str, str]:
    """The settings in a file of lines such as `name=value` or `name value`."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return {found[1]: found[2] for line in lines if (found := re.match(r"([^\s=]+)[\s=]*(.*)", line))}


def config(name: str) -> str:
    found = re.search(rf"^  {name}:\n    content: \|\n((?:      .*\n?|\n)+)", COMPOSE, re.MULTILINE)
    assert found, name
    return found[1]


def service(name: str) -> str:
    found = re.search(rf"^services:.*?^  {name}:\n((?:    .*\n?)+)", COMPOSE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


@pytest.mark.parametrize("name", TESTED)
def test_a_server_has_the_settings_of_the_tests(name: str) -> None:
    ours, tested = settings(config(name)), settings(TESTED[name])
    assert {key: ours[key] for key in ours.keys() - PLACES[name]} == {
        key: tested[key] for key in tested.keys() - PLACES[name]
    }
    assert ours.keys() <= tested.keys()


def test_postgresql_has_the_settings_of_the_tests() -> None:
    given = dict(re.findall(r"-c (\w+)=(\S+)", service("postgres")))
    assert given == postgres.SETTINGS


@pytest.mark.parametrize(("name", "heap"), [("kafka", kafka.HEAP_MB), ("connect", connect.HEAP_MB)])
def test_java_runs_with_the_options_of_the_tests(name: str, heap: int) -> None:
    assert f"java -Xmx{heap}m {' '.join(jvm.SMALL)} -cp " in service(name)


def test_kafka_and_debezium_come_from_the_jars_of_the_tests() -> None:
    text = (DEPLOY / "Dockerfile.jvm").read_text()
    assert "COPY tests/estate/pom.xml tests/estate/jars.sha256 ./" in text
    assert "sha256sum --quiet --check --strict ../jars.sha256" in text


def test_nothing_is_brought_up_that_the_tests_do_not_have() -> None:
    names = re.findall(r"^  (\w+):$", COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:")[0], re.MULTILINE)
    assert names == ["kafka", "connect", "postgres", "mariadb", "redis", "ingest", "serve"]


@pytest.mark.parametrize("name", ["kafka", "connect", "postgres", "mariadb", "redis", "serve"])
def test_a_server_says_whether_it_is_well(name: str) -> None:
    assert "healthcheck:" in service(name)


def test_every_image_is_pinned_to_a_whole_version() -> None:
    images = re.findall(r"^ *image: (\S+)$", COMPOSE, re.MULTILINE)
    bases = [
        base
        for file in DEPLOY.glob("Dockerfile*")
        for base in re.findall(r"^FROM (\S+)", file.read_text(), re.MULTILINE)
    ]
    foreign = [image for image in (*images, *bases) if not image.endswith(":local")]
    assert len(foreign) == 6
    assert all(re.search(r":\d+\.\d+\.\d+|:15\.\d+", image) for image in foreign)


def test_onefold_hears_of_the_redis_that_is_brought_up() -> None:
    assert re.search(
        r"^    ONEFOLD_REDIS_URL: redis://default:\$\{REDIS_PASSWORD:\?[^}]+}@redis:6379/0$", COMPOSE, re.MULTILINE
    )


@pytest.mark.parametrize("name", ["redis", "kafka", "connect"])
def test_nothing_of_ours_runs_as_root(name: str) -> None:
    """Redis' image would change to its own user by itself, were it not started by a shell."""
    own = (DEPLOY / "Dockerfile.jvm").read_text() if "*jvm" in service(name) else service(name)
    assert re.search(r"^(USER|    user:) \w+$", own, re.MULTILINE)


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = re.findall(r'ports: \["(.*?)"\]', COMPOSE)
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_onefold_runs_without_rights_on_pinned_and_hashed_requirements() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes -r /tmp/requirements.txt" in text
    assert "COPY requirements/container.txt /tmp/requirements.txt" in text
    assert re.search(r"^USER onefold$", text, re.MULTILINE)
    packages = re.findall(r'^    "(\w+)", "\1\.\*",$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages
    assert set(packages) <= set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))


@pytest.mark.parametrize(
    "variable", ["DATABASE_PASSWORD", "SHOP_PASSWORD", "MARIADB_PASSWORD", "POS_PASSWORD", "REDIS_PASSWORD"]
)
def test_a_password_is_asked_for_and_never_given(variable: str) -> None:
    assert f"{variable}=\n" in (DEPLOY / ".env.example").read_text()
    assert f"${{{variable}:?" in COMPOSE
