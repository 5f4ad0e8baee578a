"""The whole way of a run: what it leaves on disk, however it ends."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score, confusion_matrix
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from toolkit import limits
from toolkit.analysis import evaluation
from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten
from toolkit.config.schema_version import SCHEMA
from toolkit.datasets import Dataset
from toolkit.errors import ConfigError, ModelFileError, RunError
from toolkit.experiment import run_experiment
from toolkit.models import storage
from toolkit.models.storage import load_weights
from toolkit.preflight import check_experiment
from toolkit.runs import RunFolder, RunWriter, create_run
from toolkit.runs.artifacts import open_model
from toolkit.runs.schema import Measurement, Outcome
from toolkit.system.files import sha256_of
from toolkit.training.history import COLUMNS

ROOT = Path(__file__).resolve().parent.parent

#: A network that changes visibly in three epochs, with dropout, so that training and inference differ.
_BASE: dict[str, Any] = {
    "name": "a test",
    "dataset": "digits",
    "layers": [Dense(units=16), Dropout(rate=0.1)],
    "learning_rate": 0.01,
    "epochs": 3,
}


def _queued(root: Path, *, about: dict[str, Any] | None = None, **changes: Any) -> RunFolder:
    return create_run(root, ExperimentConfig(**{**_BASE, **changes}), asked_by="a test", **(about or {}))


def _diverging(**changes: Any) -> dict[str, Any]:
    """The tutorials' log(0), with a rate at which it comes soon."""
    return {
        "layers": [],
        "kernel_initializer": "zeros",
        "loss": "unclipped_crossentropy_sum",
        "optimizer": "sgd",
        "learning_rate": 0.5,
        **changes,
    }


def _measured(run: RunFolder) -> list[Measurement]:
    return [event for event in run.events() if event.event == "epoch"]


def _strict(text: str) -> Any:
    """JSON as the standard has it: no NaN, no Infinity."""
    return json.loads(text, parse_constant=pytest.fail)


class _Finished(NamedTuple):
    run: RunFolder
    result: Outcome
    reported: list[dict[str, Any]]
    checkpoints: list[tuple[int, int]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> _Finished:
    """A run with everything, watched while it trained."""
    run = _queued(tmp_path_factory.mktemp("runs"), about={"tensorboard": True})
    reported, checkpoints = [], []

    def report(event: dict[str, Any]) -> None:
        reported.append(event)
        if event["event"] == "epoch" and event["epoch"]:
            with np.load(run.checkpoint_path) as checkpoint:
                epoch, step = checkpoint["records"][-1][:2]
                checkpoints.append((int(epoch), int(step)))

    return _Finished(run, run_experiment(run, report=report), reported, checkpoints)


def test_a_finished_run_leaves_every_file_of_the_run_folder(finished: _Finished) -> None:
    names = {path.name for path in finished.run.path.iterdir()}

    assert names == {
        "config.json",
        "events.jsonl",
        "checkpoint",
        "model.keras",
        "model.weights.h5",
        "result.json",
        "predictions.npz",
        "samples.npz",
        "worker.lock",
        "tensorboard",
    }
    assert finished.run.state == "finished"


def test_the_result_holds_every_figure(finished: _Finished) -> None:
    result = _strict((finished.run.path / "result.json").read_text())

    assert set(result) == {
        "schema",
        "run_id",
        "state",
        "message",
        "epochs",
        "steps",
        "test_loss",
        "test_accuracy",
        "test_rows",
        "confusion_matrix",
        "classes",
        "worst_mistakes",
        "calibration",
        "overfitting",
        "model_sha256",
        "weights_sha256",
        "timings",
        "engine",
        "seconds",
    }
    assert result.pop("schema") == SCHEMA
    assert result == finished.result.as_dict() == finished.run.result.as_dict()
    assert finished.result == finished.run.result
    # 1,437 rows, of which 432 validate: 1,005 in batches of 128.
    assert (result["run_id"], result["state"], result["message"]) == (finished.run.id, "finished", "")
    assert (result["epochs"], result["steps"], result["test_rows"]) == (3, 24, 360)
    assert set(result["timings"]) == {"load", "build", "compile", "train", "evaluate", "save"}
    assert sum(result["timings"].values()) <= result["seconds"]


def test_the_hashes_are_those_of_the_files(finished: _Finished) -> None:
    assert finished.result.model_sha256 == sha256_of(finished.run.path / "model.keras")
    assert finished.result.weights_sha256 == sha256_of(finished.run.path / "model.weights.h5")


def test_the_figures_are_those_of_the_saved_model(finished: _Finished, digits: Dataset) -> None:
    """Opened in Keras, judged by Keras and scikit-learn."""
    model = keras.models.load_model(finished.run.path / "model.keras")
    inputs = (digits.x_test / np.float32(255)).reshape(-1, 64)
    answers = model.predict(inputs, verbose=0).argmax(axis=1)

    loss, accuracy = model.evaluate(inputs, np.eye(10)[digits.y_test], batch_size=128, verbose=0)

    assert finished.result.test_loss == pytest.approx(loss, rel=1e-6)
    assert finished.result.test_accuracy == pytest.approx(accuracy, abs=1e-6)
    assert finished.result.test_accuracy == pytest.approx(accuracy_score(digits.y_test, answers), abs=1e-12)
    assert finished.result.confusion_matrix == confusion_matrix(digits.y_test, answers).tolist()


def test_the_saved_weights_are_those_of_the_saved_model(finished: _Finished) -> None:
    model = keras.models.load_model(finished.run.path / "model.keras")
    random = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(10, "softmax"),
        ]
    )

    random.load_weights(finished.run.path / "model.weights.h5")

    for whole, alone in zip(model.get_weights(), random.get_weights(), strict=True):
        np.testing.assert_array_equal(whole, alone)


