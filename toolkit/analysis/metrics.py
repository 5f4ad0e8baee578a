"""Test metrics of a network, in records that need no TensorFlow: result.json stores them, pages show them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..errors import listed
from ..formatting import count, percent
from ..models.classes import have_answers
from ..runs.schema import Outcome
from ..training.history import Baseline
from .baseline import is_clearly_better

#: This many mistakes of a run are kept.
NUM_MISTAKES = 20
#: Bins of the reliability diagram: each covers ten percentage points of confidence.
NUM_BINS = 10
#: This many classes are named in a sentence.
_MOST_NAMED = 5
#: Probabilities are clipped to the smallest float32, so that the loss stays finite.
_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class ClassMetrics:
    """How well the network tells one class from the others.

    precision: the share of the rows predicted as this class that belong to it. recall: the share of the rows of this
    class that were predicted as it. f1: their harmonic mean. All are in [0, 1], and 0 if there is nothing to divide
    by: no row was predicted as this class, or none belongs to it. rows: how many test rows belong to it. Rows without
    an answer are left out of all four.
    """

    name: str
    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True)
class Mistake:
    """A test row whose predicted class is wrong.

    row: its number in the test part, from 0. true_label, label: names of the true and the predicted class;
    true_probability, probability: their predicted probabilities, in [0, 1]. loss: −log true_probability.
    """

    row: int
    true_label: str
    label: str
    true_probability: float
    probability: float
    loss: float


@dataclass(frozen=True)
class ConfidenceBin:
    """The rows whose highest probability is above `lower` and at most `upper`.

    mean_confidence: the mean of those probabilities. accuracy: the share of the rows predicted right. Both are None
    if the bin is empty.
    """

    lower: float
    upper: float
    rows: int
    mean_confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Whether a network is right as often as it is confident: the numbers of a reliability diagram.

    expected_calibration_error: Σ (rows of the bin / rows) · |accuracy − mean confidence| over the bins, in [0, 1].

    Reference: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
    ICML 2017 (arXiv 1706.04599), section 2, with ten bins.
    """

    bins: tuple[ConfidenceBin, ...]
    expected_calibration_error: float

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON stores it."""
        return {**asdict(self), "bins": [asdict(one) for one in self.bins]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `as_dict` gave."""
        return cls(tuple(ConfidenceBin(**one) for one in values["bins"]), values["expected_calibration_error"])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The metrics of the test rows.

    test_loss: as Keras's `evaluate` computes it; NaN if an output is NaN, None for a model without compile settings.
    test_accuracy: in [0, 1]; rows without an answer count as wrong, and if no row has one it is None.
    confusion_matrix: whole numbers of shape (classes, classes), true classes down and predicted ones across, for the
    rows with an answer. num_rows: how many test rows there were. rows_without_answer: for how many of them the network
    gave NaN or infinity. class_names: names of the classes, or their numbers if they have none. worst_mistakes: the
    worst first. calibration: None if no row has finite probabilities. probabilities: those of the test rows, float32
    of shape (rows, classes); result.json does not store them.
    """

    test_loss: float | None
    test_accuracy: float | None
    confusion_matrix: np.ndarray
    num_rows: int
    class_names: tuple[str, ...] = ()
    worst_mistakes: tuple[Mistake, ...] = ()
    calibration: Calibration | None = None
    probabilities: np.ndarray | None = None
    rows_without_answer: int = 0

    def __post_init__(self) -> None:
        if not self.class_names:
            object.__setattr__(self, "class_names", tuple(map(str, range(len(self.confusion_matrix)))))

    @cached_property
    def classes(self) -> tuple[ClassMetrics, ...]:
        """Precision, recall, F1 and rows of each class."""
        return class_metrics(self.confusion_matrix, self.class_names)

    @property
    def baseline(self) -> Baseline | None:
        """What always answering the commonest class of these rows scores; None if no row has an answer."""
        rows_per_class = self.confusion_matrix.sum(axis=1)
        if not rows_per_class.any():
            return None
        commonest, rows = int(rows_per_class.argmax()), int(rows_per_class.sum())
        return Baseline(self.class_names[commonest], float(rows_per_class[commonest] / rows), rows, "test")

    @property
    def only_answer(self) -> str | None:
        """The class that every row is taken for; None if there are several."""
        answers = self.confusion_matrix.sum(axis=0).nonzero()[0]
        return self.class_names[int(answers[0])] if len(answers) == 1 else None

    @property
    def never_found(self) -> tuple[ClassMetrics, ...]:
        """The classes that have test rows of which not one was recognised."""
        return tuple(one for one in self.classes if one.rows and not one.recall)

    @property
    def caution(self) -> str:
        """What belongs beside the accuracy so that it does not mislead; empty if nothing does.

        That is the accuracy of always answering the commonest class, if the network's is not clearly better, and the
        classes that it never finds.
        """
        baseline, said = self.baseline, []
        if baseline is None or self.test_accuracy is None:
            return ""
        if not is_clearly_better(self.test_accuracy, baseline):
            said.append(
                f"Always answering {baseline.label}, the commonest class, gives {percent(baseline.accuracy)}, so this "
                "accuracy is no better than guessing."
            )
        found = self.never_found
        if self.only_answer is not None and len(found) > _MOST_NAMED:
            said.append(f"It answers {self.only_answer} to every row.")
        elif found:
            names = [f"{one.name} ({count(one.rows, 'row')})" for one in found[:_MOST_NAMED]]
            others = [f"{len(found) - _MOST_NAMED:,} others"] if len(found) > _MOST_NAMED else []
            said.append(f"It never finds {listed([*names, *others])}.")
        return " ".join(said)

    @property
    def complaint(self) -> str:
        """A sentence if the network gave NaN or infinity for test rows, else an empty string."""
        if not self.rows_without_answer:
            return ""
        counts = f"{self.rows_without_answer:,} of {self.num_rows:,} test rows"
        if self.rows_without_answer == self.num_rows:
            return f"The network's answers are not numbers (NaN) for {counts}, so it has no test accuracy."
        return f"The network's answers are not numbers (NaN) for {counts}; these count as wrong."

    def as_dict(self) -> dict[str, Any]:
        """The metrics as JSON stores them: None in place of NaN."""
        known = self.test_loss is not None and math.isfinite(self.test_loss)
        return {
            "test_loss": self.test_loss if known else None,
            "test_accuracy": self.test_accuracy,
            "test_rows": self.num_rows,
            "confusion_matrix": self.confusion_matrix.tolist(),
            "classes": [asdict(one) for one in self.classes],
            "worst_mistakes": [asdict(one) for one in self.worst_mistakes],
            "calibration": self.calibration.as_dict() if self.calibration else None,
            **({"rows_without_answer": self.rows_without_answer} if self.rows_without_answer else {}),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any] | Outcome) -> Self | None:
        """From what `as_dict` returned, or a run's result; None for a run that ended before its test."""
        result = document.as_dict() if isinstance(document, Outcome) else document
        if not result.get("confusion_matrix"):
            return None
        calibration = result.get("calibration")
        return cls(
            test_loss=result["test_loss"],
            test_accuracy=result["test_accuracy"],
            confusion_matrix=np.array(result["confusion_matrix"]),
            num_rows=result["test_rows"],
            class_names=tuple(one["name"] for one in result.get("classes", ())),
            worst_mistakes=tuple(Mistake(**one) for one in result.get("worst_mistakes", ())),
            calibration=calibration and Calibration.from_dict(calibration),
            rows_without_answer=result.get("rows_without_answer", 0),
        )

    def __str__(self) -> str:
        if self.test_accuracy is None:
            return self.complaint
        loss = "" if self.test_loss is None else f", test loss {self.test_loss:.4f}"
        remarks = "".join(f" {one}" for one in (self.caution, self.complaint) if one)
        return f"Test accuracy {100 * self.test_accuracy:.2f} %{loss} on {self.num_rows:,} rows.{remarks}"


