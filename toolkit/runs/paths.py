"""Where the files of a run are, and in which version they are written.

saved_models/<run_id>/
  config.json        the experiment, and under "run" the versions, thread count and who asked: from where, and in
                     which browser (`session`)
  events.jsonl       one line a measurement, a set of sample predictions, a note, a change of state
  checkpoint/        the newest complete state of weights and optimizer
  model.keras        the whole model; model.weights.h5: its weights alone
  result.json        the evaluation; written last, its presence means that the run has ended
  samples.npz        the test pictures whose predictions are followed
  predictions.npz    what the saved model says of every test row
  worker.lock        held by the process that trains, for as long as it lives
  .room              kept back while it trains, for the last words on a full disk
  interrupted        why a training broke off, in a sentence, where that is known
  stop               its presence asks the training to stop, and it may say why; worker.log: for people
  resume             its presence asks the workers to go on with a run that was stopped or interrupted: until one
                     does, the run is queued
saved_models/.trash/<run_id>-<when>/    a deleted run, until it is brought back or the trash is emptied

"schema" is the version of the files, a whole number from 1: under "run" in config.json (so that toolkits that know no
version still open the run; beside the experiment it counts as well), beside the state in result.json, in the first line
that each writer adds to events.jsonl, as an array of one number in checkpoint/state.npz. Without it, a file is version
1. samples.npz and predictions.npz have none: what is in them goes with the others. A run of which one file has another
number than schema.py knows is in state "newer" and left as it is.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """The files of one run by what they hold."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name on disk: made by the program, never by a user."""
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
        """For a diverged run: the weights before the loss stopped being a number."""
        return self._file("last_finite.weights.h5")

    @property
    def checkpoint_path(self) -> Path:
        """The newest complete state of weights and optimizer."""
        return self._file("checkpoint") / "state.npz"

    @property
    def samples_path(self) -> Path:
        """The test pictures whose predictions are followed."""
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
