"""Lays code out so that Ruff's and Black's formatters leave it unchanged, at 88 characters and more."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from textwrap import fill, indent

#: The formatters' default width, which also suits a projector.
WIDTH = 88


def bracket_code(start: str, items: Sequence[str], end: str = ")", *, depth: int = 0, explode: bool = False) -> str:
    """A call or a list: on one line if it fits, else one line per item, each with a comma.

    start: up to the opening bracket. depth: how many levels it will be indented by. explode: one line per item in any
    case.
    """
    line = start + ", ".join(items) + end
    fits = 4 * depth + len(line) + 1 <= WIDTH  # one more for a comma after it
    if not items or (fits and not explode and "\n" not in line):
        return line
    return start + "\n" + indent("".join(f"{item},\n" for item in items), "    ") + end


def value_code(value: object) -> str:
    """A number, or a string: in double quotes if it contains none."""
    literal = repr(value)
    return f'"{literal[1:-1]}"' if isinstance(value, str) and '"' not in literal else literal


def comment_code(text: str) -> str:
    """A comment, wrapped into as many lines as it needs."""
    return fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


def docstring_code(paragraphs: Iterable[str]) -> str:
    """A module's docstring. A user's text can neither end it nor escape anything in it."""
    filled = "\n\n".join(fill(_harmless(text), WIDTH - len('"""')) for text in paragraphs)
    return f'"""{filled}\n"""'


def join_sections(sections: Iterable[str]) -> str:
    """The non-empty sections with a blank line between them, two around functions and classes."""
    kept = [section for section in sections if section]
    gaps = ["\n\n\n" if _defines(before) or _defines(after) else "\n\n" for before, after in pairwise(kept)]
    return "".join(part for pair in zip(kept, [*gaps, ""], strict=True) for part in pair)


def _harmless(text: str) -> str:
    words = " ".join(text.split()).replace("\\", "/").replace('"', "'")
    return "".join(letter for letter in words if letter.isprintable())


def _defines(section: str) -> bool:
    return re.search(r"^(?:def|class) ", section, re.MULTILINE) is not None
