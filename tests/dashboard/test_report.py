"""The weekly report: its figures are those of the pages, its names are text, and it is read in black and white."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import socket
import struct
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import streamlit as st
import typst
from openpyxl.utils.escape import unescape
from sqlalchemy import Engine, insert, text, update

from dashboard import customer_views, loading, overviews, report_charts, report_paper, reviewing, supplier_views
from dashboard import report as reporting
from dashboard import settings as real_settings
from dashboard.domain import bridge
from dashboard.domain.aging import age_sentence
from dashboard.domain.decided import DONE, OPEN, Draft, Link, figures_of
from dashboard.domain.errors import NoSnapshotError, SettingsError
from dashboard.messages import money
from dashboard.report import Report, make_report, quarter_waits
from dashboard.report_html import to_html
from dashboard.report_paper import Paper, Table, paper_of
from dashboard.report_pdf import TEMPLATES, as_data, to_pdf
from dashboard.report_sheets import to_sheets
from dashboard.reviewing import Pair
from data_access import schema
from data_access.copying import copy_store
from data_access.decisions import add_decision, change_decision
from data_access.engine import connect, open_store, raise_revision, writing
from data_access.snapshots import snapshot_of, take_snapshot
from tests import stores
from tests.conftest import TODAY
from tests.dashboard.conftest import Say
from tests.pages.reviewed import KEPT_DAY, a_week_passes, keep, write_kept_company

HOSTILE = {
    "Typst": '#read("/etc/passwd") #panic("x") *b* _i_ $x$ @ref <label> // c \\ #let a = 1',
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;{{ 7 * 7 }}{% raw %}",
    "formula": '=cmd|" /C calc"!A0',
    "very long": "Donaudampfschifffahrt" * 30,
    "right to left": "שלום עולם (C-1)",
    "turned round": "\u202egnp.exe\u202c",
    "Vega": "datum.value'];alert(1);['",
}
BEFORE = date(2026, 3, 2)


@pytest.fixture(scope="module")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Report, Paper]]:
    """The small company of which 2026-03-09 is kept, and a week passed since: its store, its report, its paper."""
    path = tmp_path_factory.mktemp("weeks") / "store.db"
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("BACKORDERS_TODAY", TODAY.isoformat())
        engine = open_store(f"sqlite:///{path}")
        write_kept_company(engine)
        a_week_passes(engine)
        report = make_report(engine, KEPT_DAY)
        engine.dispose()
        yield path, report, paper_of(report)


@pytest.fixture
def report(two_weeks: tuple[Path, Report, Paper]) -> Report:
    return two_weeks[1]


@pytest.fixture
def paper(two_weeks: tuple[Path, Report, Paper]) -> Paper:
    return two_weeks[2]


@pytest.fixture
def store(two_weeks: tuple[Path, Report, Paper], database_url: str) -> Iterator[Engine]:
    """A copy of it that a test may change."""
    st.cache_resource.clear()
    if database_url.startswith(stores.SQLITE):
        shutil.copy(two_weeks[0], database_url.removeprefix("sqlite:///"))
    engine = open_store(database_url)
    if database_url.startswith(stores.POSTGRESQL):
        first = connect(f"sqlite:///{two_weeks[0]}")
        copy_store(first, engine)
        first.dispose()
    yield engine
    engine.dispose()
    st.cache_resource.clear()


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        ours.reset_index(drop=True), theirs.reset_index(drop=True), check_categorical=False, check_exact=True
    )


def table_of(paper: Paper, section: str, place: int = 0) -> Table:
    found = next(each for each in paper.sections if each.title == section)
    return [block for row in found.rows for block in row if isinstance(block, Table)][place]


def test_the_figures_are_those_that_the_pages_show(report: Report, store: Engine) -> None:
    pair = Pair(snapshot_of(store, KEPT_DAY), None)
    then, now = reviewing.totals(pair)
    assert report.sentence == reviewing.sentence(pair)
    same(
        report.totals[["concept", "lines", "units", "money"]], loading.totals()[["concept", "lines", "units", "money"]]
    )
    assert list(report.totals["lines_then"]) == list(then.loc[now.index, "lines"])
    for part in (bridge.OPEN, bridge.BACKORDERED):
        same(report.comparison.bridge(part), reviewing.bridge(pair, part))
        for split in bridge.SPLITS:
            same(report.comparison.bridge(part, split), reviewing.bridge(pair, part, split))
        lines = report.comparison.lines(part)
        for step in (bridge.NEW, bridge.SHIPPED, bridge.CANCELLED, bridge.COVERED):
            same(lines[lines["step"] == step], reviewing.step_lines(pair, part, step))
    same(report.redated, reviewing.redated(pair))
    same(report.ages[["clock", "bucket", "lines", "units", "value"]], loading.ages())
    same(report.risk, loading.customer_risk())
    same(report.suppliers, loading.supplier_figures(365))
    same(report.open_po_lines, loading.open_po_lines())
    same(report.costs, loading.costly_suppliers())
    same(report.trend, reviewing.trend())


def test_the_sentences_are_those_of_the_pages(store: Engine, paper: Paper) -> None:
    told = {section.title: section.sentence for section in paper.sections}
    risk = customer_views.told_apart(loading.customer_risk(), loading.known_customers())
    figures = supplier_views.told_apart(loading.supplier_figures(365))
    assert told["Customers at risk"] == customer_views.sentence(risk)
    assert told["Suppliers"] == supplier_views.sentence(figures, loading.open_po_lines())
    waits, _ = loading.waits()
    ours = quarter_waits(loading.order_history(), TODAY)
    same(ours.curve, waits.curve)
    assert str({**vars(ours), "curve": None}) == str({**vars(waits), "curve": None})  # as text, since NaN is not NaN
    backlog, buckets = loading.plan().backlog, real_settings.age_buckets()
    assert told["Ages"] == age_sentence(backlog, buckets, waits).format(money=money(0))


def test_the_bridge_on_paper_is_what_happened_in_the_week(paper: Paper) -> None:
    """As worked out by hand in tests/pages/reviewed.py; the week's cancelled unit leaves no line."""
    assert table_of(paper, "The bridge").rows == (
        ("Opening", "5", "28", "280", "4", "18", "180"),
        ("New orders", "+1", "+2", "+20", "+1", "+2", "+20"),
        ("Shipped", "−1", "−10", "−100", "0", "0", "0"),  # noqa: RUF001
        ("Cancelled", "0", "−1", "−10", "0", "−1", "−10"),  # noqa: RUF001
        ("Quantity", "0", "0", "0", "0", "0", "0"),
        ("Newly uncovered by stock", "", "", "", "0", "0", "0"),
        ("Covered by receipts", "", "", "", "−1", "−5", "−50"),  # noqa: RUF001
        ("Price", "0", "0", "0", "0", "0", "0"),
        ("Closing", "5", "19", "190", "4", "14", "140"),
    )


