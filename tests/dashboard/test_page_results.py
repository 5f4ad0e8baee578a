"""The page that answers: what can it do, and where does it fail?"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from session import Session
from sklearn.metrics import confusion_matrix

from dashboard import texts
from dashboard.shared import state
from dashboard.views.results.verdict import commonest_mistakes, meaning_of_gap, training_accuracy
from toolkit.analysis.metrics import Evaluation, find_worst_mistakes
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.errors import DataError, RunError
from toolkit.runs import RunFolder, open_run
from toolkit.runs.artifacts import keep_probabilities

MakeRun = Callable[..., RunFolder]
PROJECT = Path(__file__).resolve().parents[2]
DIGITS = load_dataset("digits")


def answers(true: np.ndarray, num_classes: int) -> np.ndarray:
    """Probabilities of a network that mistakes every ninth row for the next class, with rising confidence."""
    labels = np.where(np.arange(len(true)) % 9 == 4, (true + 1) % num_classes, true)
    sure = np.linspace(0.6, 0.95, len(true), dtype=np.float32)
    probabilities = np.repeat((1 - sure[:, None]) / (num_classes - 1), num_classes, axis=1)
    probabilities[np.arange(len(true)), labels] = sure
    return probabilities


PROBABILITIES = answers(DIGITS.y_test, 10)
ANSWERS = PROBABILITIES.argmax(axis=1)
WRONG = np.flatnonzero(DIGITS.y_test != ANSWERS)


def figures_of(true: np.ndarray, probabilities: np.ndarray, names: tuple[str, ...]) -> dict[str, Any]:
    """The test results in result.json."""
    labels = probabilities.argmax(axis=1)
    return Evaluation(
        test_loss=0.1234,
        test_accuracy=float(np.mean(labels == true)),
        confusion_matrix=confusion_matrix(true, labels, labels=np.arange(len(names))),
        num_rows=len(true),
        class_names=names,
        worst_mistakes=find_worst_mistakes(true, probabilities, names),
    ).as_dict()


class Oracle:
    """Replaces the predictor process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.error: Exception | None = None
        self.weights: np.ndarray | None = np.ones((64, 16), np.float32)
        self.asked: list[str] = []
        self.rows: list[np.ndarray] = []
        self.scores = np.arange(10, dtype=np.float32)
        self.comebacks = 0

    def warm(self) -> None:
        self.asked.append("warm")

    def predict_test(self, run_id: str) -> None:
        self.asked.append("predict_test")
        if self.error:
            raise self.error
        keep_probabilities(open_run(self.root, run_id), PROBABILITIES)

    def first_weights(self, run_id: str) -> np.ndarray | None:
        if self.error:
            raise self.error
        return self.weights

    def activations(self, run_id: str, row: np.ndarray) -> dict[str, Any]:
        self.rows.append(row)
        if self.error:
            raise self.error
        dense = {"name": "dense", "kind": "Dense", "values": np.array([0.0, 0.5, 0.0], np.float32)}
        filters = {"name": "conv2d", "kind": "Conv2D", "values": np.ones((4, 4, 40), np.float32)}
        flat = {"name": "flatten", "kind": "Flatten", "values": np.ones(640, np.float32)}
        return {"layers": [filters, flat, dense], "scores": self.scores}


@pytest.fixture(autouse=True)
def oracle(root: Path, monkeypatch: pytest.MonkeyPatch) -> Oracle:
    one = Oracle(root)
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: one)
    return one


@pytest.fixture
def tested(make_run: MakeRun) -> RunFolder:
    """A finished run on the small digits with all files of a test."""
    run = make_run("finished", **figures_of(DIGITS.y_test, PROBABILITIES, DIGITS.class_names))
    keep_probabilities(run, PROBABILITIES)
    return run


def results_page(**query: str) -> Session:
    session = Session(PROJECT / "dashboard" / "main.py", query)
    session.go_to("results")
    assert not session.has_broken
    return session


def words_in_window(session: Session) -> str:
    """The texts of the dialog and of the page."""
    return "\n".join(words.value for words in session.app.markdown)


