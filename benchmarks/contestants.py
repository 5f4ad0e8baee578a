"""The toolkit and its alternatives, which train the same network on the same rows.

    python -m benchmarks.contestants CONTESTANT CONFIG.json

CONFIG: an experiment with dense, dropout and basic convolutional layers that trains whole epochs. Prints one line of
JSON: the seconds of each epoch including validation, and the test accuracy. `peers.py` runs them all in turn.
"""

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import load_dataset, split_validation
from toolkit.config import ExperimentConfig
from toolkit.config.layers import parse_initializer
from toolkit.config.shapes import input_shape, trace_shapes
from toolkit.datasets import Dataset
from toolkit.datasets.preprocessing import Split

#: Seconds of each epoch, and the test accuracy.
Finish = tuple[list[float], float]


def toolkit(config: ExperimentConfig) -> Finish:
    """A full run with everything enabled; an epoch lasts from the previous line in events.jsonl to its own."""
    from toolkit.experiment import run_experiment
    from toolkit.runs import create_run

    lines: list[float] = []

    def note(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            lines.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as root:
        result = run_experiment(create_run(Path(root), config, asked_by="benchmark"), report=note)
    return np.diff(lines).tolist(), result.test_accuracy


def toolkit_graph(config: ExperimentConfig) -> Finish:
    """The same with plain graphs instead of XLA."""
    return toolkit(config.replace(engine="graph"))


def keras_fit(config: ExperimentConfig, **settings: Any) -> Finish:
    """`model.fit(x, y, epochs, batch_size, validation_data)` as in tutorials, including float64 arrays."""
    import keras

    from toolkit.models.build import build_model

    data, split = _load(config)
    model, (x_train, x_val, x_test) = build_model(config, data), _inputs(config, data, split, np.float64)
    one_hot = np.eye(data.num_classes)
    model.compile(model.optimizer, model.loss, metrics=["accuracy"], **settings)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(
        x_train,
        one_hot[split.y_train],
        epochs=config.epochs,
        batch_size=config.batch_size,
        validation_data=(x_val, one_hot[split.y_val]),
        callbacks=[clock],
        verbose=0,
    )
    labels = model.predict(x_test, batch_size=1000, verbose=0).argmax(axis=1)
    return [0.0, *np.diff(ends).tolist()], float(np.mean(labels == data.y_test))


def keras_on_jax(config: ExperimentConfig) -> Finish:
    """The same `fit` with the JAX backend, which compiles each step with XLA."""
    os.environ["KERAS_BACKEND"] = "jax"
    return keras_fit(config)


def keras_steps_per_execution(config: ExperimentConfig) -> Finish:
    """The same `fit` with 32 steps per call, Keras's own way to reduce the overhead between steps."""
    return keras_fit(config, steps_per_execution=32)


def torch_data_loader(config: ExperimentConfig) -> Finish:
    """PyTorch as in its tutorials: a TensorDataset, a shuffling DataLoader, Adam."""
    import torch

    def batches(x: Any, y: Any) -> Iterator[Any]:
        dataset = torch.utils.data.TensorDataset(x, y)
        return iter(torch.utils.data.DataLoader(dataset, batch_size=config.batch_size, shuffle=True))

    return _torch(config, batches)


def torch_sliced(config: ExperimentConfig) -> Finish:
    """PyTorch with the data in one tensor, indexed by a permutation, and a fused optimizer."""
    import torch

    def batches(x: Any, y: Any) -> Iterator[Any]:
        for rows in torch.randperm(len(x)).split(config.batch_size):
            yield x[rows], y[rows]

    return _torch(config, batches, fused=True)


def scikit_learn(config: ExperimentConfig) -> Finish:
    """`MLPClassifier` with `warm_start`, one epoch per call, with validation after each; float32."""
    from sklearn.neural_network import MLPClassifier

    data, split = _load(config)
    x_train, x_val, x_test = _inputs(config, data, split, np.float32)
    network = MLPClassifier(
        [layer.units for layer in config.layers if layer.kind == "dense"],
        solver=config.optimizer,
        momentum=config.momentum,  # only SGD uses it
        alpha=0,
        batch_size=config.batch_size,
        learning_rate_init=config.learning_rate,
        max_iter=1,
        warm_start=True,
        random_state=config.seed,
    )
    seconds = []
    for _ in range(config.epochs or 0):
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that one epoch is not enough to converge
            network.fit(x_train, split.y_train)
        network.score(x_val, split.y_val)
        seconds.append(time.perf_counter() - started)
    return seconds, float(network.score(x_test, data.y_test))


def _torch(config: ExperimentConfig, batches: Callable[[Any, Any], Iterator[Any]], *, fused: bool = False) -> Finish:
    import torch

    torch.manual_seed(config.seed)
    data, split = _load(config)
    x_train, x_val, x_test = (torch.tensor(x) for x in _inputs(config, data, split, np.float32))
    y_train, y_val, y_test = (torch.tensor(y.astype(np.int64)) for y in (split.y_train, split.y_val, data.y_test))
    network = _torch_network(config, data)
    optimizers = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    optimizer = optimizers[config.optimizer](network.parameters(), lr=config.learning_rate, fused=fused or None)
    measure_loss = torch.nn.CrossEntropyLoss()

    def accuracy(x: Any, y: Any) -> float:
        network.eval()
        with torch.no_grad():
            parts = zip(x.split(1000), y.split(1000), strict=True)
            right = sum((network(part).argmax(1) == true).sum() for part, true in parts)
        network.train()
        return float(right) / len(x)

    seconds = []
    for _ in range(config.epochs or 0):
        started = time.perf_counter()
        for x, y in batches(x_train, y_train):
            optimizer.zero_grad()
            measure_loss(network(x), y).backward()
            optimizer.step()
        accuracy(x_val, y_val)
        seconds.append(time.perf_counter() - started)
    return seconds, accuracy(x_test, y_test)


def _torch_network(config: ExperimentConfig, data: Dataset) -> Any:
    """The config's layers, with the same initial distributions as in Keras."""
    import torch

    shapes = trace_shapes(config, data.row_shape, data.num_classes)
    parts: list[Any] = []
    for layer, shape in zip(config.layers, shapes[:-1], strict=True):
        match layer.kind:
            case "dense":
                parts += [torch.nn.Linear(shape.input_shape[0], layer.units, bias=len(shape.weights) > 1)]
            case "conv2d":
                channels = shape.input_shape[-1]
                parts += [torch.nn.Conv2d(channels, layer.filters, layer.kernel_size, padding="same")]
            case "max_pooling2d":
                parts += [torch.nn.MaxPool2d(layer.pool_size)]
            case "dropout":
                parts += [torch.nn.Dropout(layer.rate)]
            case "flatten":
                parts += [torch.nn.Flatten()]
            case kind:
                raise ValueError(f"No such layer in this comparison: {kind}.")
        if getattr(layer, "activation", "linear") != "linear":
            parts += [{"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}[layer.activation]()]
    parts += [torch.nn.Linear(shapes[-1].input_shape[0], data.num_classes, bias=len(shapes[-1].weights) > 1)]
    network = torch.nn.Sequential(*parts)
    for parameter in network.parameters():
        _initialize(parameter, config.kernel_initializer if parameter.ndim > 1 else config.bias_initializer)
    return network


def _initialize(parameter: Any, initializer: str) -> None:
    import torch

    # Keras's initializers can't be used: TensorFlow and PyTorch conflict in one process.
    name, settings = parse_initializer(initializer)
    match name:
        case "zeros":
            torch.nn.init.zeros_(parameter)
        case "constant":
            torch.nn.init.constant_(parameter, settings["value"])
        case "glorot_uniform":
            torch.nn.init.xavier_uniform_(parameter)
        case "random_normal":
            torch.nn.init.normal_(parameter, std=settings["stddev"])
        case "truncated_normal":
            width = settings["stddev"]
            torch.nn.init.trunc_normal_(parameter, std=width, a=-2 * width, b=2 * width)
        case _:
            raise ValueError(f"No such initializer in this comparison: {initializer}.")


def _load(config: ExperimentConfig) -> tuple[Dataset, Split]:
    data = load_dataset(config.dataset)
    split = split_validation(
        data.x_train,
        data.y_train,
        validation_split=config.validation_split,
        validation_rows=config.validation_rows,
        seed=config.seed,
    )
    return data, split


def _inputs(config: ExperimentConfig, data: Dataset, split: Split, kind: Any) -> list[np.ndarray]:
    """Training, validation and test pixels in [0, 1], in the network's input shape; channels first for PyTorch."""
    shape = input_shape(config, data.row_shape)
    if len(shape) == 3 and "torch" in sys.modules:
        shape = (shape[2], *shape[:2])
    return [x.reshape(-1, *shape).astype(kind) / kind(255) for x in (split.x_train, split.x_val, data.x_test)]


CONTESTANTS: dict[str, Callable[[ExperimentConfig], Finish]] = {
    "toolkit": toolkit,
    "toolkit, plain graphs": toolkit_graph,
    "plain fit": keras_fit,
    "fit, steps_per_execution=32": keras_steps_per_execution,
    "Keras on JAX, fit": keras_on_jax,
    "PyTorch, DataLoader": torch_data_loader,
    "PyTorch, sliced, fused": torch_sliced,
    "scikit-learn": scikit_learn,
}


def main() -> None:
    """Train one contestant."""
    name, config_file = sys.argv[1:]
    seconds, accuracy = CONTESTANTS[name](ExperimentConfig.from_file(config_file))
    print(json.dumps({"seconds": seconds, "test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
