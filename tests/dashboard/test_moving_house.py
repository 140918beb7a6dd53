"""The commands that bring a whole store elsewhere: upgrade, copy, backup, restore."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from data_access import schema
from data_access.complaints import address
from data_access.engine import connect, open_store, writing
from data_access.sources import address_of
from data_access.upgrading import take_step
from tests.dashboard.conftest import Say
from tests.data_access.imports.taking import everything, rows_of


def held(engine: Engine) -> dict[str, object]:
    """All but the store's own mark and number."""
    return {name: rows for name, rows in everything(engine).items() if name != schema.store.name}


def outdate(engine: Engine) -> None:
    with writing(engine) as connection:
        schema.metadata.drop_all(connection)
        take_step(connection, 1)
        connection.execute(text("INSERT INTO store VALUES (1, 1, 'mark', 41)"))
        connection.execute(text("INSERT INTO suppliers (supplier_id, name) VALUES ('S-1', 'Northgate')"))


def test_a_backup_is_one_file_for_its_owner_alone_and_brings_everything_back(
    say: Say, company: Engine, tmp_path: Path, settings: pytest.MonkeyPatch
) -> None:
    before, file = held(company), tmp_path / "kept" / "backup.db"
    file.parent.mkdir()
    code, told, complaint = say("backup", file)
    assert (code, complaint) == (0, "")
    rows = sum(len(rows_of(company, name)) for name in schema.metadata.tables) - 1
    assert f"{rows:,}  rows in {len(schema.metadata.tables) - 1} tables, each compared by its rows" in told
    assert told.splitlines()[:2] == [f"From {address(company)}", f"to {address_of(file)}:"]
    assert ".part" not in told
    assert list(file.parent.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    settings.setenv("BACKORDERS_DATABASE_URL", address_of(tmp_path / "new.db"))
    assert say("restore", file)[0] == 0
    assert held(connect(address_of(tmp_path / "new.db"))) == before
    assert list(file.parent.iterdir()) == [file]


def test_a_backup_never_overwrites_and_leaves_nothing_where_it_cannot_be_written(
    say: Say, company: Engine, tmp_path: Path
) -> None:
    (tmp_path / "backup.db").write_text("kept", encoding="utf-8")
    code, _, complaint = say("backup", tmp_path / "backup.db")
    assert (code, "is there already, and a backup never overwrites one" in complaint) == (2, True)
    assert (tmp_path / "backup.db").read_text(encoding="utf-8") == "kept"
    for place in (tmp_path / "nowhere" / "backup.db", tmp_path / "backup.db" / "backup.db"):
        code, _, complaint = say("backup", place)
        assert (code, f"{place} cannot be written (" in " ".join(complaint.split())) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_there_is_nothing_to_back_up_where_there_is_no_store(
    say: Say, tmp_path: Path, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("BACKORDERS_DATABASE_URL", address_of(tmp_path / "none.db"))
    assert say("backup", tmp_path / "backup.db")[0] == 1
    assert list(tmp_path.glob("*.db*")) == []


def test_a_backup_is_restored_into_an_empty_store_alone(say: Say, company: Engine, tmp_path: Path) -> None:
    before = held(company)
    assert say("backup", tmp_path / "backup.db")[0] == 0
    code, _, complaint = say("restore", tmp_path / "backup.db")
    assert (code, "already holds data" in complaint, held(company)) == (1, True, before)
    assert say("restore", tmp_path)[0] == 2
    assert say("restore", tmp_path / "none.db")[0] == 2


def test_a_backup_of_an_older_version_is_restored_too(say: Say, engine: Engine, tmp_path: Path) -> None:
    old = open_store(address_of(tmp_path / "old.db"))
    outdate(old)
    assert say("restore", tmp_path / "old.db")[0] == 0
    assert rows_of(engine, "suppliers", "supplier_id", "name") == [("S-1", "Northgate")]
    assert rows_of(engine, "store", "schema_version") == [(schema.SCHEMA_VERSION,)]


def test_an_older_store_is_backed_up_as_it_is_or_the_sentence_says_how(
    say: Say, engine: Engine, tmp_path: Path
) -> None:
    outdate(engine)
    code, told, complaint = say("backup", tmp_path / "backup.db")
    if engine.dialect.name == "postgresql":
        assert (code, "Back it up with that version, or with pg_dump" in complaint) == (1, True)
        assert list(tmp_path.glob("backup*")) == []
    else:
        assert (code, told.endswith(" is of an older version, and was kept as it is.\n")) == (0, True)
        assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600
        assert version_of(connect(address_of(tmp_path / "backup.db"))) == 1
        assert rows_of(connect(address_of(tmp_path / "backup.db")), "suppliers", "supplier_id") == [("S-1",)]
    assert version_of(engine) == 1


def test_an_address_may_take_its_password_from_the_environment(
    say: Say, company: Engine, tmp_path: Path, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("FROM", os.environ["BACKORDERS_DATABASE_URL"])
    settings.setenv("FOLDER", str(tmp_path))
    assert say("copy", "${FROM}", "sqlite:///${FOLDER}/copy.db")[0] == 0
    assert held(connect(address_of(tmp_path / "copy.db"))) == held(company)
    code, _, complaint = say("copy", "${NONE}", "sqlite:///${FOLDER}/copy.db")
    assert (code, complaint) == (
        1, "FROM_URL uses ${NONE}, but no environment variable NONE is set. Set it.\n",
    )  # fmt: skip


def test_an_upgrade_is_tried_then_done_then_not_needed(say: Say, engine: Engine) -> None:
    outdate(engine)
    code, tried, _ = say("upgrade", "--dry-run")
    assert (code, tried.count("would take step "), version_of(engine)) == (0, schema.SCHEMA_VERSION - 1, 1)
    code, told, _ = say("upgrade")
    assert (code, told, version_of(engine)) == (0, tried.replace("would take", "took"), schema.SCHEMA_VERSION)
    code, told, _ = say("upgrade")
    assert (code, told.endswith(" is up to date.\n")) == (0, True)
    assert rows_of(engine, "suppliers", "supplier_id") == [("S-1",)]


def version_of(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT schema_version FROM store")).scalar_one())
