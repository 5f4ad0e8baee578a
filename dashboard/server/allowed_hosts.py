"""Refuses requests whose host is not this server, or that come from another website.

A website that is open in a visitor's browser can point its own name at this server (DNS rebinding); the browser then
treats the dashboard as part of that website. Only the Host header reveals this. Starlette's TrustedHostMiddleware
takes only a fixed list: it handles neither addresses that are assigned later nor a trailing dot, and its refusal has
no explanation. Streamlit's `server.allowedHosts` protects its websocket, but not pages, files or uploads.
"""

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import texts
from dashboard.server.host_names import HostNames, read_host
from dashboard.server.refusals import refuse

#: Methods that change nothing. Other websites can't read the responses: Streamlit sends no CORS headers.
_HARMLESS = {"GET", "HEAD", "OPTIONS"}


class AllowedHosts:
    """Passes on the requests that are meant for this server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.names = HostNames()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it: 400 if its host is unreadable, 403 if the host is not this server."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.getlist("host")
        host = read_host(given[0]) if len(given) == 1 else None
        # A request target without a leading slash can name a different host from the header.
        if host is None or not scope["path"].startswith("/"):
            await refuse(scope, receive, send, 400, texts.server.UNREADABLE_HOST)
        elif not await self.names.know(host):
            await refuse(scope, receive, send, 403, texts.server.UNKNOWN_HOST.format(host=host))
        elif _changes_something(scope) and not _is_from_here(headers.getlist("origin"), given[0]):
            await refuse(scope, receive, send, 403, texts.server.FOREIGN_ORIGIN)
        else:
            await self.app(scope, receive, send)


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _HARMLESS


def _is_from_here(origins: list[str], host: str) -> bool:
    """Whether a request comes from one of this server's pages, or from a program, which sends no Origin.

    Streamlit's own check accepts pages from any other server on this machine, and looks up this machine's public
    address on the internet before it refuses.
    """
    allowed = st.get_option("server.corsAllowedOrigins")
    return all(_netloc(origin) == host.lower() or origin in allowed for origin in origins)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
