"""`train()` against plain Keras, which is fed the same rows in the same order."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, islice
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as kl
from sklearn.model_selection import train_test_split

from toolkit.config import ExperimentConfig
from toolkit.config.presets import PRESETS, preset
from toolkit.datasets import Dataset, load_dataset
from toolkit.datasets.preprocessing import to_inputs
from toolkit.errors import DataError
from toolkit.models.build import build_model
from toolkit.training.batches import HONEST_ROWS, Prepared, encode_labels, prepare, row_order
from toolkit.training.history import COLUMNS, History
from toolkit.training.model_interface import Targets
from toolkit.training.trainer import train

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")

#: From a config to the trained network and its history.
LearnOnce = Callable[[ExperimentConfig], tuple[keras.Sequential, History]]

#: Small, quick, and with a ragged last batch: 49 of the toy's 70 rows are learned, 16 at a time.
SMALL = ExperimentConfig(layers=[{"kind": "dense", "units": 8}], batch_size=16, epochs=3, learning_rate=0.01)


def learn(data: Dataset, config: ExperimentConfig = SMALL, **settings: Any) -> tuple[keras.Sequential, History]:
    """Build and train."""
    model = build_model(config, data)
    return model, train(model, data, config, **settings)


@pytest.fixture(scope="module")
def learn_once(toy: Dataset) -> LearnOnce:
    """Trains on the toy, once for all tests that ask for the same config. The network is not to be trained further."""
    return cache(lambda config: learn(toy, config))


@pytest.fixture(scope="module")
def learned(toy: Dataset) -> tuple[keras.Sequential, History, list[dict[str, Any]]]:
    """The small config once trained: model, history, and what was reported. Not to be trained further."""
    reported: list[dict[str, Any]] = []
    return *learn(toy, report=reported.append), reported


def figures_of(history: History) -> list[dict[str, Any]]:
    """The records without the one thing that differs from run to run."""
    return [{name: value for name, value in record.items() if name != "seconds"} for record in history.records]


def measured_rows(prepared: Prepared, part: range) -> tuple[np.ndarray, np.ndarray]:
    """The inputs and targets of that part of the measured rows."""
    return prepared.measured.x.numpy()[part.start : part.stop], prepared.measured.y.numpy()[part.start : part.stop]


def assert_same_weights(model: keras.Model, expected: list[np.ndarray], tolerance: float = 1e-6) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=tolerance, rtol=0)


@dataclass(frozen=True, eq=False)
class Case:
    """What a config changes, and the same written by hand in Keras."""

    changes: dict[str, Any]
    layers: Callable[[], list[kl.Layer]]
    optimizer: Callable[[], keras.optimizers.Optimizer] = lambda: keras.optimizers.Adam(0.01)
    loss: keras.losses.Loss | str = "categorical_crossentropy"
    row_shape: tuple[int, ...] = (36,)


def two_dense() -> list[kl.Layer]:
    return [kl.Dense(8, activation="relu"), kl.Dense(3, activation="softmax")]


@cache
def compiled(case: Case, jit_compile: bool) -> tuple[keras.Sequential, list[np.ndarray]]:
    """The network by hand, made once, since Keras takes long to trace its functions; and all its starting values."""
    keras.utils.set_random_seed(777)
    model = keras.Sequential([keras.Input(case.row_shape), *case.layers()])
    model.compile(case.optimizer(), case.loss, metrics=["accuracy"], jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    return model, [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]


class PlainKeras:
    """The tutorials' way, by hand: NumPy, scikit-learn's split, a Sequential, `fit`."""

    def __init__(
        self, case: Case, data: Dataset, *, share: float = 0.3, batch_size: int = 16, jit_compile: bool = False
    ) -> None:
        x = (data.x_train.astype(np.float32) / np.float32(255)).reshape(-1, *case.row_shape)
        sparse = "Sparse" in type(case.loss).__name__
        y = data.y_train.astype(np.int64) if sparse else keras.utils.to_categorical(data.y_train, data.num_classes)
        self.x, self.x_val, self.y, self.y_val = train_test_split(x, y, test_size=share, random_state=777)
        self.batch_size = batch_size
        self.model, start = compiled(case, jit_compile)
        for variable, value in zip((*self.model.variables, *self.model.optimizer.variables), start, strict=True):
            variable.assign(value)

    def fit(self, epoch: int, **settings: Any) -> dict[str, float]:
        """One epoch, counted from 1, of the rows in the order that the toolkit draws."""
        order = row_order(777, epoch, len(self.x))
        history = self.model.fit(
            self.x[order],
            self.y[order],
            batch_size=self.batch_size,
            initial_epoch=epoch - 1,
            epochs=epoch,
            shuffle=False,
            validation_data=(self.x_val, self.y_val),
            validation_batch_size=self.batch_size,
            verbose=0,
            **settings,
        )
        return {name: values[0] for name, values in history.history.items()}

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All batches of all epochs, without end."""
        for epoch in count(1):
            order = row_order(777, epoch, len(self.x))
            for first in range(0, len(order), self.batch_size):
                rows = order[first : first + self.batch_size]
                yield self.x[rows], self.y[rows]


