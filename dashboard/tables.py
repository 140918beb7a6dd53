"""How tables look: one label, format and help text for each word of the glossary, on every page."""

from __future__ import annotations

import math
import secrets
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import settings
from dashboard.domain.frames import without_unused

Kind = Literal["text", "date", "instant", "units", "money", "days", "count", "score", "percent", "told", "rate"]
ROW_HEIGHT = 30
HEADER_HEIGHT = 32
PIXELS_A_CHARACTER = 7
CELL_PADDING = 18
WIDEST = 260
_VISIT = "visit-of-tables"
_LEADING = 6
"""Spaces before a zero: enough for numbers of five digits."""


@dataclass(frozen=True)
class Look:
    """A column's label on screen, how its values are written, and how the figure is made."""

    label: str
    kind: Kind = "text"
    help: str | None = None
    width: int | None = None
    is_pinned: bool = False


LOOKS = {
    "order_id": Look("Order", width=92, is_pinned=True),
    "line_no": Look("Line", width=52, is_pinned=True, help="The line on its order."),
    "customer_id": Look("Customer no.", width=96),
    "customer_name": Look("Customer", width=170),
    "tier": Look("Tier", "count", width=48, help="The customer's tier; 1 is best."),
    "sku": Look("SKU", width=104),
    "item_name": Look("Item name", width=170),
    "category": Look("Category", width=110),
    "location_id": Look("Location", width=78),
    "priority": Look("Priority", "count", width=64, help="1 goes first; no priority goes last."),
    "ordered_date": Look("Ordered", "date"),
    "requested_date": Look("Requested", "date", help="The day the customer asked for."),
    "first_promise_date": Look("First promise", "date", help="The day we first told the customer."),
    "promise_date": Look("Promise", "date", help="The day we tell the customer now."),
    "expected_date": Look(
        "Expected",
        "date",
        help="The day the last unit of the line is covered; empty if any unit has no date or no supply.",
    ),
    "complete_date": Look(
        "Complete", "date", help="The latest expected date of the order's open lines; empty if any of them has none."
    ),
    "available_date": Look(
        "Available", "date", help="Today for stock, else the restock date; empty if none can be used."
    ),
    "first_due_date": Look("First due", "date", help="The day the supplier first agreed to."),
    "due_date": Look("Due", "date", help="The day the supplier says now."),
    "due_date_when_moved": Look(
        "Due when moved", "date", width=112, help="The day the supplier said when we set our own date."
    ),
    "new_due_date": Look("Supplier says now", "date", width=126, help="The supplier's due date as it stands now."),
    "our_date": Look("Our date", "date", help="The restock date that a manager set, which is planned with."),
    "restock_date": Look("Restock", "date", help="The day we plan with: the manager's date if set, else the due date."),
    "days_late": Look("Days late", "days", help="Expected date less promise date; below zero is early."),
    "age_days": Look("Age", "days", help="Days since the order."),
    "days_past_promise": Look(
        "Past promise", "days", width=124, help="Days since the promise date; below zero is still to come."
    ),
    "days_overdue": Look(
        "Overdue", "days", width=106, help="Days since the restock date passed without the goods coming in."
    ),
    "days_past_due": Look(
        "Past due",
        "days",
        width=106,
        help="Days since the due date that the supplier says now passed: a later restock date set by a manager does "
        "not hide it.",
    ),
    "ordered_qty": Look("Ordered qty", "units", help="Units on the order line."),
    "shipped_qty": Look("Shipped", "units", help="Units that have left the house."),
    "open_qty": Look("Open", "units", help="Ordered less shipped less cancelled."),
    "ready_qty": Look("Ready", "units", help="Units covered by stock today."),
    "inbound_qty": Look("Inbound", "units", help="Units covered by purchase orders or planned restocks."),
    "uncovered_qty": Look("Uncovered", "units", help="Units that have no supply at all."),
    "backordered_qty": Look(
        "Backordered", "units", width=96, help="Open and not covered by stock today: inbound and uncovered units."
    ),
    "allocated_qty": Look("Allocated", "units", help="Units of this supply set aside for this line."),
    "taken_qty": Look("Takes", "units", help="Units of the same supply that this line takes before."),
    "stock_qty": Look("Stock", "units", help="Units on the shelf."),
    "free_qty": Look("Free", "units", help="Stock that no order line needs there."),
    "open_value": Look("Open", "money", width=110, help="Open units times unit price."),
    "backordered_value": Look("Backordered", "money", width=128, help="Backordered units times unit price."),
    "state": Look("State", width=88, help="The first that fits: ready, uncovered, undated, late, unpromised, on time."),
    "supply_kind": Look("Supply", width=110),
    "supply_id": Look("Supply no.", width=110),
    "waits_for": Look(
        "Waits for",
        width=118,
        help="The supply to come that the last units wait for: it decides the expected date. Empty where none is to "
        "come.",
    ),
    "waits_until": Look("Until", "date", help="The day that supply is available; empty if it has no usable date."),
    "last_supply": Look(
        "Waits for",
        width=118,
        help="The supply to come that the last units wait for: it decides the expected date. How many more there are "
        "before it, and whether some units have no supply at all.",
    ),
    "last_supply_date": Look("Until", "date", help="The day that supply is available; empty if it has no usable date."),
    "supplier_id": Look("Supplier no.", width=92),
    "supplier_name": Look(
        "Supplier",
        width=170,
        help="Of the supply it waits for, none of a planned restock; where none is to come, the SKU's usual supplier.",
    ),
    "lines": Look("Lines", "count", width=58, help="Order lines."),
    "po_id": Look("Purchase order", width=110),
    "unit_price": Look("Unit price", "money"),
    "unit_cost": Look("Unit cost", "money"),
    "rank": Look("Rank", "count", width=52, is_pinned=True, help="By the lower end of the OTIF interval."),
    "mark": Look(
        "Turn",
        width=62,
        help="Better or worse where OTIF of the last 90 days differs significantly from the 365 days before "
        "(two-proportion test at 5 %, 10 lines at least on both sides).",
    ),
    "otif_told": Look(
        "OTIF, interval, n",
        "rate",
        width=156,
        help="Lines received whole by the first due date / lines due, its 95 % interval (Wilson) and n; overdue lines "
        "count against it. Lines whole on an unknown day are left out. Other definitions: in the supplier's own view.",
    ),
    "on_time_told": Look(
        "On time, interval, n",
        "rate",
        width=156,
        help="Good units received by the first due date, at most what was ordered / units ordered, of lines due; "
        "Wilson's interval with n = lines, not units.",
    ),
    "in_full_told": Look(
        "In full, interval, n",
        "rate",
        width=156,
        help="Lines received whole by now / lines due, its 95 % interval (Wilson) and n.",
    ),
    "otif_percent": Look(
        "OTIF",
        "percent",
        width=70,
        help="Lines received whole by the first due date / lines due; overdue ones count against it. "
        "Lines whole on an unknown day are left out. n stands beside it.",
    ),
    "otif_interval": Look("OTIF, 95 % interval", width=132, help="Wilson's interval, and n: the lines it is made of."),
    "median_late_told": Look(
        "Days late",
        "told",
        width=80,
        help="The median. Received whole less first due; below zero is early. Kaplan-Meier: a line not received is "
        "late at least until today. Not yet: fewer than half have come.",
    ),
    "supplier_days_late": Look(
        "Late", "days", width=84, help="Received whole, else today, less first due; below zero is early."
    ),
    "lead_told": Look(
        "Lead days", "told", width=80, help="Median from ordered to whole, of lines that are whole. Not yet: none is."
    ),
    "lines_due": Look("Lines due", "count", width=80, help="Lines first due in the window, before today."),
    "po_lines_open": Look("Open", "count", width=58, help="Open purchase-order lines."),
    "lines_overdue": Look("Overdue", "count", width=74, help="Open lines whose restock date has passed."),
    "lines_past_due": Look(
        "Past due",
        "count",
        width=74,
        help="Open lines whose due date, as the supplier says it now, has passed, whatever day we plan with.",
    ),
    "backordered_value_waiting": Look(
        "Waiting", "money", width=112, help="Backordered units set aside from its purchase-order lines x unit price."
    ),
    "decided_by": Look(
        "Date decided by",
        width=120,
        help="The last supply that the line needs: its day is the expected date, and where it has no usable day "
        "the line has none. Empty where units have no supply at all.",
    ),
    "supplier": Look("Supplier", width=170),
    "sole_skus": Look(
        "Only source", "count", width=92, help="SKUs that nobody else is listed for or was ordered from."
    ),
    "po_line": Look("Purchase order line", width=132, is_pinned=True),
    "order_lines": Look("Order lines", "count", help="That take units of it."),
    "customers": Look("Customers", "count", help="Whose order lines take units of it."),
    "waiting_qty": Look("Waiting", "units", help="Units of it set aside for order lines."),
    "waiting_value": Look("Waiting for it", "money", width=128, help="These units x the order lines' unit prices."),
    "source_rank": Look(
        "Source", "count", width=64, help="1 is the usual source; not listed: ordered from all the same."
    ),
    "last_ordered_date": Look("Last ordered", "date", help="The latest purchase order of the SKU there."),
    "source_lead_days": Look("Agreed lead time", "days", width=150),
    "counted_as": Look("Counted as", width=180, help="The first due date decides; whole by it alone is OTIF."),
    "wanted_qty": Look("Wanted", "units", help="Ordered less cancelled."),
    "by_first_due_qty": Look("By first due", "units", help="Good units received by the first due date."),
    "rejected_qty": Look("Rejected", "units"),
    "received_qty": Look("Received", "units"),
    "cancelled_qty": Look("Cancelled", "units"),
    "by_day_qty": Look("By day", "units", help="The sum of what is known by day."),
    "open_lines": Look("Open lines", "count"),
    "shipped_date": Look("Shipped on", "date"),
    "received_date": Look("Received on", "date"),
    "score": Look(
        "Score", "score", width=64, help="0 to 100; the parts it is made of stand in the customer's own view."
    ),
    "customer": Look("Customer", width=215),
    "reasons": Look("Why", width=630),
    "value_open": Look("Open", "money", width=110, help="Open units times unit price."),
    "value_at_risk": Look(
        "At risk", "money", width=110, help="Backordered units of late, undated and uncovered lines times unit price."
    ),
    "lines_late": Look("Late", "count", width=56, help="Lines expected after their promise date."),
    "lines_undated": Look("Undated", "count", width=68, help="Lines that hang on a supply without a usable date."),
    "lines_uncovered": Look("Uncovered", "count", width=80, help="Lines of which some units have no supply at all."),
    "days_moved": Look(
        "Moved by", "days", width=110, help="Days from the date before to the date after; above zero is later."
    ),
    "effect": Look("What happens", width=130, help="The first that fits: become late, lose their date, later, ..."),
    "orders": Look("Orders", "count", width=64),
    "affected_customers": Look("Customers", "count", width=82),
    "become_late": Look("Become late", "count", width=92, help="Lines expected after their promise that were not."),
    "lose_date": Look("Lose date", "count", width=80, help="Lines that had an expected date and will have none."),
    "lose_supply": Look("Lose supply", "count", width=96, help="Undated lines of which nothing covers more units."),
    "get_supply": Look("Get supply", "count", width=90, help="Undated lines of which more units are covered."),
    "get_date": Look("Get date", "count", width=76, help="Lines that had no expected date and will have one."),
    "become_on_time": Look("On time", "count", width=72, help="Late lines that will be on time."),
    "worse_value": Look(
        "Worse", "money", width=150, help="Backordered value of lines that become late, lose their date or lose supply."
    ),
    "state_before": Look("State before", width=96),
    "state_after": Look("State after", width=92),
    "promise_before": Look(
        "Promise before", "date", width=112, help="The day we tell the customer until this is saved."
    ),
    "backordered_qty_before": Look("Units before", "units", width=92, help="Backordered units as they stand now."),
    "backordered_value_before": Look("Before", "money", width=112, help="Backordered money as it stands now."),
    "expected_before": Look("Expected before", "date", width=118, help="The expected date as it stands now."),
    "expected_after": Look("Expected after", "date", width=108, help="The expected date once this is saved."),
    "days_late_after": Look("Late after", "days", width=104, help="Days late once this is saved."),
    "supply_qty": Look("To come", "units", width=76, help="Units still to come."),
    "restock_mark": Look(
        "Mark",
        width=90,
        help="Overdue: the restock date has passed. Undated: there is none. Supplier changed: its due date changed "
        "after we set our own date. Moved: we set the date.",
    ),
    "moved_by": Look("Moved by", width=96, help="Who made its last move."),
    "moved_at": Look("Moved at [UTC]", "instant"),
    "move_reason": Look("Reason", width=130, help="Of its last move."),
    "note": Look("Note", width=200),
    "new_promise_date": Look("New promise", "date", width=120, help="Empty leaves the promise as it is."),
    "move_why": Look("Reason", width=122, help="Why the date moved, as whoever moved it chose."),
    "move_how": Look("How", width=56, help="In a form, in the table of dates, from a file, or as an undo."),
    "batch_told": Look(
        "Batch", width=92, help="Which of how many moves that were saved together; empty where it was saved alone."
    ),
    "back_mark": Look("Moved back", width=84, help="A later move took this one back."),
    "expected_told": Look("Units", "told", width=84, help="Of planned restocks: units expected, before and after."),
    "event": Look("What", width=178),
    "at_told": Look("When [UTC]", width=128),
    "came_told": Look("Came", width=120, help="Good units received on that day; rejected ones are named."),
    "person": Look("Person", width=110),
    "right_percent": Look("Right", "percent", width=60, help="Dates that proved right / dates whose outcome is known."),
    "right_interval": Look("95 % interval", width=118, help="Wilson's interval, and n: dates whose outcome is known."),
    "too_early": Look("Too early", "count", width=72, help="The goods came later than we said, or are overdue."),
    "too_late": Look("Too late", "count", width=68, help="The goods came sooner than we said."),
    "days_off_told": Look(
        "Days off",
        "told",
        width=72,
        help="Median of goods whole less our date; above zero they came later than we said. What has not come counts "
        "with its days so far.",
    ),
    "not_yet": Look("Not yet known", "count", width=100, help="Not come, and our date is not past: left out of n."),
    "new_date": Look("New restock date", "date", width=130, help="Empty leaves the line as it is."),
    "times_moved": Look("Moved", "count", width=64, help="How often the promise was changed."),
    "step_value": Look("Change", "money", width=116, help="What this line adds to the step, or takes from it."),
    "step_qty": Look("Change, units", "units", width=104, help="What this line adds to the step, or takes from it."),
    "still_open": Look("Still open", width=78, help="Whether it is open on the second day."),
    "direction": Look("Date", width=104, help="Slipped is later than expected on the first day, improved sooner."),
    "cause": Look("Cause", width=178, help="The first that fits, as told above."),
    "median_days": Look("Median", "days", width=98, help="Expected now less expected then; above zero is later."),
    "total_days": Look("In all", "days", width=92, help="Added up over the lines."),
    "from_date": Look("From", "date"),
    "to_date": Look("To", "date", help="Empty where it was withdrawn."),
    "changed_at": Look("When [UTC]", "instant"),
    "changed_by": Look("By", width=110),
    "email": Look("E-mail", width=220),
    "role": Look("Role", width=80),
    "from_role": Look("From", width=80),
    "to_role": Look("To", width=80),
    "how": Look("How", width=90, help="By an import, or on a page."),
    "last_shipped_date": Look("Last shipped", "date"),
    "shipped_days_late": Look("Days late", "days", help="Last shipped less first promise date."),
    "late_qty": Look("Late units", "units", help="Units that left after the first promise date."),
    "evidence": Look("Evidence", width=330),
    "figure": Look("Figure", width=240),
    "points": Look("Points", "score", help="What it adds to the score."),
    "most_points": Look("At most", "score", help="Its weight as a part of 100."),
    "decision_text": Look("Decision", width=300),
    "decision_state": Look("Settled", width=76, help="Done or dropped."),
    "owner": Look("Owner", width=120, help="Who sees to it."),
    "about": Look("About", width=200),
    "became": Look("What became of it", width=260),
    "decision_column": Look("What", width=84),
    "from_value": Look("From", width=130),
    "to_value": Look("To", width=130),
    "decision_note": Look("Note", width=160),
    "import_id": Look("Import", "count", width=64),
    "table": Look("Table", width=110),
    "source": Look("Source", width=200),
    "imported_by": Look("By", width=110),
    "imported_at": Look("At [UTC]", "instant"),
    "new_rows": Look("New", "count"),
    "changed_rows": Look("Changed", "count"),
    "unchanged_rows": Look("Unchanged", "count"),
    "closed_rows": Look("Closed", "count", help="Rows that a full extract no longer listed."),
    "refused_rows": Look("Refused", "count"),
    "key": Look("Row", width=140),
    "column": Look("Column", width=130),
    "old": Look("Old", width=150),
    "new": Look("New", width=150),
    "value": Look("Value", width=140),
    "reason": Look("Reason", width=620),
    "row_no": Look("Row", "count", width=64, help="The line in the file, or the row of the sheet."),
}


