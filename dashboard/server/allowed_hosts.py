"""Requests by another name than this server's, or from another website, are refused.

A website that somebody in the room has open can make its own name point at this server (DNS rebinding); the browser
then takes the dashboard for a part of that website. Only the Host header gives it away. Starlette's
TrustedHostMiddleware knows a fixed list alone: neither addresses that come later, nor a name's final dot, nor what to
tell those who are refused. Streamlit's `server.allowedHosts` guards its websocket, not pages, files or uploads.
"""

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import texts
from dashboard.server.host_names import HostNames, read_host
from dashboard.server.refusals import refuse

#: What changes nothing, and what other websites can't read: Streamlit answers them without leave to.
_HARMLESS = {"GET", "HEAD", "OPTIONS"}


class AllowedHosts:
    """Lets requests through that are meant for this server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.names = HostNames()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it: 400 where its host can't be read, 403 where it is another's."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.getlist("host")
        host = read_host(given[0]) if len(given) == 1 else None
        # A target that does not begin with a slash can name another host than the header does.
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
    """Whether a request comes from this server's own page, or from no website at all, as a program's does.

    Streamlit takes a page of any other server on this machine for its own, and asks the internet for this machine's
    address before it says no.
    """
    allowed = st.get_option("server.corsAllowedOrigins")
    return all(_netloc(origin) == host.lower() or origin in allowed for origin in origins)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
