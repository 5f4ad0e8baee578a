"""Data sets by name: `load_dataset("mnist")`."""

from .dataset import Dataset
from .registry import DATASETS, DatasetInfo, dataset_info, load_dataset

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "dataset_info", "load_dataset"]
