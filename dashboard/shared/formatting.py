"""Figures as a learner reads them."""

import math
import re

from toolkit.config.shapes import LayerShape, shown

#: What Markdown takes for more than a letter: some characters anywhere, others where a line begins.
_MARKUP = re.compile(r"[\\`*_\[\]#$~!|<>&]|^[-+](?= |$)|(?<=^\d)[.)](?= |$)|(?<=^\d\d)[.)](?= |$)")
#: What Streamlit makes icons, links and arrows of, escaped or not: between these stands something invisible.
_TOGETHER = re.compile(r"(?<=:)(?=[\w/+-])|(?<=www)(?=\.)|(?=@)|(?<=[-<>~=])(?=\\?[-=>])", re.IGNORECASE)
_WORD_JOINER = "\u2060"
#: They would turn the rest of a sentence round.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

#: Layers that a line of shapes passes over.
_KEEP_SHAPE = {"dropout", "batch_normalization", "activation"}


def plain(text: str) -> str:
    """Somebody's words, to be shown as they are, on one line: no Markdown, no links, no pictures from elsewhere."""
    return _TOGETHER.sub(_WORD_JOINER, _MARKUP.sub(r"\\\g<0>", one_line(text)))


def one_line(text: str) -> str:
    """Somebody's words without line ends, and without what would turn the words behind them round."""
    return " ".join(_DIRECTIONS.sub("", text).split())


def percent(fraction: float | None) -> str:
    """0.9708 as `97.08 %`."""
    return "–" if fraction is None or not math.isfinite(fraction) else f"{100 * fraction:.2f} %"


def whole_percent(fraction: float) -> str:
    """0.996 as `99 %`: rounded down, since a network is never quite certain."""
    return f"{min(int(100 * fraction), 99)} %"


def figure(value: float) -> str:
    """A value of the data: `255`, `4,254`, `0.0123`."""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"


def share(part: float, whole: float) -> str:
    """5,421 of 60,000 as `9.04 %`."""
    return percent(part / whole if whole else None).replace(" ", "\u00a0")


def count(number: int | None, word: str) -> str:
    """`1 epoch`, `1,000 steps`."""
    if number is None:
        return f"– {word}s"
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def duration(seconds: float | None) -> str:
    """`4 s`, `2 min 5 s`."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{max(rest, 1)} s"


def size(num_bytes: float) -> str:
    """`640 kB`, `12.3 MB`."""
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes >= 1e6 else f"{num_bytes / 1e3:.0f} kB"


def place(unit: str, number: int) -> str:
    """`epoch 10`, `step 3,000`."""
    return f"{unit} {number:,}"


def moment(iso: str) -> str:
    """`2026-11-20 18:33` from an ISO date in UTC, on this machine's clock."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return "–"


def shape_line(shapes: list[LayerShape]) -> str:
    """`784 → 64 → 32 → 10`: without the layers that never change a shape."""
    steps = [shapes[0].input_shape]
    steps += [one.output_shape for one in shapes if one.kind not in _KEEP_SHAPE]
    return " → ".join(shown(shape) for shape in steps)
