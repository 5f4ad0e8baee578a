"""The formats of pictures that can be opened: their suffixes, and what Pillow calls them."""

from functools import cache

#: Suffix -> Pillow's name of the format.
_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
#: Also of HEIC pictures, which need an optional package: without it, a sentence says so.
SUFFIXES = tuple(_FORMATS)
#: How messages list the formats.
FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC"
#: Formats of cameras, whose pictures are large; "MPO" is a JPEG photo with a second one behind it.
OF_CAMERAS = frozenset({"JPEG", "MPO", "WEBP", "HEIF"})

#: What a HEIC file says of itself behind the letters `ftyp`.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"})


@cache
def opened_formats() -> tuple[str, ...]:
    """Pillow's names of the formats that can be opened here; HEIC is among them if pillow-heif is installed."""
    formats = dict.fromkeys(_FORMATS.values())
    if not _register_heic():
        del formats["HEIF"]
    return tuple(formats)


def is_heic(start: bytes) -> bool:
    """Whether a file that begins with these 12 bytes is a HEIC picture, as iPhones take them."""
    return start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS


def _register_heic() -> bool:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True
