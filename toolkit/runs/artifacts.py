"""Opens what a run saved: its model, weights, data, and predictions for the test rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from ..config.reading import NUMBERS
from ..datasets import UNKNOWN_DATA, Dataset, fingerprint, is_own, load_dataset
from ..errors import DataError, ModelFileError, RunError
from ..system.backend import import_tensorflow
from ..system.files import sha256_of, write_atomically, write_json
from .folder import RunFolder
from .schema import Outcome

if TYPE_CHECKING:
    import keras

    from ..datasets.columns import TableEncoding

Listed = TypeVar("Listed")

#: The longest names for 4,096 columns and categories take 2 MB.
_MOST_BYTES_OF_COLUMNS = 10_000_000
#: The test rows whose predictions are followed while a network learns.
SAMPLE_ROWS = range(10)


def open_model(run: RunFolder, *, compile: bool = True) -> "keras.Model":
    """The saved model of a run, compiled as its config says.

    compile: False if it only predicts: it then loads in half the time and takes a third of the memory.
    Raises `RunError` if the run has saved none, or a newer version of the toolkit made it; `ModelFileError` if the
    file is damaged or is not the one that the run saved.
    """
    run.refuse_newer()
    if not run.model_path.is_file():
        raise RunError(f"The run {run.id} has no saved model: it is {run.state}. Choose one that has ended.")
    path = saved_file(run, "model")
    import_tensorflow()
    from ..models.build import compile_model
    from ..models.storage import load_model

    model = load_model(path, compile=compile)
    if compile and not model.compiled:
        compile_model(model, run.config)
    return model


def saved_file(run: RunFolder, kind: Literal["model", "weights"]) -> Path:
    """The run's model or weights file, checked against the hash that the run kept, if it kept one."""
    path = run.model_path if kind == "model" else run.weights_path
    saved = run.result or Outcome()
    expected = saved.model_sha256 if kind == "model" else saved.weights_sha256
    if expected is None:
        return path
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ModelFileError(f"{path} can't be read ({error}). Put the {kind} of the run {run.id} there.") from error
    if found != expected:
        raise ModelFileError(
            f"{path} is not the file that the run saved: expected the SHA-256 {expected[:12]}… of its result.json. "
            f"Received: {found[:12]}…. Put the saved file back, or train the run again."
        )
    return path


def load_data(run: RunFolder) -> Dataset:
    """The data set of a run, as it was when the run was made.

    Raises `DataError` if the user's own file is missing or has changed since.
    """
    check_data(run)
    return load_dataset(run.config.dataset, **run.config.reading)


def labelled_pictures(run: RunFolder) -> Dataset | None:
    """In place of the unknown data of an imported network: its class names, and one grey picture of its input's shape.

    It tells how to ask the network about pictures; grey, since it is not known how light its training pictures were.
    None if its data are known, if it was brought without class names, or if it takes no pictures.
    """
    if run.config.dataset != UNKNOWN_DATA:
        return None
    names, shape = _listed(run, "labels", str), _listed(run, "input_shape", int)
    if len(names) < 2 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))):
        return None
    grey = np.full((1, *(shape[:2] if shape[2:] == [1] else shape)), 128, np.uint8)
    first = np.zeros(1, np.int64)
    return Dataset(UNKNOWN_DATA, grey, first, grey, first, class_names=tuple(names))


def _listed(run: RunFolder, name: str, kind: type[Listed]) -> list[Listed]:
    """A list in what config.json holds of an imported run; empty if it is damaged."""
    values = run.imported.get(name)
    return values if isinstance(values, list) and all(type(one) is kind for one in values) else []


def check_data(run: RunFolder) -> None:
    """Raises `DataError` if a run's data are the user's own file, which is missing or has changed since."""
    if not is_own(run.config.dataset):
        return
    if run.config.dataset == UNKNOWN_DATA:
        raise DataError(
            f"It is not known which data the run {run.id} learned. Import its file again, and name them with --dataset."
        )
    path, before = Path(run.config.dataset), run.about.get("data_sha256")
    if not path.exists():
        raise DataError(f"The data of the run {run.id} are gone: there is no {path}. Put them back there.")
    # The first schema version knew no test part beside a table.
    now = sha256_of(path) if run.config.shape == NUMBERS and path.is_file() else fingerprint(path)
    if before is not None and now != before:
        raise DataError(
            f"{path} has changed since the run {run.id} was made, so its results would not be that run's. "
            "Restore the former data, or train again."
        )


def keep_encoding(run: RunFolder, data: Dataset) -> None:
    """Write how the columns of a run's table become numbers, if its data are one."""
    if data.encoding is not None:
        write_json(run.columns_path, data.encoding.model_dump(mode="json"))


def read_encoding(run: RunFolder) -> "TableEncoding":
    """How new rows are encoded for a run's network: as it was kept with the run, else as its data are read.

    Raises `RunError` if the run learned from no table, or its columns.json is damaged; without that file, as
    `load_data`.
    """
    from ..datasets.columns import TableEncoding

    try:
        with run.columns_path.open("rb") as file:
            content = file.read(_MOST_BYTES_OF_COLUMNS + 1)
        if len(content) <= _MOST_BYTES_OF_COLUMNS:
            return TableEncoding.model_validate_json(content)
    except FileNotFoundError:
        encoding = load_data(run).encoding
        if encoding is None:
            raise RunError(f"The run {run.id} did not learn from a table. Predict with --index, or pictures.") from None
        return encoding
    except (OSError, ValueError):
        pass
    raise RunError(f"{run.columns_path} is damaged, so rows can't be encoded for the run {run.id}. Train it again.")


def read_probabilities(run: RunFolder) -> np.ndarray | None:
    """The probabilities that a run's saved model gives every test row: float32 of shape (rows, classes).

    None if the run kept none or the file is damaged; `Predictor.predict_test` then writes it again.
    """
    try:
        with np.load(run.predictions_path, allow_pickle=False) as file:
            return file["probabilities"]
    except Exception:  # NumPy raises many kinds of errors for a damaged file.
        return None


def keep_samples(run: RunFolder, data: Dataset, *, rows: int = 10) -> None:
    """Write the first test rows of a run's data, so that pages can show them without loading the data."""
    names, columns = np.array(data.class_names), np.array(data.feature_names, str)
    write_atomically(
        run.samples_path,
        lambda path: np.savez(
            path, x=data.x_test[:rows], y=data.y_test[:rows], class_names=names, feature_names=columns
        ),
    )


def keep_probabilities(run: RunFolder, probabilities: np.ndarray) -> None:
    """Write what `read_probabilities` reads; probabilities: of shape (rows, classes)."""
    write_atomically(
        run.predictions_path,
        lambda path: np.savez_compressed(path, probabilities=probabilities.astype(np.float32)),
    )
