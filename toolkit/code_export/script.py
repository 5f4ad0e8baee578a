"""The whole script, section by section, from its docstring to the saved model."""

from pathlib import Path

from ..config import ExperimentConfig
from ..config.presets import PRESETS
from ..config.shapes import trace_shapes
from ..datasets import Dataset
from .data import (
    LOAD,
    DataFacts,
    engine_of,
    facts_of,
    held_rows,
    inputs_code,
    split_code,
    standardise_code,
    targets_code,
)
from .layout import docstring_code, join_sections, value_code
from .network import UNCLIPPED_LOSS, model_code
from .training import batches_code, fit_code, is_unclipped, judge_code, lowest_code, save_code, stop_code


def export_code(
    config: ExperimentConfig,
    *,
    data: Dataset | None = None,
    data_file: str | None = None,
    weights_file: str | None = None,
    about: str = "",
) -> str:
    """The experiment as a Keras script that needs keras, numpy, scikit-learn and a data file, not the toolkit.

    Its plain `fit` gives the loss, accuracy, val_loss and val_accuracy of `train` on the same machine with the same
    number of threads: bit for bit with plain graphs, up to rounding with XLA. The honest curve is left out to keep the
    script short.

    data: the config's data set, if it is loaded already; data sets with a known name need not be.
    data_file: the `.npz` with Keras's four keys that the script reads unless its argument names another; None: one
    named after the data set. weights_file: weights to start from. about: a sentence for the top of the script.

    Returns code that Ruff's and Black's formatters leave unchanged. Raises `ConfigError` if the data set
    is unknown or a layer can't take its input.
    """
    facts = facts_of(config, data)
    trace_shapes(config, facts.row_shape, facts.num_classes)
    body = join_sections(
        [
            _constants(config, facts, data_file or data_file_name(config), weights_file),
            LOAD,
            split_code(config, facts),
            standardise_code(facts),
            inputs_code(config, facts),
            targets_code(config, facts),
            UNCLIPPED_LOSS if is_unclipped(config) else "",
            model_code(config, facts, from_weights=weights_file is not None),
            batches_code(config),
            stop_code(config),
            fit_code(config),
            lowest_code(config),
            judge_code(config),
            save_code(config),
        ]
    )
    return "\n\n".join([_introduction(config, facts, about), _imports(body), body]) + "\n"


def data_file_name(config: ExperimentConfig) -> str:
    """The data file that a script reads by default: for Keras's own data sets, Keras's file."""
    return f"{Path(config.dataset).stem}.npz"


def _introduction(config: ExperimentConfig, facts: DataFacts, about: str) -> str:
    known = PRESETS.get(config.name)
    paragraphs = [f"{config.name}."]
    if known and known.config == config:
        paragraphs = [f"{known.name}: {known.teaches}."]
        paragraphs += [f"The published test accuracy is {100 * known.claim:.2f} %."] if known.claim else []
    paragraphs += [about] if about else []
    origin = "The one of MNIST comes with the toolkit." if config.dataset == "mnist" else ""
    encoded = (
        "The columns of the table became numbers before they were written there: texts one-hot encoded, gaps filled. "
        "A run's columns.json says how, for new rows."
    )
    exact = "but for rounding" if engine_of(config, facts) == "xla" else "to the last digit"
    paragraphs.append(
        "DATA is an .npz file of x_train, y_train, x_test and y_test, as Keras's own data sets are; it can be named as "
        f"the first argument. {origin or '`python -m toolkit export` writes it if it is given --data.'} On the "
        f"same machine with the same number of threads, the history is the toolkit's {exact}."
    )
    if facts.is_encoded:
        paragraphs.append(encoded)
    return docstring_code(paragraphs)


def _imports(body: str) -> str:
    standard = [f"import {name}" for name in ("itertools", "math", "sys") if f"{name}." in body]
    parts = [name for name in ("initializers", "layers") if f"{name}." in body]
    others = ["import keras", "import numpy as np", f"from keras import {', '.join(parts)}"]
    for module, name in (("model_selection", "train_test_split"), ("preprocessing", "StandardScaler")):
        others += [f"from sklearn.{module} import {name}"] if f"{name}(" in body else []
    return "\n".join([*standard, "", *others])


def _constants(config: ExperimentConfig, facts: DataFacts, data_file: str, weights_file: str | None) -> str:
    batch_size = min(config.batch_size, facts.train_rows - held_rows(config, facts))
    lines = [f"DATA = {value_code(data_file)}", "if len(sys.argv) > 1:", "    DATA = sys.argv[1]"]
    lines += [f"WEIGHTS = {value_code(weights_file)}"] if weights_file else []
    lines += [f"SEED = {config.seed}", f"BATCH_SIZE = {batch_size}"]
    lengths = {name: getattr(config, name) for name in ("epochs", "steps", "log_every")}
    return "\n".join([*lines, *(f"{name.upper()} = {value}" for name, value in lengths.items() if value)])
