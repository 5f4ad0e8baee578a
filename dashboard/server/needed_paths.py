"""Closes the Streamlit endpoints that no page needs.

The others reveal numbers about the server (metrics), make it work (script-health-check, the interface for agents), or
offer a login that the dashboard does not have.
"""

import re

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import texts
from dashboard.server.refusals import refuse

#: After `_stcore/`: the health check, the host configuration, uploads, and the files of components.
_NEEDED = re.compile(r"health|host-config|upload_file/[^/]+/[^/]+|bidi-components/.+")
_CLOSED = {"auth/login", "auth/logout", "oauth2callback"}


class NeededPaths:
    """Answers 404 for everything that the dashboard does not use."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        base = str(st.get_option("server.baseUrlPath")).strip("/")
        self._base = f"/{base}/" if base else "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests for the paths that the pages need."""
        kind, path = scope["type"], scope.get("path", "")
        if kind not in ("http", "websocket") or self._is_needed(kind, path):
            await self.app(scope, receive, send)
        else:
            await refuse(scope, receive, send, 404, texts.server.NOT_HERE)

    def _is_needed(self, kind: str, path: str) -> bool:
        if kind == "websocket":
            return path == f"{self._base}_stcore/stream"
        within = path.removeprefix(self._base)
        if "_stcore" not in path.split("/"):
            return within.rstrip("/") not in _CLOSED
        # Only directly under the base path: elsewhere Streamlit would answer with its page.
        core = within.removeprefix("_stcore/")
        return path.startswith(f"{self._base}_stcore/") and bool(_NEEDED.fullmatch(core))
