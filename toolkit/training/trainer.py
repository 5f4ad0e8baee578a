"""`train()`: epochs or steps, validation and the honest curve, stopping, divergence, early stopping."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..datasets import Dataset
from ..datasets.preprocessing import RowSplit
from ..errors import DataError
from .batches import Prepared, prepare, row_order
from .checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from .engine import TrainingEngine
from .engine_choice import choose_engine, evaluation_batch_size
from .history import COLUMNS, History

Record = dict[str, Any]


def train(
    model: keras.Model,
    data: Dataset,
    config: ExperimentConfig,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    report: Callable[[Record], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    checkpoint: Path | None = None,
    split: RowSplit | None = None,
) -> History:
    """Train a compiled model as configured, and measure it after every epoch (or `log_every` steps).

    model: as `build_model` makes it from the same config, or any compiled Keras model with one input and one output:
    rows are shaped for its input, and labels are encoded for its loss. Layers, loss, optimizer, learning rate and
    metrics are the model's own; the config says how long to train, on which rows, in which batches and order.

    Each epoch shuffles the rows again, by (seed, epoch). Every record holds loss and accuracy as Keras
    averages them over the epoch, both on the validation rows, and `honest_loss` and `honest_accuracy` in
    inference mode on a fixed sample of 5,000 training rows: Keras's running average starts high and lags,
    so it can't be compared with the validation loss. The first record, epoch 0, is taken before training.
    On the same machine with the same number of threads, the same config gives the same records to the last
    bit, except `seconds`. The plain graph engine gives the results of Keras's `fit` on the same rows; XLA
    gives those of a model compiled with `jit_compile=True`, whose sums round differently and whose dropout
    draws other values. `History.engine` says which.

    callbacks: Keras's; `on_epoch_begin` and `on_epoch_end` are called around every measurement. There are
    no calls per batch: batches run inside one program.
    report: called with each record as it is made: `{"event": "epoch", …}` and `{"event": "note", "sentence": …}`.
    should_stop: called about five times a second; once it returns True, training stops and keeps what it has learned.
    checkpoint: a file (.npz) for the complete state at every measurement, written before the record is reported.
    If it exists, training resumes from it: the history equals that of an uninterrupted training to the last bit,
    except `seconds`, and the earlier records are reported again. `epochs` or `steps` may be more than when it was
    written.
    split: the result of `split_row_numbers(data, config)`, if it is known already.

    Returns the history. A NaN or infinite loss ends the training in state "diverged": a result, not an
    error. `patience` and `restore_best_weights` work as in Keras's `EarlyStopping`.
    Raises `DataError` if the data can't be split as configured or don't fit the model, or if the model is not
    compiled; `ModelFileError` if the checkpoint is damaged or belongs to another experiment.
    """
    if not isinstance(data, Dataset):
        raise DataError(
            f"train takes a data set. Received: {type(data).__name__}. Make one of arrays with Dataset.from_arrays. On "
            "a tf.data pipeline or a generator, train with model.fit: find_overfitting reads what that returns."
        )
    prepared = prepare(data, config, split, model=model)
    before = load_checkpoint(model, checkpoint, config) if checkpoint is not None and checkpoint.is_file() else None
    chosen = choose_engine(config, data.row_shape, data.num_classes, num_rows=prepared.training.num_rows)
    engine = TrainingEngine(
        model,
        prepared.training,
        prepared.measured,
        prepared.batch_size,
        should_stop,
        kind=before.engine if before else chosen,
        evaluation_batch_size=evaluation_batch_size(config, prepared.batch_size),
    )
    session = _Session(engine, config, prepared, callbacks, report or (lambda record: None), checkpoint)
    return session.run(before)


class _Session:
    """A training in progress: the engine, the position, the records so far."""

    def __init__(
        self,
        engine: TrainingEngine,
        config: ExperimentConfig,
        prepared: Prepared,
        callbacks: Sequence[keras.callbacks.Callback],
        report: Callable[[Record], None],
        checkpoint: Path | None,
    ) -> None:
        self.engine, self.model, self.config, self.prepared = engine, engine.model, config, prepared
        self.report, self.checkpoint = report, checkpoint
        self.steps_per_epoch = engine.steps_per_epoch
        self.total_steps = config.steps or (config.epochs or 0) * self.steps_per_epoch
        self.step = 0
        self._started = time.perf_counter()
        self.records: list[Record] = []
        self.notes: list[str] = []
        parameters = {"epochs": len(self._marks()), "steps": config.log_every or self.steps_per_epoch, "verbose": 0}
        self._stoppers = self._early_stopping()
        self.callbacks = keras.callbacks.CallbackList([*callbacks, *self._stoppers], model=self.model, **parameters)

    def run(self, before: Checkpoint | None) -> History:
        for sentence in self.prepared.notes:
            self._note(sentence)
        self.model.stop_training = False
        self.callbacks.on_train_begin()
        history = self._follow_marks() if self._begin(before) else self._history("stopped")
        self.callbacks.on_train_end()
        return history

    def _begin(self, before: Checkpoint | None) -> bool:
        """Measure the untrained network, or resume from the checkpoint; False after a stop request."""
        if before is None:
            return self._measure_untrained()
        for stopper in self._stoppers:
            # Early stopping's counters follow from the measurements; its best weights don't.
            for index, record in enumerate(before.records[1:]):
                stopper.on_epoch_end(
                    index, {name: math.nan if value is None else value for name, value in record.items()}
                )
            stopper.best_weights = before.best_weights
        for record in before.records:
            self._tell(record)
        self.step = before.records[-1]["step"]
        return True

    def _measure_untrained(self) -> bool:
        logs = self._measure({})
        if logs is not None:
            self._tell(self._record(logs))
        return logs is not None

    def _follow_marks(self) -> History:
        """Train from one measurement to the next; a mark is the number of steps done at a measurement."""
        for index, mark in enumerate(self._marks()):
            if self.model.stop_training:
                break
            if mark <= self.step:
                continue
            self.engine.prepare_training()
            self._started = time.perf_counter()
            self.callbacks.on_epoch_begin(index)
            start, values = self.step, [variable.numpy() for variable in self._variables()]
            reached, running = self._train_until(mark, begun=start)
            if reached == "diverged":
                return self._diverged(start, values)
            logs = self._measure(running) if reached == "mark" else None
            if logs is None:
                return self._history("stopped")
            record = self._record(logs)
            self.callbacks.on_epoch_end(index, logs)
            self._keep(record)
            self._tell(record)
        return self._history("finished", self._why_early() if self.model.stop_training else "")

    def _train_until(self, mark: int, *, begun: int) -> tuple[str, dict[str, float]]:
        """Train up to that step; return "mark", "stopped" or "diverged", and the running metrics since step `begun`."""
        metrics: dict[str, float] = {}
        while self.step < mark:
            epoch, first = divmod(self.step, self.steps_per_epoch)
            last = min(mark - epoch * self.steps_per_epoch, self.steps_per_epoch)
            order = row_order(self.config.seed, epoch + 1, self.prepared.training.num_rows)
            outcome = self.engine.train(order, first, last, reset=self.step == begun)
            self.step, metrics = epoch * self.steps_per_epoch + outcome.step, outcome.metrics
            if not outcome.finite or outcome.stopped:
                return "stopped" if outcome.finite else "diverged", metrics
        return "mark" if _are_finite(self.model.get_weights()) else "diverged", metrics

    def _measure(self, running: Mapping[str, float]) -> dict[str, float] | None:
        """Keras's running metrics together with new measurements; None if a stop came first."""
        validation = self.engine.evaluate(self.prepared.validation) if self.prepared.validation else {}
        honest = self.engine.evaluate(self.prepared.honest)
        if validation is None or honest is None:
            return None
        return {
            **running,
            **{f"val_{name}": value for name, value in validation.items()},
            **{f"honest_{name}": value for name, value in honest.items()},
            "learning_rate": float(self.model.optimizer.learning_rate),
        }

    def _record(self, logs: Mapping[str, float]) -> Record:
        """A measurement as a record of the history."""
        record = {
            "epoch": -(-self.step // self.steps_per_epoch),
            "step": self.step,
            "seconds": round(time.perf_counter() - self._started, 4),
            **logs,
        }
        own = [name for name in record if name not in COLUMNS]
        return {name: _finite_or_none(record.get(name)) for name in (*COLUMNS, *own)}

    def _note(self, sentence: str) -> None:
        if sentence and sentence not in self.notes:
            self.notes.append(sentence)
            self.report({"event": "note", "sentence": sentence})

    def _tell(self, record: Record) -> None:
        self._note(self.engine.note)
        self.records.append(record)
        self.report({"event": "epoch", **record})

    def _keep(self, record: Record) -> None:
        if self.checkpoint is not None:
            best_weights = next((stopper.best_weights for stopper in self._stoppers), None)
            save_checkpoint(
                self.model,
                self.checkpoint,
                self.config,
                records=[*self.records, record],
                engine=self.engine.kind,
                best_weights=best_weights,
            )

    def _diverged(self, start: int, values: Sequence[np.ndarray]) -> History:
        """Train again up to the step before the one that diverged, to keep its weights; then repeat that step."""
        fatal, self.step = self.step, start
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)
        at_start = self.model.get_weights()
        self._train_until(fatal - 1, begun=start)
        last_finite = self.model.get_weights()
        if not _are_finite(last_finite):
            last_finite = at_start
        _, running = self._train_until(fatal, begun=start)
        if (logs := self._measure(running)) is not None:
            self._tell(self._record(logs))
        return self._history("diverged", self._why_diverged(fatal), last_finite)

    def _why_diverged(self, step: int) -> str:
        rate = self.config.learning_rate
        reason = f"the learning rate {rate:g} is probably too large. Try a tenth of it, {rate / 10:g}."
        if not LOSSES[self.config.loss].is_clipped:
            reason = f"this loss takes log(p) of a probability that was rounded to 0, and {reason}"
        return f"The loss stopped being a number at step {step:,}: {reason}"

    def _why_early(self) -> str:
        if any(stopper.stopped_epoch for stopper in self._stoppers):
            return f"Early stopping: {self.config.monitor} no longer improved."
        return "A callback ended the training."

    def _history(self, state: str, message: str = "", last_finite: list[Any] | None = None) -> History:
        # An epoch counts only once it is measured: a stop may have come before that.
        epochs = (self.records[-1]["step"] if self.records else 0) // self.steps_per_epoch
        return History(
            records=tuple(self.records),
            state=state,
            step=self.step,
            epochs=epochs,
            message=message,
            notes=tuple(self.notes),
            baseline=self.prepared.baseline,
            engine=self.engine.kind,
            compile_seconds=self.engine.compile_seconds,
            last_finite_weights=last_finite,
        )

    def _marks(self) -> list[int]:
        every = self.config.log_every or self.steps_per_epoch
        return [*range(every, self.total_steps, every), self.total_steps]

    def _early_stopping(self) -> list[keras.callbacks.Callback]:
        if self.config.patience is None and not self.config.restore_best_weights:
            return []
        return [
            keras.callbacks.EarlyStopping(
                monitor=self.config.monitor,
                patience=self.config.patience or len(self._marks()) + 1,
                restore_best_weights=self.config.restore_best_weights,
            )
        ]

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]


def _are_finite(weights: Sequence[np.ndarray]) -> bool:
    return all(np.isfinite(values).all() for values in weights)


def _finite_or_none(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None
