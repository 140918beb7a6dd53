"""The command line: serve, demo, import, sync, move, export, check; snapshot, report; users, upgrade, copy and such.

`python -m dashboard --help` tells the rest.

Exit status: 0, 1 for data that was refused or a store that does not answer, 2 for wrong use.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from dashboard import events, exports, move_files, report_command, review_commands, settings, team_commands
from dashboard.domain.errors import BackordersError, RefusedRowsError, SettingsError
from dashboard.domain.plan import Plan, make_plan
from dashboard.domain.restocks import FILE
from dashboard.domain.texts import why_no_name
from dashboard.terminal import day, err, out, present_store, progress, shown, store, store_to_try, write_file
from data_access.book import read_book
from data_access.complaints import address
from data_access.demo import write_demo
from data_access.engine import open_store
from data_access.imports import ImportResult, import_readings, row_counts
from data_access.moving import save_changes
from data_access.problems import data_problems
from data_access.reading import ReadOptions, TableReading, read_file
from data_access.records import MOVES, RECORDS
from data_access.sync import load_sync, read_sync
from data_access.users import user_count

REFUSED = 1
WRONG_USE = 2
SHOWN_ROWS = 10
SHOWN_CHARACTERS = 40

TableName = StrEnum("TableName", {name: name for name in RECORDS})  # type: ignore[misc]


class DateOrder(StrEnum):
    """In which order dates such as 03/04/2026 are written."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class DecimalSign(StrEnum):
    """What stands before the decimals."""

    COMMA = "comma"
    POINT = "point"


class FileFormat(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


app = typer.Typer(
    help="The backorder dashboard: what is owed to customers, why it waits, and when it will be covered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen and write nothing.")]
Partial = Annotated[bool, typer.Option("--partial", help="Take the good rows although others are refused.")]
Complete = Annotated[
    bool, typer.Option("--complete", help="The file lists all that is open: close what it no longer lists.")
]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="Write the refused rows to this CSV file.")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to serve on; only this machine unless you say otherwise.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8501,
    without_sign_in: Annotated[
        bool,
        typer.Option("--without-sign-in", help="Serve beyond this machine although nobody has to sign in."),
    ] = False,
) -> None:
    """Serve the dashboard to browsers."""
    from dashboard import headers, people, server, sign_in

    settings.check_all()
    server.configure()
    sign_in.set_up()
    engine = open_store(settings.database_url())
    is_open = host not in headers.LOCAL_NAMES and not people.has_sign_in()
    if is_open and not without_sign_in:
        raise SettingsError(
            f"Everybody who can reach {host} could use the dashboard as {settings.role()}, since nobody signs in. "
            "Set up the sign-in (docs/team.md), put one in front and add --without-sign-in, or leave --host away."
        )
    server.refuse_taken(host, port)
    shown = f"[{host}]" if ":" in host else host
    out.print(f"The dashboard is on [bold]http://{shown}:{port}[/bold]  (stop it with Ctrl+C)")
    if people.has_sign_in() and not user_count(engine):
        out.print("Nobody has a role yet. Begin with: python -m dashboard users add YOU@EXAMPLE.COM --role admin")
    if is_open:
        out.print(
            f"Everybody who can reach this machine may use it as {settings.role()}: put a sign-in in front of it."
        )
    sign_in.warn_where_open()
    sign_in.warn_where_it_leads_home(host)
    server.serve(host, port, is_local_only=not (without_sign_in or people.has_sign_in()))


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where the store holds data.")] = False,
) -> None:
    """Fill an empty store with a demo company."""
    engine = store()
    if if_empty and any(row_counts(engine).values()):
        return
    by = _who()
    with events.doing("import", by) as event:
        counts = write_demo(engine, settings.today(), by=by, rules=settings.rules())
        event.demo(counts)
    out.print(
        f"The demo company is written to {shown(address(engine))}: "
        f"{counts['order_lines']:,} order lines, {counts['po_lines']:,} purchase-order lines, "
        f"{counts['items']:,} SKUs, {counts['customers']:,} customers, {counts['suppliers']:,} suppliers.",
    )


