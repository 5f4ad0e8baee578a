"""What every answer tells the browser to be careful with."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    # No other website may show the page in a frame and have it clicked unseen.
    "X-Frame-Options": "SAMEORIGIN",
    # What a visitor uploaded is never run as a script, whatever it looks like.
    "X-Content-Type-Options": "nosniff",
    # An address holds the whole draft of an experiment.
    "Referrer-Policy": "same-origin",
}


class ResponseHeaders:
    """Adds them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
