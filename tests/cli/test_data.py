"""`data`: what a data set holds, and a figure that opens offline; and commands on data of one's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from toolkit.datasets import load_dataset
from toolkit.datasets.preprocessing import split_rows
from toolkit.runs import open_run

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands run in an empty folder, where figures may be written."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["mnist", "digits", "iris", "breast_cancer"])
def test_a_data_set_is_described_by_what_its_arrays_hold(command: Command, name: str) -> None:
    document = command("data", name, "--json", "--no-figure").document

    data = load_dataset(name)
    assert set(document) == {"name", "class_names", "train", "test", "feature_names", "notes", "figure"}
    assert (document["name"], document["class_names"]) == (name, list(data.class_names))
    assert (document["feature_names"], document["notes"]) == (list(data.feature_names), [])
    assert document["figure"] is None
    for part, x, y in (("train", data.x_train, data.y_train), ("test", data.x_test, data.y_test)):
        assert document[part] == {
            "shape": list(x.shape),
            "dtype": str(x.dtype),
            "range": [float(x.min()), float(x.max())],
            "rows_per_class": [int((y == label).sum()) for label in np.unique(y)],
        }


def test_people_get_shapes_and_rows_per_class_and_where_the_figure_is(command: Command, here: Path) -> None:
    lines = command("data", "mnist").output.splitlines()

    assert lines[0] == "x_train: 60,000 × 28 × 28, uint8 in 0…255"
    assert lines[1] == "x_test: 10,000 × 28 × 28, uint8 in 0…255"
    assert lines[2].split() == ["class", "train", "rows", "test", "rows"]
    assert lines[3].split() == ["0", "5923", "980"]
    assert lines[13] == "Random samples: mnist-samples.html"
    assert len(lines) == 14
    page = (here / "mnist-samples.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page  # it opens without a connection


def test_the_figure_goes_where_it_is_asked_to_and_replaces_only_its_own_kind(command: Command, here: Path) -> None:
    assert command("data", "iris", "--figure", "my iris.html", "--json").document["figure"] == "my iris.html"
    assert command("data", "iris", "--figure", "my iris.html").status == 0
    (here / "mine.html").write_text("my own page")
    answer = command("data", "iris", "--figure", "mine.html")
    assert (answer.status, answer.output) == (2, "")
    assert answer.errors == "mine.html exists and is not a figure of samples. Choose another name with --figure.\n"
    assert (here / "mine.html").read_text() == "my own page"


def test_data_of_ones_own_are_described_with_their_notes_and_columns(command: Command, here: Path) -> None:
    (here / "my flowers.csv").write_text("kind,a,b\n" + "x,1,2\ny,3,5\n" * 10)

    lines = command("data", "my flowers.csv", "--label", "kind").output.splitlines()

    assert lines[:4] == [
        "x_train: 16 × 2, float32 in 1…5",
        "x_test: 4 × 2, float32 in 1…5",
        "my flowers.csv has no test part: 4 of 20 rows, always the same ones, are kept for the test.",
        "columns: a, b",
    ]
    assert lines[-1] == "Random samples: my-flowers-samples.html"


@pytest.fixture(scope="module")
def table_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a table of one's own, in which a run was trained from the command line: (folder, its summary)."""
    import contextlib
    import io
    import os

    from toolkit.cli import main

    folder = tmp_path_factory.mktemp("own")
    random = np.random.default_rng(0)
    # Two columns of very different size, one that never changes, and a class that the larger ones hide.
    rows = [(number % 2, random.normal(number % 2, 0.2), random.normal(5000, 900), 7) for number in range(80)]
    lines = (f"{a:.4f},{b:.2f},{c},{'old' if kind else 'new'}\n" for kind, a, b, c in rows)
    (folder / "mine.csv").write_text("small,large,same,kind\n" + "".join(lines))
    before, output = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(output):
            words = "train --preset table --dataset mine.csv --epochs 40 --learning-rate 0.01 --name mine --json"
            assert main([*words.split(), "--root", str(folder / "runs")]) == 0
    finally:
        os.chdir(before)
    return folder, json.loads(output.getvalue())


def test_a_table_is_learned_though_its_columns_differ_in_size(table_run: tuple[Path, dict[str, Any]]) -> None:
    _, summary = table_run
    assert (summary["state"], summary["test_accuracy"]) == ("finished", 1.0)


