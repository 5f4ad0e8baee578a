"""The data sets that pages show: loaded once for all visitors, a few at a time."""

from pathlib import Path

import streamlit as st

from toolkit.config.reading import RECOGNISED, Reading
from toolkit.datasets import DATASETS, Dataset, fingerprint, is_own, load_dataset
from toolkit.errors import DataError
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import check_data, labelled_pictures


def dataset_shown(name: str, reading: Reading = RECOGNISED) -> Dataset:
    """Load a data set by name or path, with read-only arrays that all visitors share.

    reading: how a table file is read. A file that has changed is read again.
    Raises `DataError` if it is not on this machine yet (pages download nothing) or can't be used, `ConfigError` if
    there is no such data set.
    """
    if not is_own(name) and (missing := DATASETS[name].missing()):
        raise DataError(missing)
    path = Path(name).expanduser()
    return _loaded(name, reading, fingerprint(path) if is_own(name) and path.exists() else "")


def data_of(run: RunFolder) -> Dataset:
    """Load the data set of a run, as `dataset_shown` does, unchanged since the run was made.

    Raises `DataError` if the user's file has been removed or changed since.
    """
    check_data(run)
    return dataset_shown(run.config.dataset, run.config.reading)


def asked_data_of(run: RunFolder) -> Dataset:
    """As `data_of`, or what stands for unknown data of a network that can still be asked about pictures."""
    return labelled_pictures(run) or data_of(run)


# Only three: CIFAR-10 takes 180 MB, a user's file up to a gigabyte.
@st.cache_resource(max_entries=3, show_spinner=False)
def _loaded(name: str, reading: Reading, state_of_file: str) -> Dataset:
    data = load_dataset(name, **reading)
    for array in (data.x_train, data.y_train, data.x_test, data.y_test):
        array.flags.writeable = False
    return data
