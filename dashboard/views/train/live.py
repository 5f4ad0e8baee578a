"""A run as it trains: progress, four numbers, the verdict, the curves, ten test pictures."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared import run_measurements, sample_rows, state
from dashboard.shared.formatting import plain
from dashboard.shared.live_chart import live_chart
from dashboard.shared.run_picker import trained_length
from dashboard.shared.verdict_box import show_verdict
from dashboard.views.train.early_stopping import ending_sentences
from dashboard.views.train.starting import offer_a_tenth, resume_button
from toolkit import jobs
from toolkit.analysis.overfitting import OverfittingReport
from toolkit.errors import ToolkitError
from toolkit.figures import Metric, spans_widely
from toolkit.formatting import count, duration, percent, place
from toolkit.runs import ENDED, NEWER, RunFolder
from toolkit.runs.schema import Event, Outcome, SamplesEvent
from toolkit.training.history import History


@dataclass(frozen=True)
class RunView:
    """A snapshot of a run folder, so that everything on the page comes from the same moment."""

    run: RunFolder

    @cached_property
    def state(self) -> str:
        """The run's state."""
        return self.run.state

    @cached_property
    def measurements(self) -> run_measurements.RunMeasurements:
        """The measurements so far, with their verdict."""
        return run_measurements.read(self.run)

    @property
    def history(self) -> History:
        """The history so far."""
        return self.measurements.history

    @property
    def events(self) -> list[Event]:
        """The events in events.jsonl so far."""
        return self.measurements.events

    @property
    def frame(self) -> pd.DataFrame:
        """The measurements as a table."""
        return self.measurements.frame

    @property
    def unit(self) -> str:
        """What a row stands for: "epoch" or "step"."""
        return self.measurements.unit

    @property
    def report(self) -> OverfittingReport:
        """The verdict so far."""
        return self.measurements.report

    @property
    def total(self) -> int:
        """The number of planned epochs or steps."""
        return self.run.config.steps or (self.run.config.epochs or 1)

    @property
    def planned_last(self) -> int | None:
        """The end of the curves' axis, in the unit of the rows; None: at the last measurement."""
        if has_ended(self):
            return None
        last = self.frame.iloc[-1]
        steps_per_epoch = last["step"] / last["epoch"] if last["epoch"] else 1
        if self.unit == "step":
            return round(self.run.config.steps or self.total * steps_per_epoch)
        return round(self.run.config.epochs or self.total / steps_per_epoch)


def show_run(view: RunView) -> None:
    """Draw a run in any state."""
    _progress(view)
    # Not in the place of Stop: a slow double click on Stop would press Resume.
    if has_ended(view) and view.run.has_broken_off:
        resume_button(view.run)
    if view.frame.empty or view.state == NEWER:
        return
    _numbers(view)
    show_verdict(view.report.state, view.report.sentence)
    offer_a_tenth(view.run, view.history)
    for note in view.history.notes:
        st.caption(plain(note))
    _curves(view)
    _samples(view)
    # A long table would be sent with each redraw, so it is left out while closed.
    table = st.expander(texts.TABLE, key="measurements", on_change="rerun")
    if table.open:
        table.dataframe(view.frame, hide_index=True)


def _progress(view: RunView) -> None:
    match view.state:
        case "queued":
            _waiting(view.run)
        case "running":
            _running(view)
        case "failed":
            st.error(texts.train.DONE_FAILED.format(message=plain(view.run.message)), icon=":material/error:")
        case "imported":
            st.info(plain(view.run.message), icon=":material/upload_file:")
        case "newer":
            st.warning(plain(view.run.message), icon=":material/update:")
        case "interrupted":
            why = plain(view.run.message) or texts.train.INTERRUPTED_WHY
            st.warning(texts.train.INTERRUPTED.format(why=why), icon=":material/power_off:")
        case "stopped" if view.run.message:
            st.info(plain(view.run.message), icon=":material/stop:")
            if not view.frame.empty:  # empty if it was cancelled before it began
                _done(view)
        case _:
            _done(view)


def _waiting(run: RunFolder) -> None:
    try:
        # Only this fragment is redrawn regularly, so it must restart a supervisor that has died.
        jobs.keep_workers(state.ROOT)
    except ToolkitError as error:
        st.error(plain(str(error)), icon=":material/error:")
    if why := jobs.trouble(state.ROOT):
        st.error(texts.train.NO_WORKER.format(why=plain(why)), icon=":material/error:")
        return
    ahead = jobs.runs_before(state.ROOT, run)
    before = texts.train.ONE_RUN if ahead == 1 else texts.train.RUNS.format(count=ahead)
    waiting = texts.train.WAITING.format(before=before) if ahead else texts.train.WAITING_FIRST
    st.info(waiting, icon=":material/hourglass_top:")


def _done(view: RunView) -> None:
    result = view.run.result or Outcome()
    st.markdown(
        texts.train.DONE.format(
            length=trained_length(view.run),
            seconds=duration(result.seconds),
            accuracy=percent(result.test_accuracy),
            rows=result.test_rows or 0,
        )
    )
    if result.rows_without_answer:
        st.warning(plain(result.message), icon=":material/warning:")
    if ending := ending_sentences(view.run.config, view.frame, result, view.unit):
        st.markdown(ending)


