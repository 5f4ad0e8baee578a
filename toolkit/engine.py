"""Many of Keras's own training steps in one call: a loop over row numbers of data that stay in memory.

Plain `fit` pays about a millisecond of Python a step; inside one `tf.function` the same `model.train_step` runs
back to back, and XLA can make one machine program of the whole loop. Losses, metrics, optimizer and dropout stay
Keras's own, so the figures are those of `fit` fed the same rows in the same order: of `fit(jit_compile=True)` where
XLA compiles.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from .compilation_cache import clear_compilation_cache
from .engine_choice import EngineKind

#: A call into a program lasts about this many seconds, so that a request to stop is seen between two.
_SHORTEST, _LONGEST = 0.1, 0.3

_FALLEN_BACK = (
    "XLA can't compile this network on this machine, so plain computation graphs train it: slower, equally good."
)

#: The step reached, and whether the loss was finite up to there.
Reached = tuple[tf.Tensor, tf.Tensor]
#: (row numbers, first step, last step) -> what was reached.
Program = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Reached]
#: One of Keras's own: `model.train_step` or `model.test_step`.
Step = Callable[[tuple[tf.Tensor, tf.Tensor]], dict[str, Any]]


class Rows(NamedTuple):
    """Inputs and targets as tensors: x float32 (rows, *input_shape); y one-hot float32 or whole numbers."""

    x: tf.Tensor
    y: tf.Tensor

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.x.shape[0])


class Outcome(NamedTuple):
    """How far a call got: steps done, and whether the loss was finite and no stop was asked for."""

    step: int
    finite: bool
    stopped: bool


class TrainingEngine:
    """Runs a compiled model's steps on numbered rows, in calls of about 0.2 s; `should_stop` is asked between them.

    Batches follow the order of the row numbers given; the last one of an epoch holds what is left.
    kind: the engine, "graph" for plain computation graphs, "xla" for compiled ones; becomes "graph" where XLA
    can't compile the network. note: a sentence on that, else empty. compile_seconds: what making the programs took.
    """

    def __init__(
        self,
        model: keras.Model,
        rows: Rows,
        batch_size: int,
        should_stop: Callable[[], bool],
        *,
        kind: EngineKind = "graph",
        evaluation_batch_size: int | None = None,
    ) -> None:
        self.model, self.kind, self.note, self.compile_seconds = model, kind, "", 0.0
        # Variables can't be made inside a program: the optimizer's and the metrics' are made here.
        model.optimizer.build(model.trainable_variables)
        model.test_step((rows.x[:1], rows.y[:1]))
        model.reset_metrics()
        self._training = _Loop(model.train_step, rows, batch_size, should_stop, until_not_finite=True)
        # Goes on past a loss that is not finite: one such row says nothing of the others' accuracy.
        self._evaluation = _Loop(
            model.test_step, rows, evaluation_batch_size or batch_size, should_stop, until_not_finite=False
        )

    def steps_in(self, num_rows: int) -> int:
        """How many batches that many rows make in training, the ragged last one counted."""
        return self._training.steps_in(num_rows)

    def prepare_training(self, num_rows: int) -> None:
        """Make the programs that `train` needs for so many rows, unless they are there."""
        self._compile(self._training, num_rows)

    def train(self, order: np.ndarray, first: int, last: int) -> Outcome:
        """Train on batches `first` to `last` (exclusive) of the rows in that order.

        Ends early after the first step whose loss is not finite.
        """
        self.prepare_training(len(order))
        return self._training.run(order, first, last)

    def evaluate(self, row_numbers: np.ndarray) -> dict[str, float] | None:
        """Loss and accuracy in inference mode, as Keras's `evaluate` counts them; None where a stop was asked for."""
        self._compile(self._evaluation, len(row_numbers))
        self.model.reset_metrics()
        outcome = self._evaluation.run(row_numbers, 0, self._evaluation.steps_in(len(row_numbers)))
        return None if outcome.stopped else self.metrics()

    def metrics(self) -> dict[str, float]:
        """The running loss and accuracy since the last reset."""
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}

    def _compile(self, loop: "_Loop", num_rows: int) -> None:
        """Nothing is lost where this fails: a program that can't be compiled has done no step."""
        started = time.perf_counter()
        try:
            loop.compile(num_rows, self.kind)
        except tf.errors.OpError as error:
            if self.kind == "graph" or isinstance(error, tf.errors.ResourceExhaustedError):
                raise
            # A damaged file of the cache looks like a network that XLA does not know.
            clear_compilation_cache()
            self._compile_at_last(loop, num_rows)
        self.compile_seconds += time.perf_counter() - started

    def _compile_at_last(self, loop: "_Loop", num_rows: int) -> None:
        try:
            loop.compile(num_rows, self.kind)
        except tf.errors.OpError:
            self.kind, self.note = "graph", _FALLEN_BACK
            loop.compile(num_rows, self.kind)


