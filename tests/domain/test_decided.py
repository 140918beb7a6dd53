"""Decisions: the rules that they keep, the figures of what they are about, and what became of it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.decided import (
    CUSTOMER,
    LINK_KINDS,
    MOST_TEXT,
    ORDER,
    ORDER_LINE,
    PURCHASE_ORDER_LINE,
    SKU,
    SUPPLIER,
    Draft,
    Figures,
    Link,
    figures_of,
    what_became,
    why_refused,
    with_now,
)
from dashboard.domain.decision_links import beside, name_of, suggestion
from dashboard.domain.plan import Plan, make_plan
from tests.books import TODAY, book_of, line, plan, po, stock


@pytest.fixture(scope="module")
def company() -> Plan:
    """One SKU short of 12 units, one on the shelf, one with an undated order, at two customers and two suppliers."""
    book = book_of(
        [
            line("SO-1", "1", open_qty=5, promise="2026-03-20"),
            line("SO-1", "2", open_qty=5, promise="2026-03-21", unit_price=20),
            line("SO-2", "1", open_qty=4, promise="2026-03-22", customer="C-2"),
            line("SO-3", "1", open_qty=2, promise="2026-03-20", customer="C-2", sku="PUMP"),
            line("SO-4", "1", open_qty=3, promise="2026-03-20", customer="C-2", sku="HOSE"),
            line("SO-5", "1", open_qty=1, promise="2026-03-20", customer="C-3", sku="BOLT"),
        ],
        [
            stock(2),
            po("PO-7/1", 8, "2026-03-27", supplier="S-1"),
            stock(9, sku="PUMP"),
            po("PO-8/1", 3, "", sku="HOSE", supplier="S-2"),
            plan("PO-7/1", 1, "2026-04-20", sku="BOLT"),
        ],
        customers=[("C-1", "Old Mill", 1), ("C-2", "Old Barn", 2)],
        suppliers=[("S-1", "Kessler"), ("S-2", "S-2")],
        items=[("VALVE-25", "Valve, 25 mm", "Valves")],
        item_suppliers=[("VALVE-25", "S-1", 1), ("PUMP", "S-1", 1)],
    )
    return make_plan(book, DEFAULT_RULE)


@pytest.mark.parametrize(
    ("link", "figures"),
    [
        # 5 units: 2 of the shelf, 3 of PO-7 on the 27th, 7 days after the promise.
        (Link(ORDER_LINE, "SO-1", "1"), Figures(1, 1, 7, 30.0, 0)),
        (Link(ORDER, "SO-1"), Figures(2, 2, 7, 130.0, 0)),
        # SO-2 has no supply; SO-3 is ready; SO-4 hangs on an undated purchase order.
        (Link(CUSTOMER, "C-2"), Figures(3, 0, 0, 70.0, 2)),
        # SO-2 waits for nothing, and Kessler is the usual source of its SKU; the ready line of the pump does not wait.
        (Link(SUPPLIER, "S-1"), Figures(3, 2, 7, 170.0, 1)),
        (Link(SUPPLIER, "S-2"), Figures(1, 0, 0, 30.0, 1)),
        # The planned restock of the same number is another supply.
        (Link(PURCHASE_ORDER_LINE, "PO-7", "1"), Figures(2, 2, 7, 130.0, 0)),
        (Link(PURCHASE_ORDER_LINE, "PO-8", "1"), Figures(1, 0, 0, 30.0, 1)),
        (Link(SKU, "VALVE-25"), Figures(3, 2, 7, 170.0, 1)),
    ],
    ids=lambda each: each.name if isinstance(each, Link) else "",
)
def test_the_figures_are_those_of_the_open_lines_that_the_link_is_about(
    company: Plan, link: Link, figures: Figures
) -> None:
    assert figures_of(company, link) == figures


@pytest.mark.parametrize("kind", LINK_KINDS)
def test_what_is_not_open_any_more_has_figures_of_zero(company: Plan, kind: str) -> None:
    assert figures_of(company, Link(kind, "gone", "1")) == Figures(0, 0, 0, 0.0, 0)


def test_what_stands_alone_has_no_figures(company: Plan) -> None:
    assert figures_of(company, Link()) is None


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (Figures(3, 3, 21, 0), Figures(3, 1, 4, 0), "3 lines late then, 1 now; worst 21 days then, 4 now."),
        (Figures(3, 0, 0, 0), Figures(3, 1, 1, 0), "0 lines late then, 1 now; worst 0 days then, 1 now."),
        (Figures(1, 1, 1, 0), Figures(2, 0, 0, 0), "1 line late then, 0 now; worst 1 day then, 0 now."),
        # A line that lost its date is late no more, and no better for it.
        (
            Figures(2, 2, 9, 0),
            Figures(2, 1, 9, 0, 1),
            "2 lines late then, 1 now; worst 9 days then, 9 now; 0 lines without a date then, 1 now.",
        ),
        (Figures(2, 0, 0, 0, 2), Figures(2, 0, 0, 0, 0), "2 lines without a date then, 0 now."),
        (Figures(2, 0, 0, 0), Figures(1, 0, 0, 0), "2 lines open then, 1 now; none late or without a date."),
        (
            Figures(3, 1, 21, 0, 1),
            Figures(0, 0, 0, 0),
            "1 of 3 lines late, the worst 21 days, 1 without a date then; nothing of it is open now.",
        ),
        (Figures(0, 0, 0, 0), Figures(0, 0, 0, 0), "Nothing of it is open."),
        (Figures(0, 0, 0, 0), Figures(1, 1, 2, 0), "0 lines late then, 1 now; worst 0 days then, 2 now."),
        (None, Figures(2, 0, 0, 0, 1), "1 of 2 lines without a date now."),
        (None, Figures(1, 1, 27, 0), "1 line, 27 days late now."),
        (None, Figures(1, 0, 0, 0, 1), "1 line, without a date now."),
        (Figures(1, 0, 0, 0), Figures(0, 0, 0, 0), "1 line, not late then; nothing of it is open now."),
        (None, None, ""),
        (Figures(1, 0, 0, 0), None, ""),
    ],
)
def test_what_became_of_it_is_told_then_and_now(then: Figures | None, now: Figures | None, told: str) -> None:
    assert what_became(then, now) == told


def draft(**others: object) -> Draft:
    return Draft(**{"text": "Call Kessler", "owner": "ada", **others})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "allowed",
    [
        draft(),
        draft(due_date=TODAY),
        draft(due_date=date(2031, 3, 16), expected="A date", link=Link(ORDER_LINE, "SO-1", "1")),
        draft(text="x" * MOST_TEXT),
    ],
)
def test_a_text_and_an_owner_are_enough(allowed: Draft) -> None:
    assert why_refused(allowed, TODAY) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (draft(text=" "), "has no text: write what is to be done"),
        (draft(owner="\n"), "has no owner: name who sees to it"),
        (draft(owner="x" * 101), "has an owner of 101 characters: write at most 100"),
        (draft(owner="bo\nor not"), "has an owner whose name holds a control character or a line break: write it anew"),
        (draft(text="Call\x00"), "holds a NUL byte, which a text cannot hold: write it anew"),
        (
            draft(expected="a\x1bdate"),
            "holds a control character or a line break, which a text cannot hold: write it anew",
        ),
        (draft(text="x" * 501), "holds a text of 501 characters: write at most 500"),
        (draft(expected="x" * 1_200), "holds a text of 1,200 characters: write at most 500"),
        (
            draft(due_date=date(2026, 3, 15)),
            "would be due on 2026-03-15, which is already over: choose today or a later day",
        ),
        (
            draft(due_date=date(2031, 3, 17)),
            "would be due on 2031-03-17, more than 5 years ahead: choose a day up to 2031-03-16",
        ),
        (
            draft(link=Link("weather", "1")),
            "is about 'weather': link it to one of order line, order, customer, supplier, purchase-order line, SKU, or "
            "to nothing",
        ),
        (draft(link=Link(CUSTOMER)), "does not say which customer it is about: choose one"),
        (draft(link=Link(ORDER_LINE, "SO-1")), "does not say which order line it is about: choose one"),
    ],
)
def test_a_rule_that_is_broken_is_told_with_what_to_do(refused: Draft, why: str) -> None:
    assert why_refused(refused, TODAY) == why


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (Link(), ""),
        (Link(ORDER_LINE, "SO-1", "2"), "order line SO-1/2 (VALVE-25 for Old Mill)"),
        (Link(ORDER, "SO-1"), "order SO-1 (Old Mill)"),
        (Link(CUSTOMER, "C-1"), "customer Old Mill (C-1)"),
        (Link(CUSTOMER, "C-9"), "customer C-9"),
        (Link(SUPPLIER, "S-1"), "supplier Kessler (S-1)"),
        (Link(SUPPLIER, "S-2"), "supplier S-2"),
        (Link(PURCHASE_ORDER_LINE, "PO-7", "1"), "purchase-order line PO-7/1 (VALVE-25 from Kessler)"),
        (Link(PURCHASE_ORDER_LINE, "PO-9", "1"), "purchase-order line PO-9/1"),
        (Link(ORDER_LINE, "SO-9", "1"), "order line SO-9/1"),
        (Link(SKU, "VALVE-25"), "SKU VALVE-25 (Valve, 25 mm)"),
    ],
)
def test_what_it_is_about_is_named_as_a_manager_knows_it(company: Plan, link: Link, name: str) -> None:
    assert name_of(company, link) == name


LINKS = [
    Link(),
    Link(ORDER_LINE, "SO-1", "1"),
    Link(ORDER_LINE, "SO-1", "2"),
    Link(ORDER, "SO-1"),
    Link(ORDER, "SO-9"),
    Link(CUSTOMER, "C-1"),
    Link(CUSTOMER, "C-2"),
    Link(SUPPLIER, "S-1"),
    Link(PURCHASE_ORDER_LINE, "PO-7", "1"),
    Link(PURCHASE_ORDER_LINE, "PO-8", "1"),
    Link(SKU, "VALVE-25"),
]


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (
            Link(ORDER_LINE, "SO-1", "1"),
            [LINKS[1], Link(ORDER, "SO-1"), Link(PURCHASE_ORDER_LINE, "PO-7", "1"), LINKS[-1]],
        ),
        (Link(CUSTOMER, "C-1"), [*LINKS[1:4], Link(CUSTOMER, "C-1")]),
        (Link(SUPPLIER, "S-1"), [Link(SUPPLIER, "S-1"), Link(PURCHASE_ORDER_LINE, "PO-7", "1")]),
        (Link(PURCHASE_ORDER_LINE, "PO-8", "1"), [Link(PURCHASE_ORDER_LINE, "PO-8", "1")]),
        (Link(SKU, "PUMP"), []),
    ],
)
def test_beside_what_is_looked_at_stand_the_decisions_about_it_and_its_parts(
    company: Plan, seen: Link, found: list[Link]
) -> None:
    assert [link for link in LINKS if link in beside(company, seen)] == found


@pytest.mark.parametrize(
    ("link", "begun"),
    [
        # Late, without supply, ready, undated, and on time for a supply that nobody sells.
        (Link(ORDER_LINE, "SO-1", "1"), "Get PO-7/1 from Kessler earlier, or tell Old Mill that SO-1/1 comes on "
         "2026-03-27"),
        (Link(ORDER_LINE, "SO-2", "1"), "Order VALVE-25: SO-2/1 for Old Barn has no supply"),
        (Link(ORDER_LINE, "SO-3", "1"), "Ship SO-3/1 to Old Barn"),
        (Link(ORDER_LINE, "SO-4", "1"), "Get a date for PO-8/1 from S-2: SO-4/1 for Old Barn waits for it"),
        (Link(ORDER_LINE, "SO-5", "1"), "Get PO-7/1 earlier, or tell C-3 that SO-5/1 comes on 2026-04-20"),
        (Link(ORDER_LINE, "SO-9", "1"), ""),
        (Link(PURCHASE_ORDER_LINE, "PO-7", "1"), "Make sure of PO-7/1 from Kessler"),
        (Link(PURCHASE_ORDER_LINE, "PO-8", "1"), "Get a date for PO-8/1 from S-2"),
        (Link(PURCHASE_ORDER_LINE, "PO-9", "1"), ""),
        (Link(CUSTOMER, "C-1"), "Call Old Mill: "),
        (Link(SUPPLIER, "S-1"), "Call Kessler: "),
        (Link(SKU, "VALVE-25"), ""),
        (Link(), ""),
    ],
)  # fmt: skip
def test_a_decision_begins_as_what_suggests_itself(company: Plan, link: Link, begun: str) -> None:
    assert suggestion(company, link) == begun


def test_how_it_stands_now_is_put_beside_how_it_stood(company: Plan) -> None:
    kept = pd.DataFrame(
        {"link_kind": [SKU, ""], "link_id": ["VALVE-25", ""], "link_line_no": ["", ""], "lines_then": [5.0, np.nan]},
        index=[7, 3],
    )
    told = with_now(kept, company)
    pd.testing.assert_frame_equal(told[list(kept)], kept)
    assert told.filter(like="_now").to_dict("list") == {
        "lines_now": [3, pytest.approx(np.nan, nan_ok=True)], "late_lines_now": [2, pytest.approx(np.nan, nan_ok=True)],
        "without_date_now": [1, pytest.approx(np.nan, nan_ok=True)],
        "days_late_now": [7, pytest.approx(np.nan, nan_ok=True)],
        "backordered_value_now": [170.0, pytest.approx(np.nan, nan_ok=True)],
    }  # fmt: skip
