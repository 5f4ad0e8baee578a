"""The measurements of a training: records as in events.jsonl, and the table of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ..formatting import count

if TYPE_CHECKING:
    import pandas as pd

    from ..datasets import Dataset
    from ..datasets.preprocessing import Split

#: The state of a history without measurements: the model came as a file.
IMPORTED = "imported"
#: The columns of the table, in order. Epochs and steps count completed ones; epoch 0 is before training.
COLUMNS = (
    "epoch",
    "step",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "honest_loss",
    "honest_accuracy",
    "learning_rate",
    "seconds",
)

#: What a line of events.jsonl holds besides the measurements.
_OF_A_LINE = ("time",)


@dataclass(frozen=True)
class Baseline:
    """What always answering one class scores: the commonest class of the rows that a training is judged by.

    label: the class. accuracy: its share of those rows, in [0, 1]. rows: how many there are. measured_on: "validation",
    or "training" without validation rows; then it is compared with `honest_accuracy`.
    """

    label: str
    accuracy: float
    rows: int
    measured_on: str

    @classmethod
    def of(cls, data: "Dataset", rows: "Split") -> Self:
        """The baseline on the validation rows, or without any on the training rows; rows: the numbers of both."""
        measured_on, numbers = ("validation", rows.x_val) if len(rows.x_val) else ("training", rows.x_train)
        (commonest, count), *_ = Counter(sorted(data.y_train[numbers].tolist())).most_common(1)
        return cls(data.class_names[commonest], count / len(numbers), len(numbers), measured_on)


@dataclass(frozen=True, kw_only=True, repr=False)
class History:
    """The measurements of one training, and how it ended. Keyword-only, so that fields can be added anywhere.

    records: one dict per measurement, keyed by `COLUMNS` and by the names of a model's other metrics; None for a
    missing value.
    state: "running", "finished", "stopped", "diverged", or "imported", which leaves no records.
    step, epochs: how many steps, and how many whole epochs, were trained.
    message: one sentence if the training did not end as planned.
    notes: a sentence for each adaptation to the data.
    baseline: what a network scores that knows nothing; None if that is not known.
    engine: "graph" or "xla", which computed the steps; empty if unknown.
    compile_seconds: the time spent on compiling.
    last_finite_weights: for a diverged training, the weights before the step whose loss was not finite.
    """

    records: tuple[Mapping[str, Any], ...]
    state: str = "finished"
    step: int = 0
    epochs: int = 0
    message: str = ""
    notes: tuple[str, ...] = ()
    baseline: Baseline | None = None
    engine: str = ""
    compile_seconds: float = field(default=0.0, repr=False, compare=False)
    last_finite_weights: list[Any] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        measured = self.records[-1] if self.records else {}
        figures = [
            f"{name} {value:.4f}"
            for name, value in measured.items()
            if isinstance(value, float) and name not in ("seconds", "learning_rate")
        ]
        length = f"{count(self.epochs, 'epoch')}, {count(self.step, 'step')}"
        return "\n".join(
            filter(None, [f"History: {self.state} after {length}", ", ".join(figures), self.message, *self.notes])
        )

    @property
    def frame(self) -> "pd.DataFrame":
        """One row per epoch (or logged step), epoch 0 first.

        epoch, step: integers. loss, accuracy: Keras's running average over the rows trained on since
        the row before. val_*: on the validation rows. honest_*: on a fixed sample of the training rows, in
        inference mode. Accuracies in [0, 1]. learning_rate: the optimizer's. seconds: the time since the row before.
        Other metrics of the model follow, each with its val_* and honest_*.
        """
        return frame_of(self.records)

    @property
    def history(self) -> dict[str, list[float]]:
        """The measurements after training began, as Keras's `fit` returns them: one list per name."""
        frame = self.frame
        return frame[frame["step"] > 0].drop(columns=["epoch", "step"]).to_dict("list")  # type: ignore[return-value]


def frame_of(records: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """Records as a table with the columns of `COLUMNS`, and others that they have; a missing value becomes NaN."""
    import pandas as pd  # here, so that `--help` and the supervisor start 0.2 s sooner

    records = list(records)
    own = (name for record in records for name, value in record.items() if isinstance(value, float))
    names = [name for name in dict.fromkeys([*COLUMNS, *own]) if name not in _OF_A_LINE]
    frame = pd.DataFrame([{name: record.get(name) for name in names} for record in records], columns=names)
    metrics = names[2:]
    frame[metrics] = frame[metrics].astype(float)
    return frame.astype({"epoch": int, "step": int})


def counts_steps(frame: "pd.DataFrame") -> bool:
    """Whether rows stand for logged steps rather than whole epochs, which all have the same number of steps."""
    if "step" not in frame:
        return False
    whole = frame[frame["step"] > 0]
    if "loss" in frame:
        whole = whole[whole["loss"].notna()]  # a step whose loss was NaN ends no epoch
    return bool((whole["step"] / whole["epoch"]).nunique() > 1)
