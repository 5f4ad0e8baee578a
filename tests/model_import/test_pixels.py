"""Which pixels an imported network learned is found by trial, wherever that can be told."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from toolkit.datasets import Dataset, load_dataset
from toolkit.model_import.pixels import CENTRED, PixelChoice, choose_pixels
from toolkit.models.prediction import predict

Scaling = Callable[[np.ndarray], np.ndarray]

SCALINGS: dict[str, Scaling] = {
    "from 0 to 1": lambda x: x,
    "from 0 to 255": lambda x: 255 * x,
    "from −1 to 1": lambda x: 2 * x - 1,
    "from 1 to 0, black on white": lambda x: 1 - x,
    "from 255 to 0, black on white": lambda x: 255 - 255 * x,
}


def digits() -> Dataset:
    return load_dataset("digits")


def rows(part: np.ndarray) -> np.ndarray:
    return part.reshape(len(part), -1).astype(np.float64) / 255


@cache
def learned(words: str) -> keras.Sequential:
    """A network as scikit-learn fits it to pixels that are scaled so, with a part that depends on their level."""
    data, scaling = digits(), SCALINGS[words]
    x = scaling(rows(data.x_train))
    level = x.mean()
    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1).fit((x - level) / x.std(), data.y_train)
    kernel = fitted.coef_.T / x.std()
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.set_weights([kernel, fitted.intercept_ - level * kernel.sum(0)])
    return model


def tried(model: keras.Model, data: Dataset | None = None) -> PixelChoice:
    return choose_pixels(model, data or digits(), seconds_per_row=1e-6, seconds=10)


@pytest.mark.parametrize("words", [words for words in SCALINGS if words != "from 0 to 1"])
def test_a_network_gets_the_pixels_that_it_learned(words: str) -> None:
    data, model = digits(), learned(words)
    inputs = SCALINGS[words](rows(data.x_test)).reshape(-1, 8, 8).astype(np.float32)
    own = np.mean(np.asarray(model(inputs)).argmax(1) == data.y_test)

    choice = tried(model)

    assert choice.pixels is not None
    assert choice.pixels.words == words
    assert choice.sentence.startswith(
        f"It learned pixels {words}: with these it gets {100 * own:.2f} % of 360 test rows "
    )
    prepared = keras.Sequential([keras.Input((8, 8)), choice.layer(), *model.layers])
    labels, _ = predict(prepared, data.x_test)
    assert np.mean(labels == data.y_test) == own


def test_a_network_that_learned_the_usual_pixels_is_left_alone() -> None:
    choice = tried(learned("from 0 to 1"))
    assert choice.pixels is None
    assert choice.layer() is None


def test_a_network_that_names_the_same_classes_however_bright_is_told_apart_by_its_confidence() -> None:
    model, data = without_biases(), digits()
    assert tried(model).pixels is None
    model.set_weights([model.get_weights()[0] / 255])
    choice = tried(model)
    assert choice.pixels is not None
    assert choice.pixels.words == "from 0 to 255"
    assert np.mean(predict(model, data.x_test)[0] == data.y_test) > 0.8


def test_without_a_cross_entropy_confidence_tells_nothing_so_it_is_said_that_nothing_can_be_told() -> None:
    model = without_biases()
    model.set_weights([model.get_weights()[0] / 255])
    choice = choose_pixels(model, digits(), seconds_per_row=1e-6, seconds=10, by_surprise=False)
    assert choice.pixels is None
    assert choice.sentence.startswith("It is given pixels from 0 to 1; with pixels from 0 to 255 or ")
    assert choice.sentence.endswith(" it is right about as often, so it can't be told which it learned.")


def without_biases() -> keras.Sequential:
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False)])
    data = digits()
    centres = np.stack([rows(data.x_train)[data.y_train == label].mean(0) for label in range(10)], axis=1)
    model.set_weights([3 * (centres - centres.mean(1, keepdims=True))])
    return model


def test_a_network_that_knows_nothing_of_the_data_is_said_to_guess() -> None:
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.set_weights([np.zeros((64, 10)), np.arange(10.0)])
    assert tried(model) == PixelChoice(
        None,
        "However its pixels are scaled, it is right hardly more often than one that guesses: it may have learned other "
        "data, or classes in another order.",
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_untrained_network_is_not_said_to_have_learned_what_suits_it_by_luck(seed: int) -> None:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    assert tried(model).pixels is None


def test_a_network_that_divides_by_255_itself_gets_undivided_pixels_without_further_layers() -> None:
    model = learned("from 0 to 1")
    dividing = keras.Sequential([keras.Input((8, 8)), keras.layers.Rescaling(1 / 255), *model.layers])
    assert tried(dividing).pixels is None


def test_pictures_of_floats_are_tried_too_and_tables_are_left_alone() -> None:
    data = digits()
    floats = {name: getattr(data, name).astype(np.float32) / 255 for name in ("x_train", "x_test")}
    assert tried(learned("from −1 to 1"), replace(data, **floats)).pixels == CENTRED
    assert tried(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), load_dataset("iris")) == PixelChoice()


def test_rows_sorted_by_class_are_sampled_from_all_of_them() -> None:
    data = digits()
    order = np.argsort(data.y_test, kind="stable")
    many = np.tile(order, 10)[np.argsort(np.tile(data.y_test[order], 10), kind="stable")]
    sorted_data = replace(data, x_test=data.x_test[many], y_test=data.y_test[many])
    assert tried(learned("from −1 to 1"), sorted_data).pixels == CENTRED
