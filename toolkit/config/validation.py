"""Pydantic's validation errors as our sentences: field, expected, received, remedy."""

from collections.abc import Mapping
from typing import Any, get_args

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ..errors import Problem, listed, nearest
from ..formatting import shortened
from .layers import LAYER_KINDS

_NUMBER_WORDS = {int: "a whole number", float: "a number"}


def problems_from(
    error: ValidationError, config_class: type[BaseModel], remedies: Mapping[str, str] | None = None
) -> list[Problem]:
    """One `Problem` per validation error of pydantic's, in the order of the fields.

    remedies: for fields of the config whose remedy depends on other fields.
    """
    return [_problem(finding, config_class, remedies or {}) for finding in error.errors()]


def limits(model: type[BaseModel], name: str) -> dict[str, float]:
    """The limits of a numeric field, as defined there: some of gt, ge, lt, le."""
    found: dict[str, float] = {}
    for constraint in model.model_fields[name].metadata:
        for kind, key in ((Gt, "gt"), (Ge, "ge"), (Lt, "lt"), (Le, "le")):
            if isinstance(constraint, kind):
                found[key] = getattr(constraint, key)
    return found


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The names that a field accepts; empty if it is not a choice."""
    options = (field.annotation, *get_args(field.annotation))
    return next((get_args(option) for option in options if _is_words(get_args(option))), ())


def expected(model: type[BaseModel], name: str) -> str:
    """What a field accepts, in words made from the constraints that validate it."""
    field = model.model_fields[name]
    if words := choices(field):
        return listed(words)
    types = get_args(field.annotation) or (field.annotation,)
    if bool in types:
        return "true or false"
    number = next((_NUMBER_WORDS[kind] for kind in (int, float) if kind in types), None)
    if number is None:
        longest = next((one.max_length for one in field.metadata if isinstance(one, MaxLen)), None)
        if str in types:
            some = " that is not empty" if any(isinstance(one, MinLen) for one in field.metadata) else ""
            return f"a text of 1 to {longest} characters" if longest else f"a text{some}"
        if name != "layers":
            return f"a list of at most {longest:,} texts"
        return f"a list of at most {longest} layers"
    return f"{number} {_range(limits(model, name))}".strip()


def _range(bounds: dict[str, float]) -> str:
    """`"from 1 to 1,000"`, `"above 0 and at most 10"`."""
    if "ge" in bounds and "le" in bounds:
        return f"from {bounds['ge']:,} to {bounds['le']:,}"
    words = {"gt": "above", "ge": "of at least", "lt": "below", "le": "at most"}
    return " and ".join(f"{words[key]} {bound:,}" for key, bound in bounds.items())


def _is_words(options: tuple[Any, ...]) -> bool:
    return bool(options) and all(isinstance(option, str) for option in options)


def _problem(finding: Any, config_class: type[BaseModel], remedies: Mapping[str, str]) -> Problem:
    model, place = _where(finding["loc"], config_class)
    name, received = str(place[-1]), _shown(finding["input"])
    field = ".".join(str(part) for part in place)
    if finding["type"] == "extra_forbidden":
        return Problem(field, f"a field of {_title(model)}", name, nearest(name, list(model.model_fields)))
    if finding["type"].startswith("union_tag"):
        kind = finding["ctx"].get("tag", "nothing")
        return Problem(field, "a known kind of layer", kind, nearest(kind, list(LAYER_KINDS)))
    if name not in model.model_fields:
        return Problem(field, "a layer: an object with its kind", received, 'Try {"kind": "dense", "units": 64}.')
    wanted = str(finding["ctx"]["error"]) if finding["type"] == "value_error" else expected(model, name)
    known = choices(model.model_fields[name])
    remedy = nearest(finding["input"], known) if known else remedies.get(field) or _suggestion(model.model_fields[name])
    return Problem(field, wanted, received, remedy)


def _suggestion(field: FieldInfo) -> str:
    """A valid value: the field's example, or its default."""
    if field.examples:
        return f"Try {field.examples[0]}."
    plain = isinstance(field.default, int | float | str) and not isinstance(field.default, bool)
    return f"Try {field.default}." if plain else ""


def _where(loc: tuple[int | str, ...], config_class: type[BaseModel]) -> tuple[type[BaseModel], list[int | str]]:
    """The model that owns the field, and the field's path without pydantic's own additions."""
    if loc[0] == "layers" and len(loc) > 2 and loc[2] in LAYER_KINDS:
        return LAYER_KINDS[str(loc[2])], [loc[0], loc[1], *loc[3:4]]
    return config_class, list(loc[:2] if loc[0] == "layers" else loc[:1])


def _title(model: type[BaseModel]) -> str:
    kind = model.model_fields.get("kind")
    return f"a {kind.default} layer" if kind else "the config"


def _shown(value: object) -> str:
    return shortened(str(value)) or "an empty text"
