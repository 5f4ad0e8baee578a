"""Campaign 5: fifty malformed files of each format must be refused with a sentence, and with little memory.

    python -m benchmarks.reliability.malformed_files

They are truncated, have wrong sizes, are encrypted, too long or deeply nested, or are decompression bombs. Each is read
like a user's file, with one process per format. Prints for each format how many files the toolkit refused, the slowest,
and the largest growth of the process; fails if a file was accepted, raised another error, or took over 10 s or 300 MB.
"""

import gzip
import io
import json
import multiprocessing
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import numpy as np

from benchmarks.reliability.malformed_pictures import (
    Files,
    cut,
    filled,
    malformed_bmp,
    malformed_gif,
    malformed_heic,
    malformed_jpeg,
    malformed_png,
    malformed_tiff,
    malformed_webp,
    picture,
    png,
    png_chunk,
)
from toolkit.config import ExperimentConfig
from toolkit.datasets import load_dataset
from toolkit.datasets.pictures import open_picture
from toolkit.errors import ToolkitError

MOST_SECONDS, MOST_MEGABYTES = 10.0, 300.0

_DICE = np.random.default_rng(0)


def table(*lines: str) -> bytes:
    """A CSV file of two columns and a label, with these lines at its end."""
    rows = [f"{number},{number / 2},{'ant' if number % 2 else 'bee'}" for number in range(20)]
    return "\n".join(["length,width,kind", *rows, *lines, ""]).encode()


def malformed_csv() -> Files:
    """CSV files with one fault each."""
    good = table()
    cells = ("inf", "-inf", "Infinity", "1e39", "1e999", "abc", "1,5", "1 000", "0x10", "0b1", "1;2", "-", "true", "$5")
    odd = ("=1+1", "@cmd", "<b>1</b>", "{0}", "%s", "١٢a", "½", "1e", "--1", "1..2", "5 %", "#REF!", "\x1b[31m")
    return {
        **{f"the cell {cell!r}": table(f"{cell},1,ant") for cell in (*cells, *odd)},
        "empty": b"",
        "blank lines": b"\n" * 100,
        "no rows": b"length,width,kind\n",
        "one row": b"length,kind\n1,ant\n",
        "one column": b"kind\n" + b"ant\nbee\n" * 20,
        "one class": b"length,kind\n" + b"1,ant\n" * 20,
        "4,101 columns": b",".join(b"c%d" % n for n in range(4101)) + b"\n",
        "a date": table("2024-01-31,1,ant"),
        "a column of 120,000 letters": b"a" * 120_000 + b",kind\n1,ant\n2,bee\n",
        "a cell of 200,000 letters": table("a" * 200_000 + ",1,ant"),
        "a class of 100,000 letters": table("1,2," + "a" * 100_000),
        "the same name twice": good.replace(b"length,width", b"length,length"),
        "numbers for names": b"1,2,ant\n" * 20,
        "a row too short": table("1,2"),
        "a row too long": table("1,2,ant,4"),
        "an open quote": table('1,2,"ant'),
        "UTF-16 without a mark": good.decode().encode("utf-16-le"),
        "UTF-16, cut short": good.decode().encode("utf-16")[:-1],
        "Latin-1": good.replace(b"ant", b"\xe4nt"),
        "a zero byte": good.replace(b"ant", b"a\0t", 1),
        "200,001 rows": b"a,kind\n" + b"1,x\n2,y\n" * 100_001,
        "21 MB": good + b"1,2,ant\n" * 2_625_000,
        "a label for each row": b"a,kind\n" + b"".join(b"1,k%d\n" % n for n in range(1500)),
    }


def npz(**arrays: object) -> bytes:
    """An .npz file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def zip_of(files: Files, *, method: int = ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    content = io.BytesIO()
    with ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def npy(header: str, content: bytes = b"", version: int = 1) -> bytes:
    """An array file with this text as its header."""
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes((version, 0)) + length + header.encode("latin1") + content


def described(shape: object, kind: str = "<f8") -> str:
    """The header with an array's shape and type."""
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n"


