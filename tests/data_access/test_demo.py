from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select

from dashboard.domain.allocation import allocate
from dashboard.domain.backlog import build_backlog
from dashboard.domain.errors import StoreNotEmptyError
from dashboard.domain.ledger import date_quality, quality_by
from dashboard.domain.restocks import DEFAULT_REASONS, HOWS, UNDONE
from data_access import schema
from data_access.book import read_book
from data_access.demo import SUPPLIER_CHARACTERS, build_company, write_demo
from data_access.engine import data_revision, open_store, reading
from data_access.ledger import read_ledger
from data_access.purchasing import read_purchasing
from data_access.users import set_user
from tests import stores
from tests.conftest import TODAY
from tests.replaying import replay, replay_due

Company = dict[str, pd.DataFrame]
build_once = functools.cache(build_company)
ORDER_KEY, PO_KEY = ["order_id", "line_no"], ["po_id", "line_no"]


@pytest.fixture(scope="module")
def company() -> Company:
    return build_once(TODAY)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store that holds the demo company, only to be read."""
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'store.db'}")
    write_demo(engine, TODAY)
    yield engine
    engine.dispose()


def days(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column)


def open_qty(lines: pd.DataFrame) -> pd.Series:
    done = "shipped_qty" if "shipped_qty" in lines else "received_qty"
    return lines["ordered_qty"] - lines[done] - lines["cancelled_qty"]


def supplier_lines(company: Company) -> pd.DataFrame:
    """Purchase-order lines with their supplier's character, last receipt and days late."""
    last = company["receipts"].groupby(PO_KEY)["received_date"].max().rename("last_date").reset_index()
    lines = company["po_lines"].merge(last, how="left", on=PO_KEY)
    lines["character"] = lines["supplier_id"].map(SUPPLIER_CHARACTERS)
    lines["days_late"] = (days(lines["last_date"]) - days(lines["first_due_date"])).dt.days
    return lines


def test_the_company_has_the_sizes_that_were_asked_for(company: Company) -> None:
    assert len(company["suppliers"]) == 40
    assert len(company["items"]) == 400
    assert company["items"]["category"].nunique() == 10
    assert company["customers"]["tier"].value_counts().to_dict() == {1: 15, 2: 35, 3: 70}
    assert set(company["order_lines"]["location_id"]) == {"NORTH", "SOUTH"}
    assert company["order_lines"]["customer_id"].nunique() == 120
    assert company["order_lines"]["sku"].nunique() >= 390
    assert 15_000 <= len(company["order_lines"]) <= 30_000
    assert 4_000 <= len(company["po_lines"]) <= 6_000
    assert pd.Series(SUPPLIER_CHARACTERS).value_counts().to_dict() == {
        "steady": 22,
        "always a week late": 6,
        "erratic": 6,
        "getting worse": 5,
        "stopped delivering": 1,
    }


def test_the_same_day_gives_the_same_company(company: Company) -> None:
    again = build_company(TODAY)
    assert list(again) == list(company)
    for name, frame in company.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_all_names_differ_and_all_addresses_are_examples(company: Company) -> None:
    for table in ("customers", "suppliers", "items"):
        assert company[table]["name"].is_unique
    addresses = pd.concat([company["customers"]["email"], company["suppliers"]["email"]])
    assert addresses[addresses != ""].str.endswith(".example").all()


def test_every_row_has_its_own_key_and_every_reference_holds(company: Company) -> None:
    for name, frame in company.items():
        table = schema.metadata.tables[name]
        key = [column.name for column in table.primary_key if column.name in frame]
        assert not key or not frame.duplicated(key).any(), name
        for column in table.columns:
            for foreign in column.foreign_keys:
                if column.name in frame:
                    assert set(frame[column.name]) <= set(company[foreign.column.table.name][foreign.column.name])
    order_keys = set(company["order_lines"][ORDER_KEY].itertuples(index=False, name=None))
    po_keys = set(company["po_lines"][PO_KEY].itertuples(index=False, name=None))
    assert set(company["shipments"][ORDER_KEY].itertuples(index=False, name=None)) <= order_keys
    assert set(company["promise_changes"][ORDER_KEY].itertuples(index=False, name=None)) <= order_keys
    assert set(company["receipts"][PO_KEY].itertuples(index=False, name=None)) <= po_keys


