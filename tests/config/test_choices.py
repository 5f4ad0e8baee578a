"""One entry is enough: whatever a config can name has its words, its flag, its code and its line in the docs.

`missing` looks for what an entry lacks. It runs over every entry, and over entries that lack something.
"""

import ast
import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Literal

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from docs.choices import CHOICES_FILE, choices_page
from toolkit.cli import toolkit
from toolkit.code_export import export_code
from toolkit.config import ExperimentConfig
from toolkit.config.initializers import INITIALIZERS
from toolkit.config.layers import ACTIVATIONS, LAYER_KINDS, Dense, Flatten, Layer
from toolkit.config.losses import LOSSES, LossChoice
from toolkit.config.optimizers import OPTIMIZERS, OptimizerChoice, optimizers_that_take
from toolkit.config.shapes import trace_shapes
from toolkit.config.validation import choices
from toolkit.model_import.guard.layers import LAYERS as KNOWN_LAYERS
from toolkit.model_import.guard.members import snake_case
from toolkit.models.build import build_model, keras_layer, make_optimizer

HELP = " ".join(
    CliRunner().invoke(toolkit, ["train", "--help"], terminal_width=1000, max_content_width=1000).output.split()
)
DOCS = CHOICES_FILE.read_text(encoding="utf-8")


def arguments_of(keras_class: Any) -> dict[str, Any]:
    """What a class of Keras's takes: name -> its default."""
    return {name: one.default for name, one in inspect.signature(keras_class.__init__).parameters.items()}


def missing(entry: OptimizerChoice | LossChoice | type[Layer]) -> list[str]:
    """What an entry lacks, a sentence each; none where it is complete."""
    if isinstance(entry, OptimizerChoice):
        return [*_missing_words(entry.name, entry.title), *_missing_in_optimizer(entry)]
    if isinstance(entry, LossChoice):
        return [*_missing_words(entry.name, entry.title), *_missing_in_loss(entry)]
    kind = entry.model_fields["kind"].default
    return [*_missing_words(kind, getattr(entry, "title", "")), *_missing_in_layer(kind, entry)]


def _missing_words(name: str, title: str) -> Iterator[str]:
    if not title or title == name:
        yield f"{name} needs a title as people write it."
    if name not in HELP:
        yield f"`train --help` does not list {name}."
    if f"| `{name}` | {title} |" not in DOCS:
        yield f"docs/choices.md has no line for {name}. Run: python -m docs.choices > docs/choices.md"


def _missing_in_optimizer(entry: OptimizerChoice) -> Iterator[str]:
    keras_class = getattr(keras.optimizers, entry.keras_class, None)
    if keras_class is None:
        yield f"Keras has no optimizer {entry.keras_class}."
        return
    taken = arguments_of(keras_class)
    if entry.keras_learning_rate != taken["learning_rate"]:
        ours, theirs = entry.keras_learning_rate, taken["learning_rate"]
        yield f"keras_learning_rate of {entry.name} is {ours:g}, Keras's {theirs:g}."
    for name in ("momentum", "nesterov"):
        if (name in taken) != (name in entry.takes):
            yield f"takes of {entry.name} and Keras's {entry.keras_class} differ in {name}."
    if not (0 < entry.usual_learning_rate <= 10 and 0 < entry.learning_rate <= 10):
        yield f"The rates of {entry.name} must be some that a config may name."
    if not entry.help.endswith("."):
        yield f"{entry.name} needs a sentence of help."
    if not entry.reference.startswith("https://"):
        yield f"{entry.name} needs a reference."


def _missing_in_loss(entry: LossChoice) -> Iterator[str]:
    if not entry.help.endswith("."):
        yield f"{entry.name} needs a sentence of help."
    if entry.keras_class is None:
        return
    keras_class = getattr(keras.losses, entry.keras_class, None)
    if keras_class is None:
        yield f"Keras has no loss {entry.keras_class}."
        return
    if ("from_logits" in arguments_of(keras_class)) != entry.takes_logits:
        yield f"takes_logits of {entry.name} and Keras's {entry.keras_class} differ."
    if type(keras.losses.get(entry.keras_class)) is not keras_class or keras.losses.get(entry.name) is None:
        yield f"Keras has no loss of the name {entry.name}, which a script writes."


