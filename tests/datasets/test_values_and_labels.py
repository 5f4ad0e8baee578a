"""Pixels, table values and labels as people save them, brought into the forms that a data set has."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from toolkit.datasets import Dataset
from toolkit.datasets.labels import number_labels
from toolkit.datasets.raw import RawData, to_dataset
from toolkit.datasets.values import clean_values
from toolkit.errors import DataError

GREY = np.random.default_rng(0).integers(0, 256, (12, 4, 3))
GREY[0, 0, 0], GREY[1, 0, 0] = 0, 255


def cleaned(x: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """One part's values, and what is noted of them."""
    parts, notes = clean_values("mine", {"train": x})
    return parts["train"], notes


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16, np.float32, np.float64])
def test_whole_pixels_up_to_255_are_bytes_however_they_were_saved(dtype: Any) -> None:
    pixels, notes = cleaned(GREY.astype(dtype))
    np.testing.assert_array_equal(pixels, GREY)
    assert (pixels.dtype, notes) == (np.uint8, ())


@pytest.mark.parametrize(
    ("x", "divisor", "span"),
    [
        (GREY.astype(np.uint16) * 257, 65535, "0…65535"),
        (GREY // 16, 15, "0…15"),
        (GREY > 99, 1, "0…1"),
        ((GREY > 99).astype(np.uint8), 1, "0…1"),
        (GREY - 128.0, 128, "-128…127"),
        (GREY * 0.999, 255, "0…254.745"),
    ],
)
def test_other_pixels_are_divided_by_their_largest_value_and_that_is_said(
    x: np.ndarray, divisor: float, span: str
) -> None:
    pixels, notes = cleaned(x)
    np.testing.assert_allclose(pixels, x / divisor, atol=1e-6)
    assert pixels.dtype == np.float32
    assert notes == (f"mine: the pixels lie in {span} and were divided by {divisor}.",)


@pytest.mark.parametrize("low", [0, -1])
def test_floats_within_1_are_taken_as_they_are(low: int) -> None:
    x = np.linspace(low, 1, 24).reshape(2, 4, 3)
    pixels, notes = cleaned(x)
    np.testing.assert_allclose(pixels, x, atol=1e-7)
    assert (pixels.dtype, notes) == (np.float32, ())


def test_both_parts_are_divided_by_the_same_number() -> None:
    parts, _ = clean_values("mine", {"train": np.full((2, 3, 3), 10), "test": np.full((2, 3, 3), 20)})
    assert (parts["train"].max(), parts["test"].max()) == (0.5, 1)


def test_a_single_channel_is_no_axis_of_its_own() -> None:
    assert cleaned(GREY[..., None])[0].shape == (12, 4, 3)
    assert cleaned(np.repeat(GREY[..., None], 3, axis=-1))[0].shape == (12, 4, 3, 3)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float64])
def test_rows_of_values_are_a_table_of_floats_which_nothing_has_scaled(dtype: Any) -> None:
    x = (np.arange(24).reshape(6, 4) * 1000).astype(dtype)
    table, notes = cleaned(x)
    np.testing.assert_array_equal(table, x.astype(np.float32))
    assert (table.dtype, notes) == (np.float32, ())


def test_rows_of_bytes_are_pixels() -> None:
    assert cleaned(np.zeros((3, 16), np.uint8))[0].dtype == np.uint8


def test_what_is_too_large_for_float32_is_refused() -> None:
    x = np.random.default_rng(0).random((20, 2))
    x[3, 1] = 1e39
    with pytest.raises(DataError, match=r"must hold finite numbers\. Received: NaN or infinity in 1 of"):
        to_dataset("mine", RawData(x, np.arange(20) % 2))


