"""Campaign 11: the server's file descriptors while pages are loaded repeatedly, and after all visitors have left.

    python -m benchmarks.reliability.descriptors [--minutes 20]

Chromium (Debian: apt install chromium) loads one page after another, each in a new session. Streamlit keeps a
disconnected session for two minutes, and at most 128 of them, with an event loop of three descriptors each; it removes
the old ones when the next visitor leaves. So the number may rise for two minutes, must stay below that of 128 sessions,
and must return almost to its start after one more visitor has come and left.
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

from driving import ARGUMENTS, DESKTOP, Dashboard, Visitor, chromium

from benchmarks.reliability import Outcome, tell

_PAGES = ("", "results", "try_it", "compare", "data", "models")
#: Seconds for which Streamlit keeps a disconnected session, and the most sessions that it keeps.
_KEPT_SECONDS, _KEPT_SESSIONS = 120, 128
_OF_A_SESSION = 3
#: Descriptors beside the sessions': logs, locks, closing connections, the pipes to the predictor.
_BESIDE = 40


def load_pages(server: Dashboard, browser: Browser, minutes: float) -> Outcome:
    """Load pages for some minutes, leave, and check which descriptors stay open."""
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
    """The open descriptors after one more visitor has come and left."""
    visitor = Visitor(browser.new_page(**DESKTOP), server)
    visitor.open()
    visitor.close()
    time.sleep(10)
    return _open_files(server)


def _open_files(server: Dashboard) -> Counter[str]:
    """The number of open descriptors of each kind in the server (Linux)."""
    folder, kinds = Path(f"/proc/{server.pid}/fd"), Counter[str]()
    for descriptor in folder.iterdir():
        try:
            kinds[os.readlink(descriptor).partition(":[")[0]] += 1
        except OSError:  # closed meanwhile
            continue
    return kinds


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Dashboard(Path(folder).resolve() / "runs")
        server.start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            outcome = load_pages(server, browser, asked.minutes)
        finally:
            browser.close()
            server.stop()
    tell(outcome)


if __name__ == "__main__":
    main()
