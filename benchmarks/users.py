"""Many people at once: one real server, so many browser sessions over websockets, and saves meanwhile.

    python -m benchmarks.users                                   20 users, 120 seconds, 100,000 open lines on SQLite
    python -m benchmarks.users --users 5 --seconds 20 --lines 10000
    python -m benchmarks.users --postgres                        on PostgreSQL, as benchmarks.postgres finds it

`python -m dashboard serve` runs in a process of its own over a book with a history of two years behind it. Each session
speaks Streamlit's own protocol: it opens one page after the other, types into the search of Open backorders and Restock
dates, answers the look for newer data as a browser does, and waits a while between two clicks (--pause, on average).
A rerun is timed from sending it until the server says that the script is finished; what a browser then draws is not in
the figures.

Each user saves a move of a line of his own every 10 seconds (--save-every), as a person does it: he opens Restock
dates with the line's number in the search, chooses it, fills the form, looks at the effect and saves, which is four
reruns. In the end every move that the page reported as saved has to stand in the ledger and in the plan.

Limits: no error, no lost move, and a median rerun under 300 ms; where one is broken the exit status is 1. Server and
users share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, select
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.books import SEED, TODAY, random_book, write_store
from benchmarks.histories import write_history
from dashboard.domain.book import PURCHASE_ORDER, Book
from dashboard.domain.restocks import SupplyKey, keys_of
from data_access import schema
from data_access.book import read_book
from data_access.engine import open_store, reading
from tests import postgres

LIMIT_SECONDS = 0.300
LOOK_EVERY = 15
SATURDAY = 5
STALE, MOST_LOOKS = "Look at it again, then save", 3
"""What the page says where somebody else changed the same SKU meanwhile: one looks at the effect anew, and saves."""
LONGEST_RUN = 120
"""A rerun that takes longer is an error [seconds]."""
CLICKS: tuple[tuple[str, str], ...] = (
    ("overview", ""), ("open_backorders", ""), ("open_backorders", "q"), ("open_backorders", "q"), ("aging", ""),
    ("restock_dates", ""), ("restock_dates", "find"), ("restock_dates", "find"), ("customers", ""), ("suppliers", ""),
    ("promises", ""), ("history", ""),
)  # fmt: skip
"""What a user does, over and over: opens a page, or types into the search of the page that is open."""


@dataclass
class Found:
    """What all users met: seconds of reruns by what was done, errors in words, and the moves that were saved."""

    reruns: dict[str, list[float]] = field(default_factory=dict)
    looks: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    saved: dict[SupplyKey, date] = field(default_factory=dict)
    """By supply: the day that it was moved to."""


class Session:
    """One browser's session: what the server told of pages and widgets, and how long its answers took."""

    def __init__(self, socket: ClientConnection, found: Found) -> None:
        self._socket = socket
        self._found = found
        self._pages: dict[str, str] = {}
        self._widgets: list[str] = []
        self._fragment = ""
        self._is_saved = False
        self.warned = ""
        self.page = ""

    async def open(self, page: str, query: str = "") -> float:
        """Open a page by the menu, or by a link with choices in its address, and tell how long it took [seconds]."""
        self.page = page
        took = await self._send(self._rerun(query))
        self._note(f"{page}: opened", took)
        return took

    async def click(self, key: str, query: str = "") -> float:
        """Click on a button of the page that is open, and tell how long the page took [seconds]."""
        message = self._rerun(query)
        self._widget(message, key).trigger_value = True
        return await self._send(message)

    async def type(self, key: str, text: str) -> None:
        """Type into a text box of the page that is open."""
        message = self._rerun(urlencode({key: text}))
        self._widget(message, key).string_value = text
        self._note(f"{self.page}: searched", await self._send(message))

    async def move(self, key: SupplyKey, day: date, number: int) -> bool:
        """Move one line by the form of Restock dates, and tell whether the page says so.

        number: how many lines this session has moved before.
        """
        start, self.page, self._is_saved = time.perf_counter(), "restock_dates", False
        query = urlencode({"find": key.supply_id})
        self._note("move: line found", await self._send(self._rerun(query)))
        chosen, filled, saved = (self._rerun(query) for _ in range(3))
        self._widget(chosen, "choose-all").trigger_value = True
        self._note("move: line chosen", await self._send(chosen))
        self._widget(filled, f"move-date-{number}").string_array_value.data.append(f"{day:%Y/%m/%d}")
        self._widget(filled, f"move-reason-{number}").string_value = "estimate"
        self._note("move: effect shown", await self._send(filled))
        self._widget(saved, "move-save").trigger_value = True
        for _ in range(MOST_LOOKS):
            self.warned = ""
            self._note("move: saved", await self._send(saved))
            if STALE not in self.warned:
                break
        self._found.saves.append(time.perf_counter() - start)
        return self._is_saved

    def _widget(self, message: BackMsg, key: str) -> WidgetState:
        """The state that a message sets of one of the page's widgets: the one with that key that was seen last."""
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id = next((each for each in self._widgets if each.endswith(f"-{key}")), "")
        if not widget.id:
            raise LookupError(f"{self.page} shows no {key}; it says: {self.warned}")
        return widget

    async def look(self) -> None:
        """Ask whether the data changed, as a browser does by itself."""
        message = self._rerun()
        message.rerun_script.fragment_id, message.rerun_script.is_auto_rerun = self._fragment, True
        self._found.looks.append(await self._send(message))

    def _rerun(self, query: str = "") -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self._pages.get(self.page, "")
        return message

    def _note(self, what: str, seconds: float) -> None:
        self._found.reruns.setdefault(what, []).append(seconds)

    async def _send(self, message: BackMsg) -> float:
        """Seconds until the script that the message starts is finished."""
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(LONGEST_RUN):
            while not self._take(ForwardMsg.FromString(await self._socket.recv(decode=False))):
                pass
        return time.perf_counter() - start

    def _take(self, message: ForwardMsg) -> bool:
        """Note what the server says; whether it says that the script is finished."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._pages = {
                page.url_pathname or "overview": page.page_script_hash for page in message.navigation.app_pages
            }
        elif kind == "auto_rerun":
            self._fragment = message.auto_rerun.fragment_id
        elif kind == "page_not_found":
            self._found.errors.append(f"{self.page}: there is no such page")
        elif kind == "delta" and message.delta.HasField("new_element"):
            self._see(message.delta.new_element)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _see(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind in ("text_input", "date_input", "selectbox", "button"):
            self._widgets.insert(0, getattr(element, kind).id)
        elif kind == "markdown":
            self._is_saved |= element.markdown.body.startswith(":material/check: Saved 1 change")
        elif kind == "exception":
            self._found.errors.append(f"{self.page}: {element.exception.type} {element.exception.message}")
        elif kind == "alert":
            self._hear(element.alert)

    def _hear(self, alert: Alert) -> None:
        if alert.format == Alert.ERROR or "could not" in alert.body:
            self._found.errors.append(f"{self.page}: {alert.body}")
        else:
            self.warned = alert.body


def main(arguments: list[str] | None = None) -> int:
    """Let the users work, print what they met, and return 1 where a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.users", description="Many people at once.")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--lines", type=int, default=100_000, help="open order lines")
    parser.add_argument("--pause", type=float, default=5, help="seconds between a user's clicks, on average")
    parser.add_argument("--save-every", type=float, default=10, help="seconds between a user's saves, 0 for none")
    parser.add_argument("--processes", type=int, default=1, help="servers that share the users, as behind nginx")
    parser.add_argument("--postgres", action="store_true", help="a database of its own on PostgreSQL, not SQLite")
    asked = parser.parse_args(arguments)
    with _database(asked.postgres) as url:
        book, engine = random_book(asked.lines), open_store(url)
        write_store(engine, book)
        write_history(engine, book)
        with contextlib.ExitStack() as stack:
            ports = [stack.enter_context(server(url)) for _ in range(asked.processes)]
            before = _counts(ports)
            found = asyncio.run(work(ports, read_book(engine, TODAY), asked))
            after = _counts(ports)
        found.errors += [f"lost: {key.supply_id}" for key in lost(engine, found)]
    _tell(found, asked, before, after)
    stopped = after.get("backorders_pages_stopped_total", 0)
    return int(bool(found.errors or stopped or _median(found) >= LIMIT_SECONDS))


