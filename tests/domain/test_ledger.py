"""The ledger's rules, each with its example worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.domain.book import PLANNED_RESTOCK, PURCHASE_ORDER
from dashboard.domain.ledger import (
    Ledger,
    date_quality,
    last_moves,
    moved_back,
    quality_by,
    quality_in_all,
    story_of,
)
from dashboard.domain.restocks import SupplyKey
from tests.purchases import bought, bought_line
from tests.replaying import replay

TODAY = date(2026, 3, 16)
Row = dict[str, Any]


def move(
    supply_id: str,
    at: str,
    to: str,
    *,
    was: str = "",
    by: str = "ada",
    reason: str = "customs",
    is_manual: bool = True,
    undoes: int = 0,
    note: str = "",
) -> Row:
    document_id, _, line_no = supply_id.partition("/")
    return {
        "supply_kind": PURCHASE_ORDER if line_no else PLANNED_RESTOCK,
        "supply_id": supply_id, "document_id": document_id, "line_no": line_no, "sku": "VALVE-25",
        "supplier_id": "S-1", "location_id": "MAIN", "batch_id": "b", "from_date": was, "to_date": to,
        "was_manual": False, "is_manual": is_manual, "due_date": "", "from_qty": np.nan, "to_qty": np.nan,
        "reason": reason, "note": note, "moved_by": by, "moved_at": at, "how": "undo" if undoes else "form",
        "undoes": undoes,
    }  # fmt: skip


def ledger_of(moves: list[Row], due_changes: list[tuple[str, str, str, str]] = ()) -> Ledger:  # type: ignore[assignment]
    """A ledger of these moves, numbered from 1, and of due changes as (line, at, from day, to day)."""
    frame = pd.DataFrame(moves or [move("PO-0/1", "", "")]).iloc[: len(moves)]
    changed = [
        (*line.split("/"), "VALVE-25", "S-1", old, new, "erp", at, "import") for line, at, old, new in due_changes
    ]
    columns = ["po_id", "line_no", "sku", "supplier_id", "from_date", "to_date", "changed_by", "changed_at", "how"]
    changes = pd.DataFrame(changed, columns=columns)
    for table, names in (
        (frame, ("from_date", "to_date", "due_date", "moved_at")),
        (changes, ("from_date", "to_date", "changed_at")),
    ):
        for name in names:
            table[name] = pd.to_datetime(table[name].replace("", None), format="ISO8601").astype("datetime64[us]")
    frame = frame.assign(move_id=np.arange(1, len(frame) + 1), moved_day=frame["moved_at"].dt.normalize())
    return Ledger(1, frame, changes.assign(change_id=range(len(changes))))


def came(po_line: str, *days: str, due: str = "2026-02-02") -> Row:
    """A line of 10 units that came whole on the last of these days; on none where there is none."""
    share = 10 / max(len(days), 1)
    return bought_line(po_line, first_due=due, receipts=[(day, share) for day in days])


def outcomes(moves: list[Row], *lines: Row) -> dict[str, tuple[str, str, float | None]]:
    """By line: whose date was judged, how it turned out, and by how many days."""
    quality = date_quality(ledger_of(moves), bought(lines), TODAY)
    columns = (quality[name] for name in ("supply_id", "moved_by", "outcome", "days_off"))
    return {line: (by, how, None if off != off else off) for line, by, how, off in zip(*columns, strict=True)}


def test_the_last_move_of_each_supply_is_told() -> None:
    ledger = ledger_of([
        move("PO-1/1", "2026-03-01T09:00", "2026-03-20", by="ada"),
        move("PO-1/2", "2026-03-02T09:00", "2026-03-20", by="ada"),
        move("PO-1/1", "2026-03-03T09:00", "2026-03-25", by="bea", reason="carrier", note="lorry"),
    ])  # fmt: skip

    assert last_moves(ledger)[["document_id", "line_no", "moved_by", "reason", "note"]].values.tolist() == [
        ["PO-1", "2", "ada", "customs", ""],
        ["PO-1", "1", "bea", "carrier", "lorry"],
    ]


def test_a_move_is_moved_back_unless_its_undo_was_moved_back_too() -> None:
    at = "2026-03-01T09:00"
    undone = [move("PO-1/1", at, "2026-03-20"), move("PO-1/1", at, "2026-03-10", undoes=1)]
    redone = [*undone, move("PO-1/1", at, "2026-03-20", undoes=2)]

    assert moved_back(ledger_of(undone).moves).tolist() == [True, False]
    assert moved_back(ledger_of(redone).moves).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("moves", "changes", "expected"),
    [
        ([], [], "2026-03-20"),
        ([], [("PO-1/1", "2026-03-01", "2026-03-20", "2026-03-27")], "2026-03-27"),
        ([], [("PO-1/1", "2026-03-01", "2026-03-20", "")], None),
        (
            [move("PO-1/1", "2026-03-02", "2026-04-01")],
            [("PO-1/1", "2026-03-05", "2026-03-20", "2026-03-27")],
            "2026-04-01",
        ),
        (
            [move("PO-1/1", "2026-03-02", "2026-04-01"), move("PO-1/1", "2026-03-04", "2026-03-20", is_manual=False)],
            [("PO-1/1", "2026-03-05", "2026-03-20", "2026-03-27")],
            "2026-03-27",
        ),
    ],
    ids=["nothing happened", "the supplier moved it", "the supplier withdrew it", "ours stands", "ours was cleared"],
)  # fmt: skip
def test_the_ledgers_alone_give_the_present_restock_date(moves: list[Row], changes: Any, expected: str | None) -> None:
    ledger = ledger_of(moves, changes)
    found = replay(date(2026, 3, 20), ledger.due_changes, ledger.moves)

    assert (None if found is pd.NaT else found) == (expected and pd.Timestamp(expected))


def test_a_lines_story_tells_every_step_in_order_of_time() -> None:
    ledger = ledger_of(
        [
            move("PO-1/1", "2026-01-20T09:00", "2026-02-10", was="2026-02-02", note="papers"),
            move("PO-1/2", "2026-01-20T09:00", "2026-02-10"),
            move("PO-1/1", "2026-01-21T10:00", "2026-02-02", was="2026-02-10", is_manual=False, undoes=1, by="bea"),
        ],
        [("PO-1/1", "2026-01-30T07:00", "2026-02-02", "2026-02-06")],
    )
    line = bought_line("PO-1/1", due="2026-02-06", receipts=[("2026-02-06", 8, 2), ("2026-02-09", 2)])
    story = story_of(ledger, bought([bought_line("PO-1/2"), line]), SupplyKey(PURCHASE_ORDER, "PO-1", "1"))

    told = story[["event", "days_moved", "received_qty", "rejected_qty", "by", "note", "move_id", "is_moved_back"]]
    assert told.astype(object).where(told.notna(), None).values.tolist() == [
        ["ordered", None, None, None, "", "", 0, False],
        ["moved", 8, None, None, "ada", "papers", 1, True],
        ["back to the supplier's date", -8, None, None, "bea", "", 3, False],
        ["supplier changed its date", 4, None, None, "erp", "", 0, False],
        ["received", None, 8, 2, "", "", 0, False],
        ["received", None, 2, 0, "", "", 0, False],
    ]
    assert story["at"].dt.strftime("%m-%d").tolist() == ["01-05", "01-20", "01-21", "01-30", "02-06", "02-09"]
    assert story["to_date"].iloc[0] == pd.Timestamp("2026-02-02")


def test_a_planned_restock_and_an_unknown_line_have_the_story_of_their_moves_alone() -> None:
    ledger = ledger_of([move("PLAN-3", "2026-03-01T09:00", "2026-03-20")])

    assert story_of(ledger, bought([]), SupplyKey(PLANNED_RESTOCK, "PLAN-3"))["event"].tolist() == ["moved"]
    assert story_of(ledger, bought([]), SupplyKey(PURCHASE_ORDER, "PO-9", "1")).empty


@pytest.mark.parametrize(
    ("came_on", "expected"),
    [
        ("2026-02-18", ("right", -2.0)),
        ("2026-02-20", ("right", 0.0)),
        ("2026-02-22", ("right", 2.0)),
        ("2026-02-23", ("too early", 3.0)),
        ("2026-02-17", ("too late", -3.0)),
    ],
)
def test_a_date_is_right_within_two_days_of_the_goods(came_on: str, expected: tuple[str, float]) -> None:
    moves = [move("PO-1/1", "2026-02-01T09:00", "2026-02-20")]

    assert outcomes(moves, came("PO-1/1", came_on)) == {"PO-1/1": ("ada", *expected)}


def test_goods_have_come_when_the_last_of_them_has() -> None:
    moves = [move("PO-1/1", "2026-02-01T09:00", "2026-02-20")]

    assert outcomes(moves, came("PO-1/1", "2026-02-20", "2026-02-27")) == {"PO-1/1": ("ada", "too early", 7)}


def test_goods_that_have_not_come_prove_our_date_too_early_once_it_is_past() -> None:
    moves = [
        move("PO-1/1", "2026-02-01T09:00", "2026-03-13"),
        move("PO-1/2", "2026-02-01T09:00", "2026-03-14"),
        move("PO-1/3", "2026-02-01T09:00", "2026-04-20"),
    ]
    assert outcomes(moves, *(came(f"PO-1/{n}") for n in (1, 2, 3))) == {
        "PO-1/1": ("ada", "too early", 3),
        "PO-1/2": ("ada", "not yet known", None),
        "PO-1/3": ("ada", "not yet known", None),
    }


def test_only_the_date_that_stood_before_the_goods_came_counts() -> None:
    moves = [
        move("PO-1/1", "2026-02-01T09:00", "2026-02-10", by="ada"),
        move("PO-1/1", "2026-02-05T09:00", "2026-02-20", by="bea"),
        move("PO-1/1", "2026-02-20T08:00", "2026-03-30", by="cid"),
        move("PO-1/2", "2026-02-20T08:00", "2026-02-20", by="cid"),
    ]
    assert outcomes(moves, came("PO-1/1", "2026-02-20"), came("PO-1/2", "2026-02-20")) == {
        "PO-1/1": ("bea", "right", 0)
    }


def test_a_date_moved_back_gives_way_to_the_one_before_and_a_cleared_one_to_the_suppliers() -> None:
    moves = [
        move("PO-1/1", "2026-02-01T09:00", "2026-02-20", by="ada"),
        move("PO-1/1", "2026-02-02T09:00", "2026-03-20", by="bea"),
        move("PO-1/1", "2026-02-03T09:00", "2026-02-20", by="cid", undoes=2),
        move("PO-1/2", "2026-02-01T09:00", "2026-02-20", by="ada"),
        move("PO-1/2", "2026-02-03T09:00", "2026-02-02", by="ada", is_manual=False),
    ]
    assert outcomes(moves, came("PO-1/1", "2026-02-20"), came("PO-1/2", "2026-02-20")) == {
        "PO-1/1": ("ada", "right", 0)
    }


def test_lines_whose_numbers_read_alike_are_judged_apart() -> None:
    alike = move("PO-1/1/2", "2026-02-01T09:00", "2026-02-20", by="ada")
    moves = [alike, alike | {"document_id": "PO-1/1", "line_no": "2", "moved_by": "bea"}]
    lines = [came("PO-1/1", day) | key for day, key in (
        ("2026-02-20", {"po_id": "PO-1", "line_no": "1/2"}), ("2026-02-25", {"po_id": "PO-1/1", "line_no": "2"}),
    )]  # fmt: skip
    quality = date_quality(ledger_of(moves), bought(lines), TODAY)

    assert quality[["moved_by", "outcome"]].values.tolist() == [["ada", "right"], ["bea", "too early"]]


def test_lines_that_nobody_can_judge_are_left_out() -> None:
    unknown = bought_line("PO-1/2", received_qty=10)
    cancelled = bought_line("PO-1/3", cancelled_qty=10)
    undated = bought_line("PO-1/4", first_due="", receipts=[("2026-02-20", 10)])
    plan = move("PLAN-3", "2026-02-01T09:00", "2026-02-20")
    moves = [plan, *(move(f"PO-1/{n}", "2026-02-01T09:00", "2026-02-20") for n in (1, 2, 3, 4, 9))]

    assert outcomes(moves, came("PO-1/1", "2026-02-20"), unknown, cancelled, undated) == {
        "PO-1/1": ("ada", "right", 0),
        "PO-1/2": ("ada", "day unknown", None),
        "PO-1/4": ("ada", "right", 0),
    }


def test_rates_name_their_n_and_leave_out_what_is_not_known() -> None:
    dates = {1: "2026-02-20", 2: "2026-02-10", 3: "2026-03-01", 4: "2026-04-20", 5: "2026-04-20"}
    moves = [move(f"PO-1/{n}", "2026-02-01T09:00", day, by="bea" if n == 5 else "ada") for n, day in dates.items()]
    lines = [*(came(f"PO-1/{n}", "2026-02-20") for n in (1, 2, 3)), came("PO-1/4"), came("PO-1/5")]
    quality = date_quality(ledger_of(moves), bought(lines), TODAY)
    table = quality_by(quality, "moved_by").set_index("moved_by")

    assert table[["judged", "right", "too_early", "too_late", "not_yet"]].to_dict("index") == {
        "ada": {"judged": 3, "right": 1, "too_early": 1, "too_late": 1, "not_yet": 1},
        "bea": {"judged": 0, "right": 0, "too_early": 0, "too_late": 0, "not_yet": 1},
    }
    # Wilson for 1 of 3 by hand: (1/3 + 1.92/3 ± 1.96 √(2/27 + 0.960/9)) / (1 + 3.841/3)
    assert table.loc["ada", ["right_rate", "right_low", "right_high"]].astype(float).round(3).tolist() == [
        0.333, 0.061, 0.792,
    ]  # fmt: skip
    assert table.loc["ada", "median_days_off"] == 0
    assert table.loc["bea", ["right_rate", "right_low", "median_days_off"]].isna().all()
    assert quality_in_all(quality)[["judged", "right", "not_yet"]].tolist() == [3, 1, 2]


def test_without_any_move_nothing_is_judged() -> None:
    quality = date_quality(ledger_of([]), bought([came("PO-1/1", "2026-02-20")]), TODAY)

    assert quality.empty
    assert quality_by(quality, "reason").empty
    assert quality_in_all(quality)["judged"] == 0
