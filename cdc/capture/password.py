"""The password of a source database: referred to in what Kafka Connect is told, read only where Onefold itself connects.

Leaks nothing: messages name the variable or the file, never what is in it.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from cdc.capture.connector import Connector, PasswordPlace
from cdc.capture.errors import PasswordUnknown


def reference(place: PasswordPlace) -> str:
    """Refer to the password as Kafka Connect resolves it, by its providers ``env`` and ``directory`` (KIP-297, KIP-421)."""
    if place.env:
        return f"${{env:{place.env}}}"
    path = PurePosixPath(place.file)
    return f"${{directory:{path.parent}:{path.name}}}"


def provider(place: PasswordPlace) -> tuple[str, str]:
    """Name the provider and its class, which the Connect worker's own settings must have."""
    package = "org.apache.kafka.common.config.provider"
    return (
        ("env", f"{package}.EnvVarConfigProvider") if place.env else ("directory", f"{package}.DirectoryConfigProvider")
    )


def read_password(connector: Connector, environ: Mapping[str, str]) -> str:
    """Read the password; :class:`PasswordUnknown` when it is not where the settings say."""
    place = connector.password
    if place.env:
        if not environ.get(place.env):
            raise PasswordUnknown(f"the variable {place.env} holds no password: export it, then run the command again")
        return environ[place.env]
    try:
        text = Path(place.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PasswordUnknown(f"the password file {place.file} cannot be read ({type(error).__name__})") from None
    if not text or text.endswith("\n"):
        raise PasswordUnknown(
            f"the password file {place.file} must hold the password and no line end, which Kafka Connect would take as part "
            "of it: write it with printf %s"
        )
    return text
