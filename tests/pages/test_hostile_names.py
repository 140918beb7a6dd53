"""A company whose every name is markup, a formula or a command: no page fails, and none makes markup of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import openpyxl
import pytest
from sqlalchemy import Engine, insert, update
from streamlit.testing.v1 import AppTest

from dashboard import exports, files
from dashboard.customer_letters import letter
from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.decided import ORDER_LINE, Draft, Figures, Link
from dashboard.domain.plan import make_plan
from data_access import schema
from data_access.book import read_book
from data_access.decisions import add_decision
from data_access.engine import raise_revision, writing
from data_access.reviews import open_review
from tests.conftest import TODAY
from tests.pages.reviewed import keep

OpenPage = Callable[..., AppTest]
EVIL = (
    "=1+1 <script>alert(1)</script> ![x](https://evil.example/x.png) :red[x] $$\\input{x}$$ `x` **b** "
    "'; DROP TABLE items; --"
)
RAW = ["<script>", "](http", ":red[", "$$\\", "`x`", "**b**"]
"""What must not reach a Markdown text as it is."""
PAGES = {
    "overview": [{}], "aging": [{}], "open_backorders": [{}], "customers": [{}, {"customer": EVIL}],
    "suppliers": [{}, {"supplier": EVIL}], "promises": [{}], "history": [{"move": "1"}], "data": [{}],
    "review": [{}, {"point": "4"}, {"point": "5"}, {"point": "6"}],
    "restock_dates": [{}, {"view": "Supplier changed its date"}, {"view": "Planned restocks"}],
}  # fmt: skip
PLAIN = {
    "options",
    "set_value",
    "id",
    "raw_value",
    "raw_values",
    "default",
    "value",
    "columns",
    "data",
    "spec",
    "key",
    "query_params",
}
"""What Streamlit shows as plain text, or not at all: options of a list, what was typed, cells of a table."""
NO_MARKDOWN = ("vega_lite_chart", "code")
MARKDOWN_OPTIONS = {"button_group", "radio"}


@pytest.fixture
def hostile(store: Engine) -> Engine:
    """One customer, item, supplier, order, purchase order, plan, person, reason and note, all of that name."""
    line = {
        "customer_id": EVIL,
        "sku": EVIL,
        "location_id": EVIL,
        "ordered_date": date(2026, 3, 2),
        "unit_price": 10_000,
    }
    promised = {"first_promise_date": date(2026, 3, 10), "promise_date": date(2026, 3, 10)}
    po_line = {
        "po_id": EVIL, "supplier_id": EVIL, "sku": EVIL, "location_id": EVIL, "ordered_qty": 5_000,
        "first_due_date": date(2026, 3, 20), "due_date": date(2026, 3, 25), "manual_restock_date": date(2026, 3, 23),
        "due_date_when_moved": date(2026, 3, 20),
    }  # fmt: skip
    move = {
        "batch_id": "b1", "supply_kind": "purchase order", "document_id": EVIL, "line_no": EVIL, "supply_id": EVIL,
        "sku": EVIL, "supplier_id": EVIL, "from_date": date(2026, 3, 20), "to_date": date(2026, 3, 23),
        "was_manual": False, "is_manual": True, "due_date": date(2026, 3, 20), "reason": EVIL, "note": EVIL,
        "moved_by": EVIL, "how": "form", "moved_at": datetime(2026, 3, 10, 8, 0),
    }  # fmt: skip
    rows = {
        schema.customers: {"customer_id": EVIL, "name": EVIL, "email": EVIL, "tier": 1},
        schema.suppliers: {"supplier_id": EVIL, "name": EVIL, "email": EVIL},
        schema.items: {"sku": EVIL, "name": EVIL, "category": EVIL},
        schema.item_suppliers: {"sku": EVIL, "supplier_id": EVIL},
        schema.order_lines: line | promised | {"order_id": EVIL, "line_no": EVIL, "ordered_qty": 6_000},
        schema.po_lines: po_line | {"line_no": EVIL},
        schema.planned_restocks: {
            "plan_id": EVIL, "sku": EVIL, "location_id": EVIL, "planned_qty": 1_000, "restock_date": date(2026, 3, 30),
            "note": EVIL,
        },
        schema.moves: move,
    }  # fmt: skip
    with writing(store) as connection:
        for table, row in rows.items():
            there = {name: value for name, value in row.items() if name in table.c}
            connection.execute(insert(table), there)
        raise_revision(connection)
    return store


def markdown_of(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text on the page that Streamlit reads as Markdown, with the kind of element that shows it."""
    for node in walk(app._tree):
        proto = getattr(node, "proto", None)
        if proto is not None and node.type not in NO_MARKDOWN:
            yield from ((node.type, text) for text in texts(proto, MARKDOWN_OPTIONS & {node.type}))


