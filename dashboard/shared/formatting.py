"""Somebody's words, and the shapes of a network, as a page shows them. Numbers: toolkit/formatting.py."""

import re

from toolkit.config.layers import LAYER_KINDS
from toolkit.config.shapes import LayerShape, shown

#: What Markdown takes for more than a letter: some characters anywhere, others where a line begins.
_MARKUP = re.compile(r"[\\`*_\[\]#$~!|<>&]|^[-+](?= |$)|(?<=^\d)[.)](?= |$)|(?<=^\d\d)[.)](?= |$)")
#: What Streamlit makes icons, links and arrows of, escaped or not: between these stands something invisible.
_TOGETHER = re.compile(r"(?<=:)(?=[\w/+-])|(?<=www)(?=\.)|(?=@)|(?<=[-<>~=])(?=\\?[-=>])", re.IGNORECASE)
_WORD_JOINER = "\u2060"
#: They would turn the rest of a sentence round.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

#: Layers that a line of shapes passes over.
_KEEP_SHAPE = {kind for kind, layer_class in LAYER_KINDS.items() if layer_class.keeps_shape}


def plain(text: str) -> str:
    """Somebody's words, to be shown as they are, on one line: no Markdown, no links, no pictures from elsewhere."""
    return _TOGETHER.sub(_WORD_JOINER, _MARKUP.sub(r"\\\g<0>", one_line(text)))


def one_line(text: str) -> str:
    """Somebody's words without line ends, and without what would turn the words behind them round."""
    return " ".join(_DIRECTIONS.sub("", text).split())


def shape_line(shapes: list[LayerShape]) -> str:
    """`784 → 64 → 32 → 10`: without the layers that never change a shape."""
    steps = [shapes[0].input_shape]
    steps += [one.output_shape for one in shapes if one.kind not in _KEEP_SHAPE]
    return " → ".join(shown(shape) for shape in steps)