def test_where_we_stand_is_told_then_and_now(paper: Paper) -> None:
    rows = {row[0]: row[1:] for row in table_of(paper, "Where we stand").rows}
    assert list(rows) == [label for label, _ in overviews.TILES.values()]
    assert rows["Open"] == ("5", "5", "0", "280", "190", "−90")  # noqa: RUF001
    assert rows["Backordered"] == ("4", "4", "0", "180", "140", "−40")  # noqa: RUF001


def test_a_line_that_slipped_is_named_with_its_cause(paper: Paper) -> None:
    assert table_of(paper, "Re-dated lines").rows[0][:3] == ("Slipped", "1", "3")
    worst = table_of(paper, "Re-dated lines", 1).rows[0]
    assert worst == ("SO-1/2", "Brightwater Retail", "2026-03-30 to 2026-04-02", "3", "supplier's date", "60")


def test_decisions_are_told_with_what_became_of_them(store: Engine) -> None:
    plan = loading.plan()
    link = Link("order line", "SO-1", "2")
    at = pd.Timestamp(2026, 3, 12, 9).to_pydatetime()
    draft = Draft("Ask for a part delivery", "ada", date(2026, 3, 20), "", link)
    kept = {"by": "ada", "at": at, "today": date(2026, 3, 12)}
    add_decision(store, draft, figures_of(plan, link), **kept)
    done = add_decision(store, Draft("Send the letter", "bob", date(2026, 3, 20)), None, **kept)
    change_decision(store, done, 1, state=DONE, **kept)
    report = make_report(store, KEPT_DAY)
    paper = paper_of(report)
    section = paper.sections[-1]
    assert section.sentence == "1 decision open, 0 due; 1 settled since 2026-03-09."
    rows = table_of(paper, "Decisions").rows
    became = "1 line late then, 1 now; worst 13 days then, 13 now."
    assert rows == (
        ("Ask for a part delivery", "order line SO-1/2", "ada", "2026-03-20", OPEN, became),
        ("Send the letter", "", "bob", "2026-03-20", DONE, ""),
    )


