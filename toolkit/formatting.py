"""How numbers, times and long texts are written: in figures, reports, on the command line and on pages."""

import math


def percent(fraction: float | None, digits: int = 2) -> str:
    """0.9708 as `97.08 %`; a dash for None, NaN and infinity."""
    return "–" if fraction is None or not math.isfinite(fraction) else f"{100 * fraction:.{digits}f} %"


def whole_percent(fraction: float) -> str:
    """0.996 as `99 %`: rounded down, since a network is never quite certain; a dash for NaN and infinity."""
    return f"{min(int(100 * fraction), 99)} %" if math.isfinite(fraction) else "–"


def share(part: float, whole: float) -> str:
    """5,421 of 60,000 as `9.04 %`, with a no-break space."""
    return percent(part / whole if whole else None).replace(" ", "\u00a0")


def number(value: float) -> str:
    """A data value: `255`, `4,254`, `0.0123`."""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"


def count(number: int | None, word: str) -> str:
    """`1 epoch`, `9,870 steps`; a dash for an unknown number."""
    if number is None:
        return f"– {word}s"
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def place(unit: str, number: int) -> str:
    """`epoch 10`, `step 3,000`."""
    return f"{unit} {number:,}"


def duration(seconds: float | None) -> str:
    """`4 s`, `2 min 5 s`; a dash if it is unknown."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{max(rest, 1)} s"


def file_size(num_bytes: float) -> str:
    """`640 kB`, `12.3 MB`."""
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes >= 1e6 else f"{num_bytes / 1e3:.0f} kB"


def moment(iso: str) -> str:
    """An ISO date in UTC as local time, `2026-11-20 18:33`; a dash if it can't be parsed."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return "–"


def shortened(text: str, longest: int = 60) -> str:
    """A user's text as a message quotes it: cut to at most `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
