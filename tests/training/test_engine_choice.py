"""Which engine trains what: by the network's kind and size, and by how long it is to be trained."""

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D
from toolkit.config.presets import preset
from toolkit.training.engine_choice import EngineKind, choose_engine, evaluation_batch_size

MNIST = {"row_shape": (28, 28), "num_classes": 10}
KERAS_MLP = preset("keras-mlp")


@pytest.mark.parametrize(
    ("name", "num_rows", "engine"),
    [("keras-mlp", 42_000, "xla"), ("mlp", 55_000, "xla"), ("softmax", 55_000, "xla"), ("cnn", 55_000, "graph")],
)
def test_dense_networks_are_compiled_and_convolution_is_not(name: str, num_rows: int, engine: EngineKind) -> None:
    assert choose_engine(preset(name), **MNIST, num_rows=num_rows) == engine


def test_a_very_short_training_is_not_worth_compiling_and_a_larger_network_is_sooner() -> None:
    few = {"num_rows": 42_000, **MNIST}
    assert choose_engine(KERAS_MLP.replace(epochs=2), **few) == "graph"
    assert choose_engine(KERAS_MLP.replace(epochs=3), **few) == "xla"
    assert choose_engine(KERAS_MLP.replace(epochs=2, layers=[Dense(units=512)]), **few) == "xla"
    assert choose_engine(KERAS_MLP.replace(steps=600), **few) == "graph"
    assert choose_engine(KERAS_MLP.replace(steps=6000), **few) == "xla"


def test_few_rows_make_few_steps() -> None:
    assert choose_engine(KERAS_MLP, **MNIST, num_rows=1000) == "graph"


@pytest.mark.parametrize("engine", ["graph", "xla"])
def test_an_engine_that_is_named_is_taken(engine: EngineKind) -> None:
    for config in (KERAS_MLP.replace(epochs=1), KERAS_MLP, preset("cnn")):
        assert choose_engine(config.replace(engine=engine), **MNIST, num_rows=42_000) == engine


def test_rows_are_measured_a_thousand_at_a_time() -> None:
    assert evaluation_batch_size(KERAS_MLP, 128) == 1000
    assert evaluation_batch_size(KERAS_MLP, 5000) == 5000


def test_as_many_as_in_training_where_pictures_stay_pictures_or_the_loss_adds_a_batch_up() -> None:
    maps = ExperimentConfig(layers=[Conv2D(), GlobalAveragePooling2D()])
    assert evaluation_batch_size(maps, 64) == 64
    assert evaluation_batch_size(preset("softmax-sum-1000"), 100) == 100
    assert evaluation_batch_size(ExperimentConfig(layers=[Flatten(), Dense()]), 64) == 1000