def test_a_day_that_was_kept_is_reported_as_it_was_however_the_data_went_on(store: Engine) -> None:
    at = datetime(2026, 3, 16, 10, tzinfo=UTC)
    number = add_decision(store, Draft("Call", "bo", TODAY), None, by="ada", at=at, today=TODAY)
    keep(store, TODAY)
    before = make_report(store, KEPT_DAY, TODAY)
    assert before.decisions[["text", "state"]].to_numpy().tolist() == [["Call", OPEN]]
    change_decision(store, number, 1, state=DONE, text="Call twice", by="bo", at=at, today=TODAY)
    add_decision(store, Draft("Write", "bo"), None, by="bo", at=at, today=TODAY)
    with writing(store) as connection:
        connection.execute(update(schema.order_lines).values(cancelled_qty=1_000_000))
        raise_revision(connection)
    after = make_report(store, KEPT_DAY, TODAY)
    assert not after.is_now
    same_whole(after, before)
    now = make_report(store, KEPT_DAY)
    assert (now.is_now, int(now.totals["lines"].iloc[0])) == (True, 0)
    assert now.decisions["text"].tolist() == ["Write", "Call twice"]


def same_whole(ours: object, theirs: object) -> None:
    """Field by field, frame by frame; but not what is only kept to be made once."""
    if isinstance(ours, pd.DataFrame):
        assert isinstance(theirs, pd.DataFrame)
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    elif is_dataclass(ours):
        assert type(ours) is type(theirs)
        for each in filter(lambda field: field.init, fields(ours)):
            same_whole(getattr(ours, each.name), getattr(theirs, each.name))
    else:
        np.testing.assert_equal(ours, theirs)  # for which NaN is NaN


def test_a_decision_after_the_keeping_of_today_is_told_without_reading_all_anew(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 3, 16, 10, tzinfo=UTC)
    take_snapshot(store, TODAY, real_settings.rules(), by="ada", at=at)
    add_decision(store, Draft("Call", "bo"), None, by="ada", at=at, today=TODAY)
    from_store = make_report(store, KEPT_DAY) if kept_is_passed_over(monkeypatch) else None
    monkeypatch.undo()
    monkeypatch.setenv("BACKORDERS_TODAY", TODAY.isoformat())
    monkeypatch.setattr(reporting, "book_within", None)  # which nobody calls
    report = make_report(store, KEPT_DAY)
    assert (report.is_now, report.decisions["text"].tolist()) == (True, ["Call"])
    assert from_store is not None
    assert report.closing_revision == from_store.closing_revision
    assert to_html(paper_of(report)) == to_html(paper_of(from_store))


def kept_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(reporting, "_shows_now", lambda *_: False)
    return True


@pytest.mark.parametrize("change", ["move", "rule"])
def test_another_write_or_rule_since_the_keeping_has_all_read_anew(
    store: Engine, settings: pytest.MonkeyPatch, change: str
) -> None:
    take_snapshot(store, TODAY, real_settings.rules(), by="ada", at=datetime(2026, 3, 16, 10, tzinfo=UTC))
    assert reporting.closing_of(store, None).snapshot is not None
    if change == "rule":
        settings.setenv("BACKORDERS_AGE_BUCKETS", "1,2,90")
    else:
        with writing(store) as connection:
            raise_revision(connection)
    assert reporting.closing_of(store, None).snapshot is None


