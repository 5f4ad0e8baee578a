"""scikit-learn's three small tables, which ship with scikit-learn: no download."""

from typing import Any

import numpy as np

from .columns import NumberColumn, TableEncoding
from .dataset import Dataset
from .raw import split_test


def load_iris() -> Dataset:
    """Iris flowers: four lengths in centimetres, three species.

    120 training and 30 test rows: x float32 of shape (rows, 4), y int64 in 0…2; a fifth of the rows,
    drawn with a fixed seed and stratified by class, is the test part.
    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936, through
    `sklearn.datasets.load_iris`.
    """
    from sklearn import datasets

    return _table("iris", datasets.load_iris())


def load_wine() -> Dataset:
    """Italian wines: 13 measurements on very different scales, three growers.

    142 training and 36 test rows: x float32 of shape (rows, 13), y int64 in 0…2; split as `load_iris`.
    Source: UCI "Wine" (M. Forina and others, 1988), through `sklearn.datasets.load_wine`.
    """
    from sklearn import datasets

    return _table("wine", datasets.load_wine())


def load_breast_cancer() -> Dataset:
    """Breast tumours: 30 measurements of cell nuclei under a microscope, malignant or benign.

    455 training and 114 test rows: x float32 of shape (rows, 30), y int64 in 0…1; split as `load_iris`.
    Source: UCI "Breast Cancer Wisconsin (Diagnostic)" (W. H. Wolberg and others, 1993), through
    `sklearn.datasets.load_breast_cancer`.
    """
    from sklearn import datasets

    return _table("breast_cancer", datasets.load_breast_cancer())


def _table(name: str, source: Any) -> Dataset:
    x_train, x_test, y_train, y_test = split_test(name, source.data.astype(np.float32), source.target)
    classes = tuple(str(one).replace("_", " ") for one in source.target_names)
    features = tuple(str(one).replace("_", " ") for one in source.feature_names)
    medians = np.median(x_train, axis=0).tolist()
    columns = tuple(NumberColumn(name=name, fill=fill) for name, fill in zip(features, medians, strict=True))
    encoding = TableEncoding(columns=columns, class_names=classes)
    return Dataset(name, x_train, y_train, x_test, y_test, classes, features, encoding=encoding)
