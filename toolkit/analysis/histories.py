"""The measurements of a training as one table, whoever recorded them: this toolkit, Keras, TensorBoard, a CSV file."""

import io
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..runs import RunFolder
from ..runs.store import find_run_folder
from ..training.history import History

if TYPE_CHECKING:
    import pandas as pd

#: What other recordings call `accuracy`, by what Keras calls a metric that is given as a class.
_ACCURACIES = ("acc", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy")
#: Keras's CSVLogger writes this for a value that a row lacks.
_MISSING = "NA"
#: A history of 10,000 steps with ten columns takes 2 MB.
_MOST_BYTES = 100_000_000
_FILES = "the folder of a run, a CSVLogger file, or the folder of Keras's TensorBoard callback"
_KINDS = f"what train() or Keras's fit() returned, lists by name, a table, a run, or the path of {_FILES}"


def history_frame(history: Any) -> "pd.DataFrame":
    """One row per measurement, with the columns `epoch` and `step` and a column per metric, in Keras's names.

    history: what `train` returned; a run, or the path of its folder; what Keras's `fit` returned, or its `.history`;
    a mapping of lists; a pandas table; a file that Keras's `CSVLogger` wrote, or its path; the folder of Keras's
    `TensorBoard` callback. Epochs count completed ones, so the first row of `fit` is epoch 1, although CSVLogger and
    TensorBoard count from 0; a row of epoch 0 was measured before training. Without steps, `step` equals `epoch`.

    Raises `DataError` for anything else, for lists of different lengths, or a file that can't be read.
    """
    import pandas as pd

    history = opened(history)
    if isinstance(history, History):
        return history.frame
    if isinstance(history, io.IOBase):
        history = _csv(history)
    if not isinstance(history, pd.DataFrame):
        history = _table(history)
    is_ours = {"epoch", "step"} <= set(history.columns) and all(kind.kind in "iuf" for kind in history.dtypes)
    return history if is_ours else _counted(history)


def opened(history: Any) -> Any:
    """What a path leads to, and the history of a run; anything else as it is.

    Raises `DataError` if the path leads to no history.
    """
    if isinstance(history, str | Path):
        history = _read(Path(history).expanduser())
    return history.history() if isinstance(history, RunFolder) else history


def histories_of(history: Any) -> list[Any]:
    """The members of a list of histories, such as runs with several seeds; otherwise the history alone."""
    is_list = isinstance(history, Sequence) and not isinstance(history, str | bytes)
    if is_list and not history:
        raise DataError(f"The list must hold at least one history: {_KINDS}. Received: an empty list.")
    return list(history) if is_list else [history]


def mean_frame(frames: Sequence["pd.DataFrame"]) -> "pd.DataFrame":
    """The mean of several histories, measurement by measurement, as far as all of them go.

    Raises `DataError` if they were not measured at the same epochs and steps.
    """
    import pandas as pd

    if len(frames) == 1:
        return frames[0]
    shortest = min(map(len, frames))
    cut = [frame[:shortest].reset_index(drop=True) for frame in frames]
    if any(not (frame[["epoch", "step"]] == cut[0][["epoch", "step"]]).all(axis=None) for frame in cut):
        raise DataError(
            "Histories are averaged if they were measured at the same epochs and steps. Received: different ones. "
            "Draw them one by one."
        )
    shared = [name for name in cut[0] if all(name in frame for frame in cut)]
    means = pd.concat([frame[shared] for frame in cut]).groupby(level=0).mean()
    return means.astype({"epoch": int, "step": int})


def _read(path: Path) -> Any:
    """A run, lists by name from TensorBoard, or the table in a file."""
    if path.is_dir():
        holds_a_run = (path / "config.json").is_file()
        return find_run_folder(path.parent, path.name) if holds_a_run else _tensorboard(path)
    try:
        with path.open("rb") as file:
            return _csv(file)
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}). Name {_FILES}.") from None