def must_be_plain(app: AppTest) -> None:
    assert not app.exception
    assert "could not be made" not in " ".join(each.value for each in app.warning)
    assert not {(kind, text[:150]) for kind, text in markdown_of(app) for raw in RAW if raw in text}


def walk(node: object) -> Iterator[object]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from walk(child)


def texts(proto: object, also_options: set[str]) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name in PLAIN and not (field.name == "options" and also_options):
            continue
        for each in value if field.is_repeated else [value]:
            if isinstance(each, str):
                yield each
            elif hasattr(each, "ListFields"):
                yield from texts(each, also_options)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_hostile_names_as_the_text_that_they_are(
    hostile: Engine, open_page: OpenPage, page: str, settings: pytest.MonkeyPatch
) -> None:
    settings.setattr("getpass.getuser", lambda: EVIL)
    settings.setenv("BACKORDERS_COMPANY", EVIL)
    for query in PAGES[page]:
        must_be_plain(open_page(page, **query))


REVIEWS = [
    {"point": "1"}, {"point": "2", "by": "customer", "group": EVIL, "step": "quantity", "line": f"{EVIL}/{EVIL}"},
    {"point": "2", "by": "supplier", "step": "slipped"}, {"point": "2", "by": "category"}, {"point": "3"},
    {"point": "4"}, {"point": "5"}, {"point": "6"},
]  # fmt: skip


@pytest.mark.parametrize("query", REVIEWS)
def test_the_review_shows_hostile_names_as_the_text_that_they_are(
    hostile: Engine, open_page: OpenPage, query: dict[str, str]
) -> None:
    day, at = date(2026, 3, 9), datetime(2026, 3, 9, 8, tzinfo=UTC)
    keep(hostile, day)
    with writing(hostile) as connection:
        connection.execute(update(schema.order_lines).values(ordered_qty=7_000))
        connection.execute(update(schema.po_lines).values(manual_restock_date=date(2026, 3, 28)))
        raise_revision(connection)
    about = Link(ORDER_LINE, EVIL, EVIL)
    add_decision(hostile, Draft(EVIL, EVIL[:100], TODAY, EVIL, about), Figures(1, 1, 3, 9.0), by=EVIL, at=at, today=day)
    open_review(hostile, TODAY, day, by=EVIL, at=at)
    must_be_plain(open_page("review", **query))


@pytest.mark.parametrize(("page", "way"), [("restock_dates", "move-way"), ("promises", "promise-way")])
def test_the_forms_show_hostile_names_as_the_text_that_they_are(
    hostile: Engine, open_page: OpenPage, page: str, way: str
) -> None:
    app = open_page(page)
    must_be_plain(app.button(key="choose-all").click().run())
    must_be_plain(app.segmented_control(key=way).set_value("Type dates").run())


@pytest.mark.parametrize("name", exports.EXPORTS)
def test_no_export_lets_a_spreadsheet_run_a_name(hostile: Engine, settings: pytest.MonkeyPatch, name: str) -> None:
    made = {kind: exports.make(name, kind, hostile, TODAY, DEFAULT_RULE) for kind in files.MIME_TYPES}
    csv = made["csv"].decode("utf-8-sig")
    assert "'=1+1" in csv or "=1+1" not in csv
    assert not any(cell.lstrip('"').startswith("=") for row in csv.splitlines() for cell in row.split(","))
    sheet = openpyxl.load_workbook(io.BytesIO(made["xlsx"])).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "b"}
    assert b"=1+1" in made["json"] or "=1+1" not in csv


def test_a_letter_to_a_customer_is_text_whose_lines_do_not_begin_with_a_formula(hostile: Engine) -> None:
    plan = make_plan(read_book(hostile, TODAY), DEFAULT_RULE)
    told = letter(plan.backlog, plan.orders.assign(ordered_date=plan.backlog["ordered_date"].iloc[0]), TODAY)
    assert EVIL in told
    assert not any(line.startswith(files.FORMULA_STARTS) for line in told.splitlines() if not line.startswith("- Line"))
