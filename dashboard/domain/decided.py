"""Decisions: what was decided, of what, by when, the rules that they keep, and what became of what they are about.

A decision is linked to one order line, order, customer, supplier, purchase-order line or SKU, or stands alone. Knows no
store and no screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo

import numpy as np
import pandas as pd

from dashboard.domain.backlog import LATE, UNCOVERED, UNDATED
from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.days import DAY_DTYPE
from dashboard.domain.exact import Integers, total_value
from dashboard.domain.plan import Plan
from dashboard.domain.restocks import MOST_YEARS, last_day
from dashboard.domain.texts import why_no_name, why_no_text

OPEN, DONE, DROPPED = STATES = ("open", "done", "dropped")
"""What is still to be settled, and how it was settled."""

ORDER_LINE, ORDER, CUSTOMER, SUPPLIER, PURCHASE_ORDER_LINE, SKU = LINK_KINDS = (
    "order line",
    "order",
    "customer",
    "supplier",
    "purchase-order line",
    "SKU",
)
"""What a decision may be linked to."""
_WITH_LINE = (ORDER_LINE, PURCHASE_ORDER_LINE)

MOST_TEXT, MOST_OWNER = 500, 100
"""Characters of a decision, of what is expected of it or of a note; of its owner."""


@dataclass(frozen=True)
class Link:
    """What a decision is about; the empty link stands for nothing. id: order, purchase order, customer and so on."""

    kind: str = ""
    id: str = ""
    line_no: str = ""

    @property
    def number(self) -> str:
        """Its number as it is shown: "SO-5001/2", "C-1"; "" of the empty link."""
        return f"{self.id}/{self.line_no}" if self.kind in _WITH_LINE else self.id

    @property
    def name(self) -> str:
        """Its kind and number: "order line SO-5001/2"; "" of the empty link."""
        return f"{self.kind} {self.number}".strip()


@dataclass(frozen=True)
class Draft:
    """What is to be decided: text, who sees to it, by when (None: no day), what is expected of it, what it is about."""

    text: str
    owner: str
    due_date: date | None = None
    expected: str = ""
    link: Link = Link()


@dataclass(frozen=True)
class Figures:
    """How it stands with what a decision is linked to, on one day.

    lines: open order lines of it. late_lines: of these, expected after their promise. without_date: undated or
    uncovered. days_late: the most of the late ones [days], 0 where none is late. backordered_value [money].
    """

    lines: int
    late_lines: int
    days_late: int
    backordered_value: float
    without_date: int = 0


def figures_of(plan: Plan, link: Link) -> Figures | None:
    """How it stands with what a decision is linked to by this plan; None where it is linked to nothing.

    Of a supplier: the backordered lines that wait for it, or for its SKUs where nothing is on order; of a
    purchase-order line: the lines that take units of it. All 0 where no line of it is open.
    """
    if not link.kind:
        return None
    lines = plan.backlog[_COUNTED].iloc[rows_of(plan, link)]
    late = lines["days_late"].to_numpy()[(lines["state"] == LATE).to_numpy()]
    return Figures(
        lines=len(lines),
        late_lines=len(late),
        days_late=int(late.max(initial=0)),
        backordered_value=total_value(lines["backordered_value"]),
        without_date=int(lines["state"].isin([UNDATED, UNCOVERED]).sum()),
    )


def rows_of(plan: Plan, link: Link) -> Integers:
    """The rows of the backlog that a link is about, in the order of the backlog."""
    backlog, column = plan.backlog, _COLUMNS.get(link.kind)
    if link.kind == PURCHASE_ORDER_LINE:
        taken = plan.allocations
        is_of_it = np.isin(taken["supply_index"].to_numpy(), supplies_of(plan, link))
        return np.unique(taken["line_index"].to_numpy()[is_of_it])
    if column is None:
        return np.empty(0, dtype=np.int64)
    rows = _rows_with(backlog[column], link.id)
    if link.kind == ORDER_LINE:
        rows = rows[(backlog["line_no"].iloc[rows] == link.line_no).to_numpy(dtype=bool)]
    if link.kind == SUPPLIER:
        rows = rows[backlog["backordered_qty"].to_numpy()[rows] > 0]
    return rows


def _rows_with(column: pd.Series, text: str) -> Integers:
    """The rows that hold this text; a category is compared by its codes, for a page asks for many decisions at once."""
    place = column.cat.categories.get_indexer(pd.Index([text]))[0]
    return np.flatnonzero(column.array.codes == place) if place >= 0 else np.empty(0, dtype=np.int64)


def supplies_of(plan: Plan, link: Link) -> Integers:
    """The row of the book's supplies that is this purchase-order line: one, or none where it is not open."""
    rows = plan.book.supplies_by_document.rows_of([link.id])
    found = plan.book.supplies.iloc[rows]
    return rows[((found["line_no"] == link.line_no) & (found["supply_kind"] == PURCHASE_ORDER)).to_numpy(dtype=bool)]


_COUNTED = ["state", "days_late", "backordered_value"]
_COLUMNS = {
    ORDER_LINE: "order_id",
    ORDER: "order_id",
    CUSTOMER: "customer_id",
    SUPPLIER: "supplier_id",
    SKU: "sku",
}
"""The column of the backlog that holds the id of each kind of link."""


