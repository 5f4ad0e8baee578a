"""Saved models in the browser: found in the list, taken along, renamed, deleted, and put into another network."""

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import texts
from toolkit.datasets import load_dataset
from toolkit.runs import RunFolder, list_runs
from toolkit.runs.store import slug

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
#: Of a table's head and of each row, in pixels.
_ROW = 35


@pytest.fixture
def copy_run(dashboard: Dashboard, finished_run: str) -> Iterator[Callable[[str], RunFolder]]:
    """Copies the finished run, under another title: `copy_run("a copy")`; to be changed and deleted."""
    copies: list[RunFolder] = []

    def copied(title: str) -> RunFolder:
        # Runs of the same time are sorted by their ids.
        path = dashboard.root / f"{slug(title)}-{secrets.token_hex(3)}"
        copies.append(RunFolder(Path(shutil.copytree(dashboard.run(finished_run).path, path))))
        copies[-1].rename(title)
        return copies[-1]

    yield copied
    for copy in copies:
        shutil.rmtree(copy.path, ignore_errors=True)


def select_row(visitor: Visitor, number: int) -> None:
    """Press the mark before a row of the first table, counted from 0."""
    table = visitor.main.get_by_test_id("stDataFrame").first
    table.click(position={"x": 15, "y": _ROW * (number + 1.5)})
    visitor.settle()


def open_question(visitor: Visitor, label: str) -> None:
    """Unfold a button's question."""
    visitor.main.get_by_test_id("stPopover").filter(has_text=label).get_by_role("button").click()


def open_section(visitor: Visitor) -> None:
    """Unfold what tells where else the weights fit."""
    visitor.main.get_by_text(texts.models.OTHER_NETWORK).click()
    visitor.page.get_by_role("combobox", name=texts.models.TARGET).wait_for()
    visitor.settle()


def test_a_model_chosen_from_the_list_is_taken_along_and_opened_by_keras(
    visit: Visit, dashboard: Dashboard, finished_run: str, copy_run: Callable[[str], RunFolder], tmp_path: Path
) -> None:
    run = copy_run("a copy")
    visitor = visit(dashboard, f"models?run={finished_run}")
    drawn = [one.id for one in list_runs(dashboard.root)]
    copy_run("zz, which comes first")
    # The row as the visitor sees it, though another run has come since.
    select_row(visitor, drawn.index(run.id))
    visitor.main.get_by_role("heading", name="a copy on Small digits").wait_for()
    visitor.settle()
    visitor.look("models-chosen")
    with visitor.page.expect_download() as download:
        visitor.button(texts.DOWNLOAD["model"]).click()
    taken = tmp_path / download.value.suggested_filename
    download.value.save_as(taken)
    assert taken.name == f"{run.id}.keras"
    assert taken.read_bytes() == run.model_path.read_bytes()

    import keras

    data, result = load_dataset("digits"), run.result
    assert result is not None
    model = keras.models.load_model(taken)
    x = data.x_test.reshape(len(data.x_test), -1) / np.float32(data.x_train.max())
    accuracy = float(np.mean(model.predict_on_batch(x).argmax(axis=1) == data.y_test))
    assert accuracy == pytest.approx(result.test_accuracy, abs=1e-6)


def test_a_model_is_renamed_and_deleted_once_that_was_asked(
    visit: Visit, dashboard: Dashboard, finished_run: str, copy_run: Callable[[str], RunFolder]
) -> None:
    run = copy_run("a copy")
    visitor = visit(dashboard, f"models?run={run.id}")
    open_question(visitor, texts.run_actions.RENAME)
    field = visitor.page.get_by_role("textbox", name=texts.FIELDS["name"])
    field.fill("my best one")
    visitor.page.get_by_role("button", name=texts.run_actions.SAVE_TITLE).click()
    visitor.main.get_by_role("heading", name="my best one on Small digits").wait_for()
    visitor.settle()
    assert dashboard.run(run.id).config.name == "my best one"

    open_question(visitor, texts.run_actions.DELETE)
    sure = visitor.page.get_by_role("button", name=texts.run_actions.DELETE_NOW)
    sure.wait_for()
    visitor.look("models-delete")
    assert run.path.exists()
    sure.click()
    until(lambda: not run.path.exists(), "the copy deleted")
    visitor.main.get_by_role("heading", name="my best one on Small digits").wait_for(state="detached")
    visitor.settle()
    assert dashboard.run(finished_run).model_path.exists()


def test_weights_are_refused_by_another_network_and_start_a_training_of_their_own(
    visit: Visit, dashboard: Dashboard, finished_run: str
) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.fill(texts.FIELDS["epochs"], 3)
    visitor.go_to(texts.models.TITLE)
    open_section(visitor)
    visitor.choose(texts.models.TARGET, texts.models.PRESET_TARGET.format(name="keras-mlp"))
    visitor.wait_for_words("Layer 1 needs Dense 784 × 64 + 64; stored is Dense 64 × 64 + 64.")
    visitor.wait_for_words("Give that layer an input of 64 values")
    visitor.settle()
    visitor.look("models-misfit")
    assert visitor.button(texts.models.START_THERE).count() == 0

    visitor.choose(texts.models.TARGET, texts.models.DRAFT_TARGET)
    visitor.button(texts.models.START_THERE).click()
    visitor.button(texts.train.START).wait_for()
    visitor.settle()
    run = visitor.start()
    until(lambda: run.state == "finished", f"{run.id} finished")
    assert run.about["weights_from"] == finished_run
    assert run.config.epochs == 3
    first = next(event for event in run.events() if event.event == "epoch")
    assert first.val_accuracy > 0.8


def test_the_list_and_the_layers_fit_on_a_dark_phone(visit: Visit, dashboard: Dashboard, finished_run: str) -> None:
    visitor = visit(dashboard, f"models?run={finished_run}", **PHONE, color_scheme="dark")
    visitor.look("phone-models-list")
    open_section(visitor)
    visitor.main.get_by_test_id("stDataFrame").last.scroll_into_view_if_needed()
    visitor.look("phone-models-layers")
    assert not visitor.scrolls_sideways
    open_question(visitor, texts.run_actions.DELETE)
    visitor.page.get_by_role("button", name=texts.run_actions.DELETE_NOW).wait_for()
    assert not visitor.scrolls_sideways
    words = visitor.page.get_by_text(re.compile("goes into the trash")).bounding_box()
    assert words is not None
    assert words["x"] >= 0
    assert words["x"] + words["width"] <= PHONE["viewport"]["width"]
