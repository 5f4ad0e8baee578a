"""Campaign 10: the server's file descriptors while pages are loaded again and again, and when all visitors have left.

    python -m benchmarks.reliability.descriptors [--minutes 20]

Chromium (Debian: apt install chromium) loads one page after the other, each in a session of its own. Streamlit keeps a
session that has lost its browser for two minutes, at most 128 of them, with an event loop of three descriptors each; it
lets the old ones go when the next visitor leaves. So the number may climb for two minutes, must stay below what 128
sessions take, and must be back near its start once a visitor has come and gone after that.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "browser"))

from conftest import _ARGUMENTS, _chromium
from driving import DESKTOP, Dashboard, Visitor

from benchmarks.reliability import Outcome, tell

_PAGES = ("", "results", "try_it", "compare", "data", "models")
#: Seconds for which Streamlit keeps a session whose browser has gone, and how many of these at most.
_KEPT_SECONDS, _KEPT_SESSIONS = 120, 128
_OF_A_SESSION = 3
#: What a server has open beside its sessions: logs, locks, connections that are closing, the pipes to the predictor.
_BESIDE = 40


def load_pages(server: Dashboard, browser: Browser, minutes: float) -> Outcome:
    """Load pages for so long, leave, and look at what stays open."""
    start = _open_files(server)
    most, loads, end = start, 0, time.monotonic() + 60 * minutes
    visitor = Visitor(browser.new_page(**DESKTOP), server)
    while time.monotonic() < end:
        visitor.open(_PAGES[loads % len(_PAGES)])
        loads += 1
        most = max(most, _open_files(server), key=Counter.total)
    visitor.close()
    time.sleep(_KEPT_SECONDS + 5)
    left = _after_one_more(server, browser)
    faults = []
    if most.total() > _KEPT_SESSIONS * _OF_A_SESSION + _BESIDE:
        faults.append(f"{most.total()} descriptors were open at once: {dict(most)}")
    if left.total() > start.total() + _BESIDE // 2:
        faults.append(f"{left.total()} stay open of {start.total()} when all have left, {dict(left - start)} more")
    counts = {"at the start": start, "at most": most, "once all had left": left}
    return Outcome({"page loads": loads} | {f"descriptors {when}": one.total() for when, one in counts.items()}, faults)


def _after_one_more(server: Dashboard, browser: Browser) -> Counter[str]:
    """What is open once one more visitor has come and gone."""
    visitor = Visitor(browser.new_page(**DESKTOP), server)
    visitor.open()
    visitor.close()
    time.sleep(10)
    return _open_files(server)


def _open_files(server: Dashboard) -> Counter[str]:
    """How many descriptors of each kind the server has open (Linux)."""
    folder, kinds = Path(f"/proc/{server.pid}/fd"), Counter[str]()
    for descriptor in folder.iterdir():
        try:
            kinds[os.readlink(descriptor).partition(":[")[0]] += 1
        except OSError:  # It was closed meanwhile.
            continue
    return kinds


def main() -> None:
    """Ask for how long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Dashboard(Path(folder).resolve() / "runs")
        server.start()
        browser = playwright.chromium.launch(executable_path=_chromium(), args=_ARGUMENTS)
        try:
            outcome = load_pages(server, browser, asked.minutes)
        finally:
            browser.close()
            server.stop()
    tell(outcome)


if __name__ == "__main__":
    main()
