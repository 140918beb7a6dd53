"""Frames come out the same whatever brought them: SQLite's cursor, PostgreSQL's cursor, or Arrow over ADBC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, Select, func, insert, literal, null, select, text

from dashboard.domain.errors import StoreError, StoreUnreachableError
from data_access import columnar, postgres, schema
from data_access.book import read_book
from data_access.columnar import Taker, categories, days, flags, instants, integers, numbers, read_frame, texts
from data_access.demo.company import draw_company
from data_access.demo.writing import write_demo
from data_access.engine import connect, open_store, reading, writing
from data_access.ledger import read_ledger
from data_access.order_history import read_order_history
from data_access.purchasing import read_purchasing
from tests import postgres as servers

WORDS = ("", " ", "0042", "Ünïcödé ✓ 漢字", "'; drop table", "a\tb\nc\\d", "\\N", '"quoted", twice')
NUMBERS = (-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1)
DAYS = (None, date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31))
INSTANTS = (datetime(1970, 1, 1), datetime(2026, 3, 16, 7, 30, 0, 123456), datetime(1950, 6, 1, 23, 59, 59, 999999))
MOVES: dict[str, Taker] = {
    "batch_id": texts,
    "reason": categories,
    "from_date": days,
    "moved_at": instants,
    "from_qty": numbers,
    "was_manual": flags,
    "nothing": texts,
    "no_day": days,
    "one": integers,
}


@pytest.fixture
def postgres_engine(postgres_server: str) -> Iterator[Engine]:
    with servers.database(postgres_server) as url:
        yield open_store(url)


@pytest.fixture
def in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size, PostgreSQL hands over by Arrow, and where it cannot, the test fails."""
    monkeypatch.setattr(columnar, "BULK_ROWS", 0)
    monkeypatch.setattr(columnar, "_by_cursor", _unless_postgres(columnar._by_cursor))


def _unless_postgres(by_cursor: Any) -> Any:
    def refuse(connection: Any, *rest: Any) -> Any:
        assert connection.dialect.name == "sqlite"
        return by_cursor(connection, *rest)

    return refuse


@pytest.fixture
def both(postgres_engine: Engine, tmp_path: Path) -> tuple[Engine, Engine]:
    return open_store(f"sqlite:///{tmp_path / 'store.db'}"), postgres_engine


def test_every_kind_of_value_comes_the_same_from_both_engines(both: tuple[Engine, Engine], in_bulk: None) -> None:
    frames = []
    for engine in both:
        with writing(engine) as connection:
            connection.execute(insert(schema.moves), _moves())
        with reading(engine) as connection:
            frames.append(read_frame(connection, _move_cells(), MOVES))
    on_sqlite, on_postgres = frames
    pd.testing.assert_frame_equal(on_postgres, on_sqlite, check_exact=True, check_freq=False)
    assert on_postgres["batch_id"].tolist() == [row["batch_id"] for row in _moves()]
    assert on_postgres["moved_at"].dt.to_pydatetime().tolist() == [row["moved_at"] for row in _moves()]
    assert [None if pd.isna(day) else day.date() for day in on_postgres["from_date"]] == [
        row["from_date"] for row in _moves()
    ]


def test_whole_numbers_come_exactly_however_large(postgres_engine: Engine, in_bulk: None) -> None:
    values = " union all ".join(f"select {place} as place, ({number})::bigint" for place, number in enumerate(NUMBERS))
    with reading(postgres_engine) as connection:
        found = read_frame(connection, text(f"{values} order by place"), {"place": integers, "number": integers})
    assert found["number"].tolist() == list(NUMBERS)
    assert found["number"].dtype == np.int64


def test_sums_come_as_whole_numbers_from_both_engines(both: tuple[Engine, Engine], in_bulk: None) -> None:
    sums = []
    for engine in both:
        with writing(engine) as connection:
            connection.execute(insert(schema.items).values(sku="A", name="A"))
            connection.execute(
                insert(schema.stock),
                [
                    {"sku": "A", "location_id": "N", "stock_qty": 2**52},
                    {"sku": "A", "location_id": "S", "stock_qty": -7},
                ],
            )
        with reading(engine) as connection:
            sums.append(read_frame(connection, select(func.sum(schema.stock.c.stock_qty)), {"sum": integers}))
    for frame in sums:
        assert frame["sum"].tolist() == [2**52 - 7]


