"""Formats user-written text and network shapes for pages. Numbers: toolkit/formatting.py."""

import re

from toolkit.config.layers import LAYER_KINDS
from toolkit.config.shapes import LayerShape, shown

#: Characters with a meaning in Markdown: some anywhere, others only at the start of a line.
_MARKUP = re.compile(r"[\\`*_\[\]#$~!|<>&]|^[-+](?= |$)|(?<=^\d)[.)](?= |$)|(?<=^\d\d)[.)](?= |$)")
#: What Streamlit turns into icons, links and arrows even if escaped: a word joiner goes in between.
_TOGETHER = re.compile(r"(?<=:)(?=[\w/+-])|(?<=www)(?=\.)|(?=@)|(?<=[-<>~=])(?=\\?[-=>])", re.IGNORECASE)
_WORD_JOINER = "\u2060"
#: Characters that would reverse the direction of the text after them.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

#: Layers that `shape_line` omits.
_KEEP_SHAPE = {kind for kind, layer_class in LAYER_KINDS.items() if layer_class.keeps_shape}


def plain(text: str) -> str:
    """User-written text to be shown verbatim on one line: no Markdown, no links, no external images."""
    return _TOGETHER.sub(_WORD_JOINER, _MARKUP.sub(r"\\\g<0>", one_line(text)))


def one_line(text: str) -> str:
    """User-written text without line breaks or characters that change the text direction."""
    return " ".join(_DIRECTIONS.sub("", text).split())


def shape_line(shapes: list[LayerShape]) -> str:
    """`784 → 64 → 32 → 10`, without the layers that never change the shape."""
    steps = [shapes[0].input_shape]
    steps += [one.output_shape for one in shapes if one.kind not in _KEEP_SHAPE]
    return " → ".join(shown(shape) for shape in steps)
