"""Split, scaling and one-hot against scikit-learn, NumPy and Keras."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.datasets.preprocessing import (
    Split,
    one_hot,
    scale,
    split_rows,
    split_validation,
    standardisation,
    to_inputs,
)
from toolkit.errors import DataError

X = np.arange(40 * 4, dtype=np.uint8).reshape(40, 2, 2)
Y = np.arange(40) % 4


def message_of(call: object, *arguments: object, **settings: object) -> str:
    """What is said about data that can't be used."""
    with pytest.raises(DataError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


class TestSplitOfADataSet:
    def test_is_that_of_its_rows_as_the_config_asks(self, toy: Dataset) -> None:
        split, notes = split_rows(toy, ExperimentConfig(validation_split=0.2, seed=4))
        expected = split_validation(toy.x_train, toy.y_train, validation_split=0.2, seed=4)
        for part, of_config in zip(split, expected, strict=True):
            np.testing.assert_array_equal(part, of_config)
        assert notes == ()

    def test_may_be_asked_of_the_row_numbers_alone(self, toy: Dataset) -> None:
        numbers, _ = split_rows(toy, ExperimentConfig(), np.arange(70))
        rows, _ = split_rows(toy, ExperimentConfig())
        np.testing.assert_array_equal(toy.x_train[numbers.x_val], rows.x_val)

    @pytest.mark.parametrize(
        ("settings", "sentence"),
        [
            (
                {"validation_split": 0.02},
                "validation_split 0.02 holds back 2 of 70 rows, which leaves class class 1 without a validation row. "
                "Choose another share, such as 0.3, or set stratify.",
            ),
            (
                {"validation_rows": 2},
                "validation_rows holds back the first 2 of 70 rows, which leaves class class 2 without a "
                "validation row. Set validation_split to 0.3 instead, which draws rows at random.",
            ),
            (
                {"validation_split": 0.97},
                "validation_split 0.97 holds back 68 of 70 rows, which leaves class class 0 without a "
                "training row. Choose another share, such as 0.3, or set stratify.",
            ),
        ],
    )
    def test_is_refused_where_a_class_has_rows_on_one_side_alone(
        self, toy: Dataset, settings: dict[str, float], sentence: str
    ) -> None:
        assert message_of(split_rows, toy, ExperimentConfig(**settings)) == sentence

    def test_of_a_class_of_one_row_says_so(self, toy: Dataset) -> None:
        labels = np.append(np.zeros(69, int), 1)
        data = Dataset("toy", toy.x_train, labels, toy.x_test, np.zeros(20, int), ("often", "once"))
        assert message_of(split_rows, data, ExperimentConfig()).endswith(
            "It has one training row in all: add rows of it, or leave the class out."
        )

    def test_without_validation_rows_needs_no_class_there(self, toy: Dataset) -> None:
        split, _ = split_rows(toy, ExperimentConfig(validation_split=None))
        assert (len(split.x_train), len(split.x_val)) == (70, 0)


class TestStandardisation:
    def test_is_that_of_scikit_learn(self) -> None:
        x = np.random.default_rng(0).normal(5, 3, (50, 4)).astype(np.float32)
        mean, variance = standardisation(x)
        expected = StandardScaler().fit_transform(x)
        np.testing.assert_allclose((x - mean) / np.sqrt(variance), expected, atol=1e-5)
        assert (mean.dtype, variance.dtype) == (np.float32, np.float32)

    def test_leaves_a_column_that_never_changes_at_zero(self) -> None:
        mean, variance = standardisation(np.full((9, 1), 0.1, np.float32))
        assert (mean[0], variance[0]) == (np.float32(0.1), 1)


class TestSplit:
    @pytest.mark.parametrize("seed", [0, 1, 777])
    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
    @pytest.mark.parametrize("stratify", [False, True])
    def test_holds_back_the_rows_that_scikit_learn_would(self, share: float, seed: int, stratify: bool) -> None:
        ours = split_validation(X, Y, validation_split=share, seed=seed, stratify=stratify)
        theirs = train_test_split(X, Y, test_size=share, random_state=seed, stratify=Y if stratify else None)
        for part, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(part, expected)

    def test_of_full_mnist_is_the_published_one(self, mnist: Dataset) -> None:
        numbers = np.arange(60_000)
        split = split_validation(numbers, mnist.y_train, validation_split=0.3, seed=777)
        learned, held = train_test_split(numbers, test_size=0.3, random_state=777)
        np.testing.assert_array_equal(split.x_train, learned)
        np.testing.assert_array_equal(split.x_val, held)
        assert (len(learned), len(held)) == (42_000, 18_000)

    def test_has_scikit_learns_order_of_four_and_names_for_them(self) -> None:
        split = split_validation(X, Y, validation_split=0.25)
        x_train, x_val, y_train, y_val = split
        assert Split._fields == ("x_train", "x_val", "y_train", "y_val")
        assert (len(x_train), len(x_val), len(y_train), len(y_val)) == (30, 10, 30, 10)

    def test_stratified_keeps_the_share_of_every_class(self) -> None:
        split = split_validation(X, Y, validation_split=0.5, stratify=True)
        assert np.bincount(split.y_val).tolist() == [5, 5, 5, 5]

    def test_loses_no_row_and_doubles_none(self) -> None:
        numbers = np.arange(40)
        split = split_validation(numbers, Y, validation_split=0.3, seed=5)
        assert sorted([*split.x_train, *split.x_val]) == numbers.tolist()

    def test_by_rows_holds_back_the_first_ones_in_their_order(self) -> None:
        split = split_validation(X, Y, validation_rows=5)
        np.testing.assert_array_equal(split.x_val, X[:5])
        np.testing.assert_array_equal(split.x_train, X[5:])
        np.testing.assert_array_equal(split.y_val, Y[:5])
        np.testing.assert_array_equal(split.y_train, Y[5:])

    def test_with_neither_leaves_the_validation_part_empty(self) -> None:
        split = split_validation(X, Y)
        assert split.x_val.shape == (0, 2, 2)
        assert split.y_val.shape == (0,)
        np.testing.assert_array_equal(split.x_train, X)

    @pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
    def test_by_a_share_outside_its_range_is_refused(self, share: float) -> None:
        assert (
            message_of(split_validation, X, Y, validation_split=share)
            == f"validation_split must be above 0 and below 1. Received: {share}. Try 0.3."
        )

    def test_of_too_few_rows_is_refused(self) -> None:
        assert message_of(split_validation, X[:1], Y[:1], validation_split=0.3).startswith(
            "1 rows of 1 classes can't be split with validation_split 0.3: "
        )

    def test_stratified_with_a_class_of_one_row_is_refused(self) -> None:
        labels = np.array([0] * 39 + [1])
        message = message_of(split_validation, X, labels, validation_split=0.3, stratify=True)
        assert message.startswith("40 rows of 2 classes can't be split with validation_split 0.3: ")
        assert message.endswith(" Choose a fraction that leaves rows on both sides.")

    def test_by_as_many_rows_as_there_are_is_refused(self) -> None:
        assert (
            message_of(split_validation, X, Y, validation_rows=40)
            == "validation_rows must be below the 40 training rows. Received: 40. Try 8."
        )

    def test_by_a_negative_number_of_rows_is_refused(self) -> None:
        assert "Received: -1." in message_of(split_validation, X, Y, validation_rows=-1)

    def test_of_rows_without_their_labels_is_refused(self) -> None:
        assert (
            message_of(split_validation, X, Y[:-1], validation_split=0.3)
            == "x and y must hold the same number of rows. Received: 40 and 39."
        )


class TestOneHot:
    @pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32])
    @pytest.mark.parametrize("shape", [(40,), (40, 1)])
    def test_is_what_keras_makes_of_the_labels(self, dtype: type, shape: tuple[int, ...]) -> None:
        labels = Y.astype(dtype).reshape(shape)
        rows = one_hot(labels, num_classes=5)
        assert rows.dtype == np.float32
        np.testing.assert_array_equal(rows, keras.utils.to_categorical(labels, 5))

    def test_of_no_labels_has_no_rows(self) -> None:
        assert one_hot(np.array([], dtype=np.int64), num_classes=3).shape == (0, 3)

    def test_refuses_minus_one_that_keras_would_take_for_the_last_class(self) -> None:
        labels = np.array([2, 0, -1])
        assert keras.utils.to_categorical(labels, 3)[2].tolist() == [0, 0, 1]
        assert (
            message_of(one_hot, labels, num_classes=3)
            == "Labels must lie in 0…2 for 3 classes. Received: -1 at row 2. Correct the labels or num_classes."
        )

    def test_refuses_a_label_beyond_the_last_class(self) -> None:
        assert (
            message_of(one_hot, np.array([0, 3, 4], np.uint8), num_classes=3)
            == "Labels must lie in 0…2 for 3 classes. Received: 3 at row 1. Correct the labels or num_classes."
        )

    @pytest.mark.parametrize(
        ("labels", "received"),
        [
            (np.array([0.5, 1.0]), "float64 of shape (2,)"),
            (np.array([np.nan]), "float64 of shape (1,)"),
            (np.array([True, False]), "bool of shape (2,)"),
            (np.zeros((2, 3), np.int64), "int64 of shape (2, 3)"),
            (np.int64(3), "int64 of shape ()"),
        ],
    )
    def test_refuses_what_are_no_labels(self, labels: np.ndarray, received: str) -> None:
        assert (
            message_of(one_hot, labels, num_classes=3)
            == f"Labels must be whole numbers of shape (rows,). Received: {received}."
        )


