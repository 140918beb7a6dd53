from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, insert, make_url, select, text, update
from sqlalchemy.pool import NullPool

from dashboard.domain.errors import StoreError, StoreUnreachableError, StoreVersionError
from data_access import schema
from data_access.changes import current_version
from data_access.columnar import days, read_frame, read_frame_by, texts
from data_access.complaints import words_shown
from data_access.engine import (
    connect,
    data_revision,
    has_store,
    open_store,
    raise_revision,
    reach_store,
    reading,
    writing,
)
from tests.data_access.imports.taking import revision, take

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
_OWN_PROCESS = text("select pg_backend_pid()")


def test_a_new_store_has_every_table_and_revision_zero(database_url: str) -> None:
    with reading(open_store(database_url)) as connection:
        assert data_revision(connection) == 0
        for table in schema.metadata.sorted_tables:
            if table is not schema.store:
                assert connection.execute(select(table)).all() == []


def test_a_store_is_opened_again_as_it_was(database_url: str) -> None:
    with writing(open_store(database_url)) as connection:
        raise_revision(connection)
    with reading(open_store(database_url)) as connection:
        assert data_revision(connection) == 1


def test_a_failed_write_leaves_nothing(engine: Engine) -> None:
    def write_and_fail() -> None:
        with writing(engine) as connection:
            connection.execute(insert(schema.suppliers).values(supplier_id="S1", name="One"))
            raise_revision(connection)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        write_and_fail()
    with reading(engine) as connection:
        assert connection.execute(select(schema.suppliers)).all() == []
        assert data_revision(connection) == 0


def test_the_store_itself_refuses_negative_quantities(engine: Engine) -> None:
    def insert_negative() -> None:
        with writing(engine) as connection:
            connection.execute(insert(schema.items).values(sku="A", name="A", unit_cost=-1))

    with pytest.raises(StoreError, match="refused what was to be written"):
        insert_negative()
    with reading(engine) as connection:
        assert connection.execute(select(schema.items)).all() == []


def test_a_store_of_a_newer_version_is_refused_in_a_sentence(engine: Engine, database_url: str) -> None:
    with writing(engine) as connection:
        connection.execute(update(schema.store).values(schema_version=schema.SCHEMA_VERSION + 1))
    with pytest.raises(StoreVersionError, match="written by a newer version of the dashboard"):
        open_store(database_url)


def test_a_store_that_cannot_be_reached_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        open_store(f"sqlite:///{tmp_path / 'folder.db'}")


def test_a_file_that_is_no_store_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "not.db").write_bytes(b"%PDF-1.7 this is something else entirely" * 50)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(f"sqlite:///{tmp_path / 'not.db'}")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_a_new_file_is_its_owners_alone_with_what_stands_beside_it(tmp_path: Path) -> None:
    with writing(open_store(f"sqlite:///{tmp_path / 'new' / 'store.db'}")) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id="S1", name="One"))
        assert modes(tmp_path / "new") == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    (tmp_path / "store.db").chmod(0o640)
    open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert modes(tmp_path)["store.db"] == 0o640


