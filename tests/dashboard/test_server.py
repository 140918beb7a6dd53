"""The server as it runs: where it listens, what it answers first, how it tells its health, what it does not take in."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from streamlit.proto.NewSession_pb2 import Config
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard import server as dashboard_server
from dashboard import settings
from data_access.engine import has_store, open_store, raise_revision, writing
from tests import stores
from tests.dashboard.serving import PATIENCE_SECONDS, SECRETS, Server, served, visited

TEN_GIGABYTES = 10 * 1024**3
GIB = 1024**3
UPLOAD = "/_stcore/upload_file/none/a-file"


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def server(shared_folder: Path) -> Iterator[Server]:
    """One server for the tests that leave it as it was, started in a folder that is not the project's."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("BACKORDERS_DATABASE_URL", f"sqlite:///{shared_folder / 'store.db'}")
        patch.setenv("BACKORDERS_TODAY", "2026-03-16")
        yield stack.enter_context(served(shared_folder, program=("-m", "dashboard")))


def test_the_address_is_printed(server: Server) -> None:
    assert server.told == f"The dashboard is on {server.address}  (stop it with Ctrl+C)\n"


@pytest.mark.parametrize("path", ["/", "/open_backorders", "/data"])
def test_every_page_can_be_the_first_request_to_a_fresh_server(path: str, database_url: str, tmp_path: Path) -> None:
    assert not has_store(database_url)
    with served(tmp_path) as server:
        answer = httpx.get(server.address + path)
    assert answer.status_code == 200
    assert "<title>" in answer.text


def test_the_script_of_the_keys_is_one_that_a_browser_runs_under_the_policy(server: Server) -> None:
    answer = httpx.get(f"{server.address}/keys.js")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-cache"  # a newer version's is taken
    assert answer.text == (settings.PROJECT_ROOT / "dashboard" / "keys.js").read_text(encoding="utf-8")
    assert "script-src 'self' 'sha256-" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"].partition("style-src")[0]


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    table = Path("/proc/net/tcp").read_text(encoding="utf-8") + Path("/proc/net/tcp6").read_text(encoding="utf-8")
    listening = re.findall(rf"^ *\d+: ([0-9A-F]+):{server.port:04X} [0-9A-F:]+ 0A", table, flags=re.MULTILINE)
    assert listening == ["0100007F"]


def test_health_is_the_revision_of_the_store_from_the_moment_it_is_written(engine: Engine, tmp_path: Path) -> None:
    with served(tmp_path) as server:
        status, before = server.health()
        assert (status, before["status"]) == (200, "ok")
        with writing(engine) as connection:
            revision = raise_revision(connection)
        assert server.health() == (200, {"status": "ok", "data_revision": revision})


def test_others_are_told_whether_it_works_and_nothing_more(engine: Engine, database_url: str, tmp_path: Path) -> None:
    engine.dispose()
    with served(tmp_path, "--without-sign-in") as server:
        told = []
        for lose in (lambda _: None, stores.take_away):
            lose(database_url)
            answer = httpx.get(f"{server.address}/healthz", headers={"X-Forwarded-For": "10.0.0.7"})
            told.append((answer.status_code, answer.json()))
    assert told == [(200, {"status": "ok"}), (503, {"status": "unavailable"})]


def test_the_settings_of_the_project_count_in_whichever_folder_it_is_served(server: Server) -> None:
    with visited(server) as new:
        assert new.config.toolbar_mode == Config.ToolbarMode.MINIMAL
        assert not new.config.gather_usage_stats


