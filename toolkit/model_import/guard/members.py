"""A model in JSON -> its members, the input first: all settings of the model itself are checked here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...config.layers import snake_case
from .compiled import check_compiled
from .limits import MOST_LAYERS
from .objects import FLOAT32
from .refusals import did_you_mean, refusal, shown_origin
from .rules import FLAG, Rule, list_of, optional, whole

Member = Mapping[str, Any]

_NAME = re.compile(r"\w[\w .:>-]{0,99}")
_FUNCTIONAL = ("keras.src.models.functional", "keras.models", "keras")
_ENDS = ("input_layers", "output_layers")
#: The fields that a functional model adds to each of its layers.
_LINKS = {"name", "inbound_nodes"}
_SIZES = list_of(optional(whole(0, 2**31)), range(1, 8))


def members_of(model: Member, *, legacy: bool) -> list[dict[str, Any]]:
    """The layers of a model in their order, the input first.

    legacy: as in `read_architecture`. Raises `ModelFileError` for any model but Keras's two plain kinds.
    """
    functional = model.get("class_name") == "Functional"
    if not _is_model(model, functional, legacy):
        expected = "a keras.Sequential model, or a Functional one whose layers follow each other"
        raise refusal(
            "The model", expected, shown_origin(model), "Build it from Keras's own layers, and save it again."
        )
    check_build(model, "The model")
    check_compiled(model.get("compile_config"), legacy=legacy)
    rules: dict[str, Rule] = {"trainable": FLAG, "dtype": FLOAT32, "build_input_shape": optional(_SIZES)}
    beside = {"layers", "name", *(_ENDS if functional else ())}
    check_settings({name: value for name, value in model["config"].items() if name not in beside}, rules, "The model")
    members = model["config"].get("layers")
    if not isinstance(members, list) or not members or not all(isinstance(one, dict) for one in members):
        raise refusal("The model's layers", "a list of layers", members)
    if len(members) > MOST_LAYERS + 1:
        raise refusal("The network", f"one of at most {MOST_LAYERS} layers", f"{len(members):,}")
    _check_names([name_of(model), *(name_of(one) for one in members)])
    if functional:
        _check_chain(members, model["config"])
    return members


def _is_model(model: Member, functional: bool, legacy: bool) -> bool:
    """Whether this is how Keras writes a model, whatever its layers."""
    known = {"module", "class_name", "config", "registered_name", "build_config", "compile_config", "shared_object_id"}
    modules = _FUNCTIONAL if functional else ("keras",)
    return (
        model.get("class_name") in ("Sequential", "Functional")
        and model.keys() <= known | _LINKS
        and (model.get("module") in modules if "module" in model or not legacy else True)
        and model.get("registered_name") in (None, "Functional" if functional else None)
        and isinstance(model.get("config"), dict)
    )


def _check_names(names: list[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise refusal("A layer's name", "letters, digits and blanks", name)
    for name in names[1:]:  # The model itself may have the name of one of its layers.
        if names[1:].count(name) > 1:
            raise refusal("Each layer", "called differently", f"{name} twice")


def name_of(member: Member) -> str:
    """The name of a layer or a model in the file; a functional model states it twice."""
    config = member.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    if not isinstance(name, str) or member.get("name", name) != name:
        raise refusal("Each layer", "one of Keras's own, with its name among its settings", shown_origin(member))
    return name


def _check_chain(members: list[dict[str, Any]], config: Member) -> None:
    """Refuse a functional model whose layers don't form a chain."""
    names = [name_of(one) for one in members]
    expected: list[list[Any]] = [[], *([[name, 0, 0]] for name in names[:-1])]
    begins_and_ends = all(
        config.get(end) in ([name, 0, 0], [[name, 0, 0]])
        for end, name in zip(_ENDS, (names[0], names[-1]), strict=True)
    )
    if not begins_and_ends or [list(_origins(one)) for one in members] != expected:
        remedy = "Use a keras.Sequential model."
        raise refusal("The model", "one whose layers follow each other", "branches, or layers used twice", remedy)


def _origins(member: Member) -> Iterator[Any]:
    """Where a layer's inputs come from; None for each that is not written as Keras writes it."""
    nodes: Any = member.get("inbound_nodes")
    for node in nodes if isinstance(nodes, list) else [{}]:
        try:
            (tensor,) = node["args"]
            switches = node.get("kwargs", {})
            plain = (
                node.keys() <= {"args", "kwargs"}
                and tensor.keys() == {"class_name", "config"}
                and tensor["class_name"] == "__keras_tensor__"
                and tensor["config"].keys() <= {"shape", "dtype", "keras_history"}
                and switches.keys() <= {"training", "mask"}
                and switches.get("training") in (None, False)
                and switches.get("mask") is None
            )
            yield tensor["config"]["keras_history"] if plain else None
        except (TypeError, KeyError, ValueError, AttributeError):
            yield None


def groups_of(members: list[dict[str, Any]]) -> list[str]:
    """The groups of a model's layers in a `.keras` file, without the input: their classes, numbered."""
    counts: dict[str, int] = {}
    groups = []
    for member in members:
        kind = snake_case(str(member.get("class_name")))
        counts[kind] = counts.get(kind, -1) + 1
        groups.append(f"{kind}_{counts[kind]}" if counts[kind] else kind)
    return groups


def itself(member: Member) -> dict[str, Any]:
    """A layer without what a model adds to it: its links and its build shape."""
    return {name: value for name, value in member.items() if name not in _LINKS | {"build_config"}}


def check_settings(config: Member, rules: Mapping[str, Rule], where: str) -> None:
    """Refuse settings that have no rule, and those that break theirs."""
    for name, value in config.items():
        if name not in rules:
            raise refusal(where, "described in Keras's words", name, did_you_mean(name, list(rules)))
        if not rules[name].accepts(value):
            raise refusal(f"{where}: {name}", rules[name].expected, value)


def check_build(member: Member, where: str) -> None:
    """Check Keras's record of the shape that a layer was built for; it is not used here."""
    build = member.get("build_config", {})
    known = {"input_shape": optional(_SIZES)}
    if not isinstance(build, dict):
        raise refusal(f"{where}: build_config", "an object", build)
    check_settings(build, known, f"{where}: build_config")
