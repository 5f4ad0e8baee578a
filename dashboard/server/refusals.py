"""Refuses a request with a status and a sentence."""

import asyncio
from contextlib import suppress

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

#: How much of a refused body is read, and for how many seconds: clients read the response only after sending the
#: body, and would otherwise see a broken connection.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_SECONDS = 20.0


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answer a request or a websocket handshake with a status and a sentence, and discard its body."""
    response = PlainTextResponse(sentence + "\n", status, headers={"Cache-Control": "no-store"})
    if scope["type"] != "http" or scope["method"] not in ("PUT", "POST"):
        await response(scope, receive, send)
        return

    async def send_then_drain(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                await _drain(receive)
        await send({"type": "http.response.body", "body": b""})

    await response(scope, receive, send_then_drain)


async def _drain(receive: Receive) -> None:
    taken = 0
    while taken <= _MOST_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
