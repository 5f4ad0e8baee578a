"""Two programs read the same members in a zip, or it is refused: as a model file, and as data."""

import io
import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import pytest
from zips import (
    Member,
    descriptor,
    differing,
    extra,
    member,
    streamed,
    unicode_path,
    with_large_end,
    zip_bytes,
)

from toolkit.datasets.archives import opened_zip
from toolkit.datasets.zip_records import MismatchError, read_records
from toolkit.errors import DataError

A, B = member(b"cat/1.png", b"one"), member(b"dog/2.png", b"two")
KOREAN = "강아지/1.png"


def both(one: Member, **changes: object) -> Member:
    """A member with something else in both places."""
    return differing(one, local=changes, listed=changes)


#: What is told in two ways -> the zip, and the clause that says so.
MISMATCHES: dict[str, tuple[bytes, str]] = {
    "a name cut at NUL": (zip_bytes(member(b"cat/1.png\0.exe"), B), "the name of a member holds NUL"),
    "a name that is nothing but NUL": (zip_bytes(A, member(b"\0")), "the name of a member holds NUL"),
    "NUL in the list alone": (zip_bytes(differing(A, listed={"name": b"cat/\0.png"})), "holds NUL"),
    "a line end in a name": (zip_bytes(member(b"cat/1\n.png")), "another control character"),
    "an escape in a name": (zip_bytes(member(b"cat/\x1b[31m1.png")), "another control character"),
    "a deletion in a name": (zip_bytes(member(b"cat/1\x7f.png")), "another control character"),
    "no name": (zip_bytes(A, member(b"")), "a member has no name"),
    "two names": (zip_bytes(differing(A, local={"name": b"cat/9.png"}), B), "a member has two names"),
    "a longer name before the data": (zip_bytes(differing(A, local={"name": b"cat/1.png~"})), "a member has two names"),
    "another name in Unicode": (
        zip_bytes(both(A, extra=unicode_path(b"cat/1.png", "dog/1.png"))),
        "another name in Unicode",
    ),
    "another name in Unicode in the list": (
        zip_bytes(differing(A, listed={"extra": unicode_path(b"cat/1.png", "../x")})),
        "another name in Unicode",
    ),
    "another name in Unicode before the data": (
        zip_bytes(differing(A, local={"extra": unicode_path(b"cat/1.png", "dog/1.png")})),
        "another name in Unicode",
    ),
    "two names in Unicode": (
        zip_bytes(
            differing(
                member(KOREAN.encode("cp949")),
                local={"extra": unicode_path(KOREAN.encode("cp949"), "개/1.png")},
                listed={"extra": unicode_path(KOREAN.encode("cp949"), KOREAN)},
            )
        ),
        "two names in Unicode",
    ),
    "a name in Unicode twice": (
        zip_bytes(both(A, extra=2 * unicode_path(b"cat/1.png", "cat/1.png"))),
        "extra fields of a member are damaged",
    ),
    "a Unicode name of another plain one": (
        zip_bytes(both(member(KOREAN.encode("cp949")), extra=unicode_path(b"other", KOREAN))),
        "another name in Unicode",
    ),
    "UTF-8 in the list alone": (zip_bytes(differing(A, listed={"flags": 0x800})), "differ in flags or method"),
    "UTF-8 before the data alone": (zip_bytes(differing(A, local={"flags": 0x800})), "differ in flags or method"),
    "encrypted before the data alone": (zip_bytes(differing(A, local={"flags": 1})), "differ in flags or method"),
    "two methods": (zip_bytes(differing(A, local={"method": 8})), "differ in flags or method"),
    "sizes behind the data for one alone": (zip_bytes(differing(A, local={"flags": 8})), "differ in flags or method"),
    "two check sums": (zip_bytes(differing(A, local={"checksum": 1})), "two sizes or checksums"),
    "two sizes": (zip_bytes(differing(A, local={"size": 2})), "two sizes or checksums"),
    "two packed sizes": (zip_bytes(differing(A, local={"packed": 2})), "two sizes or checksums"),
    "stored, and smaller unpacked": (zip_bytes(both(A, size=2)), "not compressed has two sizes"),
    "other sizes behind the data": (
        zip_bytes(replace(streamed(b"a"), behind=descriptor(b"other"))),
        "there is something between",
    ),
    "no sizes behind the data": (zip_bytes(replace(streamed(b"a"), behind=b""), B), "there is something between"),
    "sizes behind the data that nobody announced": (zip_bytes(replace(A, behind=descriptor(b"one")), B), "between"),
    "a member that is not listed": (zip_bytes(replace(A, behind=zip_bytes(B)[:42]), B), "there is something between"),
    "a member over another": (zip_bytes(A, replace(B, local=A.local, listed=A.listed, offset=0)), "members overlap"),
    "a member within another": (
        zip_bytes(member(b"a", zip_bytes(B)[:42]), replace(B, offset=31)),
        "members overlap",
    ),
    "a member beyond the end": (zip_bytes(replace(A, offset=9999)), "there is something before its first member"),
    "a script before it": (zip_bytes(A, before=b"#!/bin/sh\n"), "there is something before its first member"),
    "a script before it, unknown to it": (b"#!/bin/sh\n" + zip_bytes(A), "is not where it should be"),
    "another zip before it": (zip_bytes(B) + zip_bytes(A), "is not where it should be"),
    "another zip behind it": (zip_bytes(A, behind=zip_bytes(B)), "is not where it should be"),
    "bytes behind it": (zip_bytes(A, behind=b"\n"), "more than one end record"),
    "another end in its comment": (zip_bytes(A, comment=zip_bytes()), "more than one end record"),
    "the mark of an end in its comment": (zip_bytes(A, comment=b"PK\5\6 see above"), "more than one end record"),
    "fewer members than listed": (zip_bytes(A, B, members=1), "more or fewer members"),
    "more members than listed": (zip_bytes(A, members=2), "more or fewer members"),
    "a shorter list": (zip_bytes(A, B, length=55), "is not where it should be"),
    "a list that starts elsewhere": (zip_bytes(A, B, start=3), "is not where it should be"),
    "a part of several files": (zip_bytes(A)[:-18] + b"\1\0\1\0" + zip_bytes(A)[-14:], "part of a split archive"),
    "two ends that contradict each other": (with_large_end(zip_bytes(A), small={"members": 2}), "contradict"),
    "two ends with two lists": (with_large_end(zip_bytes(A), small={"start": 0}), "contradict"),
    "a large end that lies elsewhere": (with_large_end(zip_bytes(A), position=7), "64-bit end record is not where"),
    "a large list elsewhere": (with_large_end(zip_bytes(A), start=1), "is not where it should be"),
    "more members in the large end": (with_large_end(zip_bytes(A), members=2), "more or fewer members"),
    "64-bit sizes that are cut short": (
        zip_bytes(differing(A, local={"size": 0xFFFF_FFFF, "extra": extra(1, b"\3\0")})),
        "64-bit sizes of a member are cut short",
    ),
    "other sizes in 64 bits": (zip_bytes(both(A, extra=extra(1, struct.pack("<2Q", 9, 9)))), "other sizes in 64 bits"),
    "a note that is cut short": (
        zip_bytes(differing(A, local={"extra": b"\1\x70\x20\0abc"})),
        "extra fields of a member are damaged",
    ),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_zip_that_programs_read_differently_is_not_taken_as_data(name: str, tmp_path: Path) -> None:
    content, clause = MISMATCHES[name]
    path = tmp_path / "pets.zip"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught, opened_zip(path, path.name, most_bytes=1000):
        pass
    assert str(caught.value).startswith("pets.zip holds one thing for some programs and another for others: ")
    assert clause in str(caught.value)
    assert str(caught.value).endswith(". Make the zip again from plain files.")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        (b"cat/1.png", b"cat/./1.png", "cat/1.png"),
        (b"cat/1.png", b"cat//1.png", "cat/1.png"),
        (b"cat/1.png", b"cat\\1.png", "cat/1.png"),
        (b"cat", b"cat/", "cat"),
    ],
)
def test_two_spellings_of_one_place_are_one_name(first: bytes, second: bytes, place: str, tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    path.write_bytes(zip_bytes(member(first), member(second, b"")))
    with pytest.raises(DataError) as caught, opened_zip(path, path.name, most_bytes=1000):
        pass
    assert str(caught.value) == f"pets.zip holds two files of the same name: {place}. Make the zip again."


def test_two_ways_to_write_a_letter_are_one_name(tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    spellings = ("caf\u00e9/1.png", "cafe\u0301/1.png")
    path.write_bytes(zip_bytes(*(member(one.encode(), flags=0x800) for one in spellings)))
    with pytest.raises(DataError, match=r"holds two files of the same name: café/1\.png"):
        opened_zip(path, path.name, most_bytes=1000).__enter__()


class _Pipe(io.RawIOBase):
    """A target that can't go back, as a download is written."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        self.content += bytes(content)  # type: ignore[call-overload]
        return len(bytes(content))  # type: ignore[call-overload]


def _python(**options: int) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", **options) as archive:
        for name in ("cat/1.png", KOREAN, "empty/"):
            archive.writestr(name, b"" if name.endswith("/") else b"content" * 9)
    return content.getvalue()


def _streamed_by_python(**options: bool) -> bytes:
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive, archive.open(ZipInfo("a.txt"), "w", **options) as file:
        file.write(b"content" * 9)
    return bytes(pipe.content)


def _numpy() -> bytes:
    content = BytesIO()
    np.savez_compressed(content, x=np.arange(9), y=np.arange(9))
    return content.getvalue()


def _large(*, by: str) -> bytes:
    many = [member(b"%d" % number, b"") for number in range(65_540)]
    return zip_bytes(*many, members=4) if by == "macOS" else with_large_end(zip_bytes(*many, members=0), members=65_540)


HONEST = {
    "Python": _python(),
    "Python, compressed": _python(compression=ZIP_DEFLATED),
    "Python, streamed": _streamed_by_python(),
    "Python, streamed with 64-bit sizes": _streamed_by_python(force_zip64=True),
    "NumPy": _numpy(),
    "nothing in it": zip_bytes(),
    "macOS": zip_bytes(streamed(b"cat/1.png"), streamed(b"__MACOSX/cat/._1.png"), member(b"cat/Icon\r", b"")),
    "sizes behind the data without a mark": zip_bytes(streamed(b"a", mark=b""), streamed(b"b", wide=True)),
    "an empty file whose sizes stand behind it": zip_bytes(both(member(b"a", b""), flags=8), B),
    "Windows in Korean": zip_bytes(member(KOREAN.encode("cp949"))),
    "a Korean packer that tells the name in Unicode too": zip_bytes(
        both(member(KOREAN.encode("cp949")), extra=unicode_path(KOREAN.encode("cp949"), KOREAN))
    ),
    "times of Unix": zip_bytes(
        differing(
            A, local={"extra": extra(0x5455, b"\3" + bytes(8))}, listed={"extra": extra(0x5455, b"\3" + bytes(4))}
        )
    ),
    "a comment": zip_bytes(A, comment=b"Made by hand."),
    "a large end where none is needed": with_large_end(zip_bytes(A)),
    "in another order than listed": zip_bytes(A, B),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_zip_is_taken(name: str) -> None:
    with ZipFile(BytesIO(HONEST[name])) as archive:
        listed = [one.header_offset for one in archive.infolist()]
    assert [one.offset for one in read_records(BytesIO(HONEST[name]))] == sorted(listed)
    with opened_zip(BytesIO(HONEST[name]), "mine.zip", most_bytes=10_000) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("by", ["macOS", "others"])
def test_more_members_than_16_bits_can_count_are_taken(by: str) -> None:
    """macOS writes the number without its higher bits, others a record with 64-bit numbers."""
    assert len(read_records(BytesIO(_large(by=by)))) == 65_540


def test_a_name_in_unicode_is_the_name() -> None:
    name = "펲시/1.png".encode("cp949")  # Without it, these bytes pass for letters of the first PC.
    content = zip_bytes(both(member(name), extra=unicode_path(name, "펲시/1.png")))
    with opened_zip(BytesIO(content), "mine.zip", most_bytes=1000) as archive:
        assert archive.namelist() == ["펲시/1.png"]
        assert archive.read(archive.infolist()[0]) == b"1"


@pytest.mark.parametrize("seed", range(5))
def test_of_any_bit_that_is_flipped_nothing_but_a_mismatch_comes(seed: int) -> None:
    """No other error, whatever stands there; and where none comes, the same names as Python reads."""
    good = bytearray(HONEST["Python"])
    random = np.random.default_rng(seed)
    for _ in range(400):
        spoiled = bytearray(good)
        for place in random.integers(0, len(good), 1 + seed):
            spoiled[place] ^= 1 << random.integers(8)
        try:
            records = read_records(BytesIO(bytes(spoiled)))
        except MismatchError:
            continue
        try:
            with ZipFile(BytesIO(bytes(spoiled))) as archive:
                told = sorted(one.orig_filename for one in archive.infolist())
        except (BadZipFile, NotImplementedError, UnicodeDecodeError):
            continue
        decoded = (one.name.decode("utf-8" if one.flags & 0x800 else "cp437") for one in records)
        assert sorted(decoded) == told
