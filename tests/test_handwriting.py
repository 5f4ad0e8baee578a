"""Any picture of a digit becomes 28 × 28 pixels as MNIST's were made.

The independent reference is MNIST itself: its own digits, put on larger paper in other ways, must come back.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toolkit.datasets import Dataset
from toolkit.errors import DataError
from toolkit.handwriting import open_picture, prepare_digit, resize_picture

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
    originals = mnist.x_test[:40]

    prepared = [prepare_digit(_PAPERS[paper](_page(digit, enlarged=enlarged))) for digit in originals]

    assert all(_placed_as_in_mnist(digit) for digit in prepared)
    differences = [_difference(old, new) for old, new in zip(originals, prepared, strict=True)]
    assert np.mean(differences) < 12
    assert max(differences) < 35


@pytest.mark.parametrize("corner", [(0, 0), (0, 62), (32, 0), (32, 62), (16, 31)])
def test_it_does_not_matter_where_the_digit_stands(mnist: Dataset, corner: tuple[int, int]) -> None:
    for original in mnist.x_test[:20]:
        expected = prepare_digit(Image.fromarray(_page(original)))

        np.testing.assert_array_equal(prepare_digit(Image.fromarray(_page(original, corner=corner))), expected)


def test_a_digit_that_is_as_mnist_made_it_stays_nearly_as_it_is(mnist: Dataset) -> None:
    differences = [_difference(prepare_digit(Image.fromarray(digit)), digit) for digit in mnist.x_test[:100]]

    assert np.median(differences) < 5


def test_a_digit_is_not_mixed_up_with_another(mnist: Dataset) -> None:
    """The nearest of 100 originals shows the same digit, and nearly always it is the digit's own."""
    originals, labels = mnist.x_test[:100], mnist.y_test[:100]
    prepared = [prepare_digit(Image.fromarray(255 - _page(original, enlarged=3))) for original in originals]

    nearest = np.array([np.argmin([_difference(one, other) for other in originals]) for one in prepared])

    np.testing.assert_array_equal(labels[nearest], labels)
    assert np.mean(nearest == np.arange(100)) > 0.9


def test_faint_and_strong_ink_give_the_same_digit(mnist: Dataset) -> None:
    strong = Image.fromarray(255 - _page(mnist.x_test[0]))
    faint = Image.fromarray((255 - _page(mnist.x_test[0]) * 0.25).astype(np.uint8))

    assert _difference(prepare_digit(strong), prepare_digit(faint)) < 3


def test_an_empty_border_of_any_width_changes_nothing(mnist: Dataset) -> None:
    narrow = prepare_digit(Image.fromarray(_page(mnist.x_test[0], size=(30, 30), corner=(1, 1))))
    wide = prepare_digit(Image.fromarray(_page(mnist.x_test[0], size=(300, 400), corner=(200, 50))))

    np.testing.assert_array_equal(narrow, wide)


@pytest.mark.parametrize("shape", [(40, 1), (1, 40), (3, 3), (1, 1), (20, 20)], ids=str)
def test_strokes_of_any_form_are_placed(shape: tuple[int, int]) -> None:
    page = np.full((100, 100), 255, np.uint8)
    page[30 : 30 + shape[0], 30 : 30 + shape[1]] = 0

    prepared = prepare_digit(Image.fromarray(page))

    assert prepared.shape == (28, 28)
    assert prepared.dtype == np.uint8
    assert prepared.max() == 255
    assert _longest_side(prepared) == 20


@pytest.mark.parametrize("colour", ["white", "black", (128, 128, 128), (250, 251, 250)], ids=str)
def test_paper_without_ink_is_said_to_have_none(colour: str | tuple[int, ...]) -> None:
    with pytest.raises(DataError) as caught:
        prepare_digit(Image.new("RGB", (50, 40), colour))
    assert str(caught.value) == (
        "There is no ink in the picture. Draw one digit, dark on light paper or light on dark."
    )


def test_a_transparent_picture_without_ink_is_said_to_have_none() -> None:
    with pytest.raises(DataError, match=r"^There is no ink in the picture"):
        prepare_digit(Image.new("RGBA", (50, 40), (0, 0, 0, 0)))


@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_a_saved_picture_is_opened_as_it_was(mnist: Dataset, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"drei.{suffix}"
    Image.fromarray(255 - _page(mnist.x_test[0], enlarged=4)).save(path)

    prepared = prepare_digit(open_picture(path))

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
    assert _difference(prepare_digit(opened), prepare_digit(upright)) < 5


def test_a_scan_with_16_bits_a_pixel_is_read_like_one_with_8(mnist: Dataset, tmp_path: Path) -> None:
    page = 255 - _page(mnist.x_test[0], enlarged=2)
    Image.fromarray(page.astype(np.uint16) * 257).save(tmp_path / "scan.png")

    prepared = prepare_digit(open_picture(tmp_path / "scan.png"))

    assert _difference(prepared, prepare_digit(Image.fromarray(page))) < 3


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
        _saved(Image.new("L", (28, 28)), "gif"),
        _saved(Image.new("L", (28, 28)), "bmp"),
        _png(28, 28),
    ],
    ids=["nothing", "a letter", "a beginning", "a torn PNG", "a torn JPEG", "a GIF", "a bitmap", "too few pixels"],
)
def test_a_file_that_is_no_whole_png_or_jpeg_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "my.png"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        open_picture(path)

    assert str(caught.value).startswith(f"{path} can't be read as a PNG or JPEG picture (")
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
    with pytest.raises(DataError, match="can't be read as a PNG or JPEG picture"):
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
