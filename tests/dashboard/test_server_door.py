"""The server's middleware: which requests it accepts and answers. Uses the real server, real HTTP, real websockets."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from http_client import DEADLINE, PROJECT, Server
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from dashboard.server import host_names
from dashboard.server.host_names import HostNames, read_host, stated_names
from dashboard.server.needed_messages import as_needed
from dashboard.shared.live_chart import PLOTLY_ADDRESS
from toolkit.errors import ToolkitError

PATHS = (
    "/",
    "/train",
    "/favicon.png",
    "/static/js/none.js",
    PLOTLY_ADDRESS,
    "/media/none.png",
    "/component/streamlit_drawable_canvas.st_canvas/index.html",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/bidi-components/none/none.js",
    "/_stcore/metrics",
    "/_stcore/stream",
    "/_stcore/upload_file/none/none",
)
FOREIGN_HOSTS = (
    "evil.example",
    "evil.example:8501",
    "localhost.evil.example",
    "evil.localhost",
    "127.0.0.1.evil.example",
    "evil-dashboard.example.org",
    "school.example",
)
UNREADABLE_HOSTS = (
    "",
    "localhost@evil.example",
    "localhost:80:80",
    "localhost:99999",
    "localhost:x",
    "[::1",
    "[evil]",
    "::1",
    "local host",
    "localhost/evil.example",
    "localhost,evil.example",
)
OWN_HOSTS = (
    "localhost",
    "localhost:1",
    "LocalHost.:8501",
    "127.0.0.1",
    "127.0.0.2:8501",
    "[::1]:8501",
    "[FE80::1]",
    "192.168.178.20:8501",
    "dashboard.example.org",
    "Dashboard.Example.org.:443",
    "a.school.example",
    "a.b.school.example:8501",
    socket.gethostname(),
    f"{socket.gethostname().partition('.')[0]}.local:8501",
)
PAGES = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"TOOLKIT_ALLOWED_HOSTS": "dashboard.example.org, *.school.example", "TOOLKIT_MAX_PAGES": str(PAGES)}
    running = Server(tmp_path_factory.mktemp("door") / "runs", settings)
    yield running
    running.stop()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_sent_to_a_foreign_name(server: Server, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = server.request(method, path, {"Host": "evil.example", "Origin": "http://evil.example"})
        assert answer.status == HTTPStatus.FORBIDDEN, method
        assert answer.text == (
            "This server does not know the name evil.example, so it sends nothing: a foreign website could have "
            "borrowed that name to get in. Open the page by the address that the terminal shows. If people are to "
            "reach it by this name, start the dashboard with TOOLKIT_ALLOWED_HOSTS=evil.example.\n"
        )


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_foreign_names_are_refused(server: Server, host: str) -> None:
    assert server.request("GET", "/", {"Host": host}).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("host", UNREADABLE_HOSTS)
def test_unreadable_hosts_are_refused(server: Server, host: str) -> None:
    assert server.request("GET", "/", {"Host": host}).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.0\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n",
    ],
    ids=["another host in the target", "two hosts", "no host", "no host in HTTP/1.0", "no path"],
)
def test_requests_without_one_clear_host_are_refused(server: Server, request_line: bytes) -> None:
    answer = server.send_raw(request_line + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_own_names_and_addresses_are_let_in(server: Server, host: str) -> None:
    assert server.request("GET", "/", {"Host": host}).status == HTTPStatus.OK
    host = host.lower()  # As browsers write both.
    with server.websocket({"Host": host, "Origin": f"http://{host}"}):
        pass


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("evil.example", "http://evil.example", 403),
        ("evil.example", None, 403),
        ("127.0.0.1", "http://evil.example", 403),
        ("127.0.0.1:1", "http://127.0.0.1:2", 403),
        ("localhost:1", "http://localhost:3000", 403),
        ("localhost", "null", 403),
        ("localhost", "http://localhost.evil.example", 403),
        ("localhost:99999", None, 400),
    ],
)
def test_a_foreign_page_gets_no_websocket(server: Server, host: str, origin: str | None, status: int) -> None:
    headers = {"Host": host} if origin is None else {"Host": host, "Origin": origin}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13"}
    headers |= {"Connection": "Upgrade", "Upgrade": "websocket", **key}
    answer = server.request("GET", "/_stcore/stream", headers)
    assert answer.status == status
    assert "Open the page by the address that the terminal shows." in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_a_foreign_page_changes_nothing(server: Server, method: str) -> None:
    path = "/_stcore/upload_file/a/00000000-0000-4000-8000-000000000000"
    answer = server.request(method, path, {"Origin": "http://evil.example"}, b"x")
    assert answer.status == HTTPStatus.FORBIDDEN
    assert "another website" in answer.text


def test_an_upload_without_the_pages_token_is_refused(server: Server) -> None:
    with server.page() as page:
        assert page.put(page.file_address(), b"x", {"Cookie": "", "X-Xsrftoken": ""}).status == HTTPStatus.FORBIDDEN
        assert server.request("DELETE", page.file_address()).status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics?families=cache_memory_bytes",
        "/_stcore/metrics/",
        "/%5fstcore/metrics",
        "/_stcore%2Fmetrics",
        "/_stcore/./metrics",
        "/_stcore//metrics",
        "/_stcore/health/../metrics",
        "/train/_stcore/metrics",
        "/_stcore",
        "/_stcore/script-health-check",
        "/_stcore/message",
        "/_stcore/allowed-message-origins",
        "/_stcore/agent/interact",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/mcp",
        "/_stcore/stream",
        "/auth/login",
        "/auth/logout/",
        "/oauth2callback",
    ],
)
def test_what_no_page_needs_is_closed(server: Server, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = server.request(method, path)
        assert (answer.status, answer.text) == (HTTPStatus.NOT_FOUND, "There is nothing at this address.\n"), method


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/component/streamlit_drawable_canvas.st_canvas/../../../../../etc/passwd",
        "/component/streamlit_drawable_canvas.st_canvas/%2Fetc%2Fpasswd",
        "/media/..%2f..%2fetc%2fpasswd",
        "/app/static/..%2f..%2fetc%2fpasswd",
        "/.streamlit/config.toml",
        "/dashboard/app.py",
        "//evil.example/",
    ],
)
def test_no_file_of_the_machine_is_sent(server: Server, path: str) -> None:
    answer = server.request("GET", path)
    assert "root:" not in answer.text
    assert "maxUploadSize" not in answer.text
    assert "st.App" not in answer.text
    assert "location" not in answer.headers


def test_what_the_pages_need_is_open(server: Server) -> None:
    for path in ("/", "/train", "/_stcore/health", "/_stcore/host-config", PLOTLY_ADDRESS):
        assert server.request("GET", path).status == HTTPStatus.OK, path


def test_every_answer_forbids_frames_of_other_websites_and_guessed_types(server: Server) -> None:
    for headers in (server.request("GET", "/").headers, server.request("GET", "/", {"Host": "evil.example"}).headers):
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"


def test_no_website_may_steer_the_page(server: Server) -> None:
    assert '"allowedOrigins":[]' in server.request("GET", "/_stcore/host-config").text


def test_one_address_opens_no_more_than_half_of_the_pages(server: Server) -> None:
    opened = [server.websocket() for _ in range(PAGES // 2)]
    for page in opened:
        page.__enter__()
    with pytest.raises(InvalidStatus) as refused, server.websocket():
        pass
    assert refused.value.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert b"Too many pages of the dashboard are open (8)." in (refused.value.response.body or b"")
    for page in opened:
        page.__exit__(None, None, None)


def test_a_message_that_no_page_sends_is_dropped_and_the_page_goes_on(server: Server) -> None:
    with server.page() as page:
        page.send(BackMsg(clear_cache=True))
        page.send(BackMsg(load_git_info=True))
        page.send(BackMsg(app_heartbeat=True))
        assert page.receive("heartbeat_ack").heartbeat_ack


@pytest.mark.parametrize("content", ["text", bytes(6_000_000), bytes(30_000_000), b"\xff\xff\xff"])
def test_a_message_that_is_none_ends_the_websocket_alone(server: Server, content: str | bytes) -> None:
    with server.websocket() as channel, pytest.raises((ConnectionClosed, ConnectionError)):
        _send_and_listen(channel, content)
    assert server.request("GET", "/_stcore/health").status == HTTPStatus.OK
    assert "Traceback" not in server.log.read_text()


def _send_and_listen(channel: ClientConnection, content: str | bytes) -> None:
    channel.send(content)
    while True:
        channel.recv(timeout=DEADLINE)


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        (BackMsg(clear_cache=True), False),
        (BackMsg(set_run_on_save=True), False),
        (BackMsg(load_git_info=True), False),
        (BackMsg(debug_disconnect_websocket=True), False),
        (BackMsg(debug_shutdown_runtime=True), False),
        (BackMsg(), False),
        (BackMsg(app_heartbeat=True), True),
        (BackMsg(stop_script=True), True),
    ],
)
def test_pages_need_few_kinds_of_messages(message: BackMsg, needed: bool) -> None:
    content = message.SerializeToString()
    assert as_needed(content) == (content if needed else None)


def test_nobody_asks_for_a_million_upload_addresses() -> None:
    message = BackMsg()
    message.file_urls_request.file_names.extend(["a"] * 100)
    assert as_needed(message.SerializeToString()) is not None
    message.file_urls_request.file_names.append("a")
    assert as_needed(message.SerializeToString()) is None


def test_an_address_that_is_too_long_is_left_out() -> None:
    message = BackMsg(rerun_script={"query_string": "row=" + "1" * 10_000, "page_script_hash": "abc"})
    passed_on = as_needed(message.SerializeToString())
    assert passed_on is not None
    assert BackMsg.FromString(passed_on) == BackMsg(rerun_script={"page_script_hash": "abc"})


def test_a_host_is_read_without_port_brackets_and_final_dot() -> None:
    assert read_host("LocalHost.:80") == "localhost"
    assert read_host("[::1]:80") == "::1"
    assert read_host("localhost..") == "localhost."
    assert read_host(".") is None


def test_a_name_that_the_machine_got_later_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def named_later() -> str:
        looks.append("look")
        return "Room-PC.school.lan."

    monkeypatch.setattr(socket, "gethostname", lambda: "room-pc")
    monkeypatch.setattr(socket, "getfqdn", named_later)

    async def ask() -> list[bool]:
        names = HostNames()
        asked = [names.know("room-pc.school.lan"), names.know("evil.example"), names.know("evil.example")]
        return [await names.know("room-pc.local"), *[await each for each in asked]]

    assert asyncio.run(ask()) == [True, True, False, False]
    assert looks == ["look"]


def test_a_name_server_gives_this_machine_no_foreign_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "room-pc")
    monkeypatch.setattr(socket, "getfqdn", lambda: "evil.example")
    assert not asyncio.run(HostNames().know("evil.example"))


@pytest.mark.parametrize("name", ["http://dashboard.example.org", "dashboard.example.org:80", "a b", "*evil", "a.*"])
def test_a_stated_name_that_is_none_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(host_names.VARIABLE, f"localhost,{name}")
    with pytest.raises(ToolkitError) as caught:
        stated_names()
    assert str(caught.value) == (
        "TOOLKIT_ALLOWED_HOSTS must be names of hosts without port, separated by commas. "
        f"Received: {name}. Try dashboard.example.org."
    )


@pytest.mark.parametrize(("variable", "value"), [("TOOLKIT_ALLOWED_HOSTS", "a:1"), ("TOOLKIT_MAX_UPLOADS_MB", "much")])
def test_a_server_with_a_senseless_setting_ends_with_a_sentence(tmp_path: Path, variable: str, value: str) -> None:
    script = f"import os; os.environ[{variable!r}] = {value!r}\nfrom dashboard.server import door\ndoor()\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"{variable} must be ")
    assert "Traceback" not in done.stderr
