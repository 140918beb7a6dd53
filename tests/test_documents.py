"""What the documents tell people to type keeps its lines."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(podman|docker|sudo|curl|git|pip|python3?|\.venv/bin/\S+|export) \S")


def prose(text: str) -> list[str]:
    """The lines that are no code block, neither a fenced nor an indented one."""
    return [line for line in re.sub(r"^ *```.*?^ *```", "", text, flags=re.S | re.M).splitlines() if line[:1] != " "]


def test_no_command_is_written_as_prose() -> None:
    for document in DOCUMENTS:
        lines = prose(document.read_text(encoding="utf-8"))
        assert [line for line in lines if COMMAND.match(line) or re.search(r"\\( |$)", line)] == [], document


def test_no_command_makes_the_settings_of_a_trial_out_of_those_of_the_live_store() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    writing = [line for line in guide.splitlines() if "trial.env" in line and line.startswith("    ")]
    assert [line for line in writing if "restore" in line] != []
    assert [line for line in writing if "settings.env" in line] == []
