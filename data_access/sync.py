"""The same tables from where they live: a TOML file names, for each table, a query on a database or over files, or a
file (docs/sources/README.md). Sources are only read. Knows nothing of the store."""

from __future__ import annotations

import os
import re
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from dashboard.domain.errors import ColumnsError, OpenQuestionError, RefusedDataError, UnreadableFileError
from data_access.complaints import address_shown, holds_stray_at, words_shown
from data_access.imports.closing import CLOSABLE
from data_access.reading import ReadOptions, TableReading, raw_table, read_file, read_rows
from data_access.records import RECORDS

_TOP_KEYS = {"url", "options", "tables"}
_READ_KEYS = {"dates", "decimal"}
_OPTION_KEYS = _READ_KEYS | {"complete", "partial"}
_TABLE_KEYS = _READ_KEYS | {"url", "query", "file", "files", "columns", "sheet", "fill_down", "complete"}
_CHOICES = {"dates": ("dmy", "mdy", "ymd"), "decimal": ("comma", "point")}
_ANSWERS = {
    "dates": 'Say which in the source file: dates = "dmy" or dates = "mdy".',
    "decimal": 'Say which in the source file: decimal = "comma" or decimal = "point".',
}
"""How a source file says what its tables leave open."""

Section = Mapping[str, Any]
Rows = Iterator[Sequence[Any]]


@dataclass(frozen=True)
class SyncTable:
    """Where one table comes from: a query on url or over files, or one file."""

    table: str
    options: ReadOptions
    query: str = ""
    url: URL | None = None
    file: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class SyncSource:
    """A source file as it was understood. complete: the tables of which it gives a full extract."""

    path: Path
    tables: tuple[SyncTable, ...]
    partial: bool
    complete: tuple[str, ...]


def load_sync(path: Path) -> SyncSource:
    """Understand a source file: which tables, from where. Reads the environment, and no source yet.

    Raises UnreadableFileError or RefusedDataError with what is wrong in which table.
    """
    document = _document(path)
    _refuse_unknown_keys(document, _TOP_KEYS, f"{path.name}")
    options, tables = _section(document, "options", path.name), _section(document, "tables", path.name)
    everywhere = f"[options] of {path.name}"
    _refuse_unknown_keys(options, _OPTION_KEYS, everywhere)
    _refuse_unknown_tables(tables, path)
    understood = tuple(_table(name, document, options, path) for name in RECORDS if name in tables)
    all_complete, partial = (_flag(options, key, everywhere) for key in ("complete", "partial"))
    complete = tuple(
        name
        for name in (table.table for table in understood)
        if _flag(tables[name], "complete", f"{path.name}, {name}", default=all_complete and name in CLOSABLE)
    )
    return SyncSource(path, understood, partial, complete)


def read_sync(source: SyncSource) -> list[TableReading]:
    """A reading for each table of the source, referenced tables first; queries are run, their rows stream.

    Raises RefusedDataError where a source does not answer or a query fails, ColumnsError where columns are missing.
    """
    return [_read(table, f"{source.path.name}, {table.table}") for table in source.tables]


