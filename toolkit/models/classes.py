"""From a network's probabilities to its predicted classes."""

import numpy as np

#: The label of a row whose output is NaN or infinite: no class is predicted.
NO_CLASS = -1


def have_answers(probabilities: np.ndarray) -> np.ndarray:
    """Which rows have finite probabilities: bool of shape (rows,). probabilities: shape (rows, classes)."""
    return np.isfinite(probabilities).all(axis=1)


def most_probable(probabilities: np.ndarray) -> np.ndarray:
    """The most probable class of each row, int64 of shape (rows,); `NO_CLASS` if any probability is NaN or infinite.

    NumPy's argmax treats NaN as the maximum, and so would predict a class where there is none.
    """
    return np.where(have_answers(probabilities), probabilities.argmax(axis=1), NO_CLASS)
