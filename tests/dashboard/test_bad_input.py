"""Whatever is brought, the answer is a sentence, and nothing is written."""

from __future__ import annotations

import io
import os
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, select

from dashboard import exports, files
from dashboard.domain.errors import StoreVersionError
from data_access import schema
from data_access.engine import open_store, reading
from tests.dashboard.conftest import TAKEN, Say

HEADER = "order_id,line_no,customer_id,sku,ordered_date,ordered_qty"
NAMES = ["=HYPERLINK(1)", "+1", "-1", "@x", "<script>alert(1)</script>", "[x](javascript:1)", ":red[x]", "<r>&</r>"]


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that the store holds; the log of imports is no data."""
    kept_apart = {"imports", "import_rejects"}
    with reading(engine) as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in schema.metadata.tables.items()
            if name not in kept_apart
        }


def refused(say: Say, engine: Engine, *arguments: object, status: int = 1) -> str:
    """The sentence with which this is refused, after which the store is as it was."""
    before = everything(engine)
    code, told, complaint = say(*arguments)
    assert everything(engine) == before
    assert code == status
    assert "Traceback" not in complaint
    assert complaint.rstrip().endswith(".")
    return told + complaint


def test_no_file_a_folder_and_an_empty_file(say: Say, company: Engine, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    assert "There is no file" in refused(say, company, "import", "stock", tmp_path / "none.csv")
    assert "is a folder" in refused(say, company, "import", "stock", tmp_path)
    assert "empty.csv is empty" in refused(say, company, "import", "stock", tmp_path / "empty.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may read every file")
def test_a_file_that_may_not_be_read(say: Say, company: Engine, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("sku,stock_qty\nVALVE,1\n", encoding="utf-8")
    (tmp_path / "secret.csv").chmod(0)
    assert "cannot be opened: Permission denied" in refused(say, company, "import", "stock", tmp_path / "secret.csv")


@pytest.mark.parametrize(
    ("table", "content", "told"),
    [
        ("order_lines", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF document, not a table"),
        ("order_lines", b"supplier_id,name\nS-1,Northgate\n", "order_id"),
        ("order_lines", b"line_no,customer_id,sku,ordered_date,ordered_qty\n1,C-1,V,2026-03-02,5\n", "order_id"),
        ("customers", b"name,email\nBrightwater,x@y.example\n", "customer_id"),
        ("customers", b"customer_id,name\nC-9,one\x00two\n", "row 2: "),
        ("customers", b"customer_id,name\nC-9,one\nC-9,two\n", "row 3: "),
        ("customers", b"customer_id,name,tier\nC-8,one,1\nC-9,two,best\n", "row 3: tier is not a number (best)"),
    ],
)
def test_a_file_that_is_no_such_table(
    say: Say, company: Engine, tmp_path: Path, table: str, content: bytes, told: str
) -> None:
    (tmp_path / "brought.csv").write_bytes(content)
    assert told in refused(say, company, "import", table, tmp_path / "brought.csv")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("SO-9,1,C-1,V,0001-01-01,5", "row 2: ordered_date "),
        ("SO-9,1,C-1,V,9999-12-31,5", "row 2: ordered_date "),
        ("SO-9,1,C-1,V,soon,5", "row 2: ordered_date "),
        ("SO-9,1,C-1,V,2026-02-30,5", "row 2: ordered_date "),
        ("SO-9,1,C-1,V,2026-03-02,five", "row 2: ordered_qty is not a number (five)"),
        ("SO-9,1,C-1,V,2026-03-02,inf", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,-inf", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,NaN", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,1e400", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,1e18", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,-1", "row 2: ordered_qty "),
        ("SO-9,1,C-1,V,2026-03-02,1.0005", "row 2: ordered_qty "),
        (",1,C-1,V,2026-03-02,5", "row 2: order_id "),
        (f"{'x' * 1_000_000},1,C-1,V,2026-03-02,5", "row 2: order_id "),
    ],
    ids=lambda value: value[:40],
)
def test_a_row_that_cannot_be_true(say: Say, company: Engine, tmp_path: Path, cells: str, told: str) -> None:
    (tmp_path / "lines.csv").write_text(f"{HEADER}\n{cells}\n", encoding="utf-8")
    said = refused(say, company, "import", "order_lines", tmp_path / "lines.csv")
    assert told in said
    assert "Nothing was written, since rows are refused." in said
    assert len(said) < 2_000


def test_names_that_look_like_markup_or_formulas_stay_plain_text(say: Say, engine: Engine, tmp_path: Path) -> None:
    rows = "".join(f'C-{number},"{name}"\n' for number, name in enumerate(NAMES))
    (tmp_path / "customers.csv").write_text("customer_id,name\n" + rows, encoding="utf-8")

    code, told, complaint = say("import", "customers", tmp_path / "customers.csv")

    assert (code, complaint) == (0, "")
    assert f"{len(NAMES)} new, 0 changed, 0 unchanged" in told
    with reading(engine) as connection:
        stored = connection.execute(select(schema.customers.c.name).order_by(schema.customers.c.customer_id)).scalars()
        assert list(stored) == NAMES


def test_ids_that_look_like_formulas_are_exported_as_text(say: Say, engine: Engine, tmp_path: Path, today: Any) -> None:
    rows = "".join(f'"{name}",1,"{name}",V,2026-03-02,5\n' for name in NAMES)
    (tmp_path / "lines.csv").write_text(f"{HEADER}\n{rows}", encoding="utf-8")
    assert say("import", "order_lines", tmp_path / "lines.csv")[0] == 0

    csv = say("export", "backlog")[1]
    sheet = exports.make("backlog", "xlsx", engine, today, ("priority",))

    starts = {line.lstrip('"')[0] for line in csv.removeprefix("\ufeff").splitlines()[1:]}
    assert not starts & set(files.FORMULA_STARTS)
    cells = [row[0] for row in openpyxl.load_workbook(io.BytesIO(sheet)).active.iter_rows(min_row=2)]
    assert {cell.value for cell in cells} == set(NAMES)
    assert "f" not in {cell.data_type for cell in cells}


def test_markup_and_terminal_commands_in_a_file_are_told_as_text(say: Say, engine: Engine, tmp_path: Path) -> None:
    text = f"{HEADER},[red]x[/]\x1b[2J\nSO-9,1,C-1,V,2026-03-02,[bold]:boom:\x1b[31m\n"
    (tmp_path / "lines.csv").write_text(text, encoding="utf-8")

    said = refused(say, engine, "import", "order_lines", tmp_path / "lines.csv")

    assert "left out  [red]x[/] [2J\n" in said
    assert "row 2: ordered_qty is not a number ([bold]:boom:\\x1b[31m)\n" in said
    assert "\x1b" not in said


def store_of_version(path: Path, version: int) -> str:
    url = f"sqlite:///{path}"
    open_store(url).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE store SET schema_version = ?", (version,))
    connection.close()
    return url


COMMANDS = [
    ("check",),
    ("demo",),
    ("export", "backlog"),
    ("import", "stock", "stock.csv"),
    ("serve", "--port", TAKEN),
]
MAKES_NONE = ("check", "export")
NO_FOLDER = "sqlite:///taken/store.db"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_store_of_a_newer_version(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (tmp_path / "stock.csv").write_text("sku,stock_qty\nVALVE,1\n", encoding="utf-8")
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", store_of_version(tmp_path / "newer.db", 99))
    before = (tmp_path / "newer.db").read_bytes()

    code, _, complaint = say(*command)

    assert code == 1
    assert "was written by a newer version of the dashboard" in complaint
    assert "Install the newer version" in complaint
    assert (tmp_path / "newer.db").read_bytes() == before
    with pytest.raises(StoreVersionError):
        open_store(f"sqlite:///{tmp_path / 'newer.db'}")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql+psycopg://ada:s3cret@127.0.0.1:1/backorders", "ada:***@127.0.0.1:1/backorders does not answer"),
        (NO_FOLDER, "The folder taken for the store cannot be made (File exists)"),
        ("sqlite:///folder", "does not answer (unable to open database file)"),
        ("sqlite:///taken", "cannot be used (file is not a database)"),
        ("mysql://ada:s3cret@127.0.0.1/backorders", "is not an address of a database"),
        ("postgresql://ada:s3cret@host:port/backorders", "is not an address of a database"),
        ("my data", "is not an address of a database"),
    ],
    ids=["closed", "no folder", "a folder", "no database", "another kind", "no port", "no address"],
)
def test_a_database_that_cannot_be_reached(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], url: str, told: str
) -> None:
    (tmp_path / "stock.csv").write_text("sku,stock_qty\nVALVE,1\n", encoding="utf-8")
    (tmp_path / "taken").write_text("this is a file and no database", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", url)
    before = sorted(tmp_path.rglob("*"))

    code, _, complaint = say(*command)

    if url == NO_FOLDER and command[0] in MAKES_NONE:
        told = f"There is no store at {url}, and this command makes none."
    assert (code, told in complaint) == (1, True)
    assert "s3cret" not in complaint
    assert complaint.rstrip().endswith(".")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TODAY", "yesterday"),
        ("TODAY", "9999-12-31"),
        ("PRIORITY_RULE", "colour"),
        ("AGE_BUCKETS", "9, 3"),
        ("ROLE", "boss"),
        ("WEEK_START", "noday"),
        ("TIME_ZONE", "Nowhere"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_server_with_wrong_use(
    say: Say, company: Engine, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BACKORDERS_{name}", value)
    said = refused(say, company, "serve", "--port", TAKEN, status=2)
    assert f"The setting BACKORDERS_{name} " in said


@pytest.mark.parametrize(("content", "told"), [("today = ", "cannot be read"), ("colour = 1", "holds colour")])
def test_a_broken_file_of_settings(say: Say, company: Engine, tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "backorders.toml").write_text(content, encoding="utf-8")
    assert f"backorders.toml {told}" in refused(say, company, "serve", "--port", TAKEN, status=2)


def test_an_output_that_cannot_be_written(say: Say, company: Engine, tmp_path: Path) -> None:
    for output in (tmp_path, tmp_path / "none" / "backlog.csv"):
        said = refused(say, company, "export", "backlog", "--output", output, status=2)
        assert f"{output} cannot be written" in said


def test_a_source_that_is_missing_or_broken(say: Say, company: Engine, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[tables", encoding="utf-8")
    assert "There is no file" in refused(say, company, "sync", tmp_path / "none.toml")
    assert "is not valid TOML" in refused(say, company, "sync", tmp_path / "broken.toml")


def test_an_id_that_only_looks_like_another_is_refused_and_a_name_with_joiners_is_taken(
    say: Say, company: Engine, tmp_path: Path
) -> None:
    (tmp_path / "lookalike.csv").write_text("supplier_id,name\nS-\u200b1,Twin\n", encoding="utf-8")
    complaint = refused(say, company, "import", "suppliers", tmp_path / "lookalike.csv")
    assert "holds an invisible character (U+200B), which an id cannot hold" in complaint
    (tmp_path / "joined.csv").write_text(
        "supplier_id,name\nS-77,\u0645\u06cc\u200c\u0631\u0648\u062f\n", encoding="utf-8"
    )
    assert say("import", "suppliers", tmp_path / "joined.csv")[0] == 0
    assert ("S-77", "\u0645\u06cc\u200c\u0631\u0648\u062f") in [row[:2] for row in everything(company)["suppliers"]]
