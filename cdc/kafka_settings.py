"""``[kafka]`` of ``onefold.toml``: where the brokers are, and as whom to read them.

The words for security are Kafka's own. A password never stands in the file: it comes from ``ONEFOLD_KAFKA_PASSWORD`` or from the
file that ``password_file`` names, and is read when a connection is made.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from storage import ConfigError, ConfigMistakes

KAFKA_KEYS: Final = (
    "bootstrap_servers",
    "group",
    "topics",
    "security_protocol",
    "sasl_mechanism",
    "user",
    "password_file",
    "ca_file",
    "certificate_file",
    "key_file",
)
KAFKA_PASSWORD: Final = "ONEFOLD_KAFKA_PASSWORD"  # noqa: S105 - the name of a variable
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
_BOOTSTRAP: Final = ("localhost:9092",)
_GROUP_ID: Final = "onefold"
_SERVER: Final = re.compile(r"(?P<host>[^\s:,\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")
_HIGHEST_PORT: Final = 65_535
_GROUP: Final = re.compile(r"[\w.-]{1,249}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How Kafka is reached. ``topics`` is a regular expression in place of the sources' own patterns, "" for these.

    Files are None where none is named; ``password`` is what the environment says.
    """

    bootstrap_servers: tuple[str, ...] = _BOOTSTRAP
    group: str = _GROUP_ID
    topics: str = ""
    security_protocol: str = PROTOCOLS[0]
    sasl_mechanism: str = MECHANISMS[0]
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    password: str = field(default="", repr=False)

    @property
    def is_sasl(self) -> bool:
        """Whether the brokers want to know who reads."""
        return self.security_protocol.startswith("SASL")

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @classmethod
    def of(cls, section: Mapping[str, Any], *, folder: Path, environ: Mapping[str, str]) -> "KafkaSettings":
        """Read the section; paths are relative to ``folder``. :class:`ConfigErrors` names the keys."""
        mistakes = ConfigMistakes()
        read = _Section(section, folder, mistakes)
        found = cls(
            bootstrap_servers=read.servers("bootstrap_servers", _BOOTSTRAP),
            group=read.group("group", _GROUP_ID),
            topics=read.pattern("topics"),
            security_protocol=read.one_of("security_protocol", PROTOCOLS),
            sasl_mechanism=read.one_of("sasl_mechanism", MECHANISMS),
            user=read.text("user"),
            password_file=read.file("password_file"),
            ca_file=read.file("ca_file"),
            certificate_file=read.file("certificate_file"),
            key_file=read.file("key_file"),
            password=environ.get(KAFKA_PASSWORD, ""),
        )
        mistakes.refuse()  # what has no effect is told by values that are right themselves
        mistakes.add(*_idle(found, section))
        mistakes.refuse()
        return found

    def secret(self) -> str:
        """The password; :class:`ConfigError` where none is given."""
        if self.password:
            return self.password
        if self.password_file is None:
            raise _error("user", f"has no password: set {KAFKA_PASSWORD}, or name a file in `password_file`")
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise _error("password_file", "cannot be read as text") from None


def _idle(found: KafkaSettings, section: Mapping[str, Any]) -> Iterator[ConfigError]:
    """What would have no effect: who names a certificate authority expects that the connection is encrypted."""
    if found.is_sasl and not found.user:
        yield _error("user", f"is missing: security_protocol {found.security_protocol} asks who reads")
    for keys, is_used, protocols in (
        (("sasl_mechanism", "user", "password_file"), found.is_sasl, PROTOCOLS[2:]),
        (("ca_file", "certificate_file", "key_file"), found.is_tls, PROTOCOLS[1::2]),
    ):
        for key in keys:
            if key in section and not is_used:
                yield _error(key, f"has no effect with security_protocol {found.security_protocol}", protocols)
    if (found.certificate_file is None) != (found.key_file is None):
        missing = "key_file" if found.key_file is None else "certificate_file"
        yield _error(missing, "is missing: certificate_file and key_file belong together")


class _Section:
    """Reads keys; what is wrong is noted and replaced by the default."""

    def __init__(self, section: Mapping[str, Any], folder: Path, mistakes: ConfigMistakes) -> None:
        self._section = mistakes.table(section, "kafka", KAFKA_KEYS)
        self._folder = folder
        self._value = partial(mistakes.value, self._section)

    def text(self, key: str) -> str:
        return self._value(key, partial(_text, key), "")

    def one_of(self, key: str, valid: tuple[str, ...]) -> str:
        return self._value(key, partial(_one_of, key, valid), valid[0])

    def servers(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return self._value(key, partial(_servers, key), default)

    def group(self, key: str, default: str) -> str:
        return self._value(key, partial(_group, key), default)

    def pattern(self, key: str) -> str:
        return self._value(key, partial(_pattern, key), "")

    def file(self, key: str) -> Path | None:
        return self._value(key, partial(_file, key, self._folder), None)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _error(key, "must be text in quotes")
    return value


def _one_of(key: str, valid: tuple[str, ...], value: object) -> str:
    text = _text(key, value)
    if text not in valid:
        raise _error(key, "unknown value", valid)
    return text


def _servers(key: str, value: object) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        raise _error(key, 'must be a list such as ["kafka-1:9092", "kafka-2:9092"]')
    for one in listed:
        match = _SERVER.fullmatch(one.strip())
        if match is None or not 1 <= int(match["port"]) <= _HIGHEST_PORT:
            raise _error(key, f"{one.strip()!r} is not host:port")
    return tuple(one.strip() for one in listed)


def _group(key: str, value: object) -> str:
    text = _text(key, value)
    if not _GROUP.fullmatch(text):
        raise _error(key, "must be up to 249 letters, digits, dots, hyphens and underscores")
    return text


def _pattern(key: str, value: object) -> str:
    text = _text(key, value)
    try:
        re.compile(text)
    except re.error as error:
        raise _error(key, f"is not a regular expression: {error}") from None
    return text


def _file(key: str, folder: Path, value: object) -> Path:
    path = folder / _text(key, value)
    if not path.is_file():
        raise _error(key, f"there is no file {path}")
    return path


def _error(key: str, message: str, valid: tuple[str, ...] = ()) -> ConfigError:
    return ConfigError(message, where=f"kafka.{key}", valid=valid)
