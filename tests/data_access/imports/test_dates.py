from __future__ import annotations

from datetime import date

from sqlalchemy import Engine, update

from data_access import schema
from data_access.engine import writing
from tests.data_access.imports.taking import AT, ORDERS, PURCHASES, cells, counts, rows_of, take


def test_a_moved_promise_is_recorded_and_the_first_one_stays(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    result = take(engine, "order_lines", ORDERS.replace("2026-03-12", "2026-03-19"))

    old, new = date(2026, 3, 12), date(2026, 3, 19)
    assert cells(result) == [("SO-1/1", "promise_date", "2026-03-12", "2026-03-19")]
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date")[0] == (old, new)
    at = AT.replace(tzinfo=None)
    noted = ("order_id", "line_no", "from_date", "to_date", "changed_by", "changed_at", "how", "import_id")
    assert rows_of(engine, "promise_changes", *noted) == [
        ("SO-1", "1", old, new, "ada", at, "import", result.import_id)
    ]


def test_a_first_promise_is_no_move_and_a_withdrawn_one_is(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    take(engine, "order_lines", ORDERS.replace("HOSE,2026-03-02,,", "HOSE,2026-03-02,2026-04-01,"))
    take(engine, "order_lines", ORDERS)

    first = date(2026, 4, 1)
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date")[1] == (first, None)
    assert rows_of(engine, "promise_changes", "line_no", "from_date", "to_date") == [("2", first, None)]


def test_a_promise_given_again_after_it_was_withdrawn_is_a_move(engine: Engine) -> None:
    take(engine, "order_lines", ORDERS)

    take(engine, "order_lines", ORDERS.replace("2026-03-20", ""))
    take(engine, "order_lines", ORDERS.replace("2026-03-20", "2026-04-10"))
    take(engine, "order_lines", ORDERS.replace("2026-03-20", "2026-04-10"))

    first, later = date(2026, 3, 20), date(2026, 4, 10)
    moves = rows_of(engine, "promise_changes", "order_id", "line_no", "from_date", "to_date")
    assert moves == [("SO-2", "1", first, None), ("SO-2", "1", None, later)]
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date")[2] == (first, later)


def test_another_first_date_in_the_file_is_ignored_and_told(engine: Engine) -> None:
    header = "order_id,line_no,customer_id,sku,ordered_date,first_promise_date,promise_date,ordered_qty\n"
    row = "SO-1,1,C-1,VALVE,2026-03-02,{},2026-03-14,40"
    take(engine, "order_lines", header + row.format("2026-03-12"))

    result = take(engine, "order_lines", header + row.format("2026-03-11"))

    assert counts(result) == (0, 0, 1, 0, 0)
    assert "1 row brings another first promise date; the first one stays." in result.notes
    assert rows_of(engine, "order_lines", "first_promise_date", "promise_date") == [
        (date(2026, 3, 12), date(2026, 3, 14))
    ]


def test_a_first_date_that_comes_later_is_taken_once(engine: Engine) -> None:
    header = "po_id,line_no,supplier_id,sku,due_date,ordered_qty\n"
    row = "PO-1,1,S-1,VALVE,{},40"
    take(engine, "po_lines", header + row.format(""))
    take(engine, "po_lines", header + row.format("2026-04-01"))
    take(engine, "po_lines", header + row.format("2026-04-08"))

    assert rows_of(engine, "po_lines", "first_due_date", "due_date", "version") == [
        (date(2026, 4, 1), date(2026, 4, 8), 3)
    ]


def test_a_manual_restock_date_survives_and_only_changed_lines_get_a_new_version(engine: Engine) -> None:
    take(engine, "po_lines", PURCHASES)
    manual = date(2026, 4, 6)
    with writing(engine) as connection:
        connection.execute(update(schema.po_lines).values(manual_restock_date=manual))

    take(engine, "po_lines", PURCHASES.replace("2026-03-20,200", "2026-03-27,200"))

    assert rows_of(engine, "po_lines", "due_date", "manual_restock_date", "version") == [
        (date(2026, 3, 27), manual, 2),
        (date(2026, 3, 20), manual, 1),
    ]
