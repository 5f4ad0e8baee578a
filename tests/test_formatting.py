"""How numbers, moments and long words read, wherever they are shown."""

import math

import pytest

from toolkit.formatting import (
    count,
    duration,
    file_size,
    moment,
    number,
    percent,
    place,
    share,
    shortened,
    whole_percent,
)


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.9708, "97.08 %"),
        (1.0, "100.00 %"),
        (0.0, "0.00 %"),
        (-0.0012, "-0.12 %"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_a_fraction_is_shown_in_per_cent(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text


def test_a_fraction_has_as_many_digits_as_are_asked_for() -> None:
    assert percent(0.9966, digits=1) == "99.7 %"


@pytest.mark.parametrize(("fraction", "text"), [(0.996, "99 %"), (1.0, "99 %"), (0.5, "50 %"), (math.nan, "–")])
def test_a_network_is_never_quite_certain(fraction: float, text: str) -> None:
    assert whole_percent(fraction) == text


def test_a_share_stays_on_one_line_and_none_of_nothing_is_told() -> None:
    assert (share(5421, 60_000), share(1, 0)) == ("9.04\u00a0%", "–")


@pytest.mark.parametrize(
    ("many", "words"), [(1, "1 epoch"), (0, "0 epochs"), (9870, "9,870 epochs"), (None, "– epochs")]
)
def test_a_count_has_its_plural(many: int | None, words: str) -> None:
    assert count(many, "epoch") == words


def test_numbers_places_and_sizes_are_grouped_by_thousands() -> None:
    assert [number(value) for value in (255, 4254.4, 0.01234)] == ["255", "4,254", "0.0123"]
    assert place("step", 3000) == "step 3,000"
    assert [file_size(size) for size in (999, 640_000, 12_345_678)] == ["1 kB", "640 kB", "12.3 MB"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (4.4, "4 s"), (125, "2 min 5 s"), (None, "–"), (math.nan, "–")]
)
def test_a_duration_is_told_in_minutes_and_seconds(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_moment_is_told_on_this_machines_clock_and_a_dash_where_it_is_none() -> None:
    assert moment("2026-11-20T18:33:12.000+00:00").startswith("2026-11-2")
    assert [moment(text) for text in ("", "soon", "9999-12-31T23:59:59-23:59")] == ["–", "–", "–"]


def test_long_words_are_cut_and_short_ones_are_not() -> None:
    assert (shortened("x" * 60), shortened("x" * 61)) == ("x" * 60, "x" * 59 + "…")
    assert shortened("a long name", 6) == "a lon…"
