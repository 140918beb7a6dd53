"""What deploy/ gives to systemd is understood by it, word for word, and leaves a service little to do harm with.

Skips where systemd-analyze is not installed. What is there for nginx: tests/browser/test_behind_nginx.py.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SERVICES = sorted((ROOT / "deploy").glob("*.service"))
UNITS = [*SERVICES, *sorted((ROOT / "deploy").glob("*.timer"))]
MOST_EXPOSED = 20
"""As systemd counts it, in tenths: from 0, where nothing is possible, to 100; up to 40 it calls OK."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A file system that holds what the units ask for: the targets of systemd, the program and the deployed units."""
    units, program = tmp_path / "etc/systemd/system", tmp_path / "opt/backorders/.venv/bin/python"
    units.mkdir(parents=True)
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    (units / "sysinit.target").write_text("[Unit]\nDescription=What every unit waits for\n", encoding="utf-8")
    for unit in UNITS:
        shutil.copy(unit, units)
    return tmp_path


def complaints(machine: Path) -> str:
    """What systemd says of the units, which is nothing where it understands each line."""
    units = sorted((machine / "etc/systemd/system").glob("backorders*"))
    command = ["systemd-analyze", "verify", "--man=no", f"--root={machine}", *units]
    return subprocess.run(command, capture_output=True, text=True).stderr


@needs_systemd
def test_systemd_understands_every_line_of_the_units(machine: Path) -> None:
    assert len(UNITS) == 5
    assert complaints(machine) == ""


@needs_systemd
def test_several_processes_are_a_template_of_the_same_unit_with_the_port_as_its_name(machine: Path) -> None:
    unit = (machine / "etc/systemd/system/backorders.service").read_text(encoding="utf-8")
    assert unit.count("--port 8501") == 1
    template = machine / "etc/systemd/system/backorders@8501.service"
    template.write_text(unit.replace("--port 8501", "--port %i"), encoding="utf-8")
    assert complaints(machine) == ""


@needs_systemd
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.stem)
def test_a_service_is_locked_up(service: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", service]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout.splitlines()[-1]


def test_every_service_is_locked_up_in_the_same_way() -> None:
    locks = {re.sub(r".*^(StateDirectory=.*?)(\n\n.*|\Z)", r"\1", unit.read_text(encoding="utf-8"), flags=re.S | re.M)
             for unit in SERVICES}  # fmt: skip
    assert len({lock.strip() for lock in locks}) == 1
