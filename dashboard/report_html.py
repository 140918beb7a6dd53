"""The report as one HTML file that opens in any browser, with its charts inside. Every name in it is escaped."""

from __future__ import annotations

import base64

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard import settings
from dashboard.report_paper import Chart, Paper

TEMPLATES = settings.PROJECT_ROOT / "dashboard" / "templates"


def to_html(paper: Paper) -> bytes:
    """A page that runs nothing and fetches nothing: its charts are pictures within it."""
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    pages.filters["address"] = _address
    return pages.get_template("report.html").render(paper=paper).encode()


def _address(chart: Chart) -> str:
    """The chart as an address of its own: in a picture nothing of an SVG can run."""
    return f"data:image/svg+xml;base64,{base64.b64encode(chart.svg.encode()).decode()}"
