"""Any picture of a digit becomes 28 × 28 pixels as MNIST's were made.

The independent reference is MNIST itself: its own digits, put on larger paper in other ways, must come back.
"""

import io
import struct
import zlib
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.handwriting import mnist_page, pages, small_digits, small_digits_page
from toolkit.datasets import Dataset
from toolkit.datasets.pictures import resize_picture
from toolkit.errors import ConfigError, DataError
from toolkit.handwriting import (
    STEPS,
    WARNINGS,
    open_picture,
    prepare_digit,
)
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import open_model

_ORIENTATION = 0x0112  # EXIF's tag


def _page(
    digit: np.ndarray, *, size: tuple[int, int] = (90, 60), corner: tuple[int, int] = (11, 25), enlarged: int = 1
) -> np.ndarray:
    """A digit somewhere on a larger page: ink 255 on 0, shape (height, width)."""
    side = 28 * enlarged
    ink = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) if enlarged > 1 else digit
    page = np.zeros((size[1] * enlarged, size[0] * enlarged), np.uint8)
    top, left = corner[0] * enlarged, corner[1] * enlarged
    page[top : top + side, left : left + side] = ink
    return page


def _centre(digit: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(digit.shape)
    return float((rows * digit).sum() / digit.sum()), float((columns * digit).sum() / digit.sum())


def _longest_side(digit: np.ndarray) -> int:
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the grey values, of 255."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def _placed_as_in_mnist(digit: np.ndarray) -> bool:
    """What was measured on 20,000 training pictures of MNIST."""
    centred = all(abs(position - 14) <= 0.51 for position in _centre(digit))
    return digit.shape == (28, 28) and digit.max() == 255 and _longest_side(digit) == 20 and centred


_PAPERS = {
    "white ink on black": lambda ink: Image.fromarray(ink),
    "black ink on white": lambda ink: Image.fromarray(255 - ink),
    "pencil on grey paper": lambda ink: Image.fromarray((180 - ink * (130 / 255)).astype(np.uint8)),
    "chalk on a grey board": lambda ink: Image.fromarray((60 + ink * (180 / 255)).astype(np.uint8)),
    "blue ink on yellow paper": lambda ink: Image.composite(
        Image.new("RGB", ink.shape[::-1], (20, 30, 120)),
        Image.new("RGB", ink.shape[::-1], (250, 240, 170)),
        Image.fromarray(ink),
    ),
    "black ink on nothing": lambda ink: Image.merge("LA", [Image.new("L", ink.shape[::-1], 0), Image.fromarray(ink)]),
    "black ink, two colours only": lambda ink: Image.fromarray(255 - ink).convert("1", dither=Image.Dither.NONE),
    "with a palette": lambda ink: Image.fromarray(255 - ink).convert("P"),
}


@pytest.mark.parametrize("enlarged", [1, 2, 5])
@pytest.mark.parametrize("paper", _PAPERS)
def test_mnist_digits_come_back_from_any_paper(mnist: Dataset, paper: str, enlarged: int) -> None:
    originals = mnist.x_test[:15]

    prepared = [prepare_digit(_PAPERS[paper](_page(digit, enlarged=enlarged))).pixels for digit in originals]

    assert all(_placed_as_in_mnist(digit) for digit in prepared)
    differences = [_difference(old, new) for old, new in zip(originals, prepared, strict=True)]
    assert np.mean(differences) < 12
    assert max(differences) < 35


@pytest.mark.parametrize("corner", [(0, 0), (0, 62), (32, 0), (32, 62), (16, 31)])
def test_it_does_not_matter_where_the_digit_stands(mnist: Dataset, corner: tuple[int, int]) -> None:
    for original in mnist.x_test[:8]:
        expected = prepare_digit(_page(original)).pixels

        assert _difference(prepare_digit(_page(original, corner=corner)).pixels, expected) < 5


def test_a_digit_that_is_as_mnist_made_it_stays_nearly_as_it_is(mnist: Dataset) -> None:
    differences = [_difference(prepare_digit(digit).pixels, digit) for digit in mnist.x_test[:60]]

    assert np.median(differences) < 8
    assert max(differences) < 30


def test_a_digit_is_not_mixed_up_with_another(mnist: Dataset) -> None:
    """The nearest of 60 originals shows the same digit, and nearly always it is the digit's own."""
    originals, labels = mnist.x_test[:60], mnist.y_test[:60]
    prepared = [prepare_digit(255 - _page(original, enlarged=3)).pixels for original in originals]

    nearest = np.array([np.argmin([_difference(one, other) for other in originals]) for one in prepared])

    np.testing.assert_array_equal(labels[nearest], labels)
    assert np.mean(nearest == np.arange(60)) > 0.9


def test_faint_and_strong_ink_give_the_same_digit(mnist: Dataset) -> None:
    strong = Image.fromarray(255 - _page(mnist.x_test[0]))
    faint = Image.fromarray((255 - _page(mnist.x_test[0]) * 0.25).astype(np.uint8))

    assert _difference(prepare_digit(strong).pixels, prepare_digit(faint).pixels) < 3


def test_an_empty_border_of_any_width_changes_little(mnist: Dataset) -> None:
    narrow = prepare_digit(_page(mnist.x_test[0], size=(30, 30), corner=(1, 1), enlarged=4)).pixels
    wide = prepare_digit(_page(mnist.x_test[0], size=(130, 160), corner=(80, 50), enlarged=4)).pixels

    assert _difference(narrow, wide) < 3


@pytest.mark.parametrize("shape", [(40, 1), (1, 40), (3, 3), (1, 1), (20, 20)], ids=str)
def test_strokes_of_any_form_are_placed(shape: tuple[int, int]) -> None:
    page = np.full((100, 100), 255, np.uint8)
    page[30 : 30 + shape[0], 30 : 30 + shape[1]] = 0

    prepared = prepare_digit(page).pixels

    assert prepared.shape == (28, 28)
    assert prepared.dtype == np.uint8
    assert prepared.max() == 255
    assert _longest_side(prepared) == 20


@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_a_saved_picture_is_opened_as_it_was(mnist: Dataset, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"drei.{suffix}"
    Image.fromarray(255 - _page(mnist.x_test[0], enlarged=4)).save(path)

    prepared = prepare_digit(open_picture(path)).pixels

    assert _placed_as_in_mnist(prepared)
    assert _difference(prepared, mnist.x_test[0]) < 12


def test_the_name_of_a_file_does_not_decide_what_it_is(mnist: Dataset, tmp_path: Path) -> None:
    Image.fromarray(mnist.x_test[0]).save(tmp_path / "digit.txt", format="png")

    assert open_picture(str(tmp_path / "digit.txt")).size == (28, 28)


@pytest.mark.parametrize(
    ("orientation", "as_stored"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_a_photograph_is_turned_as_its_camera_says(
    mnist: Dataset, tmp_path: Path, orientation: int, as_stored: Image.Transpose
) -> None:
    upright = Image.fromarray(255 - _page(mnist.x_test[0], enlarged=4))
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    upright.transpose(as_stored).save(tmp_path / "photo.jpeg", exif=exif, quality=95)

    opened = open_picture(tmp_path / "photo.jpeg")

    assert opened.size == upright.size
    assert _difference(prepare_digit(opened).pixels, prepare_digit(upright).pixels) < 5


def test_a_scan_with_16_bits_a_pixel_is_read_like_one_with_8(mnist: Dataset, tmp_path: Path) -> None:
    page = 255 - _page(mnist.x_test[0], enlarged=2)
    Image.fromarray(page.astype(np.uint16) * 257).save(tmp_path / "scan.png")

    prepared = prepare_digit(open_picture(tmp_path / "scan.png")).pixels

    assert _difference(prepared, prepare_digit(page).pixels) < 3


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        open_picture(tmp_path / "my.png")
    assert str(caught.value) == f"There is no picture {tmp_path / 'my.png'}. Check the folder and the name."


def _png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def _saved(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format=kind)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Dear all, here is my digit.",
        b"\x89PNG\r\n\x1a\n",
        _saved(Image.new("L", (400, 400)), "png")[:-40],
        _saved(Image.effect_noise((400, 400), 90), "jpeg")[:-4000],
        _saved(Image.new("L", (28, 28)), "gif")[:-20],
        _saved(Image.new("L", (28, 28)), "bmp")[:-20],
        _png(28, 28),
    ],
    ids=[
        "nothing",
        "a letter",
        "a beginning",
        "a torn PNG",
        "a torn JPEG",
        "a torn GIF",
        "a torn bitmap",
        "too few pixels",
    ],
)
def test_a_file_that_is_no_whole_picture_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "my.png"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        open_picture(path)

    assert str(caught.value).startswith(f"{path} can't be read as a picture (")
    assert str(caught.value).endswith("). Save it again as PNG.")


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(2001, 2000), (9500, 9500), (20_000, 20_000)], ids=str)
def test_the_size_is_checked_before_the_pixels_are_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "my.png"
    path.write_bytes(_png(*size))

    with pytest.raises(DataError) as caught:
        open_picture(path)

    assert str(caught.value).startswith(f"{path} ")
    assert str(caught.value).endswith("; at most 4 megapixels are read. Scale it down.")
    if size == (2001, 2000):
        assert "has 2,001 × 2,000 pixels" in str(caught.value)


