"""The real server, and a client that speaks Streamlit's protocol like a browser, or as no browser would.

with served(root) as port, Client(port) as client:
    client.open("data")
    field = client.widget("Data set")
    answer = client.send(state_of(field.id, string_value="/etc/passwd"))
    assert answer.exceptions == []
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PROJECT = Path(__file__).resolve().parents[2]
#: Seconds; far more than anything here takes, for machines that are busy.
DEADLINE = 120
_CONTAINERS = ("expandable", "popover", "dialog")


@contextmanager
def served(root: Path) -> Iterator[int]:
    """`streamlit run dashboard/app.py` with a runs folder; yields the port. Fails if one of its processes is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
    settings = {"TOOLKIT_ROOT": str(root), "TOOLKIT_IDLE_SECONDS": "1", "TOOLKIT_WORKERS": "1"}
    with (root.parent / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=PROJECT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(lambda: _answers(port), "an answer of the server")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=DEADLINE)
        _wait_for(lambda: not _processes(root), f"no process for {root}")


def _wait_for(condition: Any, expected: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"expected within {DEADLINE} s: {expected}"
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _processes(root: Path) -> list[str]:
    """The living processes that were started for a runs folder."""
    table = subprocess.run(["ps", "-axww", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in table.splitlines() if line[0] != "Z" and f" {root}" in line]


@dataclass(frozen=True)
class Widget:
    """A widget on a page. kind: as in Streamlit's protocol, such as "selectbox" or "number_input"."""

    id: str
    kind: str
    label: str
    proto: Any


@dataclass
class Answer:
    """Everything that the server sent during one run of the page."""

    messages: list[ForwardMsg] = field(default_factory=list)

    @property
    def exceptions(self) -> list[str]:
        """The texts of exception elements; empty if nothing went wrong."""
        drawn = [one.delta.new_element for one in self.messages if one.WhichOneof("type") == "delta"]
        told = [f"{one.exception.type}: {one.exception.message}" for one in drawn if one.HasField("exception")]
        return told + [
            str(one.session_event.script_compilation_exception)
            for one in self.messages
            if one.session_event.HasField("script_compilation_exception")
        ]

    @property
    def content(self) -> bytes:
        """Everything that was sent, to search it for what must not be in it."""
        return b"".join(one.SerializeToString() for one in self.messages)

    @property
    def words(self) -> list[str]:
        """The Markdown, headings, captions, alerts and figures on the page, in order."""
        drawn = (one.delta.new_element for one in self.messages if one.WhichOneof("type") == "delta")
        kinds = ("markdown", "heading", "alert", "metric", "text")
        return [getattr(one, kind).body for one in drawn for kind in kinds if one.HasField(kind)]

    @property
    def widgets(self) -> list[Widget]:
        """Every widget on the page once, including containers that expand."""
        found = {}
        for one in self.messages:
            if one.WhichOneof("type") == "delta" and (widget := _widget_in(one.delta)):
                found[widget.id] = widget
        return list(found.values())


def _widget_in(delta: Any) -> Widget | None:
    if delta.WhichOneof("type") == "add_block":
        kind = delta.add_block.WhichOneof("type")
        proto = getattr(delta.add_block, kind) if kind in _CONTAINERS else None
    else:
        kind = delta.new_element.WhichOneof("type")
        proto = getattr(delta.new_element, kind) if kind else None
    if not isinstance(proto, Message) or not getattr(proto, "id", ""):
        return None
    return Widget(proto.id, str(kind), getattr(proto, "label", ""), proto)


def state_of(widget_id: str, **value: Any) -> WidgetState:
    """A widget's value as a browser sends it: `state_of(id, string_value="x")`, `state_of(id, int_array_value=[1])`."""
    state = WidgetState(id=widget_id)
    for name, content in value.items():
        if isinstance(content, list):
            getattr(state, name).data.extend(content)
        elif isinstance(content, Message):
            getattr(state, name).CopyFrom(content)
        else:
            setattr(state, name, content)
    return state


class Client:
    """A client that can send anything. `page` and `query` are part of each request, as in a browser."""

    def __init__(self, port: int, page: str = "", query: str = "") -> None:
        self.page, self.query = page, query
        self.server = f"127.0.0.1:{port}"
        self.answer = Answer()
        self._connection = ExitStack()

    def __enter__(self) -> Self:
        connection = connect(f"ws://{self.server}/_stcore/stream", max_size=None, open_timeout=DEADLINE)
        self.channel = self._connection.enter_context(connection)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def open(self, page: str = "", query: str = "") -> Answer:
        """Open a page by its URL path; "" is Train."""
        self.page, self.query = page, query
        self.answer = self.send()
        return self.answer

    def send(self, *states: WidgetState, **request: Any) -> Answer:
        """Request the page, or send `request`, and wait until it is drawn.

        states: values of widgets. request: other fields of the request, such as fragment_id.
        """
        message = BackMsg()
        wanted = {"page_name": self.page, "query_string": self.query, **request}
        for name, value in wanted.items():
            setattr(message.rerun_script, name, value)
        message.rerun_script.widget_states.widgets.extend(states)
        return self.say(message)

    def say(self, message: BackMsg) -> Answer:
        """Send any message, and collect the answers until a run of the page has ended."""
        self.tell(message)
        return self.listen()

    def tell(self, message: BackMsg) -> None:
        """Send any message, which may have no answer."""
        self.channel.send(message.SerializeToString())

    def listen(self) -> Answer:
        """The answers until a run of the page has ended."""
        answer = Answer()
        while True:
            answer.messages.append(newest := self._receive())
            ended = newest.WhichOneof("type") == "script_finished"
            if ended and newest.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return answer

    def _receive(self) -> ForwardMsg:
        content = self.channel.recv(timeout=DEADLINE)
        assert isinstance(content, bytes)
        return ForwardMsg.FromString(content)

    def upload(self, field: Widget, name: str, content: bytes) -> Answer:
        """Upload a file as a browser does: request a URL, send the file, and report it."""
        asked = BackMsg()
        asked.file_urls_request.request_id = name
        asked.file_urls_request.file_names.append(name)
        self.tell(asked)
        while not (newest := self._receive()).HasField("file_urls_response"):
            pass
        (place,) = newest.file_urls_response.file_urls
        self._put(place.upload_url, name, content)
        brought = FileUploaderState()
        info = brought.uploaded_file_info.add(file_id=place.file_id, name=name, size=len(content))
        info.file_urls.CopyFrom(place)
        return self.send(state_of(field.id, file_uploader_state_value=brought))

    def _put(self, address: str, name: str, content: bytes) -> None:
        with urllib.request.urlopen(f"http://{self.server}/_stcore/health", timeout=DEADLINE) as answer:
            cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        edge = "end-of-the-file"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        request = urllib.request.Request(
            f"http://{self.server}{address}",
            method="PUT",
            data=head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={edge}",
                "Cookie": cookie,
                "X-Xsrftoken": cookie.partition("=")[2].strip('"'),
            },
        )
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            assert answer.status == 204

    def widget(self, label: str, kind: str | None = None) -> Widget:
        """A widget of the page as it was opened last, by its label, and by its kind where several have that label."""
        return self.widgets(kind, label)[0]

    def widgets(self, kind: str | None = None, label: str | None = None) -> Sequence[Widget]:
        """The widgets of the page as it was opened last."""
        return [
            one
            for one in self.answer.widgets
            if (kind is None or one.kind == kind) and (label is None or one.label == label)
        ]