def malformed_npz() -> Files:
    """NumPy array files with one fault each."""
    x, y = _DICE.random((20, 4)), np.arange(20) % 2
    whole, labels = npz(x=x, y=y), io.BytesIO()
    np.save(labels, y)
    headers = {
        "8 TB declared": npy(described((10**6, 10**6))),
        "10³⁰ rows": npy(described((10**30, 4))),
        "rows below zero": npy(described((-20, 4))),
        "900 MB declared, none there": npy(described((30_000_000, 4))),
        "a header of 4 GB": b"\x93NUMPY\2\0\xff\xff\xff\xff",
        "a header of 100 MB, packed": npy(" " * 100_000_000, version=2),
        "a header that is code": npy("__import__('os').system('true')\n"),
        "a header of 9,000 brackets": npy("(" * 9000 + "\n"),
        "a header that is empty": npy("\n"),
        "a shape of texts": npy(described("('a', 'b')")),
        "a type that is none": npy(described((20, 4), "<q99")),
        "a type of 2 GB": npy(described((1,), "<U500000000")),
        "Python objects": npy(described((20, 4), "|O"), b"\x80\x04N."),
        "dates": npy(described((20,), "<M8[s]"), bytes(160)),
        "version 9": npy(described((20, 4)), version=9),
        "no array": b"Dear all",
        "empty": b"",
    }
    return filled(
        {
            **{f"x: {name}": zip_of({"x.npy": array, "y.npy": labels.getvalue()}) for name, array in headers.items()},
            "nothing in it": zip_of({}),
            "other arrays": npz(vectors=x, y=y),
            "no labels": npz(x=x),
            "fewer labels": npz(x=x, y=y[:7]),
            "objects as labels": npz(x=x, y=np.array([object] * 20)),
            "NaN": npz(x=np.full((20, 4), np.nan), y=y),
            "one class": npz(x=x, y=y * 0),
            "prices as labels": npz(x=x, y=y + 0.5),
            "a class of 10,000 letters": npz(x=x, y=np.array(["a" * 10_000, "b"] * 10)),
            "one number": npz(x=np.array(1.0), y=np.array(1)),
            "five axes": npz(x=np.zeros((20, 2, 2, 2, 2)), y=y),
            "complex numbers": npz(x=x + 1j, y=y),
            "records": npz(x=np.zeros(20, [("a", "f8")]), y=y),
            **hostile_zips(whole, "x.npy"),
        },
        whole,
    )


def flagged(whole: bytes, flag: int) -> bytes:
    """A zip whose members are flagged as encrypted, or as patched data."""
    changed = bytearray(whole)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := whole.find(signature, at + 1)) >= 0:
            changed[at + place] |= flag
    return bytes(changed)


def hostile_zips(whole: bytes, member: str) -> Files:
    """The faults that any zip file can have; whole: a valid zip, member: one of its files."""
    bomb = zip_of({member: bytes(1)})
    local, listed = bomb.index(b"PK\x03\x04"), bomb.index(b"PK\x01\x02")
    lying = bytearray(bomb)
    lying[local + 22 : local + 26] = lying[listed + 24 : listed + 28] = b"\xf0\xff\xff\xff"
    twice = zip_of({member: b"1", member[:-1] + "#": b"2"}).replace(member[:-1].encode() + b"#", member.encode())
    return {
        "encrypted": flagged(whole, 1),
        "the same name twice": twice,
        "4 GB declared": bytes(lying),
        "bzip2": zip_of({member: b"1"}, method=ZIP_BZIP2),
        "LZMA": zip_of({member: b"1"}, method=ZIP_LZMA),
        "a list of members of 4 GB": whole[: whole.rindex(b"PK\x05\x06") + 12] + b"\xff\xff\xff\xff" + bytes(6),
        "a list that lies elsewhere": whole[:-10] + b"\0\xff\xff\xff\0\0\0\0\0\0",
    }


