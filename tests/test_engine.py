"""The graph's steps against Keras's own, batch by batch."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from toolkit.engine import GraphEngine, Rows

ROWS, BATCH = 10, 4


class Recorder(keras.layers.Layer):
    """Passes its input on and writes down which rows came by in training."""

    def __init__(self, seen: list[list[int]]) -> None:
        super().__init__()
        self._write = lambda batch: seen.append(batch.numpy()[:, 0].astype(int).tolist())

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if training:
            tf.py_function(self._write, [inputs], [])
        return inputs


@pytest.fixture
def rows() -> Rows:
    """Ten rows of one value each, which is the row's number; even and odd ones are two classes."""
    numbers = np.arange(ROWS)
    return Rows(tf.constant(numbers[:, None], tf.float32), tf.constant(np.eye(2, dtype=np.float32)[numbers % 2]))


def small_model(*layers: keras.layers.Layer, learning_rate: float = 0.01) -> keras.Sequential:
    """One softmax layer after the given ones, compiled with plain SGD."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), *layers, keras.layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.SGD(learning_rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def never() -> bool:
    """Nobody asks to stop."""
    return False


def stop_after(asked: int) -> Callable[[], bool]:
    """Says True from that question on, counted from 0."""
    questions = iter(range(1_000_000))
    return lambda: next(questions) >= asked


def test_batches_follow_the_order_of_rows_and_the_last_holds_what_is_left(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = GraphEngine(small_model(Recorder(seen)), rows, BATCH, never)
    order = np.array([7, 3, 9, 0, 1, 8, 2, 6, 5, 4])

    outcome = engine.train(rows, order, 0, 3)

    assert seen == [[7, 3, 9, 0], [1, 8, 2, 6], [5, 4]]
    assert outcome == (3, True, False)


def test_training_goes_on_where_it_left_off(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = GraphEngine(small_model(Recorder(seen)), rows, BATCH, never)
    engine.train(rows, np.arange(ROWS), 0, 1)
    engine.train(rows, np.arange(ROWS), 1, 3)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_making_an_engine_and_measuring_teach_the_network_nothing(rows: Rows) -> None:
    model = small_model(keras.layers.BatchNormalization(), keras.layers.Dropout(0.5))
    before = [variable.numpy() for variable in model.variables]
    engine = GraphEngine(model, rows, BATCH, never)
    engine.evaluate(rows)
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize(("num_rows", "steps"), [(1, 1), (4, 1), (5, 2), (8, 2), (10, 3)])
def test_a_ragged_last_batch_counts_as_a_step(rows: Rows, num_rows: int, steps: int) -> None:
    assert GraphEngine(small_model(), rows, BATCH, never).steps_in(num_rows) == steps


def test_rows_are_counted(rows: Rows) -> None:
    assert rows.num_rows == ROWS


def test_the_weights_are_those_of_train_on_batch(rows: Rows) -> None:
    model, by_hand = small_model(), small_model()
    GraphEngine(model, rows, BATCH, never).train(rows, np.arange(ROWS), 0, 3)
    x, y = rows.x.numpy(), rows.y.numpy()
    for first in range(0, ROWS, BATCH):
        by_hand.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])
    for ours, theirs in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_figures_are_those_of_keras_evaluate(rows: Rows) -> None:
    model = small_model()
    figures = GraphEngine(model, rows, BATCH, never).evaluate(rows)
    expected = model.evaluate(rows.x, rows.y, batch_size=BATCH, verbose=0, return_dict=True)
    assert figures == pytest.approx(expected, abs=1e-7)


def test_one_graph_measures_any_number_of_rows(rows: Rows) -> None:
    """Validation rows and the honest sample: to make a graph takes longer than to measure."""
    made: list[None] = []

    class Counter(keras.layers.Layer):
        """Called by Python only while a graph is made."""

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            made.append(None)
            return inputs

    engine = GraphEngine(small_model(Counter()), rows, BATCH, never)
    made.clear()
    for num_rows in (10, 7, 1):
        engine.evaluate(Rows(rows.x[:num_rows], rows.y[:num_rows]))
    assert len(made) == 1


def test_the_running_figures_begin_anew_after_a_reset(rows: Rows) -> None:
    model = small_model()
    engine = GraphEngine(model, rows, BATCH, never)
    engine.train(rows, np.arange(ROWS), 0, 3)
    first = engine.metrics()
    model.reset_metrics()
    engine.train(rows, np.arange(ROWS), 0, 3)
    assert engine.metrics()["loss"] < first["loss"]


def test_training_ends_with_the_first_loss_that_is_no_number(rows: Rows) -> None:
    model = small_model()
    engine = GraphEngine(model, Rows(rows.x, rows.y), BATCH, never)
    broken = rows.x.numpy()
    broken[5] = np.nan
    outcome = engine.train(Rows(tf.constant(broken), rows.y), np.arange(ROWS), 0, 3)
    assert outcome == (2, False, False)


def test_measuring_goes_on_past_a_row_whose_loss_is_no_number(rows: Rows) -> None:
    engine = GraphEngine(small_model(), rows, BATCH, never)
    whole = engine.evaluate(rows)
    broken = rows.x.numpy()
    broken[0] = np.nan
    figures = engine.evaluate(Rows(tf.constant(broken), rows.y))
    assert np.isnan(figures["loss"])
    assert abs(figures["accuracy"] - whole["accuracy"]) <= 1 / ROWS + 1e-6


def test_a_request_to_stop_is_seen_between_two_calls(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = GraphEngine(small_model(Recorder(seen)), rows, 1, stop_after(1))
    outcome = engine.train(rows, np.arange(ROWS), 0, ROWS)
    assert outcome == (1, True, True)
    assert seen == [[0]]


def test_a_request_before_the_first_step_is_seen_before_it(rows: Rows) -> None:
    engine = GraphEngine(small_model(), rows, BATCH, stop_after(0))
    assert engine.train(rows, np.arange(ROWS), 0, 3) == (0, True, True)


def test_a_measurement_that_was_stopped_gives_no_figures(rows: Rows) -> None:
    engine = GraphEngine(small_model(), rows, 1, stop_after(1))
    assert engine.evaluate(rows) is None


def test_a_long_epoch_takes_few_calls_once_the_pace_is_known(rows: Rows) -> None:
    """Calls double while they are short: else a small network would pay a call for every step."""
    asked: list[None] = []
    engine = GraphEngine(small_model(), rows, 1, lambda: bool(asked.append(None)))
    order = np.resize(np.arange(ROWS), 2000)
    engine.train(rows, order, 0, 2000)
    assert len(asked) < 200
