"""What plain Keras saves comes through, and answers to the last bit as it does in Keras."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from toolkit.config import ExperimentConfig
from toolkit.config.layers import INITIALIZERS, LAYER_KINDS, Activation, Dense
from toolkit.config.losses import LOSSES
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.datasets import load_dataset
from toolkit.model_import.guard.layers import LAYERS
from toolkit.model_import.guard.model import read_model
from toolkit.model_import.guard.naming import NamedLayers, name_layers
from toolkit.model_import.rebuild import rebuild
from toolkit.models.build import build_model, compile_model, keras_layer

PICTURE = (8, 8, 3)

#: A layer of each known class for pictures, with what is not usual in it.
FOR_PICTURES: dict[str, dict[str, Any]] = {
    "Conv2D": {"filters": 3, "kernel_size": (2, 3), "strides": (1, 2), "padding": "same", "use_bias": False},
    "DepthwiseConv2D": {"kernel_size": 3, "depth_multiplier": 2, "activation": "silu"},
    "SeparableConv2D": {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same"},
    "MaxPooling2D": {"pool_size": 3, "strides": 2, "padding": "same"},
    "AveragePooling2D": {"pool_size": (2, 1)},
    "GlobalAveragePooling2D": {},
    "GlobalMaxPooling2D": {},
    "Flatten": {},
    "Reshape": {"target_shape": (4, -1, 3)},
    "Permute": {"dims": (2, 1, 3)},
    "ZeroPadding2D": {"padding": ((1, 0), (2, 3))},
    "Cropping2D": {"cropping": 1},
    "UpSampling2D": {"size": (2, 3), "interpolation": "bilinear"},
    "Resizing": {"height": 5, "width": 7},
    "Rescaling": {"scale": 1 / 127.5, "offset": -1},
    "BatchNormalization": {"momentum": 0.9, "scale": False},
    "LayerNormalization": {},
    "Normalization": {"mean": [0.1, 0.2, 0.3], "variance": [1.0, 2.0, 3.0]},
    "Activation": {"activation": "mish"},
    "ReLU": {"max_value": 6.0, "negative_slope": 0.1},
    "LeakyReLU": {"negative_slope": 0.1},
    "ELU": {"alpha": 0.5},
    "PReLU": {"shared_axes": [1, 2], "alpha_initializer": "he_normal"},
    "Softmax": {},
    "Dropout": {"rate": 0.3, "seed": 3},
    "SpatialDropout2D": {"rate": 0.2},
    "GaussianDropout": {"rate": 0.2},
    "AlphaDropout": {"rate": 0.2},
    "GaussianNoise": {"stddev": 0.2},
    "RandomFlip": {"mode": "horizontal"},
    "RandomRotation": {"factor": 0.1, "fill_mode": "constant"},
    "RandomZoom": {"height_factor": (-0.2, 0.1)},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomContrast": {"factor": 0.2},
    "RandomBrightness": {"factor": 0.2, "value_range": (0, 1)},
    "RandomHue": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.2},
    "RandomSharpness": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.2},
    "RandomInvert": {},
    "RandomPosterization": {"factor": 4},
    "RandomGrayscale": {},
    "RandomErasing": {},
    "RandomGaussianBlur": {},
    "RandomPerspective": {},
    "CenterCrop": {"height": 6, "width": 5},
    "Dense": {
        "units": 5,
        "activation": "gelu",
        "kernel_regularizer": keras.regularizers.L1L2(0.1, 0.2),
        "bias_constraint": "non_neg",
        "kernel_initializer": keras.initializers.VarianceScaling(2.0, mode="fan_avg"),
    },
}
#: Layers that merge several outputs.
MERGING = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply"}
#: Keras's own .h5 writer fails on these.
NOT_IN_H5 = (
    *("RandomBrightness", "RandomSaturation", "RandomSharpness", "RandomColorDegeneration", "RandomPosterization"),
)


def shuffled(model: keras.Model) -> keras.Model:
    """The model with weights that are no beginning any more: no two layers, and no two biases, alike."""
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.1, 1, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


def check_same(model: keras.Model, path: Path, folder: Path) -> NamedLayers:
    """Save a model, read it through the guard, and compare what it answers with what Keras's own reader gives."""
    model.save(path)
    (folder / "weights.h5").unlink(missing_ok=True)
    found = read_model(path, folder)
    rows = np.random.default_rng(1).uniform(0, 1, (3, *model.input_shape[1:])).astype(np.float32)
    rebuilt = rebuild(found)
    expected = keras.models.load_model(path, compile=False)(rows, training=False)
    np.testing.assert_array_equal(np.asarray(rebuilt(rows, training=False)), np.asarray(expected))
    assert found.network.output_shape == tuple(model.output_shape[1:])
    return name_layers(found.network)


def test_there_is_a_model_for_every_known_layer() -> None:
    assert FOR_PICTURES.keys() | MERGING == LAYERS.keys()


