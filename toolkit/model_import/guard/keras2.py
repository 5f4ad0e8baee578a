"""Keras 2's description of a model, put into Keras 3's words, so that the same exact lists check both.

Only what Keras 2 itself writes is translated. Everything else stays as it is, and the checks refuse it afterwards.
"""

from collections.abc import Mapping
from typing import Any

from .refusals import refusal

#: The kinds of models, by all names that versions of Keras 2 have given them.
_MODELS = {"Sequential": "Sequential", "Functional": "Functional", "Model": "Functional"}
_FUNCTIONAL_MODULES = (
    *("keras.engine.functional", "keras.src.engine.functional", "tf_keras.src.engine.functional"),
    *("keras.engine.training", "keras.src.engine.training", "keras.models"),
)
_INNER = {"initializer": "keras.initializers", "regularizer": "keras.regularizers", "constraint": "keras.constraints"}
_ACTIVATIONS = {"softmax_v2": "softmax", "swish": "silu"}
#: Layers that name a setting differently: the old and the new name.
_RENAMED = {"InputLayer": ("batch_input_shape", "batch_shape"), "LeakyReLU": ("alpha", "negative_slope")}
_POLICIES = ("keras.mixed_precision", "tf_keras.mixed_precision")


def in_keras_3(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's JSON as Keras 3 would write it.

    Raises `ModelFileError` for an activation that means something else in Keras 3, and for words of Keras 3.
    """
    return _model(dict(model))


def _model(model: dict[str, Any]) -> dict[str, Any]:
    kind, config = _MODELS[model["class_name"]] if _is_model(model) else None, model.get("config")
    if isinstance(config, list):  # Before Keras 2.2.3.
        config = {"name": "sequential", "layers": config}
    if kind is None or not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return model
    layers = [_member(layer) for layer in config["layers"]]
    if kind == "Sequential":
        layers = _with_input(layers, config["layers"])
    module = "keras.src.models.functional" if model.get("module") in _FUNCTIONAL_MODULES else model.get("module")
    about = {"class_name": kind, "config": {**config, "layers": layers}}
    return {**model, **about, **({"module": module} if "module" in model else {})}


def _is_model(member: Any) -> bool:
    return isinstance(member, dict) and isinstance(member.get("class_name"), str) and member["class_name"] in _MODELS


def _member(member: Any) -> Any:
    """A layer, or a model among the layers, with the links to those before it."""
    if not isinstance(member, dict):
        return member
    translated = _model(member) if _is_model(member) else _layer(member)
    if isinstance(nodes := translated.get("inbound_nodes"), list):
        translated = {**translated, "inbound_nodes": [_node(node) for node in nodes]}
    return translated


def _with_input(layers: list[Any], before: list[Any]) -> list[Any]:
    """The layers behind an input, which older versions stated only as the first layer's `batch_input_shape`."""
    first = before[0] if before else None
    shape = _input_shape(first)
    if shape is None or (isinstance(first, dict) and first.get("class_name") == "InputLayer"):
        return layers
    config = {"batch_shape": shape, "dtype": "float32", "name": "the_input"}
    return [{"module": "keras.layers", "class_name": "InputLayer", "config": config}, *layers]


def _input_shape(member: Any) -> Any:
    """What the first layer says of its input; that of a model is what its own first layer says."""
    config = member.get("config") if isinstance(member, dict) else None
    inner = config.get("layers") if isinstance(config, dict) and _is_model(member) else config
    if isinstance(inner, list):
        return _input_shape(inner[0]) if inner else None
    return inner.get("batch_input_shape") if isinstance(inner, dict) else None


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    config = layer.get("config")
    if not isinstance(config, dict):
        return layer
    name = layer.get("class_name")
    old, new = _RENAMED.get(name, ("", "")) if isinstance(name, str) else ("", "")
    if new in config:
        raise refusal("A file of Keras 2", "worded as Keras 2 does", f"{new} from Keras 3")
    settings = {new if word == old else word: _setting(word, value) for word, value in config.items()}
    if name != "InputLayer":
        settings.pop("batch_input_shape", None)  # The input's own is the one that counts.
    axis = settings.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        settings["axis"] = axis[0]
    return {**layer, "config": settings}


def _setting(name: str, value: Any) -> Any:
    if name == "activation" and isinstance(value, str):
        if value == "hard_sigmoid":
            raise refusal(
                "An activation",
                "one that means the same in Keras 2 and Keras 3",
                value,
                "Train the model again in Keras 3, or with another activation.",
            )
        return _ACTIVATIONS.get(value, value)
    if not isinstance(value, dict):
        return value
    if name == "dtype" and value.get("class_name") == "Policy" and value.get("module", _POLICIES[0]) in _POLICIES:
        return {**value, "class_name": "DTypePolicy", "module": "keras"}
    module = _INNER.get(name.rpartition("_")[2])
    return {"module": module, **value} if module and value.keys() == {"class_name", "config"} else value


def _node(node: Any) -> Any:
    """`[["conv", 0, 0, {}]]` as the arguments of a call; several tensors are a list of them."""
    if not isinstance(node, list) or not node or not all(_is_link(link) for link in node):
        return node
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": link[:3]}} for link in node]
    switches = [link[3] for link in node if len(link) == 4 and link[3]]
    if len(switches) > 1:  # Keras 2 gives them to the first tensor alone.
        return node
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": switches[0] if switches else {}}


def _is_link(link: Any) -> bool:
    return isinstance(link, list) and len(link) in (3, 4) and (len(link) == 3 or isinstance(link[3], dict))