def _document(path: Path) -> Section:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise UnreadableFileError(f"There is no file {path}. Name the source file, as in sync SOURCE.toml.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"{path.name} cannot be read ({error}). Save it as UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFileError(f"{path.name} is not valid TOML ({error}). See docs/sources for examples.") from error


def _section(document: Section, key: str, where: str) -> Section:
    section = document.get(key, {})
    if not isinstance(section, Mapping):
        raise RefusedDataError(f'"{key}" in {where} must be a section. Write [{key}].')
    return section


def _refuse_unknown_keys(section: Section, known: set[str], where: str) -> None:
    for key in sorted(set(section) - known):
        raise RefusedDataError(f'{where} has "{key}", which means nothing there. Known: {", ".join(sorted(known))}.')


def _refuse_unknown_tables(tables: Section, path: Path) -> None:
    if not tables:
        raise RefusedDataError(f"{path.name} names no table. Write [tables.order_lines] with a query or a file.")
    for name in tables:
        if name not in RECORDS:
            raise RefusedDataError(f'{path.name} names a table "{name}". The tables are {", ".join(RECORDS)}.')


def _table(name: str, document: Section, options: Section, path: Path) -> SyncTable:
    where = f"{path.name}, {name}"
    section = _section(document["tables"], name, f"[tables] of {path.name}")
    _refuse_unknown_keys(section, _TABLE_KEYS, where)
    table = SyncTable(name, _read_options(section, options, where))
    folder, query = path.parent, _text(section, "query", where)
    if "file" in section and not query:
        return replace(table, file=_path(_text(section, "file", where), folder, where))
    if "files" in section and query:
        files = _section(section, "files", where)
        paths = {alias: _path(_text(files, alias, where), folder, where) for alias in files}
        return replace(table, query=query, files=paths)
    url = _text(section, "url", where) or _text(document, "url", where)
    if not query or not url:
        raise RefusedDataError(
            f"{where} does not say where its rows are. Give it a query with a url or with files, or a file alone."
        )
    return replace(table, query=query, url=_url(url, folder, where))


def _text(section: Section, key: str, where: str) -> str:
    value = section.get(key, "")
    if not isinstance(value, str):
        raise RefusedDataError(f'"{key}" in {where} must be a text in quotes.')
    return value


def _flag(section: Section, key: str, where: str, *, default: bool = False) -> bool:
    value = section.get(key, default)
    if not isinstance(value, bool):
        raise RefusedDataError(f'"{key}" in {where} is {value!r}. It may be true or false, without quotes.')
    return value


def _read_options(section: Section, options: Section, where: str) -> ReadOptions:
    chosen = {key: _text(section, key, where) or _text(options, key, where) or None for key in _CHOICES}
    for key, value in chosen.items():
        if value is not None and value not in _CHOICES[key]:
            raise RefusedDataError(f'"{key}" in {where} is "{value}". It may be {", ".join(_CHOICES[key])}.')
    columns = _section(section, "columns", where)
    return ReadOptions(
        dates=cast(Any, chosen["dates"]),
        decimal=cast(Any, chosen["decimal"]),
        fill_down=_flag(section, "fill_down", where),
        sheet=_text(section, "sheet", where) or None,
        columns={name: _text(columns, name, where) for name in columns},
    )


def with_environment(text: str, where: str) -> str:
    """The text with each ${NAME} replaced by that environment variable, so that passwords stay out of the file."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise RefusedDataError(f"{where} uses ${{{name}}}, but no environment variable {name} is set. Set it.")
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, text)


def _path(text: str, folder: Path, where: str) -> Path:
    path = folder / with_environment(text, where)
    if not path.is_file():
        raise UnreadableFileError(f"{where}: there is no file {path}. Correct its path, or put it there.")
    return path


def _url(text: str, folder: Path, where: str) -> URL:
    written = with_environment(text, where)
    if holds_stray_at(written):
        raise RefusedDataError(
            f"{where}: its url holds more than one @, so that nobody can tell where its password ends. "
            "Write each @ within a name or a password as %40."
        )
    try:
        url = make_url(written)
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise RefusedDataError(
            f"{where}: its url is not an address of a database. Write it as in postgresql+psycopg://user@host/database."
        ) from error
    except ImportError as error:
        raise RefusedDataError(f"{where}: the driver of its url is not installed ({error}). Install it.") from error
    if url.get_backend_name() == "sqlite":
        return url.set(database=str(_path(url.database or "", folder, where)))
    return url


def _read(table: SyncTable, name: str) -> TableReading:
    try:
        return _read_as_told(table, name)
    except OpenQuestionError as error:
        raise OpenQuestionError(error.question, error.about, _ANSWERS[error.about]) from error


def _read_as_told(table: SyncTable, name: str) -> TableReading:
    record = RECORDS[table.table]
    if table.file is not None:
        return read_file(record, table.file, name, table.options)
    if table.files:
        rows, options = _from_files(table, name), table.options
    else:
        # Databases write numbers with a point. What comes from files is written as people there write.
        rows, options = _from_database(table, name), replace(table.options, decimal=table.options.decimal or "point")
    headers = [str(header) for header in next(rows)]
    return read_rows(record, headers, rows, name, options)


def _from_database(table: SyncTable, name: str) -> Rows:
    """The headers, then the rows as they come. What a query might write is never committed."""
    url = cast(URL, table.url)
    engine = _engine(url)
    with _explained(url, name), engine.connect() as connection:
        answer = connection.execution_options(no_parameters=True, stream_results=True).exec_driver_sql(table.query)
        if not answer.returns_rows:
            raise RefusedDataError(f"{name}: its query gives no rows. Write a SELECT.")
        yield list(answer.keys())
        for row in answer:
            yield tuple(row)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    read_only = f"file:{quote(str(url.database))}?mode=ro"
    return create_engine("sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(read_only, uri=True))


@contextmanager
def _explained(url: URL, name: str) -> Iterator[None]:
    """Say in a sentence what a source's driver says, without the password."""
    try:
        yield
    except DBAPIError as error:
        words, address = words_shown(error.orig, url, 300), address_shown(url)
        what = "the query failed" if error.statement else "the database does not answer"
        raise RefusedDataError(
            f"{name}: {what} at {address} ({words}). Correct the {'query' if error.statement else 'url'} and try again."
        ) from error


def _from_files(table: SyncTable, name: str) -> Rows:
    """The headers, then the rows of a query over files, each a table of text in a private database."""
    with closing(sqlite3.connect("")) as connection:
        for alias, path in table.files.items():
            _load(connection, alias, path, name, table.options)
        connection.execute("PRAGMA query_only = ON")
        try:
            cursor = connection.execute(table.query)
            yield [column[0] for column in cursor.description or ()]
            yield from cursor
        except sqlite3.Error as error:
            raise RefusedDataError(f"{name}: the query failed ({error}). Correct the query and try again.") from error


def _load(connection: sqlite3.Connection, alias: str, path: Path, name: str, options: ReadOptions) -> None:
    headers, rows = raw_table(path, path.name, options)
    columns = [header.strip() or f"column_{number}" for number, header in enumerate(headers, start=1)]
    width = len(columns)
    try:
        connection.execute(
            f"CREATE TABLE {_quoted(alias)} ({', '.join(_quoted(column) + ' TEXT' for column in columns)})"
        )
    except sqlite3.Error as error:
        raise ColumnsError(
            f"{name}: {path.name} cannot be a table ({error}). Give each column its own name."
        ) from error
    places = ", ".join("?" * width)
    padded = ((*row, *[""] * width)[:width] for row in rows)
    connection.executemany(f"INSERT INTO {_quoted(alias)} VALUES ({places})", padded)  # noqa: S608 (quoted)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