#: Layers, optimizers and losses take turns, so that each is met once.
CASES = {
    "softmax, adam": Case({"layers": []}, lambda: [kl.Dense(3, activation="softmax")]),
    "dense, adamw": Case({"optimizer": "adamw"}, two_dense, lambda: keras.optimizers.AdamW(0.01)),
    "dense, lion": Case({"optimizer": "lion"}, two_dense, lambda: keras.optimizers.Lion(0.01)),
    "no bias, logits, sgd with nesterov": Case(
        {"use_bias": False, "from_logits": True, "optimizer": "sgd", "momentum": 0.9, "nesterov": True},
        lambda: [kl.Dense(8, activation="relu", use_bias=False), kl.Dense(3, use_bias=False)],
        lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    ),
    "sparse loss, rmsprop with momentum": Case(
        {"loss": "sparse_categorical_crossentropy", "optimizer": "rmsprop", "momentum": 0.5},
        two_dense,
        lambda: keras.optimizers.RMSprop(0.01, momentum=0.5),
        keras.losses.SparseCategoricalCrossentropy(),
    ),
    "dropout, sparse loss on logits": Case(
        {
            "layers": [{"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}],
            "loss": "sparse_categorical_crossentropy",
            "from_logits": True,
        },
        lambda: [kl.Dense(8, activation="relu"), kl.Dropout(0.5), kl.Dense(3)],
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ),
    "batch normalisation, adagrad": Case(
        {"layers": [{"kind": "dense", "units": 8}, {"kind": "batch_normalization"}], "optimizer": "adagrad"},
        lambda: [kl.Dense(8, activation="relu"), kl.BatchNormalization(), kl.Dense(3, activation="softmax")],
        lambda: keras.optimizers.Adagrad(0.01),
    ),
    "convolution, nadam": Case(
        {
            "layers": [{"kind": "conv2d", "filters": 4}, {"kind": "max_pooling2d"}, {"kind": "flatten"}],
            "optimizer": "nadam",
        },
        lambda: [
            kl.Conv2D(4, 3, padding="same", activation="relu"),
            kl.MaxPooling2D(),
            kl.Flatten(),
            kl.Dense(3, activation="softmax"),
        ],
        lambda: keras.optimizers.Nadam(0.01),
        row_shape=(6, 6, 1),
    ),
}

#: `SMALL` by hand.
DENSE = Case({}, two_dense)


#: What these show is shown by the others too, in other company.
_RARELY = ("softmax, adam", "dense, adamw")
#: XLA takes seconds for each.
_COMPILED_EACH_TIME = ("dropout, sparse loss on logits", "dense, lion")


class TestAgainstPlainKeras:
    @pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.slow if name in _RARELY else ()) for name in CASES]
    )
    def test_figures_and_weights_are_those_of_fit(self, name: str, toy: Dataset, learn_once: LearnOnce) -> None:
        case = CASES[name]
        model, history = learn_once(SMALL.replace(**case.changes, epochs=2))
        plain = PlainKeras(case, toy)
        for epoch in (1, 2):
            expected = plain.fit(epoch)
            assert {key: history.records[epoch][key] for key in FIGURES} == pytest.approx(expected, abs=1e-6)
        assert_same_weights(model, plain.model.get_weights())

    @pytest.mark.parametrize(
        "name",
        [pytest.param(name, marks=pytest.mark.slow if name not in _COMPILED_EACH_TIME else ()) for name in CASES],
    )
    def test_under_xla_they_are_those_of_fit_compiled_by_xla(self, name: str, toy: Dataset) -> None:
        case = CASES[name]
        model, history = learn(toy, SMALL.replace(**case.changes, epochs=2, engine="xla"))
        plain = PlainKeras(case, toy, jit_compile=True)
        assert (history.engine, history.notes) == ("xla", ())
        for epoch in (1, 2):
            expected = plain.fit(epoch)
            assert {key: history.records[epoch][key] for key in FIGURES} == pytest.approx(expected, abs=1e-6)
        assert_same_weights(model, plain.model.get_weights())

    @pytest.mark.parametrize("batch_size", [1, pytest.param(7, marks=pytest.mark.slow), 49])
    def test_the_same_holds_for_batches_that_divide_the_rows_or_do_not(self, batch_size: int, toy: Dataset) -> None:
        _, history = learn(toy, SMALL.replace(batch_size=batch_size, epochs=2))
        plain = PlainKeras(DENSE, toy, batch_size=batch_size)
        for epoch in (1, 2):
            expected = plain.fit(epoch)
            assert {key: history.records[epoch][key] for key in FIGURES} == pytest.approx(expected, abs=1e-6)

    def test_the_unclipped_sum_is_counted_as_keras_counts_a_loss_summed_over_a_batch(self, toy: Dataset) -> None:
        config = SMALL.replace(layers=[], loss="unclipped_crossentropy_sum", optimizer="sgd", learning_rate=0.01)
        _, history = learn(toy, config.replace(epochs=2))
        summed = keras.losses.CategoricalCrossentropy(reduction="sum")
        plain = PlainKeras(
            replace(CASES["softmax, adam"], loss=summed, optimizer=lambda: keras.optimizers.SGD(0.01)), toy
        )
        for epoch in (1, 2):
            expected = plain.fit(epoch)
            # Nothing is clipped here, since no probability comes near 0; sums of 16 rows round a little more.
            assert {key: history.records[epoch][key] for key in FIGURES} == pytest.approx(expected, rel=1e-5)

    def test_real_digits_train_as_in_plain_keras(self, digits: Dataset) -> None:
        config = preset("keras-mlp").replace(epochs=2)
        _, history = learn(digits, config)
        case = Case({}, lambda: [kl.Dense(64, "relu"), kl.Dense(32, "relu"), kl.Dense(10, "softmax")], row_shape=(64,))
        plain = PlainKeras(replace(case, optimizer=keras.optimizers.Adam), digits, batch_size=128)
        for epoch in (1, 2):
            assert {key: history.records[epoch][key] for key in FIGURES} == pytest.approx(plain.fit(epoch), abs=1e-6)

    def test_a_schedule_for_the_learning_rate_works_as_in_keras(self, toy: Dataset) -> None:
        def schedule(epoch: int, rate: float) -> float:
            return rate * 0.5 if epoch else rate

        _, history = learn(toy, SMALL, callbacks=[keras.callbacks.LearningRateScheduler(schedule)])
        plain = PlainKeras(DENSE, toy)
        for epoch in (1, 2, 3):
            expected = plain.fit(epoch, callbacks=[keras.callbacks.LearningRateScheduler(schedule)])
            found = {key: history.records[epoch][key] for key in (*FIGURES, "learning_rate")}
            assert found == pytest.approx(expected, abs=1e-6)
        assert history.frame["learning_rate"].tolist() == pytest.approx([0.01, 0.01, 0.005, 0.0025])

    def test_a_callback_is_called_around_every_epoch_with_keras_words(self, toy: Dataset) -> None:
        calls: list[Any] = []
        spy = keras.callbacks.LambdaCallback(
            on_train_begin=lambda _: calls.append("train"),
            on_epoch_begin=lambda epoch, _: calls.append(epoch),
            on_epoch_end=lambda epoch, logs: calls.append((epoch, set(FIGURES) < set(logs))),
            on_train_end=lambda _: calls.append("end"),
        )
        learn(toy, SMALL.replace(epochs=2), callbacks=[spy])
        assert calls == ["train", 0, (0, True), 1, (1, True), "end"]


