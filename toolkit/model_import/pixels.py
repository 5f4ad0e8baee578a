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
#: The least part of the way from guessing to being always right that a trained network has gone.
_SKILL = 0.25
#: How much less surprised, in nats, a network must be by other pixels than the usual: sharper answers to rows that it
#: knows anyway are no sign of having learned them.
_LEAST_SURPRISE = 0.3
#: Keras's own bound of a probability in its losses.
_SMALLEST = 1e-7


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
_GUESSES = (
    "However its pixels are scaled, it is right hardly more often than one that guesses: it may have learned other "
    "data, or classes in another order."
)
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


@dataclass(frozen=True, eq=False)
class _Trial:
    """The test of one scaling. right: which rows it gets right, shape (rows,). surprise: −log of the probability that
    it gives each row's class; None for a network that was not trained to make that small.
    """

    right: np.ndarray
    surprise: np.ndarray | None

    def is_better(self, other: "_Trial", least: float = 0) -> bool:
        """Whether it is clearly more accurate; or not clearly less so, and clearly less surprised, by `least` or more.

        Two accuracies on the same rows are compared by the rows that only one of them gets right (McNemar's test).
        """
        only, others = int((self.right & ~other.right).sum()), int((other.right & ~self.right).sum())
        if abs(only - others) > _CLEAR * math.sqrt(only + others):
            return only > others
        if self.surprise is None or other.surprise is None:
            return False
        less = other.surprise - self.surprise
        return float(less.mean()) > max(least, _CLEAR * float(less.std()) / math.sqrt(len(less)))

    def is_near(self, best: "_Trial") -> bool:
        """Whether it may be what the network learned just as well as the best, which is not clearly better."""
        return self.mean_surprise <= best.mean_surprise and not best.is_better(self)

    @property
    def mean_surprise(self) -> float:
        """0 if that tells nothing."""
        return 0.0 if self.surprise is None else float(self.surprise.mean())


def choose_pixels(
    model: "keras.Model", data: Dataset, *, seconds_per_row: float, seconds: float, by_surprise: bool = True
) -> PixelChoice:
    """Try the common scalings on a sample of test rows; another than the usual must be clearly better.

    seconds: about how long the trial may take. by_surprise: whether the network was trained with a cross-entropy, so
    that its confidence tells scalings apart which give the same classes.
    Tables are left alone: their columns have no common scale.
    """
    from ..models.prediction import divides_pixels

    if not (data.x_test.dtype == np.uint8 or (data.is_pictures and data.pixel_range == (0, 1))):
        return PixelChoice()
    usual, *others = _candidates(model, data)
    affordable = int(seconds / max(seconds_per_row, 1e-9) / (1 + len(others)))
    rows = np.random.default_rng(0).permutation(len(data.x_test))[: min(_MOST_ROWS, max(_FEWEST_ROWS, affordable))]
    inputs, true = to_inputs(data.x_test[rows], model.input_shape[1:]), data.y_test[rows]
    trials = {one: _trial(model, inputs, true, one, by_surprise) for one in (usual, *others)}
    states_its_own = divides_pixels(model)
    if not any(_is_skilled(one.right, true, data.num_classes) for one in trials.values()):
        return PixelChoice(sentence="" if states_its_own else _GUESSES)
    best = _best(trials, usual)
    near = [one.words for one in trials if one != best and trials[one].is_near(trials[best])]
    doubt = f"; with pixels {' or '.join(near)} it is right about as often" if near else ""
    if best == usual and (states_its_own or not near):
        return PixelChoice()
    if best == usual:
        told = f"It is given pixels {usual.words}{doubt}, so it can't be told which it learned."
        return PixelChoice(sentence=told)
    its_own, as_usual = (percent(trials[one].right.mean()) for one in (best, usual))
    return PixelChoice(
        best,
        f"It learned pixels {best.words}: with these it gets {its_own} of {len(rows):,} test rows right, with pixels "
        f"{usual.words} {as_usual}{doubt}. {_PREPARED}",
    )


def _best(trials: dict[Pixels, _Trial], usual: Pixels) -> Pixels:
    better = [one for one in trials if trials[one].is_better(trials[usual], least=_LEAST_SURPRISE)]
    if not better:
        return usual
    most = max(better, key=lambda one: int(trials[one].right.sum()))
    alike = [one for one in better if not trials[most].is_better(trials[one])]
    # The more common ones come first; only much more fitting answers speak for one behind.
    fitting = (one for one in alike if not any(trials[two].is_better(trials[one], _LEAST_SURPRISE) for two in alike))
    return next(fitting, most)


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


def _trial(model: "keras.Model", inputs: np.ndarray, true: np.ndarray, pixels: Pixels, by_surprise: bool) -> _Trial:
    from ..models.prediction import predict

    labels, probabilities = predict(model, inputs * np.float32(pixels.scale) + np.float32(pixels.offset))
    of_true = np.nan_to_num(probabilities[np.arange(len(true)), true])
    return _Trial(labels == true, -np.log(np.clip(of_true, _SMALLEST, 1)) if by_surprise else None)


def _is_skilled(right: np.ndarray, true: np.ndarray, num_classes: int) -> bool:
    """Whether it is right clearly more often than one that always names the most frequent class.

    By more than chance among rows: of several scalings, an untrained network does well with one by luck.
    """
    guessed = np.bincount(true, minlength=num_classes).max() / len(true)
    noise = _CLEAR * math.sqrt(guessed * (1 - guessed) / len(true))
    return bool(right.mean() - guessed > max(noise, _SKILL * (1 - guessed)))
