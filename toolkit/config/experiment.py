"""The experiment config: one small, flat, frozen, validated record. Defaults and limits are defined here alone."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ConfigError, Problem, ToolkitError, listed
from .initializers import Initializer
from .layers import AnyLayer, Dense
from .losses import LOSSES
from .optimizers import OPTIMIZERS, optimizer_of, optimizers_that_take, rate_for
from .reading import Reading, as_it_was_read, reading_conflicts
from .schema_version import unknown_number_of_config
from .validation import problems_from

if TYPE_CHECKING:  # Type checkers accept no Literal that is built at run time.
    Optimizer = str
    Loss = str
else:
    Optimizer = Literal[tuple(OPTIMIZERS)]
    Loss = Literal[tuple(LOSSES)]
Engine = Literal["auto", "graph", "xla"]
Monitor = Literal["val_loss", "val_accuracy", "loss", "accuracy"]

#: A config file with one layer of each kind takes 5 kB.
_MOST_BYTES = 1_000_000


class ExperimentConfig(BaseModel):
    """Data, model and training of one experiment, in Keras's terms.

    Every value is validated when the config is made; all problems are raised together as `ConfigError`.
    `epochs` and `steps` exclude each other, and so do `validation_split` and `validation_rows`.
    `learning_rate` defaults to the optimizer's rate: 0.0001 for lion, 0.001 for adam (see optimizers.py).

    >>> ExperimentConfig(layers=[Dense(units=64)], epochs=5).replace(learning_rate=0.01).learning_rate
    0.01
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(
        "my experiment", min_length=1, max_length=80, description="A title for your run; any text will do."
    )

    dataset: str = Field(
        "mnist",
        min_length=1,
        max_length=4096,
        description="What the network learns from: a known name, or the path of your own data.",
    )
    label: str | None = Field(
        None,
        min_length=1,
        max_length=4000,
        description="The column of a CSV file that holds the classes, or several 0/1 columns with commas between; by "
        "default it is recognised.",
    )
    leave_out: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        (), max_length=4096, description="A column of a CSV file that the network does not see."
    )
    shape: str | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="The shape of a CSV file's rows as pictures, or flat for rows of values; by default it is "
        "recognised.",
        examples=["28x28 or 32x32x3"],
    )
    validation_split: float | None = Field(
        0.3,
        gt=0,
        lt=1,
        description="The share of the training rows held back to check the network on pictures it does not learn from.",
        examples=["0.3, which holds back 30 %"],
    )
    validation_rows: int | None = Field(
        None,
        ge=1,
        description="Hold back the first n training rows instead, as TensorFlow 1's tutorials did.",
        examples=["5000"],
    )
    stratify: bool = Field(False, description="Keep the share of each class equal in both parts of the split.")
    seed: int = Field(777, ge=0, le=2**32 - 1, description="The same seed gives the same run again, to the last digit.")

    layers: tuple[Annotated[AnyLayer, Field(discriminator="kind")], ...] = Field(
        (Dense(units=64), Dense(units=32)),
        max_length=30,
        description="The hidden layers; the output layer follows the data.",
    )
    kernel_initializer: Initializer = Field(
        "glorot_uniform", description="How the weights start, where a layer does not say otherwise."
    )
    bias_initializer: Initializer = Field(
        "zeros", description="How the biases start, where a layer does not say otherwise."
    )
    use_bias: bool = Field(True, description="Whether each unit has a bias, where a layer does not say otherwise.")
    from_logits: bool = Field(
        False, description="On: the network ends in raw scores (logits) and the loss does the softmax itself."
    )

    loss: Loss = Field("categorical_crossentropy", description="What training makes small.")
    optimizer: Optimizer = Field("adam", description="The rule that turns slopes into steps.")
    learning_rate: float = Field(
        optimizer_of("adam").learning_rate,
        gt=0,
        le=10,
        description="How large a step the optimizer takes. Too large: the loss jumps or becomes NaN. Too small: slow.",
    )
    momentum: float = Field(
        0.0, ge=0, lt=1, description="For SGD and RMSprop: how much of the last step is carried into the next."
    )
    nesterov: bool = Field(False, description="For SGD with momentum: look ahead before each step.")
    batch_size: int = Field(
        128,
        ge=1,
        le=100_000,
        description="How many rows the network sees before each step.",
        examples=["128"],
    )
    epochs: int | None = Field(
        10,
        ge=1,
        le=1000,
        description="How many times the network sees all training rows.",
        examples=["30"],
    )
    steps: int | None = Field(
        None, ge=1, le=1_000_000, description="Train for this many batches instead of whole epochs.", examples=["1000"]
    )
    log_every: int | None = Field(
        None, ge=1, le=1_000_000, description="Measure every n steps instead of once an epoch.", examples=["100"]
    )
    patience: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Early stopping: end after this many measurements without improvement.",
        examples=["3"],
    )
    monitor: Monitor = Field("val_loss", description="What early stopping and the choice of the best weights watch.")
    restore_best_weights: bool = Field(
        False, description="On: keep the weights of the best measurement. Off: keep the last ones."
    )
    engine: Engine = Field(
        "auto",
        description="How the steps are computed. xla: compiled, fastest for dense layers. graph: for convolution and "
        "very short runs. auto: what suits the network and the length.",
    )

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**_making_room(values))
        except ValidationError as error:
            remedies = {"learning_rate": optimizer_of(values.get("optimizer")).advice}
            problems = problems_from(error, type(self), remedies)
            wrong = {problem.field.split(".")[0] for problem in problems}
            conflicts = _conflicts({**_defaults(), **_making_room(values)}, wrong)
            raise ConfigError([*problems, *(one for one in conflicts if one.field not in wrong)]) from None
        if found := list(_conflicts(dict(self))):
            raise ConfigError(found)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated again.

        `epochs` replaces `steps` (and its `log_every`) and vice versa; so do `validation_split` and
        `validation_rows`. When `optimizer` changes, a `learning_rate` at the old optimizer's default becomes
        the new one's default; any other rate stays.

        Raises `ConfigError` with every problem.
        """
        values = self.model_dump()
        for given, replaced in _REPLACES.items():
            if changes.get(given) is not None:
                values[replaced] = None
        if changes.get("epochs") is not None and self.steps is not None:
            values["log_every"] = None
        values["learning_rate"] = rate_for(
            changes.get("optimizer", self.optimizer), before=self.optimizer, rate=self.learning_rate
        )
        return type(self)(**{**values, **changes})

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """What is not as by default."""
        return ((name, value) for name, value in self if value != _defaults()[name])

    def __str__(self) -> str:
        return repr(self)

    @property
    def reading(self) -> Reading:
        """How the data are read, as keyword arguments for `load_dataset` and `dataset_info`."""
        return {"label": self.label, "leave_out": self.leave_out, "shape": self.shape}

    def to_json(self) -> str:
        """The config as readable JSON: flat, with every field, in Keras's terms."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The config that `to_json` wrote, or a run's config.json. Fields left out take their defaults.

        Raises `ToolkitError` if the text is not a JSON object or was written by a newer version of the toolkit,
        `ConfigError` if a value is invalid.
        """
        try:
            values = json.loads(text)
        except RecursionError:
            raise ToolkitError("The config is nested too deeply. Expected an object of fields.") from None
        except ValueError as error:
            raise ToolkitError(f"The config is not valid JSON ({error}). Expected an object of fields.") from None
        if not isinstance(values, dict):
            raise ToolkitError(f"The config must be a JSON object of fields. Received: {type(values).__name__}.")
        if unknown := unknown_number_of_config(values):
            raise ToolkitError(f"This version of the toolkit can't read the config: it {unknown}. Update the toolkit.")
        return cls(**as_it_was_read(values))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """The config in a JSON file. Raises `ToolkitError` if the file can't be read."""
        try:
            with Path(path).open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ToolkitError(f"The config file {path} has more than {_MOST_BYTES / 1e6:g} MB. Name a JSON file.")
            return cls.from_json(content.decode())
        except (OSError, ValueError) as error:
            raise ToolkitError(f"The config file {path} can't be read ({error}). Name a JSON file.") from None


