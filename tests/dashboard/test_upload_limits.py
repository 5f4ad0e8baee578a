"""Uploads: how much server memory one visitor and all visitors may use, and for how long."""

import asyncio
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from http_client import DEADLINE, Page, Server, multipart, until
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard.server import upload_limits, upload_room
from dashboard.server.upload_limits import UploadLimits
from dashboard.server.upload_room import UploadRefusedError, UploadRoom
from toolkit import limits

MB = 1024 * 1024
#: Large enough to be visible in the server's memory use.
UNIT = 4 * MB
OF_ONE, OF_ALL = 4 * UNIT, 10 * UNIT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "TOOLKIT_MAX_UPLOAD_MB": str(OF_ONE // MB),
        "TOOLKIT_MAX_UPLOADS_MB": str(OF_ALL // MB),
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1",
    }
    running = Server(tmp_path_factory.mktemp("uploads") / "runs", settings)
    yield running
    running.stop()


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    with server.page() as opened:
        yield opened


@pytest.mark.parametrize("chunked", [False, True])
def test_a_visitor_uploads_up_to_the_limit_and_is_then_refused_with_a_sentence(page: Page, chunked: bool) -> None:
    assert page.upload(2 * UNIT, chunked=chunked).status == 204
    assert page.upload(UNIT, chunked=chunked).status == 204
    refused = page.upload(2 * UNIT, chunked=chunked)
    assert (refused.status, refused.text) == (
        413,
        "This page already keeps as much as one visitor may upload (16 MB). Remove a file from the field, or reload "
        "the page, and try again; TOOLKIT_MAX_UPLOAD_MB changes the limit.\n",
    )
    # The page still works, and accepts an upload that fits.
    assert page.upload(UNIT // 2, chunked=chunked).status == 204


def test_a_removed_or_replaced_file_gives_back_its_room(page: Page) -> None:
    first = page.file_address()
    assert page.upload(3 * UNIT, first).status == 204
    assert page.upload(3 * UNIT).status == 413
    assert page.remove(first).status == 204
    assert page.upload(3 * UNIT).status == 204


def test_all_visitors_together_are_limited_and_closed_pages_make_room(server: Server) -> None:
    with server.page() as one, server.page() as another, server.page() as third:
        assert [each.upload(7 * UNIT // 2).status for each in (one, another)] == [204, 204]
        refused = third.upload(7 * UNIT // 2)
        assert (refused.status, refused.text) == (
            503,
            "All visitors together have uploaded as much as the server keeps (40 MB). Try again when somebody has "
            "closed a page; TOOLKIT_MAX_UPLOADS_MB changes the limit.\n",
        )
        assert third.upload(2 * UNIT).status == 204
        one.channel.close()
        until(lambda: third.upload(UNIT).status == 204, "the room of a closed page")


def test_files_that_come_at_once_are_counted_while_they_come(page: Page) -> None:
    addresses = [page.file_address() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda address: page.upload(7 * UNIT // 4, address).status, addresses))
    assert 1 <= statuses.count(204) <= 2
    assert set(statuses) == {204, 413}


def test_a_length_that_is_declared_is_room_taken(page: Page) -> None:
    address = page.file_address()
    head = (
        f"PUT {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=a-boundary\r\n"
        f"X-Xsrftoken: {page.token}\r\nCookie: _streamlit_xsrf={page.token}\r\nContent-Length: {3 * UNIT}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", page.server.port), timeout=DEADLINE) as waiting:
        waiting.sendall(head)
        until(lambda: page.upload(2 * UNIT).status == 413, "the room to be taken")
    # The stalled upload has been aborted.
    until(lambda: page.upload(3 * UNIT).status == 204, "the room to be given back")


def test_refused_uploads_leave_nothing_in_memory(page: Page) -> None:
    page.receive("script_finished")
    before = page.server.resident_bytes()
    with ThreadPoolExecutor(4) as pool:
        addresses = [page.file_address() for _ in range(20)]
        chunked = [number % 2 == 0 for number in range(20)]
        statuses = list(pool.map(lambda a, c: page.upload(39 * UNIT // 10, a, chunked=c).status, addresses, chunked))
    assert statuses.count(413) >= 19
    assert page.server.resident_bytes() - before < 80 * MB  # 312 MB were sent.


def test_the_end_of_a_session_frees_its_files(server: Server) -> None:
    with server.page() as one, server.page() as another, server.page() as third:
        for page in (one, another, third):
            page.receive("script_finished")
            assert page.upload(3 * UNIT).status == 204
        full = server.resident_bytes()
    # No other visitor connects or leaves.
    until(lambda: server.resident_bytes() < full - 7 * UNIT, f"the {9 * UNIT // MB} MB to be given back")


def test_no_page_has_many_small_files(page: Page) -> None:
    addresses = [page.file_address() for _ in range(upload_room.MOST_FILES + 1)]
    *taken, last = (page.upload(0, address) for address in addresses)
    assert {each.status for each in taken} == {204}
    assert (last.status, last.text.partition(".")[0]) == (
        413,
        "This page already keeps as many uploaded files as one visitor may (100)",
    )


@pytest.mark.parametrize("file_id", ["a", "x" * 36, "8D5FF1AE-EA7D-4CC0-B657-F0798456E227", "../../a", "%00"])
def test_a_file_that_no_field_asked_for_is_refused(page: Page, file_id: str) -> None:
    assert page.upload(10, f"/_stcore/upload_file/{page.id}/{file_id}").status in (400, 404)


def test_an_upload_for_a_page_that_is_not_open_is_refused(page: Page) -> None:
    answer = page.upload(10, f"/_stcore/upload_file/{uuid.uuid4()}/{uuid.uuid4()}")
    assert (answer.status, answer.text) == (
        400,
        "The page that this upload is for is not open any more. Reload the page and upload the file again.\n",
    )


BOMBS = {
    "many files": b"".join(multipart(10).removesuffix(b"--a-boundary--\r\n") for _ in range(20_000)),
    "a huge header": b'--a-boundary\r\nContent-Disposition: form-data; name="' + b"a" * MB,
    "many headers": b"--a-boundary\r\n" + b"A: b\r\n" * 100_000,
    "a field": b'--a-boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 2 * MB,
    "no form": b"a" * MB,
    "nothing": b"",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_malicious_form_is_refused_and_the_page_goes_on(page: Page, name: str) -> None:
    assert page.put(page.file_address(), BOMBS[name]).status in (400, 413)
    assert page.upload(3 * UNIT).status == 204


# The following tests would take minutes with the real server.


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(upload_room, "time", clock)
    monkeypatch.setattr(upload_limits, "time", clock)
    return clock


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A server with the session "a", whose widgets hold the file ids in `held`."""
    held: list[str] = []

    def states() -> list[Any]:
        infos = [SimpleNamespace(file_id=each) for each in held]
        return [SimpleNamespace(file_uploader_state_value=SimpleNamespace(uploaded_file_info=infos))]

    info = SimpleNamespace(session=SimpleNamespace(session_state=SimpleNamespace(get_widget_states=states)))
    sessions = {"a": info}
    running = SimpleNamespace(
        uploaded_file_mgr=MemoryUploadedFileManager("/"),
        is_active_session=lambda session: session in sessions,
        _session_mgr=SimpleNamespace(get_session_info=sessions.get, get_active_session_info=sessions.get),
        held=held,
        sessions=sessions,
    )
    monkeypatch.setattr(upload_room, "get_instance", lambda: running)
    return running


def keep(room: UploadRoom, runtime: SimpleNamespace, name: str, mb: int) -> None:
    """Upload a file of session "a"."""
    with room.reservation("a", name) as reserved:
        room.grow(reserved, mb * MB)
        runtime.uploaded_file_mgr.add_file("a", UploadedFileRec(name, name, "", bytes(mb * MB)))


def test_files_that_no_field_holds_make_room_after_a_while(
    runtime: SimpleNamespace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.UPLOAD_MB.variable, "40")
    room = UploadRoom()
    keep(room, runtime, "left", 15)
    keep(room, runtime, "held", 15)
    runtime.held.append("held")
    with pytest.raises(UploadRefusedError):  # The field may be about to name it.
        keep(room, runtime, "new", 15)
    clock.now += 61
    keep(room, runtime, "new", 15)
    assert set(runtime.uploaded_file_mgr.file_storage["a"]) == {"held", "new"}
    clock.now += 61
    runtime.held.append("new")
    with pytest.raises(UploadRefusedError):
        keep(room, runtime, "another", 15)


def test_a_file_whose_session_ended_while_it_came_is_let_go(runtime: SimpleNamespace) -> None:
    room = UploadRoom()
    with room.reservation("a", "late"):
        del runtime.sessions["a"]
        runtime.uploaded_file_mgr.add_file("a", UploadedFileRec("late", "late", "", bytes(10)))
    assert not runtime.uploaded_file_mgr.file_storage


def upload_slowly(monkeypatch: pytest.MonkeyPatch, clock: Clock, chunk: bytes, pause: float) -> list[Message]:
    """The answer to chunks that arrive at a given pace; an infinite pause never ends."""
    answers: list[Message] = []
    monkeypatch.setattr(upload_limits, "_SILENCE", 0.01)

    async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def receive() -> Message:
        if pause == float("inf") and not answers:
            await asyncio.sleep(DEADLINE)
        clock.now += pause
        return {"type": "http.request", "body": chunk, "more_body": not answers and clock.now < 1100}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "PUT", "path": f"/_stcore/upload_file/a/{uuid.uuid4()}", "headers": []}
    asyncio.run(UploadLimits(read_all)(scope, receive, send))
    return answers


@pytest.mark.parametrize(("chunk", "pause"), [(b"", float("inf")), (b"a", 1.0)])
def test_a_slow_upload_gives_back_its_room(
    runtime: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, clock: Clock, chunk: bytes, pause: float
) -> None:
    start, body, *_ = upload_slowly(monkeypatch, clock, chunk, pause)
    assert start["status"] == 408
    assert (
        body["body"].decode()
        == "The file came too slowly, so the server let it go. Try again, or try a smaller file.\n"
    )


def test_an_upload_over_weak_wifi_has_the_time_that_it_needs(
    runtime: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    assert upload_slowly(monkeypatch, clock, bytes(30_000), 1.0) == []


def test_the_usual_limits_hold_the_largest_file_and_its_replacement(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (limits.UPLOAD_MB.value, limits.UPLOADS_MB.value) == (160, 400)
    monkeypatch.setattr(upload_room.st, "get_option", lambda name: 100)
    assert upload_room.session_bytes() == 200 * MB
    monkeypatch.setenv("TOOLKIT_MAX_UPLOAD_MB", "7")
    assert upload_room.session_bytes() == 7 * MB
