"""Limits the number of open pages, and filters the messages that reach Streamlit."""

from collections import Counter

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

from dashboard import texts
from dashboard.server.refusals import refuse
from dashboard.server.upload_room import MOST_FILES
from toolkit.limits import PAGES

#: The messages that pages send. The others clear every visitor's cache, reveal the project's Git repository, or make
#: the server watch its files.
_NEEDED = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"}
#: The backend operations that pages use: preparing a download, and sending more rows of a table.
_OPERATIONS = {"deferred_file", "dataframe_chunk"}
#: The query strings that the pages produce are shorter.
_LONGEST_ADDRESS = 8_000


class NeededMessages:
    """Limits the number of open pages, and drops messages that no page of the dashboard sends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a page's websocket on; 503 if too many are open."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("", 0))[0]
        most = int(PAGES.value)
        # A single address must not use up all connections.
        if self._open.total() >= most or self._open[address] >= most // 2:
            await refuse(scope, receive, send, 503, texts.server.TOO_MANY_PAGES.format(most=most))
            return

        async def receive_needed() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                try:
                    content = as_needed(message["bytes"])
                except (DecodeError, KeyError, TypeError):
                    # Streamlit would log a traceback for each such message.
                    return {"type": "websocket.disconnect", "code": 1003}
                if content is not None:
                    return {**message, "bytes": content}

        self._open[address] += 1
        try:
            await self.app(scope, receive_needed, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


def as_needed(content: bytes) -> bytes | None:
    """The message to pass on, or None if no page sends such a message; a query string that is too long is removed.

    A message that is too large is passed on, since Streamlit refuses it. Raises `DecodeError` if it can't be decoded.
    """
    if len(content) > get_max_widget_state_size_bytes():
        return content
    message = BackMsg.FromString(content)
    kind = message.WhichOneof("type")
    if kind == "rerun_script" and len(message.rerun_script.query_string) > _LONGEST_ADDRESS:
        message.rerun_script.query_string = ""
        return message.SerializeToString()
    if kind == "file_urls_request" and len(message.file_urls_request.file_names) > MOST_FILES:
        return None
    if (
        kind == "backend_operation_request"
        and message.backend_operation_request.WhichOneof("payload") not in _OPERATIONS
    ):
        return None
    return content if kind in _NEEDED else None
