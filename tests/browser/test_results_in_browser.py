"""What a network can do and where it fails, looked at with mouse and keyboard."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import texts
from dashboard.views.results.verdict import commonest_mistakes
from toolkit.runs import RunFolder

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]


@pytest.fixture
def run(dashboard: Dashboard, finished_run: str) -> RunFolder:
    return dashboard.run(finished_run)


def matrix_of(run: RunFolder) -> np.ndarray:
    return np.array(run.result.confusion_matrix)


def cards(visitor: Visitor, section: str) -> "Locator":
    """The pictures of a section, each of which is a button."""
    return visitor.main.locator(f"[class*=st-key-card-{section}-] .stButton button")


def open_results(visit: Visit, dashboard: Dashboard, run: RunFolder, more: str = "", **screen: Any) -> Visitor:
    visitor = visit(dashboard, f"results?run={run.id}{more}", **screen)
    visitor.wait_for_words(texts.results.LEARNED_NOTE.partition(",")[0])
    visitor.settle()
    return visitor


def test_a_click_on_a_cell_of_the_confusion_matrix_shows_its_pictures(
    visit: Visit, dashboard: Dashboard, run: RunFolder
) -> None:
    visitor, matrix = open_results(visit, dashboard, run), matrix_of(run)
    true, label, times = commonest_mistakes(matrix)[1]
    # Every cell that holds a row has a point, in this order.
    place = np.argwhere(matrix).tolist().index([true, label])
    box = visitor.main.locator(".scatterlayer .points path").nth(place).bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.wait_for_words(f"{times} of {matrix[true].sum()} test pictures")
    until(lambda: cards(visitor, "cell").count() == times, f"{times} pictures of {true} taken for {label}")
    assert all(f"is {true}" in caption for caption in cards(visitor, "cell").all_text_contents())
    assert visitor.page.get_by_role("combobox", name=texts.results.IN_TRUTH).input_value() == str(true)


def test_the_grid_shows_the_wrong_ones_alone(visit: Visit, dashboard: Dashboard, run: RunFolder) -> None:
    visitor, matrix = open_results(visit, dashboard, run), matrix_of(run)
    wrong = int(matrix.sum() - np.trace(matrix))
    assert cards(visitor, "grid").count() == 40
    visitor.main.get_by_text(texts.results.ONLY_WRONG, exact=True).click()
    until(lambda: cards(visitor, "grid").count() == min(wrong, 40), f"the {wrong} wrong ones")
    assert all("✗" in caption for caption in cards(visitor, "grid").all_text_contents())


def test_a_picture_chosen_by_keyboard_tells_all_about_itself_and_its_address_shows_it_to_others(
    visit: Visit, dashboard: Dashboard, run: RunFolder
) -> None:
    visitor = open_results(visit, dashboard, run)
    cards(visitor, "grid").nth(7).focus()
    visitor.page.keyboard.press("Enter")
    for one in (visitor, visit(dashboard, f"results?run={run.id}&row=7")):
        window = one.page.get_by_role("dialog")
        window.get_by_text(texts.results.PICTURE.format(row=7)).wait_for()
        window.get_by_text("3 · Dense · 10 units").wait_for()
        # A track and a bar a class; a share below one per cent goes without a number.
        until(lambda window=window: window.locator(".barlayer .point").count() == 20, "ten probabilities")
        assert window.get_by_role("img", name="Test picture: ").count() == 1
        window.get_by_text(texts.results.RAW_OUTPUT_NOTE).wait_for()
        one.look("picture")
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_url(lambda address: "row=" not in address)
    assert visitor.run_id == run.id


def test_model_history_and_report_are_downloaded_whole(
    visit: Visit, dashboard: Dashboard, run: RunFolder, tmp_path: Path
) -> None:
    visitor, taken = open_results(visit, dashboard, run), {}
    for label in (texts.DOWNLOAD["model"], texts.DOWNLOAD["history"], texts.results.REPORT):
        with visitor.page.expect_download() as download:
            visitor.button(label).click()
        taken[label] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[label])
    model, history, report = taken.values()
    assert zipfile.is_zipfile(model)
    assert model.read_bytes() == run.model_path.read_bytes()
    pd.testing.assert_frame_equal(pd.read_csv(history), run.history().frame)
    page = report.read_text(encoding="utf-8")
    assert report.name == f"{run.id}.html"
    assert f"{100 * run.result.test_accuracy:.2f} %" in page
    assert "How it learned" in page


def test_a_process_that_was_killed_comes_back_and_the_page_says_so(
    visit: Visit, dashboard: Dashboard, run: RunFolder
) -> None:
    visitor = open_results(visit, dashboard, run)
    table = subprocess.run(["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    named = f"toolkit.jobs.prediction_worker {dashboard.root}"
    (process,) = [int(line.split()[0]) for line in table.splitlines() if line.endswith(named)]
    os.kill(process, signal.SIGKILL)
    cards(visitor, "worst").first.click()
    window = visitor.page.get_by_role("dialog")
    window.get_by_text(texts.results.LAYER_BY_LAYER).wait_for()
    assert visitor.page.get_by_text(texts.PREDICTOR_CAME_BACK).count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_neither_the_page_nor_a_picture_scrolls_sideways(
    visit: Visit, dashboard: Dashboard, run: RunFolder, scheme: str
) -> None:
    visitor = open_results(visit, dashboard, run, **PHONE, color_scheme=scheme)
    visitor.look(f"phone-results-{scheme}")
    assert not visitor.scrolls_sideways
    cards(visitor, "worst").first.click()
    window = visitor.page.get_by_role("dialog")
    window.get_by_text(texts.results.LAYER_BY_LAYER).wait_for()
    visitor.settle()
    visitor.look(f"phone-picture-{scheme}")
    assert not visitor.scrolls_sideways
    assert window.evaluate("element => element.scrollWidth <= element.clientWidth")