@app.command("import")
def import_file(
    table: Annotated[
        TableName, typer.Argument(metavar="TABLE", help=f"Which table the file holds: {', '.join(RECORDS)}.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, TXT or XLSX file.")],
    dry_run: DryRun = False,
    partial: Partial = False,
    complete: Complete = False,
    dates: Annotated[DateOrder | None, typer.Option(help="How dates such as 03/04/2026 are written.")] = None,
    decimal: Annotated[DecimalSign | None, typer.Option(help="What stands before the decimals.")] = None,
    fill_down: Annotated[
        bool, typer.Option("--fill-down", help="Repeated header cells were left blank: fill them from the row above.")
    ] = False,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of an XLSX file; the first one with data.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Match a column yourself, as OURS=THEIRS, e.g. promise_date='Ship by'. May be repeated."),
    ] = None,
    rejects: Rejects = None,
) -> None:
    """Import one table from a CSV or XLSX file."""
    options = ReadOptions(
        dates=dates.value if dates else None,
        decimal=decimal.value if decimal else None,
        fill_down=fill_down,
        sheet=sheet,
        columns=dict(_pair(each) for each in column or ()),
    )
    reading = read_file(RECORDS[table.value], file, file.name, options)
    _take_in([reading], dry_run=dry_run, partial=partial, complete=complete, rejects=rejects)


@app.command()
def sync(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A TOML file that says where each table lives (see docs/sources).")
    ],
    dry_run: DryRun = False,
    rejects: Rejects = None,
) -> None:
    """Read the tables from where they live: databases or files named in SOURCE."""
    loaded = load_sync(source)
    _take_in(read_sync(loaded), dry_run=dry_run, partial=loaded.partial, complete=loaded.complete, rejects=rejects)


@app.command()
def move(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV or XLSX file: po_id, line_no, restock_date, reason, note.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who moves them: the name that the history keeps.")],
    dry_run: DryRun = False,
    dates: Annotated[DateOrder | None, typer.Option(help="How dates such as 03/04/2026 are written.")] = None,
) -> None:
    """Move restock dates by a file; an empty date returns a line to the supplier's due date."""
    if not by.strip() or why_no_name(by):
        raise typer.BadParameter("write who moves the dates: the history keeps the name.", param_hint="--by")
    _who()
    engine = present_store()
    reading = read_file(MOVES, file, file.name, ReadOptions(dates=dates.value if dates else None))
    plan = make_plan(read_book(engine, settings.today()), settings.priority_rule())
    read = move_files.check_moves(reading, plan.book, settings.move_reasons())
    _tell_moves(read, plan)
    if read.refused_rows:
        rows = "1 row is" if read.refused_rows == 1 else f"{read.refused_rows:,} rows are"
        raise RefusedRowsError(f"Nothing was saved, since {rows} refused. Mend the file and take it again.")
    if not read.moves:
        out.print("The file holds no moves. Nothing was saved.")
        return
    if dry_run:
        out.print("Nothing was saved: this was a dry run.")
        return
    with events.doing("save", by.strip()) as event:
        saved = save_changes(
            engine, read.moves, by=by.strip(), at=datetime.now(UTC), how=FILE, today=plan.book.today,
            seen=plan.book.version,
        )  # fmt: skip
        event.saved(saved)
    out.print(move_files.saved_in_words(saved.moved, len(read.moves)))


@app.command()
def export(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help=f"{', '.join(exports.EXPORTS)}, or {exports.TEMPLATES}."),
    ],
    file_format: Annotated[FileFormat, typer.Option("--format", help="The kind of file.")] = FileFormat.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write (for templates a folder); else the screen.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="DATE", help="The table as it was on a day that is kept, such as 2026-03-09.")
    ] = "",
) -> None:
    """Write a table that the pages show to a file, or the empty import templates to a folder."""
    if name == exports.TEMPLATES:
        folder = output or Path("templates")
        out.print(f"Wrote {len(exports.write_templates(folder))} templates to {shown(folder)}.")
        return
    if as_of:
        content = exports.make_as_of(name, file_format.value, present_store(), day(as_of).isoformat())
    else:
        content = exports.make(name, file_format.value, present_store(), settings.today(), settings.priority_rule())
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        write_file(output, content)
        out.print(f"Wrote {shown(output)}.")


@app.command()
def check() -> None:
    """List the data problems that make figures doubtful."""
    engine = present_store()
    if not any(row_counts(engine).values()):
        out.print(f"The store at {shown(address(engine))} is empty: there is nothing to check.")
        return
    problems = data_problems(engine, settings.today())
    if not problems:
        out.print("No data problems found.")
        return
    for problem in problems:
        out.print(f"{problem.count:>7,}  [bold]{shown(problem.title)}[/bold]")
        out.print(f"{'':7}  {shown(problem.why)}")
    out.print("See the rows with: python -m dashboard export problems")


app.add_typer(team_commands.users, name="users")
app.command()(review_commands.snapshot)
app.command()(report_command.report)
for _command in (team_commands.upgrade, team_commands.copy, team_commands.backup, team_commands.restore):
    app.command()(_command)


