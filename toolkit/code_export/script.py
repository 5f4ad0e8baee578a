"""The whole script, section by section, from its docstring to the saved model."""

from pathlib import Path

from ..config import ExperimentConfig
from ..datasets import DatasetInfo, dataset_info
from ..presets import PRESETS
from ..shapes import trace_shapes
from .data import LOAD, held_rows, inputs_code, split_code, targets_code
from .layout import docstring_code, join_sections, value_code
from .network import UNCLIPPED_LOSS, model_code
from .training import JUDGE, batches_code, counts_code, fit_code, is_unclipped, lowest_code, save_code, stop_code


def export_code(
    config: ExperimentConfig, *, data_file: str | None = None, weights_file: str | None = None, about: str = ""
) -> str:
    """The experiment as a Keras script that needs keras, numpy, scikit-learn and a data file, not the toolkit.

    Its plain `fit` gives the loss, accuracy, val_loss and val_accuracy of `train`, to the last bit on the
    same machine with the same number of threads. The honest curve is left out: the script stays short.

    data_file: the `.npz` with Keras's four keys that the script reads unless it is told another; None: one
    named after the data set. weights_file: weights to start from. about: a sentence for the script's head.

    Returns text that Ruff's and Black's formatters leave as it is. Raises `ConfigError` where the data set
    is unknown or a layer can't take what arrives at it.
    """
    info = dataset_info(config.dataset)
    trace_shapes(config, info.row_shape, info.num_classes)
    body = join_sections(
        [
            _constants(config, info, data_file or default_data_file(config), weights_file),
            LOAD,
            split_code(config, info),
            inputs_code(config, info),
            targets_code(config, info),
            UNCLIPPED_LOSS if is_unclipped(config) else "",
            model_code(config, info, from_weights=weights_file is not None),
            batches_code(config),
            counts_code(config),
            stop_code(config),
            fit_code(config),
            lowest_code(config),
            JUDGE,
            save_code(config),
        ]
    )
    return "\n\n".join([_introduction(config, about), _imports(body), body]) + "\n"


def default_data_file(config: ExperimentConfig) -> str:
    """The `.npz` that a script reads: the data set itself where it is such a file, else one of its name."""
    return config.dataset if config.dataset.endswith(".npz") else f"{Path(config.dataset).stem}.npz"


def _introduction(config: ExperimentConfig, about: str) -> str:
    known = PRESETS.get(config.name)
    paragraphs = [f"{config.name}."]
    if known and known.config == config:
        paragraphs = [f"{known.name}: {known.teaches}."]
        paragraphs += [f"The published test accuracy is {known.claim:.2%}."] if known.claim else []
    paragraphs += [about] if about else []
    paragraphs.append(
        "The data file holds x_train, y_train, x_test and y_test, as Keras's own do; another one can be named as the "
        "first argument. On the same machine with the same number of threads, the history is the toolkit's to the "
        "last digit."
    )
    return docstring_code(paragraphs)


def _imports(body: str) -> str:
    standard = [f"import {name}" for name in ("itertools", "math", "sys") if f"{name}." in body]
    parts = [name for name in ("initializers", "layers") if f"{name}." in body]
    others = ["import keras", "import numpy as np", f"from keras import {', '.join(parts)}"]
    if "train_test_split" in body:
        others.append("from sklearn.model_selection import train_test_split")
    return "\n".join([*standard, "", *others])


def _constants(config: ExperimentConfig, info: DatasetInfo, data_file: str, weights_file: str | None) -> str:
    batch_size = min(config.batch_size, info.train_rows - held_rows(config, info))
    lines = [f"DATA = {value_code(data_file)}", "if len(sys.argv) > 1:", "    DATA = sys.argv[1]"]
    lines += [f"WEIGHTS = {value_code(weights_file)}"] if weights_file else []
    lines += [f"SEED = {config.seed}", f"BATCH_SIZE = {batch_size}"]
    lengths = {name: getattr(config, name) for name in ("epochs", "steps", "log_every")}
    return "\n".join([*lines, *(f"{name.upper()} = {value}" for name, value in lengths.items() if value)])
