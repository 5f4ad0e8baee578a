"""Settings that travel in a link, a training that goes on, and one that is mended with a click."""

import re
from collections.abc import Callable

import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]


def test_a_link_opened_in_a_second_browser_brings_the_whole_configuration(visit: Visit, dashboard: Dashboard) -> None:
    first = visit(dashboard)
    first.choose(texts.form.START_FROM, "cnn")
    first.set_up_small_data()
    first.fill(texts.FIELDS["learning_rate"], 0.02)
    first.fill(texts.FIELDS["steps"], 123)
    first.button(texts.train.COPY_LINK).click()
    field = first.page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    field.wait_for()
    first.look("link")
    link = (field.text_content() or "").strip()
    assert link.startswith(dashboard.url.rstrip("/"))

    second = visit(dashboard, link.removeprefix(dashboard.url.rstrip("/")).removeprefix("/"), **PHONE)
    second.wait_for_words("learning rate 0.02 · 123 steps · batches of 50")
    second.wait_for_words("8 × 8 × 1 → 8 × 8 × 32")
    second.look("link-opened")
    assert not second.scrolls_sideways
    second.open_sidebar()
    assert second.page.get_by_role("spinbutton", name=texts.FIELDS["learning_rate"]).input_value() == "0.02"


def test_a_stopped_training_is_resumed_and_finishes(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=300)
    run = visitor.start()
    visitor.wait_for_training()
    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")
    visitor.settle()
    assert 0 < run.result.epochs < 300
    visitor.look("resume")

    visitor.button(texts.train.RESUME).click()
    visitor.wait_for_state("finished")
    assert run.history().frame["epoch"].tolist() == list(range(301))
    states = [event.state for event in run.events() if event.event == "state"]
    assert states == ["running", "stopped", "running", "finished"]
    until(lambda: not visitor.button(texts.train.RESUME).is_visible(), "a page without Resume")


def test_a_diverged_training_is_tried_again_with_a_tenth_of_its_learning_rate(visitor: Visitor) -> None:
    visitor.choose(texts.form.START_FROM, "softmax-diverges")
    visitor.set_up_small_data()
    visitor.fill(texts.FIELDS["learning_rate"], 10)
    run = visitor.start()
    visitor.wait_for_state("diverged")
    visitor.settle()
    visitor.look("diverged")

    visitor.button(texts.train.TRY.format(rate=1)).click()
    until(lambda: visitor.run_id not in (None, run.id), "another run")
    assert visitor.dashboard.run(str(visitor.run_id)).config == run.config.replace(learning_rate=1)
    visitor.settle()
    assert visitor.page.get_by_role("spinbutton", name=texts.FIELDS["learning_rate"]).input_value() == "1"
    visitor.wait_for_state("diverged", "finished")


def test_the_code_lies_over_the_page_until_it_is_closed(visit: Visit, dashboard: Dashboard, finished_run: str) -> None:
    visitor = visit(dashboard, f"?run={finished_run}", **PHONE, color_scheme="dark")
    visitor.button(texts.train.SHOW_CODE).click()
    dialog = visitor.page.get_by_role("dialog")
    with visitor.page.expect_download() as download:
        dialog.get_by_role("button", name=texts.train.DOWNLOAD_CODE).click()
    assert download.value.suggested_filename == f"{finished_run}.py"
    assert "import keras" in download.value.path().read_text()
    visitor.look("code")
    assert not visitor.scrolls_sideways
    visitor.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    visitor.main.get_by_text(texts.train.THE_NETWORK, exact=True).click()
    visitor.main.get_by_role("figure", name=re.compile("layers with weights")).wait_for()
    assert dialog.count() == 0
    visitor.settle()
    visitor.look("network")
    assert not visitor.scrolls_sideways
