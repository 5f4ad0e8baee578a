"""The load of a class on the dashboard: sessions that watch a training, and first visits.

    python -m benchmarks.pages [--sessions 30] [--runs 1] [--seconds 30] [--visits 5]

Uses the real server, beside a training at the workers' usual low priority; with several runs, the others are queued.
Each session is a connection that speaks Streamlit's protocol like a browser, opens one of the runs on the Train page
and requests a redraw at the page's interval; the sessions start spread evenly over a second. Prints the server's share
of one core, and the delay from the due time of each redraw to its arrival. Before that, Chromium (Debian: apt install
chromium) opens the first page with a fresh profile for each visit, in turn with a bare Streamlit page with only a
heading, and measures the time until the heading appears.
"""

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from toolkit import preset
from toolkit.jobs import stop, submit
from toolkit.runs import RunFolder

PROJECT = Path(__file__).resolve().parent.parent
#: More epochs than can be trained during the measurement.
ENDLESS = 1000
DEADLINE = 300
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def served(script: Path, root: Path) -> Iterator[tuple[int, int]]:
    """Serve a Streamlit page, or the dashboard with a runs folder, on a free port; yields process and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "TOOLKIT_ROOT": str(root), "TOOLKIT_IDLE_SECONDS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers(port):
            time.sleep(0.1)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()


def answers(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def trainings(root: Path, count: int) -> Iterator[list[RunFolder]]:
    """Submit trainings and wait until the first has started; they end with the block."""
    config = preset("keras-mlp").replace(epochs=ENDLESS)
    runs = [submit(root, config, asked_by="benchmark") for _ in range(count)]
    try:
        while (first := runs[0]).history().frame.shape[0] < 3:
            if first.state not in ("queued", "running"):
                sys.exit(f"The training is {first.state}: {first.history().message}")
            time.sleep(0.2)
        yield runs
    finally:
        for run in reversed(runs):  # The waiting runs first, so that none of them starts meanwhile.
            stop(run)
        while any(run.state in ("queued", "running") for run in runs):
            time.sleep(0.2)


class Session:
    """One session that shows a run on the Train page."""

    def __init__(self, channel: websockets.ClientConnection, run_id: str) -> None:
        self.channel, self.run_id = channel, run_id
        self.fragment, self.pace = "", 0.0
        self.ready = asyncio.Event()
        self.listening: asyncio.Task[None]
        self.asked: list[float] = []  # due times of the requests that the server has not started
        self.begun: list[float] = []
        self.delays: list[float] = []
        self.received = self.redraws = 0

    async def ask(self, fragment: str = "") -> None:
        """Request a rerun of the page or of one fragment."""
        message = BackMsg()
        message.rerun_script.query_string = f"run={self.run_id}"
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        await self.channel.send(message.SerializeToString())

    async def listen(self) -> None:
        """Process a message from the server."""
        async for content in self.channel:
            self.received += len(content)
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if kind == "auto_rerun":
                self.fragment, self.pace = message.auto_rerun.fragment_id, message.auto_rerun.interval
            elif kind == "new_session":
                self.begun, self.asked = self.begun + self.asked, []
            # A redraw that a newer one has overtaken is never sent.
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self.delays += [time.perf_counter() - due for due in self.begun]
                self.begun = []
                self.redraws += 1
                self.ready.set()

    async def watch(self, first: float, end: float) -> None:
        """Request the run at the interval of the page, from one time to another."""
        due = first
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.asked.append(due)
            await self.ask(self.fragment)
            due += self.pace


def processor_seconds(process: int) -> float:
    """The CPU time of a process so far."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def opened(port: int, runs: list[RunFolder], sessions: int) -> list[Session]:
    """Open sessions with a complete page, which show the runs in turn."""
    watchers = []
    for run in islice(cycle(runs), sessions):
        session = Session(await websockets.connect(f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None), run.id)
        session.listening = asyncio.create_task(session.listen())
        await session.ask()
        await asyncio.wait_for(session.ready.wait(), DEADLINE)
        if not session.fragment:
            sys.exit("The page does not redraw itself.")
        session.received = session.redraws = 0
        watchers.append(session)
    return watchers


async def watch_together(process: int, port: int, runs: list[RunFolder], *, sessions: int, seconds: float) -> None:
    """Open the sessions, let them watch, and print the cost."""
    watchers = await opened(port, runs, sessions)
    before, start = processor_seconds(process), time.perf_counter()
    await asyncio.gather(
        *(
            session.watch(start + session.pace * number / sessions, start + seconds)
            for number, session in enumerate(watchers)
        )
    )
    spent, passed = processor_seconds(process) - before, time.perf_counter() - start
    await asyncio.sleep(2)  # for messages still in transit
    for session in watchers:
        session.listening.cancel()
        await session.channel.close()
    late = sum(len(session.asked) + len(session.begun) for session in watchers)
    delays = [delay for session in watchers for delay in session.delays]
    redraws = sum(session.redraws for session in watchers)
    size = sum(session.received for session in watchers) / 1024
    p50, p95 = np.percentile(delays, [50, 95])
    print(
        f"{sessions} sessions, {len(runs)} runs, {seconds:.0f} s, {redraws} redraws of {len(delays) + late}: "
        f"{spent / passed:.0%} of a core, {1000 * spent / redraws:.1f} ms and {size / redraws:.0f} kB a redraw; "
        f"due to delivered: median {p50:.2f} s, p95 {p95:.2f} s; {late} more than 2 s late at the end"
    )


def first_pages(ports: dict[str, int], visits: int) -> None:
    """Open first pages in fresh profiles, in turn, and print when their headings appear."""
    from playwright.sync_api import sync_playwright

    seconds: dict[str, list[float]] = {name: [] for name in ports}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for visit in range(visits + 1):
            for name, port in ports.items():
                page = browser.new_context().new_page()
                start = time.perf_counter()
                page.goto(f"http://127.0.0.1:{port}/")
                page.get_by_test_id("stMain").get_by_role("heading").first.wait_for(timeout=1000 * DEADLINE)
                if visit:  # The first visit only warms up the server.
                    seconds[name].append(time.perf_counter() - start)
                page.context.close()
        browser.close()
    for name, times in seconds.items():
        print(f"{name}, {visits} visits: median {statistics.median(times):.2f} s ({min(times):.2f}–{max(times):.2f})")


def main() -> None:
    """Start the servers and a training, and print both measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--visits", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, empty = Path(folder) / "runs", Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\nst.header('A heading')\n")
        with served(PROJECT / "dashboard" / "app.py", root) as (process, port):
            if arguments.visits:
                with served(empty, root) as (_, other):
                    first_pages({"the first page": port, "a heading alone": other}, arguments.visits)
            if arguments.sessions:
                with trainings(root, arguments.runs) as runs:
                    watching = watch_together(
                        process, port, runs, sessions=arguments.sessions, seconds=arguments.seconds
                    )
                    asyncio.run(watching)


if __name__ == "__main__":
    main()
