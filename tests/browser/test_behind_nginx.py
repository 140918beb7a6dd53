"""The dashboard as deploy/nginx.conf hands it on: two processes behind a real nginx, by TLS, to a real browser.

Of that file nothing is replaced but what a reader is told to write, and the ports. It takes ten seconds, so that it is
part of `make long` alone. Skips where no nginx is found, unless BACKORDERS_TEST_NEEDS_NGINX is set.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import streamlit as st
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page, expect

from dashboard.headers import headers
from data_access.engine import open_store
from data_access.users import set_user
from tests.browser.conftest import ROLES, ROOT, SECRETS, STARTING_SECONDS, NewAddress, Serve, Served, window
from tests.pages.companies import write_small_company
from tests.processes import free_port
from tests.random_cases import IS_LONG

pytestmark = [pytest.mark.long, pytest.mark.skipif(not IS_LONG, reason="make long asks for what is behind nginx")]
NAME = "backorders.example.com"
STREAMLITS_PAGE = Path(st.__file__).parent / "static" / "index.html"
AROUND_IT = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    gzip on;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_ciphers {old};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    log_format whose '$browser $upstream_addr $uri';
    access_log {folder}/access.log whose;
    include {folder}/backorders.conf;
}}
"""
"""What of Debian's nginx.conf bears on ours, with the places of a test, and an OpenSSL that lets in what it says."""
OLD_CIPHERS = "ALL:@SECLEVEL=0"
LARGEST = 200 * 1024 * 1024
"""The largest request with a file that the dashboard takes [bytes]."""
SEND = """async ({url, token, size}) => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(size)]), "large.csv");
    return (await fetch(url, {method: "PUT", headers: {"X-Xsrftoken": token}, body: form})).status;
}"""


@dataclass(frozen=True)
class Front:
    """An nginx that runs, and what stands behind it."""

    folder: Path
    http: int
    https: int
    behind: tuple[Served, ...]

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.https}"

    def ask(self, path: str, *, is_plain: bool = False, name: str = NAME, address: str = "127.0.0.1") -> httpx.Response:
        """The answer at that address to whoever asks for that name, and takes no certificate but ours."""
        port = self.http if is_plain else self.https
        with httpx.Client(verify=ssl.create_default_context(cafile=self.folder / "fullchain.pem")) as client:
            return client.get(
                f"{'http' if is_plain else 'https'}://{address}:{port}{path}",
                headers={"Host": f"{name}:{port}"},
                extensions={"sni_hostname": name},
            )

    def led(self) -> list[tuple[str, str, str]]:
        """What was handed on so far: by which browser, to which process, and what was asked for."""
        log = (self.folder / "access.log").read_text(encoding="utf-8")
        return [(who, to, path) for who, to, path in re.findall(r"^(\S+) (\S+) (.*)$", log, re.M) if to != "-"]


@pytest.fixture(scope="module")
def nginx() -> str:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        if os.environ.get("BACKORDERS_TEST_NEEDS_NGINX"):
            pytest.fail("no nginx is installed, and BACKORDERS_TEST_NEEDS_NGINX asks for it")
        pytest.skip("no nginx is installed")
    return program


@pytest.fixture(scope="module")
def front(
    nginx: str, serve: Serve, new_address: NewAddress, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The small company, served by two processes to people who sign in."""
    folder = tmp_path_factory.mktemp("nginx")
    database_url = new_address()
    store = open_store(database_url)
    write_small_company(store)
    set_user(store, "ada@example.com", ROLES["ada"], by="ops", at=datetime(2026, 3, 16, 9, 30, tzinfo=UTC))
    http, https = free_port(), free_port()
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS.format(dashboard=f"https://{NAME}:{https}", provider=provider), encoding="utf-8")
    front = Front(folder, http, https, tuple(serve(database_url, secrets_file=str(secrets)) for _ in range(2)))

    write_certificate(folder)
    (folder / "backorders.conf").write_text(filled_in(front), encoding="utf-8")
    around_it = AROUND_IT.format(folder=folder, user=getpass.getuser(), old=OLD_CIPHERS)
    (folder / "nginx.conf").write_text(around_it, encoding="utf-8")
    process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"])
    wait_until_it_listens(front, process)
    yield front
    process.terminate()
    assert process.wait(STARTING_SECONDS) == 0


def filled_in(front: Front) -> str:
    """deploy/nginx.conf with what a reader writes into it: the certificate, the processes, and here the ports."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    first, second = (served.url.removeprefix("http://") for served in front.behind)
    written = {
        r"server 127\.0\.0\.1:8501;": f"server {first};",
        r"# server 127\.0\.0\.1:8502;": f"server {second};",
        r"/etc/ssl/backorders/": f"{front.folder}/",
        r"listen 80\b": f"listen 127.0.0.1:{front.http}",
        r"listen 443\b": f"listen 127.0.0.1:{front.https}",
        r"listen \[::\]:80\b": f"listen [::1]:{front.http}",
        r"listen \[::\]:443\b": f"listen [::1]:{front.https}",
    }
    for place, what in written.items():
        text, times = re.subn(place, what, text)
        assert times, f"nginx.conf has no {place}"
    return text if has_ipv6() else re.sub(r".*\[::1\].*\n", "", text)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def write_certificate(folder: Path) -> None:
    """A certificate that vouches for itself."""
    key, today = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "privkey.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def wait_until_it_listens(front: Front, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", front.https)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"nginx does not listen: {(front.folder / 'error.log').read_text(encoding='utf-8')}")


