"""How the pages look and what they ask for: small screens, dark schemes, downloads, no network."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import pages, texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
PAGES = tuple("" if page is pages.PAGES[0] else page.name for page in pages.PAGES)
LAPTOP = {"viewport": {"width": 1280, "height": 720}}


def brightness(visitor: Visitor) -> float:
    """Of the page's ground: 0 black, 255 white."""
    color = visitor.page.get_by_test_id("stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    return sum(map(int, re.findall(r"\d+", color)[:3])) / 3


def test_the_way_to_a_model_and_its_predictions_asks_nothing_of_other_machines(
    visit: Visit, own_dashboard: Dashboard
) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small(epochs=3)
    visitor.start()
    visitor.wait_for_state("finished")
    visitor.go_to(texts.models.TITLE)
    visitor.button(texts.models.PREDICT_TEN).click()
    visitor.main.get_by_role("img", name=re.compile("^Test picture: ")).first.wait_for()
    assert len(visitor.addresses) > 20
    assert {address.partition(":")[0] for address in visitor.addresses} >= {"http", "ws"}
    assert visitor.addresses_elsewhere == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("screen", "scheme", "darkest", "brightest"), [(PHONE, "dark", 0, 60), (LAPTOP, "light", 200, 255)]
)
def test_no_page_scrolls_sideways_and_each_follows_the_systems_choice_of_light_or_dark(
    visit: Visit,
    dashboard: Dashboard,
    finished_run: str,
    page: str,
    screen: dict[str, Any],
    scheme: str,
    darkest: int,
    brightest: int,
) -> None:
    visitor = visit(dashboard, f"{page}?run={finished_run}", **screen, color_scheme=scheme)
    if not page:
        visitor.wait_for_state("finished")
        visitor.main.locator(".js-plotly-plot").last.wait_for()
    visitor.look(f"{page or 'train'}-{scheme}")
    assert not visitor.scrolls_sideways
    assert darkest <= brightness(visitor) <= brightest


def test_the_button_that_starts_is_within_reach_of_the_keyboard(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=1)
    start = visitor.button(texts.train.START)
    assert start.evaluate("button => button.tabIndex") == 0
    start.focus()
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_state("finished")


def test_a_first_visit_on_a_phone_shows_the_button_that_starts_and_a_way_to_the_form(
    visit: Visit, dashboard: Dashboard
) -> None:
    visitor = visit(dashboard, **PHONE)
    assert not visitor.scrolls_sideways
    start = visitor.button(texts.train.START).bounding_box()
    assert start is not None
    assert start["y"] + start["height"] < PHONE["viewport"]["height"]
    visitor.open_sidebar()
    visitor.page.get_by_role("combobox", name=texts.form.DATA).wait_for()
    visitor.look("phone-sidebar")
    assert not visitor.scrolls_sideways
    visitor.fill(texts.FIELDS["epochs"], 7)
    # A layer stays on one row: its remove button stands beside its title.
    title = visitor.page.get_by_role("button", name=re.compile(r"Dense.*64")).first.bounding_box()
    remove = visitor.page.get_by_role("button", name="✕").first.bounding_box()
    assert title is not None
    assert remove is not None
    assert abs((title["y"] + title["height"] / 2) - (remove["y"] + remove["height"] / 2)) < title["height"] / 2
    assert remove["x"] + remove["width"] <= PHONE["viewport"]["width"]
    visitor.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    visitor.wait_for_words("7 epochs")


def test_a_layer_can_be_edited_on_a_phone(visit: Visit, dashboard: Dashboard) -> None:
    visitor = visit(dashboard, **PHONE)
    visitor.open_sidebar()
    visitor.page.get_by_role("button", name=re.compile(r"Dense.*64")).first.click()
    visitor.page.get_by_role("spinbutton", name=texts.FIELDS["units"]).first.wait_for()
    visitor.look("phone-layer")
    assert not visitor.scrolls_sideways
    visitor.fill(texts.FIELDS["units"], 100)
    visitor.page.get_by_text("784 → 100 → 32 → 10").first.wait_for()