def _running(view: RunView) -> None:
    if seconds := jobs.silence(state.ROOT, view.run):
        words = texts.train.NO_ANSWER_TO_STOP if view.run.stop_requested else texts.train.NO_ANSWER
        st.warning(words.format(seconds=seconds), icon=":material/hourglass_disabled:")
    trained = view.measurements.trained
    if trained.empty:
        st.progress(0.0, text=texts.train.PREPARING if view.frame.empty else texts.train.BEGINNING)
        return
    unit = "step" if view.run.config.steps else "epoch"
    done = int(trained[unit].max())
    if done >= view.total or view.run.stop_requested:
        st.progress(1.0, text=texts.train.FINISHING if not view.run.stop_requested else texts.train.STOPPING)
        return
    seconds, steps = view.measurements.pace
    left = (view.total - done) * seconds * len(trained) / done
    speed = texts.train.SPEED.format(speed=steps / seconds * view.run.config.batch_size)
    text = texts.train.PROGRESS.format(
        unit=unit.capitalize(), done=done, total=view.total, left=duration(left), speed=speed
    )
    st.progress(done / view.total, text=text)


def _numbers(view: RunView) -> None:
    last, report, unit = view.frame.iloc[-1], view.report, view.unit
    best_accuracy = report.best_accuracy_step if unit == "step" else report.best_accuracy_epoch
    best = report.best_step if unit == "step" else report.best_epoch
    with st.container(horizontal=True, key="numbers"):
        note = None if best_accuracy is None else texts.train.BEST_AT.format(place=place(unit, best_accuracy))
        _metric(texts.train.VAL_ACCURACY, percent(last["val_accuracy"]), note)
        _metric(
            texts.train.TRAIN_ACCURACY,
            percent(last["honest_accuracy"]),
            texts.train.MEASURED_AFTER.format(unit=unit),
            texts.train.HONEST_HELP,
        )
        gap = view.frame["val_loss"] - view.frame["honest_loss"]
        change = texts.train.GAP_WORDS
        if len(gap) > 6:
            length = count(int(last[unit] - view.frame[unit].iloc[-6]), unit)
            change = texts.train.GAP_CHANGE.format(change=gap.iloc[-1] - gap.iloc[-6], length=length)
        _metric(texts.train.GAP, _loss(gap.iloc[-1]), change, texts.train.GAP_HELP)
        lowest = None if best is None else view.frame["val_loss"].min()
        _metric(
            texts.train.LOWEST,
            _loss(lowest),
            texts.train.AT.format(place=place(unit, best)) if best is not None else None,
        )


def _metric(label: str, value: str, note: str | None, help_text: str | None = None) -> None:
    st.metric(label, value, note, delta_color="off", delta_arrow="off", help=help_text, border=True, width="stretch")


def _curves(view: RunView) -> None:
    wide = spans_widely(view.frame)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="chart-switches"):
        st.markdown(texts.LEGEND, width="content")
        log_axis = st.toggle(texts.LOG_SCALE, wide, key=f"log-{view.run.id}-{wide}")
        large = st.toggle(texts.PROJECTOR, key="projector", persist_state="session", help=texts.PROJECTOR_HELP)
    left, right = st.columns(2)
    for column, metric, title in ((left, "loss", texts.LOSS), (right, "accuracy", texts.ACCURACY)):
        with column:
            st.markdown(f"**{title}**")
            _chart(view, metric, log_axis and metric == "loss", large)  # type: ignore[arg-type]


def _chart(view: RunView, metric: Metric, log_axis: bool, large: bool) -> None:
    figure = run_measurements.draw(view.measurements, metric, last=view.planned_last, log_axis=log_axis)
    layout = {**figure["layout"], "showlegend": False, "font": {"size": 18 if large else 13}, "uirevision": "same"}
    # Zoom is kept, but on the y axis only while its scale stays linear or logarithmic.
    layout["yaxis"] = {**layout["yaxis"], "uirevision": str(log_axis)}
    live_chart(
        {**figure, "layout": layout},
        key=f"{metric}-{view.run.id}",
        height=360 if large else 280,
        alt=texts.CURVE_ALT.format(metric=metric, unit=view.unit, sentence=view.report.sentence),
    )


def _samples(view: RunView) -> None:
    newest = next((event for event in reversed(view.events) if isinstance(event, SamplesEvent)), None)
    if newest is None or not view.run.samples_path.exists():
        return
    try:
        with np.load(view.run.samples_path, allow_pickle=False) as file:
            x, labels, names = file["x"], file["y"], file["class_names"]
            columns = tuple(file["feature_names"].tolist()) if "feature_names" in file else ()
        answers = [
            (str(names[label]), str(names[true]), None if None in probabilities else probabilities[label])
            for label, true, probabilities in zip(newest.labels, labels, newest.probabilities, strict=True)
        ]
    except Exception:  # NumPy raises many kinds of errors for a damaged file; the curves are shown without pictures.
        return
    st.markdown(f"**{texts.train.SAMPLES}**")
    with st.container(key="examples"):
        sample_rows.show_predictions(x, answers, columns)


def _loss(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.4f}"


def has_ended(view: RunView) -> bool:
    """Whether the run will not change any more."""
    return view.state in (*ENDED, "interrupted", NEWER)
