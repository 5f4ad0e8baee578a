"""Many of Keras's own steps in one call: a loop over data in memory.

`fit` spends about a millisecond of Python per step; inside one `tf.function` the same `model.train_step` runs back to
back, and XLA can compile the whole loop into one program. Losses, metrics, optimizer and dropout are Keras's own, so
the results equal those of `fit` on the same rows in the same order; with XLA, those of `fit(jit_compile=True)`.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

from .engine_choice import EngineKind

#: The row reached, and whether the loss stayed finite.
Position = tuple[tf.Tensor, tf.Tensor]
#: The same, and the running metrics.
Reached = tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]
#: (first row, the row after the last, whether to reset the metrics, for training also the order of all rows)
#: -> what was reached.
Program = Callable[..., Reached]


class Rows(NamedTuple):
    """Inputs and targets as tensors: x float32 (rows, *input_shape); y one-hot float32 or integers."""

    x: tf.Tensor
    y: tf.Tensor

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.x.shape[0])


def training_program(model: keras.Model, rows: Rows, size: int, kind: EngineKind) -> Program:
    """Trains on batches of `size` rows, in the given order. Ends after a batch whose loss is not finite."""
    rest = rows.num_rows % size

    def steps(first: tf.Tensor, last: tf.Tensor, order: tf.Tensor) -> Position:
        def train_on(row: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
            batch = tf.slice(order, [row], [count])
            logs = model.train_step((tf.gather(rows.x, batch), tf.gather(rows.y, batch)))
            return tf.math.is_finite(logs["loss"])

        start = (first, tf.constant(True))
        if kind == "graph":
            return _repeat(lambda row: train_on(row, tf.minimum(size, last - row)), start, last, size)
        # XLA's sizes are fixed: the smaller last batch gets a loop of its own, with one iteration.
        reached = _repeat(lambda row: train_on(row, size), start, tf.minimum(last, rows.num_rows - rest), size)
        return _repeat(lambda row: train_on(row, rest), reached, last, rest) if rest else reached

    return _program(model, steps, kind, tf.TensorSpec([rows.num_rows], tf.int32))


def evaluation_program(model: keras.Model, rows: Rows, size: int, kind: EngineKind) -> Program:
    """Evaluates `size` rows at a time; XLA can't take fewer at the end.

    Continues past a loss that is not finite: one such row says nothing about the others' accuracy.
    """

    def steps(first: tf.Tensor, last: tf.Tensor) -> Position:
        def measure(row: tf.Tensor) -> tf.Tensor:
            count = size if kind == "xla" else tf.minimum(size, last - row)
            model.test_step(tuple(_cut(values, row, count) for values in rows))
            return tf.constant(True)

        return _repeat(measure, (first, tf.constant(True)), last, size)

    return _program(model, steps, kind)


def _program(model: keras.Model, steps: Callable[..., Position], kind: EngineKind, *extra: tf.TensorSpec) -> Program:
    """A program that resets the metrics if asked, runs many steps, and returns the metrics, in one call."""
    number, flag = tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.bool)

    @tf.function(autograph=False, jit_compile=kind == "xla", input_signature=[number, number, flag, *extra])
    def program(first: tf.Tensor, last: tf.Tensor, reset: tf.Tensor, *extra: tf.Tensor) -> Reached:
        # As `reset_metrics` does; inside a condition, XLA would compile again for each value of every number here.
        for variable in model.metrics_variables:
            variable.assign(tf.where(reset, tf.zeros_like(variable), variable))
        row, finite = steps(first, last, *extra)
        return row, finite, model.get_metrics_result()

    return program


def _repeat(step: Callable[[tf.Tensor], tf.Tensor], start: Position, last: tf.Tensor, by: int) -> Position:
    """One step at every `by`th row from `start` to `last` (exclusive), as long as the loss is finite.

    The row is a loop variable: XLA would turn a loop-invariant index for slicing into a constant, and compile again
    for another value.
    """
    return tf.while_loop(
        lambda row, finite: (row < last) & finite,
        lambda row, finite: (row + by, step(row)),
        start,
        parallel_iterations=1,
    )


def _cut(values: tf.Tensor, row: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
    return tf.slice(values, [row, *[0] * (values.ndim - 1)], [count, *values.shape[1:]])