class TestScale:
    def test_spreads_pixels_over_0_to_1(self) -> None:
        pixels = np.arange(256, dtype=np.uint8)
        scaled = scale(pixels)
        assert scaled.dtype == np.float32
        np.testing.assert_array_equal(scaled, (pixels / 255).astype(np.float32))

    def test_takes_floats_as_they_are(self) -> None:
        values = np.array([-1.5, 0.0, 300.0])
        assert scale(values).tolist() == [-1.5, 0.0, 300.0]
        assert scale(values).dtype == np.float32


class TestToInputs:
    @pytest.mark.parametrize("input_shape", [(4,), (2, 2, 1), (2, 2)])
    def test_gives_rows_the_shape_that_the_network_takes(self, input_shape: tuple[int, ...]) -> None:
        inputs = to_inputs(X, input_shape)
        assert inputs.dtype == np.float32
        np.testing.assert_array_equal(inputs, (X / 255).astype(np.float32).reshape(40, *input_shape))

    def test_flattens_a_picture_line_by_line(self) -> None:
        picture = np.array([[[0, 51], [102, 255]]], np.uint8)
        assert to_inputs(picture, (4,))[0].tolist() == pytest.approx([0, 0.2, 0.4, 1])

    def test_of_no_rows_has_no_rows(self) -> None:
        assert to_inputs(X[:0], (4,)).shape == (0, 4)

    @pytest.mark.parametrize(
        ("x", "shape"), [(np.zeros((3, 5)), (3, 5)), (np.zeros(4), (4,)), (np.zeros((2, 2)), (2, 2))]
    )
    def test_refuses_rows_of_another_size(self, x: np.ndarray, shape: tuple[int, ...]) -> None:
        assert message_of(to_inputs, x, (2, 2, 1)) == (
            f"The network takes rows of shape (2, 2, 1). Received: an array of shape {shape}. "
            "One picture alone needs a first axis: x[None]."
        )