def test_events_tell_the_run_from_its_start_to_its_end(finished: _Finished) -> None:
    events = finished.run.events()

    assert [event.event for event in events] == ["state", "baseline", *["epoch", "samples"] * 4, "state"]
    assert (events[0].state, events[-1].state) == ("running", "finished")
    assert all(event.time for event in events)
    for line in (finished.run.path / "events.jsonl").read_text().splitlines():
        _strict(line)


def test_a_measurement_has_keras_names_and_its_place(finished: _Finished) -> None:
    records = _measured(finished.run)

    assert all(set(record.as_dict()) == {"event", "time", *COLUMNS} for record in records)
    assert [(record.epoch, record.step) for record in records] == [(0, 0), (1, 8), (2, 16), (3, 24)]
    assert (records[0].loss, records[0].accuracy) == (None, None)
    figures = [getattr(record, name) for record in records[1:] for name in COLUMNS]
    assert all(isinstance(figure, int | float) for figure in figures)
    assert records[-1].val_loss < records[0].val_loss


def test_whoever_watches_gets_each_event_as_it_is_written(finished: _Finished) -> None:
    written = [
        {name: value for name, value in event.as_dict().items() if name not in ("time", "schema")}
        for event in finished.run.events()
    ]

    assert finished.reported == written[:-1]


def test_the_history_can_be_read_back(finished: _Finished) -> None:
    history = finished.run.history()

    assert history.state == "finished"
    assert (history.epochs, history.step) == (3, 24)
    assert history.frame["val_loss"].tolist() == [record.val_loss for record in _measured(finished.run)]


def test_the_verdict_is_kept(finished: _Finished) -> None:
    verdict = finished.result.overfitting
    losses = {record.epoch: record.val_loss for record in _measured(finished.run)}

    assert verdict.best_epoch == min(losses, key=losses.__getitem__)
    assert verdict.since_epoch == verdict.best_epoch + 1
    assert verdict.state == "still_learning"
    assert verdict.sentence.endswith(".")


def test_the_checkpoint_of_a_measurement_is_there_before_its_line(finished: _Finished) -> None:
    assert finished.checkpoints == [(1, 8), (2, 16), (3, 24)]