def what_became(then: Figures | None, now: Figures | None) -> str:
    """What became of it since, in a sentence: "3 lines late then, 1 now; worst 21 days then, 4 now."

    then: on the day of the decision; now: by the present data. "" where it is linked to nothing.
    """
    if now is None:
        return ""
    if then is None:
        return f"{_standing(now)} now."
    if not now.lines:
        return f"{_standing(then)} then; nothing of it is open now." if then.lines else "Nothing of it is open."
    parts = []
    if then.late_lines or now.late_lines:
        parts.append(f"{_lines(then.late_lines)} late then, {now.late_lines:,} now")
        parts.append(f"worst {_days(then.days_late)} then, {now.days_late:,} now")
    if then.without_date or now.without_date:
        parts.append(f"{_lines(then.without_date)} without a date then, {now.without_date:,} now")
    if not parts:
        parts.append(f"{_lines(then.lines)} open then, {now.lines:,} now; none late or without a date")
    return f"{'; '.join(parts)}."


def _standing(figures: Figures) -> str:
    """How it stands on one day: "3 of 5 lines late, the worst 21 days, 1 without a date"."""
    parts = []
    if figures.lines == 1:
        late = f"{_days(figures.days_late)} late" if figures.late_lines else "not late"
        return f"1 line, {'without a date' if figures.without_date else late}"
    if figures.late_lines:
        parts.append(f"{figures.late_lines:,} of {_lines(figures.lines)} late, the worst {_days(figures.days_late)}")
    if figures.without_date:
        whole = "" if parts else f" of {_lines(figures.lines)}"
        parts.append(f"{figures.without_date:,}{whole} without a date")
    return ", ".join(parts) or f"{_lines(figures.lines)} open, none late or without a date"


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


def why_refused(draft: Draft, today: date) -> str | None:
    """Why this cannot be decided, as the end of a sentence about the decision; None where it can.

    It needs a text and an owner; a due date may be from today to five years ahead.
    """
    link = draft.link
    if link != Link() and link.kind not in LINK_KINDS:
        return f"is about {link.kind!r}: link it to one of {', '.join(LINK_KINDS)}, or to nothing"
    if link.kind and (not link.id or (link.kind in _WITH_LINE and not link.line_no)):
        return f"does not say which {link.kind} it is about: choose one"
    return why_refused_words(draft.text, draft.owner, draft.expected) or why_refused_day(draft.due_date, today)


def why_refused_words(text: str, owner: str, *others: str) -> str | None:
    """Why these words cannot be kept, as the end of a sentence about the decision; None where they can."""
    if not text.strip():
        return "has no text: write what is to be done"
    if not owner.strip():
        return "has no owner: name who sees to it"
    if len(owner) > MOST_OWNER:
        return f"has an owner of {len(owner):,} characters: write at most {MOST_OWNER}"
    longest = max(map(len, (text, *others)))
    if longest > MOST_TEXT:
        return f"holds a text of {longest:,} characters: write at most {MOST_TEXT}"
    if why_no_name(owner):
        return "has an owner whose name holds a control character or a line break: write it anew"
    why = next(filter(None, map(why_no_text, (text, *others))), None)
    return f"{why}: write it anew" if why else None


def why_refused_day(due_date: date | None, today: date) -> str | None:
    """Why a due date cannot be taken, as the end of a sentence about the decision; None where it can."""
    if due_date is not None and due_date < today:
        return f"would be due on {due_date}, which is already over: choose today or a later day"
    if due_date is not None and due_date > last_day(today):
        return f"would be due on {due_date}, more than {MOST_YEARS} years ahead: choose a day up to {last_day(today)}"
    return None


def link_of(decision: pd.Series) -> Link:
    """What a decision is linked to: a row of data_access.decisions.decisions."""
    return Link(str(decision["link_kind"]), str(decision["link_id"]), str(decision["link_line_no"]))


def figures_then(decision: pd.Series) -> Figures | None:
    """How it stood on the day of a decision, a row as above; None where that was not known."""
    if pd.isna(decision["lines_then"]):
        return None
    return Figures(
        lines=int(decision["lines_then"]),
        late_lines=int(decision["late_lines_then"]),
        days_late=int(decision["days_late_then"]),
        backordered_value=float(decision["backordered_value_then"]),
        without_date=int(decision["without_date_then"]),
    )


def with_now(decisions: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The decisions with how it stands now beside how it stood then: rows as above, in the same order.

    Adds lines_now, late_lines_now, without_date_now, days_late_now [days], backordered_value_now [money], as in
    Figures; NaN where linked to nothing.
    """
    now = [figures_of(plan, link_of(decision)) for _, decision in decisions.iterrows()]
    names = ("lines", "late_lines", "without_date", "days_late", "backordered_value")
    beside = {
        f"{name}_now": np.array([np.nan if each is None else getattr(each, name) for each in now], dtype=np.float64)
        for name in names
    }
    return decisions.assign(**beside)


def settled_days(decisions: pd.DataFrame, zone: tzinfo) -> pd.Series:
    """The day on which each decision was done or dropped, in the company's zone: rows as above, in the same order.

    datetime64, NaT while it is open. A note that is written to it later leaves the day as it is.
    """
    at = decisions["settled_at"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    days: pd.Series = at.dt.normalize().astype(DAY_DTYPE)
    return days
