"""Where the files of a run are, and which version of the format they have.

saved_models/<run_id>/
  config.json        the experiment, and under "run" the versions, the thread count and who started it: from where,
                     and in which browser (`session`)
  events.jsonl       one line per measurement, set of sample predictions, note or change of state
  checkpoint/        the newest complete state of weights and optimizer
  model.keras        the whole model; model.weights.h5: its weights alone
  result.json        the evaluation; written last, its presence means that the run has ended
  columns.json       for a table: how each column becomes numbers, so that new rows can be predicted
                     (docs/own-data.md describes it)
  samples.npz        the test rows whose predictions are tracked
  predictions.npz    the saved model's probabilities for every test row
  worker.lock        held by the process that trains, for as long as it lives
  .room              space reserved during training, so that the result can be written on a full disk
  interrupted        why the training broke off, in a sentence, if that is known
  stop               its presence asks the training to stop; it may say why
  worker.log         for people: tracebacks and warnings
  resume             its presence asks the workers to resume a stopped or interrupted run: until one does, the run
                     is queued
saved_models/.trash/<run_id>-<when>/    a deleted run, until it is restored or the trash is emptied

"schema" is the version of the file format, a whole number from 1. It stands under "run" in config.json (so that
toolkits without versions still open the run; beside the experiment it counts as well), beside the state in result.json,
in the first line that each writer adds to events.jsonl, and as an array of one number in checkpoint/state.npz. A file
without it has version 1. columns.json, samples.npz and predictions.npz have none: they go with the other files. A run
with a file whose number schema.py does not know is in state "newer" and is left as it is.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """The paths of one run's files."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name on disk: chosen by the program, never by a user."""
        return self.path.name

    @property
    def model_path(self) -> Path:
        """The whole model."""
        return self._file("model.keras")

    @property
    def weights_path(self) -> Path:
        """The weights alone."""
        return self._file("model.weights.h5")

    @property
    def last_finite_path(self) -> Path:
        """For a diverged run: the weights before the loss became NaN or infinite."""
        return self._file("last_finite.weights.h5")

    @property
    def columns_path(self) -> Path:
        """For a table: how its columns become the network's input."""
        return self._file("columns.json")

    @property
    def checkpoint_path(self) -> Path:
        """The newest complete state of weights and optimizer."""
        return self._file("checkpoint") / "state.npz"

    @property
    def samples_path(self) -> Path:
        """The test rows whose predictions are tracked."""
        return self._file("samples.npz")

    @property
    def predictions_path(self) -> Path:
        """The probabilities of every test row, float32 of shape (rows, classes)."""
        return self._file("predictions.npz")

    @property
    def tensorboard_path(self) -> Path:
        """Where `--tensorboard` writes."""
        return self._file("tensorboard")

    @property
    def log_path(self) -> Path:
        """For people: tracebacks and warnings."""
        return self._file("worker.log")

    def _file(self, name: str) -> Path:
        return self.path / name