def rows_in(session: Session, section: str) -> list[int]:
    """The test rows that a section of the page shows, in order."""
    start = f"look-{section}-"
    keys = [str(button.key) for button in session.app.button]
    return [int(key.removeprefix(start)) for key in keys if key.startswith(start)]


def test_without_runs_the_page_leads_to_the_first_one() -> None:
    session = results_page()
    assert texts.NO_RUNS in session.words
    assert session.has_button(texts.GO_TRAIN)


def test_the_first_sentence_tells_what_it_can_and_where_it_fails(tested: RunFolder) -> None:
    words = results_page().words
    matrix = confusion_matrix(DIGITS.y_test, ANSWERS)
    np.fill_diagonal(matrix, 0)
    true, label = np.unravel_index(matrix.argmax(), matrix.shape)
    assert f"**{100 * np.mean(DIGITS.y_test == ANSWERS):.2f} % of 360 test pictures right.**" in words
    assert f"like this: {true} taken for {label} ({matrix.max()} times)" in words


def test_test_and_training_accuracy_stand_beside_each_other_with_what_their_gap_means(tested: RunFolder) -> None:
    session = results_page()
    assert {metric.label: metric.value for metric in session.app.metric} == {
        texts.results.TEST_ACCURACY: "88.89 %",
        texts.results.TRAINING_ACCURACY: "95.00 %",
        texts.results.TEST_LOSS: "0.1234",
        texts.results.HARDEST: min(Evaluation.from_dict(tested.result).classes, key=lambda one: one.recall).name,
    }
    assert (
        "It gets **95.00 %** of what it has learned from right, **88.89 %** of what it has never seen: a gap of 6.11 "
        "points. It has learned some of its examples by heart;"
    ) in session.words


def test_the_training_of_an_imported_run_was_not_measured_here(make_run: MakeRun) -> None:
    make_run("imported", **figures_of(DIGITS.y_test, PROBABILITIES, DIGITS.class_names))

    tiles = {metric.label: (metric.value, metric.delta) for metric in results_page().app.metric}

    assert tiles[texts.results.TRAINING_ACCURACY] == ("–", texts.results.NOT_MEASURED)


@pytest.mark.parametrize(
    ("accuracy", "rows", "meaning"),
    [
        (0.9, 10_000, "a gap of 5.00 points. It has learned some of its examples by heart;"),
        (0.944, 100_000, "a gap of 0.60 points. What it has learned holds well"),
        (0.94, 100, "no gap beyond chance (another test of this size could differ by 4.75 points)."),
        (0.96, 10_000, "no gap beyond chance (another test of this size could differ by 0.39 points)."),
    ],
)
def test_a_gap_counts_by_its_size_and_beyond_chance(accuracy: float, rows: int, meaning: str) -> None:
    assert meaning_of_gap(0.95, accuracy, rows).startswith(meaning)


HISTORY = pd.DataFrame(
    {
        "epoch": [0, 1, 2, 3],
        "step": [0, 8, 16, 24],
        "loss": [np.nan, 0.9, 0.5, 0.3],
        "val_loss": [0.2, 0.6, 0.4, 0.5],
        "val_accuracy": [0.1, 0.9, 0.8, 0.9],
        "honest_accuracy": [0.1, 0.85, 0.9, 0.99],
    }
)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (0.99, "epoch 3")),
        ({"restore_best_weights": True}, (0.9, "epoch 2")),
        ({"restore_best_weights": True, "monitor": "val_accuracy"}, (0.85, "epoch 1")),
    ],
)
def test_the_training_accuracy_is_that_of_the_weights_that_were_kept(settings: Any, expected: Any) -> None:
    assert training_accuracy(HISTORY, ExperimentConfig(**settings)) == expected


@pytest.mark.parametrize("restore", [True, False])
def test_without_a_measurement_there_is_no_training_accuracy(restore: bool) -> None:
    unmeasured = HISTORY.assign(honest_accuracy=np.nan)
    config = ExperimentConfig(restore_best_weights=restore)
    assert training_accuracy(unmeasured, config) == (None, "")
    assert training_accuracy(HISTORY[:0], config) == (None, "")


