"""The script's first half: load, split, scale, encode."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..config.shapes import Shape, input_shape, shown
from ..datasets import DATASETS, Dataset, dataset_info, load_dataset
from ..datasets.preprocessing import fitting_validation_rows
from ..training.engine_choice import EngineKind, choose_engine
from .layout import bracket_code, comment_code


@dataclass(frozen=True)
class DataFacts:
    """The facts that the script depends on.

    is_uint8: pixels in [0, 255], to be scaled; floats stay as they are. is_encoded: whether columns of a table became
    other numbers when it was read.
    """

    row_shape: Shape
    num_classes: int
    train_rows: int
    is_uint8: bool
    is_encoded: bool = False

    @property
    def is_table(self) -> bool:
        """Whether the columns are to be standardised."""
        return len(self.row_shape) == 1 and not self.is_uint8


def facts_of(config: ExperimentConfig, data: Dataset | None = None) -> DataFacts:
    """The facts of `data`; without it, those of a known data set, which is not loaded, or of the user's own.

    Raises `ConfigError` if the data set is unknown.
    """
    if data is None and config.dataset not in DATASETS:
        data = load_dataset(config.dataset, **config.reading)
    if data is not None:
        is_uint8, is_encoded = data.x_train.dtype == np.uint8, data.encoding is not None and data.encoding.changes
        return DataFacts(data.row_shape, data.num_classes, len(data.x_train), is_uint8, is_encoded)
    info = dataset_info(config.dataset)
    return DataFacts(info.row_shape, info.num_classes, info.train_rows, is_uint8=len(info.row_shape) > 1)


LOAD = """\
# Load the data.
with np.load(DATA) as file:
    x_train, y_train = file["x_train"], file["y_train"]
    x_test, y_test = file["x_test"], file["y_test"]
print("x_train:", x_train.shape, x_train.dtype, "y_train:", y_train.shape)
print("x_test:", x_test.shape, x_test.dtype, "y_test:", y_test.shape)"""


def split_code(config: ExperimentConfig, facts: DataFacts) -> str:
    """Hold out validation rows, the same rows as `split_validation`; empty if there are none."""
    if config.validation_split is None:
        return _first_rows_code(held_rows(config, facts))
    comment = f"Hold {100 * config.validation_split:g} % of the training rows back, to check the network on them."
    arguments = ["x_train", "y_train", f"test_size={config.validation_split}", "random_state=SEED"]
    if config.stratify:
        comment += " Each class keeps its share."
        arguments.append("stratify=y_train")
    code = bracket_code("x_train, x_val, y_train, y_val = train_test_split(", arguments)
    return f"{comment_code(comment)}\n{code}"


def _first_rows_code(held: int) -> str:
    if not held:
        return ""
    return f"""\
{comment_code(f"Hold the first {held:,} training rows back, to check the network on them.")}
x_val, y_val = x_train[:{held}], y_train[:{held}]
x_train, y_train = x_train[{held}:], y_train[{held}:]"""


def standardise_code(facts: DataFacts) -> str:
    """Mean and standard deviation of a table's columns, from the training rows alone; empty for pictures."""
    if not facts.is_table:
        return ""
    return """\
# Each column's mean and spread in the training rows: the network begins by scaling.
scaler = StandardScaler().fit(x_train.astype("float64"))"""


def inputs_code(config: ExperimentConfig, facts: DataFacts) -> str:
    """Scale the rows and give them the network's input shape, as `to_inputs` does."""
    shape = input_shape(config, facts.row_shape)
    reshape = f".reshape({', '.join(map(str, (-1, *shape)))})" if shape != facts.row_shape else ""
    scale = " / 255" if facts.is_uint8 else ""
    comment = "Pixels from 0 to 255 become numbers from 0 to 1." if facts.is_uint8 else "Numbers of 32 bits."
    if reshape:
        comment += f" Each picture becomes {'one long row' if len(shape) == 1 else shown(shape)}."
    lines = [f'{name} = {name}{reshape}.astype("float32"){scale}' for name in _names("x", config)]
    return "\n".join([comment_code(comment), *lines])


def targets_code(config: ExperimentConfig, facts: DataFacts) -> str:
    """One-hot targets; empty for a sparse loss, which takes the labels as they are."""
    if LOSSES[config.loss].takes_labels:
        return ""
    comment = f"Each label becomes {facts.num_classes} numbers: a single 1, the rest 0 (one-hot)."
    lines = [f"{name} = keras.utils.to_categorical({name}, {facts.num_classes})" for name in _names("y", config)]
    return "\n".join([comment_code(comment), *lines])


def engine_of(config: ExperimentConfig, facts: DataFacts) -> EngineKind:
    """The engine that trains this config on such data."""
    rows = facts.train_rows - held_rows(config, facts)
    return choose_engine(config, facts.row_shape, facts.num_classes, num_rows=rows)


def held_rows(config: ExperimentConfig, facts: DataFacts) -> int:
    """How many training rows are held out for validation."""
    if config.validation_split is not None:
        return ceil(config.validation_split * facts.train_rows)
    return fitting_validation_rows(config.validation_rows, facts.train_rows) or 0


def _names(letter: str, config: ExperimentConfig) -> list[str]:
    validated = config.validation_split is not None or config.validation_rows is not None
    return [f"{letter}_{part}" for part in ("train", *(["val"] if validated else []), "test")]
