"""The sentences of a verdict on overfitting."""

from typing import TYPE_CHECKING

from ..training.history import counts_steps

if TYPE_CHECKING:
    import pandas as pd


class VerdictSentences:
    """The sentences of a verdict: what is seen, what it means, what to try."""

    def __init__(self, frame: "pd.DataFrame", best: int) -> None:
        self._unit = "step" if counts_steps(frame) else "epoch"
        self._places = frame[self._unit].tolist()
        self._validation = frame["val_loss"].tolist()
        self._accuracy = frame["val_accuracy"]
        self._fit_known = bool(frame["fit"].notna().all())
        self._best = best

    def _place(self, index: int) -> str:
        return f"{self._unit} {self._places[index]:,}"

    def _lowest(self) -> str:
        return f"{self._validation[self._best]:.4f} at {self._place(self._best)}"

    def confirmed(self, detected: int) -> str:
        """Validation loss rises; detected: the row at which the criterion fired."""
        lowest, last = self._validation[self._best], self._validation[-1]
        risen = f"stands {100 * (last / lowest - 1):.0f} % higher" if lowest else f"stands at {last:.4f}"
        training = ", while training loss keeps falling" if self._fit_known else ""
        return (
            f"Overfitting since {self._place(self._best + 1)}, confirmed at {self._place(detected)}: validation loss "
            f"was lowest so far with {self._lowest()} and now {risen}{training}. "
            f"The network is learning its training data by heart.{self._accuracy_sentence()} "
            f"Try dropout, a smaller network, or stopping near {self._place(self._best)}."
        )

    def possible(self) -> str:
        """Validation loss has not come back to its lowest, which may be noise."""
        return (
            f"Possibly overfitting since {self._place(self._best + 1)}: validation loss was lowest so far with "
            f"{self._lowest()} and has not come back to it. It may still be noise: train a little longer to be sure."
        )

    def flat(self) -> str:
        """Validation loss neither falls nor rises."""
        return (
            f"Validation loss hardly changes any more; the lowest so far is {self._lowest()}. More of the same will "
            "not help. Try a larger network, another learning rate, or stop here."
        )

    def still_learning(self, earlier: int | None) -> str:
        """Validation loss still falls; earlier: the row of a minimum after which it had risen, or None."""
        again = (
            f" It had risen after {self._place(earlier)} and came down again: a second descent."
            if earlier is not None
            else ""
        )
        return (
            f"Still learning: validation loss is still falling and is lowest so far with {self._lowest()}.{again} "
            "More training may help."
        )

    def _accuracy_sentence(self) -> str:
        if self._accuracy.isna().all():
            return ""
        best = int(self._accuracy.to_numpy().argmax())
        value = f"{100 * self._accuracy[best]:.2f} % at {self._place(best)}"
        if best > self._best:
            return f" Validation accuracy still crept up, to {value}."
        return f" Validation accuracy was best with {value}."
