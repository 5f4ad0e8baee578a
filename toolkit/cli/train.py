"""`train`: trains a run from a preset, a file or flags; `resume`: continues one that broke off."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from ..analysis.metrics import Evaluation
from ..config import ExperimentConfig
from ..config.presets import preset
from ..datasets import dataset_info, load_dataset
from ..errors import ToolkitError
from ..experiment import run_experiment
from ..formatting import count, percent
from ..preflight import check_experiment, check_resume
from ..runs import RunFolder, create_run, open_run
from ..runs.disk_space import check_room
from ..runs.schema import Outcome
from .options import config_options, given_changes, json_option, root_option
from .output import BROKEN_OFF, print_json, printable, progress_bar

_DEFAULT_PRESET = "keras-mlp"


@click.command()
@click.option("--preset", "preset_name", help=f"A published experiment to start from.  [default: {_DEFAULT_PRESET}]")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A config file, or a run's config.json.")
@config_options
@click.option("--weights-from", metavar="RUN", help="Start from the weights of another run.")
@click.option("--tensorboard", is_flag=True, help="Write files for `tensorboard --logdir` into the run folder.")
@root_option
@json_option
def train(
    preset_name: str | None,
    config_file: Path | None,
    weights_from: str | None,
    tensorboard: bool,
    root: Path,
    as_json: bool,
    **flags: Any,
) -> int:
    """Train a network, judge and evaluate it, and keep everything in a run folder.

    Flags change single fields of the preset or the file. Ctrl-C stops; what was learned is kept.
    """
    config = _base(preset_name, config_file).replace(**given_changes(flags))
    check_experiment(config, root, weights_from)
    check_room(config, root)
    if dataset_info(config.dataset, **config.reading).missing():
        load_dataset(config.dataset)  # Loaded now, so that a mistake leaves no failed run behind.
    run = create_run(root, config, asked_by="command line", weights_from=weights_from, tensorboard=tensorboard)
    return _carry_out(run, as_json)


@click.command()
@click.argument("run_id", metavar="RUN")
@root_option
@json_option
def resume(run_id: str, root: Path, as_json: bool) -> int:
    """Continue a run that was stopped or interrupted, from its last measurement.

    The optimizer's state is restored, so the metrics are those of an uninterrupted run.
    """
    run = open_run(root, run_id)
    check_resume(run)
    check_experiment(run.config, root)
    check_room(run.config, root)
    return _carry_out(run, as_json, resume=True)


def _carry_out(run: RunFolder, as_json: bool, *, resume: bool = False) -> int:
    """Train with a progress bar and print the outcome; returns the exit status."""
    with progress_bar(run.config) as report, stop_on_signals() as should_stop:
        result = run_experiment(run, resume=resume, report=report, should_stop=should_stop)
    print_json(_summary(run, result)) if as_json else _print_summary(run, result)
    if result.state in BROKEN_OFF:
        click.echo(result.message, err=True)
        return 1
    return 0


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C (and SIGTERM) into a request to stop; a second one aborts."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _base(preset_name: str | None, config_file: Path | None) -> ExperimentConfig:
    if preset_name is not None and config_file is not None:
        raise ToolkitError(f"Give --preset or --config, not both. Received: {preset_name} and {config_file}.")
    if config_file is not None:
        return ExperimentConfig.from_file(config_file)
    return preset(_DEFAULT_PRESET if preset_name is None else preset_name)


def _summary(run: RunFolder, result: Outcome) -> dict[str, Any]:
    verdict = result.overfitting
    return {
        "run_id": run.id,
        "state": result.state,
        "epochs": result.epochs,
        "steps": result.steps,
        "test_loss": result.test_loss,
        "test_accuracy": result.test_accuracy,
        "overfitting": {
            "state": verdict and verdict.state,
            "best_epoch": verdict and verdict.best_epoch,
            "since_epoch": verdict and verdict.since_epoch,
            "sentence": verdict and verdict.sentence,
        },
        "seconds": result.seconds,
        "message": result.message,
    }


def _print_summary(run: RunFolder, result: Outcome) -> None:
    if result.state in BROKEN_OFF:
        return
    length = f"{count(result.epochs, 'epoch')}, {count(result.steps, 'step')}"
    print(f"{run.id} · {result.state} · {length}, {result.seconds or 0:.1f} s")
    for note in run.history().notes:
        print(printable(note))
    loss = "" if result.test_loss is None else f", test loss {result.test_loss:.4f}"
    evaluation = Evaluation.from_dict(result)
    if evaluation and evaluation.complaint:
        print(evaluation.complaint)
    elif result.test_accuracy is not None:
        print(f"Test accuracy {percent(result.test_accuracy)}{loss}")
    if evaluation and evaluation.caution:
        print(printable(evaluation.caution))
    if result.overfitting:
        print(printable(result.overfitting.sentence))
    print(f"Saved in {run.path}: {run.model_path.name}, {run.weights_path.name}, events.jsonl, result.json")
