"""The page that answers: where is my model?"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session import Session

from dashboard import texts
from dashboard.shared import state
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import load_dataset
from toolkit.errors import RunError
from toolkit.formatting import moment
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
    """Press a button that opens Train; unlike a browser, the test session must switch the page itself."""
    session.click(label)
    session.go_to("train")


def test_without_runs_the_page_says_so_and_leads_to_the_first_one(visit: Visit) -> None:
    session = models_page(visit)
    assert not session.has_broken
    assert texts.NO_RUNS in session.words
    open_on_train(session, texts.GO_TRAIN)
    assert session.has_button(texts.train.START)


def chosen(session: Session) -> str:
    """The id of the run that the page shows."""
    run_id: str = session.app.session_state[state.CHOSEN][0]
    return run_id


def rows(session: Session) -> list[dict[str, Any]]:
    """The list of runs."""
    found: list[dict[str, Any]] = session.app.dataframe[0].value.to_dict("records")
    return found


def test_a_finished_run_is_listed_with_its_result(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished", CONFIG)
    run.model_path.write_bytes(bytes(1_500_000))
    run.weights_path.write_bytes(bytes(500_000))
    session = models_page(visit)
    assert not session.has_broken
    (row,) = rows(session)
    assert row == {
        "title": "a smaller one",
        "accuracy": pytest.approx(97.03),
        "size": 2.0,
        "created": moment(run.created),
        "state": "finished",
        "data": "Small digits",
        "layers": "dense 17",
        "parameters": 64 * 17 + 17 + 17 * 10 + 10,
    }
    assert "verfitting since epoch 3" in session.words
    assert "finished · 5 epochs · 1 min 5 s · test accuracy 97.03 % · " in session.words
    assert "64 → 17 → 10 · 1,285 parameters  \nModel 1.5 MB · weights 500 kB" in session.words


def test_one_model_is_told_with_its_size_and_accuracy(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished")
    session = models_page(visit)
    assert "1 model is saved here, 0 kB with its weights. The best on Small digits: **my run**, 97.03\u00a0%." in (
        session.words
    )


def test_the_best_is_told_of_the_data_that_most_models_learned(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", CONFIG.replace(name="fair"), test_accuracy=0.9)
    make_run("finished", CONFIG.replace(name="*best*"), test_accuracy=0.95)
    make_run("finished", CONFIG.replace(name="on other data", dataset="wine"), test_accuracy=0.99)
    make_run("running", CONFIG)
    words = models_page(visit).words
    assert "3 models are saved here, 0 kB together. The best on Small digits: **\\*best\\***, 95.00\u00a0%." in words


def test_where_no_run_has_ended_none_is_called_saved(visit: Visit, make_run: MakeRun) -> None:
    make_run("running")
    session = models_page(visit)
    assert texts.models.NOTHING_SAVED in session.words
    (row,) = rows(session)
    assert (row["state"], row["accuracy"], row["size"]) == ("running", None, None)


@pytest.mark.parametrize("run_state", STATES)
def test_a_run_in_any_state_can_be_looked_at(visit: Visit, make_run: MakeRun, run_state: str) -> None:
    make_run(run_state)
    session = models_page(visit)
    assert not session.has_broken
    assert len(rows(session)) == 1


def test_the_newest_run_comes_first_and_another_can_be_chosen(visit: Visit, make_run: MakeRun) -> None:
    older, newer = make_run("finished"), make_run("finished", CONFIG)
    session = models_page(visit)
    assert [row["title"] for row in rows(session)] == ["a smaller one", "my run"]
    assert chosen(session) == newer.id
    session.select_row(1)
    assert chosen(session) == older.id
    assert "my run on Small digits" in session.words


def test_the_run_that_was_shown_on_train_is_chosen(visit: Visit, make_run: MakeRun) -> None:
    older, _ = make_run("finished"), make_run("finished", CONFIG)
    assert chosen(models_page(visit, run=older.id)) == older.id


def test_the_chosen_run_stays_chosen_when_another_one_comes_and_until_train_shows_one(
    visit: Visit, make_run: MakeRun
) -> None:
    older = make_run("finished")
    make_run("finished")
    session = models_page(visit)
    session.select_row(1)
    newer = make_run("running", CONFIG)
    session.reload()
    assert chosen(session) == older.id
    session.app.session_state[state.RUN] = newer.id
    session.go_to("train")
    session.go_to("models")
    assert chosen(session) == newer.id


def test_a_click_means_the_row_that_was_seen_though_another_run_has_come_since(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished")
    oldest_but_one = make_run("finished")
    make_run("finished", CONFIG)
    session = models_page(visit)
    make_run("running", CONFIG)
    session.select_row(1)
    assert chosen(session) == oldest_but_one.id
    assert session.app.session_state[state.MODEL_TABLE]["selection"]["rows"] == [2]


def test_a_broken_run_does_not_hide_the_others(visit: Visit, make_run: MakeRun, root: Path) -> None:
    make_run("finished", CONFIG)
    for file, content in (("config.json", "{"), ("config.json", "[]"), ("result.json", "{}"), ("result.json", "[1")):
        broken = make_run("finished")
        (broken.path / file).write_text(content)
    (root / "not a run").mkdir()
    (root / "keras-mlp-empty").mkdir()
    session = models_page(visit)
    assert not session.has_broken
    assert [row["state"] for row in rows(session)] == ["interrupted", "interrupted", "finished"]
    session.select_row(2)
    assert not session.has_broken
    assert "a smaller one on Small digits" in session.words


def test_a_list_of_more_than_ten_can_be_searched_by_title_and_data(visit: Visit, make_run: MakeRun) -> None:
    for number in range(9):
        make_run("queued", CONFIG.replace(name=f"try {number}"))
    flowers = make_run("finished", CONFIG.replace(name="flowers", dataset="iris"))
    session = models_page(visit)
    assert not session.has_field(texts.models.FILTER)
    make_run("queued")
    session.reload()
    session.fill(texts.models.FILTER, "IRIS")
    assert [row["title"] for row in rows(session)] == ["flowers"]
    assert chosen(session) == flowers.id
    session.fill(texts.models.FILTER, "nobody's *run*")
    assert r"None of the 11 runs has *nobody's \*run\** in its title or data." in session.words
    session.click(texts.models.SHOW_ALL)
    assert len(rows(session)) == 11
    assert chosen(session) == flowers.id


def test_a_new_title_is_in_the_list_at_once(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    session = models_page(visit)
    RunFolder(run.path).rename("Tanja's")
    session.reload()
    assert [row["title"] for row in rows(session)] == ["Tanja's"]


def test_a_deleted_run_leaves_the_list_and_the_newest_is_shown(visit: Visit, make_run: MakeRun) -> None:
    older, newer = make_run("finished"), make_run("finished", CONFIG)
    session = models_page(visit)
    session.select_row(1)
    session.click(texts.run_actions.DELETE_NOW)
    assert not session.has_broken
    assert not older.path.exists()
    assert [row["title"] for row in rows(session)] == ["a smaller one"]
    assert chosen(session) == newer.id


def test_its_settings_can_be_loaded_into_the_form(visit: Visit, make_run: MakeRun, submitted: list[Any]) -> None:
    make_run("finished", CONFIG)
    session = models_page(visit)
    open_on_train(session, texts.run_actions.LOAD)
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
    make_run("finished")
    make_run("finished", CONFIG)
    session = models_page(visit)
    session.select_row(1)
    open_on_train(session, texts.models.SHOW_CURVES)
    assert "my run on Small digits" in session.words
    assert len(session.charts) == 2


def test_model_weights_history_and_settings_can_be_taken_along(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished")
    labels = [button.label for button in models_page(visit).app.get("download_button")]
    assert labels == list(texts.DOWNLOAD.values())


@pytest.mark.parametrize("run_state", ["queued", "running", "failed", "interrupted"])
def test_where_nothing_was_saved_nothing_is_offered(visit: Visit, make_run: MakeRun, run_state: str) -> None:
    make_run(run_state)
    session = models_page(visit)
    under_way = run_state in ("queued", "running")
    assert (texts.RUN_UNDER_WAY if under_way else texts.NO_MODEL) in session.words
    assert not session.app.get("download_button")
    assert not session.has_button(texts.models.PREDICT_TEN)
    assert not session.has_button(texts.models.GO_ON)
    assert not session.has_button(texts.models.TRY_IT)
    assert texts.models.OTHER_NETWORK not in [one.label for one in session.app.expander]


@pytest.mark.parametrize(("run_state", "label"), [("queued", texts.train.CANCEL), ("running", texts.train.STOP)])
def test_what_is_under_way_can_be_stopped(visit: Visit, make_run: MakeRun, run_state: str, label: str) -> None:
    run = make_run(run_state)
    session = models_page(visit)
    session.click(label)
    assert not session.has_broken
    assert (run.state == "stopped") if run_state == "queued" else run.stop_requested


def test_nothing_goes_on_from_weights_that_diverged(visit: Visit, make_run: MakeRun) -> None:
    make_run("diverged")
    session = models_page(visit)
    assert texts.models.NO_NUMBERS in session.words
    assert not session.has_button(texts.models.GO_ON)
    assert texts.models.OTHER_NETWORK not in [one.label for one in session.app.expander]


def test_pictures_can_be_tried_and_rows_of_a_table_not(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", CONFIG.replace(dataset="iris"))
    run = make_run("finished")
    session = models_page(visit)
    session.click(texts.models.TRY_IT)
    assert session.app.session_state[state.RUN] == run.id
    session.go_to("models")
    session.select_row(1)
    assert not session.has_button(texts.models.TRY_IT)


class Oracle:
    """Replaces the predictor process."""

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
    session.select_row(1)
    assert chosen(session) == older.id
    assert session.pictures == 0


def test_a_prediction_that_fails_is_explained(visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("finished")
    oracle = Oracle(RunError("The process that predicts can't be kept running."))
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: oracle)
    session = models_page(visit)
    session.click(texts.models.PREDICT_TEN)
    assert not session.has_broken
    assert "can't be kept running" in session.words


def test_the_page_names_the_folder_of_the_runs(visit: Visit, make_run: MakeRun, root: Path) -> None:
    assert str(root) in models_page(visit).words.replace("\\", "")
    make_run("finished")
    assert str(root) in models_page(visit).words.replace("\\", "")