async def work(ports: list[int], book: Book, asked: argparse.Namespace) -> Found:
    """All users at once, for so many seconds."""
    found = Found()
    # By lot, the same on either store: SQLite brings them by SKU, and four neighbours would make each other stale.
    keys = sorted(key for key in keys_of(book.supplies) if key.supply_kind == PURCHASE_ORDER)
    random.Random(SEED).shuffle(keys)
    end = time.monotonic() + asked.seconds
    await asyncio.gather(
        *(
            browse(ports[user % len(ports)], user, keys[user :: asked.users], end, asked, found)
            for user in range(asked.users)
        )
    )
    return found


async def browse(
    port: int, user: int, keys: list[SupplyKey], end: float, asked: argparse.Namespace, found: Found
) -> None:
    """One user's clicks and saves, each of a line that nobody else moves; an error of the connection ends them."""
    chance = random.Random(SEED + user)
    tried, saves = 0, 0
    try:
        async with session_of(port, found) as session:
            looked = time.monotonic()
            await session.open("overview")
            click = chance.randrange(len(CLICKS))
            first = asked.save_every * (user + 1) / asked.users if asked.save_every else math.inf
            next_save = time.monotonic() + first
            while time.monotonic() < end:
                await asyncio.sleep(chance.uniform(0.5, 1.5) * asked.pause)
                if time.monotonic() - looked > LOOK_EVERY:
                    await session.look()
                    looked = time.monotonic()
                if time.monotonic() >= next_save:
                    saves += await _move(session, keys[tried], user, saves, found)
                    tried, next_save = tried + 1, next_save + asked.save_every
                page, key = CLICKS[click % len(CLICKS)]
                if key and session.page == page:
                    await session.type(key, str(chance.randrange(1_000)))
                else:
                    await session.open(page)
                click += 1
    except Exception as error:
        found.errors.append(f"user {user}: {type(error).__name__} {error}")


