"""The report as XLSX: every table of it whole, one sheet each, with filters. Text from data stays text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from dashboard import settings, supplier_views
from dashboard.domain import bridge
from dashboard.domain.aging import CLOCKS
from dashboard.files import to_workbook
from dashboard.messages import day
from dashboard.report import Report

WHOLE, UNITS, RATE, SCORE, MONEY = "#,##0", "#,##0.000", "0.0%", "#,##0.0", "#,##0.00"
PARTS = {bridge.OPEN: "open", bridge.BACKORDERED: "backordered"}
CLOCK_NAMES = dict(zip(CLOCKS, ("since the order", "past the promise"), strict=True))
_OF_STEP = {"lines": "Lines", "qty": "Units", "value": "Money"}
_STEP_LINES = {
    "step": "Step", "order_id": "Order", "line_no": "Line", "customer_id": "Customer no.",
    "customer_name": "Customer", "sku": "SKU", "category": "Category", "supplier_id": "Supplier no.",
    "supplier_name": "Supplier", "open_lines": "Open lines", "open_qty": "Open units", "open_value": "Open money",
    "backordered_lines": "Backordered lines", "backordered_qty": "Backordered units",
    "backordered_value": "Backordered money", "ordered_date": "Ordered", "promise_date": "Promise",
    "expected_date": "Expected", "state": "State",
}  # fmt: skip
_REDATED = {
    "direction": "What", "cause": "Why", "who": "By", "order_id": "Order", "line_no": "Line",
    "customer_id": "Customer no.", "customer_name": "Customer", "sku": "SKU", "category": "Category",
    "supplier_id": "Supplier no.", "supplier_name": "Supplier", "waits_for": "Waits for", "state": "State",
    "promise_date": "Promise", "from_date": "Expected then", "to_date": "Expected now", "days": "Days",
    "backordered_value": "Backordered money",
}  # fmt: skip
_RISK = {
    "customer_id": "Customer no.", "customer_name": "Customer", "score": "Score", "value_at_risk": "Money at risk",
    "value_open": "Open money", "lines_open": "Open lines", "lines_late": "Late lines",
    "lines_undated": "Undated lines", "lines_uncovered": "Uncovered lines", "reasons": "Why",
}  # fmt: skip
_SUPPLIERS = {
    "rank": "Rank", "supplier_id": "Supplier no.", "supplier_name": "Supplier", "mark": "Turn", "otif_rate": "OTIF",
    "otif_low": "OTIF from", "otif_high": "OTIF to", "lines_judged": "n", "on_time_rate": "On time",
    "in_full_rate": "In full", "lines_due": "Lines due", "median_days_late": "Median days late",
    "lead_time_days": "Lead days", "lines_open": "Open lines", "lines_overdue": "Overdue lines",
    "backordered_value_waiting": "Money waiting",
}  # fmt: skip
_COSTS = {
    "supplier_id": "Supplier no.", "supplier_name": "Supplier", "days": "Days", "lines": "Lines", "money": "Money",
}  # fmt: skip
_DECISIONS = {
    "text": "Decided", "link_kind": "About", "link_id": "Number", "link_line_no": "Line", "owner": "Owner",
    "due_date": "Due", "state": "State", "expected": "Expected", "became": "Since", "decided_date": "Decided on",
    "decided_by": "Decided by", "note": "Note",
}  # fmt: skip
_TREND = {
    "snapshot_date": "Day", "open_lines": "Open lines", "open_qty": "Open units", "open_value": "Open money",
    "backordered_lines": "Backordered lines", "backordered_qty": "Backordered units",
    "backordered_value": "Backordered money", "late_lines": "Late lines", "oldest_days": "Oldest days",
    "otif_rate": "OTIF", "otif_low": "OTIF from", "otif_high": "OTIF to", "due_lines": "n", "moves": "Moves",
    "decisions": "Decisions",
}  # fmt: skip
_BY_WORD = {
    "money": MONEY, "units": UNITS, "otif": RATE, "time": RATE, "full": RATE, "score": SCORE, "lines": WHOLE,
    "n": WHOLE, "rank": WHOLE, "days": SCORE, "late": SCORE,
}  # fmt: skip
"""How numbers are written, by a word of their heading; the first that is in it decides."""


def to_sheets(report: Report) -> bytes:
    """A workbook: the same report gives the same bytes. Money is in the company's currency, told on the first sheet."""
    sheets = {"Report": _cover(report), **_tables(report)}
    return to_workbook(sheets, _formats(sheets.values()), report.closing)


