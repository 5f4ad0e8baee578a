"""Hostile model files, by what is wrong with them: how each is made."""

import json
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from files import (
    BIAS,
    DENSE,
    KERNEL,
    central_size,
    changed,
    dense_with,
    keras_object,
    layer,
    nested,
    patched,
    plain_weights,
    sequential,
    weights_file,
    write_h5,
    write_keras,
)

Make = Callable[[Path], object]

EVIL = [
    keras_object("keras.config", "set_floatx", "float16"),
    keras_object("keras.models", "load_model", {"filepath": "/etc/passwd"}),
    keras_object("builtins", "eval", "1"),
    keras_object("builtins", "function", "eval", "function"),
    keras_object("os", "system", "true"),
    keras_object("keras.utils", "get_file", {"fname": "x", "origin": "http://127.0.0.1/x"}),
    keras_object("builtins", "__lambda__", {"value": "eJwrTi0CAAKVAUM="}),
    keras_object("keras.layers", "Lambda", {"function": "x"}),
    keras_object("keras.src.layers", "Dense", {"units": 3}),
    keras_object("my_module", "MyLayer", {}, "my_package>MyLayer"),
]


def _config(model: Any) -> Make:
    return lambda path: write_keras(path, model)


def _dense(**config: Any) -> Make:
    return _config(dense_with(**config))


def _layer(change: Callable[[dict[str, Any]], object]) -> Make:
    return _config(changed(sequential(DENSE), change))


def _weights(write: Callable[[h5py.File], object], **options: Any) -> Make:
    return lambda path: write_keras(path, weights=weights_file(write, **options))


def _dense_weights(kernel: Any, bias: Any = BIAS) -> Make:
    def write(file: h5py.File) -> None:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = kernel, bias

    return _weights(write)


def _beside(name: str, value: Any) -> Make:
    """Plain weights, and one thing more."""

    def write(file: h5py.File) -> None:
        plain_weights(file)
        file[name] = value

    return _weights(write)


def _instead(**options: Any) -> Make:
    """The bias kept in another way."""

    def write(file: h5py.File) -> None:
        file["layers/dense/vars/0"] = KERNEL
        file["layers/dense/vars"].create_dataset("1", **options)

    return _weights(write)


def _virtual(file: h5py.File) -> None:
    file["layers/dense/vars/0"] = KERNEL
    source = h5py.VirtualSource("/etc/passwd", "x", shape=(3,))
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = source
    file.create_virtual_dataset("layers/dense/vars/1", layout)


def _cycle(file: h5py.File) -> None:
    plain_weights(file)
    file["layers/dense/again"] = file["layers"]


def _committed_type(file: h5py.File) -> None:
    plain_weights(file)
    file["layers/dense/kind"] = np.dtype("f4")


def _many_groups(file: h5py.File) -> None:
    for number in range(3_001):
        file.create_group(f"layers/dense/{number}")


def _deep_groups(file: h5py.File) -> None:
    file.create_group("/".join("a" * 1 for _ in range(40)))


def _odd_attribute(file: h5py.File) -> None:
    plain_weights(file)
    file["layers/dense"].attrs["__reduce__"] = "os.system"


def _many_attributes(file: h5py.File) -> None:
    plain_weights(file)
    for number in range(100):
        file["layers/dense"].attrs[f"weight_names{number}"] = 1


def _reference_attribute(file: h5py.File) -> None:
    plain_weights(file)
    file["layers/dense"].attrs["name"] = file["layers"].ref