@pytest.mark.parametrize(
    ("labels", "class_names", "numbers"),
    [
        ([0, 1, 2, 1], ("0", "1", "2"), [0, 1, 2, 1]),
        ([3, 1, 2, 1], ("1", "2", "3"), [2, 0, 1, 0]),
        ([-1, 1, 1, -1], ("-1", "1"), [0, 1, 1, 0]),
        ([1.0, 2.0, 10.0, 1.0], ("1", "2", "10"), [0, 1, 2, 0]),
        ([[1], [0], [1], [0]], ("0", "1"), [1, 0, 1, 0]),
        ([True, False, True, True], ("False", "True"), [1, 0, 1, 1]),
        ([" cat", "dog", "cat ", "ant"], ("ant", "cat", "dog"), [1, 2, 1, 0]),
        ([b"yes", b"no", b"no", b"yes"], ("no", "yes"), [1, 0, 0, 1]),
        (["10", "9", "9", "10"], ("9", "10"), [1, 0, 0, 1]),
        (["1.0", "1", "-2", "0"], ("-2", "0", "1"), [2, 2, 0, 1]),
        (["01", "1", "2", "01"], ("01", "1", "2"), [0, 1, 2, 0]),
        (["02", "10", "01", "00"], ("00", "01", "02", "10"), [2, 3, 1, 0]),
        (["+1", "-1", "-1", "+1"], ("+1", "-1"), [0, 1, 1, 0]),
        (["é", "日本", "é", "ab"], ("ab", "é", "日本"), [1, 2, 1, 0]),
    ],
)
def test_labels_become_numbers_and_their_names(
    labels: ArrayLike, class_names: tuple[str, ...], numbers: list[int]
) -> None:
    names, parts, notes = number_labels("mine", {"train": np.array(labels)})
    assert (names, parts["train"].tolist(), notes) == (class_names, numbers, ())


def test_one_hot_rows_become_classes_and_that_is_said() -> None:
    names, parts, notes = number_labels("mine", {"train": np.eye(3)[[2, 0, 1]]})
    assert (names, parts["train"].tolist()) == (("0", "1", "2"), [2, 0, 1])
    assert notes == ("mine: y_train holds one-hot rows; the position of the 1 is the class.",)


def test_both_parts_are_numbered_alike() -> None:
    _, parts, _ = number_labels("mine", {"train": np.array(["b", "a", "c"]), "test": np.array(["c"])})
    assert parts["test"].tolist() == [2]


@pytest.mark.parametrize("labels", [[0.0, np.nan], [0.0, np.inf], ["1.5", "2"], ["1.5", "02"], ["inf", "02"]])
def test_numbers_that_are_no_classes_are_refused(labels: list[Any]) -> None:
    with pytest.raises(DataError, match=r"^mine: y_train must hold classes: whole numbers or text\. Received: "):
        number_labels("mine", {"train": np.array(labels)})


@pytest.mark.parametrize(("label", "sentence"), [(2, "Received: 2 at row 1."), (-1, "Received: -1 at row 1.")])
def test_a_data_set_refuses_labels_out_of_range(label: int, sentence: str) -> None:
    x = np.zeros((2, 3), np.uint8)
    with pytest.raises(DataError) as caught:
        Dataset("mine", x, np.array([0, label]), x, np.array([0, 1]), ("a", "b"))
    assert str(caught.value) == (
        f"mine: y_train must lie in 0…1 for 2 classes. {sentence} Correct the labels or num_classes."
    )


def test_values_that_float32_can_not_tell_apart_are_said() -> None:
    times = 1_700_000_000 + np.arange(40.0)
    x = np.column_stack([times / 1e9, times, np.arange(40.0)])
    rows, notes = clean_values("mine.npz", {"train": x})
    assert rows["train"].dtype == np.float32
    assert notes == (
        "mine.npz: float32 can't tell the values apart in x[:, i] for i = 0, 1. Subtract their median before you save "
        "them.",
    )
    assert clean_values("mine.npz", {"train": x[:, 2:]})[1] == ()
    assert clean_values("mine.npz", {"train": x.astype(np.float32)})[1] == ()
