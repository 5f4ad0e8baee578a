"""Tables, pictures in colour, data that are not on this machine yet, and data of one's own, on the pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from session import Session

from dashboard import texts
from dashboard.shared.formatting import plain
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Flatten
from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.runs import RunFolder

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]
TABLE = preset("table").replace(epochs=6)


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    """A file of small pictures in colour, wider than high, with classes in words."""
    x = np.random.default_rng(0).integers(0, 256, (60, 4, 8, 3), np.uint8)
    np.savez(tmp_path / "mine.npz", x=x, y=np.array(["a cat", "a *dog*"])[np.arange(60) % 2])
    return str(tmp_path / "mine.npz")


def frames(session: Session) -> list[Any]:
    """The tables on the page."""
    return [element.value for element in session.app.dataframe]


def test_a_table_is_previewed_as_a_table(train_page: Session) -> None:
    train_page.fill(texts.form.START_FROM, "table")
    assert not train_page.has_broken
    assert train_page.can_start
    assert "455 rows" in train_page.words
    assert train_page.pictures == 0
    (shown,) = frames(train_page)
    data = load_dataset("breast_cancer")
    assert shown.columns.tolist() == [texts.TRUE, *data.feature_names]
    assert shown[texts.TRUE].tolist() == [data.class_names[label] for label in data.y_test[:10]]


def test_a_convolution_on_a_table_is_explained_at_the_layer(train_page: Session) -> None:
    train_page.fill(texts.form.START_FROM, "cnn")
    train_page.fill(texts.form.DATA, "iris")
    (sentence,) = train_page.problems
    assert "use data made of pictures" in sentence
    assert train_page.sentence_after(train_page.button("✕", nth=0)) == sentence
    assert not train_page.can_start


@pytest.mark.parametrize("name", ["cifar10", "fashion_mnist"])
def test_data_that_are_not_here_yet_say_how_to_fetch_them(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    page = visit()
    page.fill(texts.form.DATA, name)
    (sentence,) = page.problems
    assert f"{plain(name)} is not on this machine yet." in sentence
    assert f"python -m toolkit data {plain(name)}" in sentence
    assert page.sentence_after(page.field(texts.form.DATA)) == sentence
    assert not page.can_start
    assert not page.has_broken


def test_a_split_that_leaves_a_class_out_is_explained(train_page: Session) -> None:
    train_page.fill(texts.form.DATA, "iris")
    train_page.fill("Validation split", 0.01)
    (sentence,) = train_page.problems
    assert "leaves class setosa without a validation row" in sentence
    assert not train_page.can_start


def test_a_run_on_a_table_shows_its_answers_as_a_table(visit: Visit, make_run: MakeRun) -> None:
    page = visit(run=make_run("running", TABLE).id)
    assert not page.has_broken
    assert page.pictures == 0
    shown = frames(page)[0]
    data = load_dataset("breast_cancer")
    true = [data.class_names[label] for label in data.y_test[:10]]
    guess = true[0]
    assert shown[texts.TRUE].tolist() == true
    assert shown[texts.PREDICTED].tolist() == [guess if one == guess else f"{guess} ✗" for one in true]
    assert set(shown[texts.SURE]) == {"91 %"}
    assert tuple(shown.columns[3:]) == data.feature_names


def test_ten_rows_of_a_table_are_predicted_on_request(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Predictor:
        comebacks = 0

        def predict(self, run_id: str, x: np.ndarray) -> np.ndarray:
            return np.array([[0.75, 0.25]] * len(x), np.float32)

    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: Predictor())
    make_run("finished", TABLE)
    page = visit()
    page.go_to("models")
    page.click(texts.models.PREDICT_TEN)
    assert not page.has_broken
    shown = frames(page)[1]
    true = load_dataset("breast_cancer").y_test[:10]
    assert shown[texts.PREDICTED].tolist() == ["malignant ✗" if label else "malignant" for label in true]
    assert shown.columns[3] == "mean radius"


def own(path: str) -> ExperimentConfig:
    """An experiment on a file."""
    return ExperimentConfig(name="mine", dataset=path, layers=[Conv2D(filters=2), Flatten()], epochs=6)


def test_a_run_on_data_of_ones_own_can_be_looked_at_and_its_settings_loaded(
    visit: Visit, make_run: MakeRun, pictures: str, submitted: list[Any]
) -> None:
    run = make_run("finished", own(pictures))
    page = visit(run=run.id)
    assert not page.has_broken
    assert "mine on mine.npz" in page.words
    assert page.pictures == 10
    page.go_to("models")
    assert not page.has_broken
    assert "mine.npz" in page.words
    page.click(texts.run_actions.LOAD)
    page.go_to("train")
    assert page.field(texts.form.DATA).value == pictures
    assert page.shapes[0].startswith("4 × 8 × 3 → ")
    page.click(texts.train.START)
    assert submitted[-1][0] == own(pictures)


def test_a_run_whose_data_have_gone_does_not_hide_the_others(visit: Visit, make_run: MakeRun, pictures: str) -> None:
    make_run("finished", own(pictures))
    make_run("finished")
    Path(pictures).unlink()
    page = visit()
    page.go_to("models")
    assert not page.has_broken
    assert len(frames(page)[-1]) == 2


def test_settings_whose_data_have_gone_are_explained_at_the_data(
    visit: Visit, make_run: MakeRun, pictures: str
) -> None:
    run = make_run("finished", own(pictures))
    Path(pictures).unlink()
    page = visit(run=run.id)
    assert not page.has_broken
    (sentence,) = page.problems
    assert "There is no such file or folder." in sentence
    assert page.sentence_after(page.field(texts.form.DATA)) == sentence
    page.fill(texts.form.DATA, "digits")
    assert page.problems == []


def test_another_data_set_forgets_the_column_of_the_label(visit: Visit, make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("kind,a\n" + "x,1\ny,3\n" * 40)
    config = ExperimentConfig(dataset=str(tmp_path / "mine.csv"), label="kind", epochs=6)
    page = visit(run=make_run("finished", config).id)
    assert page.problems == []
    page.fill(texts.form.DATA, "iris")
    assert page.problems == []
    assert page.can_start
