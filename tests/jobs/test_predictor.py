"""Predictions from a process of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from watching import SMALL, processes, until, until_alone

from toolkit import predict
from toolkit.datasets import Dataset
from toolkit.errors import DataError, ModelFileError, RunError
from toolkit.experiment import run_experiment
from toolkit.jobs import Predictor, predictor
from toolkit.models.activations import layer_outputs
from toolkit.models.first_layer import first_weights
from toolkit.runs import RunFolder, create_run
from toolkit.runs.artifacts import open_model, read_probabilities

PROJECT = Path(__file__).parents[2]
ROWS = [3, 0, 359]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with a saved model."""
    run = create_run(tmp_path_factory.mktemp("predictor"), SMALL, asked_by="test")
    run_experiment(run)
    return run


@pytest.fixture(scope="module")
def asked(trained: RunFolder) -> Iterator[Predictor]:
    """One predictor for all tests: it takes seconds to start."""
    one = predictor(trained.path.parent)
    yield one
    one.close()
    until_alone(trained.path.parent)


def test_predictions_are_those_of_predict(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    _, probabilities = predict(open_model(trained), digits.x_test[ROWS])
    np.testing.assert_array_equal(asked.predict(trained.id, digits.x_test[ROWS]), probabilities)


def test_activations_are_those_of_the_model(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    expected = layer_outputs(open_model(trained), digits.x_test[3])
    found = asked.activations(trained.id, digits.x_test[3])
    assert [(one["name"], one["kind"]) for one in found["layers"]] == [(one.name, one.kind) for one in expected.layers]
    for layer, like in zip(found["layers"], expected.layers, strict=True):
        np.testing.assert_array_equal(layer["values"], like.values)
    np.testing.assert_array_equal(found["scores"], expected.scores)


def test_first_weights_are_those_of_the_model(asked: Predictor, trained: RunFolder) -> None:
    np.testing.assert_array_equal(asked.first_weights(trained.id), first_weights(open_model(trained)))


def test_predictions_of_the_test_rows_are_kept_where_they_are_missing(
    asked: Predictor, trained: RunFolder, digits: Dataset
) -> None:
    written_by_the_run = read_probabilities(trained)
    trained.predictions_path.unlink()
    assert read_probabilities(trained) is None

    asked.predict_test(trained.id)

    np.testing.assert_allclose(read_probabilities(trained), written_by_the_run, atol=1e-6)
    assert len(written_by_the_run) == len(digits.x_test)


def test_there_is_one_predictor_for_a_folder(asked: Predictor, trained: RunFolder) -> None:
    assert predictor(trained.path / "..") is asked


def test_threads_get_their_own_answers(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    expected = predict(open_model(trained), digits.x_test[:40])[1]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda row: asked.predict(trained.id, digits.x_test[row : row + 1]), range(40)))

    np.testing.assert_allclose(np.concatenate(answers), expected, atol=1e-6)
    assert len(processes(trained.path.parent)) == 1


def test_a_killed_process_is_replaced_and_that_is_counted(
    asked: Predictor, trained: RunFolder, digits: Dataset
) -> None:
    before, comebacks = asked.predict(trained.id, digits.x_test[ROWS]), asked.comebacks
    (child,) = processes(trained.path.parent)

    os.kill(child, signal.SIGKILL)

    np.testing.assert_array_equal(asked.predict(trained.id, digits.x_test[ROWS]), before)
    assert child not in processes(trained.path.parent)
    assert asked.comebacks == comebacks + 1


def test_a_process_that_hangs_is_replaced_even_while_a_long_question_is_put_to_it(
    asked: Predictor, trained: RunFolder, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.jobs.heartbeat.SILENT_AFTER", 3.0)
    before, comebacks = asked.predict(trained.id, digits.x_train), asked.comebacks
    (child,) = processes(trained.path.parent)
    assert digits.x_train.nbytes > 1 << 16, "more than a pipe holds"

    os.kill(child, signal.SIGSTOP)

    np.testing.assert_array_equal(asked.predict(trained.id, digits.x_train), before)
    assert child not in processes(trained.path.parent)
    assert asked.comebacks == comebacks + 1


def test_warming_waits_for_nobody(asked: Predictor) -> None:
    with asked._lock:
        asked.warm()


def test_warming_starts_the_process_once_and_before_any_question(trained: RunFolder) -> None:
    one = Predictor(trained.path.parent)
    before = set(processes(trained.path.parent))
    one.warm()
    one.warm()
    assert len(set(processes(trained.path.parent)) - before) == 1
    one.close()


def test_a_run_without_a_model_is_told_in_a_sentence(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    queued = create_run(trained.path.parent, SMALL, asked_by="test")

    with pytest.raises(RunError) as caught:
        asked.predict(queued.id, digits.x_test[ROWS])

    assert str(caught.value) == f"The run {queued.id} has no saved model: it is queued. Choose one that has ended."


def test_an_unknown_run_is_told_in_a_sentence(asked: Predictor) -> None:
    with pytest.raises(RunError, match="There is no run nowhere"):
        asked.first_weights("nowhere")


def test_rows_of_another_size_are_told_in_a_sentence(asked: Predictor, trained: RunFolder) -> None:
    with pytest.raises(DataError) as caught:
        asked.predict(trained.id, np.zeros((2, 28, 28), np.uint8))

    with pytest.raises(DataError) as expected:
        predict(open_model(trained), np.zeros((2, 28, 28), np.uint8))
    assert str(caught.value) == str(expected.value)


def test_a_changed_file_is_loaded_again(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    run = create_run(trained.path.parent, SMALL, asked_by="test")
    run.model_path.write_bytes(trained.model_path.read_bytes())
    rows = digits.x_test[ROWS]
    np.testing.assert_array_equal(asked.predict(run.id, rows), asked.predict(trained.id, rows))

    run.model_path.write_bytes(b"not a model")

    with pytest.raises(ModelFileError):
        asked.predict(run.id, rows)


def test_it_dies_with_the_process_that_asks(trained: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from toolkit.jobs import predictor\n"
        "predictor(Path(sys.argv[1])).first_weights(sys.argv[2]); print('asked', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(trained.path.parent), trained.id]
    before = set(processes(trained.path.parent))
    asking = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert asking.stdout.readline() == "asked\n"
    (child,) = set(processes(trained.path.parent, "prediction_worker")) - before

    asking.kill()
    asking.communicate()

    until(lambda: child not in processes(trained.path.parent), "the end of the process that predicts")