def main() -> None:
    """Run the command line; what a user can meet is said in a sentence, never a traceback."""
    try:
        with contextlib.suppress(SettingsError):  # which the command itself will tell
            events.set_up()
        app(prog_name="python -m dashboard")
    except SettingsError as error:
        _stop(error, WRONG_USE)
    except BackordersError as error:
        _stop(error, REFUSED)


def _stop(error: BackordersError, status: int) -> None:
    err.print(shown(error), style="red")
    sys.exit(status)


def _pair(text: str) -> tuple[str, str]:
    ours, sign, theirs = text.partition("=")
    if not sign or not ours.strip() or not theirs.strip():
        raise typer.BadParameter(f"{text!r} is not OURS=THEIRS, such as promise_date='Ship by'.")
    return ours.strip(), theirs.strip()


def _take_in(
    readings: list[TableReading], *, dry_run: bool, partial: bool, complete: bool, rejects: Path | None
) -> None:
    by = _who()
    opened = store_to_try() if dry_run else contextlib.nullcontext(store())
    with progress() as told, events.doing("import", by, is_told=not dry_run) as event, opened as engine:
        results = import_readings(
            engine,
            readings,
            by=by,
            at=datetime.now(UTC),
            dry_run=dry_run,
            partial=partial,
            complete=complete,
            progress=told,
        )
        event.imported(results)
    for result in results:
        _tell(result)
    if rejects is not None:
        _write_rejects(results, rejects)
    if any(result.is_refused for result in results):
        otherwise = "import them as a part, not as complete" if partial else "take the good rows alone with --partial"
        raise RefusedRowsError(f"Nothing was written, since rows are refused. Mend them, or {otherwise}.")


def _who() -> str:
    from dashboard import people

    return people.checked(people.local(), "editor").name


def _tell(result: ImportResult) -> None:
    """What happened, or would happen, to one table."""
    out.print(f"[bold]{result.table}[/bold] from {shown(result.source)}")
    _tell_each("matched", [f"{ours} = {theirs}" for ours, theirs in result.matched.items()])
    _tell_each("left out", result.surplus)
    for note in result.notes:
        out.print(f"  note      {shown(note)}")
    would = "" if result.was_written else "would be "
    counted = f"{result.new_rows:,} new, {result.changed_rows:,} changed, {result.unchanged_rows:,} unchanged"
    closed = f", {result.closed_rows:,} closed" if result.closed_rows else ""
    refused = f", [red]{result.refused_rows:,} refused[/red]" if result.refused_rows else ""
    out.print(f"  rows      {would}{counted}{closed}{refused}")
    for table, count in result.created.items():
        out.print(f"  {'created' if result.was_written else 'to create':9} {count:,} {table} known only by reference")
    _tell_rows(result)


def _tell_each(what: str, names: Iterable[str]) -> None:
    if told := ", ".join(names):
        out.print(f"  {what:9} {shown(told)}")


def _tell_rows(result: ImportResult) -> None:
    """The first changed cells and the first refused ones."""
    for _, change in result.differences.head(SHOWN_ROWS).iterrows():
        told = f"{change['key']}: {change['column']} {change['old'] or 'none'} -> {change['new'] or 'none'}"
        out.print(f"  change    {shown(told)}")
    if len(result.differences) > SHOWN_ROWS:
        out.print("  (further changes are not shown; the page Data shows the first 200)")
    for _, refusal in result.refusals.head(SHOWN_ROWS).iterrows():
        value = f" ({refusal['value'][:SHOWN_CHARACTERS]})" if refusal["value"] else ""
        out.print(f"  [red]refused[/red]   row {refusal['row_no']}: {shown(refusal['reason'] + value)}")
    if len(result.refusals) > SHOWN_ROWS:
        out.print("  (further refused rows: use --rejects FILE to see them all)")


def _tell_moves(read: move_files.MoveFile, plan: Plan) -> None:
    """What a file of moves says and does."""
    out.print(f"[bold]{shown(read.source)}[/bold]")
    for what, told in move_files.in_words(read, plan, settings.calendar(), settings.currency()):
        style = "red" if what == move_files.REFUSED else "default"
        out.print(f"  [{style}]{what:9}[/{style}] {shown(told)}")


def _write_rejects(results: list[ImportResult], path: Path) -> None:
    from dashboard.files import to_csv

    frames = [result.refusals.assign(table=result.table, source=result.source) for result in results]
    everything = pd.concat(frames)[["table", "source", "row_no", "column", "value", "reason"]]
    write_file(path, to_csv(everything))
    rows = sum(result.refused_rows for result in results)
    out.print(f"Wrote {rows:,} refused rows with {len(everything):,} reasons to {shown(path)}.")


if __name__ == "__main__":
    events.meet_the_rest()
    main()
