"""A path as a data set: known without loading it twice, and recognised when it has changed."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import dataset_info, dataset_title, fingerprint, is_own, load_dataset
from toolkit.datasets.picture_files import EXPECTED
from toolkit.errors import ConfigError, DataError
from toolkit.system.files import sha256_of


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "flowers.csv"
    path.write_text("a,b,kind\n" + "1,2,x\n3,5,y\n" * 10)
    return path


def test_what_is_known_of_a_path_is_what_is_in_it(table: Path) -> None:
    info = dataset_info(str(table))
    assert (info.title, info.row_shape, info.num_classes, info.train_rows) == ("flowers.csv · 20 rows", (2,), 2, 16)
    assert info.missing() is None
    assert info.load() is load_dataset(str(table))


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(table: Path) -> None:
    first = load_dataset(str(table))
    assert load_dataset(str(table)) is first
    before = table.stat()
    table.write_text("a,b,kind\n" + "1,2,x\n3,5,z\n" * 10)
    os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert load_dataset(str(table)).class_names == ("x", "z")
    assert dataset_info(str(table)).num_classes == 2


def test_a_path_may_be_relative_or_start_at_home(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    monkeypatch.setenv("HOME", str(table.parent))
    assert load_dataset("flowers.csv") is load_dataset("~/flowers.csv") is load_dataset(str(table))


def test_a_known_name_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris").mkdir()
    assert load_dataset("iris").num_classes == 3
    assert (is_own("iris"), is_own("./iris")) == (False, True)


def test_a_title_needs_no_file() -> None:
    assert (dataset_title("mnist"), dataset_title("/gone/flowers.csv")) == ("MNIST digits", "flowers.csv")


def test_a_path_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset("my/flowers.csv")
    assert str(caught.value) == (
        "dataset must be the name of a data set, or the path of your own data. Received: my/flowers.csv. "
        "There is no such file or folder."
    )


@pytest.mark.parametrize("name", ["iris", "mine.npz"])
def test_a_label_belongs_to_a_csv_file(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset(name, label="kind")
    assert str(caught.value) == (
        f"label must be left out: only the columns of a CSV file have names. Received: kind with {name}."
    )


def test_a_fingerprint_changes_with_a_file(table: Path) -> None:
    before = fingerprint(table)
    assert before == fingerprint(table)
    with table.open("a") as file:
        file.write("9,9,x\n")
    assert fingerprint(table) != before


def folder_of_pictures(folder: Path) -> Path:
    """Two classes; a fingerprint does not look into the pictures, and so these are none."""
    for place in ("train/cat/1.png", "train/dog/1.JPG", "test/cat/1.png", "test/dog/1.png"):
        (folder / place).parent.mkdir(parents=True)
        (folder / place).write_bytes(place.encode())
    return folder


def folder_of_idx_files(folder: Path) -> Path:
    """A part to train and one to test, whose contents are not looked into either."""
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte").write_bytes(name.encode())
    return folder


FOLDERS = pytest.mark.parametrize("made", [folder_of_pictures, folder_of_idx_files])


@FOLDERS
def test_a_folder_is_known_by_the_names_and_sums_of_its_files(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    """Runs on disk keep this sum: if it were made in another way, their data would seem to have changed."""
    files = sorted(file for file in made(tmp_path).rglob("*") if file.is_file())
    lines = "".join(f"{file.relative_to(tmp_path)} {sha256_of(file)}\n" for file in files)
    assert fingerprint(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()


@FOLDERS
def test_a_fingerprint_changes_with_any_file_that_is_read_in_a_folder(
    tmp_path: Path, made: Callable[[Path], Path]
) -> None:
    before = fingerprint(made(tmp_path))
    for file in [file for file in tmp_path.rglob("*") if file.is_file()]:
        content = file.read_bytes()
        file.write_bytes(content + b"more")
        assert fingerprint(tmp_path) != before, file
        file.write_bytes(content)
    assert fingerprint(tmp_path) == before


@FOLDERS
@pytest.mark.parametrize("name", [".DS_Store", "README.md", "._train-images-idx3-ubyte", ".cache/cat/1.png"])
def test_a_fingerprint_stays_where_a_file_comes_that_is_not_read(
    tmp_path: Path, made: Callable[[Path], Path], name: str
) -> None:
    before = fingerprint(made(tmp_path))
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"?")
    assert fingerprint(tmp_path) == before


def test_a_folder_without_data_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fingerprint(tmp_path)
    assert str(caught.value) == f"{tmp_path.name} is empty. {EXPECTED}"


def test_a_single_picture_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "three.webp").write_bytes(b"?")
    with pytest.raises(ConfigError) as caught:
        load_dataset(str(tmp_path / "three.webp"))
    assert str(caught.value) == (
        "dataset must be a .npz, .npy, CSV, zip or IDX file, or a folder of pictures. Received: three.webp. This is a "
        "single picture: name the folder of all of them, or ask a network with predict RUN PICTURE."
    )


def test_the_split_off_test_part_is_always_the_same(table: Path) -> None:
    first = load_dataset(str(table)).x_test
    load_dataset("iris")
    other = table.with_name("copy.csv")
    other.write_bytes(table.read_bytes())
    np.testing.assert_array_equal(load_dataset(str(other)).x_test, first)
