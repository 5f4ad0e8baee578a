"""One training, recorded by plain Keras in all ways at once, reads as the same table from each of them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from toolkit.analysis.histories import histories_of, history_frame, mean_frame
from toolkit.analysis.overfitting import find_overfitting
from toolkit.config import ExperimentConfig
from toolkit.errors import DataError
from toolkit.figures import curves
from toolkit.runs import RunWriter, create_run
from toolkit.training.history import History

METRICS = ["accuracy", "loss", "val_accuracy", "val_loss"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What plain Keras's `fit` of three epochs returned, and what its own callbacks wrote."""
    folder = tmp_path_factory.mktemp("plain keras")
    random = np.random.default_rng(4)
    x, y = random.normal(size=(60, 4)).astype(np.float32), random.integers(0, 3, 60)
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    loggers = [
        keras.callbacks.CSVLogger(folder / "log.csv"),
        keras.callbacks.CSVLogger(folder / "log.tsv", separator="\t"),
        keras.callbacks.TensorBoard(folder / "runs" / "first"),
    ]
    fitted = model.fit(x, y, validation_split=0.25, epochs=3, verbose=0, callbacks=loggers)
    return SimpleNamespace(fitted=fitted, folder=folder)


def test_every_recording_of_a_training_reads_alike_and_its_first_epoch_is_epoch_1(recorded: SimpleNamespace) -> None:
    folder, lists = recorded.folder, recorded.fitted.history
    with (folder / "log.csv").open() as text, (folder / "log.csv").open("rb") as binary:
        recordings = {
            "fit": recorded.fitted,
            "lists": lists,
            "table": pd.DataFrame(lists),
            "CSV file": folder / "log.csv",
            "CSV file by name": str(folder / "log.csv"),
            "CSV file with tabs": folder / "log.tsv",
            "open file": text,
            "open binary file": binary,
            "table of the file": pd.read_csv(folder / "log.csv"),
            "table of the file by epoch": pd.read_csv(folder / "log.csv", index_col="epoch"),
            "TensorBoard": folder / "runs" / "first",
        }
        frames = {name: history_frame(one) for name, one in recordings.items()}

    for name, frame in frames.items():
        assert frame["epoch"].tolist() == frame["step"].tolist() == [1, 2, 3], name
        for metric in METRICS:
            np.testing.assert_allclose(frame[metric], lists[metric], rtol=1e-6, err_msg=name)


def test_the_verdict_and_the_figure_take_all_of_them(recorded: SimpleNamespace) -> None:
    named = find_overfitting(recorded.fitted)

    for history in (recorded.folder / "log.csv", recorded.folder / "runs" / "first", recorded.fitted.history):
        assert find_overfitting(history).best_epoch == named.best_epoch
        drawn = {trace.name: trace.y for trace in curves(history).data}
        np.testing.assert_allclose(drawn["validation"], recorded.fitted.history["val_loss"], rtol=1e-6)


def test_a_file_that_two_fits_wrote_is_counted_on(recorded: SimpleNamespace, tmp_path: Path) -> None:
    first, *lines = (recorded.folder / "log.csv").read_text().splitlines()
    path = tmp_path / "twice.csv"
    path.write_text("\n".join([first, *lines, *lines]))

    assert history_frame(path)["epoch"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_value_that_csvlogger_lacked_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss,val_loss\n0,0.5,NA\n1,0.4,0.6\n")

    assert history_frame(path)["val_loss"].isna().tolist() == [True, False]


@pytest.mark.parametrize("name", ["acc", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy"])
def test_an_accuracy_under_another_name_counts_as_one(name: str) -> None:
    frame = history_frame({"loss": [2.0, 1.0], name: [0.4, 0.5], f"val_{name}": [0.3, 0.4]})

    assert frame["accuracy"].tolist() == [0.4, 0.5]
    assert frame["val_accuracy"].tolist() == frame[f"val_{name}"].tolist() == [0.3, 0.4]


def test_metrics_of_ones_own_stay_and_can_be_drawn() -> None:
    history = {"loss": [3.0, 2.0, 1.0], "mae": [1.5, 1.2, 1.1], "val_mae": [1.6, 1.3, 1.4]}

    drawn = {trace.name: list(trace.y) for trace in curves(history, metric="mae").data}

    assert drawn == {"training, as Keras counts it": history["mae"], "validation": history["val_mae"]}
    with pytest.raises(DataError, match=r"The history holds no accuracy\. It holds: loss, mae\."):
        curves(history, metric="accuracy")


def test_our_own_table_keeps_the_epoch_before_training(tmp_path: Path) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    writer = RunWriter.claim(run)
    assert writer is not None
    for epoch, loss in enumerate((2.3, 0.6, 0.4)):
        writer.append({"event": "epoch", "epoch": epoch, "step": 8 * epoch, "loss": loss, "val_loss": loss + 0.1})
    writer.finish({"run_id": run.id, "state": "finished"})
    writer.close()

    for history in (run, run.path, str(run.path), run.history(), run.history().frame):
        pd.testing.assert_frame_equal(history_frame(history), run.history().frame)
    assert find_overfitting(run.path) == find_overfitting(run.history())


def test_runs_with_several_seeds_are_judged_and_drawn_by_their_mean_in_a_band() -> None:
    seeds = [{"loss": [1.0, 0.5, 0.2], "val_loss": [1.2 + shift, 0.8, 0.7 - shift]} for shift in (-0.1, 0.0, 0.1)]

    figure = curves(seeds)

    line = next(trace for trace in figure.data if trace.name == "validation" and trace.fill is None)
    band = next(trace for trace in figure.data if trace.name == "validation" and trace.fill == "toself")
    np.testing.assert_allclose(line.y, [1.2, 0.8, 0.7])
    np.testing.assert_allclose(band.y, [1.3, 0.8, 0.8, 0.6, 0.8, 1.1])
    assert list(band.x) == [1, 2, 3, 3, 2, 1]
    assert find_overfitting(seeds).state == "still_learning"


def test_histories_of_other_lengths_are_averaged_as_far_as_all_go() -> None:
    mean = mean_frame([history_frame({"loss": [4.0, 2.0]}), history_frame({"loss": [2.0, 1.0, 0.5]})])

    assert mean["loss"].tolist() == [3.0, 1.5]
    with pytest.raises(DataError, match="measured at the same epochs and steps"):
        mean_frame([history_frame({"loss": [1.0]}), pd.DataFrame({"epoch": [1], "step": [8], "loss": [1.0]})])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (7, r"A history must be what train\(\) or Keras's fit\(\) returned.* Received: int\."),
        ({"loss": [1.0], "val_loss": [1.0, 2.0]}, "must be of one length"),
        ("nowhere.csv", r"nowhere\.csv can't be read \(No such file"),
        ([], "at least one history.* Received: an empty list"),
    ],
    ids=["a number", "lists of two lengths", "a missing file", "an empty list"],
)
def test_anything_else_is_refused_in_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        find_overfitting(wrong)


def test_a_folder_of_several_tensorboard_runs_names_them(recorded: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Name one of its runs: first\."):
        history_frame(recorded.folder / "runs")
    with pytest.raises(DataError, match="holds no metrics per epoch"):
        history_frame(tmp_path)


def test_a_single_history_is_a_list_of_one() -> None:
    history = History(records=())

    assert histories_of(history) == [history]
    assert histories_of([history, history]) == [history, history]