@pytest.mark.parametrize("where", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused_and_leaves_no_file(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="A store in memory forgets everything"):
        open_store(where)
    assert list(tmp_path.iterdir()) == []


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(StoreError, match="not an address of a database"):
        open_store("here is my data")


@pytest.mark.parametrize(
    "where",
    [
        "somebody:secret@127.0.0.1:1/none",
        "somebody@127.0.0.1:1/none?password=secret",
        "somebody:my@secret@127.0.0.1:1/none",
        "somebody:my/secret@127.0.0.1:1/none",
        "somebody:my@secret/word@127.0.0.1:1/none",
        "somebody:my@word/secret@127.0.0.1:1/none",
    ],
)
def test_a_password_is_never_shown(where: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql+psycopg://{where}")
    assert "secret" not in str(caught.value)


TORN = [
    "ada:my@secret@db/orders",
    "ada:my@sec?ret@db/orders",
    "ada:my@sec?r=et@db/orders",
    "ada:my@sec/ret@db/orders",
    "ada:my@sec/r?e=t@db/orders?user=eve",
    "ada:my@[sec]ret@db/orders",
    "ada:my/sec?r=e@t@db/orders",
    "ada:@secret@db",
    "ada@example.com@db/orders",
    "ada@db:5432/orders?password=sec@ret",  # whose 5432/orders?password=sec would be the password
]


@pytest.mark.parametrize("where", TORN)
def test_of_an_address_with_more_than_one_at_sign_nothing_is_shown(where: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(f"postgresql+psycopg://{where}")
    assert str(refused.value) == (
        "What is given as the store's address holds more than one @, so that nobody can tell where its password ends. "
        "Write each @ within a name or a password as %40, in the setting BACKORDERS_DATABASE_URL or on the "
        "command line."
    )


@pytest.mark.parametrize(
    "where",
    [
        "postgresql+psycopg://ada:my%40secret@db/orders",
        "postgresql+psycopg://ada:my%40secret@db:5432/orders?application_name=a@b&user=eve@example.com",
        "postgresql+psycopg://ada@db/orders?application_name=a@b&user=eve@example.com",
        "postgresql+psycopg://ada:x@[::1]:5432/orders?user=eve@example.com",
        "postgresql+psycopg://db/orders?user=eve@example.com&password=a@b",
        "postgresql+psycopg:///orders?user=eve@example.com&password=a@b",
        "sqlite:////srv/a@b/c@d.db",
        "sqlite:///a@b/c@d.db",
    ],
)
def test_an_at_sign_of_a_query_or_a_path_is_nobodys_password(where: str) -> None:
    assert connect(where).url == make_url(where)
    assert connect(where).url.host in ("db", "::1", None)


SECRET_WORDS = [
    ("x", 'database "orders" does not exist', 'database "orders" does not exist'),
    ("x", "cannot use postgresql://ada:x@db/orders", "cannot use postgresql://ada:***@db/orders"),
    ("x", "cannot use host=db password=x dbname=orders", "cannot use host=db password=*** dbname=orders"),
    ("x", "cannot use password='x'", "cannot use password='***'"),
    (".", "no answer from 127.0.0.1: password=.", "no answer from 127.0.0.1: password=***"),
    ("exist", 'password "exist" does not fit', 'password "***" does not fit'),
    ("it's\\", r"cannot use password='it\'s\\' here", "cannot use password='***' here"),
    ("p@ss/word", "cannot use postgresql://ada:p%40ss%2Fword@db", "cannot use postgresql://ada:***@db"),
    ("a  word", 'password "a  word" does not fit', 'password "***" does not fit'),
    ("secret", "e" * 190 + " password=secret", "e" * 190 + " password="),
]


@pytest.mark.parametrize(("password", "words", "shown"), SECRET_WORDS)
def test_of_a_drivers_words_the_password_is_masked_where_it_stands_alone(password: str, words: str, shown: str) -> None:
    url = URL.create("postgresql+psycopg", "ada", password, "db", 5432, "orders")
    assert words_shown(words, url) == shown
    in_query = URL.create("postgresql+psycopg", "ada", None, "db", query={"password": ("other", password)})
    assert words_shown(words, in_query) == shown


@ON_POSTGRES
@pytest.mark.parametrize("given", [{"password": "x"}, {"application_name": "s"}])
def test_a_short_secret_leaves_the_words_of_the_server_as_they_are(database_url: str, given: dict[str, str]) -> None:
    url = make_url(database_url).set(database="nowhere").update_query_dict(given)
    with pytest.raises(StoreUnreachableError, match='database "nowhere" does not exist'):
        reach_store(url.render_as_string(hide_password=False))


def test_a_store_that_is_gone_is_told_and_not_made_anew(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(database_url)
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        reach_store(database_url)
    assert list(tmp_path.glob("store.db*")) == []


def test_a_store_that_was_replaced_is_the_one_that_answers(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path / 'store.db'}"
    before = current_version(open_store(database_url))
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    with writing(other) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id="S1", name="One"))
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    (tmp_path / "other.db").rename(tmp_path / "store.db")

    with reading(reach_store(database_url)) as connection:
        assert [row.name for row in connection.execute(select(schema.suppliers))] == ["One"]
    assert current_version(reach_store(database_url)) != before


def test_one_who_waits_too_long_for_another_writer_is_told_so(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_access.engine.BUSY_TIMEOUT_SECONDS", 0.1)

    def write_beside_another() -> None:
        with writing(engine), writing(connect(database_url)):
            pass

    with pytest.raises(StoreUnreachableError, match="Somebody else is writing"):
        write_beside_another()


@ON_POSTGRES
def test_connections_that_the_server_ended_are_replaced_before_anybody_notices(engine: Engine) -> None:
    with reading(engine) as connection:
        before = connection.execute(_OWN_PROCESS).scalar_one()
    _end_others(engine)
    with reading(engine) as connection:
        assert connection.execute(_OWN_PROCESS).scalar_one() != before


@ON_POSTGRES
def test_a_connection_that_ends_while_it_is_used_is_told_and_the_next_one_works(engine: Engine) -> None:
    def read_while_it_is_ended() -> None:
        with reading(engine) as connection:
            connection.execute(_OWN_PROCESS)
            _end_others(engine)
            read_frame(connection, select(schema.suppliers.c.name), {"name": texts})

    with pytest.raises(StoreUnreachableError, match="does not answer"):
        read_while_it_is_ended()
    with reading(engine) as connection:
        assert data_revision(connection) == 0


@ON_POSTGRES
def test_a_write_whose_connection_ends_leaves_nothing_and_locks_nobody_out(engine: Engine) -> None:
    def write_while_it_is_ended() -> None:
        with writing(engine) as connection:
            connection.execute(insert(schema.suppliers).values(supplier_id="S1", name="One"))
            _end_others(engine)
            raise_revision(connection)

    with pytest.raises(StoreUnreachableError, match="does not answer"):
        write_while_it_is_ended()
    with writing(engine) as connection:
        assert connection.execute(select(schema.suppliers)).all() == []
        assert data_revision(connection) == 0


def test_what_the_address_says_of_the_connection_stands() -> None:
    ours = connect("postgresql+psycopg://ada@127.0.0.1/store")
    theirs = connect("postgresql+psycopg://ada@127.0.0.1/store?connect_timeout=3&application_name=theirs")
    assert _connect_arguments(ours) == {"connect_timeout": 5, "application_name": "backorders"}
    assert _connect_arguments(theirs) == {"connect_timeout": "3", "application_name": "theirs"}


def _end_others(engine: Engine) -> None:
    """Have the server end every other connection to this database, as a restart would."""
    keeper = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with keeper.connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        )


def _connect_arguments(engine: Engine) -> dict[str, object]:
    """What the driver is told of two settings."""
    told: dict[str, object] = {}

    def refuse(**settings: object) -> None:
        told.update(settings)
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data_access.patience.Connection.connect", refuse)
        with pytest.raises(RuntimeError):
            engine.connect()
    return {name: told[name] for name in ("connect_timeout", "application_name")}


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with writing(engine) as connection:
        connection.execute(insert(schema.items), [{"sku": f"SKU-{n}", "name": "x" * 200} for n in range(500)])
    engine.dispose()
    file = tmp_path / "store.db"
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)

    def read_all() -> None:
        with reading(engine) as connection:
            connection.connection.cursor().execute("SELECT * FROM items").fetchall()

    with pytest.raises(StoreError, match=r"cannot be used|does not answer"):
        read_all()


@pytest.mark.parametrize(
    ("odd", "why"),
    [("CAST(x'ba30' AS TEXT)", "it holds a text that cannot be read"), ("'2026L12-02'", "Failed to parse string")],
)
@pytest.mark.parametrize(
    "read", [read_frame, lambda connection, each, columns: read_frame_by(connection, [each], columns)]
)
def test_a_value_that_damage_altered_is_a_sentence_also_where_rows_are_read_in_bulk(
    tmp_path: Path, odd: str, why: str, read: Any
) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with writing(engine) as connection:
        connection.execute(text(f"INSERT INTO items (sku, name) VALUES ('A', {odd})"))

    def read_all() -> None:
        with reading(engine) as connection:
            read(connection, select(schema.items.c.name), {"name": days})

    with pytest.raises(StoreError, match=rf"cannot be used \({why}.*\)\. Check that this is the dashboard's own store"):
        read_all()


def test_what_sqlite_says_of_a_damaged_file_need_not_be_text(tmp_path: Path) -> None:
    with writing(open_store(f"sqlite:///{tmp_path / 'store.db'}")) as connection:
        connection.execute(text("PRAGMA writable_schema = ON"))
        connection.execute(text("UPDATE sqlite_master SET sql = CAST(x'4352ba' AS TEXT) WHERE name = 'items'"))
    with pytest.raises(StoreError, match=r"cannot be used \(.*\)\. Check that this is the dashboard's own store"):
        has_store(f"sqlite:///{tmp_path / 'store.db'}")


def test_two_who_begin_on_one_empty_database_make_its_tables_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly() -> UUID:
        time.sleep(0.5)  # between the tables and the store's mark
        return uuid4()

    monkeypatch.setattr("data_access.engine.uuid4", slowly)
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(open_store, [database_url] * 2)
    assert revision(first) == revision(second) == 0


@ON_POSTGRES
def test_a_database_that_is_not_there_is_told_as_such_whatever_its_name(database_url: str) -> None:
    with pytest.raises(StoreUnreachableError, match=r'does not answer .*"blocked" does not exist'):
        reach_store(make_url(database_url).set(database="blocked").render_as_string(hide_password=False))


def test_a_database_of_something_else_is_told_as_such(engine: Engine, database_url: str) -> None:
    with writing(engine) as connection:
        schema.metadata.drop_all(connection)
    with pytest.raises(StoreError, match=r"cannot be used .*store.*Check that this is the dashboard's own store"):
        reach_store(database_url)


def test_a_store_that_lost_its_mark_is_told_as_such(engine: Engine, database_url: str) -> None:
    with writing(engine) as connection:
        connection.execute(schema.store.delete())
    with pytest.raises(StoreError, match="is not whole: its table store is empty"):
        reach_store(database_url)


@ON_POSTGRES
def test_a_server_that_is_too_old_is_refused_in_a_sentence(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_access.engine.OLDEST_POSTGRES", 99)
    with pytest.raises(StoreError, match=r"is PostgreSQL \d+\. Version 99 or newer is needed"):
        open_store(database_url)


@ON_POSTGRES
def test_a_page_is_given_up_but_what_takes_long_by_its_nature_is_not(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("READ_TIMEOUT_SECONDS", "IDLE_TIMEOUT_SECONDS"):
        monkeypatch.setattr(f"data_access.engine.{limit}", 0.2)

    def wait(*, is_long: bool) -> None:
        with reading(engine, is_long=is_long) as connection:
            connection.execute(text("SELECT pg_sleep(0.4)"))
            time.sleep(0.4)
            connection.execute(text("SELECT 1"))

    wait(is_long=True)
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        wait(is_long=False)
    slow_source = take(
        engine, "suppliers", "supplier_id\nS-1\n",
        progress=lambda _, words: time.sleep(0.4 if words.endswith("rows read") else 0),
    )  # fmt: skip
    assert slow_source.new_rows == 1
