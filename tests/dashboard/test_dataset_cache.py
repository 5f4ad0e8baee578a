"""Data sets on pages: shared by all visitors, read-only, read again when a file changes, never downloaded."""

from pathlib import Path

import numpy as np
import pytest

from dashboard.shared.dataset_cache import _loaded, dataset_shown
from toolkit.config.reading import RECOGNISED
from toolkit.datasets import load_dataset
from toolkit.errors import ConfigError, DataError


def write_table(path: Path, rows: int) -> str:
    path.write_text("length,kind\n" + "1,ant\n2,bee\n" * (rows // 2))
    return str(path)


def test_every_visitor_gets_the_same_arrays_and_none_can_change_them() -> None:
    data = dataset_shown("iris")
    assert dataset_shown("iris") is data
    np.testing.assert_array_equal(data.x_train, load_dataset("iris").x_train)
    for array in (data.x_train, data.y_train, data.x_test, data.y_test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_file_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    path = write_table(tmp_path / "mine.csv", 20)
    assert len(dataset_shown(path).x_train) == 16
    write_table(tmp_path / "mine.csv", 40)
    assert len(dataset_shown(path).x_train) == 32


def test_the_column_of_the_classes_tells_two_readings_of_one_file_apart(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("kind,size\n" + "0,1\n1,2\n0,3\n" * 10)
    assert dataset_shown(str(tmp_path / "mine.csv")).num_classes == 3
    assert dataset_shown(str(tmp_path / "mine.csv"), {**RECOGNISED, "label": "kind"}).num_classes == 2


def test_three_are_kept_and_no_more() -> None:
    _loaded.clear()
    first = dataset_shown("iris")
    for name in ("wine", "breast_cancer"):
        dataset_shown(name)
    assert dataset_shown("iris") is first
    for name in ("digits", "wine", "breast_cancer"):
        dataset_shown(name)
    assert dataset_shown("iris") is not first


def test_what_is_not_on_this_machine_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("toolkit.datasets.downloads._download", lambda *_: pytest.fail("fetched"))
    with pytest.raises(DataError, match="cifar10 is not on this machine yet"):
        dataset_shown("cifar10")


def test_what_does_not_exist_is_said_as_the_toolkit_says_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean mnist"):
        dataset_shown("mnits")
    with pytest.raises(ConfigError, match="There is no such file or folder"):
        dataset_shown(str(tmp_path / "gone.csv"))
