"""Many of Keras's own training steps in one graph: a loop over row numbers of data that stay in memory.

Plain `fit` pays about a millisecond of Python a step; inside one `tf.function` the same
`model.train_step` runs back to back. Losses, metrics, optimizer and dropout stay Keras's own, so the
figures are those of `fit` fed the same rows in the same order.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

#: A call into the graph lasts about this many seconds, so that a request to stop is seen between two.
_SHORTEST, _LONGEST = 0.1, 0.3


#: The step reached, and whether the loss was finite up to there.
Reached = tuple[tf.Tensor, tf.Tensor]
#: (x, y, order of rows, first step, last step) -> what was reached.
Graph = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], Reached]


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


class GraphEngine:
    """Runs a compiled model's steps in calls of about 0.2 s; `should_stop` is asked between them.

    Batches follow the order of rows given; the last one of an epoch holds what is left.
    """

    def __init__(self, model: keras.Model, sample: Rows, batch_size: int, should_stop: Callable[[], bool]) -> None:
        self.model = model
        self.batch_size = batch_size
        # Variables can't be made inside the graph: the optimizer's and the metrics' are made here.
        model.optimizer.build(model.trainable_variables)
        model.test_step((sample.x[:1], sample.y[:1]))
        model.reset_metrics()
        signature = _signature(sample)
        self._train_loop = _ChunkedLoop(_training_graph(model, batch_size, signature), should_stop)
        self._test_loop = _ChunkedLoop(_evaluation_graph(model, batch_size, signature), should_stop)

    def steps_in(self, num_rows: int) -> int:
        """How many batches that many rows make, the ragged last one counted."""
        return -(-num_rows // self.batch_size)

    def train(self, rows: Rows, order: np.ndarray, first: int, last: int) -> Outcome:
        """Train on batches `first` to `last` (exclusive) of the rows in that order.

        Ends early after the first step whose loss is not finite.
        """
        return self._train_loop.run(rows, order, first, last)

    def evaluate(self, rows: Rows) -> dict[str, float] | None:
        """Loss and accuracy in inference mode, as Keras's `evaluate` counts them; None where a stop was asked for."""
        self.model.reset_metrics()
        outcome = self._test_loop.run(rows, np.arange(rows.num_rows), 0, self.steps_in(rows.num_rows))
        return None if outcome.stopped else self.metrics()

    def metrics(self) -> dict[str, float]:
        """The running loss and accuracy since the last reset."""
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}


class _ChunkedLoop:
    """Calls a graph with as many steps at a time as take about 0.2 s."""

    def __init__(self, graph: Graph, should_stop: Callable[[], bool]) -> None:
        self._graph = graph
        self._should_stop = should_stop
        self._chunk = 1

    def run(self, rows: Rows, order: np.ndarray, first: int, last: int) -> Outcome:
        row_numbers, step, finite = tf.constant(order, tf.int32), first, True
        while step < last and finite:
            if self._should_stop():
                return Outcome(step, finite, stopped=True)
            started, end = time.perf_counter(), min(last, step + self._chunk)
            reached, still_finite = self._graph(rows.x, rows.y, row_numbers, tf.constant(step), tf.constant(end))
            step, finite = int(reached), bool(still_finite)
            self._pace(time.perf_counter() - started)
        return Outcome(step, finite, stopped=False)

    def _pace(self, seconds: float) -> None:
        if seconds < _SHORTEST:
            self._chunk *= 2
        elif seconds > _LONGEST:
            self._chunk = max(1, self._chunk // 2)


def _signature(sample: Rows) -> list[tf.TensorSpec]:
    """What a graph takes, whatever the number of rows: one graph serves validation and the honest sample."""
    rows = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in sample]
    return [*rows, tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]


def _training_graph(model: keras.Model, batch_size: int, signature: list[tf.TensorSpec]) -> Graph:
    @tf.function(autograph=False, input_signature=signature)
    def graph(x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> Reached:
        def one_step(step: tf.Tensor, finite: tf.Tensor) -> Reached:
            batch = order[step * batch_size : (step + 1) * batch_size]
            logs = model.train_step((tf.gather(x, batch), tf.gather(y, batch)))
            return step + 1, tf.math.is_finite(logs["loss"])

        return tf.while_loop(
            lambda step, finite: (step < last) & finite, one_step, (first, tf.constant(True)), parallel_iterations=1
        )

    return graph


def _evaluation_graph(model: keras.Model, batch_size: int, signature: list[tf.TensorSpec]) -> Graph:
    """Goes on past a loss that is not finite: one such row says nothing of the others' accuracy."""

    @tf.function(autograph=False, input_signature=signature)
    def graph(x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> Reached:
        def one_step(step: tf.Tensor) -> tuple[tf.Tensor]:
            batch = order[step * batch_size : (step + 1) * batch_size]
            model.test_step((tf.gather(x, batch), tf.gather(y, batch)))
            return (step + 1,)

        (reached,) = tf.while_loop(lambda step: step < last, one_step, (first,), parallel_iterations=1)
        return reached, tf.constant(True)

    return graph
