"""Counts uploads while they arrive, and refuses them before they fill the memory."""

import asyncio
import re
import time
from contextlib import suppress
from http import HTTPStatus
from uuid import UUID

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import texts
from dashboard.server.refusals import refuse
from dashboard.server.upload_room import (
    Reservation,
    UploadRefusedError,
    UploadRoom,
    keeps_any,
    let_ended_sessions_go,
)

_UPLOAD = re.compile(r".*/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)")
#: Seconds without a byte after which an upload is aborted.
_SILENCE = 20.0
#: Bytes a second that an upload must reach, and the seconds at its start in which it need not.
_SLOWEST, _BEGINNING = 20_000, 30.0
#: Seconds between two checks for sessions that have ended.
_PAUSE = 5.0


class UploadLimits:
    """Passes an upload on as long as there is room for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.room = UploadRoom()
        self._sweeping: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an upload on and count its bytes, or refuse it."""
        upload = _UPLOAD.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if upload is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        answered = False

        async def send_once(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            file_id = _asked_for(upload["file"])
            with self.room.reservation(upload["session"], file_id) as reserved:
                self.room.grow(reserved, _declared(Headers(scope=scope)))
                await self.app(scope, self._counted(reserved, receive), send_once)
        except UploadRefusedError as refused:
            if not answered:
                await refuse(scope, receive, send, refused.status, refused.sentence)
        self._sweep_while_any_are_kept()

    def _counted(self, reserved: Reservation, receive: Receive) -> Receive:
        """Wrap `receive` so that it refuses an upload that grows too large or arrives too slowly."""
        began, received, more = time.monotonic(), 0, True

        async def counted() -> Message:
            nonlocal received, more
            if not more:  # Only the disconnect is still to come, and may take any time.
                return await receive()
            try:
                async with asyncio.timeout(_SILENCE):
                    message = await receive()
            except TimeoutError:
                raise UploadRefusedError(HTTPStatus.REQUEST_TIMEOUT, texts.server.UPLOAD_TOO_SLOW) from None
            received += len(message.get("body", b""))
            more = message.get("more_body", False)
            self.room.grow(reserved, received)
            passed = time.monotonic() - began
            if more and passed > _BEGINNING and received < passed * _SLOWEST:
                raise UploadRefusedError(HTTPStatus.REQUEST_TIMEOUT, texts.server.UPLOAD_TOO_SLOW)
            return message

        return counted

    def _sweep_while_any_are_kept(self) -> None:
        if keeps_any() and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.create_task(_sweep())


async def _sweep() -> None:
    while keeps_any():
        await asyncio.sleep(_PAUSE)
        let_ended_sessions_go()


def _declared(headers: Headers) -> int:
    """The content length by its header; 0 if there is none, as for a chunked body."""
    length = headers.get("content-length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0


def _asked_for(file_id: str) -> str:
    """The file id, if it has the form of those that Streamlit gives to an upload field."""
    with suppress(ValueError):
        if str(UUID(file_id)) == file_id:
            return file_id
    raise UploadRefusedError(400, texts.server.NO_SUCH_FIELD)
