"""How many pages are open at once, and which of their messages reach Streamlit."""

from collections import Counter

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

from dashboard import texts
from dashboard.server.refusals import refuse
from dashboard.server.upload_room import MOST_FILES
from toolkit.limits import PAGES

#: What a page sends by itself. The others clear the caches of all visitors, tell about the project's repository, or
#: have the server watch its files.
_NEEDED = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"}
#: Of the server's own operations: making a download, and sending more rows of a table.
_OPERATIONS = {"deferred_file", "dataframe_chunk"}
#: The pages make shorter addresses.
_LONGEST_ADDRESS = 8_000


class NeededMessages:
    """Counts the open pages, and drops messages that no page of the dashboard sends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a page's websocket on; 503 where too many are open."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("", 0))[0]
        most = int(PAGES.value)
        # One visitor shall not take the places of all.
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
                    # Streamlit would write a traceback into the log for each such message.
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
    """A message as it is passed on, None where no page sends such a one; an address that is too long is left out.

    One that is too large is passed on: Streamlit refuses it. Raises `DecodeError` where it is no message.
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
