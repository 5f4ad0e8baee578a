"""Zips of arrays and tables; those of pictures are tested with the folders."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from test_idx import idx

from toolkit.datasets import load_dataset
from toolkit.errors import DataError

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (20, 6, 5), np.uint8)
Y = RANDOM.permutation(np.arange(20) % 2).astype(np.uint8)


def zipped(folder: Path, top: str = "") -> Path:
    """All files of a folder in a zip beside it."""
    path = folder.parent / "mine.zip"
    with ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, f"{top}{file.relative_to(folder)}")
    return path


def _npz(folder: Path) -> None:
    np.savez(folder / "a.npz", x=X, y=Y)


def _npy(folder: Path) -> None:
    np.save(folder / "x.npy", X)
    np.save(folder / "y.npy", Y)


def _csv(folder: Path) -> None:
    lines = [",".join(map(str, (*row.ravel(), label))) for row, label in zip(X, Y, strict=True)]
    names = ",".join(f"p{number}" for number in range(30))
    (folder / "a.csv").write_text("\n".join([f"{names},label", *lines]))


def _idx(folder: Path) -> None:
    (folder / "train-images-idx3-ubyte").write_bytes(idx(X))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(Y))


def _idx_in_folders(folder: Path) -> None:
    for name, array in (
        ("train-images-idx3-ubyte", X),
        ("train-labels-idx1-ubyte", Y),
    ):
        (folder / name).mkdir()
        (folder / name / name).write_bytes(idx(array))


@pytest.mark.parametrize("top", ["", "data/", "a/b/"])
@pytest.mark.parametrize("write", [_npz, _npy, _csv, _idx, _idx_in_folders])
def test_a_zip_of_arrays_or_of_a_table_is_read(tmp_path: Path, write: Any, top: str) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data")
    (tmp_path / "data" / "README.md").write_text("hello")
    data = load_dataset(str(zipped(tmp_path / "data", top)))
    assert data.name == "mine.zip"
    rows = zip([*data.x_train, *data.x_test], [*data.y_train, *data.y_test], strict=True)
    expected = {row.tobytes(): label for row, label in zip(X, Y, strict=True)}
    assert len(data.x_train) + len(data.x_test) == 20
    for row, label in rows:
        assert data.class_names[label] == str(expected[np.asarray(row, np.uint8).tobytes()])
    assert data.notes[-1].endswith(" has no test part: 4 of 20 rows, always the same ones, are kept for the test.")


def test_a_folder_with_one_file_of_data_is_that_file(tmp_path: Path) -> None:
    _npz(tmp_path)
    (tmp_path / "README.md").write_text("hello")
    assert load_dataset(str(tmp_path)).notes[0] == f"Read from {tmp_path.name}: a.npz, the only file of data in it."


def test_what_is_unpacked_is_limited_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "unpacked").mkdir()
    _npz(tmp_path / "data")
    path = zipped(tmp_path / "data")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "unpacked"))
    load_dataset(str(path))
    assert list((tmp_path / "unpacked").iterdir()) == []
    monkeypatch.setattr("toolkit.datasets.zipped._MOST_BYTES", 500)
    path.touch()
    with pytest.raises(DataError) as caught:
        load_dataset(str(path))
    assert str(caught.value) == "mine.zip unpacks to 0 MB of arrays; at most 0 MB are read. Keep a part of it."
