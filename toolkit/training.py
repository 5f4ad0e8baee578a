"""`train()`: epochs or steps, validation and the honest curve, stop, divergence, early stopping."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .config import ExperimentConfig
from .datasets import Dataset
from .engine import GraphEngine, Rows
from .history import COLUMNS, History
from .preparation import fitting_validation_rows, one_hot, split_validation, to_inputs
from .shapes import input_shape

#: The honest curve is measured on this many training rows: accuracy is then known to about 0.2 points.
HONEST_ROWS = 5000

Record = dict[str, Any]


def train(
    model: keras.Sequential,
    data: Dataset,
    config: ExperimentConfig,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    report: Callable[[Record], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> History:
    """Train a compiled model as the config says, and measure it as it learns.

    The rows' order is drawn anew each epoch from (seed, epoch). After every epoch (or `log_every` steps)
    loss and accuracy are recorded as Keras counts them, the same on the validation rows, and `honest_loss`
    and `honest_accuracy` in inference mode on a fixed sample of 5,000 training rows: Keras's running
    average starts high and lags, so it can't be held against the validation loss. A first record, epoch 0,
    is taken before training. On the same machine with the same number of threads, the same config gives
    the same records to the last bit, `seconds` apart.

    callbacks: Keras's; `on_epoch_begin` and `on_epoch_end` are called around every measurement. There are
    no calls per batch: batches run inside one graph.
    report: gets each record as it is made: `{"event": "epoch", …}` and `{"event": "note", "sentence": …}`.
    should_stop: asked about five times a second; when it says True, what was learnt is kept.

    Returns the history. A loss of NaN or infinity ends the training in state "diverged": a result, not
    an error. `patience` and `restore_best_weights` work as in Keras's `EarlyStopping`.
    Raises `DataError` where the data can't be split as asked.
    """
    prepared = prepare(data, config)
    session = _Session(model, config, prepared, callbacks, report or (lambda record: None), should_stop)
    for sentence in prepared.notes:
        session.report({"event": "note", "sentence": sentence})
    return session.run()


@dataclass(frozen=True)
class Prepared:
    """What a training works on. `notes` say in a sentence each what was adapted to the data."""

    train: Rows
    validation: Rows | None
    honest: Rows
    batch_size: int
    notes: tuple[str, ...]


def prepare(data: Dataset, config: ExperimentConfig) -> Prepared:
    """Split, scale, flatten and encode the training rows as the config says."""
    num_rows, notes = len(data.x_train), []
    held = fitting_validation_rows(config.validation_rows, num_rows)
    if held is not None and held != config.validation_rows:
        notes.append(
            f"{data.name} has {num_rows:,} training rows: the first {held:,} are held back for validation, "
            f"not {config.validation_rows:,}."
        )
    split = split_validation(
        data.x_train,
        data.y_train,
        validation_split=config.validation_split,
        validation_rows=held,
        seed=config.seed,
        stratify=config.stratify,
    )
    batch_size = min(config.batch_size, len(split.x_train))
    if batch_size < config.batch_size:
        notes.append(
            f"The batch of {config.batch_size:,} is larger than the {batch_size:,} training rows: "
            "each epoch is one full batch."
        )
    train_rows = _rows(split.x_train, split.y_train, data, config)
    validation = _rows(split.x_val, split.y_val, data, config) if len(split.x_val) else None
    return Prepared(train_rows, validation, _honest_sample(train_rows, config.seed), batch_size, tuple(notes))


def encode_labels(labels: np.ndarray, num_classes: int, *, sparse: bool) -> np.ndarray:
    """Labels as the loss takes them: whole numbers for a sparse loss, one-hot rows otherwise."""
    targets = one_hot(labels, num_classes=num_classes)
    return labels.astype(np.int64) if sparse else targets


def row_order(seed: int, epoch: int, num_rows: int) -> np.ndarray:
    """The order of the training rows in an epoch (counted from 1).

    Keras repeats one order in every epoch once a global seed is set, which costs about 0.35 points of
    test accuracy on MNIST; so each epoch draws its own.
    """
    return np.random.default_rng([seed, epoch]).permutation(num_rows)


def _rows(x: np.ndarray, y: np.ndarray, data: Dataset, config: ExperimentConfig) -> Rows:
    inputs = to_inputs(x, input_shape(config, data.row_shape))
    sparse = config.loss == "sparse_categorical_crossentropy"
    return Rows(tf.constant(inputs), tf.constant(encode_labels(y, data.num_classes, sparse=sparse)))


def _honest_sample(rows: Rows, seed: int) -> Rows:
    count = min(HONEST_ROWS, rows.num_rows)
    chosen = np.sort(np.random.default_rng(seed).choice(rows.num_rows, count, replace=False))
    return Rows(tf.gather(rows.x, chosen), tf.gather(rows.y, chosen))


class _Session:
    """One training under way: the engine, the position, the records so far."""

    def __init__(
        self,
        model: keras.Sequential,
        config: ExperimentConfig,
        prepared: Prepared,
        callbacks: Sequence[keras.callbacks.Callback],
        report: Callable[[Record], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.model, self.config, self.prepared, self.report = model, config, prepared, report
        self.engine = GraphEngine(model, prepared.train, prepared.batch_size, should_stop)
        self.steps_per_epoch = self.engine.steps_in(prepared.train.num_rows)
        self.total_steps = config.steps or (config.epochs or 0) * self.steps_per_epoch
        self.step = 0
        self._started = time.perf_counter()
        self.records: list[Record] = []
        parameters = {"epochs": len(self._marks()), "steps": config.log_every or self.steps_per_epoch, "verbose": 0}
        self._stoppers = self._early_stopping()
        self.callbacks = keras.callbacks.CallbackList([*callbacks, *self._stoppers], model=model, **parameters)

    def run(self) -> History:
        self.model.stop_training = False
        self.callbacks.on_train_begin()
        history = self._history("stopped") if self._measure({}) is None else self._follow_marks()
        self.callbacks.on_train_end()
        return history

    def _follow_marks(self) -> History:
        """Train from one measurement to the next; a mark is the number of steps done at a measurement."""
        for index, mark in enumerate(self._marks()):
            self._started = time.perf_counter()
            self.callbacks.on_epoch_begin(index)
            start, values = self.step, [variable.numpy() for variable in self._variables()]
            self.model.reset_metrics()
            outcome = self._train_until(mark)
            if outcome == "stopped":
                return self._history("stopped")
            if outcome == "diverged":
                return self._diverged(start, values)
            logs = self._measure(self.engine.metrics())
            if logs is None:
                return self._history("stopped")
            self.callbacks.on_epoch_end(index, logs)
            if self.model.stop_training:
                early = any(callback.stopped_epoch for callback in self._stoppers)
                reason = (
                    f"Early stopping: {self.config.monitor} no longer improved."
                    if early
                    else "A callback ended the training."
                )
                return self._history("finished", reason)
        return self._history("finished")

    def _train_until(self, mark: int) -> str:
        """Train up to that step; one of "reached", "stopped", "diverged"."""
        while self.step < mark:
            epoch, first = divmod(self.step, self.steps_per_epoch)
            last = min(mark - epoch * self.steps_per_epoch, self.steps_per_epoch)
            order = row_order(self.config.seed, epoch + 1, self.prepared.train.num_rows)
            outcome = self.engine.train(self.prepared.train, order, first, last)
            self.step = epoch * self.steps_per_epoch + outcome.step
            if not outcome.finite:
                return "diverged"
            if outcome.stopped:
                return "stopped"
        return "reached" if _are_finite(self.model.get_weights()) else "diverged"

    def _measure(self, running: Mapping[str, float]) -> dict[str, float] | None:
        """Record loss and accuracy as Keras counted them beside fresh figures; None where a stop came first."""
        validation = self.engine.evaluate(self.prepared.validation) if self.prepared.validation else {}
        honest = self.engine.evaluate(self.prepared.honest)
        if validation is None or honest is None:
            return None
        logs = {
            **running,
            **{f"val_{name}": value for name, value in validation.items()},
            **{f"honest_{name}": value for name, value in honest.items()},
            "learning_rate": float(self.model.optimizer.learning_rate),
        }
        record: Record = {
            "epoch": -(-self.step // self.steps_per_epoch),
            "step": self.step,
            "seconds": round(time.perf_counter() - self._started, 4),
            **logs,
        }
        self.records.append({name: _finite_or_none(record.get(name)) for name in COLUMNS})
        self.report({"event": "epoch", **self.records[-1]})
        return logs

    def _diverged(self, start: int, values: Sequence[np.ndarray]) -> History:
        """Walk the same way again up to the step before the fatal one, to keep its weights; then go on."""
        fatal, self.step = self.step, start
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)
        self.model.reset_metrics()
        at_start = self.model.get_weights()
        self._train_until(fatal - 1)
        last_finite = self.model.get_weights()
        if not _are_finite(last_finite):
            last_finite = at_start
        self._train_until(fatal)
        self._measure(self.engine.metrics())
        return self._history("diverged", self._why_diverged(fatal), last_finite)

    def _why_diverged(self, step: int) -> str:
        rate = self.config.learning_rate
        reason = f"the learning rate {rate:g} is probably too large. Try a tenth of it, {rate / 10:g}."
        if self.config.loss.startswith("unclipped"):
            reason = f"this loss takes log(p) of a probability that was rounded to 0, and {reason}"
        return f"The loss stopped being a number at step {step:,}: {reason}"

    def _history(self, state: str, message: str = "", last_finite: list[Any] | None = None) -> History:
        # An epoch counts once it is measured: a stop may have come in between.
        epochs = (self.records[-1]["step"] if self.records else 0) // self.steps_per_epoch
        return History(tuple(self.records), state, self.step, epochs, message, self.prepared.notes, last_finite)

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