@pytest.mark.parametrize(
    ("lines", "events", "key", "quantity"),
    [("order_lines", "shipments", ORDER_KEY, "shipped_qty"), ("po_lines", "receipts", PO_KEY, "received_qty")],
)
def test_what_lines_say_is_what_their_events_add_up_to(
    company: Company, lines: str, events: str, key: list[str], quantity: str
) -> None:
    added = company[events].groupby(key)[quantity].sum()
    said = company[lines].set_index(key)[quantity]
    assert (said == added.reindex(said.index, fill_value=0)).all()
    assert (company[events][quantity] > 0).all()


def test_nothing_happened_after_today_before_its_order_or_on_a_sunday(company: Company) -> None:
    shipments = company["shipments"].merge(company["order_lines"][[*ORDER_KEY, "ordered_date"]], on=ORDER_KEY)
    receipts = company["receipts"].merge(company["po_lines"][[*PO_KEY, "ordered_date"]], on=PO_KEY)
    for happened in (
        shipments["shipped_date"],
        receipts["received_date"],
        company["order_lines"]["ordered_date"],
        company["po_lines"]["ordered_date"],
    ):
        assert happened.max() <= TODAY
        assert happened.min() >= TODAY - timedelta(days=731)
        of_week = days(happened).dt.day_of_week.value_counts(normalize=True)
        assert 6 not in of_week
        assert of_week.get(5, 0) < 0.03
    assert (shipments["shipped_date"] >= shipments["ordered_date"]).all()
    assert (receipts["received_date"] > receipts["ordered_date"]).all()


def test_supply_is_never_more_than_was_ordered(company: Company) -> None:
    assert (open_qty(company["po_lines"]) >= 0).all()
    assert (company["receipts"]["rejected_qty"] > 0).sum() >= 20
    assert (company["po_lines"]["cancelled_qty"] > 0).sum() >= 10
    assert company["receipts"].duplicated(PO_KEY).sum() >= 100


def test_every_supplier_character_shows_in_the_days_late(company: Company) -> None:
    late = supplier_lines(company).dropna(subset="days_late").groupby("character")["days_late"]
    assert late.median()["steady"] <= 0
    assert late.quantile(0.8)["steady"] <= 1
    assert 6 <= late.median()["always a week late"] <= 8
    assert late.quantile(0.1)["always a week late"] >= 5
    assert late.quantile(0.8)["erratic"] - late.quantile(0.2)["erratic"] >= 12


def test_the_worsening_suppliers_were_good_and_are_late_now(company: Company) -> None:
    lines = supplier_lines(company).query("character == 'getting worse'").dropna(subset="days_late")
    age = (pd.Timestamp(TODAY) - days(lines["first_due_date"])).dt.days
    assert lines.loc[age > 240, "days_late"].median() <= 1
    assert lines.loc[age < 75, "days_late"].median() >= 8


def test_the_supplier_that_stopped_leaves_overdue_lines(company: Company) -> None:
    lines = supplier_lines(company).query("character == 'stopped delivering'")
    assert TODAY - timedelta(days=60) < lines["last_date"].dropna().max() < TODAY - timedelta(days=40)
    overdue = lines[(open_qty(lines) > 0) & (days(lines["due_date"]) < pd.Timestamp(TODAY))]
    assert len(overdue) >= 5


def test_suppliers_move_dates_and_some_have_given_none(company: Company) -> None:
    lines = company["po_lines"]
    moved = lines["due_date"].notna() & (lines["due_date"] != lines["first_due_date"])
    assert 200 <= moved.sum() <= 1_500
    undated = lines[lines["due_date"].isna()]
    assert 3 <= len(undated) <= 60
    assert (undated["received_qty"] == 0).all()


