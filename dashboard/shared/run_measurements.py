"""The measurements of a run, its verdict and its curves, computed once for all sessions.

A whole class watches the same training, and each browser polls every second: reading the events, finding the verdict
and drawing the curves is most of the server's work.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

import pandas as pd

from toolkit.analysis.overfitting import OverfittingReport, find_overfitting
from toolkit.figures import Metric, curves
from toolkit.runs import RunFolder
from toolkit.runs.schema import Event, SamplesEvent
from toolkit.training.history import History, counts_steps

#: Several sessions ask at the same moment: the first one computes, the others wait.
_LOCK = Lock()


@dataclass(frozen=True, eq=False)
class RunMeasurements:
    """The measurements at one moment; read-only, since all sessions share them."""

    run: RunFolder

    @cached_property
    def events(self) -> list[Event]:
        """The events in events.jsonl; of the sample predictions, which are most of the file, only the newest."""
        events = self.run.events()
        samples = [event for event in events if isinstance(event, SamplesEvent)]
        return [event for event in events if not isinstance(event, SamplesEvent)] + samples[-1:]

    @cached_property
    def history(self) -> History:
        """The measurements."""
        return self.run.history(self.events)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The measurements as a table."""
        return self.history.frame

    @cached_property
    def unit(self) -> str:
        """What a row stands for: "epoch" or "step"."""
        return "step" if counts_steps(self.frame) else "epoch"

    @cached_property
    def trained(self) -> pd.DataFrame:
        """The rows after the start of training."""
        return self.frame[self.frame["step"] > 0]

    @cached_property
    def pace(self) -> tuple[float, float]:
        """Recent seconds and steps per row: medians of up to five, since the first row also includes compilation."""
        steps = self.trained["step"].diff().fillna(self.trained["step"])
        return float(self.trained["seconds"][-5:].median()), float(steps[-5:].median())

    @cached_property
    def report(self) -> OverfittingReport:
        """The verdict."""
        return find_overfitting(self.history, self.run.config)


def read(run: RunFolder) -> RunMeasurements:
    """The run's current measurements, from the cache if nothing has been written since."""
    stamp = run.events_stamp
    if not any(stamp):
        return RunMeasurements(run)  # Many runs may wait; cached, they would displace those that train.
    with _LOCK:
        measurements = _read(run, run.state, stamp)
        _ = measurements.frame, measurements.report
    return measurements


def draw(measurements: RunMeasurements, metric: Metric, *, last: int | None, log_axis: bool) -> dict[str, Any]:
    """`toolkit.figures.curves` of the measurements, as a read-only dictionary."""
    with _LOCK:
        return _draw(measurements, metric, last, log_axis)


# Small: ten thousand steps take a few megabytes, and older measurements are of no use.
@lru_cache(maxsize=8)
def _read(run: RunFolder, _state: str, _stamp: tuple[int, int]) -> RunMeasurements:
    return RunMeasurements(run)


@lru_cache(maxsize=8)
def _draw(measurements: RunMeasurements, metric: Metric, last: int | None, log_axis: bool) -> dict[str, Any]:
    return curves(measurements.frame, measurements.report, metric, last=last, log_axis=log_axis).to_dict()