def _cover(report: Report) -> pd.DataFrame:
    told = {
        "Company": settings.company(),
        "From": day(report.opening),
        "To": day(report.closing),
        "Data revision then": f"{report.opening_revision:,}",
        "Data revision now": f"{report.closing_revision:,}",
        "Currency": settings.currency(),
        "What changed": report.sentence,
        "Suppliers": supplier_views.sentence(supplier_views.told_apart(report.suppliers), report.open_po_lines),
    }
    return pd.DataFrame({"What": list(told), "Told": list(told.values())})


def _tables(report: Report) -> dict[str, pd.DataFrame]:
    return {
        "Totals": report.totals.rename(columns=_then_and_now),
        **_bridges(report),
        "Lines of the bridge": _taken(_step_lines(report), _STEP_LINES),
        "Re-dated": _taken(report.redated, _REDATED),
        "Ages": _taken(
            report.ages.assign(clock=report.ages["clock"].map(CLOCK_NAMES)), {"clock": "Days", "bucket": "Bucket"}
        ).join(report.ages.drop(columns=["clock", "bucket"]).rename(columns=_then_and_now)),
        "Customers at risk": _taken(report.risk, _RISK),
        "Suppliers": _taken(report.suppliers, _SUPPLIERS),
        "Supplier days": _taken(_named_costs(report), _COSTS),
        "Decisions": _taken(report.decisions, _DECISIONS),
        "Trend": _taken(report.trend, _TREND),
    }


def _bridges(report: Report) -> dict[str, pd.DataFrame]:
    """The bridge of both parts in one sheet, and one more for each split."""
    found = {"Bridge": _both(report, None, {"step": "Step"})}
    for split in bridge.SPLITS:
        number = {} if split == "category" else {"group": f"{split.capitalize()} no."}
        heads = number | {"group_name": split.capitalize(), "step": "Step"}
        found[f"Bridge by {split}"] = _both(report, split, heads)
    return found


def _both(report: Report, split: str | None, heads: Mapping[str, str]) -> pd.DataFrame:
    parts = [report.comparison.bridge(part, split).assign(part=name) for part, name in PARTS.items()]
    return _taken(pd.concat(parts, ignore_index=True), {"part": "Part", **heads, **_OF_STEP})


def _step_lines(report: Report) -> pd.DataFrame:
    """The lines behind both bridges: one row per order line and step, open beside backordered."""
    parts = [
        report.comparison.lines(part).rename(columns={each: f"{name}_{each}" for each in _OF_STEP})
        for part, name in PARTS.items()
    ]
    both = pd.concat(parts, ignore_index=True)
    return both.groupby(["step", "order_id", "line_no"], sort=False, observed=True, as_index=False).first()


def _named_costs(report: Report) -> pd.DataFrame:
    named = report.suppliers.set_index("supplier_id")["supplier_name"].astype("str")
    return report.costs.assign(supplier_name=report.costs["supplier_id"].map(named).fillna(report.costs["supplier_id"]))


def _taken(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """These columns of a frame, in this order, under these headings."""
    return frame[list(names)].rename(columns=dict(names)).reset_index(drop=True)


def _then_and_now(name: str) -> str:
    """The heading of a figure that stands then and now: "Lines then", "Money now"."""
    known = {"lines": "Lines", "units": "Units", "money": "Money", "value": "Money"}
    measure, _, when = name.partition("_")
    return f"{known[measure]} {when or 'now'}" if measure in known else name.capitalize()


def _formats(frames: Iterable[pd.DataFrame]) -> dict[str, str]:
    """How the numbers of each column are written, by its heading; decimals only where it has any in some sheet."""
    found: dict[str, str] = {}
    for frame in frames:
        for name in map(str, frame.select_dtypes("number")):
            words = name.casefold().split()
            form = next((form for word, form in _BY_WORD.items() if word in words), WHOLE)
            is_whole = form in (UNITS, SCORE) and bool((frame[name].dropna() % 1 == 0).all())
            if name not in found or not is_whole:
                found[name] = WHOLE if is_whole else form
    return found
