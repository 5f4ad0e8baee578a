"""The objects within a layer's settings: initializers, regularizers, constraints, the dtype.

Keras would create an object of the class that the file names. Only a few of Keras's own are accepted, and none of them
is created: imported weights need no initializer, and the imported network itself is never trained.
"""

from collections.abc import Collection
from typing import Any

from .rules import NOTHING, Rule, either, number

_INITIALIZERS = frozenset(
    {
        "Constant",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "Identity",
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    }
)
_CONSTRAINTS = frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"})

_NUMBER = number()
#: The modes and distributions of an initializer.
_WORDS = ("fan_in", "fan_out", "fan_avg", "normal", "truncated_normal", "untruncated_normal", "uniform")


def is_object(value: Any, module: str, names: Collection[str], *, legacy: bool = False) -> bool:
    """Whether a value names one of these classes of that module, exactly as Keras writes it.

    legacy: whether the module may be missing, as for layers in an .h5 file. A `shared_object_id` is a memory
    address from another process, and means nothing.
    """
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        return False
    known = {"module", "class_name", "config", "registered_name", "shared_object_id"}
    return (
        value.keys() <= known
        and (value.get("module") == module if "module" in value or not legacy else True)
        and isinstance(value.get("class_name"), str)
        and value["class_name"] in names
        and value.get("registered_name") is None
        and type(value.get("shared_object_id", 0)) is int
    )


def _is_plain(value: Any) -> bool:
    """Whether the settings of an object are a few numbers, booleans or known words."""
    return isinstance(value, dict) and all(
        one is None or isinstance(one, bool) or _NUMBER.accepts(one) or one in _WORDS for one in value.values()
    )


def _object_rule(expected: str, module: str, names: Collection[str]) -> Rule:
    return Rule(expected, lambda value: is_object(value, module, names) and _is_plain(value["config"]))


INITIALIZER = _object_rule("one of Keras's own initializers", "keras.initializers", _INITIALIZERS)
REGULARIZER = either(NOTHING, _object_rule("L1 or L2", "keras.regularizers", {"L1", "L2", "L1L2"}))
CONSTRAINT = either(NOTHING, _object_rule("one of Keras's own constraints", "keras.constraints", _CONSTRAINTS))

#: Numbers that a layer may compute with: all are read as float32.
_PRECISIONS = ("float32", "float16", "float64", "mixed_float16", "mixed_bfloat16")


def precision_of(dtype: Any) -> str | None:
    """The name of a layer's precision, such as mixed_float16; None if it is none of Keras's own for plain numbers."""
    if is_object(dtype, "keras", {"DTypePolicy"}) and dtype["config"].keys() == {"name"}:
        dtype = dtype["config"]["name"]
    return dtype if isinstance(dtype, str) and dtype in _PRECISIONS else None


PRECISION = Rule(
    f"one of {', '.join(_PRECISIONS)}",
    lambda value: precision_of(value) is not None,
    "Build the network with float32, give it the weights with set_weights, and save it.",
)


def stored_as(precision: str) -> str:
    """What the weights of a layer of that precision are: mixed precision keeps them as float32."""
    return precision if precision in ("float16", "float64") else "float32"