def test_moved_promises_are_told_step_by_step(company: Company) -> None:
    lines = company["order_lines"].set_index(ORDER_KEY)
    changes = company["promise_changes"]
    assert changes["changed_at"].is_monotonic_increasing
    for key, steps in changes.groupby(ORDER_KEY):
        line = lines.loc[key]
        told = [line["first_promise_date"], *steps["to_date"]]
        assert [*steps["from_date"], line["promise_date"]] == told
        assert all(at.date() <= TODAY for at in steps["changed_at"])
    dated = lines.dropna(subset="promise_date")
    assert (dated["promise_date"] != dated["first_promise_date"]).sum() == len(changes.drop_duplicates(ORDER_KEY))
    assert len(changes) >= 100


def test_every_lines_dates_are_what_its_ledgers_replay_to(filled: Engine) -> None:
    ledger, lines = read_ledger(filled), read_purchasing(filled).po_lines
    changes = dict(list(ledger.due_changes.groupby(PO_KEY)))
    moves = dict(list(ledger.moves.groupby(["document_id", "line_no"])))
    keys = list(zip(lines["po_id"].astype(str), lines["line_no"].astype(str), strict=True))
    replayed = [
        (replay_due(first, change := changes.get(key, ledger.due_changes.iloc[:0])),
         replay(first, change, moves.get(key, ledger.moves.iloc[:0])))
        for key, first in zip(keys, lines["first_due_date"], strict=True)
    ]  # fmt: skip

    due, restock = (pd.Series(dates, dtype="datetime64[s]") for dates in zip(*replayed, strict=True))
    pd.testing.assert_series_equal(due, lines["due_date"], check_names=False)
    pd.testing.assert_series_equal(restock, lines["restock_date"], check_names=False)
    assert set(changes) <= set(keys)


def test_each_move_starts_from_the_date_that_stood_and_counts_as_a_change_of_its_line(company: Company) -> None:
    lines = company["po_lines"].set_index(PO_KEY)
    changed = company["due_changes"].assign(at=lambda frame: frame["changed_at"], is_manual=None)
    moved = company["moves"].query("supply_kind == 'purchase order'").rename(columns={"document_id": "po_id"})
    steps = pd.concat([changed, moved.assign(at=moved["moved_at"])]).sort_values("at", kind="stable")
    for key, of_line in steps.groupby(PO_KEY):
        due = lines.loc[key, "first_due_date"]
        manual = due_when_moved = None
        for step in of_line.itertuples():
            assert step.from_date == (due if step.is_manual is None else manual or due), key
            if step.is_manual is None:
                due = step.to_date
            else:
                assert (step.was_manual, step.due_date) == (manual is not None, due)
                manual, due_when_moved = (step.to_date, due) if step.is_manual else (None, None)
        held = lines.loc[key, ["manual_restock_date", "due_date_when_moved", "version", "changed_at"]].tolist()
        assert held == [manual, due_when_moved, 1 + len(of_line), of_line["at"].iloc[-1]], key
    untouched = lines.drop(index=list(steps.groupby(PO_KEY).groups))
    assert untouched["manual_restock_date"].isna().all()
    assert (untouched["version"] == 1).all()


def test_four_people_moved_dates_for_reasons_from_the_list_one_by_one_and_in_batches(company: Company) -> None:
    moves = company["moves"]
    assert moves["moved_by"].nunique() == 4
    assert set(moves["reason"]) <= {*DEFAULT_REASONS, UNDONE}
    assert set(moves["how"]) == set(HOWS)
    assert (moves["note"] != "").mean() > 0.5
    assert moves["moved_at"].is_monotonic_increasing
    assert all(at.date() < TODAY for at in moves["moved_at"])
    ours = moves[moves["undoes"].isna()]
    assert all(to >= at.date() for to, at in zip(ours["to_date"], ours["moved_at"], strict=True))
    assert (moves["batch_id"].value_counts() >= 3).sum() >= 3
    undone = moves[moves["undoes"].notna()]
    assert len(set(undone["batch_id"])) == 1
    assert undone["supply_id"].tolist() == moves["supply_id"].iloc[(undone["undoes"] - 1).tolist()].tolist()
    assert 2 <= len(company["planned_restocks"]) <= 3


