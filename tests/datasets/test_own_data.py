"""A path as a data set: known without loading it twice, and recognised when it has changed."""

import os
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import dataset_info, dataset_title, fingerprint, is_own, load_dataset
from toolkit.errors import ConfigError


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


def test_a_fingerprint_changes_with_a_file_and_with_any_file_of_a_folder(table: Path) -> None:
    folder = table.parent
    before = fingerprint(table), fingerprint(folder)
    assert before == (fingerprint(table), fingerprint(folder))
    with table.open("a") as file:
        file.write("9,9,x\n")
    assert fingerprint(table) != before[0]
    assert fingerprint(folder) != before[1]


def test_the_split_off_test_part_is_always_the_same(table: Path) -> None:
    first = load_dataset(str(table)).x_test
    load_dataset("iris")
    other = table.with_name("copy.csv")
    other.write_bytes(table.read_bytes())
    np.testing.assert_array_equal(load_dataset(str(other)).x_test, first)
