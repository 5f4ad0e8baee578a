"""The names under which visitors can reach this server."""

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

#: Additional names, separated by commas; `*.example.org` matches every name under example.org, `*` matches any name.
VARIABLE: Final = "TOOLKIT_ALLOWED_HOSTS"

#: Seconds between two lookups of this machine's names; each may query a name server.
_PAUSE = 30.0
#: Seconds that a request waits for such a lookup.
_PATIENCE = 3.0
_HOST = re.compile(r"(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?", re.IGNORECASE | re.ASCII)
_STATED = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", re.ASCII)


def read_host(header: str) -> str | None:
    """The host in a Host header, in lower case, without port, brackets or trailing dot; None if unreadable."""
    found = _HOST.fullmatch(header)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    host = found["host"].lower()
    if host.startswith("["):
        return host[1:-1] if is_address(host[1:-1]) else None
    return host.removesuffix(".") or None


def is_address(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def stated_names() -> frozenset[str]:
    """The names configured when the server was started.

    Raises `ToolkitError` if the variable contains something that can't be a host name.
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
    """The names of this server: the configured ones and the machine's own."""

    def __init__(self) -> None:
        self._stated = stated_names()
        name = _written(socket.gethostname())
        self._own = {"localhost", name, f"{name.partition('.')[0]}.local"}
        self._look: asyncio.Task[None] | None = None
        self._looked = 0.0

    async def know(self, host: str) -> bool:
        """Whether a host, as returned by `read_host`, is this server.

        Any IP address is accepted. DNS rebinding needs a name that the attacker can point here after the page has
        loaded; an IP address is never resolved, so it can't be redirected. Besides, the address that visitors type may
        not belong to this machine: with a container, WSL or a forwarded port it differs.
        """
        if is_address(host) or self._knows(host):
            return True
        # The machine's name may have changed since the start, for example when it joined a network.
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
        # Concurrent requests wait for the same lookup.
        await asyncio.wait({self._look}, timeout=_PATIENCE)

    async def _take_full_name(self) -> None:
        name = _written(socket.gethostname())
        self._own |= {name, f"{name.partition('.')[0]}.local"}
        with suppress(OSError):
            full = _written(await asyncio.to_thread(socket.getfqdn))
            # This comes from a name server: trust it only if it extends the machine's own name.
            if full.partition(".")[0] == name.partition(".")[0]:
                self._own.add(full)


def _written(name: str) -> str:
    """A name in the form in which browsers send it in the Host header."""
    name = name.strip().lower().removesuffix(".")
    with suppress(UnicodeError):
        return name if name.isascii() else name.encode("idna").decode("ascii")
    return name
