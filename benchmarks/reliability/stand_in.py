"""Makes this process train without TensorFlow: a cheap random walk replaces the network.

Runs are written, resumed and ended by the toolkit's own code; only the network, its training, its test and its model
file are replaced. Import this before any toolkit module that needs Keras.
"""

import os
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from toolkit.system.files import write_atomically
from toolkit.training.history import COLUMNS, History

_VALUES = 2000
#: Seconds per epoch, without the time for writing.
_EPOCH = 0.005


class _Variable:
    def __init__(self, value: np.ndarray) -> None:
        self._value, self.shape = value, value.shape

    def numpy(self) -> np.ndarray:
        return self._value

    def assign(self, value: np.ndarray) -> None:
        self._value = value


def _build_model(config: Any, data: Any, **_: Any) -> Any:
    weights = np.random.default_rng(config.seed).normal(size=_VALUES).astype(np.float32)
    slots = [_Variable(np.zeros(_VALUES, np.float32))]
    optimizer = SimpleNamespace(build=lambda variables: None, variables=slots)
    return SimpleNamespace(variables=[_Variable(weights)], trainable_variables=[], optimizer=optimizer)


def _train(model: Any, data: Any, config: Any, *, report: Any, should_stop: Any, checkpoint: Path, **_: Any) -> History:
    from toolkit.training.checkpoints import load_checkpoint, save_checkpoint

    records: list[dict[str, Any]] = []
    if checkpoint.is_file():
        records += load_checkpoint(model, checkpoint, config).records
    else:
        records.append(_record(model, 0))
    for record in records:
        report({"event": "epoch", **record})
    for epoch in range(records[-1]["epoch"] + 1, config.epochs + 1):
        _step(model, config.seed, epoch)
        records.append(_record(model, epoch))
        save_checkpoint(model, checkpoint, config, records=records, engine="graph")
        report({"event": "epoch", **records[-1]})
    return History(records=tuple(records), state="finished", step=records[-1]["step"], epochs=config.epochs)


def _step(model: Any, seed: int, epoch: int) -> None:
    time.sleep(_EPOCH)
    weights, slot = model.variables[0], model.optimizer.variables[0]
    slot.assign(0.9 * slot.numpy() + np.random.default_rng((seed, epoch)).normal(size=_VALUES).astype(np.float32))
    weights.assign(weights.numpy() - 0.01 * slot.numpy())


def _record(model: Any, epoch: int) -> dict[str, Any]:
    loss = float(np.square(model.variables[0].numpy()).mean())
    figures = dict.fromkeys(COLUMNS, loss)
    return {**figures, "epoch": epoch, "step": 8 * epoch, "seconds": _EPOCH, "loss": loss if epoch else None}


def _predict(model: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    powers = np.exp(model.variables[0].numpy()[: 3 * len(x)].reshape(len(x), 3))
    return powers.argmax(axis=1), powers / powers.sum(axis=1, keepdims=True)


def _evaluate(model: Any, data: Any, **_: Any) -> Any:
    figures = {"test_loss": float(model.variables[0].numpy().sum()), "test_accuracy": 0.5, "test_rows": 30}
    probabilities = _predict(model, data.x_test)[1]
    return SimpleNamespace(probabilities=probabilities, complaint="", test_accuracy=0.5, as_dict=lambda: figures)


def _save(model: Any, path: Path, **_: Any) -> None:
    write_atomically(path, lambda temporary: temporary.write_bytes(model.variables[0].numpy().tobytes()))


def _stand_in(name: str, **contents: Any) -> None:
    module = ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


#: Keras's own defaults, which the toolkit asks for after the import.
_KERAS_SETTINGS = SimpleNamespace(
    backend=lambda: "tensorflow",
    floatx=lambda: "float32",
    epsilon=lambda: 1e-7,
    image_data_format=lambda: "channels_last",
    dtype_policy=lambda: SimpleNamespace(name="float32"),
)

if "keras" in sys.modules:
    raise RuntimeError(f"Process {os.getpid()} has Keras already: what stands in for it would meet the real one.")
_stand_in("tensorflow")
_stand_in("keras", Model=object, Variable=object, config=_KERAS_SETTINGS)
_stand_in("toolkit.models.build", build_model=_build_model)
_stand_in("toolkit.training.trainer", train=_train)
_stand_in("toolkit.models.prediction", predict=_predict)
_stand_in("toolkit.analysis.evaluation", evaluate=_evaluate)
_stand_in("toolkit.models.storage", save_model=_save, save_weights=_save, load_weights=_save)