def _missing_in_layer(kind: str, entry: type[Layer]) -> Iterator[str]:
    keras_class = getattr(keras.layers, getattr(entry, "keras_class", ""), None)
    if keras_class is None:
        yield f"{kind} needs the name of its class in keras.layers."
        return
    if snake_case(entry.keras_class) != kind:
        yield f"The kind of {entry.keras_class} must be {snake_case(entry.keras_class)}."
    if entry.keras_class not in KNOWN_LAYERS:
        yield f"guard/layers.py knows no {entry.keras_class}: a saved model could not be read back as a file."
    taken, fields = arguments_of(keras_class), set(entry.model_fields) - {"kind"}
    for name in sorted(fields - set(taken)):
        yield f"Keras's {entry.keras_class} takes no {name}."
    for name, default in entry.keras_defaults.items():
        if name not in fields or _plain(name, taken.get(name)) != default:
            yield f"keras_defaults of {kind} and Keras differ in {name}."
    for name in sorted(set(taken) - {"self"} - set(entry.keras_defaults)):
        if taken[name] is inspect.Parameter.empty and name not in ("kwargs", *fields):
            yield f"Keras's {entry.keras_class} needs {name}."
    for name in filter(None, (entry.main_field, entry.shown_field)):
        if name not in fields:
            yield f"{kind} has no field {name} to be shown."


def _plain(name: str, value: Any) -> Any:
    """Keras's default as a config writes it: (2, 2) as 2, no activation as linear."""
    if name == "activation" and value is None:
        return "linear"
    return value[0] if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_lacks_nothing(name: str) -> None:
    assert missing(OPTIMIZERS[name]) == []


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_lacks_nothing(name: str) -> None:
    assert missing(LOSSES[name]) == []


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_kind_of_layer_lacks_nothing(kind: str) -> None:
    assert missing(LAYER_KINDS[kind]) == []


@pytest.mark.parametrize("name", [*ACTIVATIONS, *INITIALIZERS])
def test_activations_and_initializers_are_in_the_help_and_in_the_docs(name: str) -> None:
    assert name in HELP
    assert f"| `{name}` |" in DOCS


def test_the_docs_are_what_the_records_say() -> None:
    assert choices_page() == DOCS, "Run: python -m docs.choices > docs/choices.md"


def test_the_config_takes_what_there_are_records_of() -> None:
    fields = ExperimentConfig.model_fields
    assert choices(fields["optimizer"]) == tuple(OPTIMIZERS)
    assert choices(fields["loss"]) == tuple(LOSSES)
    assert choices(Dense.model_fields["activation"]) == tuple(ACTIVATIONS)


class TestWhatIsMissingIsSaid:
    LION = OPTIMIZERS["lion"]

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"title": ""}, "lion needs a title as people write it."),
            ({"name": "tiger"}, "`train --help` does not list tiger."),
            (
                {"title": "LION"},
                "docs/choices.md has no line for lion. Run: python -m docs.choices > docs/choices.md",
            ),
            ({"keras_class": "Tiger"}, "Keras has no optimizer Tiger."),
            ({"keras_learning_rate": 0.1}, "keras_learning_rate of lion is 0.1, Keras's 0.001."),
            ({"takes": ("momentum",)}, "takes of lion and Keras's Lion differ in momentum."),
            ({"usual_learning_rate": 0.0}, "The rates of lion must be some that a config may name."),
            ({"help": ""}, "lion needs a sentence of help."),
            ({"reference": ""}, "lion needs a reference."),
        ],
    )
    def test_of_an_optimizer(self, changes: dict[str, Any], sentence: str) -> None:
        assert sentence in missing(replace(self.LION, **changes))

    def test_an_optimizer_without_a_field_can_not_even_be_made(self) -> None:
        with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'title'"):
            OptimizerChoice(**{name: value for name, value in vars(self.LION).items() if name != "title"})

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"keras_class": "Surprise"}, "Keras has no loss Surprise."),
            (
                {"takes_logits": False},
                "takes_logits of categorical_crossentropy and Keras's CategoricalCrossentropy differ.",
            ),
            ({"help": ""}, "categorical_crossentropy needs a sentence of help."),
        ],
    )
    def test_of_a_loss(self, changes: dict[str, Any], sentence: str) -> None:
        assert sentence in missing(replace(LOSSES["categorical_crossentropy"], **changes))

    def test_of_a_layer(self) -> None:
        class Noise(Layer):
            """Adds noise."""

            keras_class = "GaussianNoise"
            keras_defaults: ClassVar = {"stddev": 0.1}
            main_field = "amount"
            kind: Literal["noise"] = "noise"
            deviation: float = 0.1

        assert missing(Noise) == [
            "noise needs a title as people write it.",
            "`train --help` does not list noise.",
            "docs/choices.md has no line for noise. Run: python -m docs.choices > docs/choices.md",
            "The kind of GaussianNoise must be gaussian_noise.",
            "Keras's GaussianNoise takes no deviation.",
            "keras_defaults of noise and Keras differ in stddev.",
            "noise has no field amount to be shown.",
        ]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_keeps_as_many_slots_as_its_record_says(name: str, momentum: float) -> None:
    if momentum and name not in optimizers_that_take("momentum"):
        return
    optimizer = make_optimizer(ExperimentConfig(optimizer=name, momentum=momentum))
    weights = keras.Variable(np.zeros((7, 3), np.float32))
    optimizer.build([weights])
    kept = [variable for variable in optimizer.variables if tuple(variable.shape) == (7, 3)]
    assert len(kept) == OPTIMIZERS[name].slots + (OPTIMIZERS[name].momentum_slots if momentum else 0)


