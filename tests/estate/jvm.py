"""Java programs from the jars that `make services` has fetched, with a bounded heap."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.services.process import ServiceUnavailableError

FOLDER = Path(__file__).resolve().parent
JARS = FOLDER / ".jars"
MINIMUM_VERSION = 17
# Two cores and a short life: quick compilation and the collector with the fewest threads.
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:+ExitOnOutOfMemoryError")


def java_command(main_class: str, *arguments: str | Path, heap_mb: int) -> list[str | Path]:
    """Return the command that runs `main_class`. Raises `ServiceUnavailableError` without Java or the jars."""
    logging = f"-Dlog4j2.configurationFile={FOLDER / 'log4j2.properties'}"
    return [find_java(), f"-Xmx{heap_mb}m", *SMALL, logging, "-cp", find_jars() / "*", main_class, *arguments]


def find_jars() -> Path:
    """Return the folder of the jars. Raises `ServiceUnavailableError` if they were not fetched."""
    if not any(JARS.glob("kafka_*.jar")):
        raise ServiceUnavailableError("The jars of Kafka and Debezium are not here: `make services` fetches them.")
    return JARS


@cache
def find_java() -> str:
    """Return Java's path. Raises `ServiceUnavailableError` if there is none, or none that Kafka runs on."""
    java = shutil.which("java")
    version = java_version(java) if java else 0
    if java is None or version < MINIMUM_VERSION:
        raise ServiceUnavailableError(
            f"Kafka needs Java {MINIMUM_VERSION} or later, found: {version or 'none'}. "
            "Install the package `openjdk-17-jre-headless`."
        )
    return java


def java_version(java: str) -> int:
    """Return the major version of a Java program, 0 if it does not say."""
    printed = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
    match = re.search(r'version "(\d+)', printed)
    return int(match[1]) if match else 0
