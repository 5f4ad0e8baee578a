"""Keras's own training and test steps on rows in memory, in programs that run many steps per call.

Calls are short enough to react to a stop request between two of them. If XLA can't compile a network, plain
computation graphs train it.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ..system.compilation_cache import clear_compilation_cache
from .engine_choice import EngineKind
from .loops import Program, Rows, evaluation_program, training_program

#: A call of a program lasts about this many seconds, so that a stop request is seen soon.
_SHORTEST, _LONGEST = 0.1, 0.3

_FALLEN_BACK = (
    "XLA can't compile this network on this machine, so plain computation graphs train it: slower, equally good."
)


class Outcome(NamedTuple):
    """How far a call got: steps done, whether the loss stayed finite, and whether a stop was requested.

    metrics: Keras's running loss and accuracy since they were last reset; empty after a stop.
    """

    step: int
    finite: bool
    stopped: bool
    metrics: dict[str, float]


class TrainingEngine:
    """Runs a compiled model's steps on rows in memory, in calls of about 0.2 s; `should_stop` is called between them.

    training: the training rows; the last batch of an epoch may be smaller. measured: the rows to evaluate on;
    `evaluate` takes a range of them.
    kind: the engine, "graph" for plain computation graphs, "xla" for compiled ones; becomes "graph" if XLA can't
    compile the network. note: a sentence about that, else empty. compile_seconds: the time spent on compiling.
    """

    def __init__(
        self,
        model: keras.Model,
        training: Rows,
        measured: Rows,
        batch_size: int,
        should_stop: Callable[[], bool],
        *,
        kind: EngineKind = "graph",
        evaluation_batch_size: int | None = None,
    ) -> None:
        self.model, self.kind, self.note, self.compile_seconds = model, kind, "", 0.0
        self._num_rows, self._batch_size = training.num_rows, batch_size
        self._evaluation_batch_size = evaluation_batch_size or batch_size
        order = tf.zeros([training.num_rows], tf.int32)
        self._training = _Loop(partial(training_program, model, training), should_stop, order)
        self._evaluation = _Loop(partial(evaluation_program, model, measured), should_stop)
        # Variables can't be created inside a program: those of the optimizer and the metrics are created here.
        model.optimizer.build(model.trainable_variables)
        model.test_step((training.x[:1], training.y[:1]))
        model.reset_metrics()

    @property
    def steps_per_epoch(self) -> int:
        """How many batches an epoch has, including the smaller last one."""
        return _batches(self._num_rows, self._batch_size)

    def prepare_training(self) -> None:
        """Compile the program that `train` needs, unless that is done."""
        self._compiled(self._training, self._batch_size)

    def train(self, order: np.ndarray, first: int, last: int, *, reset: bool = True) -> Outcome:
        """Train on batches `first` to `last` (exclusive) of the rows in `order`, a permutation of their numbers.

        Ends early after the first step whose loss is not finite. reset: whether to reset the metrics first.
        """
        size = self._batch_size
        program, rows = self._compiled(self._training, size), range(first * size, min(last * size, self._num_rows))
        outcome = self._training.run(program, size, rows, reset, tf.constant(order, tf.int32))
        return outcome._replace(step=first + outcome.step)

    def evaluate(self, rows: range) -> dict[str, float] | None:
        """Loss and accuracy in inference mode on a range of the measured rows, as Keras's `evaluate` computes them.

        None after a stop request.
        """
        metrics: dict[str, float] = {}
        for size, part in self._parts(rows):
            program = self._compiled(self._evaluation, size)
            outcome = self._evaluation.run(program, size, part, part.start == rows.start)
            if outcome.stopped:
                return None
            metrics = outcome.metrics
        return metrics

    def _parts(self, rows: range) -> list[tuple[int, range]]:
        """Batch sizes and their ranges of rows: XLA's sizes are fixed, so a smaller last batch is a separate part."""
        size = self._evaluation_batch_size
        rest = len(rows) % size if self.kind == "xla" else 0
        end = rows.stop - rest
        parts = [(size, range(rows.start, end)), (rest, range(end, rows.stop))]
        return [(size, part) for size, part in parts if part]

    def _compiled(self, loop: "_Loop", size: int) -> Program:
        """The compiled program. If compiling fails, nothing is lost: no step was done."""
        started = time.perf_counter()
        try:
            return loop.program(size, self.kind)
        except tf.errors.OpError as error:
            if self.kind == "graph" or isinstance(error, tf.errors.ResourceExhaustedError):
                raise
            # A damaged cache file raises the same error as a network that XLA can't compile.
            clear_compilation_cache()
            return self._compiled_at_last(loop, size)
        finally:
            self.compile_seconds += time.perf_counter() - started

    def _compiled_at_last(self, loop: "_Loop", size: int) -> Program:
        try:
            return loop.program(size, self.kind)
        except tf.errors.OpError:
            self.kind, self.note = "graph", _FALLEN_BACK
            return loop.program(size, self.kind)


class _Loop:
    """One kind of step in a loop: its programs, and how many steps take about 0.2 s.

    make: builds the program for a batch size. extra: a program's arguments besides rows, here to compile it with.
    """

    def __init__(
        self, make: Callable[[int, EngineKind], Program], should_stop: Callable[[], bool], *extra: tf.Tensor
    ) -> None:
        self._make, self._should_stop, self._extra = make, should_stop, extra
        self._programs: dict[tuple[int, EngineKind], Program] = {}
        self._chunk = 1

    def program(self, size: int, kind: EngineKind) -> Program:
        """The compiled program for that batch size: a call on no rows compiles it."""
        if (size, kind) not in self._programs:
            program = self._make(size, kind)
            program(tf.constant(0), tf.constant(0), tf.constant(False), *self._extra)
            self._programs[size, kind] = program
        return self._programs[size, kind]

    def run(self, program: Program, size: int, rows: range, reset: bool, *extra: tf.Tensor) -> Outcome:
        """One step for every `size` of these rows; reset: whether to reset the metrics first."""
        row, finite, stopped = rows.start, True, False
        metrics: dict[str, tf.Tensor] = {}
        while row < rows.stop and finite and not (stopped := self._should_stop()):
            started, end = time.perf_counter(), min(rows.stop, row + size * self._chunk)
            reached, still_finite, metrics = program(tf.constant(row), tf.constant(end), tf.constant(reset), *extra)
            row, finite, reset = int(reached), bool(still_finite), False
            self._adapt(time.perf_counter() - started)
        measured = {} if stopped else {name: float(value) for name, value in metrics.items()}
        return Outcome(_batches(row - rows.start, size), finite, stopped, measured)

    def _adapt(self, seconds: float) -> None:
        if seconds < _SHORTEST:
            self._chunk *= 2
        elif seconds > _LONGEST:
            self._chunk = max(1, self._chunk // 2)


def _batches(num_rows: int, size: int) -> int:
    return -(-num_rows // size)
