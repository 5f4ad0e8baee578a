"""A config's network, loss and optimizer as Keras code: only what differs from Keras's defaults is written."""

from collections.abc import Mapping
from textwrap import indent
from typing import Any

from ..config import ExperimentConfig
from ..config.initializers import INITIALIZERS, parse_initializer
from ..config.layers import Dense, Layer
from ..config.losses import LOSSES
from ..config.optimizers import OPTIMIZERS
from ..config.shapes import input_shape, shown
from .data import DataFacts, engine_of
from .layout import bracket_code, comment_code, value_code

#: The settings that a layer may leave to the config.
_WEIGHTED = ("use_bias", "kernel_initializer", "bias_initializer")

UNCLIPPED_LOSS = '''\
class UnclippedCrossentropy(keras.losses.Loss):
    """The sum of -y * log(p), without Keras's guard against log(0), which gives NaN."""

    def call(self, y_true, y_pred):
        return -keras.ops.sum(y_true * keras.ops.log(y_pred), axis=-1)'''


def model_code(config: ExperimentConfig, facts: DataFacts, *, from_weights: bool) -> str:
    """Build and compile the network as `build_model` does, with the same random draws in the same order."""
    shape = input_shape(config, facts.row_shape)
    gives = "raw scores (logits), which the loss turns into probabilities" if config.from_logits else "probabilities"
    comment = (
        f"The network: from {shown(shape)} numbers to {facts.num_classes} {gives}. The seed fixes its first weights."
    )
    lines = [
        comment_code(comment),
        "keras.utils.set_random_seed(SEED)",
        _network_code(config, facts),
        *(["model.load_weights(WEIGHTS)  # continue from the weights of another run"] if from_weights else []),
        _compile_code(config, facts),
        "model.summary()",
    ]
    return "\n".join(lines)


def _network_code(config: ExperimentConfig, facts: DataFacts) -> str:
    layers = [f"keras.Input(shape={input_shape(config, facts.row_shape)})"]
    if facts.is_table:
        layers.append("layers.Normalization(mean=scaler.mean_, variance=scaler.scale_**2)")
    output = Dense(units=facts.num_classes, activation="linear" if config.from_logits else "softmax")
    layers += [_layer_code(layer, config) for layer in (*config.layers, output)]
    return "model = keras.Sequential(\n" + indent(bracket_code("[", layers, "]", explode=True), "    ") + "\n)"


def _layer_code(layer: Layer, config: ExperimentConfig) -> str:
    defaults = layer.keras_defaults
    settings = layer.model_dump(exclude={"kind"})
    settings |= {name: getattr(config, name) for name in _WEIGHTED if settings.get(name, "") is None}
    written = [name for name, default in defaults.items() if settings[name] != default]
    # Python evaluates arguments before Keras makes its defaults. If the bias's initializer is such an argument, the
    # kernel's must be one too, since it draws its seed first.
    called = "bias_initializer" in written and _initializer_code(settings["bias_initializer"]).endswith(")")
    if called and "kernel_initializer" not in written:
        written.insert(written.index("bias_initializer"), "kernel_initializer")
    arguments = [value_code(value) for name, value in settings.items() if name not in defaults]
    for name in written:
        initializer = name.endswith("initializer")
        code = _initializer_code(settings[name], as_call=called) if initializer else value_code(settings[name])
        arguments.append(f"{name}={code}")
    return bracket_code(f"layers.{layer.keras_class}(", arguments, depth=2)


def _initializer_code(text: str, *, as_call: bool = False) -> str:
    """Its name alone if its number is the default, else `initializers.RandomNormal(stddev=0.01)`."""
    name, numbers = parse_initializer(text)
    default = INITIALIZERS[name]
    if not as_call and (default is None or numbers == dict([default])):
        return value_code(name)
    return bracket_code(f"initializers.{name.title().replace('_', '')}(", _named(numbers))


def _compile_code(config: ExperimentConfig, facts: DataFacts) -> str:
    arguments = [f"optimizer={_optimizer_code(config)}", f"loss={_loss_code(config)}", 'metrics=["accuracy"]']
    if engine_of(config, facts) == "xla":
        arguments.append("jit_compile=True")
    return bracket_code("model.compile(", arguments)


def _optimizer_code(config: ExperimentConfig) -> str:
    chosen = OPTIMIZERS[config.optimizer]
    usual = {"learning_rate": chosen.keras_learning_rate, **dict.fromkeys(chosen.takes, 0)}
    changed = {name: getattr(config, name) for name in usual if getattr(config, name) != usual[name]}
    start = f"keras.optimizers.{chosen.keras_class}("
    return bracket_code(start, _named(changed)) if changed else value_code(config.optimizer)


def _loss_code(config: ExperimentConfig) -> str:
    chosen = LOSSES[config.loss]
    settings: dict[str, Any] = {"reduction": "sum"} if chosen.sums_batch else {}
    if chosen.keras_class is None:
        return bracket_code("UnclippedCrossentropy(", _named(settings))
    settings |= {"from_logits": True} if config.from_logits else {}
    return (
        bracket_code(f"keras.losses.{chosen.keras_class}(", _named(settings)) if settings else value_code(chosen.name)
    )


def _named(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value_code(value)}" for name, value in values.items()]