def test_some_dates_of_ours_proved_right_and_others_did_not(filled: Engine) -> None:
    ledger = read_ledger(filled)
    quality = date_quality(ledger, read_purchasing(filled), TODAY)
    of = quality["outcome"].value_counts()
    assert 60 <= of[["right", "too early", "too late"]].sum() <= 100
    assert (of[["right", "too early", "too late", "not yet known"]] >= 3).all()
    assert quality_by(quality, "moved_by").set_index("moved_by")["judged"].min() >= 8
    supplies = read_book(filled, TODAY).supplies
    is_answered = (supplies["due_date"] == supplies["due_date_when_moved"]) | (
        supplies["due_date"] == supplies["restock_date"]
    )
    assert 2 <= (supplies["is_moved"] & ~is_answered).sum() <= 3
    backs = ledger.moves[ledger.moves["undoes"] > 0]
    assert ledger.moves.set_index("move_id").loc[backs["undoes"], "supply_id"].tolist() == backs["supply_id"].tolist()


def test_a_few_data_problems_of_each_kind_are_there(company: Company) -> None:
    lines, items = company["order_lines"], company["items"]
    opened = lines[open_qty(lines) > 0]
    assert (company["stock"]["stock_qty"] < 0).sum() == 1
    assert (open_qty(lines) < 0).sum() == 1
    early = days(opened["promise_date"]) < days(opened["ordered_date"])
    assert early.sum() == 1
    assert 5 <= opened["promise_date"].isna().sum() <= 90
    assert len(set(items["sku"]) - set(company["item_suppliers"]["sku"])) == 3
    assert (items["unit_price"] == 0).sum() == 1
    assert 2 <= (opened["unit_price"] == 0).sum() <= 12
    assert company["customers"]["is_placeholder"].sum() == 1
    assert opened["priority"].notna().sum() >= 5


def test_every_other_sku_has_ranked_suppliers_and_a_margin(company: Company) -> None:
    sources = company["item_suppliers"].groupby("sku")["rank"].agg(["min", "max", "size"])
    assert sources["min"].eq(1).all()
    assert sources["max"].eq(sources["size"]).all()
    assert sources["size"].isin([1, 2, 3]).all()
    assert (sources["size"] > 1).sum() >= 100
    items = company["items"].query("unit_price > 0")
    margin = 1 - items["unit_cost"] / items["unit_price"]
    assert margin.between(0.2, 0.5).all()
    assert (items["unit_price"] % 100 == 0).all()


def test_demand_is_uneven_and_most_money_is_with_few_customers(company: Company) -> None:
    lines = company["order_lines"]
    per_sku = lines["sku"].value_counts(normalize=True)
    assert per_sku.head(80).sum() > 0.5
    value = (lines["ordered_qty"] / 1_000 * lines["unit_price"] / 10_000).groupby(lines["customer_id"]).sum()
    assert value.nlargest(12).sum() > 0.5 * value.sum()


def test_two_good_customers_have_gone_silent(company: Company) -> None:
    orders = company["order_lines"].drop_duplicates("order_id").merge(company["customers"], on="customer_id")
    last = orders.groupby("customer_id")["ordered_date"].agg(["max", "size"])
    good = orders.query("tier <= 2")["customer_id"].unique()
    silent = last.loc[good].query("size >= 20")
    assert (silent["max"] < TODAY - timedelta(days=90)).sum() == 2