def test_a_picture_of_exactly_4_megapixels_is_read(tmp_path: Path) -> None:
    Image.new("L", (2000, 2000), 255).save(tmp_path / "my.png")

    assert open_picture(tmp_path / "my.png").size == (2000, 2000)


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read as a picture"):
        open_picture(tmp_path)


@pytest.mark.parametrize("row_shape", [(8, 8), (28, 28, 1), (32, 32, 3), (5, 9)], ids=str)
def test_other_data_get_the_picture_resized_to_their_shape(row_shape: tuple[int, ...]) -> None:
    resized = resize_picture(Image.new("RGBA", (200, 100), (200, 100, 50, 255)), row_shape)

    assert resized.shape == row_shape
    assert resized.dtype == np.uint8
    assert np.ptp(resized.reshape(-1, row_shape[-1] if len(row_shape) == 3 else 1), axis=0).max() == 0


def test_resizing_keeps_colours_and_averages_neighbours() -> None:
    halves = np.zeros((8, 8, 3), np.uint8)
    halves[:, ::2] = (200, 100, 0)

    np.testing.assert_array_equal(
        resize_picture(Image.fromarray(halves), (4, 4, 3)), np.full((4, 4, 3), (100, 50, 0), np.uint8)
    )


def test_resizing_lays_what_is_transparent_on_white() -> None:
    np.testing.assert_array_equal(
        resize_picture(Image.new("RGBA", (16, 16), (0, 0, 0, 0)), (8, 8)), np.full((8, 8), 255, np.uint8)
    )