def _pack_with(**more: bytes) -> Callable[[zipfile.ZipFile, Mapping[str, bytes]], None]:
    def pack(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
        for name, content in {**members, **more}.items():
            archive.writestr(name, content)

    return pack


def _pack_twice(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
    for name, content in members.items():
        archive.writestr(name, content)
    archive.writestr("config.json", members["config.json"])


def _pack_link(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
    for name, content in members.items():
        info = zipfile.ZipInfo(name)
        info.external_attr = ((stat.S_IFLNK | 0o777) if name == "model.weights.h5" else 0o600) << 16
        archive.writestr(info, b"/etc/passwd" if name == "model.weights.h5" else content)


def _pack_without(missing: str) -> Callable[[zipfile.ZipFile, Mapping[str, bytes]], None]:
    def pack(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
        for name, content in members.items():
            if name != missing:
                archive.writestr(name, content)

    return pack


def _pack_commented(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
    _pack_with()(archive, members)
    archive.comment = b"PK\x05\x06 a second directory"


def _pack_encrypted(path: Path) -> None:
    content = bytearray(write_keras(path).read_bytes())
    for place in (content.find(b"PK\x03\x04") + 6, content.find(b"PK\x01\x02") + 8):
        content[place] |= 1
    path.write_bytes(bytes(content))


def _prefixed(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" + write_keras(path).read_bytes())


def _zip_bomb(path: Path) -> None:
    write_keras(path, weights=bytes(70_000_000), compression=zipfile.ZIP_DEFLATED)


def _small_bomb(path: Path) -> None:
    write_keras(path, weights=bytes(20_000_000), compression=zipfile.ZIP_DEFLATED)


def _cut(share: float, write: Callable[[Path], Path] = write_keras) -> Make:
    def make(path: Path) -> None:
        content = write(path).read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return make


def _functional(**changes: Any) -> dict[str, Any]:
    """Three layers in a row, as Keras writes a functional model, with changes."""

    def node(name: str) -> dict[str, Any]:
        tensor = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0]}
        return {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}

    first, dense = sequential(DENSE)["config"]["layers"]
    drop = layer("Dropout", rate=0.5)
    members = [
        {**first, "name": "input", "inbound_nodes": []},
        {**drop, "name": "dropout", "inbound_nodes": [node("input")]},
        {**dense, "name": "dense", "inbound_nodes": [node(changes.pop("dense_takes", "dropout"))]},
    ]
    members[1]["inbound_nodes"][0]["kwargs"] = changes.pop("dropout_kwargs", {})
    ends = {"input_layers": ["input", 0, 0], "output_layers": ["dense", 0, 0]}
    config = {"name": "functional", "trainable": True, "layers": members, **ends, **changes}
    return keras_object("keras.src.models.functional", "Functional", config, "Functional")


FUNCTIONAL = _functional()


def _nest(model: dict[str, Any], times: int) -> dict[str, Any]:
    for number in range(times):
        model = sequential({**model, "config": {**model["config"], "name": f"inner{number}"}})
    return model


def _conv(**config: Any) -> Make:
    conv = layer("Conv2D", **{"filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", **config})
    return _config(sequential(conv, layer("Flatten"), DENSE, shape=(None, 28, 28, 1)))


def _pictures(*layers: dict[str, Any], shape: tuple[int | None, ...] = (None, 28, 28, 1)) -> Make:
    return _config(sequential(*layers, layer("Flatten"), DENSE, shape=shape))


def _growing() -> dict[str, Any]:
    doubling = [
        {
            **layer("UpSampling2D", size=[64, 64]),
            "config": {**layer("UpSampling2D", size=[64, 64])["config"], "name": n},
        }
        for n in "abcd"
    ]
    return sequential(*doubling, shape=(None, 28, 28, 1))


KERAS: dict[str, Make] = {
    # Functions and classes that are no layers of ours, in every place that takes one.
    **{f"{one['class_name']} as a layer": _config(sequential(one)) for one in EVIL},
    **{f"{one['class_name']} as the model": _config(one) for one in EVIL[:3]},
    **{f"{one['class_name']} as an activation": _dense(activation=one) for one in EVIL[:3]},
    **{f"{one['class_name']} as an initializer": _dense(kernel_initializer=one) for one in EVIL[:3]},
    **{f"{one['class_name']} as a regularizer": _dense(activity_regularizer=one) for one in EVIL[:3]},
    **{f"{one['class_name']} as a constraint": _dense(bias_constraint=one) for one in EVIL[:3]},
    **{f"{one['class_name']} as a type": _dense(dtype=one) for one in EVIL[:3]},
    **{
        f"{one['class_name']} as a seed": _config(sequential(layer("Dropout", rate=0.5, seed=one), DENSE))
        for one in EVIL[:3]
    },
    **{
        f"{one['class_name']} as a loss": _config({**sequential(DENSE), "compile_config": {"loss": one}})
        for one in EVIL[:3]
    },
    **{
        f"{one['class_name']} within an initializer": _dense(
            kernel_initializer=keras_object("keras.initializers", "Constant", {"value": one})
        )
        for one in EVIL[:3]
    },
    "the name of a function as an activation": _dense(activation="eval"),
    "a path as an activation": _dense(activation="keras.config.set_floatx"),
    "a function among the metrics": _config(
        {**sequential(DENSE), "compile_config": {"metrics": [["accuracy", {"class_name": "eval", "config": {}}]]}}
    ),
    "a lambda in the build config": _layer(lambda one: one.update(build_config={"input_shape": EVIL[0]})),
    "an unknown key beside the layer": _layer(lambda one: one.update(custom_objects={"x": 1})),
    "no module": _layer(lambda one: one.pop("module")),
    "the module is null": _layer(lambda one: one.update(module=None)),
    "a registered name": _layer(lambda one: one.update(registered_name="package>Dense")),
    "a list in place of the settings": _layer(lambda one: one.update(config=[1, 2])),
    "a text in place of the settings": _layer(lambda one: one.update(config="dense")),
    "a number as the class": _layer(lambda one: one.update(class_name=7)),
    "a list as the class": _layer(lambda one: one.update(class_name=["Dense"])),
    "a text as the memory address": _layer(lambda one: one.update(shared_object_id="0x7f")),
    "an unknown setting": _dense(lora_rank=4),
    "quantized": _dense(quantization_config={"mode": "int8"}),
    # Sizes.
    **{
        f"{units!r} as units": _dense(units=units)
        for units in (0, -3, 1.5, True, None, "3", [3], {"value": 3}, 10**9, 10**30, "9" * 50)
    },
    "infinite units": lambda path: write_keras(
        path, json.dumps(dense_with(units=1)).replace('"units": 1', '"units": 1e999').encode()
    ),
    "NaN as units": lambda path: write_keras(path, json.dumps(dense_with(units=float("nan"))).encode()),
    "a number of 5,000 digits": lambda path: write_keras(
        path, json.dumps(dense_with(units=1)).replace('"units": 1', f'"units": {"9" * 5000}').encode()
    ),
    "a huge input": _config(sequential(DENSE, shape=(None, 10**12))),
    "a large input of many sides": _config(sequential(DENSE, shape=(None, 4096, 4096, 4096))),
    "a negative input": _config(sequential(DENSE, shape=(None, -4))),
    "an input of no size": _config(sequential(DENSE, shape=(None, 0))),
    "an unknown input size": _config(sequential(DENSE, shape=(None, None))),
    "a fixed batch": _config(sequential(DENSE, shape=(10**9, 4))),
    "an object as the input's shape": _config(
        {
            **sequential(DENSE),
            "config": {
                "name": "s",
                "layers": [keras_object("keras.layers", "InputLayer", {"name": "i", "batch_shape": {"a": 1}}), DENSE],
            },
        }
    ),
    "no input": _config(keras_object("keras", "Sequential", {"name": "s", "layers": [DENSE]})),
    "no layer": _config(sequential()),
    "no list of layers": _config(keras_object("keras", "Sequential", {"name": "s", "layers": {"a": DENSE}})),
    "layers that are texts": _config(keras_object("keras", "Sequential", {"name": "s", "layers": ["Dense"]})),
    "two inputs": _config(
        sequential(sequential()["config"]["layers"][0] | {"config": {"name": "again", "batch_shape": [None, 4]}}, DENSE)
    ),
    "1,000 layers": _config(sequential(*(layer("Dropout", rate=0.1) for _ in range(1000)))),
    "two layers of one name": _config(sequential(layer("Dropout", rate=0.1), layer("Dropout", rate=0.1), DENSE)),
    "a path as a name": _dense(name="../../../../tmp/x"),
    "an absolute path as a name": _dense(name="/etc/passwd"),
    "half a letter as a name": _dense(name="\ud83d"),
    "colours of a terminal as a name": _dense(name="\x1b[31mdense"),
    "an endless name": _dense(name="x" * 100_000),
    "a number as a name": _dense(name=3),
    "a window of 10,000": _conv(kernel_size=[10_000, 10_000]),
    "no strides": _conv(strides=[0, 0]),
    "a huge dilation": _conv(dilation_rate=[10**6, 10**6]),
    "a convolution larger than the picture": _conv(kernel_size=[40, 40]),
    "a convolution of a table": _config(sequential(layer("Conv2D", filters=2, kernel_size=[3, 3]), DENSE)),
    "channels first": _conv(data_format="channels_first"),
    "1,000 groups": _conv(groups=1000),
    "a padding of 10⁹": _pictures(layer("ZeroPadding2D", padding=[[10**9, 0], [0, 0]])),
    "paddings that multiply": _pictures(layer("ZeroPadding2D", padding=[[4000, 4000], [4000, 4000]])),
    "a negative padding": _pictures(layer("ZeroPadding2D", padding=[[-5, 0], [0, 0]])),
    "all of the picture cropped": _pictures(layer("Cropping2D", cropping=[[14, 14], [0, 0]])),
    "pictures that grow 64 times, four times": _config(_growing()),
    "resized to 4,096 × 4,096": _pictures(layer("Resizing", height=4096, width=4096)),
    "a form for other values": _config(sequential(layer("Reshape", target_shape=[5, -1]), DENSE)),
    "a form of two unknown sides": _config(sequential(layer("Reshape", target_shape=[-1, -1]), DENSE)),
    "a form of no values": _config(sequential(layer("Reshape", target_shape=[0, -1]), DENSE)),
    "axes that are not there": _config(sequential(layer("Permute", dims=[2, 1]), DENSE)),
    "more multiplications than a second has": _config(
        sequential(
            layer("Conv2D", filters=512, kernel_size=[15, 15], padding="same"),
            layer("Flatten"),
            DENSE,
            shape=(None, 200, 200, 64),
        )
    ),
    "a normalisation of other columns": _config(
        sequential(layer("Normalization", axis=[-1], mean=[0.0], variance=[1.0]), DENSE)
    ),
    "a normalisation by a mean alone": _config(sequential(layer("Normalization", axis=[-1], mean=[0.0] * 4), DENSE)),
    "an output that is a picture": _config(sequential(layer("Dropout", rate=0.1), shape=(None, 28, 28, 1))),
    # Models within models, and functional ones.
    "models nested five deep": _config(_nest(sequential(DENSE), 5)),
    "an inner model for another shape": _config(
        sequential(
            {
                **sequential(DENSE, shape=(None, 9)),
                "config": {**sequential(DENSE, shape=(None, 9))["config"], "name": "inner"},
            }
        )
    ),
    "a branch": _config(_functional(dense_takes="input")),
    "a dropout that stays on": _config(_functional(dropout_kwargs={"training": True})),
    "an argument of a call": _config(_functional(dropout_kwargs={"mask": EVIL[0]})),
    "two outputs": _config(_functional(output_layers=[["dense", 0, 0], ["dropout", 0, 0]])),
    "another output": _config(_functional(output_layers=["dropout", 0, 0])),
    "nodes that are none": _config(_functional(input_layers={"a": 1})),
    # JSON.
    "deep lists": _config(nested(100_000)),
    "deep objects": _config(nested(5_000, '{"config":', "}")),
    "50 deep": _config(nested(50, '{"config":', "}")),
    "a megabyte of JSON": _config(json.dumps({"class_name": "x" * 1_000_001}).encode()),
    "half a million numbers": _config(("[" + "1," * 499_000 + "1]").encode()),
    "no JSON": _config(b"class Model: pass"),
    "an empty JSON": _config(b""),
    "a list in place of the model": _config(b"[]"),
    "null in place of the model": _config(b"null"),
    "UTF-16": _config(json.dumps(sequential(DENSE)).encode("utf-16")),
    "a byte order mark": _config(b"\xef\xbb\xbf" + json.dumps(sequential(DENSE)).encode()),
    "bytes that are no letters": _config(b'{"class_name": "\xff\xfe"}'),
    "a key that stands twice": _config(
        json.dumps(sequential(DENSE)).replace('"module"', '"class_name": "Sequential", "module"').encode()
    ),
    "no version": lambda path: write_keras(path, metadata={}),
    "a version of another Keras": lambda path: write_keras(path, metadata={"keras_version": "2.15.0"}),
    "a version that is a path": lambda path: write_keras(path, metadata={"keras_version": "3/../../x"}),
    # The zip.
    "a member above its folder": lambda path: write_keras(path, pack=_pack_with(**{"../../x": b"x"})),
    "a member of the root": lambda path: write_keras(path, pack=_pack_with(**{"/etc/cron.d/x": b"x"})),
    "a script beside": lambda path: write_keras(path, pack=_pack_with(**{"config.py": b"x"})),
    "a pickle beside": lambda path: write_keras(path, pack=_pack_with(**{"assets/x.pkl": b"x"})),
    "a member that stands twice": lambda path: write_keras(path, pack=_pack_twice),
    "a link in place of the weights": lambda path: write_keras(path, pack=_pack_link),
    "no weights": lambda path: write_keras(path, pack=_pack_without("model.weights.h5")),
    "no config": lambda path: write_keras(path, pack=_pack_without("config.json")),
    "a comment": lambda path: write_keras(path, pack=_pack_commented),
    "encrypted": _pack_encrypted,
    "a script before the zip": _prefixed,
    "a script behind the zip": lambda path: path.write_bytes(write_keras(path).read_bytes() + b"\nimport os\n"),
    "1,000 members": lambda path: write_keras(path, pack=_pack_with(**{str(name): b"" for name in range(1000)})),
    "a bomb": _zip_bomb,
    "a small bomb": _small_bomb,
    "packed with LZMA": lambda path: write_keras(path, compression=zipfile.ZIP_LZMA),
    "a member said to be larger": lambda path: central_size(write_keras(path), "config.json", 60_000_000),
    "a member said to be smaller": lambda path: central_size(write_keras(path), "config.json", 10),
    "weights said to be larger": lambda path: central_size(write_keras(path), "model.weights.h5", 1_000_000),
    "a flipped bit in the weights": lambda path: patched(write_keras(path), find=KERNEL.tobytes(), put=b"\x01"),
    "a flipped bit in the config": lambda path: patched(write_keras(path), find=b'"units": 3', put=b'"units": 4'),
    **{f"cut after {share:.0%}": _cut(share) for share in (0.01, 0.1, 0.5, 0.9, 0.999)},
    "empty": lambda path: path.write_bytes(b""),
    "a pickle": lambda path: path.write_bytes(b"\x80\x04\x95\x1a\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."),
    "an HDF5 file": lambda path: write_h5(path),
    # The weights.
    "a soft link": _beside("layers/dense/x", h5py.SoftLink("/layers")),
    "a soft link in place of the bias": _weights(
        lambda file: (
            file.__setitem__("layers/dense/vars/0", KERNEL),
            file["layers/dense/vars"].__setitem__("1", h5py.SoftLink("/x")),
        )
    ),
    "an external link": _beside("layers/dense/x", h5py.ExternalLink("/etc/passwd", "/")),
    "a cycle": _weights(_cycle),
    "an array linked twice": _weights(
        lambda file: (plain_weights(file), file.__setitem__("layers/dense/vars/2", file["layers/dense/vars/1"]))
    ),
    "a virtual array": _weights(_virtual),
    "an array in another file": _instead(shape=(3,), dtype="f4", external=[("/etc/passwd", 0, 12)]),
    "a shape of a terabyte": _instead(shape=(10**12,), dtype="f4", chunks=(1000,)),
    "a shape without numbers": _instead(shape=(3,), dtype="f4"),
    "chunks without numbers": _instead(shape=(3,), dtype="f4", chunks=(3,)),
    "a chunk of 2 GB": _instead(shape=(3,), maxshape=(None,), dtype="f4", chunks=(500_000_000,)),
    "a fill of another kind": _instead(shape=(15_000_000,), dtype="f4", fillvalue=1.0, compression="gzip"),
    "more than 64 MB, packed": _instead(shape=(20_000_000,), dtype="f4", compression="gzip"),
    "packed": _instead(data=BIAS, compression="gzip"),
    "packed in another way": _instead(data=BIAS, compression="lzf"),
    "many chunks": _instead(data=np.zeros(5_000, "f4"), chunks=(1,)),
    "texts": _dense_weights(np.array([b"evil"] * 3)),
    "objects": _weights(
        lambda file: (
            plain_weights(file),
            file.create_dataset("layers/dense/x", data=["evil"], dtype=h5py.string_dtype()),
        )
    ),
    "lists": _weights(
        lambda file: (plain_weights(file), file.create_dataset("layers/dense/x", (2,), h5py.vlen_dtype("f4")))
    ),
    "records": _dense_weights(np.zeros(4, [("a", "f4"), ("b", "f4")])),
    "references": _weights(
        lambda file: (plain_weights(file), file.create_dataset("layers/dense/x", (1,), h5py.ref_dtype))
    ),
    "complex numbers": _dense_weights(KERNEL.astype(complex)),
    "double precision": _dense_weights(KERNEL.astype("f8")),
    "half precision": _dense_weights(KERNEL.astype("f2")),
    "whole numbers": _dense_weights(KERNEL.astype("i4")),
    "big-endian": _dense_weights(KERNEL.astype(">f4")),
    "NaN": _dense_weights(np.full((4, 3), np.nan, np.float32)),
    "infinity": _dense_weights(KERNEL, np.array([1, np.inf, 2], np.float32)),
    "another shape": _dense_weights(KERNEL.T),
    "a scalar": _dense_weights(KERNEL, np.float32(1)),
    "an empty array": _dense_weights(KERNEL, h5py.Empty("f4")),
    "no bias": _weights(lambda file: file.__setitem__("layers/dense/vars/0", KERNEL)),
    "weights of another layer": _beside("layers/dense_1/vars/0", KERNEL),
    "a type of its own": _weights(_committed_type),
    "3,001 groups": _weights(_many_groups),
    "groups 40 deep": _weights(_deep_groups),
    "an attribute of another kind": _weights(_odd_attribute),
    "100 attributes": _weights(_many_attributes),
    "a reference as an attribute": _weights(_reference_attribute),
    "a user block": _weights(plain_weights, userblock_size=512),
    "weights that are none": lambda path: write_keras(path, weights=b"evil"),
    "weights cut off": lambda path: write_keras(path, weights=weights_file(plain_weights)[:-900]),
}

H5: dict[str, Make] = {
    **{f"{one['class_name']} as a layer": (lambda path, one=one: write_h5(path, sequential(one))) for one in EVIL},
    "a training with a function": lambda path: write_h5(
        path, write=lambda file: file.attrs.__setitem__("training_config", json.dumps({"loss": EVIL[0]}))
    ),
    "weights alone": lambda path: write_h5(path, write=lambda file: file.attrs.__delitem__("model_config")),
    "no version": lambda path: write_h5(path, write=lambda file: file.attrs.__delitem__("keras_version")),
    "numbers as the model": lambda path: write_h5(path, write=lambda file: file.attrs.__setitem__("model_config", 7)),
    "a list as the model": lambda path: write_h5(
        path, write=lambda file: file.attrs.__setitem__("model_config", ["{}"])
    ),
    "deep JSON": lambda path: write_h5(path, nested(20_000)),
    "a megabyte of JSON": lambda path: write_h5(path, json.dumps({"class_name": "x" * 1_000_001}).encode()),
    "huge units": lambda path: write_h5(path, dense_with(units=10**9)),
    "an external link": lambda path: write_h5(
        path, write=lambda file: file.__setitem__("model_weights/x", h5py.ExternalLink("x", "/"))
    ),
    "a soft link": lambda path: write_h5(
        path, write=lambda file: file.__setitem__("model_weights/x", h5py.SoftLink("/"))
    ),
    "a second kernel": lambda path: write_h5(
        path, write=lambda file: file.__setitem__("model_weights/dense/other/dense/kernel", KERNEL)
    ),
    "weights of another layer": lambda path: write_h5(
        path, write=lambda file: file.__setitem__("model_weights/other/kernel", KERNEL)
    ),
    "no kernel": lambda path: write_h5(
        path, write=lambda file: file.__delitem__("model_weights/dense/sequential/dense/kernel")
    ),
    "a pickled attribute": lambda path: write_h5(
        path, write=lambda file: file.attrs.__setitem__("pickle", np.void(b"\x80\x04."))
    ),
    **{f"cut after {share:.0%}": _cut(share, write_h5) for share in (0.05, 0.5, 0.9, 0.99)},
    "empty": lambda path: path.write_bytes(b""),
    "a zip": lambda path: write_keras(path),
    "a script": lambda path: path.write_bytes(b"import os\nos.system('true')\n"),
}


def endless_heap(path: Path) -> None:
    """An .h5 file in which HDF5 looks for a text without ever coming to an end."""
    content = bytearray(write_h5(path).read_bytes())
    first = content.find(b"GCOL") + 16
    content[first + 9] = 4  # the first text of the heap of texts becomes a kilobyte longer than it is
    path.write_bytes(bytes(content))


def unopenable(folder: Path) -> dict[str, Path]:
    """Names that stand for no file that can be read."""
    names = {name: folder / f"{name}.keras" for name in ("folder", "pipe", "missing", "dangling", "circle")}
    names["folder"].mkdir()
    os.mkfifo(names["pipe"])
    names["dangling"].symlink_to(folder / "nowhere.keras")
    names["circle"].symlink_to(names["circle"])
    return names
