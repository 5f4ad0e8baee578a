"""Data sets by name or by path: `load_dataset("mnist")`, `load_dataset("flowers.csv")`.

dataset.py                       what a data set is once it is loaded
registry.py                      the known names
mnist.py, digits.py, tables.py   what ships with the toolkit and with scikit-learn
fashion_mnist.py, cifar10.py     what Keras fetches; downloads.py fetches it
own.py                           a path -> one of npz.py, idx.py, csv_table.py, picture_folder.py
picture_files.py, separators.py  which files of a picture folder or zip are read; what separates the cells of a table
raw.py                           what a file holds -> a data set, by values.py and labels.py
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
