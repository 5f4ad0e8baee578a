"""Several runs side by side: the settings that differ, and the results of each.

`compare_runs(runs)` reads run folders in any state and needs no TensorFlow.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..config.layers import Layer
from ..errors import RunError
from ..runs import RunFolder
from ..runs.folder import IMPORTED_FIELDS
from ..runs.schema import Outcome
from ..training.history import COLUMNS, History
from .overfitting import OverfittingReport, find_overfitting

#: The metrics that are compared -> which of two values is better.
FIGURES = {"val_loss": min, "val_accuracy": max, "honest_loss": min, "honest_accuracy": max, "loss": min}


@dataclass(frozen=True)
class ComparedRun:
    """The results of one run. None stands for a missing value: not measured, not measured yet, or NaN.

    epochs, steps: how far it was trained. seconds: from start to end, None until then. best, last: the best of all
    measurements (lowest loss, highest accuracy) and the last one, by name of `FIGURES`. overfitting: judged again from
    the measurements, so by the same criterion for all runs.
    """

    run_id: str
    name: str
    state: str
    epochs: int | None
    steps: int | None
    seconds: float | None
    test_loss: float | None
    test_accuracy: float | None
    best: dict[str, float | None]
    last: dict[str, float | None]
    overfitting: OverfittingReport


@dataclass(frozen=True)
class Comparison:
    """Runs in the requested order.

    settings: one value per run for each field of the config in which they differ, apart from the title; layers in
    words, such as "dense 64, dense 32". None stands for unknown values, such as how an imported run was trained.
    """

    runs: tuple[ComparedRun, ...]
    settings: dict[str, tuple[Any, ...]]

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON keeps it."""
        return asdict(self)


def compare_runs(runs: Sequence[RunFolder], *, histories: Sequence[History] | None = None) -> Comparison:
    """Compare two or more runs, in any state.

    histories: those of the runs, if they have been read already.

    >>> compare_runs([open_run(root, one) for one in ids]).settings  # doctest: +SKIP
    {'learning_rate': (0.001, 0.01)}

    Raises `RunError` for fewer than two runs, for a run named twice, and for a damaged one.
    """
    ids = [run.id for run in runs]
    if len(runs) < 2:
        raise RunError(
            f"It takes two runs or more to compare. Received: {', '.join(ids) or 'none'}. "
            "List them with: python -m toolkit runs"
        )
    for run_id in ids:
        if ids.count(run_id) > 1:
            raise RunError(f"Each run must be named once. Received: {run_id} {ids.count(run_id)} times. Name another.")
    settings = [_settings(run) for run in runs]
    columns = {name: tuple(one[name] for one in settings) for name in settings[0]}
    return Comparison(
        runs=tuple(map(_compared, runs, histories or [run.history() for run in runs])),
        settings={name: values for name, values in columns.items() if any(value != values[0] for value in values)},
    )


def describe_layers(layers: Sequence[Layer]) -> str:
    """Hidden layers in words: their kinds, their main settings, and every other setting that is not the default.

    >>> describe_layers([Dense(units=64), Dropout(rate=0.5), Dense(units=32, activation="tanh")])
    'dense 64, dropout 0.5, dense 32 tanh'
    """
    return ", ".join(_describe_layer(layer) for layer in layers) or "none"


def _describe_layer(layer: Layer) -> str:
    words = [layer.kind, *([str(getattr(layer, layer.main_field))] if layer.main_field else [])]
    for name, field in type(layer).model_fields.items():
        value = getattr(layer, name)
        if name != layer.main_field and value != field.default:
            words.append(str(value) if name == "activation" else f"{name} {value}")
    return " ".join(words)


def _settings(run: RunFolder) -> dict[str, Any]:
    """The config without its title; None for what is unknown about an imported run."""
    values = {name: value for name, value in run.config if name != "name"}
    if run.imported:
        values = {name: value if name in IMPORTED_FIELDS else None for name, value in values.items()}
    left_out = ", ".join(run.config.leave_out) or None
    return {**values, "layers": describe_layers(run.config.layers), "leave_out": left_out}


def _compared(run: RunFolder, history: History) -> ComparedRun:
    result = run.result or Outcome()
    newest = history.records[-1] if history.records else dict.fromkeys(COLUMNS)
    return ComparedRun(
        run_id=run.id,
        name=run.config.name,
        state=run.state,
        epochs=newest["epoch"] if result.epochs is None else result.epochs,
        steps=newest["step"] if result.steps is None else result.steps,
        seconds=result.seconds,
        test_loss=result.test_loss,
        test_accuracy=result.test_accuracy,
        best={name: _best(history, name) for name in FIGURES},
        last={name: newest.get(name) for name in FIGURES},
        overfitting=find_overfitting(history, run.config),
    )


def _best(history: History, name: str) -> float | None:
    values = [record[name] for record in history.records if record.get(name) is not None]
    return FIGURES[name](values) if values else None
