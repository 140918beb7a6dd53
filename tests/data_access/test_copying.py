"""A whole store from one place to another: all of it or nothing, while it is in use, on every engine."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from dashboard.domain.book import PURCHASE_ORDER
from dashboard.domain.errors import StoreError, StoreNotEmptyError, StoreVersionError
from dashboard.domain.promises import PromiseChange
from dashboard.domain.restocks import FORM, Move, SupplyKey
from data_access import schema
from data_access.complaints import address
from data_access.copying import CopiedTable, checksum, copy_store
from data_access.engine import connect, let_stand_alone, open_store, raise_revision, reading, writing
from data_access.moving import save_changes
from data_access.promising import save_promises
from data_access.sources import address_of, open_backup, reach_source
from data_access.upgrading import take_step
from data_access.users import set_user
from tests import postgres
from tests.data_access.imports.taking import revision, rows_of, take
from tests.pages.companies import write_small_company

TODAY = date(2026, 3, 16)
AT = datetime(2026, 3, 16, 9, 30)


@pytest.fixture
def empty(engine: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A store of the other kind that holds nothing yet."""
    if engine.dialect.name == "postgresql":
        yield open_store(address_of(tmp_path / "empty.db"))
    else:
        with postgres.database(request.getfixturevalue("postgres_server")) as url:
            yield open_store(url)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The small company, imports with refused rows, a move, a promise, a user, and names of many scripts."""
    write_small_company(engine, "Žluť & 仓库 \U0001f69a 'x' \\N \t\u202e")
    take(engine, "suppliers", "supplier_id,name\n0001,Old Mill\n,Nobody\n", partial=True)
    move(engine, date(2026, 4, 6), 1)
    promise = PromiseChange("SO-1", "2", date(2026, 4, 8), date(2026, 3, 20), "by telephone")
    save_promises(engine, [promise], by="ada", at=AT, how=FORM, today=TODAY)
    set_user(engine, "ada@example.com", "admin", by="ops", at=AT)
    return engine


def move(engine: Engine, to: date, version: int) -> None:
    change = Move(SupplyKey(PURCHASE_ORDER, "PO-1", "1"), to, version, "carrier", "a note")
    save_changes(engine, [change], by="ada", at=AT, how=FORM, today=TODAY)


def whole(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the store's own mark."""
    return {name: rows_of(engine, name) for name in schema.metadata.tables if name != schema.store.name}


def test_every_table_arrives_as_it_was_and_the_revision_is_one_above(filled: Engine, empty: Engine) -> None:
    before, mark = whole(filled), rows_of(empty, "store", "store_id")
    copied = copy_store(filled, empty)

    assert whole(empty) == whole(filled) == before
    assert {table.table: table.rows for table in copied} == {name: len(rows) for name, rows in before.items()}
    assert (revision(empty), rows_of(empty, "store", "store_id")) == (revision(filled) + 1, mark)


def test_there_and_back_again_the_checksums_are_the_same(filled: Engine, empty: Engine, tmp_path: Path) -> None:
    there = copy_store(filled, empty)
    assert copy_store(empty, open_store(address_of(tmp_path / "back.db"))) == there
    assert all(isinstance(table, CopiedTable) and len(table.checksum) == 64 for table in there)


def test_what_is_saved_in_the_copy_goes_on_counting(filled: Engine, empty: Engine) -> None:
    copy_store(filled, empty)
    move(empty, date(2026, 4, 20), 2)
    take(empty, "suppliers", "supplier_id,name\nS-9,Northgate\n")
    assert rows_of(empty, "moves", "move_id") == [(1,), (2,)]
    assert [number for (number,) in rows_of(empty, "imports", "import_id")] == [1, 2]


def test_a_copy_is_of_one_moment_whatever_others_write_meanwhile(filled: Engine, empty: Engine) -> None:
    told: list[str] = []

    def write_beside(_share: float, words: str) -> None:
        told.append(words)
        with writing(filled) as connection:
            connection.execute(insert(schema.customers).values(customer_id=f"N-{len(told)}", name="new"))
            connection.execute(insert(schema.users).values(
                email=f"n-{len(told)}", role="viewer", changed_by="ops", changed_at=AT
            ))  # fmt: skip
            raise_revision(connection)

    copy_store(filled, empty, write_beside)
    new = [{row[0].lower() for row in rows_of(empty, name) if row[0].lower().startswith("n-")} for name in
           ("customers", "users")]  # fmt: skip
    assert new[0] == new[1]
    assert len(new[0]) < len(told) == len(rows_of(filled, "users")) - 1


