"""Chromium and the real dashboard. Without Chromium these tests are skipped with a message, except in CI."""

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from driving import ARGUMENTS, DESKTOP, Dashboard, Visitor, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_LEFT_OUT = pytest.StashKey[int]()


def _missing() -> str | None:
    """What the tests need and this machine does not have."""
    if find_spec("playwright") is None:
        return "Playwright is not installed (pip install -r tests/requirements.txt)"
    return None if chromium() else "Chromium is not installed (Debian: apt install chromium)"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of this folder out where they can't run."""
    missing = _missing()
    if missing is None or os.environ.get("CI"):
        return
    ours = [item for item in items if item.get_closest_marker("browser")]
    config.stash[_LEFT_OUT] = len(ours)
    for item in ours:
        item.add_marker(pytest.mark.skip(reason=missing))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Report the skipped tests, even if pytest is quiet."""
    if count := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.section("left out")
        terminalreporter.write_line(f"{count} browser tests left out: {_missing()}")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium. In CI a missing one is an error, not a reason to leave tests out."""
    if missing := _missing():
        raise RuntimeError(f"The browser tests can't be left out in CI, and {missing}.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One dashboard for all tests that leave it unchanged; their runs stay in its folder."""
    server = Dashboard(tmp_path_factory.mktemp("shared") / "runs")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard for a single test."""
    server = Dashboard(tmp_path / "runs")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser: "Browser", request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser of its own on a dashboard: `visit(dashboard)`, `visit(dashboard, "models", **PHONE)`.

    Whatever a test is about: its pages ask nothing of other machines, and nothing goes wrong in them.
    """
    if "own_dashboard" in request.fixturenames:
        request.getfixturevalue("own_dashboard")  # set up before, so that it ends after the visits
    visitors: list[Visitor] = []

    def opened(dashboard: Dashboard, path: str = "", **screen: Any) -> Visitor:
        context = browser.new_context(**{**DESKTOP, **screen})
        visitor = Visitor(context.new_page(), dashboard)
        visitors.append(visitor)
        visitor.open(path)
        return visitor

    yield opened
    for number, visitor in enumerate(visitors):
        visitor.look(f"{request.node.name}-{number}")
        visitor.close()
    assert [address for visitor in visitors for address in visitor.addresses_elsewhere] == []
    assert [error for visitor in visitors for error in visitor.errors] == []


@pytest.fixture
def visitor(visit: Callable[..., Visitor], dashboard: Dashboard) -> Visitor:
    """A first visit to the shared dashboard."""
    return visit(dashboard)


@pytest.fixture(scope="session")
def finished_run(browser: "Browser", dashboard: Dashboard) -> str:
    """The id of a small run that was trained through the page."""
    first = Visitor(browser.new_context(**DESKTOP).new_page(), dashboard)
    first.open()
    first.set_up_small()
    run = first.start()
    first.wait_for_state("finished")
    first.close()
    return run.id