def show(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    key: str | None = None,
    most: int = 12,
    placeholder: str = "",
    **options: Any,
) -> Any:
    """Draw the columns of a frame as the glossary says, `most` rows high; further options go to st.dataframe."""
    if key is not None and callable(choose := options.get("on_select")):
        options["on_select"] = _while_drawn(key, choose)
    shown = trimmed(frame, columns)
    return st.dataframe(
        shown,
        hide_index=True,
        column_config=configs(columns) | _wide_enough(shown),
        height=fitting_height(len(frame), most),
        row_height=ROW_HEIGHT,
        placeholder=placeholder,
        key=key,
        **options,
    )


def trimmed(frame: pd.DataFrame, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """These columns, or all, without the categories that no row has: a browser is sent each one, seen or not."""
    wanted = frame if columns is None else frame[list(columns)]
    texts = wanted.select_dtypes("category")
    return wanted.assign(**{name: without_unused(column.array) for name, column in texts.items()})


def key_of(table: str, rows: Iterable[object]) -> str:
    """A key of its own for each set of rows: Streamlit keeps a choice as a position, which means another row there.

    For each visit, too: where the server was started anew, a browser would still show as chosen what nobody knows of.
    """
    visit = st.session_state.setdefault(_VISIT, secrets.token_hex(4))
    return f"{table}-{zlib.crc32('|'.join(map(str, [visit, *rows])).encode())}"


def _while_drawn(key: str, choose: Callable[[], None]) -> Callable[[], None]:
    """What a choice in a table sets off, as long as no other stands in its place.

    A browser that has yet to hear of the other one says again what was chosen here: it would undo what came since.
    """
    place = f"table-of-{key.rpartition('-')[0]}"
    st.session_state[place] = key

    def choose_there() -> None:
        if st.session_state[place] == key:
            choose()

    return choose_there


def as_number(number: float, text: str) -> str:
    """A number's text for a column of kind "told", which sorts it among others and words as the number that it is.

    A browser sorts a space before all that is written: the texts are led by the more of them the smaller the number is,
    and at the right edge of their column nobody sees them. A zero has six, 0.5 has five, 1 to 9 four, and one less for
    each further digit. Below zero each half is one more, however many: by its own text -12 would sort before -13.
    """
    if number < 0:
        magnitude = math.floor(2 * number)
    elif number < 1:
        magnitude = math.ceil(number)
    else:
        magnitude = 1 + len(f"{int(number)}")
    return " " * (_LEADING - magnitude) + text


def configs(columns: Sequence[str]) -> dict[str, Any]:
    """Streamlit's column configuration for columns of the glossary; others are left as they come."""
    return {name: _config(LOOKS[name]) for name in columns if name in LOOKS}


def fitting_height(rows: int, most: int) -> int:
    """Height of a table that shows its rows without empty space, at most so many of them [pixels]."""
    return HEADER_HEIGHT + ROW_HEIGHT * max(1, min(rows, most)) + 2


def _wide_enough(frame: pd.DataFrame) -> dict[str, Any]:
    """Text columns as wide as the texts in them: numbers that are cut off cannot be told apart."""
    widened = {}
    for name in frame.columns:
        look = LOOKS.get(name)
        if look is None or look.kind != "text" or look.width is None:
            continue
        width = min(PIXELS_A_CHARACTER * _longest(frame[name]) + CELL_PADDING, WIDEST)
        if width > look.width:
            widened[name] = _config(replace(look, width=width))
    return widened


def _longest(column: pd.Series) -> int:
    """The characters of the longest text among the first thousand rows, or among as many categories."""
    texts = column.array.categories if isinstance(column.array, pd.Categorical) else column
    return max((len(str(text)) for text in texts[:1_000].to_numpy(dtype=object)), default=0)


def _config(look: Look) -> Any:
    common: dict[str, Any] = {"help": look.help, "pinned": look.is_pinned or None}
    if look.kind in ("text", "rate"):  # a rate comes with its interval and n, as text
        return st.column_config.TextColumn(look.label, width=look.width, **common)
    if look.kind == "told":  # a number, or why there is none
        return st.column_config.TextColumn(look.label, width=look.width, alignment="right", **common)
    if look.kind == "date":
        return st.column_config.DateColumn(look.label, format="YYYY-MM-DD", width=look.width or 92, **common)
    if look.kind == "instant":
        return st.column_config.DatetimeColumn(look.label, format="YYYY-MM-DD HH:mm", width=130, **common)
    return st.column_config.NumberColumn(_with_unit(look), format=_format(look.kind), width=look.width or 84, **common)


def _with_unit(look: Look) -> str:
    """The label with its unit, so that a number never stands alone."""
    unit = {"money": settings.currency(), "days": "days"}.get(look.kind)
    return f"{look.label} [{unit}]" if unit and unit not in look.label.lower() else look.label


def _format(kind: Kind) -> str:
    return {
        "money": "accounting",
        "units": "localized",
        "days": "%d",
        "count": "localized",
        "score": "%.1f",
        "percent": "%g %%",
    }[kind]
