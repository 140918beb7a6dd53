"""The command line, as it is typed: what it says, what it writes, and with which exit status it ends."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select

from dashboard import settings
from data_access import schema
from data_access.engine import data_revision, has_store, open_store, reading, writing
from data_access.imports import row_counts
from data_access.records import RECORDS
from tests.conftest import TODAY
from tests.dashboard import companies
from tests.dashboard.conftest import Say

ROOT = settings.PROJECT_ROOT
NORTHWIND = ROOT.parent / "shared" / "data" / "northwind" / "northwind.db"
OPTIONS = {
    "serve": ["--host", "--port"],
    "demo": ["--if-empty"],
    "import": [
        "TABLE", "FILE", "--dry-run", "--partial", "--complete", "--dates", "dmy", "mdy", "ymd", "--decimal", "comma",
        "point", "--fill-down", "--sheet", "--column", "--rejects",
    ],
    "sync": ["SOURCE", "--dry-run", "--rejects"],
    "move": ["FILE", "--by", "--dry-run", "--dates", "dmy", "mdy", "ymd"],
    "export": ["NAME", "--format", "csv", "xlsx", "json", "--output", "-o", "backlog", "allocations", "templates"],
    "report": ["--from", "--to", "--format", "pdf", "xlsx", "html", "--out", "-o"],
    "check": [],
}  # fmt: skip
LINES = """\
order_id,line_no,customer_id,sku,ordered_date,promise_date,ordered_qty,shipped_qty
SO-1,1,C-1,VALVE,2026-03-02,2026-03-20,12,2
SO-1,2,C-1,HOSE,2026-03-02,,3,0
SO-2,1,C-2,PIPE,2026-03-02,2026-03-10,1,0
"""

Bring = Callable[..., Path]


@pytest.fixture
def bring(tmp_path: Path) -> Iterator[Bring]:
    """Write a file to bring in."""

    def write(content: str, name: str = "lines.csv") -> Path:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return write


def revision(engine: Engine) -> int:
    with reading(engine) as connection:
        return data_revision(connection)


def column(engine: Engine, table: str, name: str) -> list[object]:
    stored = schema.metadata.tables[table]
    with reading(engine) as connection:
        return list(connection.execute(select(stored.c[name]).order_by(*stored.primary_key.columns)).scalars())


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "dashboard", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60)


def scheme_of(database_url: str) -> str:
    return database_url[: database_url.index("://") + 3]


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_argument_and_option(command: str, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, told, complaint = say(command, "--help")
    assert (code, complaint) == (0, "")
    assert f"Usage: python -m dashboard {command} " in told
    words = " ".join(re.findall(r"[\w./-]+", told))
    assert [option for option in OPTIONS[command] if f" {option} " not in words.replace("|", " ")] == []


def test_help_names_every_command_also_without_being_asked(say: Say) -> None:
    for arguments, expected in ((("--help",), 0), ((), 2)):
        code, told, complaint = say(*arguments)
        assert code == expected
        assert [command for command in OPTIONS if f" {command} " not in told + complaint] == []


def test_the_exit_status_of_the_process_tells_what_happened(
    bring: Bring, tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, wrong = bring(LINES), bring(LINES.replace("12,2", "a dozen,2"), "wrong.csv")

    done = run("import", "order_lines", str(good), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    refused = run("import", "order_lines", str(wrong), cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    code, _, complaint = say("import", "inventory", good)
    assert (code, "Traceback" in complaint) == (2, False)
    monkeypatch.setenv("BACKORDERS_TODAY", "soon")
    code, _, complaint = say("check")
    assert (code, complaint.startswith("The setting BACKORDERS_TODAY")) == (2, True)


def test_a_pipe_that_closes_early_is_no_error_worth_a_traceback(tmp_path: Path, say: Say) -> None:
    assert say("demo")[0] == 0
    command = f"{sys.executable} -m dashboard export backlog --format json | head -c 10"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=env, capture_output=True, check=False)  # noqa: S602 (ours)
    assert (done.stdout[:1], done.stderr) == (b"[", b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "stock"),
        ("import", "stock", "stock.csv", "--dates", "british"),
        ("import", "stock", "stock.csv", "--decimal", "dot"),
        ("import", "stock", "stock.csv", "--column", "sku"),
        ("import", "stock", "stock.csv", "--column", "=Item"),
        ("export", "backlog", "--format", "pdf"),
        ("export", "nothing"),
        ("serve", "--port", "0"),
        ("serve", "--port", "70000"),
        ("serve", "--port", "http"),
        ("serve", "--host", "nowhere.invalid", "--without-sign-in"),
        ("serve", "--host", "192.0.2.1", "--without-sign-in"),
        ("bake",),
        ("check", "--everything"),
    ],
)
def test_wrong_use_ends_with_status_2_and_writes_nothing(
    say: Say, company: Engine, bring: Bring, arguments: tuple[str, ...]
) -> None:
    bring("sku,stock_qty\nVALVE,9\n", "stock.csv")
    code, _, complaint = say(*arguments)
    assert code == 2
    assert complaint
    assert "Traceback" not in complaint
    assert column(company, "stock", "stock_qty") == [-3_000, 2_500]


def test_an_import_tells_what_was_matched_what_is_new_and_what_was_created(
    say: Say, engine: Engine, bring: Bring
) -> None:
    code, told, complaint = say("import", "order_lines", bring(LINES.replace("sku", "Item")))

    assert (code, complaint) == (0, "")
    assert told.splitlines() == [
        "order_lines from lines.csv",
        "  matched   order_id = order_id, line_no = line_no, customer_id = customer_id, sku = Item, "
        "ordered_date = ordered_date, promise_date = promise_date, ordered_qty = ordered_qty, "
        "shipped_qty = shipped_qty",
        "  note      Read as UTF-8 text with commas.",
        "  rows      3 new, 0 changed, 0 unchanged",
        "  created   2 customers known only by reference",
        "  created   3 items known only by reference",
    ]
    assert column(engine, "order_lines", "ordered_qty") == [12_000, 3_000, 1_000]


def test_a_dry_run_tells_the_same_and_writes_nothing(say: Say, engine: Engine, bring: Bring) -> None:
    code, told, _ = say("import", "order_lines", bring(LINES), "--dry-run")

    assert code == 0
    assert "  rows      would be 3 new, 0 changed, 0 unchanged\n  to create 2 customers known only" in told
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)
    assert revision(engine) == 0
    assert column(engine, "imports", "import_id") == []


def test_the_same_file_again_changes_nothing(say: Say, engine: Engine, bring: Bring) -> None:
    say("import", "order_lines", bring(LINES))

    code, told, _ = say("import", "order_lines", bring(LINES))

    assert (code, revision(engine)) == (0, 1)
    assert "  rows      0 new, 0 changed, 3 unchanged\n" in told


def test_a_changed_cell_is_told_as_old_and_new(say: Say, engine: Engine, bring: Bring) -> None:
    say("import", "order_lines", bring(LINES))

    code, told, _ = say(
        "import", "order_lines", bring(LINES.replace("-10,1,0", "-12,1,0").replace(",,3", ",2026-03-09,3"))
    )

    assert (code, revision(engine)) == (0, 2)
    assert "  rows      0 new, 2 changed, 1 unchanged\n" in told
    assert "  change    SO-1/2: promise_date none -> 2026-03-09\n" in told
    assert "  change    SO-2/1: promise_date 2026-03-10 -> 2026-03-12\n" in told


def test_refused_rows_hold_back_the_whole_file_unless_partial(
    say: Say, engine: Engine, bring: Bring, tmp_path: Path
) -> None:
    file = bring(LINES.replace("12,2", "twelve,2").replace("SO-2,1", ",1"))

    code, told, complaint = say("import", "order_lines", file, "--rejects", tmp_path / "rejects.csv")

    assert code == 1
    assert "  rows      would be 1 new, 0 changed, 0 unchanged, 2 refused\n" in told
    assert "  refused   row 2: ordered_qty is not a number (twelve)\n" in told
    assert complaint == (
        "Nothing was written, since rows are refused. Mend them, or take the good rows alone with --partial.\n"
    )
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)
    rejects = pd.read_csv(tmp_path / "rejects.csv", dtype="str", keep_default_na=False)
    assert rejects.drop(columns="reason").values.tolist() == [
        ["order_lines", "lines.csv", "2", "ordered_qty", "twelve"],
        ["order_lines", "lines.csv", "4", "order_id", ""],
    ]
    assert all(rejects["reason"])

    code, told, complaint = say("import", "order_lines", file, "--partial")

    assert (code, complaint) == (0, "")
    assert "  rows      1 new, 0 changed, 0 unchanged, 2 refused\n" in told
    assert column(engine, "order_lines", "line_no") == ["2"]


def test_only_the_first_refused_rows_are_told_on_screen_and_all_of_them_in_the_file(
    say: Say, engine: Engine, bring: Bring, tmp_path: Path
) -> None:
    file = bring("sku,stock_qty\nA,1\n" + "".join(f"S{number},many\n" for number in range(30)), "stock.csv")
    _, told, _ = say("import", "stock", file, "--rejects", tmp_path / "rejects.csv")
    assert told.count("  refused   row ") == 10
    assert "further refused rows: use --rejects FILE" in told
    assert len(pd.read_csv(tmp_path / "rejects.csv")) == 30


def test_a_full_extract_closes_what_it_no_longer_lists(say: Say, company: Engine, bring: Bring) -> None:
    file = bring("po_id,line_no,supplier_id,sku,ordered_qty\nPO-7,2,S-1,HOSE,9\n", "po.csv")

    code, told, _ = say("import", "po_lines", file, "--complete")

    assert code == 0
    assert "  rows      0 new, 0 changed, 1 unchanged, 1 closed\n" in told
    assert column(company, "po_lines", "closed_qty") == [4_000, 0]
    code, _, complaint = say("import", "customers", bring("customer_id\nC-1\n"), "--complete")
    assert (code, '"complete" means nothing for customers' in complaint) == (1, True)


def test_a_full_extract_with_refused_rows_is_refused_and_its_rows_are_told_and_written(
    say: Say, company: Engine, bring: Bring, tmp_path: Path
) -> None:
    content = "po_id,line_no,supplier_id,sku,ordered_qty\nPO-7,2,S-1,HOSE,9\nPO-8,1,S-1,HOSE,many\n"
    rejects = tmp_path / "rejects.csv"

    code, told, complaint = say(
        "import", "po_lines", bring(content, "po.csv"), "--complete", "--partial", "--rejects", rejects
    )

    assert code == 1
    assert "This cannot be a full extract of po_lines: 1 of its rows is refused" in told
    assert "row 3: ordered_qty is not a number (many)" in told
    assert pd.read_csv(rejects)[["row_no", "column", "value"]].values.tolist() == [[3, "ordered_qty", "many"]]
    assert "Nothing was written, since rows are refused. Mend them, or import them as a part" in complaint
    assert column(company, "po_lines", "closed_qty") == [0, 0]


def test_dates_and_decimals_that_a_file_leaves_open_are_asked_for_and_told(
    say: Say, engine: Engine, bring: Bring
) -> None:
    file = bring("order_id;line_no;customer_id;sku;ordered_date;ordered_qty\nSO-1;1;C-1;V;03/04/2026;1,234\n")
    code, _, complaint = say("import", "order_lines", file)
    assert (code, "ordered_date" in complaint) == (1, True)
    assert complaint.endswith(" Say which with --dates dmy or --dates mdy.\n")
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)

    assert say("import", "order_lines", file, "--dates", "dmy", "--decimal", "comma")[0] == 0

    assert [str(day) for day in column(engine, "order_lines", "ordered_date")] == ["2026-04-03"]
    assert column(engine, "order_lines", "ordered_qty") == [1_234]


def test_header_cells_that_were_left_blank_are_filled_from_above(say: Say, engine: Engine, bring: Bring) -> None:
    file = bring(LINES.replace("SO-1,2,C-1,HOSE,2026-03-02", ",2,,HOSE,"))

    assert say("import", "order_lines", file)[0] == 1
    assert say("import", "order_lines", file, "--fill-down")[0] == 0

    assert column(engine, "order_lines", "order_id") == ["SO-1", "SO-1", "SO-2"]
    assert column(engine, "order_lines", "customer_id") == ["C-1", "C-1", "C-2"]


def test_columns_can_be_matched_by_hand(say: Say, engine: Engine, bring: Bring) -> None:
    file = bring("Thing,On shelf,Place\nVALVE,7,EAST\n", "stock.csv")
    assert say("import", "stock", file)[0] == 1

    columns = ("--column", "sku=Thing", "--column", "stock_qty=On shelf", "--column", "location_id = Place")
    assert say("import", "stock", file, *columns)[0] == 0

    assert column(engine, "stock", "location_id") == ["EAST"]
    assert column(engine, "stock", "stock_qty") == [7_000]


def test_a_sheet_can_be_named(say: Say, engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["sku", "stock_qty"])
    book.active.append(["A", 1])
    book.create_sheet("March").append(["sku", "stock_qty"])
    book["March"].append(["B", 2])
    book.save(tmp_path / "stock.xlsx")

    assert say("import", "stock", tmp_path / "stock.xlsx", "--sheet", "March")[0] == 0

    assert column(engine, "stock", "sku") == ["B"]


@pytest.mark.parametrize("arguments", [("import", "order_lines", "lines.csv"), ("sync", "source.toml"), ("demo",)])
def test_a_viewer_may_not_write(
    say: Say, engine: Engine, bring: Bring, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    bring(LINES)
    bring('[tables.order_lines]\nfile = "lines.csv"\n', "source.toml")
    monkeypatch.setenv("BACKORDERS_ROLE", "viewer")

    code, _, complaint = say(*arguments)

    assert code == 1
    assert complaint.startswith("Your role here is viewer; this needs the role editor.")
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)


def test_the_demo_company_is_written_into_an_empty_store_and_only_there(
    say: Say, engine: Engine, database_url: str
) -> None:
    code, told, _ = say("demo")
    assert (code, told.startswith(f"The demo company is written to {scheme_of(database_url)}")) == (0, True)
    counts = row_counts(engine)
    assert (counts["suppliers"], counts["items"], counts["customers"]) == (40, 400, 120)

    assert say("demo", "--if-empty") == (0, "", "")
    code, _, complaint = say("demo")
    assert (code, "already holds data" in complaint) == (1, True)
    assert row_counts(engine) == counts


def test_demo_if_empty_leaves_the_smallest_company_alone(say: Say, engine: Engine, bring: Bring) -> None:
    say("import", "suppliers", bring("supplier_id\nS-1\n", "suppliers.csv"))
    assert say("demo", "--if-empty") == (0, "", "")
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0) | {"suppliers": 1}


@pytest.mark.parametrize("file_format", ["csv", "json", "xlsx"])
def test_an_export_is_the_same_on_screen_and_in_a_file(
    company: Engine, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], say: Say, file_format: str
) -> None:
    file = tmp_path / f"backlog.{file_format}"
    assert say("export", "backlog", "--format", file_format, "-o", file) == (0, f"Wrote {file}.\n", "")
    if file_format == "xlsx":  # bytes, which only a process of its own says
        command = [sys.executable, "-m", "dashboard", "export", "backlog", "--format", file_format]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        screen = subprocess.run(command, env=env, capture_output=True, check=True).stdout
    else:
        screen = say("export", "backlog", "--format", file_format)[1].encode()

    assert len(rows_of(file.read_bytes(), file_format)) == 3
    assert rows_of(screen, file_format) == rows_of(file.read_bytes(), file_format)


def rows_of(content: bytes, file_format: str) -> list[object]:
    if file_format == "json":
        return list(json.loads(content))
    if file_format == "csv":
        return content.decode("utf-8-sig").splitlines()[1:]
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2, values_only=True))


def test_templates_are_written_to_a_folder(say: Say, tmp_path: Path) -> None:
    code, told, _ = say("export", "templates", "--output", tmp_path / "mine")
    assert (code, told) == (0, f"Wrote 10 templates to {tmp_path / 'mine'}.\n")
    assert sorted(path.stem for path in (tmp_path / "mine").iterdir()) == sorted([*RECORDS, "moves"])


def test_check_lists_each_problem_with_its_rows(say: Say, company: Engine) -> None:
    code, told, _ = say("check")
    assert code == 0
    found = re.findall(r"^ +(\d+)  (.+)$", told, flags=re.MULTILINE)
    assert {title: int(rows) for rows, title in found} == {title: n for (title, _), n in companies.PROBLEMS.items()}


def test_check_says_so_where_nothing_is_doubtful(say: Say, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(schema.suppliers).values(supplier_id="S-1", name="Northgate Castings"))
    assert say("check") == (0, "No data problems found.\n", "")


def test_an_empty_store_is_no_clean_bill(say: Say, engine: Engine) -> None:
    code, told, _ = say("check")
    assert code == 0
    assert told.endswith("is empty: there is nothing to check.\n")


def test_a_sync_brings_all_tables_or_none(say: Say, engine: Engine, bring: Bring, tmp_path: Path) -> None:
    bring(LINES)
    bring("sku,stock_qty\nVALVE,many\nHOSE,1\n", "stock.csv")
    source = bring('[tables.order_lines]\nfile = "lines.csv"\n[tables.stock]\nfile = "stock.csv"\n', "source.toml")

    code, told, _ = say("sync", source, "--rejects", tmp_path / "rejects.csv")
    assert (code, row_counts(engine)) == (1, dict.fromkeys(RECORDS, 0))
    assert "order_lines from " in told
    assert len(pd.read_csv(tmp_path / "rejects.csv")) == 1

    bring("sku,stock_qty\nVALVE,4\nHOSE,1\n", "stock.csv")
    assert say("sync", source, "--dry-run")[0] == 0
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0)
    assert say("sync", source)[0] == 0
    assert row_counts(engine) == dict.fromkeys(RECORDS, 0) | {"customers": 2, "items": 3, "order_lines": 3, "stock": 2}


@pytest.mark.skipif(not NORTHWIND.is_file(), reason="the example databases of shared/data are not here")
def test_northwind_shows_its_open_lines(say: Say, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHWIND_DB", str(NORTHWIND))
    monkeypatch.setenv("BACKORDERS_TODAY", "1998-05-06")

    assert say("sync", ROOT / "docs" / "sources" / "northwind.toml")[0] == 0

    backlog = pd.read_csv(io.StringIO(say("export", "backlog")[1].removeprefix("\ufeff")))
    assert (len(backlog), backlog["order_id"].nunique()) == (73, 21)


def test_the_command_line_works_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "backorders.toml").write_text('database_url = "sqlite:///here.db"\n', encoding="utf-8")
    open_store(f"sqlite:///{tmp_path / 'here.db'}")
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "dashboard", "check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "The store at sqlite:///here.db is empty: there is nothing to check.\n",
        "",
    )


NO_STORE = [
    "export backlog", "export backlog --as-of 2026-03-09", "export role-changes", "report", "check", "snapshot",
    "move moves.csv --by ada", "users list", "users remove ada@example.com",
]  # fmt: skip


@pytest.mark.parametrize("command", NO_STORE)
def test_what_makes_no_sense_without_data_makes_no_store_where_the_address_is_a_slip(
    command: str, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", f"sqlite:///{tmp_path}/slip/store.db")
    (tmp_path / "moves.csv").write_text("po_id,line_no,restock_date,reason,note\n", encoding="utf-8")
    status, told, complaint = say(*command.split())
    assert (status, told) == (1, "")
    assert f"There is no store at sqlite:///{tmp_path}/slip/store.db, and this command makes none." in complaint
    assert complaint.endswith("A new store is made by: serve, demo, import, sync, restore, copy, users add.\n")
    assert not (tmp_path / "slip").exists()


def test_a_dry_run_without_a_store_tells_what_an_empty_one_would_take_and_makes_none(
    say: Say, bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/slip/store.db"
    monkeypatch.setenv("BACKORDERS_DATABASE_URL", url)
    status, told, _ = say("import", "order_lines", bring(LINES), "--dry-run")
    assert (status, "new" in told) == (0, True)
    assert told.startswith(f"There is no store at {url}, and a dry run makes none: told as of an empty one.")
    assert not (tmp_path / "slip").exists()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_without_a_store_is_refused_in_the_same_way_and_stays_empty(say: Say, database_url: str) -> None:
    status, _, complaint = say("check")
    assert (status, "There is no store at postgresql" in complaint) == (1, True)
    assert not has_store(database_url)


def test_an_import_says_that_it_made_the_store(say: Say, bring: Bring, database_url: str) -> None:
    assert not has_store(database_url)
    made = f"A new store was made at {scheme_of(database_url)}"
    assert say("import", "customers", bring("customer_id,name\nC-1,One\n"))[1].startswith(made)
    assert made not in say("import", "customers", bring("customer_id,name\nC-1,One\n"))[1]


def test_what_streamlit_misses_without_a_page_is_not_told(engine: Engine, tmp_path: Path) -> None:
    customers, moves = tmp_path / "customers.csv", tmp_path / "moves.csv"
    customers.write_text("customer_id,name\nC-NEW,Newcomer\n", encoding="utf-8")
    moves.write_text("po_id,line_no,restock_date,reason,note\n", encoding="utf-8")
    commands = [
        ["demo"], ["snapshot"], ["import", "customers", str(customers)], ["move", str(moves), "--by", "ada"],
        ["export", "orders"], ["export", "orders", "--as-of", TODAY.isoformat()],
    ]  # fmt: skip
    script = f"from dashboard.__main__ import app\nfor each in {commands!r}: app(each, standalone_mode=False)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT)
    assert ended.stderr.decode() == ""
