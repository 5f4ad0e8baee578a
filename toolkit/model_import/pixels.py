"""Which pixels an imported network learned: the common scalings, tried on test rows of its data."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..datasets import Dataset
from ..datasets.preprocessing import to_inputs
from ..formatting import percent
from .guard.architecture import Architecture

if TYPE_CHECKING:
    import keras

#: Test rows that are tried at most, and at least, however long that takes.
_MOST_ROWS, _FEWEST_ROWS = 2000, 200
#: A difference is clear if it exceeds this many times its standard error.
_CLEAR = 3.0


@dataclass(frozen=True)
class Pixels:
    """One way to scale pixels: x in 0…1 becomes scale · x + offset. words: how they are called in a sentence."""

    words: str
    scale: float
    offset: float


USUAL = Pixels("from 0 to 1", 1, 0)
RAW = Pixels("from 0 to 255", 255, 0)
CENTRED = Pixels("from −1 to 1", 2, -1)
_OTHERS = (
    CENTRED,
    Pixels("from −0.5 to 0.5", 1, -0.5),
    Pixels("from 1 to 0, black on white", -1, 1),
    Pixels("from 255 to 0, black on white", -255, 255),
    Pixels("from 1 to −1, black on white", -2, 1),
)
#: A layer of each of Keras's MobileNets.
_MOBILE_NETS = ("conv_dw_1", "expanded_conv_depthwise")
_PREPARED = (
    "A Rescaling layer that was put before its own makes them from the usual pixels, from 0 to 1, in every prediction."
)


@dataclass(frozen=True)
class PixelChoice:
    """What was found. pixels: None if the network is given pixels as every other is. sentence: may be empty."""

    pixels: Pixels | None = None
    sentence: str = ""

    def layer(self) -> "keras.layers.Layer | None":
        """The layer to put before the network, so that it takes the usual pixels; None if it does."""
        import keras

        return keras.layers.Rescaling(self.pixels.scale, self.pixels.offset) if self.pixels else None


def choose_pixels(model: "keras.Model", data: Dataset, *, seconds_per_row: float, seconds: float) -> PixelChoice:
    """Try the common scalings on a sample of test rows; another than the usual must be clearly more accurate.

    Two accuracies on the same rows are compared by the rows that only one of them gets right (McNemar's test).
    seconds: about how long the trial may take. Tables are left alone: their columns have no common scale.
    """
    if not (data.x_test.dtype == np.uint8 or (data.is_pictures and data.pixel_range == (0, 1))):
        return PixelChoice()
    usual, *others = _candidates(model, data)
    affordable = int(seconds / max(seconds_per_row, 1e-9) / (1 + len(others)))
    rows = np.random.default_rng(0).permutation(len(data.x_test))[: min(_MOST_ROWS, max(_FEWEST_ROWS, affordable))]
    inputs, true = to_inputs(data.x_test[rows], model.input_shape[1:]), data.y_test[rows]
    right = {one: _right(model, inputs, true, one) for one in (usual, *others)}
    best = max(right, key=lambda one: right[one].sum())
    if not _is_skilled(right[best], true, data.num_classes):
        return PixelChoice(
            sentence="However its pixels are scaled, it is right about as often as one that guesses: it may have "
            "learned other data, or classes in another order."
        )
    if not _is_clear(right[best], right[usual]):
        near = [one.words for one in others if not _is_clear(right[usual], right[one])]
        doubt = f"It is given pixels {usual.words}; with pixels {' or '.join(near)} it is right about as often, so it "
        return PixelChoice(sentence=f"{doubt}can't be told which it learned." if near else "")
    near = [one.words for one in others if one != best and not _is_clear(right[best], right[one])]
    doubt = f", and about as many with pixels {' or '.join(near)}" if near else ""
    return PixelChoice(
        best,
        f"It learned pixels {best.words}: with these it gets {percent(right[best].mean())} of {len(rows):,} test rows "
        f"right{doubt}, with pixels {usual.words} only {percent(right[usual].mean())}. {_PREPARED}",
    )


def pixels_by_layers(network: Architecture) -> PixelChoice:
    """What the layers tell of the pixels that a network without data learned: Keras's MobileNets take −1…1."""
    scales = any(layer.class_name in ("Rescaling", "Normalization") for layer in network.layers)
    if len(network.input_shape) < 2 or scales:
        return PixelChoice()
    if any(layer.place[-1] in _MOBILE_NETS for layer in network.layers):
        return PixelChoice(
            CENTRED,
            "It is built on Keras's MobileNet, as Teachable Machine's models are, which takes pixels from −1 to 1. "
            f"{_PREPARED}",
        )
    return PixelChoice(
        sentence="Which pixels it learned can't be told without its data: it is given those from 0 to 1. If it answers "
        "nonsense, they may be others."
    )


def _candidates(model: "keras.Model", data: Dataset) -> list[Pixels]:
    """All scalings, first the one that rows get anyway: a network that divides pixels itself gets undivided ones."""
    from ..models.prediction import divides_pixels

    pixels = to_inputs(data.x_train[:_MOST_ROWS], model.input_shape[1:]).astype(np.float64)
    mean, deviation = float(pixels.mean()), float(pixels.std())
    standardised = f"with mean {mean:.2f} and deviation {deviation:.2f} standardised"
    usual = RAW if data.x_test.dtype == np.uint8 and divides_pixels(model) else USUAL
    found = [usual, *(one for one in (USUAL, RAW, *_OTHERS) if one != usual)]
    if data.name == "digits":
        found.append(Pixels("from 0 to 16", 16, 0))
    return [*found, Pixels(standardised, 1 / deviation, -mean / deviation)] if deviation else found


def _right(model: "keras.Model", inputs: np.ndarray, true: np.ndarray, pixels: Pixels) -> np.ndarray:
    """Which rows it gets right, given these pixels: bool of shape (rows,)."""
    from ..models.classes import most_probable
    from ..models.prediction import raw_outputs

    scaled = inputs * np.float32(pixels.scale) + np.float32(pixels.offset)
    return most_probable(raw_outputs(model, scaled)) == true


def _is_clear(better: np.ndarray, worse: np.ndarray) -> bool:
    only_better, only_worse = int((better & ~worse).sum()), int((worse & ~better).sum())
    return only_better - only_worse > _CLEAR * math.sqrt(only_better + only_worse)


def _is_skilled(right: np.ndarray, true: np.ndarray, num_classes: int) -> bool:
    """Whether it is right clearly more often than one that always names the most frequent class."""
    guessed = np.bincount(true, minlength=num_classes).max() / len(true)
    return right.mean() - guessed > _CLEAR * math.sqrt(guessed * (1 - guessed) / len(true))
