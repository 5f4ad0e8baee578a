"""scikit-learn's small digits, which ship with scikit-learn: no download."""

import numpy as np

from .dataset import Dataset

_TEST_SHARE, _SEED = 0.2, 777


def load_digits() -> Dataset:
    """Handwritten digits, 8 × 8 grey pixels, for training within a second.

    1,437 training and 360 test pictures: x uint8 of shape (rows, 8, 8), y uint8 in 0…9. The source has
    16 grey levels and no test part: the levels are scaled to [0, 255], and a fifth of the rows, drawn with
    a fixed seed and stratified by class, becomes the test part.
    Source: UCI "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak), through
    `sklearn.datasets.load_digits`.
    """
    from sklearn.datasets import load_digits as load_from_scikit_learn
    from sklearn.model_selection import train_test_split

    images, labels = load_from_scikit_learn(return_X_y=True)
    pixels = np.round(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    x_train, x_test, y_train, y_test = train_test_split(
        pixels, labels.astype(np.uint8), test_size=_TEST_SHARE, random_state=_SEED, stratify=labels
    )
    return Dataset("digits", x_train, y_train, x_test, y_test, tuple("0123456789"))
