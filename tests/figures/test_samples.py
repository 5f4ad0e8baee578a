"""The figure of random samples: what it draws of pictures and of tables."""

from collections.abc import Callable

import numpy as np
import pytest

from toolkit.datasets import Dataset, load_dataset
from toolkit.figures.samples import MOST_FEATURES, MOST_PICTURES, samples


def titles(figure: object) -> list[str]:
    """The words above the small charts."""
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.mark.parametrize("row_shape", [(6, 6), (5, 9), (6, 6, 3)])
def test_every_picture_stands_below_the_name_of_its_class(
    make_toy: Callable[..., Dataset], row_shape: tuple[int, ...]
) -> None:
    data = make_toy(row_shape)
    figure = samples(data.x_train, data.y_train, data.class_names)
    assert len(figure.data) == len(titles(figure)) == MOST_PICTURES
    names = {row.tobytes(): data.class_names[label] for row, label in zip(data.x_train, data.y_train, strict=True)}
    for image, title in zip(figure.data, titles(figure), strict=True):
        pixels = np.array(image.z, np.uint8)
        assert names[(pixels if len(row_shape) == 3 else pixels[..., 0]).tobytes()] == title


def test_the_classes_take_turns_however_rare_they_are() -> None:
    labels = np.array([0] * 500 + [1] * 3)
    figure = samples(np.zeros((503, 4, 4), np.uint8), labels, ("often", "rare"))
    assert titles(figure)[:7] == ["often", "rare", "often", "rare", "often", "rare", "often"]
    assert titles(figure).count("rare") == 3


def test_the_same_seed_draws_the_same_rows(make_toy: Callable[..., Dataset]) -> None:
    data = make_toy()
    one, same, other = (samples(data.x_train, data.y_train, data.class_names, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_a_long_name_is_cut() -> None:
    figure = samples(np.zeros((2, 4, 4), np.uint8), np.array([0, 1]), ("short", "a very long name of a class"))
    assert titles(figure) == ["short", "a very long nam…"]


def test_a_table_shows_the_values_of_each_column_class_by_class() -> None:
    data = load_dataset("iris")
    figure = samples(data.x_train, data.y_train, data.class_names, feature_names=data.feature_names)
    assert titles(figure) == list(data.feature_names)
    assert len(figure.data) == 4 * 3
    petals = [box for box in figure.data if box.name == "setosa"][2]
    assert sorted(petals.y) == sorted(data.x_train[data.y_train == 0, 2])


def test_of_a_wide_table_the_first_columns_are_shown() -> None:
    x = np.random.default_rng(0).random((30, 100), np.float32)
    assert titles(samples(x, np.arange(30) % 2, "ab")) == [f"column {n}" for n in range(1, MOST_FEATURES + 1)]