def test_the_followed_pictures_are_the_first_of_the_test_rows(finished: _Finished, digits: Dataset) -> None:
    with np.load(finished.run.path / "samples.npz", allow_pickle=False) as samples:
        np.testing.assert_array_equal(samples["x"], digits.x_test[:10])
        np.testing.assert_array_equal(samples["y"], digits.y_test[:10])
        assert samples["class_names"].tolist() == list(digits.class_names)


def test_each_measurement_says_what_the_network_thinks_of_the_followed_pictures(
    finished: _Finished, digits: Dataset
) -> None:
    samples = [event for event in finished.run.events() if event.event == "samples"]

    assert [(event.epoch, event.step) for event in samples] == [(0, 0), (1, 8), (2, 16), (3, 24)]
    for event in samples:
        probabilities = np.array(event.probabilities)
        assert probabilities.shape == (10, 10)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)
        chosen = probabilities[np.arange(10), event.labels]
        assert (chosen >= probabilities.max(axis=1) - 1e-4).all()
    model = keras.models.load_model(finished.run.path / "model.keras")
    last = model.predict_on_batch((digits.x_test[:10] / np.float32(255)).reshape(10, 64))
    np.testing.assert_allclose(samples[-1].probabilities, last, atol=1e-4)
    assert samples[0].probabilities != samples[-1].probabilities


@pytest.mark.parametrize(("part", "name"), [("train", "loss"), ("validation", "val_loss")])
def test_tensorboard_reads_the_loss_of_every_epoch(finished: _Finished, part: str, name: str) -> None:
    events = EventAccumulator(str(finished.run.path / "tensorboard" / part), size_guidance={"tensors": 0})
    events.Reload()

    losses = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors("epoch_loss")]

    assert losses == pytest.approx([getattr(record, name) for record in _measured(finished.run)[1:]], rel=1e-6)


def test_the_saved_model_opens_compiled(finished: _Finished, digits: Dataset) -> None:
    again = evaluation.evaluate(open_model(finished.run), digits, batch_size=128)

    assert again.test_loss == pytest.approx(finished.result.test_loss, rel=1e-6)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with the tutorials' loss and a batch larger than the data."""
    run = _queued(
        tmp_path_factory.mktemp("runs"),
        **{"loss": "unclipped_crossentropy_sum", "learning_rate": 0.001, "batch_size": 50_000, "epochs": 1},
    )
    run_experiment(run)
    return run


def test_a_model_with_the_tutorials_loss_opens_compiled_too(adapted: RunFolder, digits: Dataset) -> None:
    again = evaluation.evaluate(open_model(adapted), digits, batch_size=50_000)

    assert again.test_loss == pytest.approx(adapted.result.test_loss, rel=1e-5)


def _copy_with(run: RunFolder, root: Path, name: str, content: bytes) -> RunFolder:
    """The same run in another folder, with one file swapped."""
    copy = RunFolder(Path(shutil.copytree(run.path, root / run.id)))
    (copy.path / name).write_bytes(content)
    return copy


def _not_as_saved(path: Path, expected: str) -> str:
    return (
        f"{path} is not the file that the run saved: expected the SHA-256 {expected[:12]}… of its result.json. "
        f"Received: {sha256_of(path)[:12]}…. Put the saved file back, or train the run again."
    )


@pytest.mark.parametrize("what", ["another model", "half of it"])
def test_a_model_file_that_is_not_the_saved_one_is_refused(finished: _Finished, tmp_path: Path, what: str) -> None:
    whole = finished.run.model_path.read_bytes()
    other = storage.save_model(open_model(finished.run), tmp_path / "other.keras").read_bytes()
    assert other != whole
    run = _copy_with(finished.run, tmp_path, "model.keras", other if what == "another model" else whole[:9000])

    with pytest.raises(ModelFileError) as caught:
        open_model(run)

    assert str(caught.value) == _not_as_saved(run.model_path, finished.result.model_sha256)


