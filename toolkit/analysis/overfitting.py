"""Where a network begins to learn its training rows by heart, how sure that is, and what to try.

`find_overfitting(history)` looks for the lowest validation loss and asks whether what came after it is
a rise or noise.

Criterion "rise": since the lowest validation loss E_opt,
(1) the validation loss rises by Kendall's rank correlation with time, one-sided p < 0.01, which takes at
least five measurements;
(2) the mean of three successive ones is more than 2 % plus three standard deviations of the curve's noise above
E_opt (Prechelt's generalisation loss GL > 2, smoothed), both when (1) fires and now;
(3) the training loss fell meanwhile.
The lowest point of a noisy plateau lies below it by chance, and (1) is tested again at every measurement: the
noise term in (2) keeps both from counting as a rise. `benchmarks/overfitting.py` counts how often this errs.

References: L. Prechelt, "Early stopping – but when?" (1998), for GL = 100 · (E_va / E_opt − 1);
M. G. Kendall, "A new measure of rank correlation" (1938).
"""

from dataclasses import asdict, dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..config import ExperimentConfig
from ..training.history import IMPORTED, History
from .baseline import guessing_sentence
from .histories import histories_of, history_frame, mean_frame, opened
from .verdict_sentences import VerdictSentences

if TYPE_CHECKING:
    import pandas as pd

State = Literal["still_learning", "flat", "possible", "confirmed", "diverged", "guessing", "cannot_tell"]

#: Prechelt's usual threshold for the generalisation loss, in per cent.
GL_THRESHOLD = 2.0
P_THRESHOLD = 0.01
CRITERION = f"rise: Kendall's tau p < {P_THRESHOLD:g}, GL > {GL_THRESHOLD:g} % beyond noise, training loss falling"
_FEWEST = 3
_RECENT = 5
#: The validation loss counts as flat if it changes by less than this over the later half.
_FLAT = 0.02
#: A longer curve is judged at this many points: tests that are quadratic in its length would take seconds.
_MOST_PLACES = 400


@dataclass(frozen=True)
class OverfittingReport:
    """Whether a history shows overfitting. Epochs count from 1; epoch 0 is before training.

    best_epoch, best_step: lowest validation loss. best_accuracy_epoch, best_accuracy_step: highest validation accuracy.
    since_epoch, since_step: the measurement after the best one, where overfitting begins if `state` says so.
    detected_epoch, detected_step: where the criterion fired; None unless `state` is "confirmed".
    rise: how far the last validation loss is above the lowest, as a fraction (0.41: 41 %).
    sentence: what the curves show, what it means, what to try.
    """

    state: State
    sentence: str
    best_epoch: int | None = None
    best_step: int | None = None
    best_accuracy_epoch: int | None = None
    best_accuracy_step: int | None = None
    since_epoch: int | None = None
    since_step: int | None = None
    detected_epoch: int | None = None
    detected_step: int | None = None
    rise: float | None = None
    criterion: str = CRITERION

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON stores it."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.sentence)}</p>"


def find_overfitting(history: Any, config: ExperimentConfig | None = None) -> OverfittingReport:
    """Find the overfitting point of a history, and how certain it is.

    history: whatever `history_frame` takes, such as what `train` or plain Keras's `fit` returned, or the path of a run
    or of a `CSVLogger` file; or a list of such, whose mean is judged. Needs `val_loss`; uses `honest_loss` if there is
    one, else `loss`, and `val_accuracy`.
    config: of the experiment; it serves only to say why a network may learn nothing.

    state: "still_learning": the validation loss still falls. "flat": it neither falls nor rises.
    "possible": it has not returned to its lowest, but that may be noise. "confirmed": it rises while the
    training loss falls. "diverged": the loss has become NaN. "guessing": the accuracy is not clearly better than that
    of always answering the commonest class, which `train` and runs note in their history. "cannot_tell": no validation
    data, or fewer than three measurements after training began.
    Raises `DataError` for anything but a history, or for lists of different lengths.
    """
    history = opened(history)
    if isinstance(history, History) and history.state == IMPORTED:
        sentence = "This model came as a file, without the measurements of its training. Train one to see its curves."
        return OverfittingReport("cannot_tell", sentence)
    frame = _frame_of(history)
    if (isinstance(history, History) and history.state == "diverged") or _has_diverged(frame):
        message = getattr(history, "message", "") or (
            "The loss stopped being a number: the learning rate is probably too large. Try a tenth of it."
        )
        return OverfittingReport("diverged", message, **_best(frame))
    if isinstance(history, History) and (sentence := guessing_sentence(history, config)):
        return OverfittingReport("guessing", sentence, **_best(frame))
    measured = frame[np.isfinite(frame["val_loss"])].reset_index(drop=True)
    if len(frame) and frame["val_loss"].isna().all():
        sentence = "There is no validation loss, so overfitting can't be seen. Try validation_split 0.3."
        return OverfittingReport("cannot_tell", sentence)
    if (measured["step"] > 0).sum() < _FEWEST:
        sentence = f"Too early to tell: it takes at least {_FEWEST} measurements. Train a little longer."
        return OverfittingReport("cannot_tell", sentence, **_best(measured))
    return _judge(measured)