def test_ten_test_pictures_are_predicted_from_the_saved_model(
    visit: Visit, dashboard: Dashboard, finished_run: str
) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.go_to(texts.models.TITLE)
    visitor.button(texts.models.PREDICT_TEN).click()
    captions = visitor.main.get_by_text(re.compile(r"^\d( ✗)? · \d+ %$"))
    until(lambda: captions.count() == 10, "ten predictions")
    assert visitor.main.get_by_role("img", name=re.compile("^Test picture: ")).count() == 10
    visitor.settle()
    visitor.look("predicted")
    # The same pictures with the same answers as at the end of the training.
    newest = [event for event in dashboard.run(finished_run).events() if event.event == "samples"][-1]
    assert [caption.split()[0] for caption in captions.all_text_contents()] == [str(one) for one in newest.labels]


def test_model_weights_history_and_settings_are_downloaded_whole(
    visit: Visit, dashboard: Dashboard, finished_run: str, tmp_path: Path
) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.go_to(texts.models.TITLE)
    taken = {}
    for kind, label in texts.DOWNLOAD.items():
        with visitor.page.expect_download() as download:
            visitor.button(label).click()
        assert finished_run in download.value.suggested_filename
        taken[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[kind])
    run = dashboard.run(finished_run)
    with zipfile.ZipFile(taken["model"]) as archive:
        assert {"config.json", "metadata.json", "model.weights.h5"} <= set(archive.namelist())
    assert taken["model"].read_bytes() == run.model_path.read_bytes()
    with h5py.File(taken["weights"]) as weights:
        assert len(weights) > 0
    assert taken["weights"].name.endswith(".weights.h5")
    assert json.loads(taken["config"].read_text())["epochs"] == 20
    assert len(taken["history"].read_text().splitlines()) == 1 + 21


def test_settings_of_a_run_can_be_loaded_and_trained_on_from_its_weights(
    visit: Visit, dashboard: Dashboard, finished_run: str
) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.go_to(texts.models.TITLE)
    visitor.button(texts.models.GO_ON).click()
    visitor.button(texts.train.START).wait_for()
    visitor.settle()
    run = visitor.start()
    until(lambda: run.state == "finished", f"{run.id} finished")
    visitor.wait_for_state("finished")
    assert run.about["weights_from"] == finished_run
    first = next(event for event in run.events() if event.event == "epoch")
    assert first.val_accuracy > 0.8


def test_a_field_that_may_be_empty_can_be_emptied_again(visitor: Visitor) -> None:
    visitor.page.get_by_text(texts.form.MORE).click()
    visitor.fill(texts.FIELDS["patience"], 4)
    visitor.fill(texts.FIELDS["patience"], "")
    visitor.settle()
    assert visitor.page.get_by_role("spinbutton", name=texts.FIELDS["patience"]).input_value() == ""


@pytest.mark.parametrize("learning_rate", [0, 20])
def test_a_problem_stands_at_its_field_and_the_button_is_off(visitor: Visitor, learning_rate: int) -> None:
    visitor.fill(texts.FIELDS["learning_rate"], learning_rate)
    visitor.page.get_by_text(re.compile("Must be a number above 0")).wait_for()
    visitor.look("problem")
    # The form is drawn before the page beside it.
    until(visitor.button(texts.train.START).is_disabled, "a button that is off")


def test_a_title_is_shown_as_it_was_typed_and_can_not_fetch_anything(visitor: Visitor) -> None:
    title = "*my* :red[first] $x$ <b>run</b> ![x](http://elsewhere.example/x.png)"
    visitor.page.get_by_text(texts.form.MORE).click()
    field = visitor.page.get_by_role("textbox", name=texts.FIELDS["name"])
    field.fill(title)
    field.press("Enter")
    heading = visitor.main.get_by_role("heading").first
    # Between what Streamlit would make links and icons of stands a character that nobody sees.
    until(lambda: title in (heading.text_content() or "").replace("\u2060", ""), "the title as it was typed")
    visitor.settle()
    assert visitor.addresses_elsewhere == []


def test_charts_can_be_read_from_the_back_row(visit: Visit, dashboard: Dashboard, finished_run: str) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.main.get_by_text(texts.PROJECTOR, exact=True).click()
    words = visitor.main.locator(".js-plotly-plot").first.locator("text")
    sizes = "elements => elements.map(one => parseFloat(getComputedStyle(one).fontSize))"
    # Until it is drawn it has no words at all, and of none every one would be large.
    until(lambda: len(drawn := words.evaluate_all(sizes)) > 5 and min(drawn) >= 14, "the larger chart")
    visitor.settle()
    visitor.look("projector")