def test_an_empty_store_gives_the_same_empty_frames(both: tuple[Engine, Engine], today: date, in_bulk: None) -> None:
    _assert_same(*(_frames(engine, today) for engine in both))


def test_the_demo_company_gives_the_same_frames(
    both: tuple[Engine, Engine], today: date, in_bulk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = draw_company(today)
    monkeypatch.setattr("data_access.demo.writing.draw_company", lambda _: company)
    for engine in both:
        write_demo(engine, today, at=datetime(2026, 3, 16, 7, 30))
    _assert_same(*(_frames(engine, today) for engine in both))


def test_what_is_written_between_two_reads_is_not_seen(postgres_engine: Engine, in_bulk: None) -> None:
    every = select(schema.suppliers.c.supplier_id).order_by(schema.suppliers.c.supplier_id)
    _add_supplier(postgres_engine, "S1")
    with reading(postgres_engine) as connection:
        before = read_frame(connection, every, {"supplier_id": texts})
        _add_supplier(postgres_engine, "S2")
        after = read_frame(connection, every, {"supplier_id": texts})
        assert connection.execute(every).scalars().all() == ["S1"]
    assert before["supplier_id"].tolist() == after["supplier_id"].tolist() == ["S1"]
    with reading(postgres_engine) as connection:
        assert read_frame(connection, every, {"supplier_id": texts})["supplier_id"].tolist() == ["S1", "S2"]


def test_bulk_reads_see_what_the_first_read_of_the_transaction_saw(postgres_engine: Engine, in_bulk: None) -> None:
    every = select(schema.suppliers.c.supplier_id)
    with reading(postgres_engine) as connection:
        assert connection.execute(every).all() == []
        _add_supplier(postgres_engine, "S1")
        assert read_frame(connection, every, {"supplier_id": texts}).empty


def test_the_second_connection_leads_where_the_first_one_does_with_any_password(postgres_engine: Engine) -> None:
    odd = "g'e h:e@i\\m/%ü"
    engine = connect(postgres_engine.url.set(password=odd).render_as_string(hide_password=False))
    with reading(engine) as connection:
        first: Any = connection.connection.driver_connection
        second = conninfo_to_dict(postgres._same_address(connection))
        assert (second["password"], second["dbname"]) == (odd, engine.url.database)
        assert (second["host"], second["port"]) == (first.info.host, str(first.info.port))
    engine.dispose()


def test_the_second_connection_goes_with_its_transaction(postgres_engine: Engine, in_bulk: None) -> None:
    own = text("select count(*) from pg_stat_activity where datname = current_database()")
    with reading(postgres_engine) as connection:
        alone = connection.execute(own).scalar_one()
    with reading(postgres_engine) as connection:
        read_frame(connection, select(schema.suppliers.c.name), {"name": texts})
        assert connection.execute(own).scalar_one() == alone + 1
        reader = _reader(connection)
    assert reader._opened is None


def test_a_transaction_that_writes_reads_its_own_rows(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "BULK_ROWS", 0)
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id="S1", name="One"))
        found = read_frame(connection, select(schema.suppliers.c.name), {"name": texts})
    assert found["name"].tolist() == ["One"]