def test_a_model_whose_hash_nobody_kept_is_opened(finished: _Finished, tmp_path: Path) -> None:
    other = storage.save_model(open_model(finished.run), tmp_path / "other.keras").read_bytes()
    run = _copy_with(finished.run, tmp_path, "model.keras", other)

    result = {name: value for name, value in finished.result.as_dict().items() if name != "model_sha256"}
    (run.path / "result.json").write_text(json.dumps(result))
    assert open_model(run).compiled

    (run.path / "result.json").unlink()
    assert open_model(run).compiled


def test_weights_that_are_not_the_saved_ones_are_refused_before_and_at_the_start(
    finished: _Finished, tmp_path: Path
) -> None:
    source = _copy_with(finished.run, tmp_path, "model.weights.h5", finished.run.weights_path.read_bytes()[:-1])
    sentence = _not_as_saved(source.weights_path, finished.result.weights_sha256)

    with pytest.raises(ModelFileError) as caught:
        check_experiment(source.config, tmp_path, source.id)
    assert str(caught.value) == sentence

    run = _queued(tmp_path, about={"weights_from": source.id})
    assert run_experiment(run).message == sentence
    assert run.state == "failed"


def test_a_run_that_has_not_ended_has_no_model_to_open(tmp_path: Path) -> None:
    run = _queued(tmp_path)

    with pytest.raises(RunError) as caught:
        open_model(run)
    assert str(caught.value) == f"The run {run.id} has no saved model: it is queued. Choose one that has ended."


def test_steps_are_measured_as_often_as_asked(tmp_path: Path) -> None:
    run = _queued(tmp_path, epochs=None, steps=10, log_every=4)

    result = run_experiment(run)

    assert [(record.epoch, record.step) for record in _measured(run)] == [(0, 0), (1, 4), (1, 8), (2, 10)]
    assert (result.steps, result.epochs) == (10, 1)


def test_what_was_adapted_to_the_data_is_noted(adapted: RunFolder) -> None:
    assert adapted.history().notes == (
        "The batch of 50,000 is larger than the 1,005 training rows: each epoch is one full batch.",
    )


# How a run can end otherwise.


def test_a_stop_asked_for_before_the_start_ends_the_run_at_once(tmp_path: Path) -> None:
    run = _queued(tmp_path)
    run.request_stop()

    result = run_experiment(run)

    assert (result.state, result.epochs, result.steps) == ("stopped", 0, 0)
    assert result.overfitting.state == "cannot_tell"
    assert "validation_split" not in result.overfitting.sentence
    assert run.model_path.is_file()


@pytest.mark.parametrize("way", ["the stop file", "the caller"])
def test_a_stop_keeps_what_was_learned(tmp_path: Path, way: str) -> None:
    run, asked = _queued(tmp_path, epochs=1000), []

    def report(event: dict[str, Any]) -> None:
        if event["event"] == "epoch" and event["epoch"] == 2:
            run.request_stop() if way == "the stop file" else asked.append(True)

    result = run_experiment(run, report=report, should_stop=lambda: bool(asked))

    assert run.state == result.state == "stopped"
    assert 2 <= result.epochs < 1000
    assert run.events()[-1].state == "stopped"
    assert keras.models.load_model(run.model_path).count_params() == 64 * 16 + 16 + 16 * 10 + 10
    assert 0 < result.test_accuracy <= 1
    assert result.model_sha256 == sha256_of(run.model_path)


@pytest.fixture(scope="module")
def diverged(tmp_path_factory: pytest.TempPathFactory) -> _Finished:
    run = _queued(tmp_path_factory.mktemp("runs"), **_diverging())
    return _Finished(run, run_experiment(run), [], [])


def test_a_diverged_run_is_a_result_with_a_reason(diverged: _Finished) -> None:
    run, result = diverged.run, diverged.result

    assert run.state == result.state == run.events()[-1].state == "diverged"
    assert result.message == (
        f"The loss stopped being a number at step {result.steps}: this loss takes log(p) of a probability that was "
        "rounded to 0, and the learning rate 0.5 is probably too large. Try a tenth of it, 0.05."
    )
    assert result.overfitting.state == "diverged"
    assert result.overfitting.sentence == result.message