def _csv(file: Any) -> "pd.DataFrame":
    """The table in a file: CSVLogger's, or one that `History.frame.to_csv` wrote."""
    import pandas as pd

    text = file.read(_MOST_BYTES + 1)
    text = text.decode("utf-8-sig", "replace") if isinstance(text, bytes) else text
    if len(text) > _MOST_BYTES:
        raise DataError(f"A history may have at most {_MOST_BYTES / 1e6:.0f} MB. Received: more. Keep a part of it.")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return pd.read_csv(io.StringIO(text), sep=separator, na_values=[_MISSING])
    except ValueError as error:  # pandas' parser and empty-data errors are ValueErrors
        raise DataError(
            f"The file holds no table of measurements ({error}). Name a file that Keras's CSVLogger wrote."
        ) from None


def _table(history: Any) -> "pd.DataFrame":
    import pandas as pd

    lists = getattr(history, "history", history)
    if not isinstance(lists, Mapping):
        raise DataError(f"A history must be {_KINDS}. Received: {type(history).__name__}.")
    lengths = {name: len(values) for name, values in lists.items() if isinstance(values, Sized)}
    if lists and len(set(lengths.values())) != 1:
        received = ", ".join(f"{length:,} of {name}" for name, length in lengths.items()) or "no list"
        raise DataError(
            "The lists of a history must be of one length, with a number for each epoch. "
            f"Received: {received}. Take all of them from one training."
        )
    return pd.DataFrame(dict(lists))


def _counted(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with epochs that count completed ones, and numbers in all columns of metrics."""
    import pandas as pd

    frame = table.reset_index() if table.index.name in ("epoch", "step") else table.reset_index(drop=True)
    frame = frame.drop(columns=[name for name in frame if str(name).startswith("Unnamed")])
    numbers = {str(name): pd.to_numeric(frame[name], errors="coerce") for name in frame}
    rows = pd.Series(np.arange(1, len(frame) + 1), index=frame.index)
    epochs = numbers.pop("epoch", rows)
    steps = numbers.pop("step", None)
    if steps is None:
        # A recording that was continued begins to count anew: then its rows are counted.
        ascending = epochs.is_monotonic_increasing and epochs.is_unique
        epochs = steps = epochs + int(epochs.iloc[:1].eq(0).any()) if ascending else rows
    for prefix in ("", "val_"):
        other = next((name for name in _ACCURACIES if prefix + name in numbers), None)
        if other and f"{prefix}accuracy" not in numbers:
            numbers[f"{prefix}accuracy"] = numbers[prefix + other]
    return pd.DataFrame({"epoch": epochs.astype(int), "step": steps.astype(int), **numbers})


def _tensorboard(folder: Path) -> dict[str, list[float]]:
    """The metrics per epoch that Keras's TensorBoard callback wrote below `train` and `validation`."""
    values: dict[str, dict[int, float]] = {}
    for part, prefix in (("train", ""), ("validation", "val_")):
        for name, by_step in _scalars(folder / part).items():
            values[prefix + name] = by_step
    steps = sorted({step for by_step in values.values() for step in by_step})
    if not steps:
        others = sorted(one.parent.name for one in folder.glob("*/train") if one.is_dir())[:5]
        advice = f"Name one of its runs: {', '.join(others)}." if others else f"Name {_FILES}."
        raise DataError(f"{folder} holds no metrics per epoch of Keras's TensorBoard callback. {advice}")
    return {name: [by_step.get(step, np.nan) for step in steps] for name, by_step in values.items()}


def _scalars(folder: Path) -> dict[str, dict[int, float]]:
    if not folder.is_dir():
        return {}
    from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), size_guidance={TENSORS: 0}).Reload()
    names = [tag for tag in events.Tags()["tensors"] if tag.startswith("epoch_")]
    return {
        tag.removeprefix("epoch_"): {one.step: float(make_ndarray(one.tensor_proto)) for one in events.Tensors(tag)}
        for tag in names
    }
