"""EMNIST as it is published: pictures with rows and columns swapped, letters as numbers."""

import gzip
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image, ImageDraw
from test_idx import idx

from toolkit.datasets import Dataset, load_dataset


def letter_l() -> np.ndarray:
    """An L as a person reads it."""
    picture = Image.new("L", (28, 28))
    ImageDraw.Draw(picture).line([(8, 4), (8, 24), (20, 24)], fill=255, width=3)
    return np.asarray(picture)


#: Ten pictures of an L, as published.
TRANSPOSED = np.stack([letter_l().T] * 10)


def write(folder: Path, split: str, labels: list[int], *, parts: tuple[str, ...] = ("train", "test")) -> Path:
    """A split's files; labels: of each part, ten."""
    for part in parts:
        for what, array in (("images-idx3", TRANSPOSED), ("labels-idx1", np.array(labels, np.uint8))):
            (folder / f"emnist-{split}-{part}-{what}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
    return folder


def upright(data: Dataset) -> bool:
    return all((row == letter_l()).all() for row in (*data.x_train, *data.x_test))


@pytest.mark.parametrize(
    ("split", "labels", "class_names"),
    [
        ("letters", [1, 26, 12, 1, 26, 12, 1, 26, 12, 1], ("A", "L", "Z")),
        ("digits", [0, 9, 0, 9, 0, 9, 0, 9, 0, 9], ("0", "9")),
        ("mnist", [3, 4, 3, 4, 3, 4, 3, 4, 3, 4], ("3", "4")),
        ("balanced", [0, 10, 36, 46, 38, 0, 10, 36, 46, 38], ("0", "A", "a", "d", "t")),
        ("bymerge", [9, 35, 40, 41, 45, 9, 35, 40, 41, 45], ("9", "Z", "f", "g", "r")),
        ("byclass", [0, 10, 36, 61, 12, 0, 10, 36, 61, 12], ("0", "A", "C", "a", "z")),
    ],
)
def test_every_split_is_upright_and_its_classes_are_characters(
    tmp_path: Path, split: str, labels: list[int], class_names: tuple[str, ...]
) -> None:
    data = load_dataset(str(write(tmp_path, split, labels)))
    assert upright(data)
    assert data.class_names == class_names
    assert data.notes[0] == (
        f"{tmp_path.name}: EMNIST's pictures are stored with rows and columns swapped; they were turned upright."
    )
    assert data.notes[1].startswith(
        f"{tmp_path.name}: EMNIST's labels are numbers; they were replaced with the characters that they stand for: "
    )
    assert len(data.notes) == 2


def test_the_mapping_beside_the_files_says_what_the_labels_stand_for(tmp_path: Path) -> None:
    write(tmp_path, "letters", [1, 2] * 5)
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 88 120\n2 89 121\n")
    assert load_dataset(str(tmp_path)).class_names == ("X", "Y")


@pytest.mark.parametrize("content", ["", "a b c\n", "1\n2\n", "\0" * 20_000])
def test_a_mapping_that_is_none_is_passed_over(tmp_path: Path, content: str) -> None:
    write(tmp_path, "letters", [1, 2] * 5)
    (tmp_path / "emnist-letters-mapping.txt").write_text(content)
    assert load_dataset(str(tmp_path)).class_names == ("A", "B")


def test_labels_that_stand_for_nothing_stay_numbers(tmp_path: Path) -> None:
    data = load_dataset(str(write(tmp_path, "letters", [0, 1] * 5)))
    assert upright(data)
    assert (data.class_names, len(data.notes)) == (("0", "1"), 1)


def test_one_part_alone_is_upright_too(tmp_path: Path) -> None:
    data = load_dataset(str(write(tmp_path, "letters", [1, 2] * 5, parts=("train",))))
    assert upright(data)
    assert (len(data.x_train), len(data.x_test)) == (8, 2)


def test_of_several_splits_the_named_one_is_read(tmp_path: Path) -> None:
    write(write(tmp_path, "letters", [1, 2] * 5), "balanced", [0, 36] * 5)
    assert load_dataset(str(tmp_path / "emnist-letters-train-images-idx3-ubyte.gz")).class_names == ("A", "B")
    data = load_dataset(str(tmp_path))
    assert data.class_names == ("0", "a")
    assert data.notes[0] == (
        f"{tmp_path.name} holds several data sets: emnist-balanced was read, and not emnist-letters. To read another, "
        "name its file of pictures."
    )


def test_the_zip_that_it_is_published_in_is_read(tmp_path: Path) -> None:
    write(tmp_path, "letters", [1, 2] * 5)
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 88 120\n2 89 121\n")
    with ZipFile(tmp_path / "gzip.zip", "w") as archive:
        for file in tmp_path.glob("emnist*"):
            archive.write(file, f"gzip/{file.name}")
    data = load_dataset(str(tmp_path / "gzip.zip"))
    assert upright(data)
    assert (data.class_names, data.name) == (("X", "Y"), "gzip.zip")
    assert data.notes[0].startswith("gzip.zip: EMNIST's pictures")


def test_files_of_other_names_or_sizes_are_not_turned(tmp_path: Path) -> None:
    small = np.arange(10 * 20 * 28, dtype=np.uint8).reshape(10, 20, 28)
    for name, pictures in (("letters", TRANSPOSED), ("emnist-letters", small)):
        (tmp_path / f"{name}-train-images-idx3-ubyte").write_bytes(idx(pictures))
        (tmp_path / f"{name}-train-labels-idx1-ubyte").write_bytes(idx(np.array([1, 2] * 5, np.uint8)))
        data = load_dataset(str(tmp_path / f"{name}-train-images-idx3-ubyte"))
        assert {row.tobytes() for row in (*data.x_train, *data.x_test)} == {row.tobytes() for row in pictures}
