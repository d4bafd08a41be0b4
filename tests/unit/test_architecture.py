"""Who may import what, read from the source: `server` is nobody's, and a package is used through its ``__init__``.

The order of the layers is import-linter's to check (``[tool.importlinter]``); this checks what it cannot.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("storage", "privacy", "identity", "profiles", "cdc", "resolvers", "schema", "web", "cli")
WIRING = ROOT / "server.py"
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).glob("**/*.py"))

#: What others import. Nobody but ``server.py`` imports ``cli``, and that takes its modules by name.
USED = tuple(package for package in PACKAGES if package != "cli")
#: Modules that other packages import by name: ``migrate`` brings Alembic along, which only starting up needs; ``bulk`` reads well
#: in front of its functions' names.
OPEN_MODULES = {"storage.migrate", "storage.bulk"}


def imports(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each import of a file, also deferred ones: the module and the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or "", tuple(alias.name for alias in node.names)


def package_of(module: str) -> str:
    return module.partition(".")[0]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_nothing_imports_the_wiring() -> None:
    assert [name(path) for path in FILES for module, _ in imports(path) if package_of(module) == "server"] == []


def test_the_code_imports_no_tests_and_no_benchmarks() -> None:
    assert [
        name(path) for path in FILES for module, _ in imports(path) if package_of(module) in ("tests", "bench")
    ] == []


def foreign(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a file imports from other packages of ours."""
    home = package_of(name(path).replace("/", "."))
    return ((m, names) for m, names in imports(path) if package_of(m) in PACKAGES and package_of(m) != home)


def test_packages_are_used_through_their_public_names() -> None:
    private = [
        f"{name(path)}: {module}"
        for path in (*FILES, WIRING)
        for module, _ in foreign(path)
        if package_of(module) in USED and module not in (*USED, *OPEN_MODULES)
    ]
    assert private == []


def test_the_command_line_is_nobodys_but_the_wirings() -> None:
    assert [name(path) for path in FILES for module, _ in foreign(path) if package_of(module) == "cli"] == []


@pytest.mark.parametrize("package", USED)
def test_what_other_packages_take_is_listed(package: str) -> None:
    listed = importlib.import_module(package).__all__
    taken = {one for path in (*FILES, WIRING) for module, names in foreign(path) if module == package for one in names}
    modules = {module.partition(".")[2] for module in OPEN_MODULES if package_of(module) == package}
    assert taken - set(listed) - modules == set()


@pytest.mark.parametrize("package", USED)
def test_public_names_are_there_once_and_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    assert module.__doc__
    for one in module.__all__:
        value = getattr(module, one)
        if callable(value) and getattr(value, "__module__", "").startswith(package):
            assert value.__doc__, f"{package}.{one} has no docstring"
