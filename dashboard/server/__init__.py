"""The server's middleware: which requests are accepted, which paths are open, and how much can be uploaded.

Every request passes through these layers in order: Streamlit's pages, files and messages, and the project's own
routes.
"""

import sys

from starlette.middleware import Middleware

from dashboard.server.allowed_hosts import AllowedHosts
from dashboard.server.host_names import stated_names
from dashboard.server.needed_messages import NeededMessages
from dashboard.server.needed_paths import NeededPaths
from dashboard.server.offered_values import guard_sessions
from dashboard.server.response_headers import ResponseHeaders
from dashboard.server.upload_limits import UploadLimits
from toolkit.errors import ToolkitError
from toolkit.limits import check_visitor_limits

__all__ = ["door"]


def door() -> list[Middleware]:
    """The layers for `st.App`, outermost first. Exits with a sentence if a setting is invalid."""
    try:
        check_visitor_limits()
        stated_names()
    except ToolkitError as error:
        sys.exit(str(error))
    guard_sessions()
    layers = (ResponseHeaders, AllowedHosts, NeededPaths, NeededMessages, UploadLimits)
    return [Middleware(layer) for layer in layers]