@pytest.mark.parametrize(
    ("settled", "is_told"), [("2026-03-09 12:00", False), ("2026-03-09 22:30", False), ("2026-03-09 23:30", True)]
)
def test_a_decision_counts_on_the_company_s_day_it_was_settled_whatever_is_written_to_it_later(
    store: Engine, settings: pytest.MonkeyPatch, settled: str, is_told: bool
) -> None:
    """Berlin is an hour ahead: 23:30 UTC is the next day there, the first after the opening."""
    settings.setenv("BACKORDERS_TIME_ZONE", "Europe/Berlin")
    kept = {"by": "ada", "today": BEFORE}
    at = pd.Timestamp(settled, tz="UTC").to_pydatetime()
    number = add_decision(store, Draft("Call", "bo"), None, at=at, **kept)
    change_decision(store, number, 1, state=DONE, at=at, **kept)
    change_decision(store, number, 2, note="It helped.", at=datetime(2026, 3, 12, tzinfo=UTC), **kept)
    assert make_report(store, KEPT_DAY).decisions["text"].tolist() == (["Call"] if is_told else [])


def test_without_an_opening_it_is_the_day_a_week_before(store: Engine) -> None:
    assert make_report(store).opening == KEPT_DAY


@pytest.mark.parametrize(
    ("opening", "closing", "error", "words"),
    [
        (BEFORE, None, NoSnapshotError, "2026-03-02 was not kept. Kept whole is 2026-03-09. Name that day."),
        (KEPT_DAY, date(2026, 3, 12), NoSnapshotError, "2026-03-12 was not kept. Kept whole is 2026-03-09."),
        (TODAY, TODAY, SettingsError, "would begin on 2026-03-16 and end on 2026-03-16. Name an earlier day"),
    ],
)
def test_a_day_that_was_not_kept_is_refused_with_those_that_were(
    store: Engine, opening: date, closing: date | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        make_report(store, opening, closing)


def test_a_store_that_keeps_no_day_says_how_to_begin(engine: Engine) -> None:
    with pytest.raises(NoSnapshotError, match="No day is kept yet"):
        make_report(engine)


def test_the_same_data_gives_the_same_bytes(store: Engine, report: Report, paper: Paper) -> None:
    again = make_report(store, KEPT_DAY)
    again = replace(again, closing_revision=report.closing_revision)  # a copy in another database counts on
    assert to_sheets(again) == to_sheets(report)
    paper_again = paper_of(again)
    assert to_pdf(paper_again) == to_pdf(paper)
    assert to_html(paper_again) == to_html(paper)


def test_names_are_text_in_every_format(store: Engine, settings: pytest.MonkeyPatch) -> None:
    write_hostile_names(store, settings)
    report = make_report(store, KEPT_DAY)
    paper = paper_of(report)
    assert to_pdf(paper).startswith(b"%PDF")
    sent = {"paper": json.dumps(as_data(paper))}
    set_by_typst = Seen.of(
        typst.compile(TEMPLATES / "report.typ", root=TEMPLATES, sys_inputs=sent, format="html").decode()
    )
    in_browser = Seen.of(to_html(paper).decode())
    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(to_sheets(report))) for row in sheet for cell in row]
    texts = {unescape(cell.value) for cell in cells if isinstance(cell.value, str)}
    for name in HOSTILE.values():
        shown = bare(report_paper.shown(name, report_paper.LONGEST_NAME))
        assert shown in bare(set_by_typst.text)
        assert shown in bare(in_browser.text)
        assert name in texts
    assert in_browser.tags.isdisjoint({"script", "iframe", "object", "link", "a"})
    assert all(address.startswith("data:image/svg+xml;base64,") for address in in_browser.sources)
    assert not any(key.startswith("on") for key in in_browser.attributes)
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


