"""Limits the server memory that visitors' uploads take, both kept and in progress.

Streamlit keeps every uploaded file until its session ends, whether or not a widget still holds it. The amount kept is
read from Streamlit each time, so that there is no second count that could differ.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard import texts
from toolkit.limits import UPLOAD_MB, UPLOADS_MB

#: The most files that one session may keep.
MOST_FILES = 100

_MB = 1024 * 1024
#: Bytes that a file takes beside its content.
_RECORD = 4096
#: Seconds until a file that no widget holds may be removed: a widget names its files only once all have arrived.
_GRACE = 60.0


class UploadRefusedError(Exception):
    """An upload was refused: the status and the sentence to answer with."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(eq=False)
class Reservation:
    """An upload in progress, and the bytes reserved for it so far."""

    session_id: str
    file_id: str
    before: UploadedFileRec | None
    bytes: int = 0


class UploadRoom:
    """Reserves memory for uploads before they are read."""

    def __init__(self) -> None:
        self._under_way: set[Reservation] = set()
        self._came: dict[str, float] = {}

    @contextmanager
    def reservation(self, session_id: str, file_id: str) -> Iterator[Reservation]:
        """An empty reservation that lasts as long as the upload is in progress.

        Raises `UploadRefusedError` if the session is not open or keeps too many files.
        """
        if not get_instance().is_active_session(session_id):
            raise UploadRefusedError(400, texts.server.NO_SUCH_PAGE)
        files = _files().get(session_id, {})
        asked = {each.file_id for each in self._under_way if each.session_id == session_id}
        if len({*files, *asked, file_id}) > MOST_FILES:
            raise UploadRefusedError(413, texts.server.TOO_MANY_FILES.format(most=MOST_FILES))
        reserved = Reservation(session_id, file_id, files.get(file_id))
        self._under_way.add(reserved)
        try:
            yield reserved
        finally:
            self._under_way.discard(reserved)
            self._note(reserved)
            # Its session may have ended meanwhile; nothing else would ever remove this file.
            let_ended_sessions_go()

    def grow(self, reserved: Reservation, size: int) -> None:
        """Grow a reservation to `size` bytes. Raises `UploadRefusedError` if there is not enough room."""
        more = max(0, size - reserved.bytes)
        of_session, of_all = session_bytes(), total_bytes()
        if self._taken(reserved.session_id) + more > of_session:
            self._let_unheld_go(reserved.session_id)
            if self._taken(reserved.session_id) + more > of_session:
                raise UploadRefusedError(413, texts.server.UPLOAD_TOO_LARGE.format(most=of_session / _MB))
        if self._taken() + more > of_all:
            _let_closed_pages_go()
            if self._taken() + more > of_all:
                raise UploadRefusedError(503, texts.server.UPLOADS_FULL.format(most=of_all / _MB))
        reserved.bytes += more

    def _taken(self, session_id: str | None = None) -> int:
        """The bytes that one session takes, or all sessions together."""
        kept = _files()
        sessions = list(kept) if session_id is None else [session_id]
        taken = sum(_size(kept.get(session, {})) for session in sessions)
        for each in list(self._under_way):
            arrived = kept.get(each.session_id, {}).get(each.file_id) is not each.before
            if not arrived and session_id in (None, each.session_id):
                taken += each.bytes
        return taken

    def _let_unheld_go(self, session_id: str) -> None:
        """Remove a session's files that no widget holds, for example after a change of page."""
        files = _files().get(session_id, {})
        held = _held(session_id)
        if held is None:
            return
        self._forget_old()
        for file_id in set(files) - held - set(self._came):
            _manager().remove_file(session_id, file_id)

    def _note(self, reserved: Reservation) -> None:
        """Remember when a file arrived."""
        self._forget_old()
        if reserved.file_id in _files().get(reserved.session_id, {}):
            self._came[reserved.file_id] = time.monotonic()

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._came = {file_id: came for file_id, came in self._came.items() if now - came < _GRACE}


def session_bytes() -> int:
    """The bytes that one session may keep; by default enough for the largest file and its replacement."""
    mb = UPLOAD_MB.value
    if not os.environ.get(UPLOAD_MB.variable):
        mb = max(mb, 2 * st.get_option("server.maxUploadSize"))
    return int(mb * _MB)


def total_bytes() -> int:
    """The bytes that all sessions together may keep; by default at least what one session may keep."""
    total = int(UPLOADS_MB.value * _MB)
    return total if os.environ.get(UPLOADS_MB.variable) else max(total, session_bytes())


def keeps_any() -> bool:
    """Whether any upload is kept."""
    return any(_files().values())


def let_ended_sessions_go() -> None:
    """Remove the files of sessions that have ended.

    A session whose page was closed ends two minutes later, but Streamlit notices only when the next page is closed.
    """
    manager = get_instance()._session_mgr
    expire = getattr(getattr(getattr(manager, "_session_storage", None), "_cache", None), "expire", list)
    for _, ended in expire():
        ended.session.shutdown()
    for session_id in list(_files()):
        if manager.get_session_info(session_id) is None:
            _manager().remove_session_files(session_id)


def _let_closed_pages_go() -> None:
    """Remove the files of closed pages, though their browsers could reconnect."""
    for session_id in list(_files()):
        if not get_instance().is_active_session(session_id):
            _manager().remove_session_files(session_id)


def _held(session_id: str) -> set[str] | None:
    """The ids of the files that the session's widgets hold; None if that is unknown at the moment."""
    found = get_instance()._session_mgr.get_active_session_info(session_id)
    if found is None:
        return None
    try:
        states = found.session.session_state.get_widget_states()
    except RuntimeError:  # The page is being drawn and has just changed the states.
        return None
    return {file.file_id for state in states for file in state.file_uploader_state_value.uploaded_file_info}


def _manager() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, get_instance().uploaded_file_mgr)


def _files() -> Mapping[str, Mapping[str, UploadedFileRec]]:
    """The kept uploads, by session and file id."""
    return _manager().file_storage


def _size(files: Mapping[str, UploadedFileRec]) -> int:
    return sum(len(file.data) + _RECORD for file in list(files.values()))
