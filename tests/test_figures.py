"""Curves as figures: what is drawn, where, and that nothing is computed or changed on the way."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.analysis.overfitting import OverfittingReport, State
from toolkit.figures import LOG_FACTOR, REGION, RUNNING, TRAINING, VALIDATION, Metric, curves, spans_widely
from toolkit.training.history import frame_of

VAL_LOSS = (2.3, 0.5, 0.3, 0.35, 0.4)
VAL_ACCURACY = (0.1, 0.8, 0.9, 0.92, 0.91)
AS_KERAS = "training, as Keras counts it"
MEASURED = "training, measured after the epoch"


def records(*, steps_each: int = 10) -> list[dict[str, Any]]:
    """Epoch 0 and four epochs: validation loss is lowest at epoch 2, validation accuracy best at epoch 3."""
    rows: list[dict[str, Any]] = []
    for epoch, (loss, accuracy) in enumerate(zip(VAL_LOSS, VAL_ACCURACY, strict=True)):
        rows.append({"epoch": epoch, "step": epoch * steps_each, "val_loss": loss, "val_accuracy": accuracy})
        rows[-1] |= {"honest_loss": 2.3 / (1 + 3 * epoch), "honest_accuracy": 0.5 + epoch / 10, "seconds": 0.5}
        if epoch:
            rows[-1] |= {"loss": 2.5 / (1 + 2 * epoch), "accuracy": 0.4 + epoch / 10, "learning_rate": 0.001}
    return rows


def frame() -> pd.DataFrame:
    return frame_of(records())


def steps_frame() -> pd.DataFrame:
    """The same measured four times within one epoch."""
    return frame_of([{**row, "epoch": min(row["epoch"], 1), "step": 1000 * row["epoch"]} for row in records()])


def report(state: State = "confirmed", **changes: Any) -> OverfittingReport:
    places = {"best_epoch": 2, "best_step": 20, "best_accuracy_epoch": 3, "best_accuracy_step": 30}
    return OverfittingReport(state, "A sentence.", **{**places, **changes})


def series(figure: Any) -> dict[str, Any]:
    """The drawn lines by name, without the mark."""
    return {line.name: line for line in figure.data if line.name is not None}


def mark(figure: Any) -> Any:
    """The marked point, or None."""
    return next((line for line in figure.data if line.name is None), None)


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_the_three_series_are_named_in_a_learners_words(metric: Metric) -> None:
    assert set(series(curves(frame(), report(), metric))) == {AS_KERAS, MEASURED, "validation"}


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_colour_means_the_same_in_both_charts_and_dashes_and_markers_differ_too(metric: Metric) -> None:
    drawn = series(curves(frame(), report(), metric))
    assert [drawn[name].line.color for name in ("validation", MEASURED, AS_KERAS)] == [VALIDATION, TRAINING, RUNNING]
    assert [drawn[name].line.dash for name in ("validation", MEASURED, AS_KERAS)] == [None, None, "dot"]
    assert len({line.marker.symbol for line in drawn.values()}) == 3


@pytest.mark.parametrize(
    ("metric", "name", "column"),
    [
        ("loss", "validation", "val_loss"),
        ("loss", MEASURED, "honest_loss"),
        ("loss", AS_KERAS, "loss"),
        ("accuracy", "validation", "val_accuracy"),
        ("accuracy", MEASURED, "honest_accuracy"),
        ("accuracy", AS_KERAS, "accuracy"),
    ],
)
def test_each_line_holds_its_column_over_the_epochs(metric: Metric, name: str, column: str) -> None:
    table, drawn = frame(), series(curves(frame(), report(), metric))[name]
    measured = table[table[column].notna()]
    assert list(drawn.x) == measured["epoch"].tolist()
    assert list(drawn.y) == measured[column].tolist()


def test_the_lowest_validation_loss_is_marked_with_its_epoch() -> None:
    point = mark(curves(frame(), report(), "loss"))
    assert (list(point.x), list(point.y), list(point.text)) == ([2], [0.3], ["epoch 2"])
    assert point.marker.color == VALIDATION


def test_the_best_validation_accuracy_is_marked_with_its_own_epoch() -> None:
    point = mark(curves(frame(), report(), "accuracy"))
    assert (list(point.x), list(point.y), list(point.text)) == ([3], [0.92], ["epoch 3"])


@pytest.mark.parametrize(("best", "side"), [(0, "right"), (4, "left")])
@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_mark_at_the_edge_is_whole_and_its_words_stay_within_the_chart(metric: Metric, best: int, side: str) -> None:
    point = mark(curves(frame(), report(best_epoch=best, best_accuracy_epoch=best), metric))
    assert point.cliponaxis is False
    assert point.textposition.endswith(side)


def test_the_words_of_a_mark_stay_within_a_chart_whose_axis_goes_on() -> None:
    """The newest epoch of a training under way stands near the left edge, not at the right one."""
    assert mark(curves(frame(), report(best_epoch=3), "loss", last=30)).textposition == "top right"


def test_the_figure_draws_the_reports_epoch_and_does_not_look_for_its_own() -> None:
    point = mark(curves(frame(), report(best_epoch=4), "loss"))
    assert (list(point.x), list(point.y)) == ([4], [0.4])


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_without_a_best_epoch_nothing_is_marked(metric: Metric) -> None:
    figure = curves(frame(), OverfittingReport("cannot_tell", "A sentence."), metric)
    assert mark(figure) is None
    assert not figure.layout.shapes


def test_a_best_epoch_that_the_table_does_not_hold_is_not_marked() -> None:
    assert mark(curves(frame(), report("still_learning", best_epoch=9), "loss")) is None


@pytest.mark.parametrize("state", ["possible", "confirmed"])
def test_the_overfitting_region_reaches_from_the_best_epoch_to_the_last_one(state: State) -> None:
    (region,) = curves(frame(), report(state), "loss", last=30).layout.shapes
    assert (region.x0, region.x1, region.fillcolor, region.layer) == (2, 4, REGION, "below")


@pytest.mark.parametrize("state", ["still_learning", "flat", "diverged", "cannot_tell"])
def test_there_is_no_region_where_nothing_is_overfitting(state: State) -> None:
    assert not curves(frame(), report(state), "loss").layout.shapes


def test_the_region_is_a_matter_of_the_loss() -> None:
    assert not curves(frame(), report("confirmed"), "accuracy").layout.shapes


def test_a_run_measured_by_steps_is_drawn_over_steps() -> None:
    figure = curves(steps_frame(), report(best_step=2000), "loss", last=6000)
    point, (region,) = mark(figure), figure.layout.shapes
    assert figure.layout.xaxis.title.text == "step"
    assert list(series(figure)["validation"].x) == [0, 1000, 2000, 3000, 4000]
    assert (list(point.x), list(point.y), list(point.text)) == ([2000], [0.3], ["step 2,000"])
    assert (region.x0, region.x1) == (2000, 4000)


def test_a_run_measured_by_steps_marks_the_step_of_its_best_accuracy() -> None:
    point = mark(curves(steps_frame(), report(best_accuracy_step=3000), "accuracy"))
    assert (list(point.x), list(point.text)) == ([3000], ["step 3,000"])


def test_the_axis_reaches_from_0_to_the_planned_end() -> None:
    assert list(curves(frame(), report(), "loss", last=30).layout.xaxis.range) == [0, 30]


def test_the_axis_holds_all_that_was_measured_even_past_the_plan() -> None:
    assert list(curves(frame(), report(), "loss", last=2).layout.xaxis.range) == [0, 4]
    assert list(curves(frame(), report(), "loss").layout.xaxis.range) == [0, 4]


def test_the_loss_starts_at_0_unless_its_axis_is_logarithmic() -> None:
    assert curves(frame(), report(), "loss").layout.yaxis.rangemode == "tozero"
    logarithmic = curves(frame(), report(), "loss", log_axis=True)
    assert logarithmic.layout.yaxis.type == "log"
    # The mark stays a loss: Plotly takes the logarithm itself.
    assert list(mark(logarithmic).y) == [0.3]


def test_accuracy_is_read_as_per_cent_and_its_axis_is_about_what_was_trained() -> None:
    axis = curves(frame(), report(), "accuracy").layout.yaxis
    lowest = min(0.5, 0.6, 0.8)
    assert axis.tickformat == ".0%"
    assert axis.type != "log"
    assert 0 <= axis.range[0] <= lowest
    assert axis.range[0] > VAL_ACCURACY[0]
    assert axis.range[1] >= 1


def test_hovering_gives_all_values_of_an_epoch_with_four_digits_or_as_per_cent() -> None:
    loss, accuracy = (curves(frame(), report(), metric) for metric in ("loss", "accuracy"))
    assert loss.layout.hovermode == accuracy.layout.hovermode == "x unified"
    assert "%{y:.4f}" in series(loss)["validation"].hovertemplate
    assert "%{y:.2%}" in series(accuracy)["validation"].hovertemplate
    assert mark(loss).hoverinfo == "skip"


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_what_was_not_measured_is_left_out(metric: Metric) -> None:
    table = frame().assign(val_loss=np.nan, val_accuracy=np.nan)
    figure = curves(table, OverfittingReport("cannot_tell", "A sentence."), metric)
    assert set(series(figure)) == {AS_KERAS, MEASURED}


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_table_without_the_honest_columns_is_drawn(metric: Metric) -> None:
    table = frame().drop(columns=["honest_loss", "honest_accuracy"])
    assert set(series(curves(table, report(), metric))) == {AS_KERAS, "validation"}


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_lost_measurement_leaves_no_hole_that_stands_for_0(metric: Metric) -> None:
    table = frame()
    table.loc[2, [f"val_{metric}"]] = np.nan
    drawn = series(curves(table, report("diverged", best_epoch=1, best_accuracy_epoch=1), metric))["validation"]
    assert list(drawn.x) == [0, 1, 3, 4]
    assert np.isfinite(list(drawn.y)).all()


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_the_untrained_network_alone_is_a_point_that_can_be_seen(metric: Metric) -> None:
    untrained = frame().head(1)
    figure = curves(untrained, OverfittingReport("cannot_tell", "A sentence.", best_epoch=0), metric, last=30)
    assert set(series(figure)) == {MEASURED, "validation"}
    assert {line.mode for line in series(figure).values()} == {"markers"}
    assert list(figure.layout.xaxis.range) == [0, 30]


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_drawing_changes_neither_the_table_nor_the_next_figure(metric: Metric) -> None:
    table = frame()
    first = curves(table, report(), metric, last=30, log_axis=metric == "loss")
    pd.testing.assert_frame_equal(table, frame())
    assert first.to_dict() == curves(table, report(), metric, last=30, log_axis=metric == "loss").to_dict()
    curves(steps_frame(), report(), metric)
    assert first.to_dict() == curves(table, report(), metric, last=30, log_axis=metric == "loss").to_dict()


def test_losses_that_span_more_than_the_factor_ask_for_a_logarithmic_axis() -> None:
    table = frame_of([{"epoch": 0, "step": 0, "val_loss": 2.0}, {"epoch": 1, "step": 9, "val_loss": 2.0 / LOG_FACTOR}])
    assert not spans_widely(table)
    assert spans_widely(table.assign(loss=[np.nan, 0.9 * 2.0 / LOG_FACTOR]))


def test_a_loss_of_0_and_an_empty_table_do_not_ask_for_a_logarithmic_axis() -> None:
    table = frame_of([{"epoch": 0, "step": 0, "val_loss": 2.0}, {"epoch": 1, "step": 9, "val_loss": 0.0}])
    assert not spans_widely(table)
    assert not spans_widely(frame_of([]))
