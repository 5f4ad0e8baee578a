"""The real dashboard in processes of its own, and a visitor who drives it in Chromium."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from dashboard import texts
from toolkit.runs import RunFolder, list_runs, open_run

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PROJECT = Path(__file__).resolve().parents[2]
#: Far more than anything here takes, full trainings included: for machines that are busy.
DEADLINE = 120
DESKTOP = {"viewport": {"width": 1440, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
#: Runs Chromium as root in a container, without its own requests to the internet.
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Streamlit asks for its health beside the page's own path before it asks at the root: its 404 means nothing.
_STREAMLITS_PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")


def until(condition: Callable[[], Any], expected: str, deadline: float = DEADLINE) -> Any:
    """Wait until the condition is true, and return its value; fails with the expectation after the deadline."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"expected within {deadline} s: {expected}"
        time.sleep(0.05)
    return value


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chromium() -> str | None:
    """Where Chromium is, or None where it is not installed."""
    return next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)


class Dashboard:
    """`streamlit run dashboard/app.py` on a free port, with a runs folder of its own.

    host: the address of this machine under which it is visited. options: more of what `streamlit run` takes.
    """

    def __init__(self, root: Path, host: str = "127.0.0.1", options: Sequence[str] = ()) -> None:
        self.root, self.host, self.options = root.resolve(), host, options
        self.port = free_port()
        self.log = root.parent / f"{root.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.host}:{self.port}/"

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
        settings = {"TOOLKIT_ROOT": str(self.root), "TOOLKIT_IDLE_SECONDS": "1", "TOOLKIT_WORKERS": "1"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--server.port", str(self.port), *self.options],
                cwd=PROJECT,
                env={**os.environ, **settings},
                stdout=log,
                stderr=log,
            )
        until(self._answers, f"an answer at {self.url}; {self.log} may say why there is none")

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop it and its child processes; fails if any process is left."""
        for run in list_runs(self.root):
            if run.state in ("queued", "running"):
                run.request_stop()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=DEADLINE)
        until(lambda: not self.processes(), f"no process for {self.root}: {self.processes()}")

    def processes(self) -> list[str]:
        """The living processes that were started for the runs folder: supervisor, workers, the one that predicts."""
        table = subprocess.run(["ps", "-axww", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
        return [line for line in table.splitlines() if line[0] != "Z" and f" {self.root}" in line]

    def run(self, run_id: str) -> RunFolder:
        """A run in its folder."""
        return open_run(self.root, run_id)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Visitor:
    """One browser with one page. It records every URL that the page requests, and every error."""

    def __init__(self, page: "Page", dashboard: Dashboard) -> None:
        self.page, self.dashboard = page, dashboard
        self.addresses: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.addresses.append(request.url))
        page.on("websocket", lambda channel: self.addresses.append(channel.url))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(DEADLINE * 1000)

    def _note(self, message: Any) -> None:
        if message.type == "error" and not _STREAMLITS_PROBE.search(message.location.get("url", "")):
            self.errors.append(message.text)

    @property
    def addresses_elsewhere(self) -> list[str]:
        """The requests to other machines."""
        inline = ("data", "blob")
        asked = [urlsplit(address) for address in self.addresses]
        return [one.geturl() for one in asked if one.scheme not in inline and one.hostname != self.dashboard.host]

    @property
    def main(self) -> "Locator":
        """The page without its sidebar and its header."""
        return self.page.get_by_test_id("stMain")

    def open(self, path: str = "") -> None:
        """Go to an address of the dashboard and wait until the page stands."""
        self.page.goto(self.dashboard.url + path)
        self.main.get_by_role("heading").first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the page is not being redrawn and all its parts are there."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.get_by_test_id("stSkeleton").first.wait_for(state="detached")

    def close(self) -> None:
        """Leave."""
        self.page.context.close()

    def go_to(self, title: str) -> None:
        """Open a page by its name in the navigation."""
        self.page.get_by_role("link", name=title, exact=True).first.click()
        self.settle()

    def button(self, label: str) -> "Locator":
        """A button of the page."""
        return self.main.get_by_role("button", name=re.compile(rf"{re.escape(label)}$"))

    def fill(self, label: str, value: object) -> None:
        """Put a number into a field."""
        field = self.page.get_by_role("spinbutton", name=label)
        field.fill(str(value))
        field.press("Enter")
        self.settle()

    def open_list(self, label: str) -> None:
        """Open a list of options.

        A list closes when the page scrolls, and the event that tells of a scroll comes with the next frame:
        on a busy machine after the click that opened the list. So the page comes to rest first.
        """
        field = self.page.get_by_role("combobox", name=label)
        field.click(trial=True)  # only scrolls to it, whatever else is drawn anew meanwhile
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        field.click()

    def choose(self, label: str, option: str) -> None:
        """Choose an option by the beginning of its words."""
        self.open_list(label)
        self.page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).click()
        self.settle()

    def set_up_small(self, *, epochs: int = 20) -> None:
        """An experiment on the small digits, which trains in a moment."""
        self.set_up_small_data()
        self.fill(texts.FIELDS["epochs"], epochs)

    def set_up_small_data(self) -> None:
        """The small digits, whatever the network."""
        self.choose(texts.form.DATA, "Small digits")

    def start(self) -> RunFolder:
        """Press the button that starts; gives the run that this makes, once the page shows it."""
        known = {run.id for run in list_runs(self.dashboard.root)}
        self.button(texts.train.START).click()
        until(lambda: self.run_id not in {None, *known}, "a new run in the page's address")
        self.settle()
        return self.dashboard.run(str(self.run_id))

    @property
    def run_id(self) -> str | None:
        """The run in the page's address."""
        return next(iter(parse_qs(urlsplit(self.page.evaluate("location.href")).query).get("run", [])), None)

    def wait_for_state(self, *states: str) -> None:
        """Wait until the page names one of these states."""
        words = "|".join(re.escape(texts.STATES[state]) for state in states)
        self.main.get_by_text(re.compile(f"^({words})$")).first.wait_for()

    def wait_for_words(self, words: str) -> None:
        """Wait until the page says this somewhere."""
        self.main.get_by_text(words).first.wait_for()

    @property
    def verdict(self) -> "Locator":
        """The box with the sentence on overfitting."""
        return self.main.get_by_test_id("stAlert")

    def open_sidebar(self) -> None:
        """On a phone: open the form and wait until it has slid in."""
        self.page.get_by_test_id("stExpandSidebarButton").click()
        sidebar = self.page.get_by_test_id("stSidebar")
        until(lambda: (sidebar.bounding_box() or {"x": -1})["x"] == 0, "the sidebar in its place")

    def wait_for_training(self) -> None:
        """Wait until figures and curves of the training are on the page, with the scripts that draw them.

        Streamlit fetches those when it first needs them. Whoever takes the server away before that has a page
        that can draw no chart until it is reloaded.
        """
        self.main.get_by_text(re.compile(r"^Epoch \d+ of \d+")).wait_for()
        for name in ("loss", "accuracy"):
            figure = self.main.get_by_role("figure", name=re.compile(f"^{name} over epochs"))
            figure.locator(".scatterlayer .trace").first.wait_for()
        self.settle()

    @property
    def epoch(self) -> int:
        """The epoch that the progress tells."""
        told = self.main.get_by_text(re.compile(r"^Epoch \d+ of \d+")).text_content() or ""
        return int(told.split()[1])

    @property
    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the screen, or anything in its main part is."""
        parts = "[document.documentElement, document.body, document.querySelector('[data-testid=stMain]')]"
        wide = self.page.evaluate(f"{parts}.filter(part => part.scrollWidth > window.innerWidth).length")
        return bool(wide)

    def look(self, name: str) -> None:
        """Keep a picture of the page where BROWSER_PICTURES names a folder."""
        if (folder := os.environ.get("BROWSER_PICTURES")) and not self.page.is_closed():
            self.page.screenshot(path=Path(folder) / f"{re.sub(r'[^-.a-z0-9]+', '_', name)}.png")