def malformed_zip() -> Files:
    """Zips of pictures with one fault each."""
    pictures = {f"{'cat' if n % 2 else 'dog'}/{n}.png": picture("PNG", (8, 8)) for n in range(20)}
    whole, (one, *_) = zip_of(pictures), pictures.values()
    link = ZipInfo("cat/link.png")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    linked = io.BytesIO(whole)
    with ZipFile(linked, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    slips = ("../../up.png", "/etc/up.png", "C:/up.png", "cat/../../up.png", "..\\up.png", "\\\\server\\up.png")
    many = (b"PK\x01\x02" + bytes(42)) * 100_001
    many += b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 65_535, 65_535, len(many), 0, 0)
    black = png(2000, 2000, png_chunk(b"IDAT", zlib.compress(bytes(2000 * 251), 9)), depth=1, colour=0)
    return filled(
        {
            "empty": b"",
            "a text": b"Dear all",
            "nothing in it": zip_of({}),
            "pictures in no folder": zip_of({"1.png": one, "2.png": one}),
            "no pictures": zip_of({"cat/1.txt": b"a", "dog/1.txt": b"b"}),
            "one class": zip_of({f"cat/{n}.png": one for n in range(9)}),
            "texts as pictures": zip_of(dict.fromkeys(pictures, b"Dear all")),
            "halves of pictures": zip_of(dict.fromkeys(pictures, one[:80])),
            "pictures of 64 megapixels": zip_of(dict.fromkeys(pictures, png(8000, 8000))),
            "pictures of 30 MB, packed": zip_of(dict.fromkeys(pictures, one + bytes(30_000_000))),
            "300 pictures of 4 megapixels": zip_of({f"{'ab'[n % 2]}/{n}.png": black for n in range(300)}),
            "pictures of another kind": zip_of({f"{'ab'[n % 2]}/{n}.pcx": picture("PCX") for n in range(9)}),
            "a class of texts": zip_of({**pictures, "bird/x.png": b"Dear all"}),
            "a table of no pictures": zip_of({"images/1.png": one, "labels.csv": b"file,label\n7.png,a\n8.png,b\n"}),
            "a table in UTF-16": zip_of({"images/1.png": one, "labels.csv": "file,label\n1.png,a\n".encode("utf-16")}),
            "half an array": zip_of({"x.npy": npy(described((20, 5))), "y.npy": npy(described((20,)), bytes(160))}),
            "two tables": zip_of({"a.csv": table(), "b.csv": table()}),
            "an array of 8 TB": zip_of({"x.npy": npy(described((10**6, 10**6))), "y.npy": npy(described((20,)))}),
            "100,001 files": many,
            "a class of 300 letters": zip_of({**pictures, "a" * 300 + "/1.png": one}),
            "a zip in a zip": zip_of({"pets.zip": whole}),
            "a link to another file": linked.getvalue(),
            **{f"the name {name!r}": zip_of({**pictures, name: one}) for name in slips},
            **hostile_zips(whole, "cat/1.png"),
        },
        whole,
    )


def idx(kind: int, *sizes: int, content: bytes = b"") -> bytes:
    """An IDX file that declares these sizes."""
    return struct.pack(f">HBB{len(sizes)}I", 0, kind, len(sizes), *sizes) + content


def malformed_idx() -> Files:
    """Malformed IDX files of pictures; their label file has twenty labels."""
    whole = idx(8, 20, 6, 6, content=_DICE.integers(0, 256, 720, np.uint8).tobytes())
    packed = gzip.compress(whole)
    return filled(
        {
            "empty": b"",
            "a text": b"Dear all",
            "zeros": bytes(5000),
            "4 GB declared": idx(8, 2**32 - 1, 1, 1),
            "2⁹⁶ numbers declared": idx(8, *[2**32 - 1] * 3),
            "900 MB declared": idx(8, 900_000_000, 1, 1),
            "no rows": idx(8, 0, 6, 6),
            "no columns": idx(8, 20, 0, 6),
            "a type that is none": idx(7, 20, 6, 6, content=bytes(720)),
            "five axes": idx(8, 20, 6, 6, 1, 1, content=bytes(720)),
            "no axes": idx(8),
            "more rows than labels": idx(8, 21, 6, 6, content=bytes(756)),
            "numbers that are none": idx(0x0D, 20, 2, 2, content=b"\x7f\xc0\0\0" * 80),
            "gzip of nothing": gzip.compress(b""),
            "gzip of a text": gzip.compress(b"Dear all"),
            "gzip that is none": b"\x1f\x8b" + bytes(500),
            "gzip with a broken sum": packed[:-8] + bytes(8),
            "a bomb of 4 GB": gzip.compress(idx(8, 2**32 - 1, 1, 1) + bytes(50_000_000)),
            **{f"gzip, {name}": content for name, content in cut(packed, 15, least=10).items()},
        },
        whole,
    )


