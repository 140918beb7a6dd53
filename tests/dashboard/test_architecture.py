"""Imports point one way: pages -> dashboard -> data_access -> dashboard.domain."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("pages", "dashboard", "data_access", "tests", "benchmarks")
FILES = [path for folder in ("dashboard", "data_access", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it, also inside functions; names of ours with what is taken."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            is_ours = module.partition(".")[0] in OURS
            yield from (f"{module}.{alias.name}" if is_ours else module for alias in node.names)


def layer_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return "domain" if parts[:2] == ("dashboard", "domain") else parts[0]


def outsiders(path: Path) -> set[str]:
    """The packages that are neither ours nor of the standard library."""
    tops = {name.partition(".")[0] for name in imports_of(path)}
    return tops - set(sys.stdlib_module_names) - set(OURS)


def ours(path: Path) -> set[str]:
    return {name for name in imports_of(path) if name.partition(".")[0] in OURS}


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def files_of(layer: str) -> list[Path]:
    found = [path for path in FILES if layer_of(path) == layer]
    assert found
    return found


def test_the_domain_imports_numpy_pandas_and_itself() -> None:
    for path in files_of("domain"):
        assert outsiders(path) <= {"numpy", "pandas"}, path
        assert all(is_in(name, "dashboard.domain") for name in ours(path)), path


def test_data_access_knows_the_domain_and_no_screen() -> None:
    for path in files_of("data_access"):
        assert not outsiders(path) & {"streamlit", "altair", "uvicorn", "starlette", "typer", "rich"}, path
        allowed = ("data_access", "dashboard.domain")
        assert all(any(is_in(name, package) for package in allowed) for name in ours(path)), path


def test_the_dashboard_knows_no_page_and_speaks_no_sql() -> None:
    for path in files_of("dashboard"):
        assert not any(is_in(name, package) for name in ours(path) for package in ("pages", "tests", "benchmarks")), (
            path
        )
        taken = {name for name in imports_of(path) if is_in(name, "sqlalchemy")}
        assert taken <= {"sqlalchemy"}, path
        assert sqlalchemy_names(path) <= {"Engine"}, path


def sqlalchemy_names(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    froms = [node for node in tree if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy"]
    return {alias.name for node in froms for alias in node.names}


def test_pages_ask_and_show_and_neither_calculate_nor_speak_sql() -> None:
    for path in files_of("pages"):
        assert outsiders(path) <= {"streamlit"}, path
        assert all(is_in(name, "dashboard") for name in ours(path)), path


@pytest.mark.parametrize("package", ["dashboard.domain", "data_access"])
def test_what_lies_below_the_screen_runs_without_it(package: str) -> None:
    """Proved at run time: importing every module of the package loads no screen."""
    folder = ROOT / package.replace(".", "/")
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(folder.rglob("*.py"))]
    modules = [module.removesuffix(".__init__") for module in modules]
    screens = ["streamlit", "altair", "uvicorn", "starlette", "typer", "dashboard.settings"]
    forbidden = [*screens, "sqlalchemy", "data_access"] if package == "dashboard.domain" else screens
    assert loaded(forbidden, by=modules) == []
    assert len(modules) > 5


def test_a_command_reads_no_library_that_another_one_needs() -> None:
    """Each of them takes as long as a whole command does otherwise."""
    assert loaded(["altair", "alembic", "typst", "vl_convert"], by=["dashboard.__main__"]) == []


def loaded(packages: list[str], by: list[str]) -> list[str]:
    """Which of the packages are there in a process that imports these modules."""
    program = (
        "import importlib, sys\n"
        f"for module in {by!r}: importlib.import_module(module)\n"
        f"print(*(name for name in {packages!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()
