"""What deploy/ gives to systemd is understood by it, word for word, and leaves a service little to do harm with.

What asks systemd-analyze skips where there is none, unless BACKORDERS_TEST_NEEDS_SYSTEMD is set. That nginx does what
nginx.conf says: tests/browser/test_behind_nginx.py.
"""

from __future__ import annotations

import os
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


@pytest.fixture(scope="module")
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        if os.environ.get("BACKORDERS_TEST_NEEDS_SYSTEMD"):
            pytest.fail("no systemd-analyze is installed, and BACKORDERS_TEST_NEEDS_SYSTEMD asks for it")
        pytest.skip("no systemd-analyze is installed")
    return program


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


def complaints(analyze: str, machine: Path) -> str:
    """What systemd says of the units, which is nothing where it understands each line."""
    units = sorted((machine / "etc/systemd/system").glob("backorders*"))
    command = [analyze, "verify", "--man=no", f"--root={machine}", *units]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_systemd_understands_every_line_of_the_units(analyze: str, machine: Path) -> None:
    assert len(UNITS) == 5
    assert complaints(analyze, machine) == ""


def test_several_processes_are_a_template_of_the_same_unit_with_the_port_as_its_name(
    analyze: str, machine: Path
) -> None:
    unit = (machine / "etc/systemd/system/backorders.service").read_text(encoding="utf-8")
    assert unit.count("--port 8501") == 1
    template = machine / "etc/systemd/system/backorders@8501.service"
    template.write_text(unit.replace("--port 8501", "--port %i"), encoding="utf-8")
    assert complaints(analyze, machine) == ""


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.stem)
def test_a_service_is_locked_up(analyze: str, service: Path) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", service]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout.splitlines()[-1]


def test_every_service_is_locked_up_in_the_same_way() -> None:
    locks = {re.sub(r".*^(StateDirectory=.*?)(\n\n.*|\Z)", r"\1", unit.read_text(encoding="utf-8"), flags=re.S | re.M)
             for unit in SERVICES}  # fmt: skip
    assert len({lock.strip() for lock in locks}) == 1


SYSTEMD_RUN = """#!/bin/sh
printf '%s\\0' "$@" > "$0.told"
"""
"""What stands in for systemd-run and the service manager: it keeps what it is told."""


@pytest.fixture
def systemd_run(tmp_path: Path) -> Path:
    program = tmp_path / "systemd-run"
    program.write_text(SYSTEMD_RUN, encoding="utf-8")
    program.chmod(0o755)
    return program


def handed_on(systemd_run: Path, *arguments: str, **surroundings: str) -> tuple[list[str], list[str]]:
    """What deploy/backorders.sh says to systemd-run: its options, and the command."""
    env = os.environ | {"PATH": f"{systemd_run.parent}:{os.environ['PATH']}"} | surroundings
    subprocess.run(["/bin/sh", ROOT / "deploy" / "backorders.sh", *arguments], env=env, check=True)
    told = systemd_run.with_name("systemd-run.told").read_text(encoding="utf-8").split("\0")[:-1]
    program = told.index("/opt/backorders/.venv/bin/python")
    return told[:program], told[program:]


def test_a_command_by_hand_is_given_each_word_as_it_was_typed(systemd_run: Path) -> None:
    words = ["export", "backlog", "-o", "two words.csv", "", "50% *", "it's", "two\nlines\n", "\\n"]
    assert handed_on(systemd_run, *words)[1] == ["/opt/backorders/.venv/bin/python", "-m", "dashboard", *words]


@pytest.mark.parametrize("typed", ["${FROM}", "$FROM", "sqlite:///$$a$", "postgresql://a:${PASSWORD}@b/${NAME}"])
def test_a_command_by_hand_puts_no_variable_into_its_words_for_others_to_see(systemd_run: Path, typed: str) -> None:
    secrets = {"FROM": "sqlite:///secret", "PASSWORD": "secret", "NAME": "secret"}
    options, (*_, word) = handed_on(systemd_run, "copy", typed, **secrets)
    assert "$" not in word.replace("$$", "")
    assert word.replace("$$", "$") == typed
    assert [option for option in options if "secret" in option or "setenv" in option] == []


def test_a_command_by_hand_takes_the_settings_of_the_service_or_those_of_another_file(systemd_run: Path) -> None:
    kept = "--property=EnvironmentFile=/etc/backorders/settings.env"
    trial = "--property=EnvironmentFile=/etc/backorders/trial.env"
    assert kept in handed_on(systemd_run, "check")[0]
    assert trial in handed_on(systemd_run, "check", SETTINGS="/etc/backorders/trial.env")[0]


def test_each_server_that_speaks_tls_names_its_versions_since_from_nginx_1_29_2_on_none_decides_for_another() -> None:
    text = re.sub(r"#.*", "", (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8"))
    servers = re.findall(r"^server \{$(.*?)^\}$", text, flags=re.S | re.M)
    versions = [re.findall(r"^ *ssl_protocols (.*);$", server, flags=re.M)
                for server in servers if re.search(r"listen .*\bssl\b", server)]  # fmt: skip
    assert len(servers) == 3
    assert versions == [["TLSv1.2 TLSv1.3"]] * 2


def test_what_a_test_may_skip_for_want_of_a_program_must_run_in_ci() -> None:
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    asked = set(re.findall(r'environ\.get\("(BACKORDERS_TEST_NEEDS_\w+)"\)', "\n".join(tests)))
    set_there = re.findall(r"^export (\w+)=1$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), flags=re.M)
    assert {"BACKORDERS_TEST_NEEDS_SYSTEMD", "BACKORDERS_TEST_NEEDS_NGINX"} < asked
    assert sorted(asked) == sorted(set_there)
