"""Hostile files that call themselves Keras 2's, by what is wrong with them: how each is made."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from files import plain_weights, weights_file
from keras2_files import (
    BIAS,
    DENSE,
    KERNEL,
    MODEL,
    WEIGHTS,
    arriving,
    functional,
    layer,
    linked,
    sequential,
    write_keras2,
)

Make = Callable[[Path], object]
Write = Callable[[h5py.File], object]

#: Keras 2's form of marshalled code: what it holds does not matter, since nothing ever looks into it.
CODE = ["4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMIAAAAfABkARQAUwA=", None, None]
LAMBDA = layer("Lambda", "lambda", function=CODE, function_type="lambda", output_shape=None, arguments={})


def _model(model: Any, **options: Any) -> Make:
    return lambda path: write_keras2(path, model, **options)


def _dense(**config: Any) -> Make:
    return _model(sequential(arriving(4), {**DENSE, "config": {**DENSE["config"], **config}}))


def _changed(write: Write) -> Make:
    """The good file with something changed in the end."""
    return lambda path: write_keras2(path, write=write)


def _training(**training: Any) -> Make:
    return lambda path: write_keras2(path, training=training)


def _listed(group: str, attribute: str, value: Any) -> Make:
    """The good file with another list of names."""

    def write(file: h5py.File) -> None:
        del file[group].attrs[attribute]
        file[group].attrs[attribute] = value

    return _changed(write)


def _instead(write: Write) -> Make:
    """The good file with another bias."""

    def changed(file: h5py.File) -> None:
        del file["model_weights/dense/dense/bias:0"]
        write(file)

    return _changed(changed)


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(3,))
    file.create_virtual_dataset("model_weights/dense/dense/bias:0", layout)


def _nested(depth: int) -> dict[str, Any]:
    model = sequential(arriving(4), DENSE)
    for number in range(depth):
        model = sequential(arriving(4), model, name=f"around_{number}")
    return model


def _graph(*members: dict[str, Any], **changes: Any) -> Make:
    model = functional(linked(arriving(4)), *members)
    model["config"].update(changes)
    return _model(model)


def _user_block(path: Path) -> None:
    good = write_keras2(path).read_bytes()
    path.write_bytes(b"#!/bin/sh\ntrue\n".ljust(512, b"\0") + good)


def _other_model_within(path: Path) -> None:
    """A .keras file whose config is Keras 2's, and whose weights are a whole model of another kind."""
    inner = write_keras2(path.with_suffix(".inner"), sequential(arriving(4), LAMBDA)).read_bytes()
    _zipped(path, MODEL, inner)


def _zipped(path: Path, model: Any, weights: bytes, version: str = "2.15.0") -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("model.weights.h5", weights)


def _doubled_key(path: Path) -> None:
    text = json.dumps(MODEL).replace('"units": 3', '"units": 3, "units": 1000000000')
    write_keras2(path, text.encode())


MANY, REGION = np.full(60_000, b"a"), h5py.regionref_dtype

