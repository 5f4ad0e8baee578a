"""The whole way of one run: data, model, training, verdict, evaluation, saved files.

Both the command line and the workers call `run_experiment`; `check_experiment` finds what can be found
before TensorFlow is imported.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .backend import import_tensorflow
from .config import ExperimentConfig
from .datasets import Dataset, DatasetInfo, dataset_info, fingerprint, is_own, load_dataset
from .errors import ConfigError, DataError, Problem, RunError, ToolkitError
from .files import sha256_of, write_atomically
from .overfitting import find_overfitting
from .preparation import split_rows
from .runs import RunFolder, RunWriter, open_run
from .shapes import LayerShape, shown, trace_shapes

if TYPE_CHECKING:
    import keras

    from .history import History

#: The test pictures whose predictions are followed while a network learns.
SAMPLE_ROWS = range(10)

Report = Callable[[dict[str, Any]], None]


def check_experiment(config: ExperimentConfig, root: Path, weights_from: str | None = None) -> None:
    """Find mistakes without TensorFlow: the data, the shapes, the split, the run to take weights from.

    Raises `ConfigError`, `DataError` or `RunError`.
    """
    info = dataset_info(config.dataset, label=config.label)
    ours = _weighted_layers(config)
    _check_split(config, info)
    if weights_from is None:
        return
    source = open_run(root, weights_from)
    if not source.weights_path.is_file():
        raise RunError(f"The run {source.id} has no saved weights: it is {source.state}. Choose one that has ended.")
    for number, (our, their) in enumerate(zip_longest(ours, _weighted_layers(source.config)), 1):
        if our != their:
            asked, has = _described(our), _described(their)
            if our and their and asked == has:  # the biases make the difference
                asked, has = (f"{asked} ({one.parameters:,} numbers)" for one in (our, their))
            raise ConfigError(
                [
                    Problem(
                        "weights_from",
                        f"a run with the same network: {asked} as layer {number} with weights",
                        f"{source.id}, which has {has} there",
                    )
                ]
            )


def run_experiment(
    run: RunFolder, *, report: Report = lambda record: None, should_stop: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Train, judge, evaluate and save one queued run; returns what result.json holds.

    report: gets every event as it is written. should_stop: asked beside the run's stop file.
    A mistake in the data or a fault ends the run in state "failed" with a sentence; the traceback of a
    fault goes into worker.log. Raises `RunError` where another process has the run, or it has ended.
    """
    writer = RunWriter.claim(run)
    if writer is None:
        raise RunError(f"The run {run.id} is {run.state}: only a queued run can be started.")
    started = time.perf_counter()
    try:
        result = _Pipeline(run, writer, report, should_stop).run()
    except ToolkitError as error:
        result = {"state": "failed", "message": str(error)}
    except Exception as error:  # The run must end with a sentence whatever happens; the log keeps the rest.
        run.log_path.open("a").write(traceback.format_exc())
        result = {"state": "failed", "message": _fault(error)}
    except BaseException:  # Ctrl-C in a notebook, whose process lives on.
        writer.close()
        raise
    result = {"run_id": run.id, **result, "seconds": round(time.perf_counter() - started, 3)}
    try:
        writer.finish(result)
    finally:
        writer.close()
    return result


