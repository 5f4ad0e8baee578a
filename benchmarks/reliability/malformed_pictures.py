"""Malformed pictures of every format that can be opened."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

EACH = 50

#: Description of a malformed file -> its content.
Files = dict[str, bytes]
_DICE = np.random.default_rng(0)


def cut(whole: bytes, count: int, least: int = 0) -> Files:
    """A file truncated at places spread over its length, from `least` bytes to almost all."""
    places = np.unique(np.linspace(least, 0.95 * len(whole), count).astype(int))
    return {f"cut after {place} of {len(whole)} bytes": whole[:place] for place in places.tolist()}


def filled(files: Files, whole: bytes, least: int = 0) -> Files:
    """Fifty files: these, and truncated versions of a valid file for the rest."""
    more = EACH - len(files)
    return {**files, **dict(list(cut(whole, more + 5, least).items())[:more])}


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    """A picture file of random pixels."""
    content = io.BytesIO()
    pixels = _DICE.integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(content, kind)
    return content.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file, with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, way: int = 0) -> bytes:
    """A PNG file with this header and these chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, way)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND", b"")


def malformed_png() -> Files:
    """Malformed PNG files, and files that only pretend to be PNG."""
    whole, pixels = picture("PNG"), png_chunk(b"IDAT", zlib.compress(bytes(40 * 121)))
    return filled(
        {
            "empty": b"",
            "a text": b"Dear all,\n",
            "zeros": bytes(5000),
            "the signature alone": whole[:8],
            "a PPM": picture("PPM"),
            "an icon": picture("ICO"),
            "a TGA": picture("TGA"),
            "a PCX": picture("PCX"),
            "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
            "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "no width": png(0, 40, pixels),
            "no height": png(40, 0, pixels),
            "4 gigapixels": png(65_535, 65_535, pixels),
            "2³¹ by 2³¹ pixels": png(2**31 - 1, 2**31 - 1, pixels),
            "8,000 by 8,000 in 60 kB": png(8000, 8000, png_chunk(b"IDAT", zlib.compress(bytes(8000 * 24_001 // 16)))),
            "a strip of 5,000,000 pixels": png(5_000_000, 1, pixels),
            "no pixels": png(40, 30),
            "pixels that are not packed": png(40, 30, png_chunk(b"IDAT", b"\0" * 500)),
            "a depth of 3": png(40, 30, pixels, depth=3),
            "colours of a kind that is none": png(40, 30, pixels, colour=5),
            "a broken sum": whole[:20] + b"\xff" + whole[21:],
            "pixels of 1 byte": png(40, 30, png_chunk(b"IDAT", zlib.compress(b"\0"))),
            "a text that unpacks to 100 MB": png(
                40, 30, png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000))), pixels
            ),
            "70 texts of 1 MB": png(
                40,
                30,
                *(png_chunk(b"zTXt", b"a%d\0\0" % n + zlib.compress(bytes(1_000_000))) for n in range(70)),
                pixels,
            ),
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=9,
    )


def jpeg_size(whole: bytes, width: int, height: int) -> bytes:
    """A JPEG file that declares another size."""
    place = whole.index(b"\xff\xc0")
    return whole[: place + 5] + struct.pack(">HH", height, width) + whole[place + 9 :]


def malformed_jpeg() -> Files:
    """Malformed JPEG files, and files that only pretend to be JPEG."""
    whole = picture("JPEG", (300, 200))
    quantisation = whole.index(b"\xff\xdb")
    huffman, frame = whole.index(b"\xff\xc4"), whole.index(b"\xff\xc0")
    return filled(
        {
            "empty": b"",
            "its first bytes alone": whole[:3],
            "a text": b"\xff\xd8 Dear all",
            "zeros": bytes(5000),
            "a PPM": picture("PPM"),
            "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
            "an AVIF": b"\0\0\0\x20ftypavif" + bytes(100),
            "a PDF": b"%PDF-1.4\n",
            "65,000 by 65,000 pixels": jpeg_size(whole, 65_000, 65_000),
            "30,000 by 200 pixels": jpeg_size(whole, 30_000, 200),
            "6,000 by 6,000 pixels": jpeg_size(whole, 6000, 6000),
            "no width": jpeg_size(whole, 0, 200),
            "no height": jpeg_size(whole, 300, 0),
            "no tables of quantisation": whole[:quantisation] + whole[huffman:],
            "12 bits a pixel": whole[: frame + 4] + b"\x0c" + whole[frame + 5 :],
            "five colours": whole[: frame + 9] + b"\5" + whole[frame + 10 :],
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=20,
    )


def malformed_webp() -> Files:
    """Malformed WebP files, still and animated."""
    whole = picture("WEBP", (300, 200))
    canvas = b"WEBPVP8X" + struct.pack("<L", 10) + bytes([2, 0, 0, 0])
    huge = canvas + 2 * (16_382).to_bytes(3, "little") + b"ANIM" + struct.pack("<LLH", 6, 0, 0)
    return filled(
        {
            "empty": b"",
            "its first bytes alone": whole[:12],
            "16,383 by 16,383 pixels, animated": b"RIFF" + struct.pack("<L", len(huge)) + huge,
            "16,383 by 16,383 pixels": whole[:26] + struct.pack("<2H", 16_383, 16_383) + whole[30:],
            "no width": whole[:26] + struct.pack("<2H", 0, 200) + whole[30:],
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=20,
    )


def malformed_gif() -> Files:
    """Malformed GIF files. Truncated ones end within the pixels of the first frame."""
    whole = picture("GIF", (300, 200), "L")
    screen = struct.pack("<2H", 65_535, 65_535)
    return filled(
        {
            "empty": b"",
            "its first bytes alone": whole[:6],
            "65,535 by 65,535 pixels": whole[:6] + screen + whole[10:],
            "no frame": whole[:13] + whole[-1:],
            "a frame of 65,535 by 65,535 pixels": whole[:6] + whole[6:13] + b"," + bytes(4) + screen + bytes(9),
            "a comment without an end": whole[:6] + bytes(7) + b"!\xfe" + b"\xff" * 70_000,
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=10,
    )


def malformed_bmp() -> Files:
    """Malformed BMP files."""
    whole = picture("BMP", (300, 200))

    def sized(width: int, height: int) -> bytes:
        return whole[:18] + struct.pack("<2l", width, height) + whole[26:]

    return filled(
        {
            "empty": b"",
            "its first bytes alone": whole[:2],
            "2³¹ by 2³¹ pixels": sized(2**31 - 1, 2**31 - 1),
            "30,000 by 30,000 pixels": sized(30_000, 30_000),
            "fewer pixels than declared": sized(300, 2000),
            "no width": sized(0, 200),
            "a depth of 7": whole[:28] + struct.pack("<H", 7) + whole[30:],
            "packed in an unknown way": whole[:30] + struct.pack("<L", 77) + whole[34:],
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=20,
    )


def tiff(*tags: tuple[int, int, int, int], pixels: bytes = b"") -> bytes:
    """A TIFF file with these tags: number, type, count and value; pixels begin at byte 8."""
    entries = b"".join(struct.pack("<2H2L", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<L", 8 + len(pixels)) + pixels + struct.pack("<H", len(tags)) + entries + bytes(4)


def tiff_tags(width: int, height: int, *, size: int = 1200, **others: int) -> list[tuple[int, int, int, int]]:
    """The tags of a grey picture; others: values by name instead of the usual ones."""
    usual = {"depth": 8, "compression": 1, "kind": 1, "samples": 1, "rows": height, "format": 1} | others
    numbers = {"depth": 258, "compression": 259, "kind": 262, "samples": 277, "rows": 278, "format": 339}
    longs = [(256, 4, 1, width), (257, 4, 1, height), (273, 4, 1, 8), (279, 4, 1, size)]
    return [*longs, *((numbers[name], 4, 1, value) for name, value in usual.items())]


def malformed_tiff() -> Files:
    """Malformed TIFF files, of sizes, depths, tiles and compressions that can't be."""
    pixels = bytes(1200)
    circle = tiff(*tiff_tags(40, 30), pixels=pixels)
    tiles = [(322, 4, 1, 2**31 - 16), (323, 4, 1, 2**31 - 16), (324, 4, 1, 8), (325, 4, 1, 1200)]
    return filled(
        {
            "empty": b"",
            "its first bytes alone": circle[:4],
            "no tags": tiff(pixels=pixels),
            "65,535 by 65,535 pixels": tiff(*tiff_tags(65_535, 65_535), pixels=pixels),
            "2³¹ by 2³¹ pixels": tiff(*tiff_tags(2**31, 2**31), pixels=pixels),
            "3,000 by 2,000 pixels": tiff(*tiff_tags(3000, 2000), pixels=pixels),
            "no width": tiff(*tiff_tags(0, 30), pixels=pixels),
            "fewer pixels than declared": tiff(*tiff_tags(40, 300), pixels=pixels),
            "a depth of 7": tiff(*tiff_tags(40, 30, depth=7), pixels=pixels),
            "a depth of 64 bits": tiff(*tiff_tags(40, 30, depth=64), pixels=pixels),
            "200 samples a pixel": tiff(*tiff_tags(40, 30, samples=200), pixels=pixels),
            "packed in an unknown way": tiff(*tiff_tags(40, 30, compression=77), pixels=pixels),
            "not packed by deflate": tiff(*tiff_tags(40, 30, compression=8), pixels=pixels),
            "not packed by LZW": tiff(*tiff_tags(40, 30, compression=5), pixels=pixels),
            "not packed as JPEG": tiff(*tiff_tags(40, 30, compression=7), pixels=pixels),
            "tiles of 2³¹ pixels a side": tiff(
                *(tag for tag in tiff_tags(40, 30, compression=8) if tag[0] not in (273, 278, 279)),
                *tiles,
                pixels=pixels,
            ),
            "a tag of 4 GB": tiff(*tiff_tags(40, 300), (270, 2, 2**32 - 1, 0), pixels=pixels),
            "larger than 40 MB": circle + bytes(40_000_000),
        },
        picture("TIFF", (300, 200)),
        least=10,
    )


def malformed_heic() -> Files:
    """Malformed HEIC files; without pillow-heif, all are refused for lack of it."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        whole = b"\0\0\0\x18ftypheic" + bytes(3000)
    else:
        register_heif_opener()
        whole = picture("HEIF", (300, 200))
    size = whole.find(b"ispe")
    return filled(
        {
            "empty": b"",
            "its first bytes alone": whole[:12],
            "other boxes": whole[:24] + bytes(500),
            "30,000 by 30,000 pixels": whole[: size + 8] + struct.pack(">2L", 30_000, 30_000) + whole[size + 16 :],
            "no width": whole[: size + 8] + struct.pack(">2L", 0, 200) + whole[size + 16 :],
            "larger than 40 MB": whole + bytes(40_000_000),
        },
        whole,
        least=16,
    )
