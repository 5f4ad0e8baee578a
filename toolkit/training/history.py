"""What was measured while training: records as they stand in events.jsonl, and the table made of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: The state of a history without measurements: the model came as a file.
IMPORTED = "imported"
#: The columns of the table, in order. Epochs and steps count what is done; epoch 0 is before training.
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


@dataclass(frozen=True, kw_only=True)
class History:
    """The measurements of one training, and how it ended. Made by keyword, so that fields can be added anywhere.

    records: one dict a measurement, keyed by `COLUMNS`; None where there is no figure.
    state: "running", "finished", "stopped", "diverged", or "imported", which leaves no records.
    step, epochs: how many steps were trained, and how many whole epochs they make.
    message: one sentence where the training did not end as planned.
    notes: sentences on what was adapted to the data.
    engine: "graph" or "xla", which computed the steps; empty where that is not kept.
    compile_seconds: what it took to make the programs that compute the steps.
    last_finite_weights: for a diverged training, the weights before the step whose loss was not finite.
    """

    records: tuple[Mapping[str, Any], ...]
    state: str = "finished"
    step: int = 0
    epochs: int = 0
    message: str = ""
    notes: tuple[str, ...] = ()
    engine: str = ""
    compile_seconds: float = field(default=0.0, repr=False, compare=False)
    last_finite_weights: list[Any] | None = field(default=None, repr=False, compare=False)

    @property
    def frame(self) -> "pd.DataFrame":
        """One row an epoch (or logged step), epoch 0 first.

        epoch, step: whole numbers. loss, accuracy: Keras's running average over the rows trained on since
        the row before. val_*: on the validation rows. honest_*: on a fixed sample of the training rows, in
        inference mode. Accuracies in [0, 1]. learning_rate: the optimizer's. seconds: what this row took.
        """
        return frame_of(self.records)

    @property
    def history(self) -> dict[str, list[float]]:
        """The measurements after training began, as Keras's `fit` returns them: a list for each name."""
        frame = self.frame
        return frame[frame["step"] > 0].drop(columns=["epoch", "step"]).to_dict("list")  # type: ignore[return-value]


def frame_of(records: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """Records as a table with the columns of `COLUMNS`; a missing figure becomes NaN."""
    import pandas as pd  # 0.2 s, which `--help` and the supervisor don't owe anybody

    frame = pd.DataFrame([{name: record.get(name) for name in COLUMNS} for record in records], columns=list(COLUMNS))
    figures = list(COLUMNS[2:])
    frame[figures] = frame[figures].astype(float)
    return frame.astype({"epoch": int, "step": int})


def counts_steps(frame: "pd.DataFrame") -> bool:
    """Whether rows stand for logged steps rather than whole epochs: those have the same number of steps each."""
    if "step" not in frame:
        return False
    whole = frame[frame["step"] > 0]
    if "loss" in frame:
        whole = whole[whole["loss"].notna()]  # the step at which the loss was lost ends no epoch
    return bool((whole["step"] / whole["epoch"]).nunique() > 1)
