"""Data sets by name or by path: `load_dataset("mnist")`, `load_dataset("flowers.csv")`.

dataset.py                       what a loaded data set is
registry.py                      the known names
mnist.py, digits.py, tables.py   data sets shipped with the toolkit and with scikit-learn
fashion_mnist.py, cifar10.py     data sets that Keras fetches; downloads.py fetches them
own.py                           a path -> one of npz.py, idx.py, csv_table.py, picture_folder.py
picture_files.py, separators.py  the pictures in a folder or zip; the separator of a table's cells
raw.py                           a file's arrays -> a data set, by values.py and labels.py
"""

from .dataset import Dataset, DatasetInfo
from .own import fingerprint
from .registry import DATASETS, UNKNOWN_DATA, dataset_info, dataset_title, is_own, load_dataset

__all__ = [
    "DATASETS",
    "UNKNOWN_DATA",
    "Dataset",
    "DatasetInfo",
    "dataset_info",
    "dataset_title",
    "fingerprint",
    "is_own",
    "load_dataset",
]