def _drawing(*strokes: list[tuple[int, int]], width: int = 10, size: tuple[int, int] = (200, 200)) -> Image.Image:
    """Black strokes on white paper, each a line through (x, y) points."""
    page = Image.new("L", size, 255)
    for stroke in strokes:
        ImageDraw.Draw(page).line(stroke, fill=0, width=width, joint="curve")
    return page


_ONE = [(100, 40), (100, 160)]
_SEVEN = [(60, 40), (130, 40), (85, 160)]
_BODY_OF_FIVE = [(70, 45), (68, 95), (115, 95), (130, 120), (115, 150), (65, 155)]
_BAR_OF_FIVE = [(85, 42), (135, 42)]


def _noisy(page: Image.Image | np.ndarray, deviation: float = 6) -> np.ndarray:
    pixels = np.asarray(page, float)
    return (
        np.clip(pixels + np.random.default_rng(1).normal(0, deviation, pixels.shape), 0, 255).round().astype(np.uint8)
    )


def _lit(page: Image.Image | np.ndarray, light: np.ndarray) -> np.ndarray:
    """The page under a light of that share of the full brightness, on paper of level 210."""
    return _noisy(np.asarray(page, float) * (210 / 255) * light)


_SHARES = np.linspace(0, 1, 200)
_LIGHTS = {
    "even": np.ones((200, 200)),
    "from the left": np.broadcast_to(1 - 0.75 * _SHARES, (200, 200)),
    "from a corner": 1 - 0.35 * (_SHARES[:, None] + _SHARES),
    "a lamp": 0.4 + 0.6 * np.exp(-4 * ((_SHARES[:, None] - 0.3) ** 2 + (_SHARES - 0.4) ** 2)),
    "a soft shadow": 1 - 0.45 / (1 + np.exp(-(_SHARES - 0.5) * 20))[:, None] * np.ones(200),
    "a hard shadow": np.where((_SHARES > 0.47)[:, None], 0.55, 1.0) * np.ones(200),
}


@pytest.mark.parametrize("light", _LIGHTS)
def test_light_and_shadow_on_the_paper_change_little(mnist: Dataset, light: str) -> None:
    drawn = [255 - _page(digit, size=(50, 50), corner=(11, 11), enlarged=4) for digit in mnist.x_test[:10]]

    photos = [prepare_digit(_lit(page, _LIGHTS[light])) for page in drawn]

    assert all((photo.ink, photo.warnings) == ("dark", {}) for photo in photos)
    differences = [
        _difference(photo.pixels, prepare_digit(page).pixels) for photo, page in zip(photos, drawn, strict=True)
    ]
    assert np.mean(differences) < 11
    assert max(differences) < 25


