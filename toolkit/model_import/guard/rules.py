"""Rules for values in a layer's settings: each states in words what is allowed, and checks it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from .refusals import REMEDY

_HUGE = 1e9


@dataclass(frozen=True)
class Rule:
    """expected: what is allowed, as part of a sentence. accepts: whether a value from JSON is allowed.

    remedy: what to do about another value.
    """

    expected: str
    accepts: Callable[[Any], bool]
    remedy: str = REMEDY


def whole(low: int, high: int) -> Rule:
    """A whole number; true and false don't count as numbers."""
    return Rule(f"a whole number from {low:,} to {high:,}", lambda value: type(value) is int and low <= value <= high)


def number(low: float = -_HUGE, high: float = _HUGE) -> Rule:
    """Any number; JSON that was parsed here holds no NaN."""
    return Rule(
        f"a number from {low:,g} to {high:,g}", lambda value: type(value) in (int, float) and low <= value <= high
    )


def one_of(*words: str) -> Rule:
    """One of these words."""
    return Rule(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words)


def exactly(value: Any) -> Rule:
    """This value alone, such as a boolean that must be false."""
    words = "left out" if value is None else str(value).lower()
    return Rule(words, lambda found: type(found) is type(value) and found == value)


def list_of(rule: Rule, lengths: range) -> Rule:
    """A list whose values one rule allows; lengths: the allowed lengths."""
    words = (
        f"a list of {lengths[0]} to {lengths[-1]} values, each " if len(lengths) > 1 else f"{lengths[0]} values, each "
    )
    return Rule(
        words + rule.expected,
        lambda value: isinstance(value, list) and len(value) in lengths and all(map(rule.accepts, value)),
    )


def pair_of(rule: Rule) -> Rule:
    """A list of two."""
    return list_of(rule, range(2, 3))


def nested_numbers(depth: int, most: int) -> Rule:
    """A number, or lists of them within lists. most: how many numbers there may be."""
    return Rule(
        f"a number, or at most {most:,} of them in lists nested at most {depth} deep",
        lambda value: 0 < _count_numbers(value, depth) <= most,
    )


def _count_numbers(value: Any, depth: int) -> float:
    """How many numbers are in a value; infinite if anything else is."""
    if not isinstance(value, list):
        return 1 if number().accepts(value) else inf
    return sum(_count_numbers(one, depth - 1) for one in value) if depth and value else inf


def either(*rules: Rule) -> Rule:
    """A value that one of the rules allows."""
    return Rule(" or ".join(rule.expected for rule in rules), lambda value: any(rule.accepts(value) for rule in rules))


def optional(rule: Rule) -> Rule:
    """A value that the rule allows, or null."""
    return either(NOTHING, rule)


NOTHING = exactly(None)
FLAG = Rule("true or false", lambda value: isinstance(value, bool))
