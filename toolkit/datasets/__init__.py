"""Data sets by name or by path: `load_dataset("mnist")`, `load_dataset("flowers.csv")`.

dataset.py                       what a loaded data set is
registry.py                      the known names
mnist.py, digits.py, tables.py   data sets shipped with the toolkit and with scikit-learn
fashion_mnist.py, cifar10.py     data sets that Keras fetches; downloads.py fetches them
own.py                           a path -> one of npz.py, idx_files.py, csv_table.py, picture_folder.py, zipped.py
npz.py                           arrays by their names (array_names.py), in NumPy's format (npy_format.py)
idx_files.py                     IDX files that belong together, in their format (idx.py); emnist.py turns EMNIST's
picture_folder.py                pictures with their part and class (picture_files.py, labelled_pictures.py)
pictures.py                      opens pictures of all formats (picture_formats.py, pixel_depth.py)
raw.py                           a file's arrays -> a data set, by channels.py, values.py and labels.py
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