def test_the_commonest_mistakes_come_first_and_right_answers_are_none() -> None:
    matrix = np.array([[90, 0, 3], [7, 5, 0], [0, 1, 80]])
    assert commonest_mistakes(matrix) == [(1, 0, 7), (0, 2, 3), (2, 1, 1)]
    assert commonest_mistakes(np.diag([4, 5])) == []


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("queued", texts.RUN_UNDER_WAY),
        ("failed", texts.results.FAILED.format(message="Something must be mended.")),
        ("interrupted", texts.results.INTERRUPTED.format(why="").strip()),
        ("finished", texts.results.NOT_TESTED),
    ],
)
def test_a_run_without_a_test_says_why_and_leads_to_train(make_run: MakeRun, state: str, sentence: str) -> None:
    older, _ = make_run(state), make_run("finished")
    session = results_page(run=older.id)
    assert sentence in session.words
    session.click(texts.results.OPEN_IN_TRAIN)
    session.go_to("train")
    assert session.app.query_params["run"] == older.id


def test_a_diverged_run_says_so_and_that_it_answers_the_same_to_everything(make_run: MakeRun, oracle: Oracle) -> None:
    nothing = np.full_like(PROBABILITIES, np.nan)
    run = make_run("diverged", **figures_of(DIGITS.y_test, nothing, DIGITS.class_names))
    keep_probabilities(run, nothing)
    oracle.weights = np.full((64, 10), np.nan)
    session = results_page(row="3")
    assert "The loss is no number any more: mend it." in session.words
    assert "**It answers 0 to everything**" in session.words
    assert texts.results.GAP.partition("{")[0] not in session.words
    assert "by heart" not in session.words
    assert texts.results.NO_NUMBERS in session.words
    assert session.has_button(texts.results.OPEN_IN_TRAIN)


def test_the_commonest_mistake_is_the_first_cell_and_its_least_sure_row_comes_first(tested: RunFolder) -> None:
    session = results_page()
    matrix = confusion_matrix(DIGITS.y_test, ANSWERS)
    ((true, label, times), *_) = commonest_mistakes(matrix)
    expected = np.flatnonzero((DIGITS.y_test == true) & (label == ANSWERS))
    assert (session.field(texts.results.IN_TRUTH).value, session.field(texts.results.TAKEN_FOR).value) == (true, label)
    assert sorted(rows_in(session, "cell")) == expected.tolist()
    of_true = PROBABILITIES[rows_in(session, "cell"), true]
    assert np.all(np.diff(of_true) >= 0)
    assert (
        f"It takes **{times}** of {matrix[true].sum()} test pictures of the class **{true}** for **{label}**."
        in session.words
    )


def test_another_cell_shows_its_own_rows_and_an_empty_one_none(tested: RunFolder) -> None:
    session = results_page()
    session.fill(texts.results.IN_TRUTH, 3)
    session.fill(texts.results.TAKEN_FOR, 3)
    right = np.flatnonzero((DIGITS.y_test == 3) & (ANSWERS == 3))
    assert f"**{len(right)}** of " in session.words
    assert set(rows_in(session, "cell")) < set(right.tolist())
    assert len(rows_in(session, "cell")) == 24
    session.fill(texts.results.TAKEN_FOR, 1)
    assert "**0** of " in session.words
    assert rows_in(session, "cell") == []


def test_the_worst_mistakes_come_worst_first(tested: RunFolder) -> None:
    worst = find_worst_mistakes(DIGITS.y_test, PROBABILITIES, DIGITS.class_names, most=10)
    assert rows_in(results_page(), "worst") == [one.row for one in worst]