def test_a_store_that_holds_anything_is_not_copied_into(filled: Engine, empty: Engine) -> None:
    set_user(empty, "eve@example.com", "admin", by="ops", at=AT)
    before = whole(empty)
    with pytest.raises(StoreNotEmptyError, match=r"already holds data .table role_changes.*name another address"):
        copy_store(filled, empty)
    assert (whole(empty), revision(empty)) == (before, 0)


def test_a_row_that_was_altered_on_the_way_keeps_all_of_it_from_being_kept(filled: Engine, empty: Engine) -> None:
    alter = {
        "sqlite": [
            "CREATE TRIGGER altering AFTER INSERT ON suppliers BEGIN "
            "UPDATE suppliers SET name = 'Other' WHERE supplier_id = NEW.supplier_id; END"
        ],
        "postgresql": [
            "CREATE FUNCTION altering() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN NEW.name = ''Other''; RETURN NEW; END'",
            "CREATE TRIGGER altering BEFORE INSERT ON suppliers FOR EACH ROW EXECUTE FUNCTION altering()",
        ],
    }
    with writing(empty) as connection:
        for statement in alter[empty.dialect.name]:
            connection.execute(text(statement))
    with pytest.raises(StoreError, match=r"suppliers did not arrive as it was sent .2 rows sent, 2 arrived"):
        copy_store(filled, empty)
    assert (whole(empty), revision(empty)) == ({name: [] for name in whole(filled)}, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_that_postgresql_cannot_keep_is_named_by_table_row_and_column(filled: Engine, empty: Engine) -> None:
    with writing(filled) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id="S-7", name="a\x00b"))
    named = "The table suppliers, row with supplier_id 'S-7': name holds a NUL byte, which cannot be kept"
    with pytest.raises(StoreError, match=named):
        copy_store(filled, empty)
    assert whole(empty) == {name: [] for name in whole(empty)}


def outdated(engine: Engine) -> Engine:
    """The same store as the first version of the dashboard wrote it, with one supplier."""
    with writing(engine) as connection:
        schema.metadata.drop_all(connection)
        take_step(connection, 1)
        connection.execute(text("INSERT INTO store VALUES (1, 1, 'mark', 41)"))
        connection.execute(text("INSERT INTO suppliers (supplier_id, name) VALUES ('S-1', 'Northgate')"))
    return engine


def test_an_older_store_is_not_copied_and_the_sentence_says_what_to_do_first(engine: Engine) -> None:
    url = outdated(engine).url.render_as_string(hide_password=False)
    with pytest.raises(StoreVersionError) as refused:
        reach_source(url)
    assert str(refused.value) == (
        f"The store at {address(engine)} was written by an older version of the dashboard. Upgrade it first: "
        "set BACKORDERS_DATABASE_URL to its address and run: python -m dashboard upgrade"
    )


def test_a_backup_of_an_older_version_is_upgraded_on_its_way_and_stays_as_it_is(empty: Engine, tmp_path: Path) -> None:
    file = tmp_path / "a?b #%20 old.db"
    let_stand_alone(outdated(open_store(address_of(file))))
    content = file.read_bytes()
    with open_backup(file) as source:
        copy_store(source, empty)
    assert rows_of(empty, "suppliers", "supplier_id", "name") == [("S-1", "Northgate")]
    assert file.read_bytes() == content


