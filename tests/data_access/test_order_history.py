from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from data_access import schema
from data_access.engine import data_revision, open_store, raise_revision, reading, writing
from data_access.order_history import read_order_history
from tests.conftest import TODAY

SINCE = date(2026, 1, 1)


def ordered(order_id: str, day: str, *, open_qty: int = 0, line_no: str = "1") -> dict[str, Any]:
    return {
        "order_id": order_id,
        "line_no": line_no,
        "customer_id": "C-1",
        "sku": "VALVE",
        "ordered_date": date.fromisoformat(day),
        "ordered_qty": 5_000,
        "shipped_qty": 5_000 - open_qty,
        "unit_price": 199_000,
    }


def shipped(order_id: str, day: str, line_no: str = "1") -> dict[str, Any]:
    return {"order_id": order_id, "line_no": line_no, "shipped_date": date.fromisoformat(day), "shipped_qty": 2_500}


def moved(order_id: str, at: str, to_date: date | None = None) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "line_no": "1",
        "from_date": date(2026, 2, 1),
        "to_date": to_date,
        "changed_by": "ada",
        "changed_at": datetime.fromisoformat(at),
        "how": "import",
    }


def write(engine: Engine, table: Any, *rows: dict[str, Any]) -> None:
    with writing(engine) as connection:
        connection.execute(insert(table), list(rows))
        raise_revision(connection)


@pytest.fixture
def store(engine: Engine) -> Engine:
    write(engine, schema.customers, {"customer_id": "C-1", "name": "Old Mill", "tier": 3})
    write(engine, schema.items, {"sku": "VALVE", "name": "Valve"})
    write(
        engine,
        schema.order_lines,
        ordered("old and closed", "2025-03-01"),
        ordered("old and open", "2025-03-01", open_qty=1_000),
        ordered("old, shipped since", "2025-03-01"),
        ordered("007", "2026-01-01"),
        ordered("7", "2026-02-03", line_no="10"),
    )
    write(
        engine,
        schema.shipments,
        shipped("old and closed", "2025-04-01"),
        shipped("old and open", "2025-04-01"),
        shipped("old, shipped since", "2026-01-01"),
        shipped("7", "2026-02-04", "10"),
        shipped("7", "2026-02-05"),
    )
    write(
        engine,
        schema.promise_changes,
        moved("old and closed", "2025-03-02 08:00"),
        moved("old and open", "2025-03-02 08:00"),
        moved("007", "2026-01-01 00:00", date(2026, 2, 8)),
        moved("never taken in", "2026-02-01 08:00"),
    )
    return engine


def lines_of(engine: Engine, since: date | None) -> list[str]:
    return sorted(read_order_history(engine, TODAY, since).lines["order_id"])


def test_an_empty_store_has_an_empty_history(engine: Engine) -> None:
    history = read_order_history(engine, TODAY, None)
    assert (len(history.lines), len(history.shipments), len(history.promise_changes)) == (0, 0, 0)


def test_a_line_is_in_the_history_if_it_was_ordered_or_shipped_since_or_is_open(store: Engine) -> None:
    assert lines_of(store, SINCE) == ["007", "7", "old and open", "old, shipped since"]
    assert lines_of(store, None) == ["007", "7", "old and closed", "old and open", "old, shipped since"]


def test_a_line_is_read_as_it_is_in_the_store(store: Engine) -> None:
    lines = read_order_history(store, TODAY, SINCE).lines
    row = lines[lines["order_id"] == "old and open"].iloc[0]
    assert {name: str(value) for name, value in row.items()} == {
        "order_id": "old and open",
        "line_no": "1",
        "customer_id": "C-1",
        "sku": "VALVE",
        "location_id": "MAIN",
        "ordered_date": "2025-03-01 00:00:00",
        "first_promise_date": "NaT",
        "promise_date": "NaT",
        "ordered_qty": "5.0",
        "shipped_qty": "4.0",
        "cancelled_qty": "0.0",
        "open_qty": "1.0",
        "unit_price": "19.9",
    }


def test_each_shipment_knows_its_line_and_one_without_a_line_says_so(store: Engine) -> None:
    history = read_order_history(store, TODAY, SINCE)
    orders = [*history.lines["order_id"].astype("str"), "no line"]
    found = [
        (orders[line], f"{day:%Y-%m-%d}", qty)
        for line, day, qty in history.shipments.itertuples(index=False, name=None)
    ]
    assert found == [
        ("old and open", "2025-04-01", 2.5),
        ("old, shipped since", "2026-01-01", 2.5),
        ("7", "2026-02-04", 2.5),
        ("no line", "2026-02-05", 2.5),
    ]


def test_promise_changes_are_those_since_and_all_of_open_lines_in_the_order_in_which_they_came(store: Engine) -> None:
    changes = read_order_history(store, TODAY, SINCE).promise_changes
    assert changes["order_id"].tolist() == ["old and open", "007", "never taken in"]
    assert changes["line"].tolist()[2] == -1
    assert changes["changed_at"].astype("str").tolist() == [
        "2025-03-02 08:00:00",
        "2026-01-01 00:00:00",
        "2026-02-01 08:00:00",
    ]
    assert [str(day)[:10] for day in changes["to_date"]] == ["NaT", "2026-02-08", "NaT"]


def test_the_history_belongs_to_one_revision_of_the_store(store: Engine) -> None:
    with reading(store) as connection:
        revision = data_revision(connection)
    history = read_order_history(store, TODAY, SINCE)
    assert (history.data_revision, history.today, history.since) == (revision, TODAY, SINCE)


def test_ids_that_differ_only_in_leading_zeros_are_different_lines(store: Engine) -> None:
    history = read_order_history(store, TODAY, None)
    line = history.shipments["line"][history.shipments["shipped_date"] == "2026-02-04"].iloc[0]
    assert history.lines["order_id"].iloc[line] == "7"


def test_a_store_that_was_opened_again_reads_the_same(store: Engine, database_url: str) -> None:
    again = read_order_history(open_store(database_url), TODAY, None)
    assert again.lines.equals(read_order_history(store, TODAY, None).lines)
