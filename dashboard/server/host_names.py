"""Under which names this server is visited."""

import asyncio
import ipaddress
import os
import re
import socket
import time
from contextlib import suppress
from typing import Final

import streamlit as st

from toolkit.errors import ToolkitError

#: More names, separated by commas; `*.example.org` is every name under example.org, `*` every name there is.
VARIABLE: Final = "TOOLKIT_ALLOWED_HOSTS"

#: Seconds between two looks at this machine's names; each may ask a name server.
_PAUSE = 30.0
#: Seconds that a request waits for such a look.
_PATIENCE = 3.0
_HOST = re.compile(r"(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?", re.IGNORECASE | re.ASCII)
_STATED = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", re.ASCII)


def read_host(header: str) -> str | None:
    """The host that a Host header names, in lower case, without port, brackets and final dot; None if unreadable."""
    found = _HOST.fullmatch(header)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    host = found["host"].lower()
    if host.startswith("["):
        return host[1:-1] if is_address(host[1:-1]) else None
    return host.removesuffix(".") or None


def is_address(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def stated_names() -> frozenset[str]:
    """The names that whoever started the server stated.

    Raises `ToolkitError` where one of the variable's can't be a name.
    """
    names = {name.strip() for name in os.environ.get(VARIABLE, "").split(",")} - {""}
    for name in sorted(names):
        host = name.strip("[]")
        if not (is_address(host) or _STATED.fullmatch(_written(name))):
            raise ToolkitError(
                f"{VARIABLE} must be names of hosts without port, separated by commas. Received: {name}. "
                "Try dashboard.example.org."
            )
    by_streamlit = {*st.get_option("server.allowedHosts"), st.get_option("browser.serverAddress") or ""}
    return frozenset(_written(name) for name in {*names, *by_streamlit} - {""})


class HostNames:
    """The names of this server: those that were stated, and those that the machine has."""

    def __init__(self) -> None:
        self._stated = stated_names()
        name = _written(socket.gethostname())
        self._own = {"localhost", name, f"{name.partition('.')[0]}.local"}
        self._look: asyncio.Task[None] | None = None
        self._looked = 0.0

    async def know(self, host: str) -> bool:
        """Whether a host, as `read_host` gives it, is this server's.

        Any IP address is taken. A foreign website gets in by a name of its own that it makes point here after its
        page was loaded; behind an address there is no name to turn round, and the page at another address could not
        say that it is for this one. Besides, the address that visitors type need not be one of this machine's: behind
        a container, WSL or a forwarded port it is another's.
        """
        if is_address(host) or self._knows(host):
            return True
        # The machine may have got a new name since the start, as Wi-Fi joins a network.
        await self._look_again()
        return self._knows(host)

    def _knows(self, host: str) -> bool:
        if host in self._own or host in self._stated or "*" in self._stated:
            return True
        return any(name.startswith("*.") and host.endswith(name[1:]) for name in self._stated)

    async def _look_again(self) -> None:
        if self._look is None or (self._look.done() and time.monotonic() - self._looked >= _PAUSE):
            self._looked = time.monotonic()
            self._look = asyncio.create_task(self._take_full_name())
        # Those who ask meanwhile wait for the same look.
        await asyncio.wait({self._look}, timeout=_PATIENCE)

    async def _take_full_name(self) -> None:
        name = _written(socket.gethostname())
        self._own |= {name, f"{name.partition('.')[0]}.local"}
        with suppress(OSError):
            full = _written(await asyncio.to_thread(socket.getfqdn))
            # A name server says this: only what extends this machine's own name is believed.
            if full.partition(".")[0] == name.partition(".")[0]:
                self._own.add(full)


def _written(name: str) -> str:
    """A name as browsers write it in a Host header."""
    name = name.strip().lower().removesuffix(".")
    with suppress(UnicodeError):
        return name if name.isascii() else name.encode("idna").decode("ascii")
    return name