def test_sqlite_never_goes_through_adbc(tmp_path: Path, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a second copy of SQLite")

    for name in ("SnapshotReader", "AdbcConnection", "_database"):
        monkeypatch.setattr(postgres, name, refuse)
    monkeypatch.setattr(columnar, "BULK_ROWS", 0)
    engine = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    _add_supplier(engine, "S1")
    assert read_book(engine, today).suppliers["supplier_id"].tolist() == ["S1"]


def test_small_reads_need_no_second_connection(
    postgres_engine: Engine, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "AdbcConnection", None)
    _add_supplier(postgres_engine, "S1")
    assert read_book(postgres_engine, today).suppliers["supplier_id"].tolist() == ["S1"]


def test_a_server_without_a_connection_to_spare_is_read_by_the_first(
    postgres_engine: Engine, today: date, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(columnar, "BULK_ROWS", 0)
    monkeypatch.setattr(postgres, "_same_address", lambda _: "host=127.0.0.1 port=1 password=secret")
    _add_supplier(postgres_engine, "S1")
    assert read_book(postgres_engine, today).suppliers["supplier_id"].tolist() == ["S1"]
    assert "no second connection" in caplog.text
    assert "secret" not in caplog.text


def test_a_bulk_read_that_breaks_off_is_told_and_the_next_one_works(postgres_engine: Engine, in_bulk: None) -> None:
    names = select(schema.suppliers.c.name)

    def read_while_it_is_ended() -> None:
        with reading(postgres_engine) as connection:
            read_frame(connection, names, {"name": texts})
            _end_others(postgres_engine)
            read_frame(connection, names, {"name": texts})

    with pytest.raises(StoreUnreachableError, match="does not answer"):
        read_while_it_is_ended()
    with reading(postgres_engine) as connection:
        assert read_frame(connection, names, {"name": texts}).empty


def test_a_bulk_read_that_the_store_does_not_fit_is_told_without_the_statement(
    postgres_engine: Engine, in_bulk: None
) -> None:
    def read_nowhere() -> None:
        with reading(postgres_engine) as connection:
            _reader(connection).columns("select name from nowhere")

    with pytest.raises(StoreError, match="cannot be used") as caught:
        read_nowhere()
    assert "Query was" not in str(caught.value)


def test_a_statement_that_only_reads_is_stopped_in_the_end(
    postgres_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.engine.READ_TIMEOUT_SECONDS", 0.2)
    slow = "select 1 from pg_sleep(20)"
    for read in (lambda c: c.exec_driver_sql(slow), lambda c: _reader(c).columns(slow)):
        with pytest.raises(StoreUnreachableError, match="statement timeout"), reading(postgres_engine) as connection:
            read(connection)


def _reader(connection: Connection) -> postgres.SnapshotReader:
    reader = postgres.snapshot_reader(connection)
    assert reader is not None
    return reader


def _add_supplier(engine: Engine, supplier_id: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id=supplier_id, name=supplier_id))


def _end_others(engine: Engine) -> None:
    """Have the server end every other connection to this database, as a restart would."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        )


def _moves() -> list[dict[str, Any]]:
    """One move per text, with days, instants and numbers in turn."""
    numbers_in_turn = (None, -5, 2**53 - 1)
    return [
        {
            "batch_id": word, "supply_kind": "plan", "supply_id": "P", "document_id": "P", "line_no": "",
            "from_date": DAYS[place % len(DAYS)], "to_date": None, "was_manual": bool(place % 2), "is_manual": True,
            "from_qty": numbers_in_turn[place % 3], "reason": WORDS[place // 2], "moved_by": "ada",
            "moved_at": INSTANTS[place % len(INSTANTS)], "how": "page",
        }
        for place, word in enumerate(WORDS)
    ]  # fmt: skip


def _move_cells() -> Select[Any]:
    move = schema.moves.c
    return select(
        move.batch_id, move.reason, move.from_date, move.moved_at, move.from_qty, move.was_manual, null(), null(),
        literal(1),
    ).order_by(move.move_id)  # fmt: skip


def _frames(engine: Engine, today: date) -> dict[str, pd.DataFrame]:
    """Every frame that the program reads, by its name."""
    wholes = (
        read_book(engine, today),
        read_purchasing(engine),
        read_ledger(engine),
        read_order_history(engine, today, None),
    )
    return {
        f"{type(whole).__name__}.{name}": value
        for whole in wholes
        for name, value in vars(whole).items()
        if isinstance(value, pd.DataFrame)
    }


def _assert_same(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame]) -> None:
    """Value by value and type by type; an engine may give the rows in another order where none was asked for."""
    assert ours.keys() == theirs.keys()
    assert len(ours) >= 12
    for name, frame in ours.items():
        other = theirs[name]
        assert [str(kind) for kind in frame.dtypes] == [str(kind) for kind in other.dtypes], name
        pd.testing.assert_frame_equal(_sorted(frame), _sorted(other), check_exact=True, obj=name)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    plain = frame.apply(lambda column: column.astype("str") if column.dtype == "category" else column)
    plain = plain.drop(columns=[name for name in ("line", "position") if name in plain])
    return plain.sort_values(list(plain.columns), ignore_index=True)
