"""The data sets that pages look into: loaded once for all visitors, a few at a time."""

from pathlib import Path

import streamlit as st

from toolkit.datasets import DATASETS, Dataset, fingerprint, is_own, load_dataset
from toolkit.errors import DataError
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import check_data


def dataset_shown(name: str, label: str | None = None) -> Dataset:
    """A data set by name or by path, with arrays that can only be read: every visitor gets the same ones.

    label: the column of a CSV file that holds the classes. A file that has changed is read anew.
    Raises `DataError` where it is not on this machine yet (nothing is fetched for a page) or can't be used,
    `ConfigError` where there is no such data set.
    """
    if not is_own(name) and (missing := DATASETS[name].missing()):
        raise DataError(missing)
    path = Path(name).expanduser()
    return _loaded(name, label, fingerprint(path) if is_own(name) and path.exists() else "")


def data_of(run: RunFolder) -> Dataset:
    """The data set of a run, as it was when the run was made; otherwise as `dataset_shown`.

    Raises `DataError` where a file of one's own has gone or changed since.
    """
    check_data(run)
    return dataset_shown(run.config.dataset, run.config.label)


# Three alone: photographs take 180 MB, a file of one's own up to a gigabyte.
@st.cache_resource(max_entries=3, show_spinner=False)
def _loaded(name: str, label: str | None, state_of_file: str) -> Dataset:
    data = load_dataset(name, label=label)
    for array in (data.x_train, data.y_train, data.x_test, data.y_test):
        array.flags.writeable = False
    return data