def every_layer(but: Collection[str] = ()) -> Iterator[keras.layers.Layer]:
    """Every known layer in a row, small enough to run; a row of numbers at the end."""
    last = ("GlobalMaxPooling2D", "Flatten", "GlobalAveragePooling2D")
    # Those that shade take pictures of three channels, so they come first.
    for name, settings in sorted(FOR_PICTURES.items(), key=lambda item: not item[0].startswith("Random")):
        if name not in (*last, *but, "Normalization", "Reshape"):
            yield getattr(layers, name)(**settings)


@pytest.mark.parametrize(("suffix", "but"), [(".keras", ()), (".h5", NOT_IN_H5)], ids=[".keras", ".h5"])
def test_all_known_layers_come_through_in_one_network(suffix: str, but: Collection[str], tmp_path: Path) -> None:
    first = layers.Normalization(**FOR_PICTURES["Normalization"])
    model = keras.Sequential(
        [keras.Input((16, 12, 3)), first, *every_layer(but), layers.Reshape((-1,)), layers.Dense(10)]
    )
    check_same(shuffled(model), tmp_path / f"model{suffix}", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "suffix"),
    # Keras can't write the others as .h5.
    [
        (name, suffix)
        for name in FOR_PICTURES
        for suffix in (".keras", ".h5")
        if suffix != ".h5" or name not in NOT_IN_H5
    ],
)
def test_each_known_layer_comes_through_alone(name: str, suffix: str, tmp_path: Path) -> None:
    layer = getattr(layers, name)(**FOR_PICTURES[name])
    model = keras.Sequential([keras.Input(PICTURE), layer, layers.Flatten(), layers.Dense(3)])
    check_same(shuffled(model), tmp_path / f"model{suffix}", tmp_path)


def test_every_network_of_the_builder_comes_through_and_is_named_again(tmp_path: Path) -> None:
    """All kinds of layers, activations and initializers that a config can name."""
    kinds = list(LAYER_KINDS)
    order = [kind for kind in kinds if kind not in ("flatten", "dense", "global_average_pooling2d")]
    activations, initializers = list(Activation.__args__), list(INITIALIZERS)
    dense = [
        {"kind": "dense", "units": 3 + number, "activation": name, "kernel_initializer": initializers[number]}
        for number, name in enumerate(activations)
    ]
    asked = [{"kind": kind} for kind in order] + [{"kind": "flatten"}, *dense]
    asked[-1]["bias_initializer"] = "random_normal(0.01)"
    config = ExperimentConfig(dataset="digits", layers=asked, loss="unclipped_crossentropy_sum")
    model = build_model(config, load_dataset("digits"))
    for suffix in (".keras", ".h5"):
        named = check_same(shuffled(model), tmp_path / f"model{suffix}", tmp_path)
        assert (named.unnamed, named.from_logits, named.holds_all_weights) == ((), False, True)
        assert [keras_layer(one, config).get_config() | {"name": ""} for one in named.layers] == [
            keras_layer(one, config).get_config() | {"name": ""} for one in config.layers
        ]


