"""A report opens in a browser without internet and draws its figures, on a screen and on a phone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from driving import PHONE

from toolkit.config import ExperimentConfig
from toolkit.experiment import run_experiment
from toolkit.report import write_report
from toolkit.runs import create_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On three epochs on the small digits."""
    folder = tmp_path_factory.mktemp("report")
    run = create_run(folder / "runs", ExperimentConfig(dataset="digits", epochs=3), asked_by="a test")
    run_experiment(run)
    return write_report(run, folder / "report.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{"viewport": {"width": 1280, "height": 900}}, PHONE], ids=["desktop", "phone"])
def test_a_report_draws_itself_offline(browser: "Browser", report: Path, screen: dict[str, Any], scheme: Any) -> None:
    context = browser.new_context(**screen, color_scheme=scheme, offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.goto(report.as_uri())

    charts = page.locator(".chart")
    assert charts.count() == 7
    for number in range(7):
        charts.nth(number).locator(".main-svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert page.evaluate("getComputedStyle(document.querySelector('.xtick text')).fill") == ink
    assert errors == []
    context.close()
