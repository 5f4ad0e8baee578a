"""From the probabilities that a network gives to the classes that it names."""

import numpy as np

#: The label of a row for which the network gives NaN or infinity: it names no class.
NO_CLASS = -1


def have_answers(probabilities: np.ndarray) -> np.ndarray:
    """Which rows the network answers with numbers: bool of shape (rows,). probabilities: shape (rows, classes)."""
    return np.isfinite(probabilities).all(axis=1)


def most_probable(probabilities: np.ndarray) -> np.ndarray:
    """The most probable class of each row, int64 of shape (rows,); `NO_CLASS` where any probability is no number.

    NumPy's argmax takes NaN for the highest, and so would tell a class where there is none.
    """
    return np.where(have_answers(probabilities), probabilities.argmax(axis=1), NO_CLASS)
