"""The engine's steps against Keras's own, batch by batch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from toolkit.system import compilation_cache
from toolkit.training.engine import TrainingEngine
from toolkit.training.engine_choice import EngineKind
from toolkit.training.loops import Rows

ROWS, BATCH = 10, 4
ALL, ORDER = range(ROWS), np.arange(ROWS)


class Recorder(keras.layers.Layer):
    """Passes its input on and writes down which rows came by in training. XLA can't compile what it does."""

    def __init__(self, seen: list[list[int]]) -> None:
        super().__init__()
        self._write = lambda batch: seen.append(batch.numpy()[:, 0].astype(int).tolist())

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if training:
            tf.py_function(self._write, [inputs], [])
        return inputs


def rows_of(*values: float) -> Rows:
    """Rows of one value each; even and odd places are two classes."""
    targets = np.eye(2, dtype=np.float32)[np.arange(len(values)) % 2]
    return Rows(tf.constant(np.array(values)[:, None], tf.float32), tf.constant(targets))


@pytest.fixture
def rows() -> Rows:
    """Ten rows of one value each, which is the row's number."""
    return rows_of(*ALL)


def small_model(*layers: keras.layers.Layer, jit_compile: bool = False) -> keras.Sequential:
    """One softmax layer after the given ones, compiled with plain SGD."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), *layers, keras.layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.01), "categorical_crossentropy", metrics=["accuracy"], jit_compile=jit_compile)
    return model


def never() -> bool:
    """Nobody asks to stop."""
    return False


def stop_after(asked: int) -> Callable[[], bool]:
    """Says True from that question on, counted from 0."""
    questions = iter(range(1_000_000))
    return lambda: next(questions) >= asked


def make_engine(model: keras.Model, rows: Rows, batch_size: int = BATCH, **settings: Any) -> TrainingEngine:
    """An engine that nobody stops."""
    return TrainingEngine(model, rows, rows, batch_size, **{"should_stop": never, **settings})


def test_batches_follow_the_order_of_rows_and_the_last_holds_what_is_left(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = make_engine(small_model(Recorder(seen)), rows)

    outcome = engine.train(np.array([7, 3, 9, 0, 1, 8, 2, 6, 5, 4]), 0, 3)

    assert seen == [[7, 3, 9, 0], [1, 8, 2, 6], [5, 4]]
    assert outcome[:3] == (3, True, False)


def test_training_goes_on_where_it_left_off(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = make_engine(small_model(Recorder(seen)), rows)
    engine.train(ORDER, 0, 1)
    engine.train(ORDER, 1, 3)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_making_an_engine_and_measuring_teach_the_network_nothing(rows: Rows) -> None:
    model = small_model(keras.layers.BatchNormalization(), keras.layers.Dropout(0.5))
    before = [variable.numpy() for variable in model.variables]
    make_engine(model, rows).evaluate(ALL)
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize(("num_rows", "steps"), [(1, 1), (4, 1), (5, 2), (8, 2), (10, 3)])
def test_a_ragged_last_batch_counts_as_a_step(num_rows: int, steps: int) -> None:
    assert make_engine(small_model(), rows_of(*range(num_rows)), batch_size=4).steps_per_epoch == steps


@pytest.mark.parametrize("kind", ["graph", "xla"])
def test_the_weights_are_those_of_train_on_batch(kind: EngineKind, rows: Rows) -> None:
    """One row in the last batch, which is neither left out nor filled up."""
    model, by_hand = small_model(), small_model(jit_compile=kind == "xla")
    make_engine(model, rows, 3, kind=kind).train(ORDER, 0, 4)
    x, y = rows.x.numpy(), rows.y.numpy()
    for first in range(0, ROWS, 3):
        by_hand.train_on_batch(x[first : first + 3], y[first : first + 3])
    for ours, theirs in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


@pytest.mark.parametrize("kind", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
@pytest.mark.parametrize("evaluation_batch_size", [None, 3, 1000])
def test_figures_are_those_of_keras_evaluate(evaluation_batch_size: int | None, kind: EngineKind, rows: Rows) -> None:
    model = small_model()
    engine = make_engine(model, rows, evaluation_batch_size=evaluation_batch_size, kind=kind)
    for first, last in ((3, 10), (0, 3), (0, 10), (5, 6)):
        figures = engine.evaluate(range(first, last))
        expected = model.evaluate(rows.x[first:last], rows.y[first:last], batch_size=BATCH, verbose=0, return_dict=True)
        assert figures == pytest.approx(expected, abs=1e-6)


def test_rows_that_are_measured_may_be_others_than_those_to_learn_from(rows: Rows) -> None:
    model, others = small_model(), rows_of(-3, 8, 5)
    engine = TrainingEngine(model, rows, others, BATCH, never)
    engine.train(ORDER, 0, 3)
    figures = engine.evaluate(range(1, 3))
    assert figures == pytest.approx(model.evaluate(others.x[1:], others.y[1:], verbose=0, return_dict=True), abs=1e-6)


def test_one_graph_measures_any_number_of_rows(rows: Rows) -> None:
    """Validation rows and the honest sample: to make a graph takes longer than to measure."""
    made: list[None] = []

    class Counter(keras.layers.Layer):
        """Called by Python only while a graph is made."""

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            made.append(None)
            return inputs

    engine = make_engine(small_model(Counter()), rows)
    made.clear()
    for num_rows in (10, 7, 1):
        engine.evaluate(ALL[:num_rows])
    assert len(made) == 1


@pytest.mark.parametrize("kind", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
def test_the_running_metrics_go_on_until_they_are_reset(kind: EngineKind, rows: Rows) -> None:
    """Beside the mean of what Keras says of each batch: three rows in each, one in the last."""
    model, by_hand = small_model(), small_model(jit_compile=kind == "xla")
    engine = make_engine(model, rows, 3, kind=kind)
    engine.evaluate(ALL)  # leaves its own figures behind
    for first, last, reset in ((0, 2, True), (2, 4, False), (0, 4, True)):
        if reset:
            batches = []
        for step in range(first, last):
            x, y = rows.x[3 * step : 3 * step + 3], rows.y[3 * step : 3 * step + 3]
            batches.append((len(x), by_hand.train_on_batch(x, y)))
        sizes, figures = zip(*batches, strict=True)
        loss, accuracy = np.average(figures, axis=0, weights=sizes)
        expected = {"loss": loss, "accuracy": accuracy}
        assert engine.train(ORDER, first, last, reset=reset).metrics == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
def test_training_ends_with_the_first_loss_that_is_no_number(kind: EngineKind) -> None:
    engine = make_engine(small_model(), rows_of(0, 1, 2, 3, 4, np.nan, 6, 7, 8, 9), kind=kind)
    assert engine.train(ORDER, 0, 3)[:3] == (2, False, False)


@pytest.mark.parametrize("kind", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
def test_a_ragged_last_batch_whose_loss_is_no_number_is_found_too(kind: EngineKind) -> None:
    engine = make_engine(small_model(), rows_of(0, 1, 2, 3, 4, 5, 6, 7, 8, np.nan), kind=kind)
    assert engine.train(ORDER, 0, 3)[:3] == (3, False, False)


def test_measuring_goes_on_past_a_row_whose_loss_is_no_number() -> None:
    whole = make_engine(small_model(), rows_of(*ALL)).evaluate(ALL)
    figures = make_engine(small_model(), rows_of(np.nan, *ALL[1:])).evaluate(ALL)
    assert whole is not None
    assert figures is not None
    assert np.isnan(figures["loss"])
    assert abs(figures["accuracy"] - whole["accuracy"]) <= 1 / ROWS + 1e-6


def test_a_request_to_stop_is_seen_between_two_calls(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = make_engine(small_model(Recorder(seen)), rows, 1, should_stop=stop_after(1))
    outcome = engine.train(ORDER, 0, ROWS)
    assert outcome == (1, True, True, {})
    assert seen == [[0]]


def test_a_request_before_the_first_step_is_seen_before_it(rows: Rows) -> None:
    assert make_engine(small_model(), rows, should_stop=stop_after(0)).train(ORDER, 0, 3) == (0, True, True, {})


def test_a_measurement_that_was_stopped_gives_no_figures(rows: Rows) -> None:
    assert make_engine(small_model(), rows, 1, should_stop=stop_after(1)).evaluate(ALL) is None


def test_a_long_epoch_takes_few_calls_once_the_pace_is_known() -> None:
    """Calls double while they are short: else a small network would pay a call for every step."""
    asked: list[None] = []
    engine = make_engine(small_model(), rows_of(*range(2000)), 1, should_stop=lambda: bool(asked.append(None)))
    engine.train(np.arange(2000), 0, 2000)
    assert len(asked) < 200


def test_a_network_that_xla_can_not_compile_is_trained_by_plain_graphs_with_a_sentence(rows: Rows) -> None:
    seen: list[list[int]] = []
    engine = make_engine(small_model(Recorder(seen)), rows, kind="xla")

    outcome = engine.train(ORDER, 0, 3)

    assert outcome[:3] == (3, True, False)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert engine.kind == "graph"
    assert engine.note == (
        "XLA can't compile this network on this machine, so plain computation graphs train it: slower, equally good."
    )


def test_a_damaged_file_of_the_cache_is_thrown_away(
    rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow fails at it as at a network that XLA does not know; here the file itself says so."""
    monkeypatch.setattr(compilation_cache, "cache_folder", lambda: tmp_path)
    damaged = tmp_path / "xla_compile_cache__1__2__XLA_CPU_JIT.pb"

    class NeedsNoFile(keras.layers.Layer):
        """Fails as long as the damaged file is there."""

        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            if tf.inside_function() and damaged.exists():
                raise tf.errors.DataLossError(None, None, "Can't parse the file as binary proto")
            return inputs

    engine = make_engine(small_model(NeedsNoFile()), rows, kind="xla")
    damaged.touch()
    engine.evaluate(ALL)

    assert (engine.kind, engine.note) == ("xla", "")
    assert not damaged.exists()


def test_what_making_the_programs_took_is_counted(rows: Rows) -> None:
    engine = make_engine(small_model(), rows)
    assert engine.compile_seconds == 0
    engine.prepare_training()
    made = engine.compile_seconds
    assert made > 0
    engine.train(ORDER, 0, 3)
    assert engine.compile_seconds - made < made
