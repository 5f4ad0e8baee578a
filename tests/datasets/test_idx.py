"""IDX files under MNIST's names, gzipped or not."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import fingerprint, load_dataset
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
        "The labels of train-images-idx3-ubyte are missing. Put train-labels-idx1-ubyte beside it."
    )


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_any_of_the_files_to_train_with_names_the_data(tmp_path: Path, name: str) -> None:
    data = load_dataset(str(write(tmp_path) / name))
    assert (len(data.x_train), len(data.x_test), data.name) == (20, 20, name)


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    (write(tmp_path) / "train-images-idx3-ubyte").unlink()
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "train-labels-idx1-ubyte"))
    assert str(caught.value) == (
        "The pictures of train-labels-idx1-ubyte are missing. Put train-images-idx3-ubyte beside it."
    )


def test_a_file_of_another_name_says_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "digits.idx3").write_bytes(idx(PICTURES))
    with pytest.raises(DataError, match=r"^digits.idx3 must be the file of pictures, with images in its name\. "):
        load_dataset(str(tmp_path / "digits.idx3"))


def test_names_without_idx_do_when_a_file_of_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "my_images.bin").write_bytes(idx(PICTURES))
    (tmp_path / "my_labels.bin").write_bytes(idx(LABELS))
    assert len(load_dataset(str(tmp_path / "my_images.bin")).x_train) == 16


PARTS = [f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte")]


def write_in_folders(folder: Path, *, beside: bool) -> Path:
    """Each file in a folder that is called like it, as Kaggle unpacks them; beside: the files once more."""
    for name in PARTS:
        (folder / name).mkdir(parents=True)
        content = idx(PICTURES if "images" in name else LABELS)
        (folder / name / name).write_bytes(content)
        if beside:
            (folder / name.replace("-idx", ".idx")).write_bytes(content)
    return folder


@pytest.mark.parametrize("beside", [True, False], ids=["files beside them", "folders alone"])
@pytest.mark.parametrize(
    "named",
    ["", PARTS[0], PARTS[1], f"{PARTS[0]}/{PARTS[0]}", f"{PARTS[1]}/{PARTS[1]}"],
    ids=["the top", "a folder of pictures", "a folder of labels", "its pictures", "its labels"],
)
def test_a_folder_called_like_a_file_is_none(tmp_path: Path, named: str, beside: bool) -> None:
    path = write_in_folders(tmp_path / "mnist", beside=beside) / named
    data = load_dataset(str(path))
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        np.testing.assert_array_equal(x, PICTURES)
        np.testing.assert_array_equal(y, LABELS)
    assert fingerprint(path) == fingerprint(path)


def test_files_may_lie_deeper_and_be_there_twice(tmp_path: Path) -> None:
    """As torchvision keeps them: unpacked beside the packed ones."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    write(write(raw), zipped=True)
    data = load_dataset(str(tmp_path))
    assert (len(data.x_train), len(data.x_test), data.notes) == (20, 20, ())


def test_of_several_data_sets_in_a_folder_one_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    write(tmp_path, "kmnist-{part}-{what}-ubyte")
    write(tmp_path, "digits-{part}-{what}-ubyte")
    data = load_dataset(str(tmp_path))
    assert data.notes == (
        f"{tmp_path.name} holds several data sets: digits was read, and not kmnist. To read another, name its file of "
        "pictures.",
    )
    assert load_dataset(str(tmp_path / "kmnist-train-images-idx3-ubyte")).notes == ()


def test_of_the_columns_of_qmnists_labels_the_digit_is_the_class(tmp_path: Path) -> None:
    columns = np.arange(160, dtype=np.int32).reshape(20, 8)
    columns[:, 0] = LABELS
    for part in ("train", "test"):
        (tmp_path / f"qmnist-{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(PICTURES)))
        (tmp_path / f"qmnist-{part}-labels-idx2-int.gz").write_bytes(gzip.compress(idx(columns)))
    data = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(data.y_train, LABELS)
    np.testing.assert_array_equal(data.y_test, LABELS)
    assert data.notes == (
        f"{tmp_path.name}: the labels have 8 columns, as QMNIST's do: the class is the first, the digit; the others "
        "tell of the writer.",
    )


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
        "dataset must be a .npz, .npy, CSV, zip or IDX file, or a folder of pictures. Received: mine.xlsx. "
        "Save your data as one of these."
    )