KERAS2: dict[str, Make] = {
    # Code, in every place where Keras 2 kept it.
    "a lambda": _model(sequential(arriving(4), LAMBDA, DENSE)),
    "a lambda within a model within a model": _model(
        sequential(arriving(4), sequential(arriving(4), sequential(arriving(4), LAMBDA, name="b"), name="a"), DENSE)
    ),
    "a lambda around which time is distributed": _model(
        sequential(arriving(2, 2), layer("TimeDistributed", "time", layer=LAMBDA), DENSE)
    ),
    "a lambda that is read in both directions": _model(
        sequential(arriving(2, 2), layer("Bidirectional", "both", layer=LAMBDA, merge_mode="concat"), DENSE)
    ),
    "an operation of TensorFlow": _model(
        sequential(arriving(4), layer("TFOpLambda", "op", function="math.multiply"), DENSE)
    ),
    "a lambda as an activation": _dense(activation=LAMBDA),
    "code as an initializer": _dense(kernel_initializer={"class_name": "Lambda", "config": {"function": CODE}}),
    "a function within a regularizer": _dense(
        kernel_regularizer={"class_name": "L2", "config": {"l2": {"class_name": "eval", "config": {}}}}
    ),
    "a layer of a package": _model(
        sequential(arriving(4), {**DENSE, "registered_name": "package>Dense", "module": "package.layers"})
    ),
    "a module beside the old words": _model(sequential(arriving(4), {**DENSE, "module": "os"})),
    "a policy of another module": _dense(dtype={"class_name": "Policy", "config": {"name": "float32"}, "module": "os"}),
    "a policy with a loss scale": _dense(dtype={"class_name": "Policy", "config": {"name": "float32", "x": LAMBDA}}),
    "a loss of somebody's own": _training(loss={"class_name": "eval", "config": "1"}),
    "a loss with a module": _training(loss={"class_name": "Loss", "module": "os", "config": {}}),
    "an optimizer of somebody's own": _training(optimizer_config={"class_name": "Custom>package>Adam", "config": {}}),
    "an optimizer around a lambda": _training(
        optimizer_config={"class_name": "LossScaleOptimizer", "config": {"inner": {"class_name": "x", "config": {}}}}
    ),
    # Sizes.
    "a huge input": _model(sequential(arriving(10**12), DENSE)),
    "an input of 2⁶³ values": _model(sequential(arriving(2**31, 2**31, 2), DENSE)),
    "an input of a negative size": _model(sequential(arriving(-4), DENSE)),
    "a huge input stated by the first layer": _model(
        sequential({**DENSE, "config": {**DENSE["config"], "batch_input_shape": [None, 10**9]}})
    ),
    "an object as the input's shape": _model(
        sequential({**DENSE, "config": {**DENSE["config"], "batch_input_shape": {"a": LAMBDA}}})
    ),
    "more units than numbers go": _dense(units=2**70),
    "models nested ten deep": _model(_nested(10)),
    "1,000 layers": _model(sequential(arriving(4), *(layer("Dropout", f"d{n}", rate=0.1) for n in range(1000)))),
    "a merger of 100 outputs": _graph(linked(layer("Add", "add"), *["the_input"] * 100)),
    "outputs that grow by merging": _graph(
        *(linked(layer("Concatenate", f"c{n}", axis=-1), *[f"c{n - 1}" if n else "the_input"] * 16) for n in range(6))
    ),
    # Words of both versions, to be read in one way here and in another there.
    "an input in both words": _model(
        sequential({**arriving(4), "config": {**arriving(4)["config"], "batch_shape": [None, 9]}}, DENSE)
    ),
    "a slope in both words": _model(
        sequential(arriving(4), layer("LeakyReLU", "leaky", alpha=0.1, negative_slope=10**8), DENSE)
    ),
    "links in Keras 3's words with code beside": _graph(
        {**linked(DENSE), "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": LAMBDA}]}]}
    ),
    "units that stand twice": _doubled_key,
    "two layers of one name": _model(sequential(arriving(4), DENSE, DENSE)),
    # Links between layers.
    "a circle": _graph(
        linked(layer("Add", "add"), "the_input", "dropout"),
        linked(layer("Dropout", "dropout", rate=0.1), "add"),
        linked(DENSE, "dropout"),
    ),
    "a layer that takes its own output": _graph(linked(layer("Add", "add"), "the_input", "add"), linked(DENSE, "add")),
    "a layer that is not there": _graph(linked(DENSE, "nobody")),
    "a layer that is used twice": _graph(
        {**linked(DENSE), "inbound_nodes": [[["the_input", 0, 0, {}]], [["the_input", 0, 0, {}]]]}
    ),
    "the thousandth output of a layer": _graph({**linked(DENSE), "inbound_nodes": [[["the_input", 0, 1000, {}]]]}),
    "links that are no list": _graph({**linked(DENSE), "inbound_nodes": {"a": "the_input"}}),
    "a layer that nobody needs": _graph(
        linked(layer("Dropout", "d", rate=0.1), "the_input"), linked(DENSE, "the_input")
    ),
    "an argument of a call": _graph(linked(DENSE, "the_input", mask=LAMBDA)),
    "a dropout that stays on": _graph(
        linked(layer("Dropout", "d", rate=0.1), "the_input", training=True), linked(DENSE, "d")
    ),
    "two inputs": _graph(linked(DENSE, "the_input"), input_layers=[["the_input", 0, 0], ["dense", 0, 0]]),
    # The attributes.
    "bytes that are no letters as the model": _model(b"\xff\xfe{}"),
    "a model that ends at NUL": _changed(
        lambda file: file.attrs.create("model_config", np.bytes_(json.dumps(MODEL).encode() + b"\0{}"))
    ),
    "an array of texts as the model": _changed(lambda file: file.attrs.__setitem__("model_config", [b"{}", b"{}"])),
    "a number as the model": _changed(lambda file: file.attrs.__setitem__("model_config", 7)),
    "60,000 names": _listed("model_weights/dense", "weight_names", MANY),
    "names above the group": _listed("model_weights/dense", "weight_names", [b"../../x", b"dense/bias:0"]),
    "an absolute name": _listed("model_weights/dense", "weight_names", [b"/optimizer_weights/x", b"dense/bias:0"]),
    "a weight that is named twice": _listed(
        "model_weights/dense", "weight_names", [b"dense/kernel:0", b"dense/kernel:0", b"dense/bias:0"]
    ),
    "a layer that is named twice": _listed("model_weights", "layer_names", [b"dense", b"dense"]),
    "layers above the group": _listed("model_weights", "layer_names", [b"../dense"]),
    "numbers as names": _listed("model_weights", "layer_names", [1, 2, 3]),
    "names that are no letters": _listed("model_weights", "layer_names", np.array([b"\xff\xfe"])),
    "a table of names": _listed("model_weights", "layer_names", np.array([[b"dense"]])),
    "a reference to a region": _changed(
        lambda file: file["model_weights"].attrs.create(
            "name", file["model_weights/dense/dense/bias:0"].regionref[:2], dtype=REGION
        )
    ),
    # The arrays.
    "an external link": _instead(
        lambda file: file.__setitem__("model_weights/dense/dense/bias:0", h5py.ExternalLink("/etc/passwd", "/"))
    ),
    "a soft link": _instead(
        lambda file: file.__setitem__("model_weights/dense/dense/bias:0", h5py.SoftLink("/optimizer_weights"))
    ),
    "a virtual array": _instead(_virtual),
    "a compressed bomb": _instead(
        lambda file: file.create_dataset("model_weights/dense/dense/bias:0", (10**9,), "f4", compression="gzip")
    ),
    "compressed": _instead(
        lambda file: file.create_dataset("model_weights/dense/dense/bias:0", data=BIAS, compression="gzip")
    ),
    "NaN": _instead(lambda file: file.__setitem__("model_weights/dense/dense/bias:0", np.full(3, np.nan, np.float32))),
    "double precision that is too large": _model(
        sequential(arriving(4), {**DENSE, "config": {**DENSE["config"], "dtype": "float64"}}),
        weights={"dense": {"dense/kernel:0": KERNEL.astype("f8"), "dense/bias:0": np.full(3, 1e300)}},
    ),
    "double precision that is not said": _model(
        MODEL, weights={"dense": {name: one.astype("f8") for name, one in WEIGHTS["dense"].items()}}
    ),
    "another shape": _model(MODEL, weights={"dense": {"dense/kernel:0": KERNEL.T, "dense/bias:0": BIAS}}),
    "weights of nobody": _model(MODEL, weights={**WEIGHTS, "other": {"other/kernel:0": KERNEL}}),
    "a second kernel": _model(MODEL, weights={"dense": {**WEIGHTS["dense"], "dense_1/kernel:0": KERNEL}}),
    # The file.
    "a user block": _user_block,
    "no version": _changed(lambda file: file.attrs.__delitem__("keras_version")),
    "a version with something behind": _model(MODEL, version="2.4.0;import os"),
}

#: The same for .keras files.
KERAS2_ZIPS: dict[str, Make] = {
    "a whole model in place of the weights": _other_model_within,
    "a lambda": lambda path: _zipped(path, sequential(arriving(4), LAMBDA, DENSE), weights_file(plain_weights)),
    "words of Keras 2 in a file of Keras 3": lambda path: _zipped(path, MODEL, weights_file(plain_weights), "3.5.0"),
}
