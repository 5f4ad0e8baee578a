"""Identifies browsers, as far as possible, so that limits per browser can be enforced.

Streamlit sets a random cookie in each browser against forged requests (XSRF): it is the same in all tabs, after a
reload and after a restart of the server. Clearing the cookies or opening a private window removes it: this protects a
class from accidents and pranks, not from a determined attacker. A browser without cookies is identified by its IP
address, which several may share.
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
    """A keyed hash that identifies the browser without revealing its cookie or address."""
    known_by = _cookie() or _address() or _this_session()
    return hmac.new(_key(state.ROOT), known_by.encode(), hashlib.sha256).hexdigest()[:_LETTERS]


def _cookie() -> str:
    """The constant part of Streamlit's cookie, `2|mask|masked token|timestamp`; empty if there is none."""
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
    """A random id that lasts until the page is reloaded."""
    return f"session {st.session_state.setdefault(state.VISITOR, secrets.token_hex(16))}"


@cache
def _key(root: Path) -> bytes:
    """A secret key kept in the runs folder across restarts; if that fails, a key for this server alone."""
    path, key = root / ".jobs" / "visitors.key", secrets.token_bytes(32)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
        return path.read_bytes() or key
    return key
