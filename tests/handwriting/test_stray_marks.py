"""A digit is found beside and across everything else that is on a page.

The reference is the same digit on a clean page, drawn by the benchmark's makers of pages.
"""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.stray_marks import KINDS
from toolkit.datasets import Dataset
from toolkit.handwriting import WARNINGS, prepare_digit
from toolkit.handwriting.lines import without_lines
from toolkit.handwriting.sheet import only_sheet

_PAGES_OF_A_KIND = 5
_SEVEN = [(150, 120), (260, 120), (180, 290)]


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_digit_is_found_or_a_warning_given(mnist: Dataset, kind: str) -> None:
    """The prepared digit looks like MNIST's own: nearer to it than to any other of forty, or there is a warning."""
    originals, random = mnist.x_train[:40], np.random.default_rng(11)
    prepared = [prepare_digit(KINDS[kind](digit, random)) for digit in originals[:_PAGES_OF_A_KIND]]

    nearest = [int(np.argmin([_difference(one.pixels, other) for other in originals])) for one in prepared]

    labels = mnist.y_train[:40]
    silently_wrong = [
        number for number, one in enumerate(prepared) if labels[nearest[number]] != labels[number] and not one.warnings
    ]
    found = sum(labels[near] == labels[number] for number, near in enumerate(nearest))
    assert silently_wrong == []
    assert found >= _PAGES_OF_A_KIND - 2


def _page(draw_more: Callable[[ImageDraw.ImageDraw], object] = lambda draw: None) -> Image.Image:
    """A 7 in black on white, 400 × 400, and what else is drawn."""
    page = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(page)
    draw_more(draw)
    draw.line(_SEVEN, fill="black", width=16, joint="curve")
    return page


def _grid(draw: ImageDraw.ImageDraw) -> None:
    for place in range(15, 400, 40):
        draw.line((place, 0, place, 399), fill=(60, 60, 90), width=2)
        draw.line((0, place, 399, place), fill=(60, 60, 90), width=2)


_MORE: dict[str, Callable[[ImageDraw.ImageDraw], object]] = {
    "a grid": _grid,
    "a box": lambda draw: draw.rectangle((120, 90, 290, 320), outline="black", width=4),
    "a line across the stroke": lambda draw: draw.line((0, 200, 399, 206), fill="black", width=5),
    "a margin": lambda draw: draw.line((60, 0, 63, 399), fill="black", width=4),
    "punch holes": lambda draw: [draw.ellipse((10, y, 40, y + 30), fill="black") for y in (80, 290)],
    "an underline": lambda draw: draw.line((110, 335, 310, 338), fill="black", width=8),
    "a thumb": lambda draw: draw.ellipse((160, 350, 260, 460), fill=(120, 80, 60)),
}


@pytest.mark.parametrize("more", _MORE)
def test_what_else_is_on_the_page_changes_little_and_gives_no_warning(more: str) -> None:
    clean, busy = prepare_digit(_page()), prepare_digit(_page(_MORE[more]))

    assert busy.warnings == {}
    assert _difference(busy.pixels, clean.pixels) < 6


def test_a_sheet_is_cut_off_its_desk_and_turned_upright() -> None:
    turned = _page().rotate(10, Image.Resampling.BICUBIC, expand=True, fillcolor=(60, 45, 30))
    desk = Image.new("RGB", (turned.width + 160, turned.height + 120), (60, 45, 30))
    desk.paste(turned, (90, 50))

    assert _difference(prepare_digit(desk).pixels, prepare_digit(_page()).pixels) < 8


def test_a_shadow_and_white_digits_on_black_are_no_sheet(mnist: Dataset) -> None:
    shadow = np.where(np.arange(200) < 90, 130, 220).astype(np.uint8)[None, :] * np.ones((200, 1), np.uint8)

    np.testing.assert_array_equal(only_sheet(shadow), shadow)
    for digit in mnist.x_train[:200]:
        large = np.asarray(Image.fromarray(digit).resize((112, 112), Image.Resampling.BICUBIC))
        assert only_sheet(large) is large


def test_a_digit_alone_has_no_lines(mnist: Dataset) -> None:
    taken = 0
    for digit in mnist.x_train[:150]:
        page = np.pad(np.asarray(Image.fromarray(digit).resize((112, 112), Image.Resampling.BICUBIC)), 30)
        taken += without_lines(page) is not page

    assert taken == 0


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((201, 71, 60), (61, 160, 90)), ((60, 110, 220), (215, 90, 25)), ((250, 240, 60), (246, 246, 244))],
    ids=["red on green", "blue on orange", "yellow on white"],
)
def test_ink_as_light_as_its_paper_is_found_by_its_colour(
    ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    mask = Image.fromarray(255 - np.asarray(_page().convert("L")))
    page = Image.composite(Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, paper), mask)

    coloured = prepare_digit(page)

    assert coloured.warnings == {}
    assert _difference(coloured.pixels, prepare_digit(_page()).pixels) < 6


def test_a_page_with_a_blot_alone_is_doubted() -> None:
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).ellipse((100, 100, 180, 180), fill=0)

    assert prepare_digit(page).warnings == {"marks": WARNINGS["marks"]}