def test_a_diverged_runs_files_hold_null_and_never_nan(diverged: _Finished) -> None:
    result = _strict((diverged.run.path / "result.json").read_text())
    events = [_strict(line) for line in (diverged.run.path / "events.jsonl").read_text().splitlines()]

    assert result["test_loss"] is None
    last = [event for event in events if event["event"] == "epoch"][-1]
    assert (last["loss"], last["val_loss"]) == (None, None)
    samples = [event for event in events if event["event"] == "samples"][-1]
    assert samples["labels"] == [0] * 10
    assert samples["probabilities"] == [[None] * 10] * 10


def test_a_diverged_runs_accuracy_is_what_keras_counts_though_it_names_no_class(
    diverged: _Finished, digits: Dataset
) -> None:
    model = keras.models.load_model(diverged.run.model_path)

    assert all(np.isnan(weights).any() for weights in model.get_weights())
    assert diverged.result.test_accuracy == pytest.approx(np.mean(digits.y_test == 0), abs=1e-12)
    assert diverged.result.rows_without_answer == len(digits.y_test)


def test_a_diverged_runs_last_finite_weights_are_kept_and_can_be_loaded(diverged: _Finished) -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])

    load_weights(model, diverged.run.path / "last_finite.weights.h5")

    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    assert any(weights.any() for weights in model.get_weights())


def test_data_that_do_not_suffice_fail_the_run_with_a_sentence(tmp_path: Path) -> None:
    run = _queued(tmp_path, stratify=True, validation_split=0.001)

    result = run_experiment(run)

    assert run.state == result.state == run.events()[-1].state == "failed"
    assert set(result.as_dict()) == {"run_id", "state", "message", "seconds"}
    assert result.message.startswith("1,437 rows of 10 classes can't be split with validation_split 0.001: ")
    assert result.message.endswith("Choose a fraction that leaves rows on both sides.")
    assert run.events()[-1].message == result.message
    assert not run.log_path.exists()


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        (
            "models.storage.save_model",
            RuntimeError("a bug"),
            "The training broke off through a fault in the program. Its worker.log says more; please report it.",
        ),
        (
            "runs.artifacts.write_atomically",
            PermissionError(13, "Permission denied"),
            "The run's files can't be written (Permission denied). Fix that, then start again.",
        ),
        ("models.build.build_model", MemoryError(), limits.too_much_memory()),
        ("training.trainer.train", tf.errors.ResourceExhaustedError(None, None, "OOM"), limits.too_much_memory()),
    ],
    ids=["a bug", "a folder that may not be written", "too little memory", "too little memory for TensorFlow"],
)
def test_a_fault_fails_the_run_and_leaves_its_traceback_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception, message: str
) -> None:
    def fail(*arguments: Any, **settings: Any) -> None:
        raise error

    run = _queued(tmp_path, epochs=1)
    monkeypatch.setattr(f"toolkit.{where}", fail)

    result = run_experiment(run)

    assert (run.state, result.state, result.message) == ("failed", "failed", message)
    log = run.log_path.read_text()
    assert log.startswith("Traceback (most recent call last):\n")
    assert f"{type(error).__name__}" in log.splitlines()[-1]
    assert len(_measured(run)) == (2 if where == "models.storage.save_model" else 0)


