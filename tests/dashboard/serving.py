"""The dashboard served as a process of its own, and a browser's session with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from websockets.sync.client import ClientConnection, connect

from dashboard import settings
from tests.processes import Program, free_port

PATIENCE_SECONDS = 40
TOKEN = "_streamlit_xsrf"  # noqa: S105 (a name)
COOKIE_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 (of no server but these)
SECRETS = f"""
[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "backorders"
client_secret = "secret"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
"""
"""A sign-in whose identity provider does not answer."""


@dataclass(frozen=True)
class Server:
    """A server that runs as a process of its own."""

    process: Program | subprocess.Popen[str]
    address: str
    told: str

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    def health(self) -> tuple[int, dict[str, object]]:
        answer = httpx.get(f"{self.address}/healthz", timeout=PATIENCE_SECONDS)
        return answer.status_code, answer.json()

    def stop(self, sign: signal.Signals = signal.SIGINT) -> tuple[int | None, str]:
        """Its exit status, and all that it said besides its address."""
        self.process.send_signal(sign)
        if isinstance(self.process, Program):
            return self.process.wait(PATIENCE_SECONDS), self.process.told().removeprefix(self.told)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, rest

    def has_ended(self) -> bool:
        """Whether it stopped by itself."""
        return self.process.poll() is not None

    def most_memory(self) -> int:
        """The most memory that the process has held so far [bytes]."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def served(folder: Path, *arguments: str, program: Sequence[str] = ()) -> Iterator[Server]:
    """Serve from that folder until the block ends; program: what a Python that is started for it runs, if any."""
    port = free_port()
    words = ["serve", "--port", str(port), *arguments]
    surroundings = os.environ | {"PYTHONPATH": str(settings.PROJECT_ROOT)}
    if program:
        process, told = _run_python([*program, *words], folder, surroundings)
    else:
        process = Program(words, folder, surroundings, folder / f"told-{port}.txt")
        told = process.first_line(PATIENCE_SECONDS)
    try:
        server = Server(process, f"http://127.0.0.1:{port}", told)
        wait_until_it_listens(server)
        yield server
    finally:
        process.kill()
        if isinstance(process, subprocess.Popen):
            process.communicate()


def _run_python(arguments: Sequence[str], folder: Path, env: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """A Python, and what it says first."""
    process = subprocess.Popen(
        [sys.executable, "-u", *arguments], cwd=folder, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return process, process.stdout.readline() if process.stdout else ""


def wait_until_it_listens(server: Server) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            assert not server.has_ended(), server.told
            assert time.monotonic() < end, "the server does not listen"
            time.sleep(0.05)
        else:
            return


def cookies_of(server: Server, email: str = "", **more: object) -> dict[str, str]:
    """The cookies of a browser, in which that person signed in where one is named; more: what else was claimed."""
    token = {TOKEN: httpx.get(f"{server.address}/_stcore/health").cookies[TOKEN]}
    claims = {"origin": server.address, "is_logged_in": True, "email": email, "email_verified": True} | more
    signed = create_signed_value(COOKIE_SECRET, "_streamlit_user", json.dumps(claims)).decode()
    return token | ({"_streamlit_user": signed} if email else {})


def session(server: Server, visit: ClientConnection, page: str = "") -> NewSession:
    """Open a page as a browser does; what the server tells of the new session."""
    visit.send(BackMsg(rerun_script={"query_string": "", "page_name": page}).SerializeToString())
    return until(visit, "new_session").new_session


def until(visit: ClientConnection, kind: str) -> ForwardMsg:
    """The next message of that kind."""
    message = ForwardMsg()
    while message.WhichOneof("type") != kind:
        message.ParseFromString(visit.recv(timeout=PATIENCE_SECONDS))
    return message


@contextmanager
def joined(server: Server, cookies: dict[str, str] | None = None) -> Iterator[ClientConnection]:
    """The websocket of a browser with these cookies."""
    address = server.address.replace("http", "ws") + "/_stcore/stream"
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    protocols = ["streamlit", *([cookies[TOKEN]] if cookies else [])]
    with connect(
        address,
        subprotocols=protocols,
        origin=server.address,
        max_size=None,
        additional_headers=sent if cookies else {},
    ) as visit:
        yield visit


@contextmanager
def visited(
    server: Server, page: str = "", *, is_drawn: bool = False, cookies: dict[str, str] | None = None
) -> Iterator[NewSession]:
    """A browser on that page, also when it is drawn to the end."""
    with joined(server, cookies) as visit:
        new = session(server, visit, page)
        if is_drawn:
            until(visit, "script_finished")
        yield new