class _Pipeline:
    """The stages of one run, each timed."""

    def __init__(self, run: RunFolder, writer: RunWriter, report: Report, should_stop: Callable[[], bool]) -> None:
        self.run_folder, self.writer, self.config = run, writer, run.config
        self.should_stop = lambda: run.stop_requested or should_stop()
        self.report = report
        self.timings: dict[str, float] = {}

    def run(self) -> dict[str, Any]:
        self._tell({"event": "state", "state": "running"})
        with self._timed("load"):
            import_tensorflow()
            data = load_data(self.run_folder)
            self._keep_samples(data)
        with self._timed("build"):
            model = self._build(data)
        with self._timed("train"):
            history = self._train(model, data)
        return {
            "state": history.state,
            "message": history.message,
            "epochs": history.epochs,
            "steps": history.step,
            **self._evaluate(model, data),
            "overfitting": find_overfitting(history).as_dict(),
            **self._save(model, history),
            "timings": self.timings,
        }

    def _build(self, data: Dataset) -> "keras.Sequential":
        from .models import build_model
        from .storage import load_weights

        model = build_model(self.config, data)
        if source := self.run_folder.about.get("weights_from"):
            load_weights(model, open_run(self.run_folder.path.parent, source).weights_path)
        return model

    def _train(self, model: "keras.Sequential", data: Dataset) -> "History":
        import keras

        from .prediction import predict
        from .storage import save_checkpoint
        from .training import train

        samples = data.x_test[: len(SAMPLE_ROWS)]

        def keep(record: dict[str, Any]) -> None:
            """The checkpoint first: a line that is there can be gone on from."""
            measured = record["event"] == "epoch"
            if measured and record["step"]:
                save_checkpoint(model, self.run_folder.checkpoint_path, **_position(record))
            self._tell(record)
            if measured:
                self._tell({**_samples_event(*predict(model, samples)), **_position(record)})

        callbacks = []
        if self.run_folder.about.get("tensorboard"):
            callbacks.append(keras.callbacks.TensorBoard(log_dir=str(self.run_folder.tensorboard_path)))
        return train(model, data, self.config, callbacks=callbacks, report=keep, should_stop=self.should_stop)

    def _evaluate(self, model: "keras.Sequential", data: Dataset) -> dict[str, Any]:
        from .evaluation import evaluate

        with self._timed("evaluate"):
            return evaluate(model, data, batch_size=self.config.batch_size).as_dict()

    def _save(self, model: "keras.Sequential", history: "History") -> dict[str, Any]:
        from .storage import save_model, save_weights

        run = self.run_folder
        with self._timed("save"):
            save_model(model, run.model_path)
            save_weights(model, run.weights_path)
            hashes = {"model_sha256": sha256_of(run.model_path), "weights_sha256": sha256_of(run.weights_path)}
            if history.last_finite_weights is not None:
                model.set_weights(history.last_finite_weights)
                save_weights(model, run.last_finite_path)
        return hashes

    def _keep_samples(self, data: Dataset) -> None:
        x, y = data.x_test[: len(SAMPLE_ROWS)], data.y_test[: len(SAMPLE_ROWS)]
        names, columns = np.array(data.class_names), np.array(data.feature_names, str)
        write_atomically(
            self.run_folder.samples_path,
            lambda path: np.savez(path, x=x, y=y, class_names=names, feature_names=columns),
        )

    def _tell(self, event: dict[str, Any]) -> None:
        self.writer.append(event)
        self.report(event)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - started, 3)


def open_model(run: RunFolder) -> "keras.Model":
    """The saved model of a run, compiled as its config says.

    Raises `RunError` where the run has saved none, `ModelFileError` where the file is damaged.
    """
    if not run.model_path.is_file():
        raise RunError(f"The run {run.id} has no saved model: it is {run.state}. Choose one that has ended.")
    import_tensorflow()
    from .models import compile_model
    from .storage import load_model

    model = load_model(run.model_path)
    if not model.compiled:
        compile_model(model, run.config)
    return model


def load_data(run: RunFolder) -> Dataset:
    """The data set of a run, as it was when the run was made.

    Raises `DataError` where a file of one's own has gone or changed since.
    """
    config, before = run.config, run.about.get("data_sha256")
    if is_own(config.dataset):
        path = Path(config.dataset)
        if not path.exists():
            raise DataError(f"The data of the run {run.id} are gone: there is no {path}. Put them back there.")
        if before is not None and fingerprint(path) != before:
            raise DataError(
                f"{path} has changed since the run {run.id} was made, so its figures would not be that run's. "
                "Put the former data back, or train anew."
            )
    return load_dataset(config.dataset, label=config.label)


#: With more validation rows than this a class, none is left out by chance; a look at the labels is spared.
_ROWS_ENOUGH = 100


def _check_split(config: ExperimentConfig, info: DatasetInfo) -> None:
    """Look at the split's classes where that costs little, or where it matters."""
    held = config.validation_rows or round((config.validation_split or 0) * info.train_rows)
    if held and not info.missing() and (is_own(config.dataset) or held < _ROWS_ENOUGH * info.num_classes):
        data = load_dataset(config.dataset, label=config.label)
        split_rows(data, config, np.arange(len(data.x_train)))


def _weighted_layers(config: ExperimentConfig) -> list[LayerShape]:
    info = dataset_info(config.dataset, label=config.label)
    return [layer for layer in trace_shapes(config, info.row_shape, info.num_classes) if layer.parameters]


def _described(layer: LayerShape | None) -> str:
    return f"{layer.kind} {shown(layer.input_shape)} → {shown(layer.output_shape)}" if layer else "nothing"


def _position(record: dict[str, Any]) -> dict[str, Any]:
    return {"epoch": record["epoch"], "step": record["step"]}


def _samples_event(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """What the network says of the sample pictures; null where its weights are no numbers."""
    rows = [[round(float(p), 4) if np.isfinite(p) else None for p in row] for row in probabilities]
    return {"event": "samples", "labels": labels.tolist(), "probabilities": rows}


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The run's files can't be written ({error.strerror or error}). Free some space, then start again."
    if isinstance(error, MemoryError):
        return "The network needs more memory than there is. Choose smaller layers or a smaller batch."
    return "The training broke off through a fault in the program. Its worker.log says more; please report it."