def test_an_interrupt_from_the_keyboard_frees_the_run(tmp_path: Path) -> None:
    """In a notebook the process lives on: the run must not look as if it still trained."""
    run = _queued(tmp_path)

    def interrupt(event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiment(run, report=interrupt)

    assert run.state == "interrupted"


def test_a_run_is_trained_once(finished: _Finished) -> None:
    before = (finished.run.path / "events.jsonl").read_bytes()

    with pytest.raises(RunError) as caught:
        run_experiment(finished.run)

    assert str(caught.value) == f"The run {finished.run.id} is finished: only a queued run can be started."
    assert (finished.run.path / "events.jsonl").read_bytes() == before


def test_a_run_that_another_has_is_left_alone(tmp_path: Path) -> None:
    run = _queued(tmp_path)
    writer = RunWriter.claim(run)

    with pytest.raises(RunError) as caught:
        run_experiment(run)
    writer.close()

    assert str(caught.value) == f"The run {run.id} is running: only a queued run can be started."


# The same again, and going on.

_TRAIN = """
import sys
from pathlib import Path
from toolkit.config import ExperimentConfig
from toolkit.experiment import run_experiment
from toolkit.runs import create_run
config = ExperimentConfig.from_file(sys.argv[1])
print(run_experiment(create_run(Path(sys.argv[2]), config, asked_by="a test")).run_id)
"""


def _events_without_clock(run: RunFolder) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in event.as_dict().items() if name not in ("time", "seconds")}
        for event in run.events()
    ]


