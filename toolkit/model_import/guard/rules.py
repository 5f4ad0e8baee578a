"""Rules for values in a layer's settings: each states in words what is allowed, and checks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_HUGE = 1e9


@dataclass(frozen=True)
class Rule:
    """expected: what is allowed, as part of a sentence. accepts: whether a value from JSON is allowed."""

    expected: str
    accepts: Callable[[Any], bool]


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


def either(*rules: Rule) -> Rule:
    """A value that one of the rules allows."""
    return Rule(" or ".join(rule.expected for rule in rules), lambda value: any(rule.accepts(value) for rule in rules))


def optional(rule: Rule) -> Rule:
    """A value that the rule allows, or null."""
    return either(NOTHING, rule)


NOTHING = exactly(None)
FLAG = Rule("true or false", lambda value: isinstance(value, bool))