def test_a_table_brings_its_standardisation_along(tmp_path: Path) -> None:
    config = ExperimentConfig(dataset="iris", layers=[Dense(units=3)], from_logits=True)
    named = check_same(build_model(config, load_dataset("iris")), tmp_path / "model.keras", tmp_path)
    assert (named.unnamed, named.from_logits, named.holds_all_weights) == ((), True, True)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_columns_that_were_adapted_are_standardised_as_before(suffix: str, tmp_path: Path) -> None:
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(2).normal(3, 2, (50, 4)))
    model = keras.Sequential([keras.Input((4,)), adapted, layers.Dense(3)])
    check_same(model, tmp_path / f"model{suffix}", tmp_path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_trained_model_comes_without_its_optimizer(suffix: str, tmp_path: Path) -> None:
    """One without an Input, which was built by the data, and compiled with names, objects and functions."""
    model = keras.Sequential([layers.Flatten(), layers.Dense(4), layers.Dense(3, "softmax")])
    decay = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    metrics = ["accuracy", keras.metrics.categorical_accuracy, keras.metrics.F1Score()]
    model.compile(
        keras.optimizers.Adam(decay),
        keras.losses.CategoricalCrossentropy(),
        metrics=metrics[: 2 + (suffix == ".keras")],
    )
    model(np.ones((4, 5, 5)))
    model.optimizer.build(model.trainable_variables)
    named = check_same(model, tmp_path / f"model{suffix}", tmp_path)
    assert [one.kind for one in named.layers] == ["flatten", "dense"]


@pytest.mark.parametrize("loss", [name for name, one in LOSSES.items() if one.is_clipped])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_model_of_every_optimizer_and_loss_that_a_config_can_name_comes_through(
    optimizer: str, loss: str, tmp_path: Path
) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    compile_model(model, ExperimentConfig(optimizer=optimizer, loss=loss))
    model.optimizer.build(model.trainable_variables)
    check_same(model, tmp_path / "model.keras", tmp_path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_functional_models_and_models_within_models_are_laid_out_in_one_row(suffix: str, tmp_path: Path) -> None:
    inner = keras.Sequential(
        [layers.RandomFlip("horizontal"), layers.Rescaling(1 / 255), layers.Dense(2)], name="inner"
    )
    pixels = keras.Input(PICTURE)
    values = layers.Flatten()(inner(pixels))
    values = layers.Dropout(0.1)(layers.Dense(6, "relu")(values), training=False)
    model = keras.Model(pixels, layers.Softmax()(layers.Dense(3)(values)))
    named = check_same(shuffled(model), tmp_path / f"model{suffix}", tmp_path)
    assert named.unnamed == ("RandomFlip", "Rescaling")
    assert [one.kind for one in named.layers] == ["dense", "flatten", "dense", "dropout"]
    assert not named.from_logits


@pytest.mark.parametrize("axis", [None, -1, 2, (1, 2), (1, 3), (1, 2, 3)])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_values_are_standardised_along_any_axes(
    suffix: str, axis: int | tuple[int, ...] | None, tmp_path: Path
) -> None:
    adapted = layers.Normalization(axis=axis)
    adapted.adapt(np.random.default_rng(2).normal(3, 2, (20, 4, 5, 3)))
    model = keras.Sequential([keras.Input((4, 5, 3)), adapted, layers.Flatten(), layers.Dense(3)])
    model.save(tmp_path / f"model{suffix}")  # Keras itself can't open some of these as .h5.
    rows = np.random.default_rng(1).uniform(0, 1, (3, 4, 5, 3)).astype(np.float32)
    rebuilt = rebuild(read_model(tmp_path / f"model{suffix}", tmp_path))
    np.testing.assert_array_equal(np.asarray(rebuilt(rows)), np.asarray(model(rows)))


@pytest.mark.parametrize(
    ("axis", "mean", "variance"),
    [
        (None, 0.5, 2.0),
        (-1, 0.5, 2.0),
        (-1, [0.1, 0.2, 0.3], [1, 2, 3]),
        ((2, 3), np.ones((5, 3)), np.full((5, 3), 4.0)),
    ],
)
def test_given_means_and_variances_are_kept(axis: Any, mean: Any, variance: Any, tmp_path: Path) -> None:
    given = layers.Normalization(axis=axis, mean=mean, variance=variance)
    model = keras.Sequential([keras.Input((4, 5, 3)), given, layers.Flatten(), layers.Dense(3)])
    check_same(model, tmp_path / "model.keras", tmp_path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_networks_that_branch_and_merge_are_kept_as_they_are(suffix: str, tmp_path: Path) -> None:
    pixels = keras.Input(PICTURE)
    one, other = layers.Conv2D(2, 3, padding="same")(pixels), layers.Conv2D(2, 1)(pixels)
    values = layers.Maximum()([layers.Average()([one, other]), one])
    values = layers.Multiply()([layers.Minimum()([values, other]), one, other])
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(3, 2), layers.Flatten()], name="inner")
    values = inner(layers.Concatenate()([values, layers.Add()([one, one])]))
    model = keras.Model(pixels, layers.Dense(3, "softmax")(values))
    named = check_same(shuffled(model), tmp_path / f"model{suffix}", tmp_path)
    assert not named.holds_all_weights


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_weights_of_any_precision_become_float32(suffix: str, precision: str, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((4, 5)),
            layers.Flatten(dtype=precision),
            layers.Dense(6, "relu", dtype=precision),
            layers.BatchNormalization(dtype=precision),
            layers.Dense(3, "softmax", dtype=precision),
        ]
    )
    model.save(tmp_path / f"model{suffix}")
    found = read_model(tmp_path / f"model{suffix}", tmp_path)
    assert found.network.precision == precision
    rebuilt = rebuild(found)
    assert {weight.dtype for weight in rebuilt.weights} == {"float32"}
    rows = np.random.default_rng(1).uniform(0, 1, (3, 4, 5)).astype(np.float32)
    expected = np.asarray(model(rows, training=False), np.float32)
    np.testing.assert_allclose(np.asarray(rebuilt(rows, training=False)), expected, atol=0.01)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_loss_that_a_model_was_compiled_with_is_found(suffix: str, tmp_path: Path) -> None:
    for loss, name in (
        ("mse", "mean_squared_error"),
        (keras.losses.Huber(), "huber"),
        (keras.losses.poisson, "poisson"),
    ):
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
        model.compile("adam", loss)
        model.save(tmp_path / f"{name}{suffix}")
        (tmp_path / "weights.h5").unlink(missing_ok=True)
        assert read_model(tmp_path / f"{name}{suffix}", tmp_path).loss == name