def write_hostile_names(store: Engine, settings: pytest.MonkeyPatch) -> None:
    """Each name as that of the owner of a decision, some as those of customers, the supplier and the company."""
    settings.setenv("BACKORDERS_COMPANY", HOSTILE["Typst"])
    at = {"decided_date": KEPT_DAY, "decided_at": pd.Timestamp(KEPT_DAY).to_pydatetime(), "due_date": TODAY}
    rows = [{"text": name, "owner": name, "state": "open", "decided_by": name} | at for name in HOSTILE.values()]
    with writing(store) as connection:
        for number, what in (("C-1", "Vega"), ("C-2", "HTML")):
            named = update(schema.customers).where(schema.customers.c.customer_id == number)
            connection.execute(named.values(name=HOSTILE[what]))
        connection.execute(update(schema.suppliers).values(name=HOSTILE["Typst"]))
        connection.execute(insert(schema.decisions), rows)
        raise_revision(connection)


def test_every_sheet_has_a_frozen_header_a_filter_and_its_formats(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_sheets(report)))
    assert book.sheetnames == [
        "Report", "Totals", "Bridge", "Bridge by customer", "Bridge by supplier", "Bridge by category",
        "Lines of the bridge", "Re-dated", "Ages", "Customers at risk", "Suppliers", "Supplier days", "Decisions",
        "Trend",
    ]  # fmt: skip
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    assert all(sheet.auto_filter.ref for sheet in book)
    rows = list(book["Bridge"].iter_rows(values_only=True))
    assert rows[:3] == [
        ("Part", "Step", "Lines", "Units", "Money"), ("open", "opening", 5, 28, 280), ("open", "new orders", 1, 2, 20)
    ]  # fmt: skip
    assert [cell.number_format for cell in book["Bridge"][2]] == ["General", "General", "#,##0", "#,##0", "#,##0.00"]
    dated = {cell.value: book["Re-dated"].cell(2, cell.column) for cell in book["Re-dated"][1]}["Expected now"]
    assert (dated.value, dated.number_format) == (pd.Timestamp(2026, 4, 2).to_pydatetime(), "yyyy-mm-dd")


def test_the_sheets_hold_each_line_of_the_bridge(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_sheets(report)))
    rows = book["Lines of the bridge"].iter_rows(min_row=2, values_only=True)
    assert [(row[0], f"{row[1]}/{row[2]}", *row[9:15]) for row in rows] == [
        ("new orders", "SO-11/1", 1, 2, 20, 1, 2, 20),
        ("shipped", "SO-1/1", -1, -10, -100, None, None, None),
        ("cancelled", "SO-10/1", 0, -1, -10, 0, -1, -10),
        ("covered by receipts", "SO-2/1", None, None, None, -1, -5, -50),
    ]


def test_what_is_told_apart_in_a_chart_differs_in_lightness() -> None:
    light = sorted(lightness(ink) for ink in (report_charts.INK, report_charts.MIDDLE, report_charts.WHITE))
    assert min(later - earlier for earlier, later in pairwise(light)) > 0.2


def test_no_chart_holds_a_colour_of_the_screen(paper: Paper) -> None:
    svgs = [block.svg for section in paper.sections for row in section.rows for block in row if svg(block)]
    assert len(svgs) >= 4
    assert not {colour for each in svgs for colour in report_charts._INKS if colour in each}


