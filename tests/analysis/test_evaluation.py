"""The figures of the test rows are Keras's and scikit-learn's."""

import json
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from toolkit.analysis.evaluation import Evaluation, evaluate
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Flatten
from toolkit.datasets import Dataset
from toolkit.errors import DataError
from toolkit.models.build import build_model
from toolkit.models.prediction import predict

_KINDS: dict[str, dict[str, Any]] = {
    "softmax": {},
    "logits": {"from_logits": True},
    "sparse": {"loss": "sparse_categorical_crossentropy"},
    "sparse logits": {"loss": "sparse_categorical_crossentropy", "from_logits": True},
    "sum loss": {"loss": "unclipped_crossentropy_sum"},
    "mean loss": {"loss": "unclipped_crossentropy_mean"},
    "convolution": {"layers": [Conv2D(filters=4), Flatten()]},
}


def _config(**changes: Any) -> ExperimentConfig:
    """Wide starting weights, so that an untrained network already answers with every class."""
    start = {"kernel_initializer": "random_normal(0.3)", "bias_initializer": "random_normal(0.3)"}
    return ExperimentConfig(**{"dataset": "digits", "layers": [Dense(units=16)], **start, **changes})


def _plain(model: keras.Model, data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, one-hot targets and probabilities, made with NumPy and Keras's own `predict`."""
    inputs = (data.x_test / np.float32(255)).reshape(len(data.x_test), *model.input_shape[1:])
    outputs = model.predict(inputs, verbose=0).astype(np.float64)
    if not np.allclose(outputs.sum(axis=1), 1, atol=1e-4):
        outputs = np.exp(outputs)
    return inputs, np.eye(data.num_classes)[data.y_test], outputs / outputs.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def models(digits: Dataset) -> dict[str, keras.Sequential]:
    return {kind: build_model(_config(**changes), digits) for kind, changes in _KINDS.items()}


@pytest.mark.parametrize("kind", _KINDS)
def test_loss_and_accuracy_are_those_of_keras_evaluate(
    models: dict[str, keras.Sequential], digits: Dataset, kind: str
) -> None:
    model = models[kind]
    inputs, targets, _ = _plain(model, digits)
    if kind.startswith("sparse"):
        targets = digits.y_test.astype(np.int64)

    ours = evaluate(model, digits, batch_size=100)

    loss, accuracy = model.evaluate(inputs, targets, batch_size=100, verbose=0)
    assert ours.test_loss == pytest.approx(loss, rel=1e-6)
    assert ours.test_accuracy == pytest.approx(accuracy, abs=1e-6)


@pytest.mark.parametrize("kind", _KINDS)
def test_loss_accuracy_and_confusion_are_those_of_scikit_learn(
    models: dict[str, keras.Sequential], digits: Dataset, kind: str
) -> None:
    model = models[kind]
    _, _, probabilities = _plain(model, digits)
    labels = probabilities.argmax(axis=1)
    rows = len(digits.x_test)

    ours = evaluate(model, digits)

    # All 360 rows fit into one batch, whose losses a sum loss adds up.
    expected_loss = log_loss(digits.y_test, probabilities, labels=range(10)) * (rows if kind == "sum loss" else 1)
    assert ours.test_loss == pytest.approx(expected_loss, rel=1e-4)
    assert ours.test_accuracy == pytest.approx(accuracy_score(digits.y_test, labels), abs=1e-12)
    np.testing.assert_array_equal(ours.confusion_matrix, confusion_matrix(digits.y_test, labels))
    assert ours.num_rows == rows


@pytest.mark.parametrize("kind", ["softmax", "logits"])
def test_mistakes_and_calibration_are_those_of_the_probabilities(
    models: dict[str, keras.Sequential], digits: Dataset, kind: str
) -> None:
    """Whether the network ends in probabilities or in logits."""
    _, _, probabilities = _plain(models[kind], digits)
    labels = probabilities.argmax(axis=1)

    ours = evaluate(models[kind], digits)

    losses = -np.log(probabilities[np.arange(len(labels)), digits.y_test])
    wrong = np.flatnonzero(labels != digits.y_test)
    worst = wrong[losses[wrong].argmax()]
    assert ours.worst_mistakes[0].row == worst
    assert ours.worst_mistakes[0].loss == pytest.approx(losses[worst], rel=1e-3)
    assert (ours.worst_mistakes[0].true_label, ours.worst_mistakes[0].label) == (
        str(digits.y_test[worst]),
        str(labels[worst]),
    )
    assert sum(one.rows for one in ours.calibration.bins) == len(labels)
    mean = sum(one.rows * one.mean_confidence for one in ours.calibration.bins if one.rows) / len(labels)
    assert mean == pytest.approx(probabilities.max(axis=1).mean(), rel=1e-4)


def test_the_test_rows_pass_the_network_once(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes and calibration cost no second look; plain `predict` would be one."""
    model = build_model(_config(), digits)
    monkeypatch.setattr(model, "predict_on_batch", lambda batch: pytest.fail("a second pass"))
    monkeypatch.setattr(model, "predict", lambda *rows, **settings: pytest.fail("a second pass"))

    assert evaluate(model, digits).worst_mistakes


def test_true_classes_go_down_and_predicted_ones_across() -> None:
    """A network that always answers class 2 fills one column."""
    data = Dataset("toy", *[np.zeros((6, 4), np.uint8), np.array([0, 0, 0, 1, 1, 2])] * 2, ("a", "b", "c"))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.set_weights([np.zeros((4, 3)), np.array([0, 0, 5])])

    matrix = evaluate(model, data).confusion_matrix

    np.testing.assert_array_equal(matrix, [[0, 0, 3], [0, 0, 2], [0, 0, 1]])


def test_a_class_that_no_test_row_has_keeps_its_place_in_the_confusion_matrix(make_toy: Any) -> None:
    toy = make_toy(num_classes=3)
    data = Dataset("toy", toy.x_train, toy.y_train, toy.x_test, toy.y_test, ("a", "b", "c", "none"))
    model = build_model(_config(), data)

    assert evaluate(model, data).confusion_matrix.shape == (4, 4)


def _overflowing(kind: str, data: Dataset) -> keras.Sequential:
    """A network whose answers are no numbers, for one of several reasons."""
    last = keras.layers.Dense(10, activation=None if "logits" in kind else "softmax")
    first = keras.layers.BatchNormalization() if "variance" in kind else keras.layers.Dense(8)
    model = keras.Sequential([keras.Input((64,)), first, last])
    weights = model.get_weights()
    for index, value in {"NaN": ((0, np.nan),), "infinite": ((1, np.inf),), "variance": ((3, -5.0),)}.get(
        kind.split()[0], ((0, 3e38), (2, 3e38))
    ):
        weights[index] = np.full_like(weights[index], value)
    model.set_weights(weights)
    model.compile(loss="categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    "kind",
    [
        "NaN weights",
        "NaN weights, logits",
        "infinite biases",
        "infinite biases, logits",
        "huge weights, logits",
        "huge weights",
        "variance below zero",
    ],
)
def test_a_network_whose_answers_are_no_numbers_has_no_accuracy_and_says_so(digits: Dataset, kind: str) -> None:
    model = _overflowing(kind, digits)

    ours = evaluate(model, digits)

    assert ours.test_accuracy is None
    assert (ours.rows_without_answer, ours.num_rows) == (360, 360)
    assert ours.confusion_matrix.sum() == 0
    assert (ours.worst_mistakes, ours.calibration) == ((), None)
    assert str(ours) == (
        "The network's answers are not numbers (NaN) for 360 of 360 test rows, so it has no test accuracy."
    )
    document = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert (document["test_accuracy"], document["rows_without_answer"]) == (None, 360)
    again = Evaluation.from_dict(document)
    assert again is not None
    assert again.complaint == ours.complaint
    labels, probabilities = predict(model, digits.x_test)
    assert set(labels.tolist()) == {-1}
    assert not np.isfinite(probabilities).all(axis=1).any()


@pytest.mark.parametrize("activation", ["softmax", None])
def test_rows_whose_answer_overflows_count_as_wrong_and_are_counted(digits: Dataset, activation: str | None) -> None:
    """The first pixel alone decides: it is multiplied by more than float32 holds."""
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation=activation)])
    kernel = np.random.default_rng(1).normal(size=(64, 10)).astype(np.float32)
    kernel[2] = [3e38, -3e38] * 5
    model.set_weights([kernel, np.zeros(10, np.float32)])
    x = digits.x_test.copy()
    x[:, 0, 2] = 0
    x[:35, 0, 2] = 255
    x[:35, 0, 3] = 255
    kernel[3] = kernel[2]
    model.set_weights([kernel, np.zeros(10, np.float32)])
    data = replace(digits, x_test=x)
    model.compile(loss="categorical_crossentropy")

    ours = evaluate(model, data)

    labels, _ = predict(model, x)
    assert (labels[:35] == -1).all()
    assert (labels[35:] >= 0).all()
    assert (ours.rows_without_answer, ours.confusion_matrix.sum()) == (35, 325)
    assert ours.test_accuracy == pytest.approx(np.mean(labels == digits.y_test))
    assert str(ours).endswith(
        "The network's answers are not numbers (NaN) for 35 of 360 test rows; these count as wrong."
    )
    assert all(one.row >= 35 for one in ours.worst_mistakes)


def test_json_keeps_no_number_as_null(digits: Dataset) -> None:
    evaluation = Evaluation(float("nan"), 0.25, np.array([[1, 0], [3, 0]]), 4)

    document = json.loads(json.dumps(evaluation.as_dict(), allow_nan=False))

    assert document == {
        "test_loss": None,
        "test_accuracy": 0.25,
        "test_rows": 4,
        "confusion_matrix": [[1, 0], [3, 0]],
        "classes": [
            {"name": "0", "precision": 0.25, "recall": 1.0, "f1": 0.4, "rows": 1},
            {"name": "1", "precision": 0.0, "recall": 0.0, "f1": 0.0, "rows": 3},
        ],
        "worst_mistakes": [],
        "calibration": None,
    }


def test_a_model_that_is_not_compiled_has_no_loss(digits: Dataset) -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])

    ours = evaluate(model, digits)

    assert ours.test_loss is None
    assert ours.as_dict()["test_loss"] is None
    assert 0 <= ours.test_accuracy <= 1


@pytest.mark.parametrize(
    ("loss", "sparse"),
    [
        ("sparse_categorical_crossentropy", True),
        ("categorical_crossentropy", False),
        (keras.losses.sparse_categorical_crossentropy, True),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), False),
    ],
    ids=["sparse by name", "by name", "sparse function", "with label smoothing"],
)
def test_a_plain_keras_model_is_measured_with_its_own_loss(digits: Dataset, loss: Any, sparse: bool) -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    model.compile(loss=loss, metrics=["accuracy"])
    inputs, targets, _ = _plain(model, digits)

    expected = model.evaluate(inputs, digits.y_test.astype(int) if sparse else targets, verbose=0)[0]

    assert evaluate(model, digits).test_loss == pytest.approx(expected, rel=1e-6)


def test_measuring_changes_no_weight(digits: Dataset) -> None:
    model = build_model(_config(), digits)
    before = model.get_weights()

    evaluate(model, digits)

    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_rows_of_another_size_are_refused_with_both_shapes(digits: Dataset, toy: Dataset) -> None:
    model = build_model(_config(), digits)

    with pytest.raises(DataError) as caught:
        evaluate(model, toy)
    assert str(caught.value) == (
        "The network takes rows of shape (64,). Received: an array of shape (20, 6, 6). "
        "One picture alone needs a first axis: x[None]."
    )


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (0.13984, "Test accuracy 97.08 %, test loss 0.1398 on 10,000 rows."),
        (None, "Test accuracy 97.08 % on 10,000 rows."),
    ],
)
def test_an_evaluation_reads_as_a_sentence(loss: float | None, sentence: str) -> None:
    assert str(Evaluation(loss, 0.9708, np.eye(2), 10_000)) == sentence