def test_the_grid_shows_what_fits_its_filters_a_page_at_a_time(tested: RunFolder) -> None:
    session = results_page()
    assert rows_in(session, "grid") == list(range(40))
    assert "Found: **360** of 360 test pictures; shown: 1 to 40." in session.words
    session.app.get("pagination")[0].root.session_state[f"page-{tested.id}-0-359-None-None-False"] = 9
    session.reload()
    assert rows_in(session, "grid") == list(range(320, 360))
    for toggle in session.app.toggle:
        toggle.set_value(True)
    session.reload()
    assert rows_in(session, "grid") == WRONG[:40].tolist()
    session.fill(texts.results.FROM_ROW, 100)
    session.fill(texts.results.TO_ROW, 250)
    assert rows_in(session, "grid") == [row for row in WRONG if 100 <= row <= 250]
    session.fill(texts.results.TRUE_CLASS, 5)
    session.fill(texts.results.PREDICTED_CLASS, 6)
    assert rows_in(session, "grid") == [row for row in WRONG if 100 <= row <= 250 and DIGITS.y_test[row] == 5]
    session.fill(texts.results.PREDICTED_CLASS, 2)
    assert texts.results.NONE_FIT in session.words


def test_a_chosen_picture_tells_its_probabilities_raw_outputs_and_layers(tested: RunFolder, oracle: Oracle) -> None:
    session = results_page()
    charts = len(session.app.get("plotly_chart"))
    row = int(WRONG[0])
    session.app.button(key=f"look-grid-{row}").click().run()
    assert not session.has_broken
    words = words_in_window(session)
    np.testing.assert_array_equal(oracle.rows[-1], DIGITS.x_test[row])
    label, true = ANSWERS[row], DIGITS.y_test[row]
    assert f"It says :red[**{label}** ✗], by 60 %; in truth this is :green[**{true}**]." in words
    assert session.app.query_params["row"] == str(row)
    (table,) = [one.value for one in session.app.dataframe if texts.results.RAW_OUTPUT in one.value]
    assert table[texts.results.RAW_OUTPUT].tolist() == [f"{one:.4f}" for one in range(10)]
    assert table[texts.results.PROBABILITY].tolist() == [f"{one:.6f}" for one in PROBABILITIES[row]]
    # The bars, the filters and the units; what only puts values in a line has no picture.
    assert len(session.app.get("plotly_chart")) == charts + 3
    assert "**1 · Convolution** · 4 × 4 × 40: 40 filters, 0 of them zero everywhere; the first 32 are" in words
    assert f"**2 · Flatten** · {texts.results.SAME_VALUES['Flatten']}" in words
    assert "**3 · Dense** · 3 units, 2 of them exactly zero" in words


def test_a_link_opens_the_run_and_the_row_that_it_names(tested: RunFolder, make_run: MakeRun) -> None:
    make_run("finished")
    session = results_page(run=tested.id, row="7")
    assert session.field(texts.CHOOSE_RUN).value == tested.id
    assert "which is right." in words_in_window(session)
    assert session.app.query_params["run"] == tested.id


@pytest.mark.parametrize("row", ["360", "seven"])
def test_a_link_to_a_row_that_is_not_there_shows_the_page_alone(tested: RunFolder, row: str) -> None:
    session = results_page(run=tested.id, row=row)
    assert texts.results.LAYER_BY_LAYER not in words_in_window(session)
    assert texts.results.GRID in session.words


def test_predictions_that_a_run_did_not_keep_are_made_once(tested: RunFolder, oracle: Oracle) -> None:
    tested.predictions_path.unlink()
    session = results_page()
    assert len(rows_in(session, "grid")) == 40
    session.reload()
    assert oracle.asked.count("predict_test") == 1


def test_where_nothing_can_be_predicted_the_figures_stand_and_one_sentence_says_why(
    tested: RunFolder, oracle: Oracle
) -> None:
    tested.predictions_path.write_bytes(b"damaged")
    oracle.error = RunError("The process that predicts can't be kept running.")
    session = results_page()
    assert [error.value for error in session.app.error] == ["The process that predicts can't be kept running."] * 2
    assert "test pictures right.**" in session.words
    assert len(session.app.metric) == 4
    assert rows_in(session, "grid") == []