@pytest.fixture
def visitor(browser: Browser, front: Front) -> Iterator[Page]:
    """A browser in which Ada signed in."""
    with window(browser, ignore_https_errors=True) as page:
        page.goto(f"{front.url}/open_backorders")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="ada", exact=True).click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        yield page


def test_a_browser_signs_in_draws_pages_and_filters_and_its_cookies_are_closed(front: Front, visitor: Page) -> None:
    visitor.goto(f"{front.url}/open_backorders")
    heading = visitor.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("^4 lines on 3 orders"))
    visitor.get_by_role("button", name="ready").click()
    expect(heading).to_have_text(re.compile("^5 lines on 3 orders"))
    assert visitor.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"

    cookies = {cookie["name"]: cookie for cookie in visitor.context.cookies(front.url)}
    assert {"_streamlit_xsrf", "_streamlit_user", "backorders_browser"} <= set(cookies)
    assert [name for name, cookie in cookies.items() if not cookie["secure"] or cookie["sameSite"] != "Lax"] == []
    assert all(cookies[name].get("httpOnly") for name in ("_streamlit_user", "backorders_browser"))


def test_all_that_a_browser_asks_for_is_led_to_one_process(front: Front, browser: Browser) -> None:
    with window(browser, ignore_https_errors=True) as page:
        for _ in range(2):
            page.goto(front.url)
            expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        (cookie,) = (known for known in page.context.cookies(front.url) if known["name"] == "backorders_browser")

    def led() -> list[tuple[str, str]]:
        return [(to, path) for who, to, path in front.led() if who == cookie["value"]]

    until = time.monotonic() + STARTING_SECONDS  # a websocket is noted once it is closed
    while [path for _, path in led()].count("/_stcore/stream") < 2:
        assert time.monotonic() < until, led()
        time.sleep(0.02)
    assert len({to for to, _ in led()}) == 1


def test_several_browsers_behind_one_address_share_the_processes(front: Front) -> None:
    for _ in range(20):  # all to one process by chance: once in half a million times
        front.ask("/")
    assert {to for _, to, _ in front.led()} == {served.url.removeprefix("http://") for served in front.behind}


def test_the_largest_file_passes(front: Front, visitor: Page) -> None:
    visitor.goto(f"{front.url}/data?table=order+lines")
    with visitor.expect_request(lambda request: request.method == "PUT") as sent:
        visitor.locator("input[type=file]").set_input_files(
            {"name": "lines.csv", "mimeType": "text/csv", "buffer": b"order_id;line_no\n"}
        )
    token = sent.value.headers["x-xsrftoken"]
    around_it = 1024
    told = {"url": sent.value.url, "token": token, "size": LARGEST - around_it}
    assert visitor.evaluate(SEND, told) == 204


@pytest.mark.parametrize("path", ["/", "/metrics"])
def test_every_answer_asks_for_tls_for_a_year_and_keeps_the_dashboards_own_headers(front: Front, path: str) -> None:
    answer = front.ask(path)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    own = headers(STREAMLITS_PAGE) if answer.status_code == 200 else {}
    assert {name: answer.headers[name] for name in own} == own


def test_health_is_told_to_everybody_and_counts_to_nobody(front: Front) -> None:
    assert (front.ask("/healthz").status_code, front.ask("/healthz").json()) == (200, {"status": "ok"})
    assert [front.ask(path).status_code for path in ("/metrics", "/_stcore/metrics")] == [404, 404]
    for served in front.behind:
        assert set(httpx.get(f"{served.url}/healthz").json()) == {"status", "data_revision"}
        assert httpx.get(f"{served.url}/metrics").status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_whoever_comes_without_tls_is_led_to_the_same_page_with_it(front: Front, address: str) -> None:
    if address == "[::1]" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    answer = front.ask("/aging?bucket=4", is_plain=True, address=address)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/aging?bucket=4")
    assert front.ask("/healthz", address=address).status_code == 200


@pytest.mark.parametrize("name", ["localhost", "evil.example", "127.0.0.1"])
def test_another_name_is_not_answered(front: Front, name: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        front.ask("/", is_plain=True, name=name)
    with pytest.raises(httpx.ConnectError, match=r"(?i)unrecognized.name"):
        front.ask("/", name=name)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_tls_is_spoken_from_version_1_2_on(front: Front, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=front.folder / "fullchain.pem")
    context.set_ciphers(OLD_CIPHERS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what is refused is meant
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", front.https)) as connection:
        if version is ssl.TLSVersion.TLSv1_2:
            context.wrap_socket(connection, server_hostname=NAME).close()
        else:
            with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
                context.wrap_socket(connection, server_hostname=NAME)