def _frame_of(history: Any) -> "pd.DataFrame":
    """A table with epoch, step, val_loss, val_accuracy and fit (the training loss), from any kind of history."""
    import pandas as pd

    frame = mean_frame([history_frame(one) for one in histories_of(history)])
    missing = pd.Series(np.nan, index=frame.index)
    return pd.DataFrame(
        {
            "epoch": frame["epoch"],
            "step": frame["step"],
            "loss": frame.get("loss", missing).astype(float),
            "fit": frame.get("honest_loss", frame.get("loss", missing)).astype(float),
            "val_loss": frame.get("val_loss", missing).astype(float),
            "val_accuracy": frame.get("val_accuracy", missing).astype(float),
        }
    )


def _has_diverged(frame: "pd.DataFrame") -> bool:
    """Whether a loss was finite and then became NaN; a column of NaN alone is only missing."""
    loss = frame.loc[frame["step"] > 0, "loss"]
    return bool(np.isinf(loss).any() or (loss.isna().any() and loss.notna().any()))


def _best(frame: "pd.DataFrame") -> dict[str, Any]:
    finite = frame[np.isfinite(frame["val_loss"])].reset_index(drop=True)
    if finite.empty:
        return {}
    best = int(finite["val_loss"].idxmin())
    steps, accuracies = finite["step"].tolist(), finite["val_accuracy"]
    best_accuracy = None if accuracies.isna().all() else int(accuracies.idxmax())
    return {
        "best_epoch": int(finite.at[best, "epoch"]),
        "best_step": steps[best],
        "best_accuracy_epoch": None if best_accuracy is None else int(finite.at[best_accuracy, "epoch"]),
        "best_accuracy_step": None if best_accuracy is None else steps[best_accuracy],
        "since_epoch": int(finite.at[best, "epoch"]) + 1,
        "since_step": steps[best + 1] if best + 1 < len(steps) else None,
    }


def _judge(frame: "pd.DataFrame") -> OverfittingReport:
    validation, fit = frame["val_loss"].to_numpy(), frame["fit"].to_numpy()
    best = int(validation.argmin())
    sentences = VerdictSentences(frame, best)
    known: dict[str, Any] = {
        **_best(frame),
        "rise": float(validation[-1] / validation[best] - 1) if validation[best] else None,
    }
    fired = _first_rise(validation, fit, best)
    if fired is not None:
        detected = frame.iloc[fired]
        found: dict[str, Any] = {"detected_epoch": int(detected["epoch"]), "detected_step": int(detected["step"])}
        return OverfittingReport("confirmed", sentences.confirmed(fired), **known, **found)
    if _is_flat(validation):
        return OverfittingReport("flat", sentences.flat(), **known)
    if len(validation) - 1 - best >= 2:
        return OverfittingReport("possible", sentences.possible(), **known)
    return OverfittingReport("still_learning", sentences.still_learning(_rose_before(validation, fit)), **known)


def _first_rise(validation: np.ndarray, fit: np.ndarray, lowest: int) -> int | None:
    """The first index after the minimum at `lowest` where the criterion fires; None if it no longer holds."""
    from scipy.stats import kendalltau

    if len(validation) <= lowest + _RECENT:
        return None
    limit = validation[lowest] * (1 + GL_THRESHOLD / 100) + 3 * _noise(validation)
    if validation[-3:].mean() <= limit:
        return None
    for now in _places(lowest + _RECENT, len(validation)):
        since = validation[lowest + 1 : now + 1]
        fits_better = not np.isfinite(fit).all() or fit[now - 2 : now + 1].mean() < fit[lowest]
        if since[-3:].mean() > limit and fits_better:
            rise = kendalltau(range(len(since)), since, alternative="greater")
            if rise.pvalue < P_THRESHOLD:
                return now
    return None


def _is_flat(validation: np.ndarray) -> bool:
    """Whether the later half has no trend, and a level no further above the lowest than noise explains."""
    from scipy.stats import theilslopes

    later = validation[-max(_RECENT, len(validation) // 2) :]
    places = np.array(_places(0, len(later)))
    trend = theilslopes(later[places], places).slope * (len(later) - 1)
    level = float(np.median(later))
    return bool(abs(trend) < _FLAT * level and level - validation.min() < _FLAT * level + 3 * _noise(later))


def _places(first: int, end: int) -> range:
    """All indices from `first` to before `end`; if they are too many, evenly spaced ones, including the last."""
    distance = max(1, -(-(end - first) // _MOST_PLACES))
    return range(first + (end - 1 - first) % distance, end, distance)


def _noise(values: np.ndarray) -> float:
    """The standard deviation of a curve's noise, whatever its slope, from its second differences.

    A second difference of independent noise has √6 times its standard deviation; 1.4826 turns a median
    absolute value into a standard deviation; the median ignores a few bends.
    """
    return 1.4826 * float(np.median(np.abs(np.diff(values, 2)))) / float(np.sqrt(6))


def _rose_before(validation: np.ndarray, fit: np.ndarray) -> int | None:
    """An earlier minimum after which the criterion had fired before the loss came down again."""
    minima = np.flatnonzero(validation == np.minimum.accumulate(validation)).tolist()
    for start, end in pairwise(minima):
        peak = start + int(validation[start:end].argmax()) + 1
        if _first_rise(validation[:peak], fit[:peak], start) is not None:
            return start
    return None