def class_metrics(confusion_matrix: np.ndarray, class_names: Sequence[str]) -> tuple[ClassMetrics, ...]:
    """Precision, recall, F1 and rows of each class, by scikit-learn with `zero_division=0`.

    confusion_matrix: whole numbers of shape (classes, classes), true classes down.
    """
    if not confusion_matrix.any():  # scikit-learn refuses weights that are all zero.
        return tuple(ClassMetrics(name, 0.0, 0.0, 0.0, 0) for name in class_names)
    from sklearn.metrics import precision_recall_fscore_support

    true, predicted = np.indices(confusion_matrix.shape).reshape(2, -1)
    columns = precision_recall_fscore_support(
        true,
        predicted,
        labels=np.arange(len(confusion_matrix)),
        sample_weight=confusion_matrix.ravel(),
        zero_division=0,
    )
    return tuple(
        ClassMetrics(name, float(precision), float(recall), float(f1), int(rows))
        for name, precision, recall, f1, rows in zip(class_names, *columns, strict=True)
    )


def find_worst_mistakes(
    true: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str], *, most: int = NUM_MISTAKES
) -> tuple[Mistake, ...]:
    """The wrong rows with the highest loss −log p(true class): the most confident mistakes.

    true: whole numbers of shape (rows,). probabilities: shape (rows, classes). Of equal losses, the row with the more
    confident wrong answer comes first. Rows with NaN among their probabilities have no loss and are left out.
    """
    rows, labels, sure = np.arange(len(true)), probabilities.argmax(axis=1), probabilities.max(axis=1)
    of_true = probabilities[rows, true].astype(np.float64)
    losses = -np.log(np.maximum(of_true, _TINY))
    wrong = np.flatnonzero((labels != true) & have_answers(probabilities))
    worst = wrong[np.lexsort((-sure[wrong], -losses[wrong]))][:most]
    return tuple(
        Mistake(
            row=int(row),
            true_label=class_names[true[row]],
            label=class_names[labels[row]],
            true_probability=float(of_true[row]),
            probability=float(sure[row]),
            loss=float(losses[row]),
        )
        for row in worst
    )


def calibrate(true: np.ndarray, probabilities: np.ndarray) -> Calibration | None:
    """Compare how confident the network was with how often it was right, in ten bins of equal width.

    true: whole numbers of shape (rows,). probabilities: shape (rows, classes). Rows with NaN among their probabilities
    are left out; None if no other row is left.
    """
    known = have_answers(probabilities)
    if not known.any():
        return None
    confidences = probabilities[known].max(axis=1).astype(np.float64)
    right = probabilities[known].argmax(axis=1) == true[known]
    edges = np.linspace(0, 1, NUM_BINS + 1)
    places = np.searchsorted(edges[1:-1], confidences)
    counts, sure, correct = (
        np.bincount(places, weights=weights, minlength=NUM_BINS) for weights in (None, confidences, right)
    )
    bins = tuple(
        ConfidenceBin(
            lower=round(float(edges[index]), 3),
            upper=round(float(edges[index + 1]), 3),
            rows=int(rows),
            mean_confidence=float(sure[index] / rows) if rows else None,
            accuracy=float(correct[index] / rows) if rows else None,
        )
        for index, rows in enumerate(counts)
    )
    return Calibration(bins, float(np.abs(correct - sure).sum() / counts.sum()))
