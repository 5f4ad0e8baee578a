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
from toolkit.runs import RunFolder, create_run
from toolkit.saved_runs import open_model

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


def test_answers_are_those_of_predict_in_the_order_asked(asked: Predictor, trained: RunFolder, digits: Dataset) -> None:
    labels, probabilities = predict(open_model(trained), digits.x_test[ROWS])

    assert asked.ask(trained.id, ROWS) == [
        {
            "row": row,
            "true_label": str(digits.y_test[row]),
            "label": str(label),
            "probabilities": [float(one) for one in of_row],
        }
        for row, label, of_row in zip(ROWS, labels, probabilities, strict=True)
    ]


def test_numpy_row_numbers_will_do(asked: Predictor, trained: RunFolder) -> None:
    assert [one["row"] for one in asked.ask(trained.id, np.array([7, 5]))] == [7, 5]


def test_there_is_one_predictor_for_a_folder(asked: Predictor, trained: RunFolder) -> None:
    assert predictor(trained.path / "..") is asked


def test_threads_get_their_own_answers(asked: Predictor, trained: RunFolder) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda row: asked.ask(trained.id, [row]), range(40)))

    assert [answer[0]["row"] for answer in answers] == list(range(40))
    assert len(processes(trained.path.parent)) == 1


def test_a_killed_process_is_replaced(asked: Predictor, trained: RunFolder) -> None:
    before = asked.ask(trained.id, ROWS)
    (child,) = processes(trained.path.parent)

    os.kill(child, signal.SIGKILL)

    assert asked.ask(trained.id, ROWS) == before
    assert child not in processes(trained.path.parent)


def test_a_run_without_a_model_is_told_in_a_sentence(asked: Predictor, trained: RunFolder) -> None:
    queued = create_run(trained.path.parent, SMALL, asked_by="test")

    with pytest.raises(RunError) as caught:
        asked.ask(queued.id, ROWS)

    assert str(caught.value) == f"The run {queued.id} has no saved model: it is queued. Choose one that has ended."


def test_an_unknown_run_is_told_in_a_sentence(asked: Predictor) -> None:
    with pytest.raises(RunError, match="There is no run nowhere"):
        asked.ask("nowhere", ROWS)


@pytest.mark.parametrize("row", [-1, 360])
def test_a_row_that_is_not_there_is_told_in_a_sentence(asked: Predictor, trained: RunFolder, row: int) -> None:
    with pytest.raises(DataError) as caught:
        asked.ask(trained.id, [0, row])

    assert str(caught.value) == f"The row must be from 0 to 359, a test row of digits. Received: {row}."


def test_a_changed_file_is_loaded_again(asked: Predictor, trained: RunFolder) -> None:
    run = create_run(trained.path.parent, SMALL, asked_by="test")
    run.model_path.write_bytes(trained.model_path.read_bytes())
    assert asked.ask(run.id, ROWS) == asked.ask(trained.id, ROWS)

    run.model_path.write_bytes(b"not a model")

    with pytest.raises(ModelFileError):
        asked.ask(run.id, ROWS)


def test_it_dies_with_the_process_that_asks(trained: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from toolkit.jobs import predictor\n"
        "predictor(Path(sys.argv[1])).ask(sys.argv[2], [0]); print('asked', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(trained.path.parent), trained.id]
    before = set(processes(trained.path.parent))
    asking = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert asking.stdout.readline() == "asked\n"
    (child,) = set(processes(trained.path.parent, "prediction_worker")) - before

    asking.kill()
    asking.communicate()

    until(lambda: child not in processes(trained.path.parent), "the end of the process that predicts")