def test_without_the_lighting_step_a_shadow_passes_for_ink(mnist: Dataset) -> None:
    page = 255 - _page(mnist.x_test[0], size=(50, 50), corner=(11, 11), enlarged=4)
    photo = _lit(page, _LIGHTS["a hard shadow"])

    assert _difference(prepare_digit(photo, skip={"lighting"}).pixels, prepare_digit(page).pixels) > 40


@pytest.mark.parametrize("colour", ["black", "white", "navy", "yellow"])
def test_ink_of_any_colour_on_nothing_is_found(colour: str) -> None:
    opaque = _drawing(_SEVEN)
    ink = Image.new("RGBA", opaque.size, colour)
    ink.putalpha(Image.fromarray(255 - np.asarray(opaque)))

    prepared = prepare_digit(ink)

    assert _difference(prepared.pixels, prepare_digit(opaque).pixels) < 3
    assert prepared.warnings == {}


def test_a_photo_with_transparent_corners_keeps_its_own_paper() -> None:
    photo = _drawing(_SEVEN).convert("RGBA")
    round_corners = Image.new("L", photo.size, 0)
    ImageDraw.Draw(round_corners).rounded_rectangle((0, 0, 199, 199), radius=40, fill=255)
    photo.putalpha(round_corners)

    assert _difference(prepare_digit(photo).pixels, prepare_digit(_drawing(_SEVEN)).pixels) < 3


@pytest.mark.parametrize("colours", [("white", "black", "dark"), ("black", "white", "light")], ids="on ".join)
def test_it_is_told_which_of_ink_and_paper_is_darker(colours: tuple[str, str, str]) -> None:
    paper, ink, expected = colours
    page = Image.new("L", (120, 120), paper)
    ImageDraw.Draw(page).line([(60, 20), (60, 100)], fill=ink, width=12)

    assert prepare_digit(page).ink == expected
    assert prepare_digit(page, skip={"polarity"}).ink is None


def test_specks_are_dropped_and_detached_strokes_kept() -> None:
    five = _drawing(_BODY_OF_FIVE, _BAR_OF_FIVE)
    dirty = five.copy()
    for x, y in ((10, 10), (190, 30), (20, 180), (185, 190)):
        ImageDraw.Draw(dirty).rectangle((x, y, x + 3, y + 3), fill=0)

    prepared = prepare_digit(dirty)

    assert _difference(prepared.pixels, prepare_digit(five).pixels) < 3
    assert _difference(prepare_digit(dirty, skip={"specks"}).pixels, prepare_digit(five).pixels) > 20
    assert _difference(prepare_digit(_drawing(_BODY_OF_FIVE)).pixels, prepare_digit(five).pixels) > 10
    assert prepared.warnings == {}


@pytest.mark.parametrize("width", [1, 2, 4, 10, 22, 28])
def test_pens_of_any_width_give_about_as_much_ink_as_in_mnist(width: int) -> None:
    """There, in nine digits of ten, the sum of the ink lies between 52 and 164 full pixels."""
    prepared = prepare_digit(_drawing(_BODY_OF_FIVE, _BAR_OF_FIVE, width=width))

    assert 52 <= prepared.pixels.sum() / 255 <= 190
    assert _placed_as_in_mnist(prepared.pixels)


def test_a_digit_cut_off_by_the_edge_of_the_page_is_used_to_the_edge(mnist: Dataset) -> None:
    box = np.asarray(_drawing(_SEVEN))[35:166, 50:140]

    assert _difference(prepare_digit(_noisy(box)).pixels, prepare_digit(_drawing(_SEVEN)).pixels) < 12


