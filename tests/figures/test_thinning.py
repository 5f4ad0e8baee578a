"""Very long curves are drawn with the points that show."""

import numpy as np
import pandas as pd
import pytest

from toolkit.analysis.overfitting import find_overfitting
from toolkit.figures import comparison, curves
from toolkit.figures.thinning import MOST_POINTS, thinned
from toolkit.training.history import frame_of

NUM = 10_001
STEPS = np.arange(NUM)


@pytest.fixture(scope="module")
def long_frame() -> pd.DataFrame:
    """One measurement a step: a noisy validation loss that turns, with one deep dip, one high peak and a gap."""
    dice = np.random.default_rng(0)
    val_loss = 2.3 / (1 + STEPS / 200) + 3e-5 * STEPS + dice.normal(0, 0.02, NUM)
    val_loss[4321], val_loss[7654] = 0.001, 9.0
    val_loss[5000:5400] = np.nan
    records = [
        {"epoch": step // 300, "step": step, "loss": 1.0, "accuracy": 0.9, "val_loss": loss, "val_accuracy": 0.9}
        for step, loss in enumerate(val_loss.tolist())
    ]
    return frame_of([{**record, "learning_rate": 0.001, "seconds": 0.01} for record in records])


def test_a_curve_of_few_points_is_left_as_it_is() -> None:
    for count in (0, 1, 2, MOST_POINTS):
        values = np.random.default_rng(0).random(count)
        np.testing.assert_array_equal(thinned(np.arange(count), values), np.arange(count))


def test_a_long_curve_keeps_its_ends_its_extremes_and_the_place_asked_for() -> None:
    values = np.random.default_rng(1).normal(size=NUM)
    values[[1234, 8765]] = -50, 50
    kept = thinned(STEPS, values, keep=5678)
    assert len(kept) <= MOST_POINTS + 1
    assert {0, 1234, 5678, 8765, NUM - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_every_column_of_pixels_is_covered_from_its_lowest_to_its_highest_value() -> None:
    values = np.random.default_rng(2).normal(size=NUM)
    kept = thinned(STEPS, values)
    # Independent of the way it is made: the same columns, by pandas.
    columns = pd.cut(STEPS, 500, labels=False, right=False, include_lowest=True)
    for extreme in ("min", "max"):
        whole = pd.Series(values).groupby(columns).agg(extreme)
        drawn = pd.Series(values[kept]).groupby(columns[kept]).agg(extreme)
        assert (whole != drawn).sum() <= 5  # a point on the border of two columns may count in the other


def test_points_that_stand_in_one_place_or_at_uneven_distances_are_thinned_too() -> None:
    assert thinned(np.zeros(NUM), STEPS.astype(float)).tolist() == [0, NUM - 1]
    uneven = np.cumsum(np.random.default_rng(3).exponential(size=NUM))
    assert len(thinned(uneven, np.sin(uneven))) <= MOST_POINTS


def test_the_curves_of_a_long_run_lose_no_extreme_no_end_and_not_the_best_point(long_frame: pd.DataFrame) -> None:
    report = find_overfitting(long_frame)
    figure = curves(long_frame, report, "loss")
    line = next(trace for trace in figure.data if trace.name == "validation")
    assert len(line.x) <= MOST_POINTS + 1
    drawn = dict(zip(line.x, line.y, strict=True))
    assert report.best_step == 4321
    assert (drawn[4321], drawn[7654]) == (0.001, 9.0)
    # Both ends, and both sides of the gap.
    assert {0, 4999, 5400, 10_000} <= set(drawn)
    assert not np.isnan(list(drawn.values())).any()
    mark = next(trace for trace in figure.data if trace.mode == "markers+text")
    assert (mark.x, mark.y) == ((4321,), (0.001,))


@pytest.mark.parametrize("by", ["epoch", "seconds"])
def test_a_comparison_of_long_runs_keeps_the_extremes(long_frame: pd.DataFrame, by: str) -> None:
    report = find_overfitting(long_frame)
    figure = comparison({"long": long_frame}, {"long": report}, "loss", by=by)
    line = figure.data[0]
    assert len(line.x) <= MOST_POINTS
    assert {min(line.y), max(line.y)} == {0.001, 9.0}


def test_a_short_run_is_drawn_point_by_point() -> None:
    frame = frame_of({"epoch": n, "step": n, "val_loss": 1 / (1 + n), "loss": 1.0} for n in range(30))
    line = next(trace for trace in curves(frame, find_overfitting(frame), "loss").data if trace.name == "validation")
    assert list(line.x) == list(range(30))
    assert list(line.y) == [1 / (1 + n) for n in range(30)]