class _Loop:
    """One kind of step, batch after batch."""

    def __init__(
        self, step: Step, rows: Rows, batch_size: int, should_stop: Callable[[], bool], *, until_not_finite: bool
    ) -> None:
        self._step, self._rows, self._batch_size = step, rows, batch_size
        self._should_stop, self._until_not_finite = should_stop, until_not_finite
        self._programs: dict[tuple[int, EngineKind], Program] = {}
        self._kind: EngineKind = "graph"
        self._chunk = 1

    def steps_in(self, num_rows: int) -> int:
        return -(-num_rows // self._batch_size)

    def compile(self, num_rows: int, kind: EngineKind) -> None:
        """Make the programs for so many rows: a call for no step at all compiles."""
        self._kind = kind
        whole, rest = self._steps_together(num_rows), num_rows % self._batch_size
        for size in (self._batch_size if whole else 0, rest if whole < self.steps_in(num_rows) else 0):
            if size and (size, kind) not in self._programs:
                program = _program(self._step, self._rows, size, kind, until_not_finite=self._until_not_finite)
                program(self._numbers(np.zeros(1)), tf.constant(0), tf.constant(0))
                self._programs[size, kind] = program

    def run(self, order: np.ndarray, first: int, last: int) -> Outcome:
        numbers, together = self._numbers(order), self._steps_together(len(order))
        step, finite = first, True
        while step < last and finite:
            if self._should_stop():
                return Outcome(step, finite, stopped=True)
            if step < together:
                step, finite = self._run_together(numbers, step, min(last, together))
            else:
                step, finite = self._run_rest(order[together * self._batch_size :], step)
        return Outcome(step, finite, stopped=False)

    def _steps_together(self, num_rows: int) -> int:
        """Steps that one program does: XLA's sizes are fixed, so that a ragged last batch needs one of its own."""
        return num_rows // self._batch_size if self._kind == "xla" else self.steps_in(num_rows)

    def _run_together(self, numbers: tf.Tensor, first: int, last: int) -> tuple[int, bool]:
        """As many steps as take about 0.2 s."""
        started, end = time.perf_counter(), min(last, first + self._chunk)
        reached, finite = self._programs[self._batch_size, self._kind](numbers, tf.constant(first), tf.constant(end))
        step, still_finite = int(reached), bool(finite)
        seconds = time.perf_counter() - started
        if seconds < _SHORTEST:
            self._chunk *= 2
        elif seconds > _LONGEST:
            self._chunk = max(1, self._chunk // 2)
        return step, still_finite

    def _run_rest(self, rest: np.ndarray, step: int) -> tuple[int, bool]:
        _, finite = self._programs[len(rest), self._kind](self._numbers(rest), tf.constant(0), tf.constant(1))
        return step + 1, bool(finite)

    def _numbers(self, order: np.ndarray) -> tf.Tensor:
        """Row numbers, brought to one length for XLA, which compiles anew for another."""
        length = max(len(order), self._rows.num_rows) if self._kind == "xla" else len(order)
        return tf.constant(np.resize(order, length), tf.int32)


def _program(step: Step, rows: Rows, size: int, kind: EngineKind, *, until_not_finite: bool) -> Program:
    """Batches of `size` rows, from a first to a last (exclusive), in one call."""
    number = tf.TensorSpec([], tf.int32)

    @tf.function(
        autograph=False, jit_compile=kind == "xla", input_signature=[tf.TensorSpec([None], tf.int32), number, number]
    )
    def program(numbers: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> Reached:
        def one_step(index: tf.Tensor, finite: tf.Tensor) -> Reached:
            start = index * size
            batch = tf.slice(numbers, [start], [size]) if kind == "xla" else numbers[start : start + size]
            logs = step((tf.gather(rows.x, batch), tf.gather(rows.y, batch)))
            return index + 1, tf.math.is_finite(logs["loss"]) if until_not_finite else finite

        return tf.while_loop(
            lambda index, finite: (index < last) & finite, one_step, (first, tf.constant(True)), parallel_iterations=1
        )

    return program
