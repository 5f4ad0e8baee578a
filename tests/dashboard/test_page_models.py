"""The page that answers: where is my model?"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session import Session

from dashboard import texts
from toolkit.config import ExperimentConfig
from toolkit.datasets import load_dataset
from toolkit.errors import RunError
from toolkit.layers import Dense
from toolkit.runs import STATES, RunFolder

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]
WEIGHTS_FROM = texts.form.WEIGHTS_FROM

CONFIG = ExperimentConfig(
    name="a smaller one", dataset="digits", layers=[Dense(units=17)], epochs=6, learning_rate=0.02, batch_size=32
)


def models_page(visit: Visit, **query: str) -> Session:
    session = visit(**query)
    session.go_to("models")
    return session


def open_on_train(session: Session, label: str) -> None:
    """Press a button that leads to Train; unlike a browser, the test's session has to be told that it moved."""
    session.click(label)
    session.go_to("train")


def test_without_runs_the_page_says_so_and_leads_to_the_first_one(visit: Visit) -> None:
    session = models_page(visit)
    assert not session.has_broken
    assert texts.NO_RUNS in session.words
    open_on_train(session, texts.GO_TRAIN)
    assert session.has_button(texts.train.START)


def test_a_finished_run_is_listed_with_its_result(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", CONFIG)
    session = models_page(visit)
    assert not session.has_broken
    (table,) = session.app.dataframe
    (row,) = table.value.to_dict("records")
    words = " ".join(str(value) for value in row.values())
    assert all(part in words for part in ("a smaller one", "finished", "97.03 %", texts.VERDICTS["confirmed"]))
    assert "verfitting since epoch 3" in session.words


@pytest.mark.parametrize("state", STATES)
def test_a_run_in_any_state_can_be_looked_at(visit: Visit, make_run: MakeRun, state: str) -> None:
    make_run(state)
    session = models_page(visit)
    assert not session.has_broken
    assert len(session.app.dataframe[0].value) == 1


def test_the_newest_run_comes_first_and_another_can_be_chosen(visit: Visit, make_run: MakeRun) -> None:
    older, newer = make_run("finished"), make_run("finished", CONFIG)
    session = models_page(visit)
    assert session.field(texts.CHOOSE_RUN).value == newer.id
    session.fill(texts.CHOOSE_RUN, older.id)
    assert session.field(texts.CHOOSE_RUN).value == older.id


def test_the_run_that_was_shown_on_train_is_chosen(visit: Visit, make_run: MakeRun) -> None:
    older, _ = make_run("finished"), make_run("finished", CONFIG)
    assert models_page(visit, run=older.id).field(texts.CHOOSE_RUN).value == older.id


def test_the_chosen_run_stays_chosen_when_another_one_changes(visit: Visit, make_run: MakeRun) -> None:
    chosen = make_run("finished")
    session = models_page(visit)
    session.fill(texts.CHOOSE_RUN, chosen.id)
    make_run("running", CONFIG)
    session.reload()
    assert session.field(texts.CHOOSE_RUN).value == chosen.id


def test_a_broken_run_does_not_hide_the_others(visit: Visit, make_run: MakeRun, root: Path) -> None:
    sound = make_run("finished")
    for file, content in (("config.json", "{"), ("config.json", "[]"), ("result.json", "{}"), ("result.json", "[1")):
        broken = make_run("finished", CONFIG)
        (broken.path / file).write_text(content)
    (root / "not a run").mkdir()
    (root / "keras-mlp-empty").mkdir()
    session = models_page(visit)
    assert not session.has_broken
    session.fill(texts.CHOOSE_RUN, sound.id)
    assert not session.has_broken
    assert "97.03 %" in str(session.app.dataframe[0].value.to_numpy().tolist())


def test_its_settings_can_be_loaded_into_the_form(visit: Visit, make_run: MakeRun, submitted: list[Any]) -> None:
    make_run("finished", CONFIG)
    session = models_page(visit)
    open_on_train(session, texts.models.LOAD_SETTINGS)
    assert session.field(texts.form.DATA).value == "digits"
    assert session.field("Units").value == 17
    assert session.field("Learning rate").value == 0.02
    assert session.field(WEIGHTS_FROM).value is None
    session.click(texts.train.START)
    assert submitted == [(CONFIG, None)]


def test_it_can_be_trained_on_from_its_weights(visit: Visit, make_run: MakeRun, submitted: list[Any]) -> None:
    run = make_run("finished", CONFIG)
    session = models_page(visit)
    open_on_train(session, texts.models.GO_ON)
    assert session.field(WEIGHTS_FROM).value == run.id
    session.click(texts.train.START)
    assert submitted == [(CONFIG, run.id)]


def test_weights_that_do_not_fit_any_more_are_explained_at_their_field(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", CONFIG)
    session = models_page(visit)
    open_on_train(session, texts.models.GO_ON)
    session.fill("Units", 18)
    (sentence,) = session.problems
    assert "the same network" in sentence
    assert session.sentence_after(session.field(WEIGHTS_FROM)) == sentence
    assert not session.can_start


def test_weights_of_a_run_that_was_deleted_are_let_go(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished", CONFIG)
    session = models_page(visit)
    open_on_train(session, texts.models.GO_ON)
    shutil.rmtree(run.path)
    session.reload()
    session.reload()
    assert not session.has_broken
    assert session.can_start


def test_its_curves_can_be_shown(visit: Visit, make_run: MakeRun) -> None:
    older, _ = make_run("finished"), make_run("finished", CONFIG)
    session = models_page(visit)
    session.fill(texts.CHOOSE_RUN, older.id)
    open_on_train(session, texts.models.SHOW_CURVES)
    assert "my run on Small digits" in session.words
    assert len(session.app.get("plotly_chart")) == 2


def test_model_weights_history_and_settings_can_be_taken_along(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished")
    labels = [button.label for button in models_page(visit).app.get("download_button")]
    assert labels == list(texts.DOWNLOAD.values())


@pytest.mark.parametrize("state", ["queued", "running", "failed", "interrupted"])
def test_where_nothing_was_saved_nothing_is_offered(visit: Visit, make_run: MakeRun, state: str) -> None:
    make_run(state)
    session = models_page(visit)
    under_way = state in ("queued", "running")
    assert (texts.RUN_UNDER_WAY if under_way else texts.NO_MODEL) in session.words
    assert not session.app.get("download_button")
    assert not session.has_button(texts.models.PREDICT_TEN)
    assert not session.has_button(texts.models.GO_ON)


class Oracle:
    """Stands for the process that predicts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, np.ndarray]] = []
        self.comebacks = 0

    def predict(self, run_id: str, x: np.ndarray) -> np.ndarray:
        self.asked.append((run_id, x))
        if self.error:
            raise self.error
        return np.array([[0.01] * 9 + [0.91]] * len(x), np.float32)


def test_ten_test_pictures_are_predicted_on_request(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, oracle = make_run("finished"), Oracle()
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: oracle)
    session = models_page(visit)
    assert oracle.asked == []
    session.click(texts.models.PREDICT_TEN)
    ((run_id, x),) = oracle.asked
    assert run_id == run.id
    np.testing.assert_array_equal(x, load_dataset("digits").x_test[:10])
    assert session.pictures == 10
    assert len([line for line in session.words.splitlines() if "91 %" in line]) == 10


def test_predictions_belong_to_the_run_they_were_asked_of(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, oracle = make_run("finished"), Oracle()
    make_run("finished", CONFIG)
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: oracle)
    session = models_page(visit)
    session.click(texts.models.PREDICT_TEN)
    session.fill(texts.CHOOSE_RUN, older.id)
    assert session.pictures == 0


def test_a_prediction_that_fails_is_explained(visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("finished")
    oracle = Oracle(RunError("The process that predicts can't be kept running."))
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: oracle)
    session = models_page(visit)
    session.click(texts.models.PREDICT_TEN)
    assert not session.has_broken
    assert "can't be kept running" in session.words
