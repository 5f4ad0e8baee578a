"""Several runs in one chart."""

from typing import Any

import pandas as pd
import pytest

from toolkit.analysis.overfitting import OverfittingReport
from toolkit.figures import comparison
from toolkit.training.history import frame_of


def frame(losses: tuple[float, ...], *, seconds: float = 2.0, steps_each: int = 10) -> pd.DataFrame:
    return frame_of(
        {
            "epoch": epoch,
            "step": epoch * steps_each,
            "val_loss": loss,
            "honest_loss": loss / 2,
            "loss": loss if epoch else None,
            "val_accuracy": 0.9,
            "honest_accuracy": 0.95,
            "seconds": seconds,
        }
        for epoch, loss in enumerate(losses)
    )


def steps_frame() -> pd.DataFrame:
    return frame((2.0, 1.0, 0.5), steps_each=100).assign(epoch=[0, 1, 1])


FRAMES = {"first": frame((2.0, 1.0, 0.5)), "second": frame((2.0, 0.4, 0.6), seconds=3.0)}
REPORTS = {
    "first": OverfittingReport("still_learning", "", best_epoch=2, best_step=20, best_accuracy_epoch=1),
    "second": OverfittingReport("possible", "", best_epoch=1, best_step=10, best_accuracy_epoch=2),
}


def parts(figure: Any, name: str) -> dict[str, Any]:
    """What is drawn of a run: its validation line, its training line, its mark."""
    drawn = [line for line in figure.data if line.name == name]
    kinds = {"solid": "validation", "dot": "training", None: "mark"}
    return {kinds[line.line.dash]: line for line in drawn}


def test_each_run_has_its_colour_validation_solid_and_training_dotted() -> None:
    figure = comparison(FRAMES, REPORTS, "loss")

    first, second = parts(figure, "first"), parts(figure, "second")
    assert list(first["validation"].y) == [2.0, 1.0, 0.5]
    assert list(first["training"].y) == [1.0, 0.5, 0.25]
    assert first["validation"].line.color == first["training"].line.color == first["mark"].marker.color
    assert first["validation"].line.color != second["validation"].line.color
    assert first["mark"].marker.symbol != second["mark"].marker.symbol


def test_the_legend_names_each_run_once_and_a_click_there_hides_all_of_it() -> None:
    figure = comparison(FRAMES, REPORTS, "loss")

    assert [line.name for line in figure.data if line.showlegend] == ["first", "second"]
    assert {line.legendgroup for line in figure.data} == {"first", "second"}


@pytest.mark.parametrize(("metric", "places"), [("loss", [2, 1]), ("accuracy", [1, 2])])
def test_the_best_epoch_of_each_report_is_marked(metric: Any, places: list[int]) -> None:
    figure = comparison(FRAMES, REPORTS, metric)

    assert [list(parts(figure, name)["mark"].x) for name in FRAMES] == [[place] for place in places]


def test_runs_are_laid_over_each_other_by_the_time_they_took() -> None:
    figure = comparison(FRAMES, REPORTS, "loss", by="seconds")

    assert list(parts(figure, "second")["validation"].x) == [3.0, 6.0, 9.0]
    assert list(parts(figure, "second")["mark"].x) == [6.0]
    assert figure.layout.xaxis.title.text == "seconds of training"


def test_runs_are_laid_over_each_other_by_steps_where_one_counts_them() -> None:
    reports = {**REPORTS, "steps": OverfittingReport("flat", "", best_epoch=1, best_step=200)}

    figure = comparison({**FRAMES, "steps": steps_frame()}, reports, "loss")

    assert figure.layout.xaxis.title.text == "step"
    assert list(parts(figure, "first")["validation"].x) == [0, 10, 20]
    assert list(parts(figure, "steps")["mark"].x) == [200]


def test_a_run_without_validation_is_drawn_by_its_training_and_is_in_the_legend() -> None:
    table = FRAMES["first"].assign(val_loss=float("nan"))
    figure = comparison({"bare": table}, {"bare": OverfittingReport("cannot_tell", "")}, "loss")

    (line,) = figure.data
    assert (line.line.dash, line.showlegend) == ("dot", True)


def test_a_title_is_shown_as_it_is() -> None:
    figure = comparison({"<b>bold</b>": FRAMES["first"]}, {"<b>bold</b>": REPORTS["first"]}, "loss")

    assert {line.name for line in figure.data} == {"&lt;b&gt;bold&lt;/b&gt;"}


def test_many_runs_are_told_apart_by_colour_and_symbol_together() -> None:
    names = [f"run {number}" for number in range(20)]
    figure = comparison(
        dict.fromkeys(names, FRAMES["first"]), dict.fromkeys(names, REPORTS["first"]), "loss", log_axis=True
    )

    marks = [parts(figure, name)["mark"].marker for name in names]
    assert len({(mark.color, mark.symbol) for mark in marks}) == 20
    assert figure.layout.yaxis.type == "log"


def test_no_run_gives_an_empty_chart() -> None:
    assert not comparison({}, {}, "loss").data