def test_a_chart_fetches_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/figures.json"
        spec = {"data": {"url": address}, "mark": "bar", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
        with pytest.raises(ValueError, match="not allowed"):
            report_charts.drawn(spec, 100)
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_command_writes_a_file_and_says_of_which_days(store: Engine, say: Say, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    status, told, complaint = say("report", "--from", "2026-03-09", "--format", "pdf", "--out", path)
    assert (status, complaint) == (0, "")
    assert "2026-03-09 to 2026-03-16." in told
    assert path.read_bytes().startswith(b"%PDF")


def test_the_command_names_the_file_after_its_day(store: Engine, say: Say, tmp_path: Path) -> None:
    assert say("report", "--format", "html")[0] == 0
    assert (tmp_path / "review-2026-03-16.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_refused_report_writes_nothing(store: Engine, say: Say, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    status, _, complaint = say("report", "--from", "2026-03-01", "--out", path)
    assert (status, complaint.strip()) == (1, "2026-03-01 was not kept. Kept whole is 2026-03-09. Name that day.")
    assert not path.exists()


def test_a_week_without_decisions_says_so_before_the_customers_and_never_on_a_page_of_its_own(store: Engine) -> None:
    def titles() -> list[str]:
        return [section.title for section in report_paper.paper_of(make_report(store, KEPT_DAY)).sections]

    assert titles()[-3:] == ["Decisions", "Customers at risk", "Suppliers"]
    add_decision(store, Draft("Call", "bo"), None, by="ada", at=datetime(2026, 3, 16, tzinfo=UTC), today=TODAY)
    assert titles()[-3:] == ["Customers at risk", "Suppliers", "Decisions"]


def test_a_long_name_without_spaces_may_be_broken_every_few_letters() -> None:
    assert report_paper.shown("W" * 120, 70).split("\u200b") == ["W" * 6] * 11 + ["WWW\u2026"]
    assert report_paper.shown("Electrical Contractors") == "Electrical Contractors"


def test_rates_stand_on_an_axis_from_0_to_100_percent_over_the_kept_days() -> None:
    days = pd.Series(pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-16"]))
    drawn = report_charts.line(days, pd.Series([0.55, 0.56, 0.55]), 190, percent=True)
    assert re.findall(r">(\d+%|\d{4}-\d\d-\d\d)</text>", drawn) == [
        "2026-03-02", "2026-03-16", "0%", "50%", "100%", "55%",
    ]  # fmt: skip


@pytest.mark.parametrize("most", [9.0, 999_400.0, 435e6, 999e9])
def test_both_dates_below_a_line_over_time_have_room_however_long_its_numbers_are(most: float) -> None:
    days = pd.Series(pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-16"]))
    drawn = report_charts.line(days, pd.Series([0.2, 0.7, 1.0]) * most, report_paper.THIRD)
    place = r'<text text-anchor="(start|end)" transform="translate\(([\d.]+),[\d.]+\)"[^>]*>(2026-[\d-]+)</text>'
    (at_first, first, _), (at_last, last, _) = re.findall(place, drawn)
    assert (at_first, at_last) == ("start", "end")
    assert float(last) - float(first) > 2 * 10 * 0.5 * 8.5  # ten letters each, half as wide as high


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("text", ["monday", "09.03.2026", "20260309"])
def test_a_day_that_is_none_is_refused_in_a_sentence(store: Engine, say: Say, option: str, text: str) -> None:
    assert say("report", option, text) == (2, "", f"'{text}' is not a day. Write it as 2026-03-09.\n")


def test_where_today_alone_is_kept_the_command_says_what_is_missing(company: Engine, say: Say) -> None:
    assert say("snapshot")[0] == 0
    assert say("report") == (
        1,
        "",
        "Only 2026-03-16 is kept whole; a report needs an earlier day to begin with. "
        "The next one can be made once another day is kept.\n",
    )


def test_an_empty_backlog_is_a_report_too(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text("update order_lines set closed_qty = open_qty where open_qty > 0"))
        raise_revision(connection)
    report = make_report(store, KEPT_DAY)
    assert to_pdf(paper_of(report)).startswith(b"%PDF")
    assert to_html(paper_of(report))
    assert to_sheets(report)


def svg(block: object) -> bool:
    return isinstance(block, report_paper.Chart)


def bare(told: str) -> str:
    """A text without what only says where a line may break."""
    return re.sub(r"[\s\u200b\u2068\u2069]+", "", told)


def lightness(colour: str) -> float:
    """Of a colour as it comes out in grey, 0 to 1 (ITU-R BT.601)."""
    red, green, blue = struct.unpack("BBB", bytes.fromhex(colour.removeprefix("#")))
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


class Seen(HTMLParser):
    """What a browser would show, and of which elements it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags, self.attributes, self.sources = "", set[str](), set[str](), list[str]()
        self.is_style = False

    @classmethod
    def of(cls, page: str) -> Seen:
        seen = cls()
        seen.feed(page)
        seen.text = html.unescape(seen.text)
        return seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.is_style = tag == "style"
        self.attributes |= {key for key, _ in attrs}
        self.sources += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if not self.is_style:
            self.text += data
