"""Tables of pixels: recognised by their names or by their number, against NumPy's reshape."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import Dataset, load_dataset
from toolkit.errors import ConfigError, DataError

RANDOM = np.random.default_rng(0)


def write(folder: Path, names: list[str] | None, rows: np.ndarray, name: str = "mine.csv") -> str:
    lines = [",".join(names)] if names else []
    lines += [",".join(f"{value:g}" for value in row) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n")
    return str(folder / name)


def all_rows(data: Dataset) -> np.ndarray:
    return np.concatenate([data.x_train, data.x_test])


def sorted_rows(x: np.ndarray) -> np.ndarray:
    flat = x.reshape(len(x), -1)
    return flat[np.lexsort(flat.T)]


def pixel_rows(count: int, pixels: int, *, last: bool = False) -> np.ndarray:
    """A label of three classes, and pixels."""
    rows = RANDOM.integers(0, 256, (count, pixels + 1))
    rows[:, -1 if last else 0] = np.arange(count) % 3
    return rows


@pytest.mark.parametrize(
    "named",
    [
        lambda side: [f"pixel{n}" for n in range(side * side)],
        lambda side: [f"pixel{n:04d}" for n in range(1, side * side + 1)],
        lambda side: [f"{row}x{column}" for row in range(1, side + 1) for column in range(1, side + 1)],
        lambda side: [f"p_{row}_{column}" for row in range(side) for column in range(side)],
        lambda side: [f"r{row}c{column}" for row in range(side) for column in range(side)],
    ],
)
@pytest.mark.parametrize("side", [3, 28])
def test_columns_named_as_pixels_are_pictures(tmp_path: Path, named: Callable[[int], list[str]], side: int) -> None:
    rows = pixel_rows(20, side * side)
    data = load_dataset(write(tmp_path, ["label", *named(side)], rows))
    assert (data.row_shape, data.x_train.dtype, data.class_names) == ((side, side), np.uint8, ("0", "1", "2"))
    np.testing.assert_array_equal(sorted_rows(all_rows(data)), sorted_rows(rows[:, 1:]))
    assert f"mine.csv: the {side * side} columns named as pixels were read as pictures of {side} × {side}." in " ".join(
        data.notes
    )


def test_pictures_need_not_be_square_where_names_say_the_place_and_any_order_will_do(tmp_path: Path) -> None:
    names = [f"p_{row}_{column}" for row in range(4) for column in range(5)]
    rows = pixel_rows(20, 20)
    order = RANDOM.permutation(20)
    path = write(tmp_path, ["label", *(names[n] for n in order)], np.column_stack([rows[:, 0], rows[:, 1:][:, order]]))
    data = load_dataset(path)
    assert data.row_shape == (4, 5)
    np.testing.assert_array_equal(sorted_rows(all_rows(data)), sorted_rows(rows[:, 1:]))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("pixels", "shape"), [(64, (8, 8)), (784, (28, 28)), (192, (8, 8, 3))])
def test_many_bytes_of_a_square_are_pictures_without_any_names(
    tmp_path: Path, pixels: int, shape: tuple[int, ...], last: bool
) -> None:
    rows = pixel_rows(20, pixels, last=last)
    rows[:, 0 if last else -1] = np.where(last, 0, rows[:, 0 if last else -1])  # A corner is always black.
    data = load_dataset(write(tmp_path, None, rows))
    assert (data.row_shape, data.num_classes) == (shape, 3)


def test_few_columns_or_fractions_are_a_table(tmp_path: Path) -> None:
    assert load_dataset(write(tmp_path, None, pixel_rows(20, 16, last=True))).row_shape == (16,)
    halves = pixel_rows(20, 64, last=True) / np.array([2] * 64 + [1])
    assert load_dataset(write(tmp_path, [*(f"f{n}" for n in range(64)), "label"], halves)).is_table


def test_a_shape_can_be_told(tmp_path: Path) -> None:
    rows = pixel_rows(20, 12)
    path = write(tmp_path, ["label", *(f"f{n}" for n in range(12))], rows)
    assert load_dataset(path).row_shape == (12,)
    assert load_dataset(path, shape="3x4").row_shape == (3, 4)
    assert load_dataset(path, shape="3x4x1").row_shape == (3, 4)
    assert load_dataset(path, shape="2x2x3").row_shape == (2, 2, 3)
    colours_first = all_rows(load_dataset(path, shape="3x2x2"))
    np.testing.assert_array_equal(sorted_rows(colours_first.transpose(0, 3, 1, 2)), sorted_rows(rows[:, 1:]))
    with pytest.raises(ConfigError) as caught:
        load_dataset(path, shape="5x5")
    assert str(caught.value) == ("shape must be a shape of 12 pixels, one for each column. Received: 5x5. Try 2x2x3.")


def test_pictures_can_be_kept_as_a_table(tmp_path: Path) -> None:
    data = load_dataset(write(tmp_path, ["label", *(f"pixel{n}" for n in range(64))], pixel_rows(20, 64)), shape="flat")
    assert (data.row_shape, data.is_table) == ((64,), True)


def test_pixels_of_another_range_are_divided_by_the_largest(tmp_path: Path) -> None:
    rows = pixel_rows(40, 64)
    rows[:, 1:] %= 17
    data = load_dataset(write(tmp_path, ["label", *(f"pixel{n}" for n in range(64))], rows))
    np.testing.assert_allclose(sorted_rows(all_rows(data)), sorted_rows(rows[:, 1:] / 16), rtol=1e-6)
    assert data.encoding is not None
    assert data.encoding.divisor == 16


def test_a_column_beside_the_pixels_is_left_out_and_said(tmp_path: Path) -> None:
    rows = np.column_stack([np.arange(20), pixel_rows(20, 9)])
    data = load_dataset(write(tmp_path, ["id", "label", *(f"pixel{n}" for n in range(9))], rows))
    assert data.row_shape == (3, 3)
    assert "mine.csv: id is no pixel and was left out." in data.notes


def test_a_missing_pixel_is_named_by_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, ["label", *(f"pixel{n}" for n in range(9))], pixel_rows(20, 9))
    lines = Path(path).read_text().splitlines()
    for cell, sentence in (("", "the value is missing"), ("blue", "must be a finite number. Received: blue")):
        lines[5] = ",".join([*lines[5].split(",")[:-1], cell])
        Path(path).write_text("\n".join(lines))
        with pytest.raises(DataError, match=f"mine.csv, line 6, column pixel8: {sentence}"):
            load_dataset(path)


def test_a_test_part_of_pixels_is_used(tmp_path: Path) -> None:
    names = ["label", *(f"pixel{n}" for n in range(9))]
    test = pixel_rows(10, 9)
    write(tmp_path, names, test, "digits_test.csv")
    data = load_dataset(write(tmp_path, names, pixel_rows(20, 9), "digits_train.csv"))
    np.testing.assert_array_equal(data.x_test.reshape(10, 9), test[:, 1:])
