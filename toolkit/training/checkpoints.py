"""The complete state of a training in one file, from which it resumes as if it had never been interrupted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from ..config import ExperimentConfig
from ..config.schema_version import SCHEMA, SCHEMA_KEY, unknown_number_of_arrays
from ..errors import ModelFileError
from ..system.files import write_atomically
from .engine_choice import EngineKind
from .history import COLUMNS

#: The fields that may differ between the training that wrote a checkpoint and the one that resumes from it.
_FREE = {"name", "epochs", "steps"}


class Checkpoint(NamedTuple):
    """What a checkpoint holds besides the model's variables.

    records: one dict per measurement, keyed as those of `History`, oldest first. best_weights: the weights that
    early stopping has kept, or None. engine: the engine used so far, since another one's results differ in the
    last digits.
    """

    records: tuple[dict[str, Any], ...]
    best_weights: list[np.ndarray] | None
    engine: EngineKind


def save_checkpoint(
    model: keras.Model,
    path: Path,
    config: ExperimentConfig,
    *,
    records: Sequence[Mapping[str, Any]],
    engine: EngineKind,
    best_weights: Sequence[np.ndarray] | None = None,
) -> None:
    """Save everything needed to resume: weights, optimizer state, dropout's seeds and the measurements."""
    variables = {f"variable_{index}": value.numpy() for index, value in enumerate(_all_variables(model))}
    best = {f"best_{index}": value for index, value in enumerate(best_weights or ())}
    names = list(records[-1])
    table = np.array([[_number(record.get(name)) for name in names] for record in records])
    facts = {
        SCHEMA_KEY: np.array(SCHEMA),
        "config": np.array(config.to_json()),
        "engine": np.array(engine),
        "records": table,
        "columns": np.array(names),
    }
    contents = {**facts, **variables, **best}
    write_atomically(path, lambda temporary: _savez(temporary, contents))


def load_checkpoint(model: keras.Model, path: Path, config: ExperimentConfig) -> Checkpoint:
    """Load a checkpoint into a model that was built and compiled from the same config.

    Raises `ModelFileError` if the file is damaged, belongs to another experiment, or was written by a newer
    version of the toolkit; the model is then unchanged.
    """
    if unknown := unknown_number_of_arrays(path):
        raise ModelFileError(f"This version of the toolkit can't read the checkpoint {path}: it {unknown}. Update it.")
    variables = _all_variables(model)
    try:
        with np.load(path, allow_pickle=False) as file:
            written = ExperimentConfig.from_json(str(file["config"]))
            # Without names, only these were measured.
            names = file["columns"].tolist() if "columns" in file else list(COLUMNS)
            table = np.asarray(file["records"], dtype=float).reshape(-1, len(names))
            values, best = _numbered(file, "variable"), _numbered(file, "best")
            # Checkpoints from before there were two engines: all were trained by "graph".
            engine: EngineKind = "xla" if "engine" in file and str(file["engine"]) == "xla" else "graph"
    except Exception as error:  # NumPy raises many types of exceptions for an unreadable file.
        reason = str(error).strip() or type(error).__name__
        raise ModelFileError(f"The checkpoint {path} is damaged ({reason}). Train again from the start.") from error
    if differing := _differing(written, config):
        raise ModelFileError(
            f"The checkpoint {path} belongs to another experiment: {', '.join(differing)} differ. "
            "Train with the same settings, or name another file."
        )
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise ModelFileError(f"The checkpoint {path} belongs to another network. Train again from the start.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return Checkpoint(tuple(_record(names, row) for row in table), best or None, engine)


def _differing(written: ExperimentConfig, config: ExperimentConfig) -> list[str]:
    fields = [name for name in ExperimentConfig.model_fields if name not in _FREE]
    return [name for name in fields if getattr(written, name) != getattr(config, name)]


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _record(names: Sequence[str], row: np.ndarray) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: None if np.isnan(value) else float(value) for name, value in zip(names, row, strict=True)
    }
    return {**record, "epoch": int(record["epoch"]), "step": int(record["step"])}


def _numbered(file: Mapping[str, np.ndarray], kind: str) -> list[np.ndarray]:
    count = sum(name.startswith(f"{kind}_") for name in file)
    return [file[f"{kind}_{index}"] for index in range(count)]


def _all_variables(model: keras.Model) -> list[keras.Variable]:
    # A new optimizer has no slots yet: they would be left out silently.
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _savez(path: Path, contents: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez(file, **contents)