@contextlib.asynccontextmanager
async def session_of(port: int, found: Found) -> AsyncIterator[Session]:
    """A browser's session with the server at that port."""
    address = f"127.0.0.1:{port}"
    async with connect(f"ws://{address}/_stcore/stream", origin=Origin(f"http://{address}"), max_size=None) as socket:
        yield Session(socket, found)


async def _move(session: Session, key: SupplyKey, user: int, number: int, found: Found) -> bool:
    day = TODAY + timedelta(days=1 + number)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    if await session.move(key, day, number):
        found.saved[key] = day
    else:
        found.errors.append(f"user {user} could not save {key.supply_id}: {session.warned}")
    return key in found.saved


def lost(engine: Engine, found: Found) -> list[SupplyKey]:
    """Supplies whose saved move does not stand in the ledger, or is not planned with."""
    ledger = schema.moves.c
    with reading(engine) as connection:
        noted = {row.supply_id: row.to_date for row in connection.execute(select(ledger.supply_id, ledger.to_date))}
    supplies = read_book(engine, TODAY).supplies
    planned = dict(zip(keys_of(supplies), supplies["restock_date"].dt.date, strict=True))
    return [key for key, day in found.saved.items() if not noted.get(key.supply_id) == planned.get(key) == day]


@contextlib.contextmanager
def _database(is_postgres: bool) -> Iterator[str]:
    """An empty store, gone afterwards."""
    if is_postgres:
        with postgres.server(f"users-{time.time_ns():x}"[:12]) as server, postgres.database(server) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'users.db'}"


@contextlib.contextmanager
def server(database_url: str, **settings: str) -> Iterator[int]:
    """A server over the store with these settings, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    usual = {"BACKORDERS_SLOW_MS": str(LONGEST_RUN * 1_000)}
    settings = {"database_url": database_url, "today": TODAY.isoformat()} | settings
    own = {f"BACKORDERS_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=usual | os.environ | own, stdout=subprocess.DEVNULL) as server:  # noqa: S603 (ours)
        try:
            _wait(port)
            yield port
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        time.sleep(0.2)
    raise TimeoutError("The server did not start.")


def _counts(ports: list[int]) -> dict[str, float]:
    """The servers' own counts, those of all of them and with all labels summed up."""
    counts: dict[str, float] = {}
    for port in ports:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        for sample in (sample for family in families for sample in family.samples):
            counts[sample.name] = counts.get(sample.name, 0) + sample.value
    return counts


def _median(found: Found) -> float:
    every = [seconds for timed in found.reruns.values() for seconds in timed]
    return statistics.median(every) if every else float("inf")


def _tell(found: Found, asked: argparse.Namespace, before: dict[str, float], after: dict[str, float]) -> None:
    store = ("PostgreSQL" if asked.postgres else "SQLite") + f", {asked.processes} server(s)"
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{asked.users} users for {asked.seconds} s, {asked.lines:,} open lines, {store}; load of the machine {load}")
    print(f"{'ms':<28}{'times':>8}{'median':>8}{'95 %':>8}{'most':>8}")
    every = [seconds for timed in found.reruns.values() for seconds in timed]
    rows = {"all reruns": every, **dict(sorted(found.reruns.items())), "look": found.looks, "save": found.saves}
    for what, timed in rows.items():
        if timed:
            ordered = sorted(timed)
            figures = (statistics.median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1], ordered[-1])
            print(f"{what:<28}{len(timed):>8}" + "".join(f"{each * 1_000:>8.0f}" for each in figures))
    cpu = "backorders_process_cpu_seconds_total"
    print(f"server: {after[cpu] - before[cpu]:.0f} s of CPU, "
          f"{after['backorders_process_resident_memory_bytes'] / 2**20:,.0f} MB at the end")  # fmt: skip
    print(f"{len(found.saved)} moves saved; {len(found.errors)} errors")
    for error in found.errors[:10]:
        print(f"  {error}")
    if _median(found) >= LIMIT_SECONDS:
        print(f"THE MEDIAN IS OVER THE LIMIT of {LIMIT_SECONDS * 1_000:.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
