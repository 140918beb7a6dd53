"""The command `report`: the weekly report as a file, for a director, a schedule, or the review page's own download."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.terminal import day, out, present_store, shown, write_file

if TYPE_CHECKING:
    from dashboard.report import Report


class ReportFormat(StrEnum):
    """What the report is written as."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


def report(
    opening: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="A day that was kept, such as 2026-03-09; a week before."),
    ] = None,
    closing: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="A later day that was kept, or today.")
    ] = None,
    file_format: Annotated[ReportFormat, typer.Option("--format", help="The kind of file.")] = ReportFormat.PDF,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write; review-DATE in this folder.")
    ] = None,
) -> None:
    """Write the weekly report: what changed between two days, where we stand, who is at risk, what was decided."""
    from dashboard.report import make_report

    first, last = (None if each is None else day(each) for each in (opening, closing))
    found = make_report(present_store(), first, last)
    path = output or Path(f"review-{found.closing:%Y-%m-%d}.{file_format.value}")
    write_file(path, in_format(found, file_format))
    out.print(f"Wrote {shown(path)}: {found.opening:%Y-%m-%d} to {found.closing:%Y-%m-%d}.")


def in_format(found: Report, file_format: ReportFormat) -> bytes:
    """The report as a file. What only one format needs is read for that one alone: each costs half a second to read."""
    if file_format is ReportFormat.XLSX:
        from dashboard.report_sheets import to_sheets

        return to_sheets(found)
    from dashboard.report_paper import paper_of

    if file_format is ReportFormat.HTML:
        from dashboard.report_html import to_html

        return to_html(paper_of(found))
    from dashboard.report_pdf import to_pdf

    return to_pdf(paper_of(found))
