"""Adds security headers to every response."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    # No other website may embed the page in a frame (clickjacking).
    "X-Frame-Options": "SAMEORIGIN",
    # A browser must never run an uploaded file as a script.
    "X-Content-Type-Options": "nosniff",
    # A URL can contain a complete experiment.
    "Referrer-Policy": "same-origin",
}


class ResponseHeaders:
    """Adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