class TestOrderOfRows:
    def test_every_row_is_learned_exactly_once_in_every_epoch_and_in_another_order(self) -> None:
        """A layer writes down what comes by; each row's only value is its own number."""
        numbers = np.arange(20, dtype=np.float32)[:, None]
        data = Dataset("numbers", numbers, np.arange(20) % 2, numbers[:2], np.arange(2), ("even", "odd"))
        seen: list[int] = []

        class Recorder(kl.Layer):
            def call(self, inputs: Any, training: bool = False) -> Any:
                if training:
                    import tensorflow as tf

                    tf.py_function(lambda batch: seen.extend(batch.numpy()[:, 0].astype(int)), [inputs], [])
                return inputs

        model = keras.Sequential([keras.Input((1,)), Recorder(), kl.Dense(2, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        train(model, data, SMALL.replace(layers=[], validation_rows=5, batch_size=4, epochs=3))

        epochs = [seen[first : first + 15] for first in (0, 15, 30)]
        assert len(seen) == 45
        assert all(sorted(epoch) == list(range(5, 20)) for epoch in epochs)
        assert len({tuple(epoch) for epoch in epochs}) == 3

    def test_an_order_holds_every_row_once(self) -> None:
        assert sorted(row_order(777, 1, 100)) == list(range(100))

    def test_an_order_is_the_same_for_the_same_seed_and_epoch_alone(self) -> None:
        orders = {(seed, epoch): tuple(row_order(seed, epoch, 50)) for seed in (1, 2) for epoch in (1, 2, 3)}
        assert len(set(orders.values())) == 6
        assert orders[1, 2] == tuple(row_order(1, 2, 50))


#: With layers that differ between training and inference.
WITH_STATE = SMALL.replace(
    layers=[{"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}, {"kind": "batch_normalization"}]
)
#: Epochs of four steps: measured within epochs, and at an end that is within one.
ELEVEN_STEPS = SMALL.replace(steps=11, log_every=3)


class TestSameConfigSameRecords:
    @pytest.mark.parametrize(
        "config",
        [WITH_STATE, SMALL.replace(**CASES["convolution, nadam"].changes, epochs=2), ELEVEN_STEPS],
        ids=["dropout and batch normalisation", "convolution", "steps"],
    )
    def test_to_the_last_bit(self, config: ExperimentConfig, toy: Dataset, learn_once: LearnOnce) -> None:
        (first, one), (second, other) = learn_once(config), learn(toy, config)
        assert figures_of(one) == figures_of(other)
        assert_same_weights(first, second.get_weights(), tolerance=0)

    def test_but_not_with_another_seed(self, toy: Dataset, learned: Any) -> None:
        _, other = learn(toy, SMALL.replace(seed=1))
        assert figures_of(learned[1]) != figures_of(other)

    def test_measuring_more_often_does_not_change_what_is_learned(self, toy: Dataset, learned: Any) -> None:
        often, _ = learn(toy, SMALL.replace(log_every=1))
        assert_same_weights(often, learned[0].get_weights(), tolerance=0)


class TestRecords:
    def test_a_record_holds_every_column_and_nothing_else(self, learned: Any) -> None:
        _, history, _ = learned
        assert all(tuple(record) == COLUMNS for record in history.records)
        assert [(record["epoch"], record["step"]) for record in history.records] == [(0, 0), (1, 4), (2, 8), (3, 12)]

    def test_the_history_says_how_it_ended(self, learned: Any) -> None:
        _, history, _ = learned
        assert (history.state, history.step, history.epochs, history.message, history.notes) == (
            "finished",
            12,
            3,
            "",
            (),
        )
        assert history.last_finite_weights is None

    def test_the_first_record_is_taken_before_training(self, toy: Dataset, learned: Any) -> None:
        untrained = build_model(SMALL, toy)
        first = learned[1].records[0]
        prepared = prepare(toy, SMALL)
        expected = untrained.evaluate(
            *measured_rows(prepared, prepared.validation), batch_size=16, verbose=0, return_dict=True
        )
        assert (first["loss"], first["accuracy"]) == (None, None)
        assert first["val_loss"] == pytest.approx(expected["loss"], abs=1e-6)
        assert first["val_accuracy"] == pytest.approx(expected["accuracy"], abs=1e-6)
        assert first["learning_rate"] == pytest.approx(0.01)

    def test_reports_are_the_records_as_they_are_made(self, learned: Any) -> None:
        _, history, reported = learned
        assert [{**record, "event": "epoch"} for record in history.records] == reported
        json.dumps(reported, allow_nan=False)

    def test_without_validation_there_are_no_validation_figures(self, toy: Dataset) -> None:
        _, history = learn(toy, SMALL.replace(validation_split=None))
        assert {record["val_loss"] for record in history.records} == {None}
        assert history.records[-1]["honest_loss"] is not None
        assert history.records[-1]["step"] == 3 * 5  # all 70 rows, 16 at a time

    def test_training_again_goes_on_from_the_weights_that_were_learned(self, toy: Dataset) -> None:
        model, first = learn(toy)
        second = train(model, toy, SMALL)
        for name in ("val_loss", "honest_loss", "honest_accuracy"):
            assert second.records[0][name] == first.records[-1][name]
        assert second.records[-1]["honest_loss"] < first.records[-1]["honest_loss"]


class TestHonestCurve:
    def test_is_what_evaluate_says_of_the_same_rows(self, toy: Dataset, learn_once: LearnOnce) -> None:
        model, history = learn_once(WITH_STATE)
        prepared = prepare(toy, WITH_STATE)
        expected = model.evaluate(*measured_rows(prepared, prepared.honest), batch_size=16, verbose=0, return_dict=True)
        assert history.records[-1]["honest_loss"] == pytest.approx(expected["loss"], abs=1e-6)
        assert history.records[-1]["honest_accuracy"] == pytest.approx(expected["accuracy"], abs=1e-6)

    def test_uses_all_training_rows_of_small_data(self, toy: Dataset) -> None:
        prepared = prepare(toy, SMALL)
        for honest, training in zip(measured_rows(prepared, prepared.honest), prepared.training, strict=True):
            np.testing.assert_array_equal(honest, training.numpy())

    def test_of_large_data_is_a_fixed_sample_of_training_rows_drawn_with_the_seed(
        self, make_toy: Callable[..., Dataset]
    ) -> None:
        large = make_toy((6,), train_rows=9000)
        samples = [prepare(large, SMALL.replace(seed=seed)) for seed in (1, 1, 2)]
        honest = [measured_rows(prepared, prepared.honest)[0] for prepared in samples]
        training = set(map(tuple, samples[0].training.x.numpy()))
        assert len(training) == samples[0].training.num_rows > HONEST_ROWS
        assert len(set(map(tuple, honest[0]))) == HONEST_ROWS
        assert set(map(tuple, honest[0])) <= training
        np.testing.assert_array_equal(honest[0], honest[1])
        assert not np.array_equal(honest[0], honest[2])


class TestSteps:
    def test_training_takes_exactly_that_many_steps_and_measures_every_few(self, learn_once: LearnOnce) -> None:
        model, history = learn_once(ELEVEN_STEPS)
        assert [(record["epoch"], record["step"]) for record in history.records] == [
            (0, 0),
            (1, 3),
            (2, 6),
            (3, 9),
            (3, 11),
        ]
        assert (history.step, history.epochs) == (11, 2)
        assert int(model.optimizer.iterations) == 11

    def test_figures_are_keras_running_average_since_the_last_measurement(
        self, toy: Dataset, learn_once: LearnOnce
    ) -> None:
        model, history = learn_once(ELEVEN_STEPS)
        plain = PlainKeras(DENSE, toy)
        batches = plain.batches()
        for record, steps in zip(history.records[1:], (3, 3, 3, 2), strict=True):
            figures, sizes = [], []
            for x, y in islice(batches, steps):
                plain.model.reset_metrics()
                figures.append(plain.model.train_on_batch(x, y))
                sizes.append(len(x))
            expected = np.average(figures, axis=0, weights=sizes).tolist()
            assert [record["loss"], record["accuracy"]] == pytest.approx(expected, abs=1e-6)
        assert_same_weights(model, plain.model.get_weights())

    def test_without_log_every_each_epoch_is_measured_and_the_rest(self, toy: Dataset) -> None:
        _, history = learn(toy, SMALL.replace(steps=6))
        assert [record["step"] for record in history.records] == [0, 4, 6]

    def test_fewer_steps_than_log_every_are_measured_once(self, toy: Dataset) -> None:
        _, history = learn(toy, SMALL.replace(steps=2, log_every=100))
        assert [record["step"] for record in history.records] == [0, 2]

    def test_epochs_too_can_be_measured_every_few_steps(self, toy: Dataset) -> None:
        _, history = learn(toy, SMALL.replace(epochs=2, log_every=3))
        assert [record["step"] for record in history.records] == [0, 3, 6, 8]


#: A large learning rate on few rows: validation loss and accuracy go up and down.
RESTLESS = SMALL.replace(epochs=30, learning_rate=0.3, validation_split=0.5)


class TestEarlyStopping:
    @pytest.mark.parametrize(("monitor", "patience"), [("val_loss", 2), ("val_accuracy", 3), ("accuracy", 2)])
    def test_ends_at_the_epoch_at_which_keras_ends(
        self, monitor: str, patience: int, toy: Dataset, learn_once: LearnOnce
    ) -> None:
        model, history = learn_once(RESTLESS.replace(patience=patience, monitor=monitor))
        plain = PlainKeras(DENSE, toy, share=0.5)
        plain.model.optimizer.learning_rate = 0.3
        expected = plain.model.fit(
            plain.batches(),
            steps_per_epoch=3,
            epochs=30,
            shuffle=False,
            validation_data=(plain.x_val, plain.y_val),
            callbacks=[keras.callbacks.EarlyStopping(monitor, patience=patience)],
            verbose=0,
        )
        assert 1 < len(expected.epoch) < 30
        assert history.epochs == len(expected.epoch)
        assert history.state == "finished"
        assert history.message == f"Early stopping: {monitor} no longer improved."
        assert_same_weights(model, plain.model.get_weights())

    def test_the_best_weights_are_restored_where_they_were_asked_for(self, toy: Dataset, learn_once: LearnOnce) -> None:
        model, history = learn(toy, RESTLESS.replace(patience=2, restore_best_weights=True))
        losses = history.history["val_loss"]
        best = int(np.argmin(losses)) + 1
        assert best < len(losses)
        at_the_best, _ = learn_once(RESTLESS.replace(epochs=best))
        assert_same_weights(model, at_the_best.get_weights(), tolerance=0)

    def test_the_best_weights_are_restored_without_ending_early_too(self, toy: Dataset, learn_once: LearnOnce) -> None:
        model, history = learn(toy, RESTLESS.replace(restore_best_weights=True))
        assert history.epochs == 30
        best = int(np.argmin(history.history["val_loss"])) + 1
        at_the_best, _ = learn_once(RESTLESS.replace(epochs=best))
        assert_same_weights(model, at_the_best.get_weights(), tolerance=0)

    def test_without_it_the_last_weights_are_kept(self, learn_once: LearnOnce) -> None:
        model, history = learn_once(RESTLESS.replace(patience=2))
        to_the_end, _ = learn_once(RESTLESS.replace(epochs=history.epochs))
        assert_same_weights(model, to_the_end.get_weights(), tolerance=0)

    def test_a_callback_of_ones_own_may_end_the_training_for_its_own_reason(self, toy: Dataset) -> None:
        def end(epoch: int, logs: object) -> None:
            model.stop_training = True

        model = build_model(SMALL, toy)
        history = train(model, toy, SMALL, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=end)])
        assert (history.state, history.epochs) == ("finished", 1)
        assert "val_loss no longer improved" not in history.message


class TestStop:
    def test_what_was_learned_is_kept(self, toy: Dataset) -> None:
        reported: list[Any] = []
        model, history = learn(
            toy, SMALL.replace(epochs=50), report=reported.append, should_stop=lambda: len(reported) == 3
        )
        assert (history.state, history.epochs, history.step, len(history.records)) == ("stopped", 2, 8, 3)
        two_epochs, _ = learn(toy, SMALL.replace(epochs=2))
        assert_same_weights(model, two_epochs.get_weights(), tolerance=0)

    def test_a_stop_within_an_epoch_keeps_the_steps_before_it(self, toy: Dataset) -> None:
        reported: list[Any] = []
        asked = count()

        def third_question_of_training() -> bool:
            return bool(reported) and next(asked) >= 2

        model, history = learn(
            toy, SMALL.replace(batch_size=1), report=reported.append, should_stop=third_question_of_training
        )
        assert history.state == "stopped"
        assert 0 < history.step < 49
        assert len(history.records) == 1
        plain = PlainKeras(DENSE, toy, batch_size=1)
        batches = plain.batches()
        for _ in range(history.step):
            plain.model.train_on_batch(*next(batches))
        assert_same_weights(model, plain.model.get_weights())

    def test_a_stop_before_the_first_record_leaves_the_network_as_it_was(self, toy: Dataset) -> None:
        model, history = learn(toy, should_stop=lambda: True)
        assert (history.state, history.step, history.records) == ("stopped", 0, ())
        assert_same_weights(model, build_model(SMALL, toy).get_weights(), tolerance=0)

    def test_a_stopped_training_still_says_goodbye_to_callbacks(self, toy: Dataset) -> None:
        ended: list[str] = []
        goodbye = keras.callbacks.LambdaCallback(on_train_end=lambda _: ended.append("end"))
        learn(toy, callbacks=[goodbye], should_stop=lambda: True)
        assert ended == ["end"]


#: Two ways to a loss that is no number: log(0), and weights that grow without end.
LOG_OF_0 = SMALL.replace(layers=[], loss="unclipped_crossentropy_mean", optimizer="sgd", learning_rate=10)
EXPLODING = SMALL.replace(
    layers=[{"kind": "dense", "units": 16, "activation": "linear"}] * 3,
    from_logits=True,
    optimizer="sgd",
    momentum=0.9,
    learning_rate=10,
)


@cache
def first_step_without_a_finite_loss(config: ExperimentConfig) -> tuple[int, list[np.ndarray]]:
    """Plain Keras on digits, batch after batch: the step whose loss is no number, and the weights before it."""
    data = load_dataset("digits")
    prepared, model = prepare(data, config), build_model(config, data)
    x, y = (values.numpy() for values in prepared.training)
    step = 0
    for epoch in count(1):
        order = row_order(config.seed, epoch, len(x))
        for first in range(0, len(x), prepared.batch_size):
            batch = order[first : first + prepared.batch_size]
            before, step = model.get_weights(), step + 1
            model.reset_metrics()
            if not np.isfinite(model.train_on_batch(x[batch], y[batch])[0]):
                return step, before
    raise AssertionError


@pytest.fixture(scope="module", params=["log of 0", "exploding", "exploding, measured every 3 steps"])
def diverged(
    request: pytest.FixtureRequest, digits: Dataset
) -> tuple[ExperimentConfig, keras.Sequential, History, list[Any]]:
    config = {
        "log of 0": LOG_OF_0,
        "exploding": EXPLODING,
        "exploding, measured every 3 steps": EXPLODING.replace(log_every=3),
    }[request.param].replace(batch_size=100)
    reported: list[Any] = []
    return config, *learn(digits, config, report=reported.append), reported


class TestDivergence:
    def test_is_a_result_with_its_step(self, diverged: Any) -> None:
        config, _, history, _ = diverged
        step, _ = first_step_without_a_finite_loss(config.replace(log_every=None))
        assert step > 1
        assert (history.state, history.step) == ("diverged", step)
        assert history.epochs == step // 11

    def test_has_a_last_record_without_a_loss_that_json_can_hold(self, diverged: Any) -> None:
        _, _, history, reported = diverged
        assert history.records[-1]["step"] == history.step
        assert history.records[-1]["loss"] is None
        assert history.records[-1]["val_loss"] is None
        assert reported[-1] == {"event": "epoch", **history.records[-1]}
        json.dumps(reported, allow_nan=False)

    def test_leaves_the_diverged_weights_in_the_network(self, diverged: Any) -> None:
        _, model, _, _ = diverged
        assert not all(np.isfinite(weights).all() for weights in model.get_weights())

    def test_keeps_the_last_finite_weights_those_before_the_fatal_step(self, diverged: Any) -> None:
        config, _, history, _ = diverged
        _, before = first_step_without_a_finite_loss(config.replace(log_every=None))
        assert all(np.isfinite(weights).all() for weights in history.last_finite_weights)
        for ours, theirs in zip(history.last_finite_weights, before, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)

    def test_says_the_step_the_likely_reason_and_what_to_try(self, diverged: Any) -> None:
        config, _, history, _ = diverged
        start = f"The loss stopped being a number at step {history.step}: "
        log = "this loss takes log(p) of a probability that was rounded to 0, and "
        rate = "the learning rate 10 is probably too large. Try a tenth of it, 1."
        assert history.message == start + (log if config.loss.startswith("unclipped") else "") + rate

    def test_the_published_learning_rate_diverges_and_a_smaller_one_does_not(self, mnist: Dataset) -> None:
        part = Dataset(
            "part", mnist.x_train[:8000], mnist.y_train[:8000], mnist.x_test, mnist.y_test, mnist.class_names
        )
        _, diverges = learn(part, preset("softmax-diverges").replace(validation_rows=500))
        _, learns = learn(part, preset("softmax-sum-1000").replace(validation_rows=500, steps=200))
        assert (diverges.state, learns.state) == ("diverged", "finished")

    @pytest.mark.filterwarnings("ignore:overflow")
    def test_last_finite_weights_are_finite_even_where_weights_broke_before_the_loss_did(self, toy: Dataset) -> None:
        """Batch normalisation hides values too large for their variance: the loss stays a number."""
        huge = {"kind": "dense", "units": 8, "activation": "linear", "kernel_initializer": "random_normal(1e20)"}
        _, history = learn(toy, SMALL.replace(layers=[huge, {"kind": "batch_normalization"}]))
        assert history.state == "diverged"
        assert all(np.isfinite(weights).all() for weights in history.last_finite_weights)


class TestPreparation:
    def test_a_batch_larger_than_the_data_becomes_one_full_batch_and_the_run_says_so(self, toy: Dataset) -> None:
        sentence = "The batch of 128 is larger than the 49 training rows: each epoch is one full batch."
        reported: list[Any] = []
        _, history = learn(toy, SMALL.replace(batch_size=128), report=reported.append)
        assert history.notes == (sentence,)
        assert reported[0] == {"event": "note", "sentence": sentence}
        assert history.step == 3

    def test_more_validation_rows_than_the_data_can_spare_become_a_fifth_and_the_run_says_so(
        self, toy: Dataset
    ) -> None:
        prepared = prepare(toy, SMALL.replace(validation_rows=5000))
        assert prepared.notes == ("toy has 70 training rows: the first 14 are held back for validation, not 5,000.",)
        assert (len(prepared.validation), prepared.training.num_rows) == (14, 56)

    def test_the_first_rows_are_held_back_as_they_are(self, toy: Dataset) -> None:
        prepared = prepare(toy, SMALL.replace(validation_rows=10))
        assert prepared.notes == ()
        pixels = toy.x_train.reshape(70, 36) / 255
        np.testing.assert_allclose(measured_rows(prepared, prepared.validation)[0], pixels[:10], atol=1e-7)
        np.testing.assert_allclose(prepared.training.x, pixels[10:], atol=1e-7)

    @pytest.mark.parametrize("name", list(PRESETS))
    def test_every_preset_can_be_prepared_for_small_data(self, name: str, digits: Dataset) -> None:
        prepared = prepare(digits, preset(name))
        both = np.concatenate([prepared.training.x, measured_rows(prepared, prepared.validation)[0]])
        assert sorted(map(bytes, both)) == sorted(map(bytes, to_inputs(digits.x_train, both.shape[1:])))
        assert prepared.batch_size <= prepared.training.num_rows

    def test_colour_pictures_and_tables_can_be_learned(self, make_toy: Callable[..., Dataset]) -> None:
        layers = [{"kind": "conv2d", "filters": 4}, {"kind": "flatten"}]
        for data, config in ((make_toy((6, 6, 3)), SMALL.replace(layers=layers)), (make_toy((5,)), SMALL)):
            _, history = learn(data, config.replace(epochs=1))
            assert history.state == "finished"

    def test_labels_are_whole_numbers_for_a_sparse_loss_and_one_hot_rows_otherwise(self) -> None:
        labels = np.array([2, 0], np.uint8)
        assert encode_labels(labels, 3, "numbers").tolist() == [2, 0]
        assert encode_labels(labels, 3, "one_hot").tolist() == [[0, 0, 1], [1, 0, 0]]
        assert encode_labels(np.array([1, 0]), 2, "one_unit").tolist() == [[1], [0]]

    @pytest.mark.parametrize("targets", ["numbers", "one_hot"])
    def test_labels_out_of_range_are_refused_for_both(self, targets: Targets) -> None:
        with pytest.raises(DataError, match=r"^Labels must lie in 0…2 for 3 classes\. Received: 3 at row 1\."):
            encode_labels(np.array([0, 3]), 3, targets)

    def test_data_too_small_to_split_are_explained_before_training(self, make_toy: Callable[..., Dataset]) -> None:
        single = make_toy(train_rows=1)
        with pytest.raises(DataError, match=r"^1 rows of 1 classes can't be split"):
            learn(single)


def test_a_model_for_other_data_is_refused_in_a_sentence(digits: Dataset) -> None:
    config = ExperimentConfig(dataset="digits", epochs=1)
    with pytest.raises(DataError) as caught:
        train(build_model(config, load_dataset("iris")), digits, config)
    assert str(caught.value) == (
        "The model takes rows of 4 and gives 3 numbers. Received: digits with rows of 8 × 8 and 10 classes. Build the "
        "model for these data."
    )


def test_a_model_that_is_not_compiled_is_refused_in_a_sentence(digits: Dataset) -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
    with pytest.raises(
        DataError, match=r"takes a compiled model\. Received: one without an optimizer\. Use build_model"
    ):
        train(model, digits, ExperimentConfig(dataset="digits", epochs=1))
