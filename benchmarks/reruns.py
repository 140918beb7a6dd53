"""What a click costs on the server: reruns of the pages with a choice changed, on a large book.

    python -m benchmarks.reruns            100,000 open lines; takes about a minute

The real entry script is run over a SQLite store, in this process and without a browser, so that each figure is all that
the server does for one click: settings, revision, filters, sums, the page of the table as Arrow. Behind the open lines
lies a history of two years (benchmarks/histories.py). The median of reruns stays under 150 ms, on the pages Overview
and Suppliers under 200; where one does not, it is named and the exit status is 1.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.books import TODAY, random_book, write_store
from benchmarks.histories import write_history
from dashboard.aging_views import MEASURES
from dashboard.domain.aging import SPLITS
from dashboard.overviews import MEASURES as IN
from dashboard.supplier_views import WINDOWS
from data_access.engine import open_store

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 0.150
OVERVIEW, SUPPLIERS = "Overview: ", "Suppliers: "
RICH_LIMIT_SECONDS = 0.200
RERUNS = 9


def main(arguments: list[str] | None = None) -> int:
    """Time each kind of click, print the medians, and return 1 if one is over the limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reruns", description="Seconds of reruns.")
    parser.add_argument("lines", nargs="?", type=int, default=100_000, help="open order lines")
    asked = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        timed = time_clicks(f"sqlite:///{Path(folder) / 'benchmark.db'}", asked.lines)
    print(f"median ms of a rerun at {asked.lines:,} open lines")
    over = [click for click, seconds in timed.items() if seconds > _limit(click)]
    for click, seconds in timed.items():
        print(f"{click:<28}{seconds * 1_000:>8.0f}{'   OVER THE LIMIT' if click in over else ''}")
    return int(bool(over))


def time_clicks(database_url: str, lines: int) -> dict[str, float]:
    """Median seconds by kind of click."""
    book, engine = random_book(lines), open_store(database_url)
    write_store(engine, book)
    write_history(engine, book)
    os.environ |= {"BACKORDERS_DATABASE_URL": database_url, "BACKORDERS_TODAY": TODAY.isoformat()}
    app = _open("open_backorders")
    sorts = app.selectbox(key="sort").options
    customers = app.multiselect(key="customer").options
    return {
        "search changed": _median(app, lambda run: app.text_input(key="q").set_value(f"SO-{run}")),
        "search cleared": _median(app, lambda run: app.text_input(key="q").set_value("" if run % 2 else "SO-1")),
        "sort changed": _median(app, lambda run: app.selectbox(key="sort").set_value(sorts[run % len(sorts)])),
        "customer chosen": _median(app, lambda run: app.multiselect(key="customer").set_value([customers[run]])),
        **_time_overview(),
        **_time_data(),
        **_time_aging(),
        **_time_customers(),
        **_time_suppliers(),
    }


def _time_overview() -> dict[str, float]:
    """Median seconds of a change of the measure on Overview; its figures are made at the first run and shared."""
    app = _open("overview")
    return {
        f"{OVERVIEW}measure changed": _median(app, lambda run: app.button_group(key="in").set_value(IN[run % len(IN)]))
    }


def _time_data() -> dict[str, float]:
    """Median seconds of a change between the views of Data."""
    app = _open("data")
    views = app.button_group(key="show").options
    return {
        "Data: view changed": _median(app, lambda run: app.button_group(key="show").set_value(views[run % len(views)]))
    }


def _time_aging() -> dict[str, float]:
    """Median seconds by kind of click on Aging; the first rerun of each split makes its sums, the others share them."""
    app = _open("aging")
    choices = {"in": tuple(MEASURES), "by": SPLITS, "old": ("46+", "31-45", "22-30")}
    clicks = {"in": "measure changed", "by": "split changed", "old": "old lines changed"}

    def choose(key: str, run: int) -> object:
        return app.button_group(key=key).set_value(choices[key][run % len(choices[key])])

    return {f"Aging: {clicks[key]}": _median(app, lambda run, key=key: choose(key, run)) for key in choices}


def _time_customers() -> dict[str, float]:
    """Median seconds by kind of click on Customers: another one chosen, and everybody at risk shown again."""
    app = _open("customers")
    names = app.selectbox(key="customer-asked").options
    return {
        "Customers: one chosen": _median(app, lambda run: app.selectbox(key="customer-asked").set_value(names[run])),
        "Customers: everybody": _median(app, lambda _: app.selectbox(key="customer-asked").set_value(None)),
    }


def _time_suppliers() -> dict[str, float]:
    """Median seconds by kind of click on Suppliers: another one chosen, and the window changed beside its own view.

    The first rerun of each window makes its figures, the others share them.
    """
    app = _open("suppliers")
    names = app.selectbox(key="supplier-asked").options
    return {
        f"{SUPPLIERS}one chosen": _median(
            app, lambda run: app.selectbox(key="supplier-asked").set_value(names[run % len(names)])
        ),
        f"{SUPPLIERS}window changed": _median(
            app, lambda run: app.button_group(key="days").set_value(WINDOWS[run % len(WINDOWS)])
        ),
    }


def _limit(click: str) -> float:
    return RICH_LIMIT_SECONDS if click.startswith((OVERVIEW, SUPPLIERS)) else LIMIT_SECONDS


def _open(page: str) -> AppTest:
    """The page as it is after its first run."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "streamlit_app.py"), default_timeout=120)
    app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    return app.run()


def _median(app: AppTest, click: Callable[[int], object]) -> float:
    seconds = []
    for run in range(RERUNS):
        click(run)
        start = time.perf_counter()
        app.run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(main())