#: A given field -> the field that it replaces.
_REPLACES = {
    "epochs": "steps",
    "steps": "epochs",
    "validation_split": "validation_rows",
    "validation_rows": "validation_split",
}


def _unheeded(optimizer: str, momentum: float, *, nesterov: bool) -> Iterator[Problem]:
    """Settings that the optimizer ignores."""
    takes = OPTIMIZERS[optimizer].takes
    if nesterov and not ("nesterov" in takes and momentum):
        expected = f"off, or used with {listed(optimizers_that_take('nesterov'))} and a momentum above 0"
        yield Problem("nesterov", expected, f"on with {optimizer} and momentum {momentum}", "Try momentum 0.9.")
    if momentum and "momentum" not in takes:
        expected = f"0, or used with {listed(optimizers_that_take('momentum'))}"
        yield Problem("momentum", expected, f"{momentum} with {optimizer}", "Set momentum to 0.")


def _making_room(values: dict[str, Any]) -> dict[str, Any]:
    """The values, completed by defaults that depend on others: a field is None if its replacement is given, and the
    learning rate is the optimizer's.
    """
    absent = {replaced: None for given, replaced in _REPLACES.items() if values.get(given) is not None}
    return {"learning_rate": optimizer_of(values.get("optimizer")).learning_rate, **absent, **values}


def _defaults() -> dict[str, Any]:
    return {name: field.default for name, field in ExperimentConfig.model_fields.items()}


def _conflicts(values: Mapping[str, Any], wrong: Collection[str] = ()) -> Iterator[Problem]:
    """Values that are each valid but contradict each other."""
    if values["epochs"] is None and values["steps"] is None:
        yield Problem("epochs", "given if steps is not", "neither", "Try 10 epochs.")
    if values["epochs"] is not None and values["steps"] is not None:
        yield Problem("steps", "left out if epochs is given", f"{values['steps']}", "Give one of the two.")
    if values["validation_split"] is not None and values["validation_rows"] is not None:
        received = f"{values['validation_rows']}"
        yield Problem("validation_rows", "left out if validation_split is given", received, "Give one of the two.")
    yield from reading_conflicts(str(values["dataset"]), values)
    if "loss" not in wrong and values["from_logits"] and not LOSSES[values["loss"]].takes_logits:
        remedy = "Turn from_logits off, or choose categorical_crossentropy."
        yield Problem("loss", "a loss that takes logits, since from_logits is on", str(values["loss"]), remedy)
    if "optimizer" not in wrong:
        yield from _unheeded(values["optimizer"], values["momentum"], nesterov=values["nesterov"])
    validated = values["validation_split"] is not None or values["validation_rows"] is not None
    watching = values["patience"] is not None or values["restore_best_weights"]
    if watching and not validated and str(values["monitor"]).startswith("val_"):
        remedy = "Set validation_split to 0.2, or monitor loss."
        yield Problem("monitor", "loss or accuracy, since there is no validation data", values["monitor"], remedy)
