"""From a config to a compiled `keras.Sequential`."""

import keras

from ..config import ExperimentConfig
from ..config.initializers import parse_initializer
from ..config.layers import Dense
from ..config.layers import Layer as LayerConfig
from ..config.losses import LOSSES
from ..config.optimizers import OPTIMIZERS
from ..config.shapes import input_shape, trace_shapes
from ..datasets import Dataset
from ..datasets.preprocessing import RowSplit, split_row_numbers, standardisation
from ..system.backend import settle_keras


class UnclippedCrossentropy(keras.losses.Loss):
    """The tutorials' −Σ y·log p, without Keras's clipping of p: log(0) gives NaN, as it did there.

    y: one-hot, p: probabilities, both of shape (rows, classes). reduction "sum" sums over the rows of
    a batch, "sum_over_batch_size" averages them.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """One loss per row."""
        return -keras.ops.sum(y_true * keras.ops.log(y_pred), axis=-1)


def build_model(config: ExperimentConfig, data: Dataset, *, split: RowSplit | None = None) -> keras.Sequential:
    """Build and compile the network that a config describes; input shape and outputs follow the data.

    For a table, the network's first layer standardises the columns by mean and variance of the training rows alone:
    so the scaling is saved with the model, which takes raw rows.

    `config.seed` sets Keras's, NumPy's and Python's random seeds, so that the same config starts from
    the same weights. split: the result of `split_row_numbers(data, config)`, if it is known already.

    Raises `ConfigError` if a layer can't take its input, `DataError` if a table can't be split as configured.
    """
    trace_shapes(config, data.row_shape, data.num_classes)
    settle_keras()
    keras.utils.set_random_seed(config.seed)
    output = Dense(units=data.num_classes, activation="linear" if config.from_logits else "softmax")
    model = keras.Sequential(
        [
            keras.Input(input_shape(config, data.row_shape)),
            *_standardising(data, config, split),
            *(keras_layer(layer, config) for layer in config.layers),
            keras_layer(output, config),
        ]
    )
    compile_model(model, config)
    return model


def _standardising(data: Dataset, config: ExperimentConfig, split: RowSplit | None) -> list[keras.layers.Layer]:
    if not data.is_table:
        return []
    numbers = (split or split_row_numbers(data, config)).rows.x_train
    mean, variance = standardisation(data.x_train[numbers])
    return [keras.layers.Normalization(axis=-1, mean=mean, variance=variance)]


def compile_model(model: keras.Sequential, config: ExperimentConfig) -> None:
    """Compile a network with the config's loss, a new optimizer and the accuracy metric."""
    model.compile(optimizer=make_optimizer(config), loss=make_loss(config), metrics=["accuracy"])


def keras_layer(layer: LayerConfig, config: ExperimentConfig) -> keras.layers.Layer:
    """The Keras layer for a record; fields that the record leaves None come from the config."""
    settings = layer.model_dump(exclude={"kind"})
    for name in ("kernel_initializer", "bias_initializer", "use_bias"):
        if name in settings and settings[name] is None:
            settings[name] = getattr(config, name)
        if name in settings and name.endswith("initializer"):
            settings[name] = make_initializer(settings[name])
    return getattr(keras.layers, layer.keras_class)(**settings)


def make_initializer(text: str) -> keras.initializers.Initializer:
    """`"random_normal(0.01)"` as Keras's `RandomNormal(stddev=0.01)`."""
    name, settings = parse_initializer(text)
    return keras.initializers.get({"class_name": name, "config": settings})


def make_optimizer(config: ExperimentConfig) -> keras.optimizers.Optimizer:
    """The config's optimizer, with Keras's defaults for everything else."""
    chosen = OPTIMIZERS[config.optimizer]
    settings = {name: getattr(config, name) for name in ("learning_rate", *chosen.takes)}
    return getattr(keras.optimizers, chosen.keras_class)(**settings)


def make_loss(config: ExperimentConfig) -> keras.losses.Loss:
    """The config's loss; Keras's cross-entropies get `from_logits` if the network outputs logits."""
    chosen = LOSSES[config.loss]
    settings: dict[str, bool | str] = {"reduction": "sum" if chosen.sums_batch else "sum_over_batch_size"}
    if chosen.takes_logits:
        settings["from_logits"] = config.from_logits
    if chosen.keras_class is None:
        return UnclippedCrossentropy(**settings, name=config.loss)
    return getattr(keras.losses, chosen.keras_class)(**settings)
