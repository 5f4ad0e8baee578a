"""NumPy's files: what is taken, and what is said of one that can't be."""

import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from toolkit.datasets import load_dataset
from toolkit.errors import DataError

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (20, 6, 5), np.uint8)
LABELS = np.arange(20) % 2


def saved(folder: Path, **arrays: Any) -> str:
    """The path of a file with these arrays."""
    np.savez(folder / "mine.npz", **arrays)
    return str(folder / "mine.npz")


def complaint(folder: Path, **arrays: Any) -> str:
    """What is said of a file with these arrays."""
    with pytest.raises(DataError) as caught:
        load_dataset(saved(folder, **arrays))
    return str(caught.value)


def test_keras_four_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    data = load_dataset(
        saved(tmp_path, x_train=PICTURES, y_train=LABELS, x_test=PICTURES[:4], y_test=LABELS[:4].reshape(4, 1))
    )

    np.testing.assert_array_equal(data.x_train, PICTURES)
    np.testing.assert_array_equal(data.x_test, PICTURES[:4])
    np.testing.assert_array_equal(data.y_test, LABELS[:4])
    assert (data.name, data.class_names, data.notes) == ("mine.npz", ("0", "1"), ())
    assert data.x_train.dtype == np.uint8


def test_x_and_y_alone_get_a_test_part_of_a_fifth_which_the_notes_tell(tmp_path: Path) -> None:
    path = saved(tmp_path, x=PICTURES, y=LABELS, other=np.zeros(3))
    data = load_dataset(path)

    assert (len(data.x_train), len(data.x_test)) == (16, 4)
    assert np.bincount(data.y_test).tolist() == [2, 2]
    assert data.notes == ("mine.npz has no test part: 4 of 20 rows, always the same ones, are kept for the test.",)
    rows = {row.tobytes() for part in (data.x_train, data.x_test) for row in part}
    assert rows == {row.tobytes() for row in PICTURES}


def test_what_a_file_claims_to_hold_is_checked_before_it_is_unpacked(tmp_path: Path) -> None:
    header = np.lib.format
    with ZipFile(tmp_path / "huge.npz", "w") as archive, archive.open("x.npy", "w") as member:
        header.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    with ZipFile(tmp_path / "huge.npz", "a") as archive, archive.open("y.npy", "w") as member:
        header.write_array(member, np.zeros(3))
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "huge.npz"))
    assert str(caught.value) == (
        "huge.npz holds 8,000.0 GB of numbers; at most 1 GB are read. Save fewer rows, or pixels as uint8."
    )


@pytest.mark.parametrize("key", ["x", "y"])
def test_python_objects_are_never_unpickled(tmp_path: Path, key: str) -> None:
    arrays = {"x": PICTURES, "y": LABELS, key: np.array([object] * 20)}
    assert complaint(tmp_path, **arrays) == (
        f"mine.npz: {key} holds Python objects, which can run code when they are read. Save plain numbers or text, for "
        f"example {key}.astype(str) for labels; rows of different sizes must be made equal first."
    )


def test_a_file_without_the_arrays_says_which_it_has(tmp_path: Path) -> None:
    assert complaint(tmp_path, vectors=PICTURES, y=LABELS) == (
        "mine.npz must hold the arrays x_train, y_train, x_test, y_test, or x and y, or the same under another usual "
        "name, such as train_images, train_labels. Received: vectors, y. Save it with np.savez('mine.npz', x=…, y=…)."
    )


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_that_was_cut_short_is_explained(tmp_path: Path, save: Any, share: float) -> None:
    path = tmp_path / "mine.npz"
    save(path, x=PICTURES, y=LABELS)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    with pytest.raises(DataError) as caught:
        load_dataset(str(path))

    pattern = r"mine\.npz can't be read as an \.npz file \(.+\)\. It may be cut short: copy or save it again\."
    assert re.fullmatch(pattern, str(caught.value))


def test_a_damaged_array_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x=PICTURES, y=LABELS)
    content = bytearray(path.read_bytes())
    content[300:400] = bytes(100)
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"^mine\.npz can't be read as an \.npz file \("):
        load_dataset(str(path))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"x": PICTURES[:19], "y": LABELS},
            "x_train and y_train must hold the same number of rows, at least one. Received: 19 and 20. "
            "Check how the file was written.",
        ),
        (
            {"x": PICTURES[:0], "y": LABELS[:0]},
            "x_train and y_train must hold the same number of rows, at least one. Received: 0 and 0. "
            "Check how the file was written.",
        ),
        (
            {"x": PICTURES, "y": np.zeros(20, int)},
            "there must be at least two classes to tell apart. Received: 1 (0). Add rows of another class.",
        ),
        (
            {"x_train": PICTURES, "y_train": LABELS, "x_test": PICTURES[:, :4], "y_test": LABELS},
            "the rows of both parts must have one shape. Received: 6 × 5 in x_train and 4 × 5 in x_test. "
            "Check how the file was written.",
        ),
        (
            {"x_train": PICTURES, "y_train": LABELS, "x_test": PICTURES, "y_test": LABELS + 1},
            "a class of the test part must have training rows too. Received: 2 in y_test alone. "
            "Add training rows, or remove it.",
        ),
        (
            {"x": np.where(np.arange(20)[:, None] == 7, np.nan, RANDOM.random((20, 3))), "y": LABELS},
            "x_train must hold finite numbers. Received: NaN or infinity in 1 of 20 rows, first in row 7. "
            "Fill these gaps, or leave those rows out.",
        ),
        (
            {"x": np.arange(20), "y": LABELS},
            "x_train must have the shape (rows, values), (rows, height, width) or (rows, height, width, channels). "
            "Received: (20,). Change it with reshape before saving.",
        ),
        (
            {"x": np.zeros((20, 8, 8, 5)), "y": LABELS},
            "x_train must have 1 or 3 channels as the last axis. Received: (20, 8, 8, 5). Keep three: x[..., :3].",
        ),
        (
            {"x": np.full((20, 2), "a"), "y": LABELS},
            "x_train must hold numbers. Received: <U1. Save plain numbers.",
        ),
        (
            {"x": PICTURES, "y": LABELS + 0.5},
            "y_train must hold classes: whole numbers or text. Received: 0.5. "
            "Numbers to predict, such as prices, are not what this toolkit learns.",
        ),
        (
            {"x": PICTURES, "y": np.zeros((20, 3))},
            "y_train must hold one label per row, shape (rows,) or (rows, 1), or one-hot rows. "
            "Received: shape (20, 3). Save the class of each row.",
        ),
        (
            {"x": np.zeros((1001, 2)), "y": np.arange(1001)},
            "there may be at most 1,000 classes. Received: 1,001 different labels, such as 0 and 1. "
            "Choose labels that name a class.",
        ),
        (
            {"x": PICTURES[:3], "y": np.array([0, 1, 2])},
            "every class needs training rows and test rows. Received: 3 rows in all, and 1 of 3 classes "
            "with too few of them. Add rows, or leave those classes out.",
        ),
    ],
)
def test_arrays_that_can_not_be_learned_from_are_explained(
    tmp_path: Path, arrays: dict[str, np.ndarray], sentence: str
) -> None:
    assert complaint(tmp_path, **arrays) == f"mine.npz: {sentence}"
