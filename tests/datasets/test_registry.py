"""One rule over every loader, and each data set against its source."""

import hashlib
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.datasets import load_digits as load_from_scikit_learn

from toolkit.datasets import DATASETS, Dataset, dataset_info, load_dataset
from toolkit.datasets import mnist as mnist_module
from toolkit.datasets.preprocessing import scale
from toolkit.errors import ConfigError, DataError

#: Those that need no connection; the others are tested in tests/datasets/test_downloads.py.
EMBEDDED = [name for name in DATASETS if name not in ("fashion_mnist", "cifar10")]


@pytest.fixture(scope="module", params=EMBEDDED)
def loaded(request: pytest.FixtureRequest, mnist: Dataset, digits: Dataset) -> Dataset:
    """Each registered data set in turn."""
    known = {"mnist": mnist, "digits": digits}
    return known.get(request.param) or load_dataset(request.param)


class TestEveryDataSet:
    def test_is_registered_under_its_own_name(self, loaded: Dataset) -> None:
        assert DATASETS[loaded.name] is dataset_info(loaded.name)

    def test_holds_what_is_said_of_it_before_it_is_loaded(self, loaded: Dataset) -> None:
        info = dataset_info(loaded.name)
        assert (info.row_shape, info.num_classes) == (loaded.row_shape, loaded.num_classes)
        assert info.train_rows == len(loaded.x_train)
        assert f"{len(loaded.x_train) + len(loaded.x_test):,}" in info.title

    def test_has_pixels_or_floats_of_one_shape_in_both_parts(self, loaded: Dataset) -> None:
        assert loaded.x_train.dtype == loaded.x_test.dtype
        assert loaded.x_train.dtype == np.uint8 or loaded.x_train.dtype.kind == "f"
        assert loaded.x_train.shape[1:] == loaded.x_test.shape[1:] == loaded.row_shape
        assert loaded.is_pictures == (loaded.x_train.ndim > 2)

    def test_uses_the_whole_range_of_its_pixels_or_names_its_columns(self, loaded: Dataset) -> None:
        if loaded.is_table:
            assert (len(loaded.feature_names),) == loaded.row_shape
        else:
            assert (loaded.x_train.min(), loaded.x_train.max()) == (0, 255)
            assert loaded.feature_names == ()

    def test_has_a_whole_number_for_every_row(self, loaded: Dataset) -> None:
        for x, y in ((loaded.x_train, loaded.y_train), (loaded.x_test, loaded.y_test)):
            assert y.shape == (len(x),)
            assert y.dtype.kind in "iu"

    def test_has_every_class_in_both_parts_and_no_other(self, loaded: Dataset) -> None:
        for labels in (loaded.y_train, loaded.y_test):
            assert np.unique(labels).tolist() == list(range(loaded.num_classes))

    def test_names_its_classes_with_words_that_differ(self, loaded: Dataset) -> None:
        assert all(isinstance(name, str) for name in loaded.class_names)
        assert len(set(loaded.class_names)) == loaded.num_classes

    def test_has_rows_to_test_on_that_are_not_learned(self, loaded: Dataset) -> None:
        learned = {row.tobytes() for row in loaded.x_train}
        assert len(loaded.x_test) > 0
        # Fisher measured two virginicas that are alike in all four lengths.
        assert sum(row.tobytes() in learned for row in loaded.x_test) <= (loaded.name == "iris")

    def test_is_the_same_each_time(self, loaded: Dataset) -> None:
        again = load_dataset(loaded.name)
        np.testing.assert_array_equal(again.x_train[:100], loaded.x_train[:100])
        np.testing.assert_array_equal(again.y_test, loaded.y_test)

    def test_explains_itself_with_shape_range_and_source(self, loaded: Dataset) -> None:
        explanation = dataset_info(loaded.name).load.__doc__
        assert f"{len(loaded.x_train):,} training" in explanation
        assert "Source: " in explanation
        assert str(loaded.row_shape[0]) in explanation


