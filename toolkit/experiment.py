"""One run from start to end: data, model, training, verdict, evaluation, saved files.

Both the command line and the workers call `run_experiment`.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from errno import EDQUOT, EFBIG, ENOSPC
from typing import TYPE_CHECKING, Any

import numpy as np

from . import limits
from .analysis.overfitting import find_overfitting
from .datasets import Dataset
from .datasets.preprocessing import RowSplit, split_row_numbers
from .errors import RunError, ToolkitError
from .runs import ENDED, RunFolder, RunWriter, open_run
from .runs.artifacts import SAMPLE_ROWS, keep_encoding, keep_probabilities, keep_samples, load_data, saved_file
from .runs.schema import Event, Measurement, Note, Outcome, RunResult, SamplesEvent, event_of
from .system.backend import import_tensorflow
from .system.files import sha256_of
from .training.engine_choice import evaluation_batch_size
from .training.history import Baseline

if TYPE_CHECKING:
    import keras

    from .analysis.metrics import Evaluation
    from .training.history import History

_NO_ROOM = (ENOSPC, EDQUOT, EFBIG)
_DISK_FULL = "The disk is full. All that was measured is kept: free some space, then resume the run."

Report = Callable[[dict[str, Any]], None]


def run_experiment(
    run: RunFolder,
    *,
    resume: bool = False,
    report: Report = lambda record: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train, judge, evaluate and save one queued run; returns its `RunResult`, or the outcome of one that broke off.

    resume: continue a stopped or interrupted run instead, from its last measurement. Its old and new lines together
    are those of an uninterrupted run, apart from `seconds` and `time`.
    report: called with every event as it is written. should_stop: checked in addition to the run's stop file.
    A mistake in the data or a bug ends the run in state "failed" with a sentence; a bug's traceback goes into
    worker.log. On a full disk the run becomes "interrupted", and can be resumed once there is room.
    Raises `RunError` if another process holds the run, it has ended, its folder can't be written, or a newer version
    of the toolkit made it.
    """
    writer = _claim(run, resume)
    started = time.perf_counter() - _seconds_measured(run)
    try:
        result = _Pipeline(run, writer, report, should_stop).run()
    except Exception as error:  # The run must end with a sentence whatever happens; the log keeps the rest.
        result = _broken_off(run, error)
    except BaseException:  # Ctrl-C in a notebook, whose process lives on.
        writer.close()
        raise
    result = {"run_id": run.id, **result, "seconds": round(time.perf_counter() - started, 3)}
    try:
        writer.finish(result)
    except OSError as error:
        result = {"run_id": run.id, **_broken_off(run, error), "seconds": result["seconds"]}
        with suppress(OSError):  # No room even for a sentence: the run counts as interrupted anyway.
            writer.finish(result)
    finally:
        writer.close()
    return (RunResult if result["state"] in ENDED else Outcome).model_validate(result)


def _claim(run: RunFolder, resume: bool) -> RunWriter:
    run.refuse_newer()
    try:
        writer = RunWriter.claim(run, resume=resume)
    except OSError as error:
        raise RunError(
            f"The run {run.id} can't be written ({error.strerror or error}). Free some space, or see that its folder "
            "can be written."
        ) from error
    if writer is None:
        needed = "a stopped or interrupted run can be resumed" if resume else "a queued run can be started"
        raise RunError(f"The run {run.id} is {run.state}: only {needed}.")
    return writer


