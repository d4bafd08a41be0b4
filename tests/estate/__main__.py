"""Say what the tests with a real estate will use, or what they lack; the latter is an error in continuous integration."""

import os
import sys
from collections.abc import Callable

from tests.estate.jvm import find_jars, find_java
from tests.estate.mariadb import find_mariadb
from tests.estate.redis import find_redis
from tests.services.process import ServiceUnavailableError

FINDERS: tuple[Callable[[], object], ...] = (find_java, find_jars, find_mariadb, find_redis)


def main() -> None:
    """Print one line for each thing that is missing, or one that nothing is."""
    missing = [reason for finder in FINDERS if (reason := _missing(finder))]
    for reason in missing:
        print(f"Tests on a real estate cannot all run. {reason}")
    if not missing:
        print("Tests on a real estate use Kafka, Kafka Connect with Debezium, MariaDB and Redis of this machine.")
    sys.exit(bool(missing) and os.environ.get("CI") == "true")


def _missing(finder: Callable[[], object]) -> str:
    try:
        finder()
    except ServiceUnavailableError as reason:
        return str(reason)
    return ""


if __name__ == "__main__":
    main()
