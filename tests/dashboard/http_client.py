"""The real server, and programs that speak HTTP and Streamlit's websocket with it: any header, any body."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PROJECT = Path(__file__).resolve().parents[2]
DEADLINE = 120.0
BOUNDARY = "a-boundary"
Body = bytes | Iterable[bytes] | None


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    text: str
    headers: Mapping[str, str]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fails where it does not come."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"Waited in vain for {what}."
        time.sleep(0.05)


class Server:
    """`streamlit run dashboard/app.py` on a free port."""

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = root.parent / f"{root.name}.log"
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=PROJECT,
                env={**os.environ, "TOOLKIT_ROOT": str(root), "TOOLKIT_IDLE_SECONDS": "1", **settings},
                stdout=log,
                stderr=log,
            )
        until(self._answers, f"an answer; {self.log} may say why there is none")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=DEADLINE)

    def resident_bytes(self) -> int:
        """The memory that it has just now."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Body = None) -> Answer:
        """Ask for something; an iterable body goes in chunks, without a length. A Host header replaces the usual."""
        channel = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            headers = headers or {}
            channel.request(method, path, body, {"Host": f"127.0.0.1:{self.port}", **headers})
            answer = channel.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"), dict(answer.getheaders()))
        finally:
            channel.close()

    def send_raw(self, request: bytes) -> bytes:
        """What is answered to these very bytes, until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as channel:
            channel.sendall(request)
            return b"".join(iter(lambda: channel.recv(65536), b""))

    def token(self) -> str:
        """The token against forged requests that a browser gets in a cookie."""
        cookie = self.request("GET", "/_stcore/health").headers["set-cookie"]
        return cookie.partition("_streamlit_xsrf=")[2].partition(";")[0]

    @contextmanager
    def websocket(self, headers: Mapping[str, str] | None = None) -> Iterator[ClientConnection]:
        """A websocket as a page opens it, with these headers."""
        headers = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        address = f"ws://{headers['Host']}/_stcore/stream"
        # Without a bound on what waits to be read, the end of the connection is not behind it.
        options: dict[str, Any] = {"origin": headers.get("Origin"), "proxy": None, "max_size": None, "max_queue": None}
        with (
            socket.create_connection(("127.0.0.1", self.port)) as channel,
            connect(address, sock=channel, **options) as opened,
        ):
            yield opened

    @contextmanager
    def page(self) -> Iterator["Page"]:
        """An open page."""
        with self.websocket() as channel:
            yield Page(self, channel)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.request("GET", "/_stcore/health").status == 200
        except OSError:
            return False


class Page:
    """A page that is open as a browser has it open."""

    def __init__(self, server: Server, channel: ClientConnection) -> None:
        self.server, self.channel, self.token = server, channel, server.token()
        message = BackMsg()
        message.rerun_script.query_string = ""
        self.send(message)
        self.id = self.receive("new_session").new_session.initialize.session_id

    def send(self, message: BackMsg) -> None:
        """Send a message of Streamlit's."""
        self.channel.send(message.SerializeToString())

    def receive(self, kind: str) -> ForwardMsg:
        """The next message of a kind."""
        while True:
            message = ForwardMsg.FromString(self.channel.recv(timeout=DEADLINE, decode=False))
            if message.WhichOneof("type") == kind:
                return message

    def file_address(self) -> str:
        """Where the server wants a file, as it tells an upload field."""
        message = BackMsg()
        message.file_urls_request.file_names.append("a file")
        self.send(message)
        return str(self.receive("file_urls_response").file_urls_response.file_urls[0].upload_url)

    def put(self, address: str, body: Body, headers: Mapping[str, str] | None = None) -> Answer:
        """Upload a body that is complete already."""
        own = {"X-Xsrftoken": self.token, "Cookie": f"_streamlit_xsrf={self.token}"}
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.server.request("PUT", address, {**own, **kind, **(headers or {})}, body)

    def upload(self, size: int, address: str | None = None, *, chunked: bool = False) -> Answer:
        """Upload a file of so many bytes."""
        body = multipart(size)
        chunks = (body[start : start + 65536] for start in range(0, len(body), 65536))
        return self.put(address or self.file_address(), chunks if chunked else body)

    def remove(self, address: str) -> Answer:
        """Remove an uploaded file, as the field's cross does."""
        own = {"X-Xsrftoken": self.token, "Cookie": f"_streamlit_xsrf={self.token}"}
        return self.server.request("DELETE", address, own)


def multipart(size: int, name: str = "a.bin") -> bytes:
    """A form with one file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + bytes(size) + f"\r\n--{BOUNDARY}--\r\n".encode()