class _Pipeline:
    """The stages of one run in order, each timed."""

    def __init__(self, run: RunFolder, writer: RunWriter, report: Report, should_stop: Callable[[], bool]) -> None:
        self.run_folder, self.writer, self.config = run, writer, run.config
        self.should_stop = lambda: run.stop_requested or should_stop()
        self.report = report
        self.timings: dict[str, float] = {}

    def run(self) -> dict[str, Any]:
        self._tell({"event": "state", "state": "running"})
        data = self._load()
        split = split_row_numbers(data, self.config)
        model = self._build(data, split)
        history = self._train(model, data, split)
        evaluation = self._evaluate(model, data)
        verdict = find_overfitting(history, self.config)
        hashes = self._save(model, history)
        # If the training diverged, its own message says why there are no answers.
        return {
            "state": history.state,
            "message": history.message
            or (self.run_folder.stop_reason if history.state == "stopped" else "")
            or evaluation.complaint,
            "epochs": history.epochs,
            "steps": history.step,
            "engine": history.engine,
            **evaluation.as_dict(),
            **_as_keras_counts(history, evaluation, data),
            "overfitting": verdict.as_dict(),
            **hashes,
            "timings": self.timings,
        }

    def _load(self) -> Dataset:
        with self._timed("load"):
            import_tensorflow()
            data = load_data(self.run_folder)
            keep_samples(self.run_folder, data, rows=len(SAMPLE_ROWS))
            keep_encoding(self.run_folder, data)
        return data

    def _build(self, data: Dataset, split: RowSplit) -> "keras.Sequential":
        from .models.build import build_model
        from .models.storage import load_weights

        with self._timed("build"):
            model = build_model(self.config, data, split=split)
            source = self.run_folder.about.get("weights_from")
            if source and not self.run_folder.checkpoint_path.is_file():
                load_weights(model, saved_file(open_run(self.run_folder.path.parent, source), "weights"))
        return model

    def _train(self, model: "keras.Sequential", data: Dataset, split: RowSplit) -> "History":
        import keras

        from .training.trainer import train

        callbacks = []
        if self.run_folder.about.get("tensorboard"):
            callbacks.append(keras.callbacks.TensorBoard(log_dir=str(self.run_folder.tensorboard_path)))
        with self._timed("train"):
            history = train(
                model,
                data,
                self.config,
                callbacks=callbacks,
                report=self._reporting(model, data, split),
                should_stop=self.should_stop,
                checkpoint=self.run_folder.checkpoint_path,
                split=split,
            )
        # Compiling the training's programs is a stage of its own.
        self.timings["compile"] = round(history.compile_seconds, 3)
        self.timings["train"] = round(self.timings["train"] - history.compile_seconds, 3)
        return history

    def _reporting(self, model: "keras.Sequential", data: Dataset, split: RowSplit) -> Report:
        """The function that writes each training record, and after a measurement the predictions for the samples.
        The baseline, which they are judged by, is written first.

        A resumed training reports its earlier measurements again: what is written already is skipped.
        """
        from .models.prediction import predict

        samples = data.x_test[: len(SAMPLE_ROWS)]
        told = {_key(event) for event in self.run_folder.events()}

        def keep(record: dict[str, Any]) -> None:
            event = event_of(record)
            if _key(event) not in told:
                self._tell(record)
            # A repeated measurement may lack its samples: the process was killed before it had written them.
            if isinstance(event, Measurement) and ("samples", event.step) not in told:
                self._tell({**_samples_event(*predict(model, samples)), "epoch": event.epoch, "step": event.step})

        keep({"event": "baseline", **asdict(Baseline.of(data, split.rows))})
        return keep

    def _evaluate(self, model: "keras.Sequential", data: Dataset) -> "Evaluation":
        from .analysis.evaluation import evaluate

        with self._timed("evaluate"):
            batch_size = evaluation_batch_size(self.config, self.config.batch_size)
            evaluation = evaluate(model, data, batch_size=batch_size)
        if evaluation.probabilities is not None:
            keep_probabilities(self.run_folder, evaluation.probabilities)
        return evaluation

    def _save(self, model: "keras.Sequential", history: "History") -> dict[str, str]:
        from .models.storage import save_model, save_weights

        run = self.run_folder
        with self._timed("save"):
            # A run that was stopped and resumed has saved before.
            save_model(model, run.model_path, overwrite=True)
            save_weights(model, run.weights_path, overwrite=True)
            hashes = {"model_sha256": sha256_of(run.model_path), "weights_sha256": sha256_of(run.weights_path)}
            if history.last_finite_weights is not None:
                model.set_weights(history.last_finite_weights)
                save_weights(model, run.last_finite_path, overwrite=True)
        return hashes

    def _tell(self, event: dict[str, Any]) -> None:
        self.writer.append(event)
        self.report(event)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - started, 3)


def _as_keras_counts(history: "History", evaluation: "Evaluation", data: Dataset) -> dict[str, float]:
    """The accuracy of a network that diverged, which names no class, as Keras and so the published experiment count it:
    the most probable of ten NaN is the first class.
    """
    if history.state != "diverged" or evaluation.test_accuracy is not None:
        return {}
    return {"test_accuracy": float(np.mean(data.y_test == 0))}


def _seconds_measured(run: RunFolder) -> float:
    """For how many seconds a resumed run trained before."""
    return sum(event.seconds or 0.0 for event in run.events() if isinstance(event, Measurement))


def _key(event: Event) -> tuple[str, object]:
    """The identity of a measurement or a note."""
    if isinstance(event, Measurement | SamplesEvent):
        return event.event, event.step
    return event.event, event.sentence if isinstance(event, Note) else None


def _samples_event(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """The predictions for the sample rows; null in place of NaN.

    A label in the file must name a class, so for NaN it is the first one; readers go by the probabilities.
    """
    rows = [[round(float(p), 4) if np.isfinite(p) else None for p in row] for row in probabilities]
    return {"event": "samples", "labels": labels.clip(0).tolist(), "probabilities": rows}


def _broken_off(run: RunFolder, error: Exception) -> dict[str, Any]:
    """The state and the message that an error leaves a run with."""
    full = error if isinstance(error, OSError) else error.__cause__
    if isinstance(full, OSError) and full.errno in _NO_ROOM:
        return {"state": "interrupted", "message": limits.too_large() if full.errno == EFBIG else _DISK_FULL}
    if isinstance(error, ToolkitError):
        return {"state": "failed", "message": str(error)}
    with suppress(OSError), run.log_path.open("a") as log:
        log.write("".join(traceback.format_exception(error)))
    return {"state": "failed", "message": _fault(error)}


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The run's files can't be written ({error.strerror or error}). Fix that, then start again."
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return limits.too_much_memory()
    return "The training broke off through a fault in the program. Its worker.log says more; please report it."
