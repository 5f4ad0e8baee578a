"""The records of the test rows: scikit-learn's figures, and no NaN in JSON."""

import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import classification_report, confusion_matrix

from toolkit.analysis.metrics import NUM_MISTAKES, Evaluation, calibrate, class_metrics, find_worst_mistakes

NAMES = ("ant", "bee", "cat", "dog")


def answers(rows: int = 500, classes: int = 4, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """True classes and float32 probabilities that lean towards them."""
    random = np.random.default_rng(seed)
    true = random.integers(0, classes, rows)
    scores = random.normal(size=(rows, classes)) + 2 * np.eye(classes)[true]
    powers = np.exp(scores)
    return true, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def evaluation(true: np.ndarray, probabilities: np.ndarray) -> Evaluation:
    labels = probabilities.argmax(axis=1)
    return Evaluation(
        test_loss=0.5,
        test_accuracy=float((labels == true).mean()),
        confusion_matrix=confusion_matrix(true, labels, labels=range(len(NAMES))),
        num_rows=len(true),
        class_names=NAMES,
        worst_mistakes=find_worst_mistakes(true, probabilities, NAMES),
        calibration=calibrate(true, probabilities),
    )


def test_each_class_has_the_figures_of_scikit_learns_report() -> None:
    true, probabilities = answers()
    labels = probabilities.argmax(axis=1)

    ours = class_metrics(confusion_matrix(true, labels), NAMES)

    expected = classification_report(true, labels, target_names=NAMES, output_dict=True, zero_division=0)
    assert [one.name for one in ours] == list(NAMES)
    for one in ours:
        theirs = expected[one.name]
        assert (one.precision, one.recall, one.f1) == pytest.approx(
            (theirs["precision"], theirs["recall"], theirs["f1-score"]), abs=1e-12
        )
        assert one.rows == theirs["support"]


def test_a_class_without_rows_and_one_never_predicted_have_0_and_no_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    never_predicted, no_rows = class_metrics(np.array([[0, 3], [0, 0]]), ("a", "b"))

    assert (never_predicted.precision, never_predicted.recall, never_predicted.f1, never_predicted.rows) == (0, 0, 0, 3)
    assert (no_rows.precision, no_rows.recall, no_rows.f1, no_rows.rows) == (0, 0, 0, 0)
    assert not recwarn.list


def test_the_worst_mistakes_are_the_wrong_rows_in_the_order_of_their_loss() -> None:
    true, probabilities = answers()
    losses = -np.log(probabilities[np.arange(len(true)), true].astype(float))
    wrong = [row for row in np.argsort(-losses) if probabilities[row].argmax() != true[row]]

    found = find_worst_mistakes(true, probabilities, NAMES)

    assert [one.row for one in found] == wrong[:NUM_MISTAKES]
    for one in found:
        assert one.true_label == NAMES[true[one.row]]
        assert one.label == NAMES[probabilities[one.row].argmax()]
        assert one.true_probability == pytest.approx(probabilities[one.row, true[one.row]])
        assert one.probability == pytest.approx(probabilities[one.row].max())
        assert one.loss == pytest.approx(losses[one.row])


def test_a_right_row_is_no_mistake_however_unsure_the_network_was() -> None:
    assert find_worst_mistakes(np.array([1]), np.array([[0.3, 0.4, 0.3]]), NAMES) == ()


def test_of_mistakes_with_probability_0_the_surest_comes_first_and_the_loss_is_finite() -> None:
    probabilities = np.array([[0.0, 0.6, 0.4], [0.0, 0.9, 0.1], [0.1, 0.5, 0.4]], np.float32)

    found = find_worst_mistakes(np.array([0, 0, 0]), probabilities, NAMES)

    assert [one.row for one in found] == [1, 0, 2]
    assert all(np.isfinite(one.loss) for one in found)


def test_rows_without_numbers_are_no_mistakes_and_count_in_no_bin() -> None:
    true, probabilities = answers(rows=60)
    broken = probabilities.copy()
    broken[::3] = np.nan
    kept = np.arange(60) % 3 != 0

    assert {one.row % 3 for one in find_worst_mistakes(true, broken, NAMES)} == {1, 2}
    assert calibrate(true, broken) == calibrate(true[kept], probabilities[kept])
    nothing = np.full_like(probabilities, np.nan)
    assert (find_worst_mistakes(true, nothing, NAMES), calibrate(true, nothing)) == ((), None)


def test_the_bins_are_those_of_scikit_learns_calibration_curve() -> None:
    true, probabilities = answers()
    confidences, right = probabilities.max(axis=1).astype(float), probabilities.argmax(axis=1) == true

    record = calibrate(true, probabilities)

    accuracies, means = calibration_curve(right, confidences, n_bins=10, strategy="uniform")
    filled = [one for one in record.bins if one.rows]
    assert [one.accuracy for one in filled] == pytest.approx(accuracies)
    assert [one.mean_confidence for one in filled] == pytest.approx(means)
    assert sum(one.rows for one in record.bins) == len(true)
    assert [(one.lower, one.upper) for one in record.bins] == [(i / 10, (i + 1) / 10) for i in range(10)]


def test_the_expected_calibration_error_is_the_mean_gap_weighted_by_rows() -> None:
    """Guo et al. (2017), equation 5, row by row."""
    true, probabilities = answers(seed=9)
    confidences, right = probabilities.max(axis=1).astype(float), probabilities.argmax(axis=1) == true
    error = 0.0
    for index in range(10):
        inside = (confidences > index / 10) & (confidences <= (index + 1) / 10)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidences[inside].mean())

    assert calibrate(true, probabilities).expected_calibration_error == pytest.approx(error)


def test_a_bin_without_rows_has_no_figures() -> None:
    record = calibrate(np.array([0]), np.array([[0.95, 0.05]]))

    assert [(one.rows, one.mean_confidence, one.accuracy) for one in record.bins[:9]] == [(0, None, None)] * 9
    assert (record.bins[9].rows, record.bins[9].accuracy) == (1, 1.0)
    assert record.expected_calibration_error == pytest.approx(0.05)


def test_an_evaluation_survives_json() -> None:
    before = evaluation(*answers())

    after = Evaluation.from_dict(json.loads(json.dumps(before.as_dict(), allow_nan=False)))

    assert after.as_dict() == before.as_dict() == json.loads(json.dumps(before.as_dict()))
    assert (after.class_names, after.worst_mistakes, after.calibration, after.classes) == (
        NAMES,
        before.worst_mistakes,
        before.calibration,
        before.classes,
    )


def test_a_network_without_numbers_survives_json_too() -> None:
    true, probabilities = answers()
    document = evaluation(true, np.full_like(probabilities, np.nan)).as_dict()

    assert Evaluation.from_dict(json.loads(json.dumps(document, allow_nan=False))).as_dict() == document
    assert (document["worst_mistakes"], document["calibration"]) == ([], None)


def test_a_result_from_before_these_figures_gives_what_its_matrix_holds() -> None:
    old = {"test_loss": None, "test_accuracy": 0.75, "test_rows": 4, "confusion_matrix": [[2, 0], [1, 1]]}

    read = Evaluation.from_dict(old)

    assert [(one.name, one.recall) for one in read.classes] == [("0", 1.0), ("1", 0.5)]
    assert (read.worst_mistakes, read.calibration) == ((), None)


def test_a_run_that_was_not_tested_has_no_evaluation() -> None:
    assert Evaluation.from_dict({"state": "failed", "message": "Too few rows."}) is None
