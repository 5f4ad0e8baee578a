"""From a config to Keras's layers, optimizers, losses and first weights."""

from collections.abc import Callable
from typing import Any, ClassVar, get_args

import keras
import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.experiment import Loss, Optimizer
from toolkit.config.layers import INITIALIZERS, LAYER_KINDS, Activation
from toolkit.config.presets import PRESETS, preset
from toolkit.datasets import Dataset
from toolkit.errors import ConfigError
from toolkit.models.build import (
    UnclippedCrossentropy,
    build_model,
    compile_model,
    keras_layer,
    make_initializer,
    make_loss,
    make_optimizer,
)

WIDE = {"kind": "dense", "units": 500}


def first_kernel(data: Dataset, **values: Any) -> np.ndarray:
    """The first weights of a wide layer: enough of them to see how they are spread."""
    return build_model(ExperimentConfig(layers=[WIDE], **values), data).layers[0].get_weights()[0]


def without(settings: dict[str, Any], name: str) -> dict[str, Any]:
    """Settings apart from one that Keras makes up anew each time."""
    return {key: value for key, value in settings.items() if key != name}


class TestLayers:
    CASES: ClassVar = {
        "dense": (
            {"units": 7, "activation": "tanh", "use_bias": False},
            keras.layers.Dense,
            {"units": 7, "activation": "tanh", "use_bias": False},
        ),
        "conv2d": (
            {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "valid", "activation": "elu"},
            keras.layers.Conv2D,
            {"filters": 5, "kernel_size": (4, 4), "strides": (2, 2), "padding": "valid", "activation": "elu"},
        ),
        "max_pooling2d": (
            {"pool_size": 3, "strides": 2, "padding": "same"},
            keras.layers.MaxPooling2D,
            {"pool_size": (3, 3), "strides": (2, 2), "padding": "same"},
        ),
        "average_pooling2d": (
            {"pool_size": 3},
            keras.layers.AveragePooling2D,
            {"pool_size": (3, 3), "strides": (3, 3), "padding": "valid"},
        ),
        "global_average_pooling2d": ({}, keras.layers.GlobalAveragePooling2D, {}),
        "flatten": ({}, keras.layers.Flatten, {}),
        "dropout": ({"rate": 0.4}, keras.layers.Dropout, {"rate": 0.4}),
        "batch_normalization": ({"momentum": 0.9}, keras.layers.BatchNormalization, {"momentum": 0.9}),
        "activation": ({"activation": "gelu"}, keras.layers.Activation, {"activation": "gelu"}),
    }

    def test_every_kind_of_layer_has_a_case_here(self) -> None:
        assert set(self.CASES) == set(LAYER_KINDS)

    @pytest.mark.parametrize("kind", list(CASES))
    def test_a_layer_becomes_keras_layer_with_its_settings(self, kind: str) -> None:
        values, keras_class, settings = self.CASES[kind]
        layer = keras_layer(LAYER_KINDS[kind](**values), ExperimentConfig())
        assert type(layer) is keras_class
        config = layer.get_config()
        assert {name: _plain(config[name]) for name in settings} == settings

    @pytest.mark.parametrize("name", get_args(Activation))
    def test_every_activation_is_one_of_keras(self, name: str) -> None:
        layer = keras_layer(LAYER_KINDS["dense"](activation=name), ExperimentConfig())
        assert layer.activation is keras.activations.get(name)

    def test_what_a_layer_leaves_open_is_taken_from_the_config(self) -> None:
        config = ExperimentConfig(kernel_initializer="ones", bias_initializer="constant(2)", use_bias=True)
        layer = keras_layer(LAYER_KINDS["dense"](), config)
        assert isinstance(layer.kernel_initializer, keras.initializers.Ones)
        assert layer.bias_initializer.value == 2

    def test_what_a_layer_says_stands_above_the_config(self) -> None:
        own = LAYER_KINDS["conv2d"](kernel_initializer="zeros", bias_initializer="ones", use_bias=True)
        layer = keras_layer(own, ExperimentConfig(kernel_initializer="ones", use_bias=False))
        assert isinstance(layer.kernel_initializer, keras.initializers.Zeros)
        assert isinstance(layer.bias_initializer, keras.initializers.Ones)
        assert layer.use_bias


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class TestBuild:
    def test_the_published_network_is_the_one_written_by_hand(self, digits: Dataset) -> None:
        built = build_model(preset("keras-mlp"), digits)
        keras.utils.set_random_seed(777)
        by_hand = keras.Sequential(
            [
                keras.Input((64,)),
                keras.layers.Dense(64, activation="relu"),
                keras.layers.Dense(32, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        for ours, theirs in zip(built.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    @pytest.mark.parametrize(
        ("row_shape", "layers", "arriving"),
        [
            ((6, 6), [], (36,)),
            ((5,), [], (5,)),
            ((6, 6), [{"kind": "conv2d"}, {"kind": "flatten"}], (6, 6, 1)),
            ((6, 6, 3), [{"kind": "conv2d"}, {"kind": "flatten"}], (6, 6, 3)),
        ],
    )
    def test_input_and_output_follow_the_data(
        self,
        row_shape: tuple[int, ...],
        layers: list[Any],
        arriving: tuple[int, ...],
        make_toy: Callable[..., Dataset],
    ) -> None:
        model = build_model(ExperimentConfig(layers=layers), make_toy(row_shape, num_classes=4))
        assert model.input_shape == (None, *arriving)
        assert model.output_shape == (None, 4)

    def test_a_softmax_output_gives_probabilities(self, toy: Dataset) -> None:
        outputs = build_model(ExperimentConfig(), toy)(np.random.default_rng(0).random((5, 36))).numpy()
        np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-6)

    def test_a_logits_output_gives_raw_scores_of_the_same_network(self, toy: Dataset) -> None:
        inputs = np.random.default_rng(0).random((5, 36)).astype(np.float32)
        scores = build_model(ExperimentConfig(from_logits=True), toy)(inputs).numpy()
        probabilities = build_model(ExperimentConfig(), toy)(inputs).numpy()
        assert not np.allclose(scores.sum(axis=1), 1)
        softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(softmax, probabilities, rtol=1e-5)

    def test_the_model_is_compiled_and_counts_accuracy(self, toy: Dataset) -> None:
        model = build_model(ExperimentConfig(), toy)
        loss, accuracy = model.evaluate(np.zeros((3, 36)), np.eye(3), verbose=0)
        assert loss == pytest.approx(np.log(3), abs=1e-6)
        assert accuracy == pytest.approx(1 / 3)

    def test_layers_that_do_not_fit_are_explained_before_keras_sees_them(self, toy: Dataset) -> None:
        config = ExperimentConfig(layers=[{"kind": "flatten"}, {"kind": "conv2d"}])
        with pytest.raises(ConfigError, match=r"^layer 2 must be a layer that takes a row of numbers\."):
            build_model(config, toy)

    def test_compiling_again_gives_a_fresh_optimizer_and_keeps_the_weights(self, toy: Dataset) -> None:
        model = build_model(ExperimentConfig(), toy)
        before, optimizer = model.get_weights(), model.optimizer
        compile_model(model, ExperimentConfig(optimizer="sgd", learning_rate=0.5))
        assert model.optimizer is not optimizer
        assert float(model.optimizer.learning_rate) == 0.5
        assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


class TestSeed:
    @pytest.mark.parametrize("name", ["keras-mlp", "sigmoid", "dropout", "batchnorm"])
    def test_the_same_config_starts_from_the_same_weights(self, name: str, digits: Dataset) -> None:
        first, second = (build_model(preset(name), digits).get_weights() for _ in range(2))
        assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))

    def test_another_seed_starts_from_other_weights(self, digits: Dataset) -> None:
        first, second = (
            build_model(preset("keras-mlp").replace(seed=seed), digits).get_weights()[0] for seed in (1, 2)
        )
        assert not np.any(first == second)


class TestInitializers:
    @pytest.mark.parametrize("stddev", [0.01, 1.0])
    def test_random_normal_has_the_spread_that_was_asked_for(self, stddev: float, mnist: Dataset) -> None:
        kernel = first_kernel(mnist, kernel_initializer=f"random_normal({stddev})")
        assert kernel.std() == pytest.approx(stddev, rel=0.01)
        assert abs(kernel.mean()) < 0.01 * stddev
        assert np.abs(kernel).max() > 4 * stddev

    def test_truncated_normal_stays_within_two_standard_deviations(self, mnist: Dataset) -> None:
        kernel = first_kernel(mnist, kernel_initializer="truncated_normal(0.1)")
        assert np.abs(kernel).max() <= 0.2
        assert kernel.std() == pytest.approx(0.088, rel=0.01)  # a normal cut at 2 σ has 0.88 σ

    def test_glorot_uniform_stays_within_its_limit(self, mnist: Dataset) -> None:
        limit = np.sqrt(6 / (784 + 500))
        kernel = first_kernel(mnist)
        assert 0.999 * limit < np.abs(kernel).max() <= limit

    @pytest.mark.parametrize(
        ("text", "value"), [("zeros", 0), ("ones", 1), ("constant(0.1)", 0.1), ("constant(-2)", -2)]
    )
    def test_constants_are_the_same_everywhere(self, text: str, value: float, toy: Dataset) -> None:
        config = ExperimentConfig(layers=[WIDE], kernel_initializer=text, bias_initializer=text)
        for weights in build_model(config, toy).get_weights():
            np.testing.assert_array_equal(weights, np.float32(value))

    def test_biases_are_drawn_too_where_the_tutorial_drew_them(self, digits: Dataset) -> None:
        model = build_model(preset("sigmoid"), digits)
        biases = np.concatenate([layer.get_weights()[1] for layer in model.layers])
        assert biases.std() == pytest.approx(1, rel=0.1)

    def test_layers_alike_do_not_start_alike(self, make_toy: Callable[..., Dataset]) -> None:
        layers = [{"kind": "dense", "units": 36}] * 2
        config = ExperimentConfig(layers=layers, kernel_initializer="random_normal(1)")
        first, second, _ = (layer.get_weights()[0] for layer in build_model(config, make_toy((6, 6))).layers)
        assert not np.any(first == second)

    def test_without_bias_no_layer_has_one_the_output_included(self, digits: Dataset) -> None:
        assert [weights.shape for weights in build_model(preset("mlp"), digits).get_weights()] == [
            (64, 256),
            (256, 256),
            (256, 10),
        ]

    @pytest.mark.parametrize("name", list(INITIALIZERS))
    def test_every_initializer_is_one_of_keras_with_its_own_default(self, name: str) -> None:
        expected = keras.initializers.Constant() if name == "constant" else keras.initializers.get(name)
        ours = make_initializer(name)
        assert type(ours) is type(expected)
        assert without(ours.get_config(), "seed") == without(expected.get_config(), "seed")


class TestOptimizers:
    @pytest.mark.parametrize("name", get_args(Optimizer))
    def test_an_optimizer_is_keras_with_its_defaults_and_the_learning_rate(self, name: str) -> None:
        """Keras knows each by the same word."""
        ours = make_optimizer(ExperimentConfig(optimizer=name, learning_rate=0.02))
        expected = keras.optimizers.get({"class_name": name, "config": {"learning_rate": 0.02}})
        assert type(ours) is type(expected)
        assert without(ours.get_config(), "name") == without(expected.get_config(), "name")

    def test_momentum_and_nesterov_reach_the_optimizer(self) -> None:
        sgd = make_optimizer(ExperimentConfig(optimizer="sgd", momentum=0.9, nesterov=True))
        assert (sgd.momentum, sgd.nesterov) == (0.9, True)
        assert make_optimizer(ExperimentConfig(optimizer="rmsprop", momentum=0.5)).momentum == 0.5


class TestLosses:
    LABELS = np.array([0, 2, 1, 2])
    TARGETS = np.eye(3, dtype=np.float32)[LABELS]
    SCORES = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    PROBABILITIES = (np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)).astype(np.float32)
    #: By the textbook: −log of the probability given to the right class.
    ROWS = -np.log(PROBABILITIES[np.arange(4), LABELS])

    CASES: ClassVar = [
        ("categorical_crossentropy", False, ROWS.mean()),
        ("categorical_crossentropy", True, ROWS.mean()),
        ("sparse_categorical_crossentropy", False, ROWS.mean()),
        ("sparse_categorical_crossentropy", True, ROWS.mean()),
        ("unclipped_crossentropy_sum", False, ROWS.sum()),
        ("unclipped_crossentropy_mean", False, ROWS.mean()),
    ]

    def test_every_loss_has_a_case_here(self) -> None:
        assert {name for name, _, _ in self.CASES} == set(get_args(Loss))

    @pytest.mark.parametrize(("name", "from_logits", "expected"), CASES)
    def test_a_loss_is_what_numpy_computes(self, name: str, from_logits: bool, expected: float) -> None:
        loss = make_loss(ExperimentConfig(loss=name, from_logits=from_logits))
        targets = self.LABELS if name.startswith("sparse") else self.TARGETS
        assert float(loss(targets, self.SCORES if from_logits else self.PROBABILITIES)) == pytest.approx(
            expected, rel=1e-5
        )

    @pytest.mark.parametrize("name", ["unclipped_crossentropy_sum", "unclipped_crossentropy_mean"])
    @pytest.mark.parametrize("right", [0, 1])
    def test_an_unclipped_log_of_0_is_no_number(self, name: str, right: int) -> None:
        """As in the tutorials: 0 · log(0) too, where the network was right beyond all doubt."""
        loss = make_loss(ExperimentConfig(loss=name))
        target = np.eye(2, dtype=np.float32)[[right]]
        assert not np.isfinite(float(loss(target, np.array([[0.0, 1.0]], np.float32))))

    def test_keras_clips_where_the_unclipped_loss_does_not(self) -> None:
        certain, target = np.array([[0.0, 1.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
        assert float(make_loss(ExperimentConfig())(target, certain)) == pytest.approx(-np.log(1e-7), rel=1e-3)

    def test_the_unclipped_loss_gives_one_figure_a_row(self) -> None:
        rows = UnclippedCrossentropy(reduction="none")(self.TARGETS, self.PROBABILITIES)
        np.testing.assert_allclose(rows, self.ROWS, rtol=1e-5)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_makes_a_network_that_answers(name: str, digits: Dataset) -> None:
    model = build_model(preset(name), digits)
    outputs = model(np.zeros((2, *model.input_shape[1:]), np.float32)).numpy()
    assert outputs.shape == (2, 10)
    assert np.isfinite(outputs).all()