@pytest.mark.parametrize(
    ("day", "database_url"),
    [
        (TODAY, stores.SQLITE),
        (TODAY, stores.POSTGRESQL),
        (date(2024, 2, 29), stores.SQLITE),
        (date(2025, 1, 1), stores.SQLITE),
        (date(2025, 7, 6), stores.SQLITE),
        (date(2023, 10, 14), stores.SQLITE),
    ],
    ids=["a Monday", "a Monday on postgresql", "29 February", "1 January", "a Sunday", "a Saturday"],
    indirect=["database_url"],
)
def test_on_any_day_about_900_lines_are_open_and_300_backordered(engine: Engine, day: date) -> None:
    write_demo(engine, day)
    book = read_book(engine, day)
    backlog = build_backlog(book, allocate(book))
    backorders = backlog[backlog["backordered_qty"] > 0]
    assert 800 <= len(backlog) <= 1_000
    assert 250 <= len(backorders) <= 350
    states = backlog["state"].value_counts()
    assert (states[["late", "undated"]] >= 15).all(), states
    assert (states[["uncovered", "on time"]] >= 8).all(), states
    assert states["unpromised"] >= 1
    assert states["on time"] < 0.75 * len(backorders)
    assert backorders["age_days"].median() <= 30
    assert (backorders["age_days"] >= 46).sum() >= 10
    assert backlog["is_past_promise"].sum() >= 20
    value = backorders.groupby("customer_id", observed=True)["backordered_value"].sum()
    assert value.nlargest(12).sum() > 0.5 * value.sum()
    assert set(backlog["ordered_date"]) <= set(pd.date_range(day - timedelta(days=731), day))
    assert np.all(book.supplies.loc[book.supplies["is_moved"], "restock_date"] > pd.Timestamp(day))


def test_writing_tells_the_rows_logs_each_table_and_raises_the_revision(engine: Engine, company: Company) -> None:
    written = write_demo(engine, TODAY, by="somebody")
    assert written == {name: len(frame) for name, frame in company.items()}
    with reading(engine) as connection:
        assert data_revision(connection) == 1
        for name, count in written.items():
            rows = select(func.count()).select_from(schema.metadata.tables[name])
            assert connection.execute(rows).scalar_one() == count
        log = connection.execute(select(schema.imports.c["table_name", "source", "imported_by", "new_rows"])).all()
    assert [tuple(row) for row in log] == [(name, "demo company", "somebody", n) for name, n in written.items()]


def test_the_log_tells_the_instant_at_which_the_demo_company_was_written(engine: Engine, tmp_path: Path) -> None:
    def noted(engine: Engine) -> set[datetime]:
        with reading(engine) as connection:
            return set(connection.execute(select(schema.imports.c.imported_at)).scalars())

    at = datetime(2026, 3, 16, 8, 30, tzinfo=timezone(timedelta(hours=1)))
    write_demo(engine, TODAY, at=at)
    assert noted(engine) == {datetime(2026, 3, 16, 7, 30)}

    before = datetime.now(UTC).replace(tzinfo=None)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    write_demo(other, TODAY)
    assert before <= min(noted(other)) <= max(noted(other)) <= datetime.now(UTC).replace(tzinfo=None)
    other.dispose()


def test_who_has_a_role_and_who_gave_it_is_no_data(engine: Engine) -> None:
    set_user(engine, "ada@example.com", "admin", by="ops", at=datetime(2026, 3, 16, 9, 30, tzinfo=UTC))
    assert write_demo(engine, TODAY)["customers"] > 0


def test_a_store_that_holds_data_is_left_as_it_is(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(schema.suppliers.insert().values(supplier_id="S-1", name="One"))
    with pytest.raises(StoreNotEmptyError, match=r"already holds data .* Set BACKORDERS_DATABASE_URL to a new store"):
        write_demo(engine, TODAY)
    with reading(engine) as connection:
        assert data_revision(connection) == 0
        assert connection.execute(select(schema.suppliers.c.supplier_id)).scalars().all() == ["S-1"]
        for table in schema.metadata.sorted_tables:
            if table not in (schema.suppliers, schema.store):
                assert connection.execute(select(table)).all() == []