def network(*hidden: Layer, **settings: Any) -> ExperimentConfig:
    """A small network for pictures, flattened where that is needed."""
    pictures = any(layer.takes == "picture" for layer in hidden)
    return ExperimentConfig(dataset="digits", layers=[*hidden, *([Flatten()] if pictures else [])], **settings)


def _rows_follow(layer: Layer) -> tuple[Layer, ...]:
    return (layer,) if layer.kind != "global_average_pooling2d" else (layer, Dense(units=4))


SCRIPTS = {
    **{f"optimizer {name}": (network(Dense(), optimizer=name), one.keras_class) for name, one in OPTIMIZERS.items()},
    **{f"loss {name}": (network(Dense(), loss=name), name.partition("_")[0]) for name in LOSSES},
    **{f"activation {name}": (network(Dense(activation=name)), name) for name in ACTIVATIONS if name != "linear"},
    **{f"initializer {name}": (network(Dense(kernel_initializer=name)), name) for name in INITIALIZERS},
    **{f"layer {kind}": (network(*_rows_follow(one())), one.keras_class) for kind, one in LAYER_KINDS.items()},
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_an_exported_script_parses_and_names_what_the_config_names(case: str) -> None:
    config, word = SCRIPTS[case]
    code = export_code(config)
    ast.parse(code)
    if word != "glorot_uniform":  # Keras's default need not be written.
        assert word.lower() in code.lower()


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_layers_parameters_are_counted_as_keras_counts_them(kind: str, digits: Any) -> None:
    config = network(*_rows_follow(LAYER_KINDS[kind]()))
    traced = trace_shapes(config, digits.row_shape, digits.num_classes)
    model = build_model(config, digits)
    assert [layer.parameters for layer in traced] == [layer.count_params() for layer in model.layers]
    assert [layer.output_shape for layer in traced] == [tuple(layer.output.shape[1:]) for layer in model.layers]


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_layer_is_keras_class_of_its_record(kind: str) -> None:
    assert type(keras_layer(LAYER_KINDS[kind](), ExperimentConfig())).__name__ == LAYER_KINDS[kind].keras_class


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_script_makes_the_layer_that_is_trained(kind: str) -> None:
    """A layer with its defaults, made by the line of code that a script writes."""
    config = network(*_rows_follow(LAYER_KINDS[kind]()))
    call = next(line for line in export_code(config).split("\n") if f"layers.{LAYER_KINDS[kind].keras_class}(" in line)
    written = eval(call.strip().removesuffix(","), {"layers": keras.layers})
    ours = keras_layer(config.layers[0], config)
    assert _settings(written) == _settings(ours)


def _settings(layer: keras.layers.Layer) -> dict[str, Any]:
    """What Keras saves of a layer, without names and seeds."""
    text = json.loads(json.dumps(layer.get_config(), default=str))
    return {name: value for name, value in text.items() if name not in ("name", "seed")}
