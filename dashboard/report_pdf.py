"""The report as PDF, set by Typst. It is given the paper as data, so that no name is ever read as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import typst

from dashboard import settings
from dashboard.report_paper import Chart, Paper

TEMPLATES = settings.PROJECT_ROOT / "dashboard" / "templates"


def to_pdf(paper: Paper) -> bytes:
    """A4 pages: the same paper gives the same bytes. Nothing is fetched, and no file but the template is read."""
    return typst.compile(
        TEMPLATES / "report.typ", root=TEMPLATES, sys_inputs={"paper": json.dumps(as_data(paper))}, format="pdf"
    )


def as_data(paper: Paper) -> dict[str, Any]:
    """The paper as the template takes it: each block with its kind."""
    told = asdict(paper)
    for section, plain in zip(paper.sections, told["sections"], strict=True):
        plain["rows"] = [
            [
                each | {"kind": "chart" if isinstance(block, Chart) else "table"}
                for block, each in zip(*pair, strict=True)
            ]
            for pair in zip(section.rows, plain["rows"], strict=True)
        ]
    return told
