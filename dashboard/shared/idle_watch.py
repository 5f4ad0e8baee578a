"""Releases the workers and the predictor process while no page is open."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.runtime import RuntimeState, get_instance

from toolkit import jobs

#: Seconds between two checks.
_PAUSE = 1.0


@asynccontextmanager
async def watch_for_the_last_visitor(_app: Any) -> AsyncIterator[None]:
    """Watch for as long as the server runs."""
    task = asyncio.create_task(_watch())
    yield
    task.cancel()


async def _watch() -> None:
    from dashboard.shared import state

    last_seen = time.monotonic()
    while True:
        await asyncio.sleep(_PAUSE)
        if get_instance().state != RuntimeState.NO_SESSIONS_CONNECTED:
            last_seen = time.monotonic()
            continue
        # The supervisor stays for a while; the next visitor starts it again if needed.
        jobs.release_workers(state.ROOT)
        if time.monotonic() - last_seen >= jobs.idle_seconds():
            await asyncio.to_thread(jobs.predictor(state.ROOT).close)
