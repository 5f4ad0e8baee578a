"""What Keras 2 saved comes through, and answers as the same layers with the same weights do in Keras 3."""

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from files import weights_file
from keras import layers
from keras2_files import (
    BIAS,
    DENSE,
    KERNEL,
    MODEL,
    WEIGHTS,
    Stored,
    arriving,
    functional,
    layer,
    linked,
    sequential,
    started,
    write_keras2,
)

from toolkit.errors import ModelFileError
from toolkit.model_import.guard.model import FoundModel, read_model
from toolkit.model_import.guard.naming import name_layers
from toolkit.model_import.rebuild import rebuild

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.uniform(0.1, 0.5, shape).astype(np.float32)


def answers(found: FoundModel, rows: np.ndarray) -> np.ndarray:
    return np.asarray(rebuild(found)(rows, training=False))


def normalised(name: str, size: int) -> dict[str, np.ndarray]:
    return {f"{name}/{what}:0": numbers(size) for what in ("gamma", "beta", "moving_mean", "moving_variance")}


def test_a_dense_network_answers_as_its_weights_say(tmp_path: Path) -> None:
    found = read_model(write_keras2(tmp_path / "old.h5"), tmp_path)

    rows = numbers(5, 4)
    powers = np.exp(rows @ KERNEL + BIAS)
    np.testing.assert_allclose(answers(found, rows), powers / powers.sum(1, keepdims=True), rtol=1e-6)
    assert (found.loss, found.network.precision) == (None, "float32")


@pytest.mark.parametrize("version", ["2.1.6-tf", "2.2.4-tf", "2.4.0", "2.15.0", "2.21.0"])
def test_all_versions_of_keras_2_are_read(version: str, tmp_path: Path) -> None:
    assert read_model(write_keras2(tmp_path / "old.h5", version=version), tmp_path).weights


def test_the_oldest_spelling_lists_the_layers_alone_and_states_the_input_with_the_first(tmp_path: Path) -> None:
    first = layer("Dense", "dense", units=3, activation="softmax", batch_input_shape=[None, 4])
    model = {"class_name": "Sequential", "config": [first]}
    found = read_model(write_keras2(tmp_path / "old.h5", model), tmp_path)
    assert found.network.input_shape == (4,)
    np.testing.assert_array_equal(found.weights[0]["kernel"], KERNEL)


