"""What the measurements of a run say, worked out once for all who look at it.

A class watches the same training, each of its browsers asks every second: reading the lines, judging and drawing them
is most of what that costs the server.
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

#: More sessions than one ask at the same moment; the first works it out, the others wait for it.
_LOCK = Lock()


@dataclass(frozen=True, eq=False)
class RunMeasurements:
    """The measurements at one moment; nobody changes what is in it, since all sessions share it."""

    run: RunFolder

    @cached_property
    def events(self) -> list[Event]:
        """The lines of events.jsonl; of the sample predictions, which are most of it, the newest alone."""
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
        """The rows after training began."""
        return self.frame[self.frame["step"] > 0]

    @cached_property
    def pace(self) -> tuple[float, float]:
        """Seconds and steps that a row took lately: medians of up to five, since the first also builds the graph."""
        steps = self.trained["step"].diff().fillna(self.trained["step"])
        return float(self.trained["seconds"][-5:].median()), float(steps[-5:].median())

    @cached_property
    def report(self) -> OverfittingReport:
        """The verdict."""
        return find_overfitting(self.history)


def read(run: RunFolder) -> RunMeasurements:
    """The run as it is now; what was read before where nothing has been written since."""
    stamp = run.events_stamp
    if not any(stamp):
        return RunMeasurements(run)  # It waits for its turn, as many may, and would take the place of one that trains.
    with _LOCK:
        measurements = _read(run, run.state, stamp)
        _ = measurements.frame, measurements.report
    return measurements


def draw(measurements: RunMeasurements, metric: Metric, *, last: int | None, log_axis: bool) -> dict[str, Any]:
    """`toolkit.figures.curves` of the measurements, as a dictionary that nobody changes."""
    with _LOCK:
        return _draw(measurements, metric, last, log_axis)


# Small: the measurements of ten thousand steps take some megabytes, and those before the newest are of no use.
@lru_cache(maxsize=8)
def _read(run: RunFolder, _state: str, _stamp: tuple[int, int]) -> RunMeasurements:
    return RunMeasurements(run)


@lru_cache(maxsize=8)
def _draw(measurements: RunMeasurements, metric: Metric, last: int | None, log_axis: bool) -> dict[str, Any]:
    return curves(measurements.frame, measurements.report, metric, last=last, log_axis=log_axis).to_dict()