@pytest.mark.parametrize("is_beside_others", [True, False])
def test_a_source_is_left_as_it_is_also_where_nothing_may_be_written(
    tmp_path: Path, is_beside_others: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept" / "backup.db"
    store = open_store(address_of(file))
    write_small_company(store)
    let_stand_alone(store)
    monkeypatch.setattr("data_access.engine.os.access", lambda *_: is_beside_others)
    file.chmod(0o400)
    file.parent.chmod(0o500)
    content = file.read_bytes()
    with open_backup(file) as source:
        assert len(rows_of(source, "suppliers")) == 1
        with pytest.raises(StoreError), writing(source) as connection:
            raise_revision(connection)
    assert (list(file.parent.iterdir()), file.read_bytes()) == ([file], content)
    file.parent.chmod(0o700)


def write_nothing(_file: Path) -> None:
    pass


def write_another_table(file: Path) -> None:
    with writing(open_store(address_of(file))) as connection:
        schema.metadata.drop_all(connection)


def write_no_mark(file: Path) -> None:
    with writing(open_store(address_of(file))) as connection:
        connection.execute(schema.store.delete())


def write_a_newer_one(file: Path) -> None:
    with writing(open_store(address_of(file))) as connection:
        connection.execute(schema.store.update().values(schema_version=99))


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda file: file.write_bytes(b"%PDF-1.7 this is something else" * 100), "cannot be used .file is not a data"),
        (write_another_table, r"cannot be used \(no such table: store\). Check that this is .* or a backup of it"),
        (write_no_mark, r"is not whole: its table store is empty. Restore a backup."),
        (write_a_newer_one, "newer version of the dashboard"),
        (write_nothing, "does not answer"),
    ],
)
def test_what_is_no_backup_is_told_in_a_sentence(tmp_path: Path, write: Any, why: str) -> None:
    write(tmp_path / "other.db")
    with pytest.raises(StoreError, match=why), open_backup(tmp_path / "other.db"):
        pass


@pytest.mark.parametrize("seed", [*range(8), 20, 21, 28, 29, 33, 45])
def test_a_damaged_backup_is_refused_in_a_sentence_or_arrives_whole(
    seed: int, made_in_sqlite: Path, tmp_path: Path
) -> None:
    """One byte or thousands, in the first page or far behind it. Most of the later seeds once ended in other errors."""
    shutil.copy(made_in_sqlite, tmp_path / "rotten.db")
    write_small_company(connect(address_of(tmp_path / "rotten.db")))
    let_stand_alone(connect(address_of(tmp_path / "rotten.db")))
    damage(tmp_path / "rotten.db", seed)
    target = open_store(address_of(tmp_path / "target.db"))
    copied, empty = [], {name: [] for name in whole(target)}
    with suppress(StoreError), open_backup(tmp_path / "rotten.db") as source:
        copied = copy_store(source, target)
    if not copied:
        assert (whole(target), revision(target)) == (empty, 0)
    with reading(target) as connection:
        assert [checksum(connection, schema.metadata.tables[table.table]) for table in copied] == copied


def damage(file: Path, seed: int) -> None:
    drawn, content = random.Random(seed), bytearray(file.read_bytes())  # noqa: S311
    for _ in range((4_000, 40, 4, 1)[seed % 4]):
        content[drawn.randrange((100, 4_096, 40_000)[seed % 3], len(content))] = drawn.randrange(256)
    file.write_bytes(content)


@pytest.mark.parametrize("reach", [lambda file: reach_source(address_of(file)), lambda file: backed_up(file)])
def test_pages_that_do_not_fit_together_are_told_before_anything_is_copied(
    reach: Any, made_in_sqlite: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(made_in_sqlite, tmp_path / "rotten.db"))
    with writing(connect(address_of(file))) as connection:
        connection.execute(insert(schema.suppliers), [{"supplier_id": f"S-{n}", "name": "x" * 90} for n in range(500)])
    let_stand_alone(connect(address_of(file)))
    with sqlite3.connect(file) as connection:
        [page] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'suppliers'").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(file.read_bytes())
    content[page * size - 60 : page * size] = b"\xff" * 60
    file.write_bytes(content)
    with pytest.raises(
        StoreError, match=r"is damaged \(.*\)\. Nothing was taken from it: take a backup that is whole\."
    ):
        reach(file)


def backed_up(file: Path) -> None:
    with open_backup(file):
        pass


def test_a_value_that_is_none_of_its_column_is_told_while_rows_are_copied(tmp_path: Path, empty: Engine) -> None:
    source = open_store(address_of(tmp_path / "odd.db"))
    write_small_company(source)
    with writing(source) as connection:
        connection.execute(text("UPDATE order_lines SET ordered_date = 'no day'"))
    with pytest.raises(StoreError, match=r"The table order_lines of the store at .* holds a value that cannot be read"):
        copy_store(source, empty)
    assert (whole(empty), revision(empty)) == ({name: [] for name in whole(empty)}, 0)
