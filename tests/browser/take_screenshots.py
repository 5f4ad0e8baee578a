"""Takes the pictures of the documents: `python tests/browser/take_screenshots.py`; minutes.

A dashboard of its own trains real networks on the full MNIST and is looked at page by page, as a visitor sees it.
The pictures go to dashboard/images/. Needs Chromium, as the browser tests do.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from driving import Dashboard, Visitor
from PIL import Image
from playwright.sync_api import sync_playwright
from test_try_it_in_browser import draw

from dashboard import texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parents[2]
IMAGES = PROJECT / "dashboard" / "images"
DESKTOP = {"viewport": {"width": 1400, "height": 1030}}
_ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


def main() -> None:
    """Train two networks, then look at every page."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        dashboard = Dashboard(Path(folder) / "runs")
        dashboard.start()
        try:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
            train(browser, dashboard)
            for name, look in PAGES.items():
                visitor = Visitor(browser.new_context(**DESKTOP).new_page(), dashboard)
                look(visitor)
                keep(visitor, name)
                visitor.close()
        finally:
            dashboard.stop()


def train(browser: "Browser", dashboard: Dashboard) -> None:
    """Train `mlp`, then `keras-mlp`, of which a picture is taken while it learns."""
    visitor = Visitor(browser.new_context(**DESKTOP).new_page(), dashboard)
    visitor.open()
    visitor.choose(texts.form.START_FROM, "mlp")
    visitor.start()
    visitor.wait_for_state("finished")
    visitor.choose(texts.form.START_FROM, "keras-mlp")
    visitor.start()
    visitor.wait_for_training()
    visitor.wait_for_words("confirmed at epoch")
    keep(visitor, "train")
    visitor.wait_for_state("finished")
    visitor.close()


def keep(visitor: Visitor, name: str) -> None:
    """Save what is on the screen, in as many colours as it takes to look the same."""
    visitor.settle()
    path = IMAGES / f"{name}.png"
    visitor.page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(255, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path.relative_to(PROJECT), f"{path.stat().st_size / 1e3:.0f} kB")


def look_at_results(visitor: Visitor) -> None:
    """The figures of the network that overfits, and the pictures of its commonest mistake."""
    visitor.open("results")
    visitor.main.locator("[class*=st-key-card-] img").first.wait_for()


def look_at_try_it(visitor: Visitor) -> None:
    """A drawn 7, and what became of it."""
    visitor.open("try_it")
    visitor.main.locator("canvas.upper-canvas").wait_for()
    draw(visitor, "7")
    visitor.main.locator(".st-key-ladder img").nth(9).wait_for()


def look_at_compare(visitor: Visitor) -> None:
    """Both networks over each other."""
    visitor.open("compare")
    visitor.main.locator(".js-plotly-plot").nth(1).wait_for()


def look_at_data(visitor: Visitor) -> None:
    """MNIST."""
    visitor.open("data")
    visitor.main.locator("img").first.wait_for()


def look_at_models(visitor: Visitor) -> None:
    """The list, and ten predictions of one network."""
    visitor.open("models")
    visitor.button(texts.models.PREDICT_TEN).click()
    visitor.main.get_by_role("img", name="Test picture").first.wait_for()


PAGES: dict[str, Callable[[Visitor], None]] = {
    "results": look_at_results,
    "try_it": look_at_try_it,
    "compare": look_at_compare,
    "data": look_at_data,
    "models": look_at_models,
}

if __name__ == "__main__":
    main()
