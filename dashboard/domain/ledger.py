"""The ledger of restock dates: each line's own story, who moved it last, and how good our own dates were.

Rows of the ledger are only ever added, so what is worked out here can be worked out again at any time. Knows no store
and no screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.days import NO_DAY, day_number, day_numbers, days_between, to_dates
from dashboard.domain.exact import Integers
from dashboard.domain.purchasing import Purchasing
from dashboard.domain.restocks import SupplyKey
from dashboard.domain.statistics import wilson

RIGHT_WITHIN_DAYS = 2
"""A date proved right if the goods came whole at most so many calendar days before or after it."""
RIGHT, TOO_EARLY, TOO_LATE, NOT_YET, UNKNOWN = OUTCOMES = (
    "right",
    "too early",
    "too late",
    "not yet known",
    "day unknown",
)
"""How a date of ours turned out. Too early: the goods came later than it said; too late: they came sooner."""
ORDERED, DUE_CHANGED, MOVED, CLEARED, RECEIVED = EVENTS = (
    "ordered",
    "supplier changed its date",
    "moved",
    "back to the supplier's date",
    "received",
)
"""What happens to a supply, as its story names it."""
_OF_LAST_MOVE = ["supply_kind", "document_id", "line_no", "moved_by", "moved_at", "reason", "note"]
_LINE = ["document_id", "line_no"]
_KEY = ["supply_kind", *_LINE]
_STORY = [
    "at", "event", "from_date", "to_date", "days_moved", "received_qty", "rejected_qty", "from_qty", "to_qty", "reason",
    "note", "by", "how", "move_id", "is_moved_back",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ledger:
    """Every move of a restock date and every change of a supplier's due date, at one revision of the store.

    moves: one row per move, oldest first.
        move_id [int64]; batch_id, supply_kind, supply_id, document_id, line_no; sku, supplier_id, location_id [of the
        supply, "" where the store does not hold it]; from_date, to_date [datetime64: planned with before and after, NaT
        where none]; was_manual, is_manual [bool: a manager's date decided before, after]; due_date [the supplier's
        then]; from_qty, to_qty [units, of planned restocks alone, NaN of others]; reason, note, moved_by; moved_at [UTC
        instant]; moved_day [the day that it was then for the company]; how; undoes [int64: the move_id that this one
        moves back, 0 for none]
    due_changes: one row per change of a supplier's due date, oldest first.
        change_id [int64]; po_id, line_no, sku, supplier_id; from_date, to_date [datetime64, NaT where none];
        changed_by; changed_at [UTC instant]; how
    """

    data_revision: int
    moves: pd.DataFrame
    due_changes: pd.DataFrame


def last_moves(ledger: Ledger) -> pd.DataFrame:
    """The last move of each supply that was ever moved: one row per supply.

    supply_kind, document_id, line_no; moved_by, moved_at [UTC instant], reason, note.
    """
    return ledger.moves[_OF_LAST_MOVE].drop_duplicates(_KEY, keep="last").reset_index(drop=True)


def move_history(ledger: Ledger) -> pd.DataFrame:
    """All moves as a reader looks at them: one row per move, latest first; the columns of Ledger.moves and

    days_moved [to - from, positive is later; NaN where either is missing]; is_moved_back; batch_moves [moves of the
    same batch, itself included]; batch_standing [those of them that were not moved back]; batch_place [1 is the first
    of its batch].
    """
    moves = ledger.moves
    is_back, batches = moved_back(moves), moves.groupby("batch_id")["move_id"]
    return moves.assign(
        days_moved=days_between(day_numbers(moves["to_date"]), day_numbers(moves["from_date"])),
        is_moved_back=is_back,
        batch_standing=(~is_back).groupby(moves["batch_id"]).transform("sum"),
        batch_moves=batches.transform("size"),
        batch_place=batches.cumcount() + 1,
    ).iloc[::-1].reset_index(drop=True)  # fmt: skip


def moved_back(moves: pd.DataFrame) -> pd.Series:
    """Whether each move was moved back by a later one that stands itself, row for row."""
    pairs = zip(moves["move_id"].tolist(), moves["undoes"].tolist(), strict=True)
    return moves["move_id"].isin(ids_moved_back(pairs))


def ids_moved_back(pairs: Iterable[tuple[int, int | None]]) -> set[int]:
    """The moves that a later one moved back which stands itself. pairs: move_id and what it undoes, oldest first."""
    back: set[int] = set()
    for move_id, undoes in reversed(list(pairs)):
        if undoes and move_id not in back:
            back.add(undoes)
    return back


def story_of(ledger: Ledger, purchasing: Purchasing, key: SupplyKey) -> pd.DataFrame:
    """What happened to one supply, in order of time: one row per event.

    at [a UTC instant, or a day; NaT where the store does not know]; event [EVENTS]; from_date, to_date [restock dates
    of moves, due dates of what the supplier said; NaT where none]; days_moved [to - from, NaN where either is missing];
    received_qty, rejected_qty [units, of receipts]; from_qty, to_qty [units expected before and after, of planned
    restocks]; reason, note, by, how; move_id [0 where it is no move]; is_moved_back. Empty where nothing is known of
    the supply.
    """
    parts = [_moves_told(_of(ledger.moves, key))]
    if key.supply_kind == PURCHASE_ORDER:
        row = _row_of(purchasing, key)
        changes = ledger.due_changes
        of_line = (changes["po_id"] == key.document_id) & (changes["line_no"] == key.line_no)
        parts = [_beginning(purchasing, row), _due_changes_told(changes[of_line]), *parts, _receipts(purchasing, row)]
    told = _typed(pd.concat([part.reindex(columns=_STORY) for part in parts], ignore_index=True))
    told = told.sort_values("at", kind="stable", na_position="first", ignore_index=True)
    return told.assign(days_moved=days_between(day_numbers(told["to_date"]), day_numbers(told["from_date"])))


def date_quality(ledger: Ledger, purchasing: Purchasing, today: date) -> pd.DataFrame:
    """How each date of ours turned out that stood when the goods came, or stands now: one row per purchase-order line.

    A date that was replaced before the goods came does not count, nor does one that was set on the day they came or
    later. Where a move was moved back, the date before it stands again, and so does who set it.

    move_id, supply_id, document_id, line_no, sku, supplier_id, moved_by, reason; moved_at [UTC instant]; to_date [our
    date]; complete_date [the day since which the line is whole, NaT where it is not]; days_off [complete, else today,
    - our date; positive is later than we said; NaN where it is not judged]; outcome [OUTCOMES: right within
    RIGHT_WITHIN_DAYS; a line that has not come counts as too early once our date is further back than that, with its
    days so far, and is not yet known before]. Lines cancelled whole are left out, and planned restocks, of which no
    receipt tells.
    """
    moves = ledger.moves[(ledger.moves["supply_kind"] == PURCHASE_ORDER)]
    lines = _turned_out(purchasing, moves, today)
    standing = _standing(moves, dict(zip(_lines_of(lines), lines["complete"], strict=True)))
    ours = moves[moves["move_id"].isin(standing) & moves["is_manual"] & moves["to_date"].notna()]
    judged = ours.merge(lines, on=_LINE, how="inner", validate="many_to_one")
    return _judged(judged, day_number(today))


def quality_by(quality: pd.DataFrame, split: str) -> pd.DataFrame:
    """How good our dates were: one row per value of the column split ("moved_by", "reason"), the most judged first.

    judged [dates whose outcome is known: n of all rates], right, too_early, too_late, not_yet [not yet known, left
    out], unknown [came on an unknown day, left out]; right_rate [0 to 1], right_low, right_high [Wilson, 95 %];
    median_days_off [of judged dates, days so far where the goods have not come]. NaN where nothing is judged.
    """
    counted = pd.crosstab(quality[split].astype("str"), quality["outcome"].astype("str"))
    counted = counted.reindex(columns=list(OUTCOMES), fill_value=0)
    counted.columns = pd.Index(["right", "too_early", "too_late", "not_yet", "unknown"])
    judged = counted[["right", "too_early", "too_late"]].sum(axis=1)
    low, high = wilson(counted["right"], judged)
    medians = quality.groupby(quality[split].astype("str"), observed=True)["days_off"].median()
    table = counted.assign(
        judged=judged,
        right_rate=counted["right"] / judged.where(judged > 0),
        right_low=low,
        right_high=high,
        median_days_off=medians.reindex(counted.index),
    )
    return (
        table.rename_axis(split)
        .reset_index()
        .sort_values(["judged", split], ascending=[False, True])
        .reset_index(drop=True)
    )


def quality_in_all(quality: pd.DataFrame) -> pd.Series:
    """The figures of quality_by for all of these dates together; NaN rates where nothing is judged."""
    every = quality_by(quality.assign(all="all"), "all")
    none = {"right": 0, "too_early": 0, "too_late": 0, "not_yet": 0, "unknown": 0, "judged": 0}
    return every.iloc[0] if len(every) else pd.Series(none | dict.fromkeys(_RATES, np.nan))


_RATES = ("right_rate", "right_low", "right_high", "median_days_off")


def _of(moves: pd.DataFrame, key: SupplyKey) -> pd.DataFrame:
    """The moves of one supply."""
    wanted = {"supply_kind": key.supply_kind, "document_id": key.document_id, "line_no": key.line_no}
    return moves[np.logical_and.reduce([(moves[name] == value).to_numpy() for name, value in wanted.items()])]


def _row_of(purchasing: Purchasing, key: SupplyKey) -> Integers:
    """The row of a purchase-order line, as an array of one; of none where it is not known."""
    lines = purchasing.po_lines
    return np.flatnonzero((lines["po_id"] == key.document_id) & (lines["line_no"] == key.line_no))


def _beginning(purchasing: Purchasing, row: Integers) -> pd.DataFrame:
    lines = purchasing.po_lines.iloc[row]
    return pd.DataFrame({"at": _instants(lines["ordered_date"]), "event": ORDERED, "to_date": lines["first_due_date"]})


def _due_changes_told(changes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "at": _instants(changes["changed_at"]),
            "event": DUE_CHANGED,
            "from_date": changes["from_date"],
            "to_date": changes["to_date"],
            "by": changes["changed_by"].astype("str"),
            "how": changes["how"].astype("str"),
        }
    )


def _moves_told(moves: pd.DataFrame) -> pd.DataFrame:
    is_cleared = (moves["supply_kind"] == PURCHASE_ORDER) & ~moves["is_manual"]
    return pd.DataFrame(
        {
            "at": _instants(moves["moved_at"]),
            "event": np.where(is_cleared, CLEARED, MOVED),
            "from_date": moves["from_date"],
            "to_date": moves["to_date"],
            "from_qty": moves["from_qty"],
            "to_qty": moves["to_qty"],
            "by": moves["moved_by"].astype("str"),
            **{name: moves[name].astype("str") for name in ("reason", "note", "how")},
            "move_id": moves["move_id"],
            "is_moved_back": moved_back(moves),
        }
    )


def _receipts(purchasing: Purchasing, row: Integers) -> pd.DataFrame:
    receipts = purchasing.receipts[purchasing.receipts["position"].isin(row)]
    return pd.DataFrame(
        {
            "at": _instants(receipts["received_date"]),
            "event": RECEIVED,
            "received_qty": receipts["received_qty"],
            "rejected_qty": receipts["rejected_qty"],
        }
    )


def _typed(told: pd.DataFrame) -> pd.DataFrame:
    """Events with a type for each column: not every kind of event has a value in each."""
    return told.assign(
        **{name: told[name].fillna("").astype("str") for name in ("event", "reason", "note", "by", "how")},
        **{name: told[name].astype("float64") for name in ("received_qty", "rejected_qty", "from_qty", "to_qty")},
        **{name: pd.to_datetime(told[name]) for name in ("at", "from_date", "to_date")},
        move_id=told["move_id"].fillna(0).astype("int64"),
        is_moved_back=told["is_moved_back"].eq(True),
    )


def _instants(column: pd.Series) -> pd.Series:
    return column.astype("datetime64[us]")


def _turned_out(purchasing: Purchasing, moves: pd.DataFrame, today: date) -> pd.DataFrame:
    """How the lines that were moved turned out: one row per purchase-order line.

    document_id, line_no, complete [day number, NO_DAY where not whole], is_unknown.
    A line without a first due date counts from the date that a manager gave it: the outcomes of Purchasing want one.
    """
    lines = purchasing.po_lines
    rows = np.flatnonzero(lines["po_id"].isin(set(moves["document_id"].astype("str"))))
    every = lines.iloc[rows].rename(columns={"po_id": "document_id"})[_LINE].astype("str").reset_index(drop=True)
    last = moves.drop_duplicates(_LINE, keep="last")
    is_moved = pd.Series(_lines_of(every), dtype="object").isin(set(_lines_of(last))).to_numpy(dtype=bool)
    rows, keys = rows[is_moved], every[is_moved].reset_index(drop=True)
    place = np.full(len(lines) + 1, -1)
    place[rows] = np.arange(len(rows))
    receipts = purchasing.receipts.assign(position=place[purchasing.receipts["position"].to_numpy()])
    given = keys.merge(last[[*_LINE, "to_date"]].astype(dict.fromkeys(_LINE, "str")), on=_LINE, how="left")["to_date"]
    some = lines.iloc[rows].reset_index(drop=True)
    first = some["first_due_date"].fillna(some["due_date"]).fillna(given.fillna(pd.Timestamp(today)))
    some = some.assign(first_due_date=to_dates(day_numbers(first)))
    outcomes = replace(purchasing, po_lines=some, receipts=receipts).outcomes(today).lines
    turned_out = keys.iloc[outcomes["row"].to_numpy()].reset_index(drop=True)
    return turned_out.assign(complete=outcomes["complete"].to_numpy(), is_unknown=outcomes["is_unknown"].to_numpy())


def _lines_of(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """The purchase-order line of each row; its number as one text is no key: "PO/1" and "2" read as "PO" and "1/2"."""
    return list(zip(frame["document_id"].tolist(), frame["line_no"].tolist(), strict=True))


def _standing(moves: pd.DataFrame, complete: dict[tuple[str, str], int]) -> set[int]:
    """The move whose date stood on each line before the day it came whole; moves of that day and later come too late.

    A move that moves another back makes that one stand again which stood before it.
    """
    standing: dict[tuple[str, str], int] = {}
    stood_before: dict[int, int] = {}
    days = day_numbers(moves["moved_day"])
    columns = (moves["move_id"].tolist(), _lines_of(moves), moves["undoes"].tolist(), days.tolist())
    for move_id, line, undoes, day in zip(*columns, strict=True):
        end = complete.get(line, NO_DAY)
        if end != NO_DAY and day >= end:
            continue
        stood_before[move_id] = standing.get(line, 0)
        standing[line] = stood_before.get(undoes, move_id) if undoes else move_id
    return set(standing.values()) - {0}


def _judged(ours: pd.DataFrame, today: int) -> pd.DataFrame:
    our_day, complete = day_numbers(ours["to_date"]), ours["complete"].to_numpy()
    has_come, is_unknown = complete != NO_DAY, ours["is_unknown"].to_numpy(dtype=bool)
    off = days_between(np.where(has_come, complete, today), our_day)
    is_pending = ~has_come & (off <= RIGHT_WITHIN_DAYS)
    outcome = np.select(
        [is_unknown, is_pending, off > RIGHT_WITHIN_DAYS, off < -RIGHT_WITHIN_DAYS],
        [UNKNOWN, NOT_YET, TOO_EARLY, TOO_LATE],
        RIGHT,
    )
    columns = ["move_id", "supply_id", *_LINE, "sku", "supplier_id", "moved_by", "reason", "moved_at", "to_date"]
    return ours[columns].assign(
        complete_date=to_dates(complete), days_off=np.where(is_unknown | is_pending, np.nan, off), outcome=outcome
    )
