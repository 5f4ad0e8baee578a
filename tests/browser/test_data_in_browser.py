"""Looking into data and bringing one's own, on the real server."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
#: Two kinds that can be told apart by their length.
LINES = [f"{'ant' if number % 2 else 'bee'},{number % 2 * 5 + number % 7 / 10},{number % 3}" for number in range(120)]
TABLE = "\n".join(["species,length,legs", *LINES]).encode()


def bring(visitor: Visitor, name: str, content: bytes) -> None:
    """Choose a file in the field for uploads."""
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    visitor.main.locator("input[type=file]").set_input_files([file])


def test_a_table_of_ones_own_is_mended_looked_at_and_trained(visit: Visit, dashboard: Dashboard) -> None:
    visitor = visit(dashboard, "data")
    bring(visitor, "My bugs.csv", TABLE.replace(b"ant,5.1,", b"ant,5e51,"))
    visitor.wait_for_words("My-bugs.csv, line 3, column length: must be a number that float32 can hold")
    visitor.settle()
    visitor.look("own-table-damaged")
    visitor.wait_for_words("60,000 pictures")

    bring(visitor, "My bugs.csv", TABLE)
    visitor.wait_for_words("96 rows of 2 numbers from 0 to 5.6")
    visitor.wait_for_words("2 classes, equally frequent.")
    visitor.settle()
    visitor.look("own-table")
    visitor.button(texts.data.USE).first.click()
    visitor.button(texts.train.START).wait_for()
    visitor.settle()
    run = visitor.start()
    visitor.wait_for_state("finished")
    result = json.loads((run.path / "result.json").read_text())
    assert result["test_accuracy"] > 0.9
    assert json.loads((run.path / "columns.json").read_text())["label"] == ["species"]
    assert Path(run.config.dataset).parent.parent == dashboard.root / ".data"
    assert Path(run.config.dataset).read_bytes() == TABLE


def test_the_data_page_never_scrolls_sideways_on_a_phone(visit: Visit, dashboard: Dashboard) -> None:
    visitor = visit(dashboard, "data", **PHONE)
    for data, charts in (("MNIST", 6), ("Wines", 3)):
        visitor.choose(texts.data.DATA, data)
        drawn = visitor.main.locator(".js-plotly-plot .main-svg:first-child")
        until(lambda drawn=drawn, charts=charts: drawn.count() == charts, f"{charts} charts of {data}")
        visitor.settle()
        visitor.look(f"phone-data-{charts}")
        assert not visitor.scrolls_sideways


def test_a_row_is_followed_from_pixels_to_the_network(visit: Visit, dashboard: Dashboard) -> None:
    visitor = visit(dashboard, "data")
    numbers = visitor.main.get_by_role("figure", name=re.compile("^The 8 × 8 numbers in the frame"))
    until(lambda: numbers.count() == 2, "the framed numbers, as stored and divided by 255")
    before = numbers.first.get_attribute("aria-label")
    visitor.fill(texts.data.ROW, 1)
    until(lambda: numbers.first.get_attribute("aria-label") != before, "another row's numbers")
    visitor.wait_for_words("The label 0 becomes 10 boxes")
    cells = numbers.first.locator(".heatmap-label text")
    until(lambda: cells.count() == 64, "a number in each cell")
    assert max(int(cell) for cell in cells.all_text_contents()) > 200
