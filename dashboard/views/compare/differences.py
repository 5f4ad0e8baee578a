"""A table of the settings that differ between runs, and their results, on the page and as CSV."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared.formatting import plain
from toolkit.analysis.comparison import ComparedRun, Comparison
from toolkit.analysis.overfitting import OverfittingReport
from toolkit.datasets import dataset_title
from toolkit.formatting import count, duration, percent, place
from toolkit.runs import RunFolder

_WORDS: dict[str, Callable[[Any], str]] = {
    "dataset": dataset_title,
    "optimizer": texts.OPTIMIZERS.__getitem__,
    "loss": texts.LOSSES.__getitem__,
    "monitor": texts.MONITORS.__getitem__,
    "engine": texts.ENGINES.__getitem__,
    "seed": str,
}
#: Characters that start a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@")


def show_differences(runs: Mapping[str, RunFolder], compared: Comparison) -> None:
    """Show the table, with the best value of each line in bold, and its download.

    runs: by title, in the order of `compared`.
    """
    st.markdown(f"**{texts.compare.DIFFERENCES}**")
    if not compared.settings:
        st.caption(texts.compare.SAME_SETTINGS)
    units = ["epoch" if run.config.steps is None else "step" for run in runs.values()]
    lines = {**_settings(compared), **_outcomes(compared, units)}
    table = pd.DataFrame.from_dict(lines, orient="index", columns=[plain(title) for title in runs])
    st.table(table[(table != texts.UNSURE).any(axis=1)], alt=texts.compare.DIFFERENCES)
    st.download_button(
        texts.compare.CSV,
        lambda: to_csv(compared),
        file_name=texts.compare.CSV_NAME,
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def to_csv(compared: Comparison) -> str:
    """One line per run with unrounded numbers, and no cell that a spreadsheet would run as a formula."""
    lines = [
        {
            **{"run_id": run.run_id, "name": run.name, "state": run.state},
            **{name: values[number] for name, values in compared.settings.items()},
            **_measured(run),
        }
        for number, run in enumerate(compared.runs)
    ]
    return pd.DataFrame(lines).map(_defused).to_csv(index=False)


def _measured(run: ComparedRun) -> dict[str, Any]:
    report = run.overfitting
    return {
        **{f"trained_{name}": getattr(run, name) for name in ("epochs", "steps", "seconds")},
        **{name: getattr(run, name) for name in ("test_loss", "test_accuracy")},
        **{f"best_{name}": value for name, value in run.best.items()},
        **{f"last_{name}": value for name, value in run.last.items()},
        **{"overfitting": report.state, "best_epoch": report.best_epoch, "since_epoch": report.since_epoch},
    }


def _defused(cell: Any) -> Any:
    """A text on one line that is no formula (pandas does not quote every line break); numbers are unchanged."""
    if not isinstance(cell, str):
        return cell
    line = " ".join(cell.split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def _settings(compared: Comparison) -> dict[str, list[str]]:
    named = {**texts.FIELDS, **texts.compare.FIELDS}
    return {
        named[name]: [texts.UNSURE if value is None else plain(_WORDS.get(name, _in_words)(value)) for value in values]
        for name, values in compared.settings.items()
    }


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return texts.compare.YES if value else texts.compare.NO
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _outcomes(compared: Comparison, units: Sequence[str]) -> dict[str, list[str]]:
    runs = compared.runs
    lines = {texts.compare.TEST_ACCURACY: _marked([run.test_accuracy for run in runs], "accuracy")}
    for name in ("val_loss", "val_accuracy"):
        best = _marked([run.best[name] for run in runs], name)
        places = [_best_place(run.overfitting, name, unit) for run, unit in zip(runs, units, strict=True)]
        lines[texts.compare.BEST[name]] = [_at(value, where) for value, where in zip(best, places, strict=True)]
        lines[texts.compare.LAST[name]] = _marked([run.last[name] for run in runs], name)
    lines[texts.compare.OVERFITTING] = [_verdict(run.overfitting, unit) for run, unit in zip(runs, units, strict=True)]
    lines[texts.compare.TRAINED] = [
        count(run.steps if unit == "step" else run.epochs, unit) for run, unit in zip(runs, units, strict=True)
    ]
    lines[texts.compare.TOOK] = [duration(run.seconds) for run in runs]
    if any(run.state != "finished" for run in runs):
        lines[texts.compare.STATE] = [texts.STATES[run.state] for run in runs]
    return lines


def _marked(values: Sequence[float | None], name: str) -> list[str]:
    """Formatted values, the best ones in bold."""
    accuracy = name.endswith("accuracy")
    known = [value for value in values if value is not None]
    best = (max if accuracy else min)(known) if len(set(known)) > 1 else None
    shown = [percent(value) if accuracy else _loss(value) for value in values]
    return [
        f"**{words}**" if value is not None and value == best else words
        for value, words in zip(values, shown, strict=True)
    ]


def _loss(value: float | None) -> str:
    return texts.UNSURE if value is None else f"{value:.4f}"


def _at(value: str, where: str | None) -> str:
    return value if where is None else texts.compare.AT.format(figure=value, place=where)


def _best_place(report: OverfittingReport, name: str, unit: str) -> str | None:
    number = getattr(report, f"best_accuracy_{unit}" if name == "val_accuracy" else f"best_{unit}")
    return None if number is None else place(unit, number)


def _verdict(report: OverfittingReport, unit: str) -> str:
    """The verdict on overfitting, and since when if it was found."""
    since = report.since_step if unit == "step" else report.since_epoch
    verdict = texts.VERDICTS[report.state]
    if report.state not in ("possible", "confirmed") or since is None:
        return verdict
    return texts.compare.SINCE.format(verdict=verdict, place=place(unit, since))
