"""Each figure takes what its reader has at hand: a model, an evaluation, a data set, a history."""

import keras
import numpy as np
import pytest

from toolkit import figures
from toolkit.analysis.evaluation import evaluate
from toolkit.analysis.metrics import Evaluation
from toolkit.datasets import Dataset, load_dataset
from toolkit.errors import DataError
from toolkit.models.prediction import predict


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def evaluation(model: keras.Model, digits: Dataset) -> Evaluation:
    return evaluate(model, digits)


def test_a_confusion_matrix_of_an_evaluation_is_that_of_its_counts(evaluation: Evaluation, digits: Dataset) -> None:
    assert figures.confusion_matrix(evaluation) == figures.confusion_matrix(
        evaluation.confusion_matrix, digits.class_names
    )
    assert figures.confusion_matrix(np.eye(2, dtype=int)).layout.xaxis.ticktext == ("0", "1")


def test_the_calibration_of_an_evaluation_is_drawn(evaluation: Evaluation) -> None:
    assert figures.calibration(evaluation) == figures.calibration(evaluation.calibration)
    with pytest.raises(DataError, match="no finite answer for any row"):
        figures.calibration(Evaluation(None, None, np.zeros((2, 2), int), 4))


def test_the_worst_mistakes_of_an_evaluation_are_found_in_its_data(evaluation: Evaluation, digits: Dataset) -> None:
    rows = [one.row for one in evaluation.worst_mistakes]

    assert figures.worst_mistakes(evaluation, digits) == figures.worst_mistakes(
        evaluation.worst_mistakes, digits.x_test[rows]
    )


def test_a_model_is_asked_about_test_rows(model: keras.Model, digits: Dataset) -> None:
    rows = [3, 1, 4]
    labels, probabilities = predict(model, digits.x_test[rows])

    assert figures.prediction_grid(model, digits, rows=rows) == figures.prediction_grid(
        digits.x_test[rows],
        labels,
        probabilities,
        digits.class_names,
        true_labels=digits.y_test[rows],
        rows=rows,
    )
    assert len(figures.prediction_grid(model, digits).data[0].hovertext) == 20


def test_the_templates_of_a_model_are_drawn_as_pictures(model: keras.Model, digits: Dataset) -> None:
    kernel = model.layers[0].kernel.numpy()

    assert figures.templates(model) == figures.templates(kernel, (8, 8))
    assert figures.templates(model, digits) == figures.templates(kernel, (8, 8), class_names=digits.class_names)


def test_a_network_on_a_table_of_nine_columns_is_no_picture() -> None:
    model = keras.Sequential([keras.Input((9,)), keras.layers.Dense(3)])

    assert figures.templates(model) == figures.templates(model.layers[0].kernel.numpy(), (9,))


def test_a_model_without_weights_has_no_templates() -> None:
    with pytest.raises(DataError, match="There is nothing to draw"):
        figures.templates(keras.Sequential([keras.Input((4,)), keras.layers.Softmax()]))