@pytest.mark.parametrize("declared", [f"Content-Length: {TEN_GIGABYTES}", "Transfer-Encoding: chunked"])
def test_an_upload_of_10_gb_is_refused_and_not_kept(server: Server, declared: str) -> None:
    before = server.most_memory()
    with visited(server) as new, socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as browser:
        token = httpx.get(f"{server.address}/_stcore/health").cookies["_streamlit_xsrf"]
        head = [
            f"PUT /_stcore/upload_file/{new.initialize.session_id}/a-file HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            f"Cookie: _streamlit_xsrf={token}",
            f"X-Xsrftoken: {token}",
            "Content-Type: multipart/form-data; boundary=part",
            declared,
        ]
        browser.sendall("\r\n".join([*head, "", ""]).encode())
        if "chunked" in declared:
            send_until_it_answers(browser)
        answer = browser.recv(1_000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert server.most_memory() - before < GIB / 2
    assert server.health()[0] == 200


def send_until_it_answers(browser: socket.socket) -> None:
    """A file without an announced end: at most 1 GB of it, in pieces of 1 MB."""
    opening = b'--part\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n'
    browser.sendall(b"%x\r\n%s\r\n" % (len(opening), opening))
    piece = b"x" * 1024**2
    for _ in range(1024):
        browser.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        browser.setblocking(False)
        try:
            answered = browser.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            answered = b""
        browser.settimeout(PATIENCE_SECONDS)
        if answered:
            return


def test_an_upload_to_a_session_that_does_not_exist_is_refused_unread(server: Server) -> None:
    head = [f"PUT {UPLOAD} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Content-Length: {TEN_GIGABYTES}"]
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as browser:
        browser.sendall("\r\n".join([*head, "", ""]).encode())
        assert browser.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_page_of_another_site_can_open_no_session_and_send_no_file(server: Server) -> None:
    address = server.address.replace("http", "ws") + "/_stcore/stream"
    for origin in ("https://evil.example", "http://localhost:3000", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(address, subprotocols=["streamlit"], origin=origin).close()
        assert refused.value.response.status_code == 403
        sent = httpx.put(f"{server.address}{UPLOAD}", files={"f": b"x"}, headers={"Origin": origin})
        assert (sent.status_code, sent.headers["X-Frame-Options"]) == (403, "DENY")


def test_a_file_without_the_token_of_its_page_is_refused(server: Server) -> None:
    with visited(server) as new:
        address = f"{server.address}/_stcore/upload_file/{new.initialize.session_id}/a-file"
        token = httpx.get(f"{server.address}/_stcore/health").cookies["_streamlit_xsrf"]
        cookies = {"Cookie": f"_streamlit_xsrf={token}"}
        assert httpx.put(address, files={"f": b"x"}, headers=cookies).status_code == 403
        assert httpx.put(address, files={"f": b"x"}, headers=cookies | {"X-Xsrftoken": token}).status_code == 204


def test_a_name_that_was_made_to_lead_here_is_refused_while_nobody_signs_in(server: Server) -> None:
    refused = httpx.get(server.address, headers={"Host": f"evil.example:{server.port}"})
    assert refused.status_code == 403


def remove(store: Path) -> None:
    for path in store.parent.glob("store.db*"):
        path.unlink()


def replace_by_a_folder(store: Path) -> None:
    remove(store)
    store.mkdir()


def replace_by_garbage(store: Path) -> None:
    remove(store)
    store.write_bytes(b"%PDF-1.7 this is something else entirely" * 100)


def make_it_newer(store: Path) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE store SET schema_version = 99")
    connection.close()


LOSSES: dict[Callable[[Path], None], str] = {
    make_it_newer: "was written by a newer version of the dashboard",
    remove: "does not answer (unable to open database file)",
    replace_by_a_folder: "does not answer (unable to open database file)",
    replace_by_garbage: "cannot be used (file is not a database)",
}


@pytest.mark.sqlite_alone("these are losses of a file; a server that goes away is in tests/faults")
def test_health_tells_in_a_sentence_why_the_store_is_gone_and_when_it_is_back(engine: Engine, tmp_path: Path) -> None:
    engine.dispose()
    store = tmp_path / "store.db"
    with served(tmp_path) as server:
        for lose, reason in LOSSES.items():
            if store.is_file():
                assert server.health() == (200, {"status": "ok", "data_revision": 0})
            lose(store)
            status, told = server.health()
            assert (status, told["status"]) == (503, "unavailable")
            assert reason in str(told["reason"])
            assert str(told["reason"]).endswith(".")
            if store.is_dir():
                store.rmdir()
            remove(store)
            open_store(f"sqlite:///{tmp_path / 'other.db'}").dispose()
            (tmp_path / "other.db").rename(store)
        assert server.health() == (200, {"status": "ok", "data_revision": 0})


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_it_stops_when_it_is_told_to_and_says_nothing_more(tmp_path: Path, sign: signal.Signals, status: int) -> None:
    with served(tmp_path) as server:
        assert server.stop(sign) == (status, "")


@pytest.mark.usefixtures("engine")
def test_it_can_be_served_to_others_when_asked_to(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0", "--without-sign-in") as server:  # noqa: S104 (what is tested)
        assert server.told.startswith(f"The dashboard is on http://0.0.0.0:{server.port} ")
        assert server.health()[0] == 200


@pytest.mark.usefixtures("engine")
def test_others_are_not_served_silently_with_a_sign_in_that_leads_them_to_their_own_machine(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(SECRETS, encoding="utf-8")
    with served(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104 (what is tested)
        assert server.stop()[1].count("Nobody on another machine can sign in, unless by a tunnel: ") == 1


@pytest.mark.usefixtures("engine")
def test_a_port_that_is_taken_is_told_with_the_status_of_what_may_pass_and_the_one_who_has_it_keeps_it(
    server: Server, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(server.port)]
    env = os.environ | {"PYTHONPATH": str(settings.PROJECT_ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"The dashboard cannot be served on 127.0.0.1 port {server.port} (Address already in use). "
        "Stop what is served there, or choose another with --port.\n"
    )
    assert server.health()[0] == 200


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("option", "offered"), [("false", False), ("true", True)])
def test_messages_are_compressed_only_where_streamlits_own_option_says_so(
    option: str, offered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".streamlit" / "config.toml"
    own.parent.mkdir()
    own.write_text(f"[server]\nenableWebsocketCompression = {option}\n", encoding="utf-8")
    with (
        served(tmp_path) as server,
        connect(server.address.replace("http", "ws") + "/_stcore/stream", origin=server.address) as socket,
    ):
        assert bool(socket.protocol.extensions) is offered


def test_a_page_that_computes_lets_others_go_on_sooner_than_python_does(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, intervals = sys.getswitchinterval(), []
    monkeypatch.setattr(dashboard_server, "make_app", lambda **_: None)
    monkeypatch.setattr(dashboard_server.events, "set_up", lambda: None)
    monkeypatch.setattr(dashboard_server.uvicorn, "run", lambda *_, **__: intervals.append(sys.getswitchinterval()))
    try:
        dashboard_server.serve("127.0.0.1", 8501)
    finally:
        sys.setswitchinterval(usual)
    assert intervals == [pytest.approx(dashboard_server.SWITCH_SECONDS)]
    assert usual > dashboard_server.SWITCH_SECONDS
