"""Pictures in every format that people have: opened as Pillow shows them, and refused before they cost much."""

import builtins
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from toolkit.datasets import picture_formats
from toolkit.datasets.picture_formats import SUFFIXES, opened_formats
from toolkit.datasets.pictures import on_white, open_picture
from toolkit.errors import DataError

_ORIENTATION = 0x0112  # EXIF's tag

#: A red square on green: colours survive even lossy formats.
COLOURS = Image.new("RGB", (40, 30), (20, 160, 40))
COLOURS.paste((200, 30, 30), (10, 10, 30, 20))


def saved(picture: Image.Image, kind: str, **settings: Any) -> BytesIO:
    """A picture as a file."""
    content = BytesIO()
    picture.save(content, kind, **settings)
    content.seek(0)
    return content


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of the colours, of 255."""
    both = [np.asarray(picture.convert("RGB"), float) for picture in (one, other)]
    return float(np.abs(both[0] - both[1]).mean())


@pytest.fixture
def heic() -> Any:
    """pillow-heif, ready to save pictures."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return pillow_heif


@pytest.fixture
def without_heic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if pillow-heif were not installed."""
    find = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pillow_heif":
            raise ImportError(name)
        return find(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    opened_formats.cache_clear()
    yield
    opened_formats.cache_clear()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_of_every_format_has_its_colours(kind: str) -> None:
    assert difference(open_picture(saved(COLOURS, kind)), COLOURS) < 8


def test_the_suffixes_are_those_of_the_formats() -> None:
    assert set(SUFFIXES) == {
        *[".jfif", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif"]
    }
    assert all(Image.registered_extensions()[suffix] in opened_formats() for suffix in SUFFIXES)


def test_a_heic_photo_is_opened_upright(heic: Any, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    held = COLOURS.transpose(Image.Transpose.ROTATE_90)
    held.info["exif"] = exif.tobytes()  # Stored as iPhones do it: in the format's own words, and in EXIF.
    path = tmp_path / "IMG_0001.HEIC"
    held.save(path, "HEIF", quality=90)
    assert difference(open_picture(path), COLOURS) < 10


@pytest.mark.parametrize(
    ("kind", "size", "read"),
    [
        ("JPEG", (4032, 3024), (1008, 756)),
        ("WEBP", (4032, 3024), (1008, 756)),
        ("HEIF", (2800, 1600), (1400, 800)),
    ],
)
def test_a_photo_of_more_than_4_megapixels_is_read_smaller(
    heic: Any, kind: str, size: tuple[int, int], read: tuple[int, int]
) -> None:
    photo, smaller = Image.new("RGB", size, (250, 250, 250)), Image.new("RGB", read, (250, 250, 250))
    for picture in (photo, smaller):
        picture.paste((20, 20, 20), (0, 0, picture.width // 2, picture.height))
    fast = {"enc_params": {"preset": "ultrafast"}} if kind == "HEIF" else {"method": 0}
    opened = open_picture(saved(photo, kind, quality=40, **fast))
    assert opened.size == read
    assert difference(opened, smaller) < 3


def test_a_jpeg_photo_with_a_second_one_behind_it_is_a_photo() -> None:
    first, second = Image.new("L", (4000, 3000), 200), Image.new("L", (400, 300), 10)
    opened = open_picture(saved(first, "MPO", save_all=True, append_images=[second]))
    assert opened.size == (1000, 750)
    assert opened.getpixel((5, 5)) == 200


def test_without_the_reader_for_heic_a_sentence_says_what_to_do(heic: Any, without_heic: None, tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    COLOURS.save(path, "HEIF")
    for source in (path, BytesIO(path.read_bytes())):
        with pytest.raises(DataError) as caught:
            open_picture(source, "IMG_0001.HEIC")
        assert str(caught.value) == (
            "IMG_0001.HEIC is a HEIC picture, as iPhones take them, and the reader for them is not installed. Save it "
            'as JPEG, or install the reader: pip install "keras-teaching-toolkit[heic]".'
        )
    assert difference(open_picture(saved(COLOURS, "PNG")), COLOURS) == 0


def test_the_extra_that_the_sentence_names_installs_the_reader() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "keras-teaching-toolkit"
    assert [line.split(">")[0] for line in project["optional-dependencies"]["heic"]] == ["pillow-heif"]
    assert picture_formats.FORMAT_NAMES.endswith("HEIC")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_of_several_frames_or_pages_is_read(kind: str) -> None:
    others = [Image.new("RGB", COLOURS.size, (0, 0, 255)) for _ in range(3)]
    opened = open_picture(saved(COLOURS, kind, save_all=True, append_images=others))
    assert difference(opened, COLOURS) < 8


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_compressed_tiff_is_read(compression: str | None) -> None:
    assert difference(open_picture(saved(COLOURS, "TIFF", compression=compression)), COLOURS) < 8


def test_a_tiff_in_lab_or_for_print_is_read_in_its_colours() -> None:
    rgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    in_lab = ImageCms.applyTransform(COLOURS, ImageCms.buildTransform(rgb, lab, "RGB", "LAB"))
    for picture in (in_lab, COLOURS.convert("CMYK"), COLOURS.convert("YCbCr")):
        assert difference(on_white(open_picture(saved(picture, "TIFF"))), COLOURS) < 12, picture.mode


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_what_is_transparent_shows_the_paper(kind: str) -> None:
    ink = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (10, 10, 30, 20))
    opened = on_white(open_picture(saved(ink, kind))).convert("L")
    assert (opened.getpixel((2, 2)), opened.getpixel((20, 15))) == (255, 0)


#: A digit's ink on paper, from 0 to 1.
INK = np.clip(np.hypot(*np.indices((30, 40)) - np.array([[[15]], [[20]]])) / 12, 0, 1)


def in_8_bits(pixels: np.ndarray) -> np.ndarray:
    """The picture as opened."""
    opened = open_picture(saved(Image.fromarray(pixels), "TIFF"))
    assert opened.mode == "L"
    return np.asarray(opened, float)


@pytest.mark.parametrize("largest", [1, 255, 1000, 1023, 4095, 20_000, 65_535])
def test_16_bits_that_use_a_part_of_their_range_are_not_left_black(largest: int) -> None:
    opened = in_8_bits(np.round(INK * largest).astype(np.uint16))
    assert opened.min() == 0
    assert opened.max() >= 155  # 20,000 of 32,767
    shares = np.round(INK * largest) / largest
    assert np.abs(opened / opened.max() - shares).max() < 0.01


def test_16_bits_of_little_contrast_are_stretched_and_a_blank_page_stays_blank() -> None:
    opened = in_8_bits((30_000 + 3_000 * INK).astype(np.uint16))
    assert (opened.min(), opened.max()) == (0, 255)
    noise = np.random.default_rng(0).integers(-100, 100, INK.shape)
    assert np.ptp(in_8_bits((50_000 + noise).astype(np.uint16))) < 4


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (0, 4095), (-1, 1), (-30, 500)])
def test_floats_become_greys(low: float, high: float) -> None:
    opened = in_8_bits((low + (high - low) * INK).astype(np.float32))
    assert np.abs(opened - 255 * INK).max() <= 1


def test_a_float_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        open_picture(saved(Image.fromarray(np.where(INK > 0.5, np.nan, 1).astype(np.float32)), "TIFF"), "depth.tif")
    assert str(caught.value) == ("depth.tif must hold finite numbers. Received: NaN or infinity. Save it again as PNG.")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(("channels", "kind"), [(2, 4), (3, 2), (4, 6)])
@pytest.mark.parametrize("largest", [4095, 65_535])
def test_16_bits_a_colour_are_not_left_black_either(channels: int, kind: int, largest: int) -> None:
    """Written by hand, since Pillow writes no such PNG."""
    pixels = np.repeat(np.round(INK * largest).astype(">u2")[..., None], channels, axis=2)
    if channels in (2, 4):
        pixels[..., -1] = 65_535
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">2I5B", 40, 30, 16, kind, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    opened = on_white(open_picture(BytesIO(content))).convert("L")
    # Pillow keeps the upper 8 bits, which are 4 of 12.
    assert np.abs(np.asarray(opened, float) - 255 * INK).max() <= 17


def tiff_that_says(width: int, height: int) -> bytes:
    """The beginning of a TIFF of that size, without pixels."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (278, 4, height)]
    tags.append((279, 4, width * height % 2**32))
    entries = b"".join(struct.pack("<2HL4s", tag, kind, 1, struct.pack("<L", value)) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<L", 8) + struct.pack("<H", len(tags)) + entries + bytes(104)


def webp_that_says(width: int, height: int) -> bytes:
    extended = bytes([2, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<L", len(extended)) + extended + b"ANIM" + struct.pack("<LLH", 6, 0, 0)
    return b"RIFF" + struct.pack("<L", len(body)) + body


HUGE = {
    "GIF": b"GIF89a"
    + struct.pack("<2H", 60_000, 60_000)
    + bytes(3)
    + b","
    + struct.pack("<4H", 0, 0, 9, 9)
    + b"\0\2\0;",
    "BMP": b"BM" + bytes(8) + struct.pack("<2L2l2H6L", 54, 40, 30_000, 30_000, 1, 24, 0, 0, 0, 0, 0, 0),
    "TIFF": tiff_that_says(50_000, 50_000),
    "WEBP": webp_that_says(16_000, 16_000),
    "a GIF of 5 megapixels": b"GIF89a" + struct.pack("<2H", 2500, 2000) + bytes(3) + b"," + bytes(9) + b"\2\0;",
    "a TIFF of 5 megapixels": tiff_that_says(2500, 2000),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_file_that_says_it_is_huge_is_refused_before_it_is_decoded(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("decoded"))
    with pytest.raises(DataError, match=r"^mine (has|is huge|can't be read as a picture \()"):
        open_picture(BytesIO(HUGE[what]), "mine")


def test_frames_behind_the_first_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (60, 60), number) for number in range(200)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    monkeypatch.setattr("PIL.GifImagePlugin.GifImageFile.seek", lambda *_: pytest.fail("another frame"))
    assert open_picture(content).convert("L").getpixel((0, 0)) == 0


def test_formats_that_can_run_programs_are_never_tried() -> None:
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    with pytest.raises(DataError, match=r"\(it is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC\)"):
        open_picture(BytesIO(content), "drawing.eps")