def test_a_process_that_came_back_is_told(tested: RunFolder, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    def come_back(run_id: str) -> np.ndarray:
        oracle.comebacks += 1
        return np.ones((64, 16), np.float32)

    monkeypatch.setattr(oracle, "first_weights", come_back)
    assert texts.PREDICTOR_CAME_BACK in results_page().words


def test_without_its_data_the_figures_stand_and_the_mistakes_are_a_table(
    tested: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(run: RunFolder) -> None:
        raise DataError("The data of the run are gone.")

    monkeypatch.setattr("dashboard.views.results.run_evaluation.data_of", gone)
    session = results_page(row="3")
    assert "The data of the run are gone." in session.words
    assert f"**{100 * np.mean(DIGITS.y_test == ANSWERS):.2f} % of 360 test rows right.**" in session.words
    assert session.pictures == 0
    worst = find_worst_mistakes(DIGITS.y_test, PROBABILITIES, DIGITS.class_names, most=10)
    assert [one.row for one in worst] in [
        one.value[texts.results.ROW].tolist() for one in session.app.dataframe if texts.results.ROW in one.value
    ]


def test_rows_of_a_table_are_lines_that_can_be_looked_into(make_run: MakeRun, oracle: Oracle) -> None:
    data = load_dataset("breast_cancer")
    probabilities = answers(data.y_test, 2)
    config = ExperimentConfig(name="a table", dataset="breast_cancer", layers=[], epochs=1)
    run = make_run("finished", config, **figures_of(data.y_test, probabilities, data.class_names))
    keep_probabilities(run, probabilities)
    oracle.weights, oracle.scores = np.ones((30, 2), np.float32), np.zeros(2, np.float32)
    session = results_page(row="4")
    assert session.pictures == 0
    assert "Found: **114** of 114 test rows;" in session.words
    tables = [one.value for one in session.app.dataframe]
    (grid,) = [one for one in tables if len(one) == 40]
    assert grid[data.feature_names[0]].tolist() == data.x_test[:40, 0].tolist()
    (weights,) = [one for one in tables if one.shape == (30, 2)]
    assert (list(weights.index), list(weights.columns)) == (list(data.feature_names), list(data.class_names))
    np.testing.assert_array_equal(oracle.rows[-1], data.x_test[4])


def test_class_names_are_shown_as_they_are_and_fetch_nothing(make_run: MakeRun, oracle: Oracle, tmp_path: Path) -> None:
    names = ("![a](http://elsewhere.example/a.png)", ":red[b]")
    path = tmp_path / "own.csv"
    path.write_text("one,two,label\n" + "".join(f"{i},{-i},{names[i % 2]}\n" for i in range(40)))
    data = load_dataset(str(path))
    probabilities = answers(data.y_test, 2)
    run = make_run(
        "finished",
        ExperimentConfig(name="own", dataset=str(path), layers=[], epochs=1),
        **figures_of(data.y_test, probabilities, data.class_names),
    )
    keep_probabilities(run, probabilities)
    oracle.weights, oracle.scores = np.ones((2, 2), np.float32), np.zeros(2, np.float32)
    session = results_page(row="4")
    told = [element.value for kind in ("markdown", "info", "warning") for element in session.app.get(kind)]
    told += [metric.value for metric in session.app.metric]
    assert "![a" not in "".join(told).replace("\\!\\[a", "")
    assert ":red[b]" not in "".join(told)
    assert any(":\N{WORD JOINER}red\\[b\\]" in words for words in told)


@pytest.mark.parametrize(
    "damage",
    [
        {"confusion_matrix": [[1, 2], [3]]},
        {"confusion_matrix": [[1, 2], [3, 4]]},
        {"worst_mistakes": [{"row": 1}]},
        {"test_accuracy": None},
        {"test_rows": 7},
    ],
)
def test_a_damaged_result_breaks_nothing(make_run: MakeRun, damage: dict[str, Any]) -> None:
    run = make_run("finished", **{**figures_of(DIGITS.y_test, PROBABILITIES, DIGITS.class_names), **damage})
    keep_probabilities(run, PROBABILITIES)
    words = results_page().words
    assert texts.results.NOT_TESTED in words or texts.results.OTHER_ROWS in words


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [(np.ones((7, 5)), texts.results.NOT_DRAWN), (np.full((64, 5), np.inf), texts.results.NO_NUMBERS)],
)
def test_first_weights_that_can_not_be_drawn_are_explained(
    tested: RunFolder, oracle: Oracle, weights: np.ndarray, sentence: str
) -> None:
    oracle.weights = weights
    assert sentence in results_page().words


def test_everything_can_be_taken_along_and_the_report_is_not_made_before(
    tested: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_early(run: RunFolder) -> None:
        raise AssertionError("nobody has asked for it")

    monkeypatch.setattr("dashboard.shared.downloads.render", too_early)
    labels = [button.label for button in results_page().app.get("download_button")]
    assert labels == [*texts.DOWNLOAD.values(), texts.results.REPORT]


def test_a_run_that_saved_nothing_offers_what_it_has(make_run: MakeRun) -> None:
    make_run("interrupted")
    labels = [button.label for button in results_page().app.get("download_button")]
    assert labels == [texts.DOWNLOAD["history"], texts.DOWNLOAD["config"], texts.results.REPORT]


def test_a_network_stopped_before_its_first_epoch_is_not_held_against_the_untrained_one(make_run: MakeRun) -> None:
    run = make_run("stopped", **figures_of(DIGITS.y_test, PROBABILITIES, DIGITS.class_names), epochs=0, steps=6)
    keep_probabilities(run, PROBABILITIES)
    events = run.path / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    events.write_text("".join(line for line in lines if not re.search('"epoch": [1-9]', line)))
    session = results_page()
    tiles = {metric.label: (metric.value, metric.delta) for metric in session.app.metric}
    assert tiles[texts.results.TRAINING_ACCURACY] == ("–", texts.results.NOT_MEASURED)
    assert texts.results.GAP.partition("{")[0] not in session.words


def test_the_chosen_run_stays_chosen_when_it_ends_and_while_other_pages_are_looked_at(make_run: MakeRun) -> None:
    shown, chosen = make_run("finished"), make_run("interrupted")
    session = results_page(run=shown.id)
    session.field(texts.CHOOSE_RUN).set_value(chosen.id).run()
    before = session.app._tree.get_widget_states()
    result = {"run_id": chosen.id, "state": "finished", "test_accuracy": 0.5, "seconds": 1.0}
    (chosen.path / "result.json").write_text(json.dumps(result))
    for _ in range(2):  # The browser still sends what it was shown.
        session.app._run(before)
        assert session.field(texts.CHOOSE_RUN).value == chosen.id
    session.go_to("data")
    session.go_to("results")
    assert session.field(texts.CHOOSE_RUN).value == chosen.id


def test_a_run_that_train_shows_is_shown_here_whatever_was_chosen_before(make_run: MakeRun) -> None:
    one, other = make_run("finished"), make_run("finished")
    session = results_page(run=one.id)
    session.field(texts.CHOOSE_RUN).set_value(other.id).run()
    third = make_run("finished")
    session.app.session_state[state.RUN] = third.id
    session.reload()
    assert session.field(texts.CHOOSE_RUN).value == third.id


def test_a_run_counted_in_steps_says_how_many(make_run: MakeRun) -> None:
    config = preset("softmax-sum-1000").replace(dataset="digits", steps=40, log_every=8)
    make_run("finished", config, **figures_of(DIGITS.y_test, PROBABILITIES, DIGITS.class_names), steps=40, epochs=0)
    session = results_page()
    assert " · 40 steps · finished" in session.words
    session.go_to("models")
    assert "finished · 40 steps · " in session.words


def test_another_test_could_differ_also_from_one_without_a_mistake() -> None:
    # The rule of three: the true error may be up to 3 in 30 although none of 30 was wrong.
    assert "could differ by 10.00 points" in meaning_of_gap(1.0, 1.0, 30)