@pytest.mark.parametrize(("size", "width"), [((400, 300), 5), ((1900, 1500), 30), ((2000, 2000), 40)], ids=str)
def test_a_small_digit_on_a_large_page_is_found(size: tuple[int, int], width: int) -> None:
    strokes = [(x * width // 10 + 30, y * width // 10 + 40) for x, y in _SEVEN]
    page = _noisy(_drawing(strokes, width=width, size=size))

    prepared = prepare_digit(page)

    assert _difference(prepared.pixels, prepare_digit(_drawing(_SEVEN)).pixels) < 15
    assert prepared.warnings == {}


def test_lines_on_the_paper_are_paper() -> None:
    lined = np.asarray(_drawing(_SEVEN)).copy()
    lined[15::24] = np.minimum(lined[15::24], 200)

    assert _difference(prepare_digit(_noisy(lined)).pixels, prepare_digit(_drawing(_SEVEN)).pixels) < 6


_EMPTY = {
    "white": Image.new("L", (50, 40), "white"),
    "black": Image.new("L", (50, 40), "black"),
    "grey": Image.new("RGB", (50, 40), (128, 128, 128)),
    "nearly white": Image.new("RGB", (50, 40), (250, 251, 250)),
    "nothing at all": Image.new("RGBA", (50, 40), (0, 0, 0, 0)),
    "one pixel": Image.new("L", (1, 1), "white"),
    "noisy paper": _noisy(np.full((150, 150), 200), 12),
    "noise": np.random.default_rng(2).integers(0, 256, (150, 150)).astype(np.uint8),
    "a slope": np.broadcast_to(np.linspace(60, 220, 150).round().astype(np.uint8), (150, 150)),
}


@pytest.mark.parametrize("name", _EMPTY)
def test_paper_without_ink_is_said_to_have_none(name: str) -> None:
    prepared = prepare_digit(_EMPTY[name])

    assert prepared.warnings == {
        "no_ink": "There is no ink in the picture. Draw one digit, dark on light paper or light on dark."
    }
    assert prepared.pixels.shape == (28, 28)
    assert not prepared.pixels.any()


def _shifted(stroke: list[tuple[int, int]], x: int, y: int = 0) -> list[tuple[int, int]]:
    return [(one + x, other + y) for one, other in stroke]


_DOUBTFUL = {
    "two digits": (_drawing(_shifted(_ONE, -60), _shifted(_SEVEN, 40)), ["several_digits"]),
    "two digits, one above the other": (
        _drawing(_SEVEN, _shifted(_SEVEN, 0, 180), size=(200, 400)),
        ["several_digits"],
    ),
    "a hair line": (_drawing(_SEVEN, width=1), ["thin"]),
    "a very broad pen": (_drawing(_SEVEN, width=48), ["thick"]),
    "half light, half dark": (
        np.repeat([[0] * 30 + [255] * 30], 60, axis=0).astype(np.uint8),
        ["polarity_unsure", "thick"],
    ),
}


@pytest.mark.parametrize("name", _DOUBTFUL)
def test_what_is_doubtful_is_said(name: str) -> None:
    picture, keys = _DOUBTFUL[name]

    assert prepare_digit(picture).warnings == {key: WARNINGS[key] for key in keys}


_GOOD = {
    "a one": _drawing(_ONE),
    "a five with a detached bar": _drawing(_BODY_OF_FIVE, _BAR_OF_FIVE),
    "a seven broken in two": _drawing(_SEVEN[:2], [(122, 62), (85, 160)]),
    "a nought open above and below": _drawing(
        [(95, 45), (70, 60), (62, 100), (70, 140), (95, 155)],
        [(108, 45), (132, 60), (138, 100), (132, 140), (108, 155)],
    ),
    "a four of two strokes": _drawing([(80, 45), (60, 110), (105, 110)], [(125, 60), (125, 160)]),
}


@pytest.mark.parametrize("name", _GOOD)
def test_one_digit_of_several_strokes_gives_no_warning(name: str) -> None:
    assert prepare_digit(_GOOD[name]).warnings == {}


def test_hardly_one_of_mnists_own_digits_gives_a_warning(mnist: Dataset) -> None:
    warned = [page for page in pages(mnist.x_test[:100], mnist_page) if prepare_digit(page).warnings]

    assert len(warned) <= 1


def test_every_step_is_returned_with_its_reason_and_its_picture() -> None:
    prepared = prepare_digit(_lit(_drawing(_SEVEN), _LIGHTS["from a corner"]))

    assert [step.key for step in prepared.steps] == list(STEPS)
    for step in prepared.steps:
        assert step.picture.dtype == np.uint8
        assert step.picture.ndim == 2
        assert (step.title, step.why) == (STEPS[step.key].title, STEPS[step.key].why)
        assert step.why.endswith(".")
    np.testing.assert_array_equal(prepared.steps[-1].picture, prepared.pixels)


def test_a_step_shows_what_the_network_would_see_if_it_were_the_last() -> None:
    page = _lit(_drawing(_SEVEN), _LIGHTS["from a corner"])

    for number, step in enumerate(prepare_digit(page).steps):
        np.testing.assert_array_equal(step.pixels, prepare_digit(page, skip=list(STEPS)[number + 1 :]).pixels)


@pytest.mark.parametrize(
    "skip", [*([key] for key in STEPS), ["crop", "scale"], ["scale", "centre"], list(STEPS)], ids=" and ".join
)
def test_each_step_can_be_left_out(skip: Collection[str]) -> None:
    prepared = prepare_digit(_lit(_drawing(_SEVEN), _LIGHTS["from a corner"]), skip=skip)

    assert [step.key for step in prepared.steps] == [key for key in STEPS if key not in skip]
    assert prepared.pixels.shape == (28, 28)
    assert prepared.pixels.dtype == np.uint8


def test_without_any_step_the_page_is_merely_resized() -> None:
    page = _drawing(_SEVEN)

    np.testing.assert_array_equal(prepare_digit(page, skip=STEPS).pixels, resize_picture(page, (28, 28)))


def test_without_the_grey_step_red_ink_on_white_is_lost() -> None:
    red = Image.composite(Image.new("RGB", (200, 200), "white"), Image.new("RGB", (200, 200), "red"), _drawing(_SEVEN))

    assert list(prepare_digit(red, skip={"grey"}).warnings) == ["no_ink"]
    assert prepare_digit(red).warnings == {}


def test_without_the_centre_step_the_box_stands_in_the_middle() -> None:
    prepared = prepare_digit(_drawing(_SEVEN), skip={"centre"}).pixels

    rows, columns = np.flatnonzero(prepared.any(axis=1)), np.flatnonzero(prepared.any(axis=0))
    assert (rows[0], rows[-1]) == (4, 23)
    assert abs(columns[0] - (27 - columns[-1])) <= 1


def test_an_unknown_step_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        prepare_digit(_drawing(_ONE), skip={"center"})
    assert str(caught.value) == "skip must be the name of a step. Received: 'center'. Did you mean centre?"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_array_is_as_good_as_a_picture(mode: str) -> None:
    picture = _drawing(_SEVEN).convert(mode)

    np.testing.assert_array_equal(prepare_digit(np.asarray(picture)).pixels, prepare_digit(picture).pixels)


@pytest.mark.parametrize(
    ("array", "received"),
    [
        (np.zeros((28, 28)), "float64 of shape (28, 28)"),
        (np.zeros(784, np.uint8), "uint8 of shape (784,)"),
        (np.zeros((28, 28, 2), np.uint8), "uint8 of shape (28, 28, 2)"),
        (np.zeros((0, 28), np.uint8), "uint8 of shape (0, 28)"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array: np.ndarray, received: str) -> None:
    with pytest.raises(DataError) as caught:
        prepare_digit(array)
    assert str(caught.value) == (
        "A picture must be a PIL image or an array of uint8 of shape (height, width), (height, width, 3) or "
        f"(height, width, 4). Received: {received}."
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (60, 1), (2, 3), (5, 900)], ids=str)
def test_pictures_of_any_size_are_answered(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)

    assert prepare_digit(pixels).pixels.shape == (28, 28)


def _accuracy(run: RunFolder, papers: list[np.ndarray], labels: np.ndarray, **options: object) -> float:
    from toolkit.models.prediction import predict

    answers, _ = predict(open_model(run), np.stack([prepare_digit(page, **options).pixels for page in papers]))
    return float(np.mean(answers == labels))


@pytest.mark.slow
def test_small_digits_that_nobody_here_drew_are_read(trained_preset: Callable[[str], RunFolder]) -> None:
    digits, labels = small_digits()
    papers = pages(digits, small_digits_page)

    mlp, cnn = (_accuracy(trained_preset(name), papers, labels) for name in ("mlp", "cnn"))

    assert len(papers) == 1797
    assert mlp >= 0.85
    assert cnn > mlp


@pytest.mark.slow
def test_mnists_own_test_digits_on_unevenly_lit_paper_are_read(
    mnist: Dataset, trained_preset: Callable[[str], RunFolder]
) -> None:
    papers, labels = pages(mnist.x_test[:3000], mnist_page), mnist.y_test[:3000]

    assert _accuracy(trained_preset("mlp"), papers, labels) >= 0.95
    assert _accuracy(trained_preset("mlp"), papers[:500], labels[:500], skip=STEPS) < 0.3