def convolutional() -> tuple[dict[str, Any], Stored, keras.Sequential]:
    """Old words for layers whose settings have other names now, and the same network in Keras 3."""
    depthwise = {"depth_multiplier": 2, "groups": 1, "depthwise_initializer": started()}
    decay = {"class_name": "L2", "config": {"l2": 0.01}}
    model = sequential(
        layer("Conv2D", "conv", filters=3, kernel_size=[3, 3], activation="relu", batch_input_shape=[None, 9, 9, 1]),
        layer("BatchNormalization", "norm", axis=[3], momentum=0.9, epsilon=0.01, scale=True, center=True),
        layer("LeakyReLU", "leaky", alpha=0.1),
        layer("DepthwiseConv2D", "depthwise", kernel_size=[2, 2], **depthwise),
        layer("SeparableConv2D", "separable", filters=4, kernel_size=[2, 2], groups=1, kernel_regularizer=None),
        layer("ReLU", "cut", max_value=6.0, negative_slope=0.0, threshold=0.0),
        layer("LayerNormalization", "levels", axis=[3], epsilon=0.001),
        layer("GlobalAveragePooling2D", "mean", data_format="channels_last"),
        layer(
            "Dense",
            "dense",
            units=3,
            activation="softmax_v2",
            kernel_regularizer=decay,
        ),
    )
    weights = {
        "conv": {"conv_1/kernel:0": numbers(3, 3, 1, 3), "conv_1/bias:0": numbers(3)},
        "norm": normalised("norm", 3),
        "leaky": {},
        "depthwise": {"depthwise/depthwise_kernel:0": numbers(2, 2, 3, 2), "depthwise/bias:0": numbers(6)},
        "separable": {
            "separable/depthwise_kernel:0": numbers(2, 2, 6, 1),
            "separable/pointwise_kernel:0": numbers(1, 1, 6, 4),
            "separable/bias:0": numbers(4),
        },
        "levels": {"levels/gamma:0": numbers(4), "levels/beta:0": numbers(4)},
        "dense": {"sequential/dense/kernel:0": numbers(4, 3), "sequential/dense/bias:0": numbers(3)},
    }
    same = keras.Sequential(
        [
            keras.Input((9, 9, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(epsilon=0.01),
            layers.LeakyReLU(0.1),
            layers.DepthwiseConv2D(2, depth_multiplier=2),
            layers.SeparableConv2D(4, 2),
            layers.ReLU(6.0),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, "softmax"),
        ]
    )
    same.set_weights([values for arrays in weights.values() for values in arrays.values()])
    return model, weights, same


def test_layers_whose_words_have_changed_answer_as_before(tmp_path: Path) -> None:
    model, weights, same = convolutional()
    found = read_model(write_keras2(tmp_path / "old.h5", model, weights), tmp_path)
    rows = numbers(4, 9, 9, 1)
    np.testing.assert_array_equal(answers(found, rows), np.asarray(same(rows, training=False)))


def teachable_machine() -> tuple[dict[str, Any], Stored, keras.Model]:
    """A Sequential of a Sequential around a functional model that branches, and of a Sequential: one residual block."""
    no_bias = {"use_bias": False, "groups": 1}
    backbone = functional(
        linked(arriving(12, 12, 3, name="input_1")),
        linked(layer("ZeroPadding2D", "Conv1_pad", padding=[[0, 1], [0, 1]], data_format="channels_last"), "input_1"),
        linked(layer("Conv2D", "Conv1", filters=4, kernel_size=[3, 3], strides=[2, 2], use_bias=False), "Conv1_pad"),
        linked(layer("BatchNormalization", "bn_Conv1", axis=[3], momentum=0.999), "Conv1"),
        linked(layer("ReLU", "Conv1_relu", max_value=6.0), "bn_Conv1"),
        linked(
            layer("DepthwiseConv2D", "expanded_conv_depthwise", kernel_size=[3, 3], padding="same", **no_bias),
            "Conv1_relu",
        ),
        linked(layer("BatchNormalization", "expanded_conv_depthwise_BN", axis=[3]), "expanded_conv_depthwise"),
        linked(layer("Add", "block_2_add"), "Conv1_relu", "expanded_conv_depthwise_BN"),
        name="model1",
    )
    features = sequential(
        arriving(12, 12, 3, name="model1_input"),
        backbone,
        layer("GlobalAveragePooling2D", "global_average_pooling2d_GlobalAveragePooling2D1"),
        name="sequential_1",
    )
    head = sequential(
        arriving(4, name="dense_Dense1_input"),
        layer("Dense", "dense_Dense1", units=5, activation="relu"),
        layer("Dense", "dense_Dense2", units=2, activation="softmax", use_bias=False),
        name="sequential_3",
    )
    outer = sequential(arriving(12, 12, 3, name="sequential_1_input"), features, head, name="sequential_4")
    # A backbone that was frozen lists its weights in the layers' order, one that was trained the statistics last.
    frozen = {
        "Conv1/kernel:0": numbers(3, 3, 3, 4),
        **normalised("bn_Conv1", 4),
        "expanded_conv_depthwise/depthwise_kernel:0": numbers(3, 3, 4, 1),
        **normalised("expanded_conv_depthwise_BN", 4),
    }
    last = {
        "dense_Dense1/kernel:0": numbers(4, 5),
        "dense_Dense1/bias:0": numbers(5),
        "dense_Dense2/kernel:0": numbers(5, 2),
    }
    pixels = keras.Input((12, 12, 3))
    values = layers.Conv2D(4, 3, strides=2, use_bias=False)(layers.ZeroPadding2D(((0, 1), (0, 1)))(pixels))
    before = layers.ReLU(6.0)(layers.BatchNormalization()(values))
    values = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(before)
    values = layers.Add()([before, layers.BatchNormalization()(values)])
    values = layers.Dense(5, "relu")(layers.GlobalAveragePooling2D()(values))
    same = keras.Model(pixels, layers.Dense(2, "softmax", use_bias=False)(values))
    same.set_weights([*frozen.values(), *last.values()])
    return outer, {"sequential_1": frozen, "sequential_3": last}, same


@pytest.mark.parametrize("trained", [False, True])
def test_a_file_of_teachable_machine_answers_as_there(trained: bool, tmp_path: Path) -> None:
    model, weights, same = teachable_machine()
    if trained:
        moving = {name: values for name, values in weights["sequential_1"].items() if "moving" in name}
        rest = {name: values for name, values in weights["sequential_1"].items() if name not in moving}
        weights = {**weights, "sequential_1": rest | moving}

    found = read_model(write_keras2(tmp_path / "keras_model.h5", model, weights), tmp_path)

    rows = numbers(4, 12, 12, 3)
    np.testing.assert_array_equal(answers(found, rows), np.asarray(same(rows, training=False)))
    assert not found.network.is_chain
    assert not name_layers(found.network).holds_all_weights


def test_a_folder_that_keras_2_numbered_belongs_to_its_layer(tmp_path: Path) -> None:
    model, weights, same = teachable_machine()
    renamed = {name.replace("Conv1/", "Conv1_1/"): values for name, values in weights["sequential_1"].items()}
    found = read_model(write_keras2(tmp_path / "old.h5", model, {**weights, "sequential_1": renamed}), tmp_path)
    rows = numbers(2, 12, 12, 3)
    np.testing.assert_array_equal(answers(found, rows), np.asarray(same(rows, training=False)))


def test_names_that_were_split_into_several_attributes_are_read_together(tmp_path: Path) -> None:
    def split(file: h5py.File) -> None:
        top = file["model_weights"]
        del top.attrs["layer_names"], top["dense"].attrs["weight_names"]
        top.attrs["layer_names0"] = np.array([b"dense"])
        top["dense"].attrs["weight_names0"] = np.array([b"dense/kernel:0"])
        top["dense"].attrs["weight_names1"] = np.array([b"dense/bias:0"])

    (weights,) = read_model(write_keras2(tmp_path / "old.h5", write=split), tmp_path).weights
    np.testing.assert_array_equal(weights["bias"], BIAS)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("mse", "mean_squared_error"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        ({"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}, "categorical_crossentropy"),
        (["kld"], "kl_divergence"),
        (None, None),
        (["mse", "mae"], None),
    ],
)
def test_the_loss_that_it_was_compiled_with_is_found(loss: Any, name: str | None, tmp_path: Path) -> None:
    adam = {"class_name": "Custom>Adam", "config": {"name": "Adam", "lr": 0.001, "decay": 0.0, "beta_1": 0.9}}
    metric = {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "categorical_accuracy"}}
    training = {"loss": loss, "metrics": [[metric]], "optimizer_config": adam, "sample_weight_mode": None}
    assert read_model(write_keras2(tmp_path / "old.h5", training=training), tmp_path).loss == name


def test_the_state_of_its_optimizer_is_left_aside(tmp_path: Path) -> None:
    def train(file: h5py.File) -> None:
        file["optimizer_weights/Adam/m/dense/kernel:0"], file["optimizer_weights/Adam/iter:0"] = KERNEL, np.int64(7)
        file["optimizer_weights"].attrs["weight_names"] = np.array([b"Adam/iter:0"])

    assert len(read_model(write_keras2(tmp_path / "old.h5", write=train), tmp_path).weights) == 1


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_keeps_its_weights(policy: str, tmp_path: Path) -> None:
    dtype = {"class_name": "Policy", "config": {"name": policy}}
    model = sequential(arriving(4), {**DENSE, "config": {**DENSE["config"], "dtype": dtype}})
    found = read_model(write_keras2(tmp_path / "old.h5", model), tmp_path)
    assert found.network.precision == policy
    np.testing.assert_array_equal(found.weights[0]["kernel"], KERNEL)


@pytest.mark.parametrize("precision", ["float16", "float64"])
def test_weights_of_other_precision_are_read_as_float32(precision: str, tmp_path: Path) -> None:
    model = sequential(arriving(4), {**DENSE, "config": {**DENSE["config"], "dtype": precision}})
    stored = {name: values.astype(precision) for name, values in WEIGHTS["dense"].items()}
    found = read_model(write_keras2(tmp_path / "old.h5", model, {"dense": stored}), tmp_path)
    assert found.network.precision == precision
    assert found.weights[0]["kernel"].dtype == np.float32
    np.testing.assert_array_equal(found.weights[0]["kernel"], stored["dense/kernel:0"].astype(np.float32))


def test_adapted_values_lie_beside_the_names_of_layers(tmp_path: Path) -> None:
    model = sequential(arriving(4), layer("Normalization", "columns", axis=[], mean=None, variance=None), DENSE)
    adapted = {"mean:0": np.float32(3), "variance:0": np.float32(4), "count:0": np.int64(50)}
    found = read_model(write_keras2(tmp_path / "old.h5", model, {"columns": adapted, **WEIGHTS}), tmp_path)
    rows = numbers(3, 4)
    powers = np.exp((rows - 3) / 2 @ KERNEL + BIAS)
    np.testing.assert_allclose(answers(found, rows), powers / powers.sum(1, keepdims=True), rtol=1e-5)


def test_a_keras_file_of_keras_2_is_read_too(tmp_path: Path) -> None:
    def write(file: h5py.File) -> None:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = KERNEL, BIAS
        file["metrics/mean/vars/0"], file["optimizer/vars/0"] = np.float32(1), np.int64(3)
        file.create_group("layers/input_layer/vars")

    adam = {"module": "keras.optimizers.legacy", "class_name": "Adam", "config": {}, "registered_name": None}
    compiled = {"optimizer": adam, "loss": "mse"}
    members = [
        {**arriving(4), "module": "keras.layers", "registered_name": None, "name": "the_input", "inbound_nodes": []},
        {**linked(DENSE, "the_input"), "module": "keras.layers", "registered_name": None},
    ]
    model = functional(*members) | {"class_name": "Functional", "module": "keras.src.engine.functional"}
    model |= {"registered_name": "Functional", "compile_config": compiled}
    with zipfile.ZipFile(tmp_path / "old.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("model.weights.h5", weights_file(write))
    found = read_model(tmp_path / "old.keras", tmp_path)
    np.testing.assert_array_equal(found.weights[0]["kernel"], KERNEL)
    assert found.loss == "mean_squared_error"


def test_an_activation_that_has_changed_its_meaning_is_refused(tmp_path: Path) -> None:
    model = sequential(arriving(4), {**DENSE, "config": {**DENSE["config"], "activation": "hard_sigmoid"}})
    with pytest.raises(ModelFileError) as caught:
        read_model(write_keras2(tmp_path / "old.h5", model), tmp_path)
    assert str(caught.value) == (
        "An activation must be one that means the same in Keras 2 and Keras 3. Received: hard_sigmoid. Train the model "
        "again in Keras 3, or with another activation."
    )


def test_a_file_of_keras_1_gets_advice_that_works(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        read_model(write_keras2(tmp_path / "old.h5", MODEL, version="1.2.2"), tmp_path)
    assert str(caught.value) == (
        "The file must be saved by Keras 2 or 3. Received: 1.2.2. Build the network anew in Keras 3, give it the "
        "weights with set_weights, and save it."
    )
