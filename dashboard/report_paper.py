"""The report as it is read: its sections with their sentences, tables and charts, all as text. Knows no file format.

What is drawn here is set by Typst (report_pdf) and by a browser (report_html): names from data are text to both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dashboard import customer_views, messages, overviews, report_charts, settings, supplier_rates, supplier_views
from dashboard.domain import bridge, redated
from dashboard.domain.aging import age_sentence, old_value
from dashboard.domain.decided import Link
from dashboard.domain.suppliers import DEFAULT_WINDOW_DAYS
from dashboard.messages import count, day, money
from dashboard.report import Report

FIRST_CUSTOMERS = 10
FIRST_SUPPLIERS = 10
FIRST_COSTS = 8
FIRST_REDATED = 6
MOST_DECISIONS = 20
MOST_DAYS = 26
"""So many of the days that were kept are drawn."""
LONGEST_LABEL, LONGEST_NAME, LONGEST_TEXT, LONGEST_DECISION = 28, 70, 320, 500
LONGEST_WORD, PIECE = 14, 6
"""Letters of a word that is not broken; of the pieces of a longer one, which fit the narrowest column of names."""
HALF, THIRD = 290, 190
"""Width of a chart that has half of the page, or a third, so that letters are alike in all [pixels]."""
LINES_SHARE, UNITS_SHARE, MONEY_SHARE = 0.7, 1.0, 1.4
"""How wide a column of such figures is beside others: money has the most digits."""
MINUS, NOTHING = "\u2212", "\u2013"
BAR = "bar"
"""The heading of a column whose cells are shares, drawn as bars without a heading."""
STEP_NAMES = {step: f"{step[0].upper()}{step[1:]}" for step in (bridge.OPENING, *bridge.STEPS, bridge.CLOSING)}
TRENDS = (
    ("Open [{currency}]", "open_value", False),
    ("Backordered [{currency}]", "backordered_value", False),
    ("Late lines", "late_lines", False),
    ("Oldest open line [days]", "oldest_days", False),
    ("OTIF", "otif_rate", True),
)
_BREAK = "\u200b"
_JOINERS = ("\u200c", "\u200d")

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its side, and its share of the width (0: as wide as its texts)."""

    heading: str
    side: Side = "left"
    share: float = 0


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; strong: the rows that are sums. above: headings over several columns each."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()
    above: tuple[tuple[str, int], ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing as SVG, and what it shows in words."""

    title: str
    svg: str
    words: str


Block = Table | Chart


@dataclass(frozen=True)
class Section:
    """A part of the report: its title, its sentence, rows of blocks side by side, and how its figures are made."""

    title: str
    sentence: str
    rows: tuple[tuple[Block, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Paper:
    """The whole report. facts: what it is made of, for the foot of each page."""

    company: str
    title: str
    period: str
    facts: str
    sentence: str
    sections: tuple[Section, ...]


def paper_of(report: Report) -> Paper:
    """The report as it is read."""
    return Paper(
        company=shown(settings.company(), LONGEST_NAME),
        title="Weekly review of backorders",
        period=f"{day(report.opening)} to {day(report.closing)}",
        facts=f"Data revision {report.closing_revision:,}, compared with {report.opening_revision:,}",
        sentence=report.sentence,
        sections=(
            _standing(report),
            _bridge(report),
            _redated(report),
            _ages(report),
            _trend(report),
            *_last(report),
        ),
    )


def _last(report: Report) -> tuple[Section, ...]:
    """Customers, suppliers, decisions; where there is no decision that is said first, lest a page bear it alone."""
    told, decisions = (_customers(report), _suppliers(report)), _decisions(report)
    return (*told, decisions) if decisions.rows else (decisions, *told)


def shown(text: object, most: int = LONGEST_TEXT) -> str:
    """Text from data for the paper: at most so many letters, nothing that steers, long words may be broken.

    >>> shown("a" * 20, 12) == "a" * 11 + "…"
    True
    """
    signs = (sign if sign.isprintable() or sign in _JOINERS else " " for sign in str(text))
    plain = " ".join("".join(signs).split())
    cut = plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
    return " ".join(_breakable(word) for word in cut.split(" "))


def signed(value: float, text: Callable[[float], str]) -> str:
    """A change with its sign before it; "0" where there is none."""
    return text(0) if not value else f"{'+' if value > 0 else MINUS}{text(abs(value))}"


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return _BREAK.join(word[start : start + PIECE] for start in range(0, len(word), PIECE))


def _standing(report: Report) -> Section:
    """What is open, backordered, late, undated, uncovered and past the promise, then and now."""
    rows = report.totals[report.totals["concept"].isin(list(overviews.TILES))]
    cells = tuple(
        (overviews.TILES[row["concept"]][0], *_thrice(row, "lines", _whole), *_thrice(row, "money", _whole))
        for row in rows.to_dict("records")
    )
    numbers = tuple(
        Column(heading, "right", share) for share in (LINES_SHARE, MONEY_SHARE) for heading in ("then", "now", "change")
    )
    table = Table(
        (Column("", share=1.8), *numbers), cells, above=(("", 1), ("Lines", 3), (f"Money [{settings.currency()}]", 3))
    )
    note = (
        "Then is {}, now {}. A line may be in several rows. Open and past the promise count open money, the other rows "
        "backordered money: open and not covered by stock."
    )
    return Section("Where we stand", "", ((table,),), note.format(day(report.opening), day(report.closing)))


def _bridge(report: Report) -> Section:
    """From then to now, step by step: both waterfalls, and the steps in lines, units and money."""
    parts = {part: report.comparison.bridge(part) for part in (bridge.OPEN, bridge.BACKORDERED)}
    drawings = tuple(
        Chart(
            f"{overviews.TILES[part][0]} money, from then to now",
            report_charts.waterfall(steps.assign(money=steps["value"]), "money", STEP_NAMES, HALF),
            report_charts.words(steps, "step", ["value"]),
        )
        for part, steps in parts.items()
    )
    by_step = {part: steps.set_index("step") for part, steps in parts.items()}
    there = [step for step in (bridge.OPENING, *bridge.STEPS, bridge.CLOSING) if _is_in_any(step, by_step)]
    rows = tuple((STEP_NAMES[step], *_step_figures(step, by_step)) for step in there)
    shares = (("lines", LINES_SHARE), ("units", UNITS_SHARE), (settings.currency(), MONEY_SHARE))
    numbers = tuple(Column(heading, "right", share) for heading, share in shares * 2)
    table = Table(
        (Column("Step", share=1.8), *numbers), rows, strong=(0, len(rows) - 1),
        above=(("", 1), ("Open", 3), ("Backordered", 3)),
    )  # fmt: skip
    note = (
        "Opening and steps add up to the closing, to the unit. A line counts where it enters and where it leaves, "
        "units and money wherever they change. Bars of sums are shortened where the steps could not be seen otherwise."
    )
    return Section("The bridge", "", (drawings, (table,)), note)


def _redated(report: Report) -> Section:
    """How many lines are expected on another day than then, why, and the worst of them."""
    if report.redated.empty:
        return Section("Re-dated lines", "No line that was open then and is now is expected on another day.", ())
    worst = report.redated[report.redated["direction"].isin([redated.SLIPPED, redated.LOST])].head(FIRST_REDATED)
    note = (
        "Lines open on both days whose expected date differs. Days: the new date less the old one, above zero is "
        "later. The first reason that fits is told."
    )
    tables = (_redated_by_cause(report.redated), *([_worst_redated(worst)] if len(worst) else []))
    return Section("Re-dated lines", "", tuple((table,) for table in tables), note)


def _redated_by_cause(moved: pd.DataFrame) -> Table:
    """How many slipped and improved, by how much, and why: one row per direction that there is."""
    by_direction = dict(tuple(moved.groupby("direction", observed=True)))
    sums = tuple(
        (
            direction[0].upper() + direction[1:],
            _whole(len(lines)),
            _days(lines["days"].median()),
            *(_whole(int((lines["cause"] == cause).sum())) for cause in redated.CAUSES),
        )
        for direction in redated.DIRECTIONS
        if (lines := by_direction.get(direction)) is not None
    )
    return Table(
        (
            Column("", share=1), Column("lines", "right", 0.6), Column("median days", "right", 0.8),
            *(Column(cause, "right", 1) for cause in redated.CAUSES),
        ),
        sums, above=(("", 3), ("Lines by cause", len(redated.CAUSES))),
    )  # fmt: skip


def _worst_redated(worst: pd.DataFrame) -> Table:
    """The lines that slipped the most: one row each."""
    named = tuple(
        (
            shown(f"{row['order_id']}/{row['line_no']}", LONGEST_NAME),
            shown(row["customer_name"], LONGEST_NAME),
            f"{day(row['from_date'])} to {day(row['to_date'])}",
            _days(row["days"]),
            f"{row['cause']}{_by(row['who'])}",
            _whole(row["backordered_value"]),
        )
        for row in worst.to_dict("records")
    )
    return Table(
        (
            Column("Order line", share=0.8), Column("Customer", share=1.2), Column("Expected"), Column("Days", "right"),
            Column("Why", share=1.2), Column(settings.currency(), "right"),
        ),
        named,
        title="The worst",
    )  # fmt: skip


def _ages(report: Report) -> Section:
    """How old the backlog is on both clocks, then and now."""
    backlog = report.plan.backlog
    value = money(old_value(backlog, report.buckets))
    titles = {"ordered": "Open lines by days since the order", "promise": "Open lines by days past the promise"}
    drawings = []
    for clock, title in titles.items():
        rows = report.ages[report.ages["clock"] == clock]
        rows = pd.DataFrame({"bucket": rows["bucket"].astype("str"), "then": rows["lines_then"], "now": rows["lines"]})
        svg = report_charts.then_and_now(rows, "bucket", HALF)
        drawings.append(Chart(title, svg, report_charts.words(rows, "bucket", ["then", "now"])))
    sentence = age_sentence(backlog, report.buckets, report.waits).format(money=value)
    note = "Hollow bars are then, filled ones now. Every open line stands once on each clock."
    return Section("Ages", sentence, (tuple(drawings),), note)


def _trend(report: Report) -> Section:
    """How the backlog went from one day that was kept to the next."""
    rows = report.trend.tail(MOST_DAYS)
    days = rows["snapshot_date"]
    if len(rows) < 2:
        return Section("Trend", "A trend needs two days that were kept.", ())
    drawings = []
    for title, column, is_rate in TRENDS:
        svg = report_charts.line(days, rows[column], THIRD, is_rate)
        if svg:
            drawings.append(Chart(title.format(currency=settings.currency()), svg, _over_time(days, rows[column])))
    counts = {"moves": rows["moves"], "decisions": rows["decisions"]}
    told = "; ".join(f"{what}: {_over_time(days, each)}" for what, each in counts.items())
    drawings.append(Chart("Moves (filled) and decisions (hollow)", report_charts.pairs(days, counts, THIRD), told))
    note = (
        "A dot for each week of which a day was kept, as it was shown that day; the last is of "
        f"{day(days.iloc[-1])}. Moves and decisions: since the dot before."
    )
    return Section("Trend", "", tuple(tuple(drawings[at : at + 3]) for at in range(0, len(drawings), 3)), note)


def _customers(report: Report) -> Section:
    """Whom to call first, and why."""
    risk = customer_views.told_apart(report.risk, report.plan.book.customers.rename(columns={"name": "customer_name"}))
    first = risk.head(FIRST_CUSTOMERS)
    most = max(float(first["value_at_risk"].max()), 1.0) if len(first) else 1.0
    rows = tuple(
        (
            f"{place}",
            shown(row["customer"], LONGEST_NAME),
            f"{row['score']:.0f}",
            _whole(row["value_at_risk"]),
            _bar(row["value_at_risk"] / most),
            shown(row["reasons"]),
        )
        for place, row in enumerate(first.to_dict("records"), start=1)
    )
    table = Table(
        (
            Column("", "right"), Column("Customer", share=1), Column("Score", "right"),
            Column(f"At risk [{settings.currency()}]", "right"), Column(BAR), Column("Why", share=1.5),
        ),
        rows,
    )  # fmt: skip
    left_out = f" The first {FIRST_CUSTOMERS} of {len(risk):,} are shown." if len(risk) > FIRST_CUSTOMERS else ""
    note = f"{customer_views.HOW_SCORED}{left_out}"
    sentence = shown(customer_views.sentence(risk))
    return Section("Customers at risk", sentence, ((table,),) if rows else (), note if rows else "")


def _suppliers(report: Report) -> Section:
    """How far suppliers can be relied on, and whose purchase orders cost the most days."""
    if report.suppliers.empty:
        return Section("Suppliers", "No supplier is known.", ())
    figures = supplier_views.told_apart(report.suppliers)
    blocks = (*_reliability(figures), *_costs(report, figures))
    note = (
        f"OTIF: lines received whole by the first due date / lines first due in the last {DEFAULT_WINDOW_DAYS} days; "
        "overdue ones count against it. The dot is the rate, the bar its interval (Wilson); a dark one is of a "
        "supplier that is getting worse. Days: of order lines that wait for the supplier the days late expected, of "
        "undated ones the days since the promise. "
        f"{supplier_views.by_chance(figures)}"
    )
    sentence = supplier_views.sentence(figures, report.open_po_lines)
    return Section("Suppliers", sentence, (blocks,) if blocks else (), note)


def _reliability(figures: pd.DataFrame) -> tuple[Chart, ...]:
    """OTIF of the suppliers that most money waits for; nothing where none is waited for."""
    most = supplier_views.most_waited_for(figures, FIRST_SUPPLIERS)
    if most.empty:
        return ()
    told = zip(most["supplier"], supplier_rates.intervals(most), strict=True)
    named = most.assign(supplier_name=[shown(name, LONGEST_LABEL) for name in most["supplier"]])
    drawing = Chart(
        "OTIF of the suppliers that most money waits for, 95 % interval, n lines",
        report_charts.intervals(named, HALF),
        "; ".join(f"{shown(name, LONGEST_NAME)}: {interval}" for name, interval in told),
    )
    return (drawing,)


def _costs(report: Report, figures: pd.DataFrame) -> tuple[Table, ...]:
    """Whose purchase orders cost the most days; nothing where none does."""
    costs = report.costs.head(FIRST_COSTS)
    if costs.empty:
        return ()
    names = dict(zip(figures["supplier_id"], figures["supplier"], strict=True))
    worst = max(float(costs["days"].max()), 1.0)
    rows = tuple(
        (
            shown(names.get(row["supplier_id"], row["supplier_id"]), LONGEST_NAME),
            _whole(row["days"]),
            _bar(row["days"] / worst),
            _whole(row["lines"]),
            _whole(row["money"]),
        )
        for row in costs.to_dict("records")
    )
    columns = (
        Column("Supplier", share=1), Column("Days", "right"), Column(BAR), Column("Lines", "right"),
        Column(settings.currency(), "right"),
    )  # fmt: skip
    return (Table(columns, rows, title="Suppliers that cost most days"),)


def _decisions(report: Report) -> Section:
    """What is still to be settled, and what was settled since, with what became of it."""
    decisions = report.decisions
    is_open = decisions["state"] == "open"
    due = int((is_open & (decisions["due_date"] <= pd.Timestamp(report.closing))).sum())
    settled = int((~is_open).sum())
    sentence = (
        f"{count(int(is_open.sum()), 'decision')} open, {due:,} due; {settled:,} settled since {day(report.opening)}."
    )
    if decisions.empty:
        return Section("Decisions", f"No decision is open, and none was settled since {day(report.opening)}.", ())
    rows = tuple(
        (
            shown(row["text"], LONGEST_DECISION),
            shown(Link(row["link_kind"], row["link_id"], row["link_line_no"]).name, LONGEST_NAME),
            shown(row["owner"], LONGEST_NAME),
            day(row["due_date"]) if pd.notna(row["due_date"]) else "",
            str(row["state"]),
            shown(row["became"]),
        )
        for row in decisions.head(MOST_DECISIONS).to_dict("records")
    )
    table = Table(
        (
            Column("Decided", share=1.5), Column("About", share=0.8), Column("Owner", share=0.6), Column("Due"),
            Column("State"), Column("Since", share=1.2),
        ),
        rows,
    )  # fmt: skip
    more = len(decisions) - MOST_DECISIONS
    note = f"{count(more, 'further decision')} not shown; the sheets hold all of them." if more > 0 else ""
    return Section("Decisions", sentence, ((table,),), note)


def _thrice(row: dict[str, float], name: str, text: Callable[[float], str]) -> tuple[str, str, str]:
    """A figure then, now, and its change."""
    then, now = row[f"{name}_then"], row[name]
    return text(then), text(now), signed(now - then, text)


def _step_figures(step: str, by_step: dict[str, pd.DataFrame]) -> tuple[str, ...]:
    """Lines, units and money of a step in both parts; nothing where a part does not have it."""
    is_sum = step in (bridge.OPENING, bridge.CLOSING)
    told: list[str] = []
    for steps in by_step.values():
        if step not in steps.index:
            told += ["", "", ""]
            continue
        for column, text in (("lines", _whole), ("qty", messages.units), ("value", _whole)):
            figure = float(steps.loc[step, column])
            told.append(text(figure) if is_sum else signed(figure, text))
    return tuple(told)


def _is_in_any(step: str, by_step: dict[str, pd.DataFrame]) -> bool:
    return any(step in steps.index for steps in by_step.values())


def _over_time(days: pd.Series, values: pd.Series) -> str:
    pairs = zip(days, values, strict=True)
    return ", ".join(f"{each:%Y-%m-%d} {value:,.2f}".removesuffix(".00") for each, value in pairs if pd.notna(value))


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _days(value: float) -> str:
    return NOTHING if pd.isna(value) else f"{value:,.1f}".removesuffix(".0").replace("-", MINUS)


def _by(who: object) -> str:
    return f", by {shown(who, LONGEST_NAME)}" if who else ""


def _bar(share: float) -> str:
    """A bar within a table, as the share of the longest one that it fills."""
    return f"{max(0.0, min(share, 1.0)):.3f}"