def test_a_run_says_what_was_done_to_the_data_and_where_they_are(table_run: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = table_run
    run = open_run(folder / "runs", summary["run_id"])
    assert run.config.dataset == str(folder / "mine.csv")
    assert run.history().notes[:3] == (
        "mine.csv: the column kind holds the classes: it is the last one. Name another with --label.",
        "mine.csv: all rows have the same value in same, so there is nothing to learn from it. Leave that out: "
        "--leave-out same.",
        "mine.csv has no test part: 16 of 80 rows, always the same ones, are kept for the test.",
    )
    assert len(run.about["data_sha256"]) == 64


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_plain_keras_takes_raw_rows_and_standardises_them_by_the_training_rows_alone(
    table_run: tuple[Path, dict[str, Any]], tmp_path: Path, name: str
) -> None:
    folder, summary = table_run
    run = open_run(folder / "runs", summary["run_id"])
    data = load_dataset(run.config.dataset)
    ours = keras.models.load_model(run.model_path)
    ours.save(tmp_path / name)
    model = keras.models.load_model(tmp_path / name)

    learned = split_rows(data, run.config)[0].x_train
    assert len(learned) == 44  # of 80 rows 16 are for the test, and 30 % of the rest for validation
    layer = model.layers[0]
    assert type(layer) is keras.layers.Normalization
    scaler = StandardScaler().fit(learned.astype(np.float64))
    np.testing.assert_allclose(layer(data.x_test), scaler.transform(data.x_test), rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(model.predict(data.x_test, verbose=0), ours.predict(data.x_test, verbose=0))
    predicted = model.predict(data.x_test, verbose=0).argmax(axis=1)
    assert np.mean(predicted == data.y_test) == summary["test_accuracy"]


def test_a_run_on_a_table_is_evaluated_and_predicts_from_another_folder(
    command: Command, table_run: tuple[Path, dict[str, Any]]
) -> None:
    folder, summary = table_run
    asked = (summary["run_id"], "--root", folder / "runs", "--json")
    assert command("evaluate", *asked).document["test_accuracy"] == summary["test_accuracy"]
    lines = command("evaluate", *asked[:-1]).output.splitlines()
    assert lines[1:5] == [
        "Rows: true class. Columns: predicted class.",
        "     new  old",
        "new  8    0  ",
        "old  0    8  ",
    ]
    answers = command("predict", *asked, "--index", "0:3").document
    assert [one["label"] for one in answers] == [one["true_label"] for one in answers]
    (picture := Path("a.png")).touch()
    answer = command("predict", summary["run_id"], picture, "--root", folder / "runs")
    assert (answer.status, answer.errors) == (
        2,
        "The data set mine.csv holds no pictures, so a.png can't be predicted. Use --index.\n",
    )


def test_weights_of_a_table_go_into_the_same_network(command: Command, table_run: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = table_run
    words = "train --preset table --epochs 1 --json --dataset"
    root = ("--root", folder / "runs")
    answer = command(*words.split(), folder / "mine.csv", "--weights-from", summary["run_id"], *root)
    assert answer.document["test_accuracy"] > 0.9


@pytest.mark.parametrize("asked", ["evaluate", "export"])
def test_data_that_have_changed_or_gone_are_not_taken_for_those_of_the_run(
    command: Command, table_run: tuple[Path, dict[str, Any]], asked: str
) -> None:
    folder, summary = table_run
    path = folder / "mine.csv"
    content = path.read_bytes()
    try:
        path.write_bytes(content.replace(b"old", b"not"))
        changed = command(asked, summary["run_id"], "--root", folder / "runs")
        path.unlink()
        gone = command(asked, summary["run_id"], "--root", folder / "runs")
    finally:
        path.write_bytes(content)
    assert (changed.status, changed.errors) == (
        2,
        f"{path} has changed since the run {summary['run_id']} was made, so its results would not be that run's. "
        "Restore the former data, or train again.\n",
    )
    assert (gone.status, gone.errors) == (
        2,
        f"The data of the run {summary['run_id']} are gone: there is no {path}. Put them back there.\n",
    )


@pytest.mark.parametrize("divisor", [1, 255])
def test_pictures_of_ones_own_are_learned_and_predicted(command: Command, here: Path, divisor: int) -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 100, (40, 6, 6, 3))
    y = np.array(["red", "blue"])[np.arange(40) % 2]
    x[y == "red", ..., 0] += 150
    x[y == "blue", ..., 2] += 150
    np.savez(here / "mine.npz", x=x / divisor, y=y)
    keras.utils.save_img(here / "a.png", np.full((20, 20, 3), (230, 30, 30)), scale=False)

    layers = '[{"kind":"conv2d","filters":4},{"kind":"flatten"}]'
    options = ("--epochs", 8, "--learning-rate", 0.02, "--batch-size", 8, "--json")
    summary = command("train", "--dataset", "mine.npz", "--layers", layers, *options, "--root", here / "runs").document
    answers = command("predict", summary["run_id"], "a.png", "--root", here / "runs", "--json").document

    assert summary["test_accuracy"] == 1
    assert answers[0]["label"] == "red"
    assert answers[0]["probabilities"][1] > 0.9


def test_a_set_that_is_not_here_is_fetched_before_a_run_is_made(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(here / "keras"))
    monkeypatch.setattr("toolkit.datasets.cifar10.URL", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    answer = command("train", "--preset", "cifar10", "--root", here / "runs")
    assert (answer.status, answer.output) == (2, "")
    assert answer.errors.startswith("cifar10 is not on this machine and can't be fetched (")
    assert not (here / "runs").exists()