def malformed_config() -> Files:
    """Config files with one fault each."""
    good = json.dumps(json.loads(ExperimentConfig().to_json()))

    def with_(**changes: object) -> bytes:
        return json.dumps({**json.loads(good), **changes}).encode()

    wrong: dict[str, object] = {
        "epochs": -1,
        "steps": 5,
        "learning_rate": "fast",
        "batch_size": 10**9,
        "layers": [[]],
        "seed": 10**400,
        "dataset": "",
        "label": "a" * 200,
        "optimizer": ["adam"],
        "loss": {"a": 1},
        "use_bias": "perhaps",
        "validation_split": 7,
        "colour": "red",
        "name": "x" * 81,
        "momentum": None,
    }
    return filled(
        {
            **{f"{name}: {str(value)[:20]!r}": with_(**{name: value}) for name, value in wrong.items()},
            "a Lambda layer": with_(layers=[{"kind": "lambda", "function": "eval"}]),
            "31 layers": with_(layers=[{"kind": "dense", "units": 8}] * 31),
            "10¹² units": with_(layers=[{"kind": "dense", "units": 10**12}]),
            "empty": b"",
            "a list": b"[1]",
            "a number": b"7",
            "null": b"null",
            "NaN": b'{"learning_rate": NaN}',
            "binary": bytes(range(256)),
            "UTF-16": good.encode("utf-16"),
            "deep lists": b"[" * 100_000,
            "deep objects": b'{"a":' * 100_000,
            "a number of 100,000 digits": b'{"seed": ' + b"9" * 100_000 + b"}",
            "5 MB": good.encode() + b" " * 5_000_000,
            "half a letter": b'{"name": "\\ud83d"}',
        },
        good.encode(),
    )


def read_idx_pictures(path: Path) -> object:
    """Read pictures with a valid label file beside them."""
    path.with_name("train-labels-idx1-ubyte").write_bytes(idx(8, 20, content=bytes([0, 1] * 10)))
    return load_dataset(str(path))


def read_data(path: Path) -> object:
    """Read a file as `--dataset` does."""
    return load_dataset(str(path))


#: Format -> its malformed files, their name on disk, and the function that reads them.
FORMATS: dict[str, tuple[Callable[[], Files], str, Callable[[Path], object]]] = {
    "PNG": (malformed_png, "digit.png", open_picture),
    "JPEG": (malformed_jpeg, "photo.jpg", open_picture),
    "WebP": (malformed_webp, "digit.webp", open_picture),
    "GIF": (malformed_gif, "digit.gif", open_picture),
    "BMP": (malformed_bmp, "digit.bmp", open_picture),
    "TIFF": (malformed_tiff, "scan.tiff", open_picture),
    "HEIC": (malformed_heic, "photo.heic", open_picture),
    "CSV": (malformed_csv, "table.csv", read_data),
    "npz": (malformed_npz, "mine.npz", read_data),
    "zip": (malformed_zip, "pets.zip", read_data),
    "IDX": (malformed_idx, "train-images-idx3-ubyte", read_idx_pictures),
    "JSON": (malformed_config, "config.json", ExperimentConfig.from_file),
}


def outcomes(kind: str, folder: Path) -> Iterator[tuple[str, str, float, float]]:
    """Read each file of a format: description, message (or the fault in capitals), seconds, megabytes."""
    make, name, read = FORMATS[kind]
    for what, content in make().items():
        path = folder / name
        path.write_bytes(content)
        before, start = _memory(reset=True), time.perf_counter()
        try:
            read(path)
            said = "TAKEN"
        except ToolkitError as error:
            said = str(error)
        except Exception as error:
            said = f"RAISED {error!r}"
        yield what, said, time.perf_counter() - start, _memory() - before


def _memory(*, reset: bool = False) -> float:
    """The peak memory of this process since the last reset, in MB."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def is_fault(said: str, seconds: float, megabytes: float) -> bool:
    """Whether a file was accepted, raised a wrong error, or took too much time or memory."""
    return said.startswith(("TAKEN", "RAISED")) or seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES


def _measure(kind: str) -> list[tuple[str, str, float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        return list(outcomes(kind, Path(folder)))


def main() -> int:
    """Print one line per format; returns the number of faults."""
    faults = 0
    for kind in FORMATS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(_measure, (kind,))
        wrong = [one for one in found if is_fault(*one[1:])]
        slowest, largest = max(found, key=lambda one: one[2]), max(found, key=lambda one: one[3])
        print(
            f"{kind}: {len(found) - len(wrong)} of {len(found)} refused with a sentence; slowest {slowest[2]:.2f} s "
            f"({slowest[0]}), most memory {largest[3]:.0f} MB ({largest[0]})",
            flush=True,
        )
        for what, said, seconds, megabytes in wrong:
            print(f"  {what}: {said[:200]} ({seconds:.2f} s, {megabytes:.0f} MB)")
        faults += len(wrong)
    return faults


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