@pytest.mark.slow
def test_the_same_config_gives_the_same_run_in_another_process_to_the_last_bit(tmp_path: Path) -> None:
    """With convolution too; of a smaller network, tests/jobs/test_worker.py asks it in every round."""
    config = ExperimentConfig(
        **{**_BASE, "layers": [Conv2D(filters=4), Flatten(), Dense(units=32), BatchNormalization(), Dropout(rate=0.3)]}
    )
    (tmp_path / "config.json").write_text(config.to_json())
    done = subprocess.run(
        [sys.executable, "-c", _TRAIN, str(tmp_path / "config.json"), str(tmp_path / "runs")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    runs = [
        RunFolder(tmp_path / "runs" / done.stdout.strip()),
        create_run(tmp_path / "here", config, asked_by="a test"),
    ]
    run_experiment(runs[1])

    first, second = (_events_without_clock(run) for run in runs)

    assert len(first) == 11
    assert first == second
    places: list[str] = []
    with h5py.File(runs[0].weights_path, "r") as ours, h5py.File(runs[1].weights_path, "r") as theirs:
        ours.visititems(lambda place, item: places.append(place) if isinstance(item, h5py.Dataset) else None)
        assert len(places) >= 8
        for place in places:
            np.testing.assert_array_equal(ours[place][()], theirs[place][()])


def test_weights_continue_where_another_run_ended(finished: _Finished) -> None:
    run = _queued(finished.run.path.parent, about={"weights_from": finished.run.id}, epochs=1)
    check_experiment(run.config, run.path.parent, finished.run.id)

    run_experiment(run)

    start, end = _measured(run)[0], _measured(finished.run)[-1]
    assert start.step == 0
    for name in ("val_loss", "val_accuracy", "honest_loss", "honest_accuracy"):
        assert getattr(start, name) == pytest.approx(getattr(end, name), rel=1e-6)
    assert run.about["weights_from"] == finished.run.id


@pytest.mark.parametrize(
    ("layers", "expected", "received", "remedy"),
    [
        ([Dense(units=32)], "dense 64 → 32 as layer 1", "dense 64 → 16", "Give that layer 16 units."),
        (
            [Dense(units=16), Dense(units=8)],
            "dense 16 → 8 as layer 2",
            "dense 16 → 10",
            "Use 2 layers with weights instead of 3.",
        ),
        ([], "dense 64 → 10 as layer 1", "dense 64 → 16", "Use 2 layers with weights instead of 1."),
        (
            [Conv2D(filters=2), Flatten()],
            "conv2d 8 × 8 × 1 → 8 × 8 × 2 as layer 1",
            "dense 64 → 16",
            "Make that layer a dense layer.",
        ),
        (
            [Dense(units=16), BatchNormalization()],
            "batch_normalization 16 → 16 as layer 2",
            "dense 16 → 10",
            "Use 2 layers with weights instead of 3.",
        ),
    ],
    ids=["wider", "deeper", "shallower", "convolution", "batch normalisation"],
)
def test_weights_of_another_network_are_refused_by_the_layer(
    finished: _Finished, layers: list[Any], expected: str, received: str, remedy: str
) -> None:
    config = finished.run.config.replace(layers=layers)

    with pytest.raises(ConfigError) as caught:
        check_experiment(config, finished.run.path.parent, finished.run.id)

    assert str(caught.value) == (
        f"weights_from must be a run with the same network: {expected} with weights. "
        f"Received: {finished.run.id}, which has {received} there. {remedy}"
    )


def test_weights_of_a_network_with_fewer_numbers_in_a_layer_are_told_apart(finished: _Finished) -> None:
    """Without biases the shapes are the same: the sentence must say what differs."""
    config = finished.run.config.replace(layers=[Dense(units=16, use_bias=False), Dropout(rate=0.1)])

    with pytest.raises(ConfigError) as caught:
        check_experiment(config, finished.run.path.parent, finished.run.id)

    assert str(caught.value) == (
        "weights_from must be a run with the same network: dense 64 → 16 (1,024 numbers) as layer 1 with weights. "
        f"Received: {finished.run.id}, which has dense 64 → 16 (1,040 numbers) there. "
        "Switch that layer's biases on."
    )


def test_dropout_does_not_matter_to_weights(finished: _Finished) -> None:
    check_experiment(
        finished.run.config.replace(layers=[Dropout(rate=0.5), Dense(units=16)]),
        finished.run.path.parent,
        finished.run.id,
    )


def test_weights_that_are_no_numbers_any_more_are_refused(diverged: _Finished) -> None:
    with pytest.raises(RunError) as caught:
        check_experiment(diverged.run.config, diverged.run.path.parent, diverged.run.id)
    assert str(caught.value) == (f"The weights of the run {diverged.run.id} are NaN: it diverged. Choose another run.")


def test_weights_of_a_run_that_has_none_are_refused(tmp_path: Path) -> None:
    run = _queued(tmp_path)

    with pytest.raises(RunError) as caught:
        check_experiment(run.config, tmp_path, run.id)
    assert str(caught.value) == f"The run {run.id} has no saved weights: it is queued. Choose one that has ended."


def test_weights_of_an_unknown_run_are_refused_with_the_nearest(tmp_path: Path) -> None:
    run = _queued(tmp_path)

    with pytest.raises(RunError) as caught:
        check_experiment(run.config, tmp_path, run.id + "0")
    assert str(caught.value) == f"There is no run {run.id}0 in {tmp_path}. Did you mean {run.id}?"


def test_a_data_set_that_does_not_exist_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check_experiment(ExperimentConfig(dataset="mnits"), tmp_path)
    assert str(caught.value) == (
        "dataset must be the name of a data set, or the path of your own data. Received: mnits. Did you mean mnist?"
    )


def test_a_layer_that_can_not_take_what_arrives_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    config = ExperimentConfig(dataset="digits", layers=[Conv2D(), Dense()])

    with pytest.raises(ConfigError) as caught:
        check_experiment(config, tmp_path)
    assert str(caught.value) == (
        "layer 2 must be a layer that takes height × width × channels. "
        "Received: dense with an input of 8 × 8 × 32. Add a flatten layer before it."
    )


def test_all_these_mistakes_are_found_without_tensorflow(finished: _Finished) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from toolkit import preset, ToolkitError\n"
        "from toolkit.preflight import check_experiment\n"
        "try:\n"
        "    check_experiment(preset('mlp').replace(dataset='digits'), Path(sys.argv[1]), sys.argv[2])\n"
        "except ToolkitError as error:\n"
        "    print(str(error).split('.')[0])\n"
        "print([name for name in ('tensorflow', 'keras', 'sklearn') if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(finished.run.path.parent), finished.run.id],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout == (
        "weights_from must be a run with the same network: dense 64 → 256 as layer 1 with weights\n[]\n"
    )
    assert done.stderr == ""
