"""The script's first half: load, split, scale, encode."""

from math import ceil

from ..config import ExperimentConfig
from ..datasets import DatasetInfo
from ..preparation import fitting_validation_rows
from ..shapes import input_shape, shown
from .layout import bracket_code, comment_code

LOAD = """\
# Load the data.
with np.load(DATA) as file:
    x_train, y_train = file["x_train"], file["y_train"]
    x_test, y_test = file["x_test"], file["y_test"]
print("x_train:", x_train.shape, x_train.dtype, "y_train:", y_train.shape)
print("x_test:", x_test.shape, x_test.dtype, "y_test:", y_test.shape)"""


def split_code(config: ExperimentConfig, info: DatasetInfo) -> str:
    """Hold validation rows back, with the same rows on each side as `split_validation`; empty where none are."""
    if config.validation_split is None:
        return _first_rows_code(held_rows(config, info))
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


def inputs_code(config: ExperimentConfig, info: DatasetInfo) -> str:
    """Scale the rows and give them the network's input shape, as `to_inputs` does."""
    shape = input_shape(config, info.row_shape)
    reshape = f".reshape({', '.join(map(str, (-1, *shape)))})" if shape != info.row_shape else ""
    comment = "Pixels from 0 to 255 become numbers from 0 to 1."
    if reshape:
        comment += f" Each picture becomes {'one long row' if len(shape) == 1 else shown(shape)}."
    lines = [f'{name} = {name}{reshape}.astype("float32") / 255' for name in _names("x", config)]
    return "\n".join([comment_code(comment), *lines])


def targets_code(config: ExperimentConfig, info: DatasetInfo) -> str:
    """One-hot rows; nothing for a sparse loss, which takes the labels as they are."""
    if config.loss == "sparse_categorical_crossentropy":
        return ""
    comment = f"Each label becomes {info.num_classes} numbers: a single 1, the rest 0 (one-hot)."
    lines = [f"{name} = keras.utils.to_categorical({name}, {info.num_classes})" for name in _names("y", config)]
    return "\n".join([comment_code(comment), *lines])


def held_rows(config: ExperimentConfig, info: DatasetInfo) -> int:
    """How many training rows are held back for validation."""
    if config.validation_split is not None:
        return ceil(config.validation_split * info.train_rows)
    return fitting_validation_rows(config.validation_rows, info.train_rows) or 0


def _names(letter: str, config: ExperimentConfig) -> list[str]:
    validated = config.validation_split is not None or config.validation_rows is not None
    return [f"{letter}_{part}" for part in ("train", *(["val"] if validated else []), "test")]
