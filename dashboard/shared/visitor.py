"""Which browser asks, as far as that can be known: what one browser may take is counted by it.

Streamlit gives each browser a random cookie against forged requests: the same in all its tabs, after a reload and after
a restart of the server. It is gone once somebody clears the cookies or opens a private window: this keeps a class from
being held up by accident or in play, not by somebody determined. A browser without cookies is known by its
machine's address, which others may share.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.shared import state

_COOKIE = "_streamlit_xsrf"
_LETTERS = 16


def browser() -> str:
    """An unguessable name of the browser: nobody finds the cookie or the address by it."""
    known_by = _cookie() or _address() or _this_session()
    return hmac.new(_key(state.ROOT), known_by.encode(), hashlib.sha256).hexdigest()[:_LETTERS]


def _cookie() -> str:
    """What stays the same of Streamlit's cookie, which is `2|mask|masked token|when it was made`; or nothing."""
    value = str(st.context.cookies.get(_COOKIE, ""))
    try:
        version, mask, masked, made = value.split("|")
        token = bytes(byte ^ bytes.fromhex(mask)[place % 4] for place, byte in enumerate(bytes.fromhex(masked)))
    except (ValueError, IndexError):
        return ""
    return f"cookie {token.hex()} {made}" if version == "2" and token else ""


def _address() -> str:
    address = st.context.ip_address
    return f"address {address}" if isinstance(address, str) else ""


def _this_session() -> str:
    """Where nothing else is known: a name that lasts until the page is loaded anew."""
    return f"session {st.session_state.setdefault(state.VISITOR, secrets.token_hex(16))}"


@cache
def _key(root: Path) -> bytes:
    """A secret of the runs folder, kept there for the next server; where that can't be, one of this server."""
    path, key = root / ".jobs" / "visitors.key", secrets.token_bytes(32)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
        return path.read_bytes() or key
    return key