class TestMnist:
    def test_has_70_000_pictures_of_28_by_28_grey_pixels(self, mnist: Dataset) -> None:
        assert (mnist.x_train.shape, mnist.x_train.dtype) == ((60_000, 28, 28), np.uint8)
        assert (mnist.x_test.shape, mnist.y_test.shape) == ((10_000, 28, 28), (10_000,))
        assert mnist.class_names == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def test_the_shipped_file_is_the_one_that_its_readme_describes(self) -> None:
        readme = (mnist_module.MNIST_FILE.parent / "README.md").read_text(encoding="utf-8")
        written = re.search(r"`([0-9a-f]{64})`", readme)
        assert written[1] == hashlib.sha256(mnist_module.MNIST_FILE.read_bytes()).hexdigest()
        for attribution in ("Yann LeCun", "Corinna Cortes", "Burges", "Attribution-ShareAlike 3.0"):
            assert attribution in readme

    @pytest.mark.parametrize(
        ("part", "magic", "md5"),
        [
            ("x_train", 2051, "6bbc9ace898e44ae57da46a324031adb"),
            ("y_train", 2049, "a25bea736e30d166cdddb491f175f624"),
            ("x_test", 2051, "2646ac647ad5339dbf082846283269ea"),
            ("y_test", 2049, "27ae3e4e09519cfbb04c329615203637"),
        ],
    )
    def test_holds_the_bytes_of_the_four_original_files(self, mnist: Dataset, part: str, magic: int, md5: str) -> None:
        """The published MD5 sums are of the IDX files: a header, then the numbers."""
        numbers = getattr(mnist, part)
        header = struct.pack(f">{1 + numbers.ndim}I", magic, *numbers.shape)
        assert hashlib.md5(header + numbers.tobytes(), usedforsecurity=False).hexdigest() == md5

    def test_has_white_ink_on_black_paper(self, mnist: Dataset) -> None:
        border = mnist.x_train[:, 0, :]
        assert border.mean() < 1
        assert mnist.x_train[:, 10:18, 10:18].mean() > 60

    @pytest.mark.parametrize("damage", ["missing", "empty", "cut short", "another file", "another array"])
    def test_a_file_that_cannot_be_read_is_a_mistake_that_a_user_can_mend(
        self, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "mnist.npz"
        whole = mnist_module.MNIST_FILE.read_bytes()
        match damage:
            case "empty":
                path.write_bytes(b"")
            case "cut short":
                path.write_bytes(whole[: len(whole) // 2])
            case "another file":
                path.write_text("version https://git-lfs.github.com/spec/v1")
            case "another array":
                np.savez(path, x=np.zeros(3))
        monkeypatch.setattr(mnist_module, "MNIST_FILE", path)
        with pytest.raises(DataError, match=r"^MNIST can't be read from .*mnist\.npz .* Fetch the project again\.$"):
            load_dataset("mnist")


class TestDigits:
    def test_are_the_rows_of_scikit_learn_in_256_grey_levels(self, digits: Dataset) -> None:
        images, labels = load_from_scikit_learn(return_X_y=True)
        pixels = np.round(images * 255 / 16).astype(np.uint8)
        expected = sorted((row.tobytes(), int(label)) for row, label in zip(pixels, labels, strict=True))
        x = np.concatenate([digits.x_train, digits.x_test])
        y = np.concatenate([digits.y_train, digits.y_test])
        assert sorted((row.tobytes(), int(label)) for row, label in zip(x, y, strict=True)) == expected

    def test_hold_a_fifth_back_to_test_on_every_class_in_proportion(self, digits: Dataset) -> None:
        assert (digits.x_train.shape, digits.x_test.shape) == ((1437, 8, 8), (360, 8, 8))
        shares = np.bincount(digits.y_test) / np.bincount(np.concatenate([digits.y_train, digits.y_test]))
        assert np.all(np.abs(shares - 0.2) < 0.01)


class TestTables:
    @pytest.mark.parametrize(
        ("name", "source"), [("iris", load_iris), ("wine", load_wine), ("breast_cancer", load_breast_cancer)]
    )
    def test_hold_the_rows_of_scikit_learn_and_a_fifth_to_test_on(self, name: str, source: Callable[..., Any]) -> None:
        data, (values, labels) = load_dataset(name), source(return_X_y=True)
        expected = sorted((*row, label) for row, label in zip(values.astype(np.float32), labels, strict=True))
        x = np.concatenate([data.x_train, data.x_test])
        y = np.concatenate([data.y_train, data.y_test])
        assert sorted((*row, label) for row, label in zip(x, y, strict=True)) == expected
        shares = np.bincount(data.y_test) / np.bincount(y)
        assert np.all(np.abs(shares - 0.2) < 0.01)
        assert data.is_table

    def test_name_their_classes_in_words(self) -> None:
        assert load_dataset("breast_cancer").class_names == ("malignant", "benign")


def test_an_unknown_data_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset("minst")
    assert str(caught.value) == (
        "dataset must be the name of a data set, or the path of your own data. Received: minst. Did you mean mnist?"
    )


def test_an_empty_name_is_not_the_folder_where_one_is() -> None:
    with pytest.raises(ConfigError, match=r"Received: an empty text\."):
        load_dataset("")


def test_a_data_set_near_to_none_is_answered_with_all() -> None:
    with pytest.raises(ConfigError) as caught:
        dataset_info("zzz")
    assert str(caught.value) == (
        "dataset must be the name of a data set, or the path of your own data. Received: zzz. "
        f"Known: {', '.join(DATASETS)}."
    )


@pytest.mark.parametrize(
    ("x_rows", "y_rows", "sentence"),
    [
        (
            3,
            2,
            "mine: x_train and y_train must hold the same number of rows, at least one. Received: 3 and 2. "
            "Check how the file was written.",
        ),
        (
            0,
            0,
            "mine: x_train and y_train must hold the same number of rows, at least one. Received: 0 and 0. "
            "Check how the file was written.",
        ),
    ],
)
def test_a_data_set_needs_a_label_for_every_row(x_rows: int, y_rows: int, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Dataset("mine", np.zeros((x_rows, 4)), np.zeros(y_rows, int), np.zeros((1, 4)), np.zeros(1, int), ("a",))
    assert str(caught.value) == sentence


def test_a_table_is_no_picture(make_toy: object) -> None:
    assert not make_toy((5,)).is_pictures
    assert make_toy((4, 4)).is_pictures
    assert make_toy((4, 4, 3)).is_pictures


def test_whole_numbers_that_are_no_bytes_are_refused_since_nobody_could_tell_whether_to_divide_them() -> None:
    x, y = np.arange(8).reshape(4, 2), np.array([0, 1, 0, 1])
    with pytest.raises(DataError) as caught:
        Dataset("mine", x, y, x, y, ("a", "b"))
    assert str(caught.value) == (
        "mine: x_train must be uint8, pixels from 0 to 255, or floats. Received: int64. "
        'Convert it with .astype("uint8") or .astype("float32").'
    )
    with pytest.raises(DataError, match=r"^Rows must be uint8, pixels from 0 to 255, or floats\. Received: int64\."):
        scale(x)
