"""IDX files under MNIST's names, gzipped or not."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import load_dataset
from toolkit.errors import ConfigError, DataError

PICTURES = np.random.default_rng(0).integers(0, 256, (20, 5, 4), np.uint8)
LABELS = (np.arange(20) % 2).astype(np.uint8)
_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray) -> bytes:
    """An array as the format has it: 0, 0, type, axes, sizes, then the numbers, largest byte first."""
    kind = array.dtype.str[1:]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, _CODES[kind], array.ndim, *array.shape)
    return header + array.astype(f">{kind}").tobytes()


def write(folder: Path, names: str = "{part}-{what}-ubyte", *, test: str | None = "t10k", zipped: bool = False) -> Path:
    """The four files, or two where there is no test part; returns the folder."""
    for part in ("train", *([test] if test else [])):
        for what, array in (("images-idx3", PICTURES), ("labels-idx1", LABELS)):
            path = folder / (names.format(part=part, what=what) + (".gz" if zipped else ""))
            path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    return folder


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("test", ["t10k", "test"])
def test_a_folder_of_four_files_is_a_data_set(tmp_path: Path, test: str, zipped: bool) -> None:
    data = load_dataset(str(write(tmp_path, test=test, zipped=zipped)))
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        np.testing.assert_array_equal(x, PICTURES)
        np.testing.assert_array_equal(y, LABELS)
    assert (data.x_train.dtype, data.class_names, data.notes) == (np.uint8, ("0", "1"), ())


@pytest.mark.parametrize("names", ["{part}-{what}-ubyte", "emnist-{part}-{what}-ubyte"])
def test_one_file_of_pictures_names_the_others(tmp_path: Path, names: str) -> None:
    write(tmp_path, names)
    data = load_dataset(str(tmp_path / names.format(part="train", what="images-idx3")))
    assert (len(data.x_train), len(data.x_test)) == (20, 20)


def test_what_macos_puts_beside_a_copied_file_is_passed_over(tmp_path: Path) -> None:
    (write(tmp_path) / "._train-images-idx3-ubyte").write_bytes(b"?")
    assert len(load_dataset(str(tmp_path)).x_train) == 20


def test_without_a_test_part_one_is_split_off(tmp_path: Path) -> None:
    data = load_dataset(str(write(tmp_path, test=None)))
    assert (len(data.x_train), len(data.x_test)) == (16, 4)
    assert "has no test part" in data.notes[0]


@pytest.mark.parametrize("kind", sorted(_CODES))
def test_every_type_of_number_is_read(tmp_path: Path, kind: str) -> None:
    from toolkit.datasets.idx import read_idx

    array = np.arange(-3, 3).reshape(2, 3).astype(kind)
    (tmp_path / "some").write_bytes(idx(array))
    read = read_idx(tmp_path / "some")
    np.testing.assert_array_equal(read, array)
    assert read.dtype == array.dtype


def test_missing_labels_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path))
    assert str(caught.value) == (
        f"The labels of train-images-idx3-ubyte are missing. Put train-labels-idx1-ubyte beside it, in {tmp_path}."
    )


def test_the_file_of_labels_is_not_the_one_to_name(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(DataError, match=r"^train-labels-idx1-ubyte must be the file of pictures, with images in its "):
        load_dataset(str(tmp_path / "train-labels-idx1-ubyte"))


def test_a_file_that_was_cut_short_says_how_much_is_there(tmp_path: Path) -> None:
    path = write(tmp_path) / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path))
    assert str(caught.value) == (
        "train-images-idx3-ubyte is cut short: it declares 400 bytes. Received: 84. Copy it again."
    )


def test_a_torn_gzip_file_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path, zipped=True) / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path))
    pattern = r"train-images-idx3-ubyte\.gz can't be read as an IDX file \(.+\)\. Copy it again\."
    assert re.fullmatch(pattern, str(caught.value))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"",
            "train-images-idx3-ubyte is not an IDX file: it must start with 0, 0, a type and 1 to 4 axes. "
            "Copy it again.",
        ),
        (b"\0\0\x08\x03\0\0", "train-images-idx3-ubyte is cut short within its first bytes. Copy it again."),
        (
            struct.pack(">BBBB3I", 0, 0, 8, 3, 10**6, 10**3, 10**3),
            "train-images-idx3-ubyte declares 1,000.0 GB; at most 1 GB is read. Save fewer rows.",
        ),
    ],
)
def test_a_header_that_can_not_be_is_explained(tmp_path: Path, content: bytes, sentence: str) -> None:
    (write(tmp_path) / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path))
    assert str(caught.value) == sentence


def test_a_file_of_another_kind_says_which_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(ConfigError) as caught:
        load_dataset(str(tmp_path / "mine.xlsx"))
    assert str(caught.value) == (
        "dataset must be a .npz, CSV, zip or IDX file, or a folder of pictures. Received: mine.xlsx. "
        "Save your data as one of these."
    )
