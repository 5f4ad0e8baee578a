"""A model in JSON -> its layers and the links between them: all settings of the model itself are checked here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...config.layers import snake_case
from .compiled import check_compiled
from .limits import MOST_LAYERS, MOST_MERGED
from .objects import PRECISION
from .refusals import SMALLER, did_you_mean, refusal, shown, shown_origin
from .rules import FLAG, NOTHING, Rule, either, list_of, optional, whole

Entry = Mapping[str, Any]

_NAME = re.compile(r"\w[\w .:>-]{0,99}")
_FUNCTIONAL = ("keras.src.models.functional", "keras.models", "keras")
_ENDS = ("input_layers", "output_layers")
#: The fields that a functional model adds to each of its layers.
_LINKS = {"name", "inbound_nodes"}
_SIZES = list_of(optional(whole(0, 2**31)), range(1, 8))


@dataclass(frozen=True)
class Member:
    """A layer or a model within a model. takes: the numbers of those whose outputs it takes; the input is 0."""

    entry: Entry
    takes: tuple[int, ...]


def members_of(model: Entry, *, legacy: bool) -> list[Member]:
    """The layers of a model, each after those whose outputs it takes: the input first, the output last.

    legacy: as in `read_architecture`. Raises `ModelFileError` for any model but Keras's two plain kinds, and for
    a functional one with several inputs or outputs, or with layers that are used twice or not at all.
    """
    functional = model.get("class_name") == "Functional"
    if not _is_model(model, functional, legacy):
        expected = "a keras.Sequential model, or a Functional one"
        raise refusal(
            "The model", expected, shown_origin(model), "Build it from Keras's own layers, and save it again."
        )
    check_build(model, "The model")
    check_compiled(model.get("compile_config"), legacy=legacy)
    rules: dict[str, Rule] = {"trainable": FLAG, "dtype": PRECISION, "build_input_shape": optional(_SIZES)}
    beside = {"layers", "name", *(_ENDS if functional else ())}
    check_settings({name: value for name, value in model["config"].items() if name not in beside}, rules, "The model")
    entries = model["config"].get("layers")
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        raise refusal("The model's layers", "a list of layers", entries)
    if len(entries) > MOST_LAYERS + 1:
        raise refusal("The network", f"one of at most {MOST_LAYERS} layers", f"{len(entries):,}", SMALLER)
    _check_names([name_of(model), *(name_of(one) for one in entries)])
    if functional:
        return _linked(entries, model["config"])
    return [Member(entry, (number - 1,) if number else ()) for number, entry in enumerate(entries)]


def _is_model(model: Entry, functional: bool, legacy: bool) -> bool:
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


def name_of(entry: Entry) -> str:
    """The name of a layer or a model in the file; a functional model states it twice."""
    config = entry.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    if not isinstance(name, str) or entry.get("name", name) != name:
        raise refusal("Each layer", "one of Keras's own, with its name among its settings", shown_origin(entry))
    return name


def _linked(entries: list[dict[str, Any]], config: Entry) -> list[Member]:
    """A functional model's layers with their links."""
    names = [name_of(one) for one in entries]
    for end, name, what in zip(_ENDS, (names[0], names[-1]), ("input", "output"), strict=True):
        if config.get(end) not in ([name, 0, 0], [[name, 0, 0]]):
            remedy = f"Build a model of one {what} from the same layers."
            raise refusal(
                "The model", f"one with a single {what}", f"{what}s that are {shown(config.get(end))}", remedy
            )
    members = [Member(entries[0], _takes(entries[0], {}))]
    for number, entry in enumerate(entries[1:], 1):
        members.append(Member(entry, _takes(entry, {name: place for place, name in enumerate(names[:number])})))
    unused = {*range(len(entries) - 1)} - {place for member in members for place in member.takes}
    if members[0].takes or not all(member.takes for member in members[1:]) or unused:
        raise _misplaced(names[min(unused, default=0)])
    return members


def _takes(entry: Entry, before: Mapping[str, int]) -> tuple[int, ...]:
    """Whose outputs a layer takes. before: the places of the layers before it, by name."""
    nodes = entry.get("inbound_nodes")
    if nodes == []:
        return ()
    origins = _origins(nodes[0]) if isinstance(nodes, list) and len(nodes) == 1 else None
    if origins is None or not all(origin in before for origin in origins):
        raise _misplaced(name_of(entry))
    return tuple(before[origin] for origin in origins)


def _misplaced(name: str) -> Exception:
    return refusal(
        "Each layer of the model",
        "used once, after those whose outputs it takes",
        f"{name}, which is not",
        "Build a keras.Sequential model, or a functional one that uses each layer once.",
    )


def _origins(node: Any) -> list[str] | None:
    """The names of the layers whose outputs a call takes; None if the call is not written as Keras writes it."""
    try:
        (tensors,) = node["args"]
        switches = node.get("kwargs", {})
        plain = (
            node.keys() <= {"args", "kwargs"}
            and switches.keys() <= {"training", "mask"}
            and switches.get("training") in (None, False)
            and switches.get("mask") is None
        )
        several = tensors if isinstance(tensors, list) else [tensors]
        names = [_origin(tensor) for tensor in several]
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    return [name for name in names if name] if plain and names and all(names) else None


def _origin(tensor: Any) -> str | None:
    name, node, output = tensor["config"]["keras_history"]
    plain = (
        tensor.keys() == {"class_name", "config"}
        and tensor["class_name"] == "__keras_tensor__"
        and tensor["config"].keys() <= {"shape", "dtype", "keras_history"}
        and isinstance(name, str)
        and [type(node), node, type(output), output] == [int, 0, int, 0]
    )
    return name if plain else None


def groups_of(entries: Sequence[Entry]) -> list[str]:
    """The groups of a model's layers in a `.keras` file, without the input: their classes, numbered."""
    counts: dict[str, int] = {}
    groups = []
    for entry in entries:
        kind = snake_case(str(entry.get("class_name")))
        counts[kind] = counts.get(kind, -1) + 1
        groups.append(f"{kind}_{counts[kind]}" if counts[kind] else kind)
    return groups


def itself(entry: Entry) -> dict[str, Any]:
    """A layer without what a model adds to it: its links and its build shape."""
    return {name: value for name, value in entry.items() if name not in _LINKS | {"build_config"}}


def check_settings(config: Entry, rules: Mapping[str, Rule], where: str) -> None:
    """Refuse settings that have no rule, and those that break theirs."""
    for name, value in config.items():
        if name not in rules:
            raise refusal(where, "described in Keras's words", name, did_you_mean(name, list(rules)))
        if not rules[name].accepts(value):
            raise refusal(f"{where}: {name}", rules[name].expected, value, rules[name].remedy)


def check_build(entry: Entry, where: str) -> None:
    """Check Keras's record of the shape that a layer was built for; it is not used here."""
    build = entry.get("build_config", {})
    known = {"input_shape": either(NOTHING, _SIZES, list_of(_SIZES, range(2, MOST_MERGED + 1)))}
    if not isinstance(build, dict):
        raise refusal(f"{where}: build_config", "an object", build)
    check_settings(build, known, f"{where}: build_config")
