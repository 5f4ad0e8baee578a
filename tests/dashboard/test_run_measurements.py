"""A run's measurements are evaluated once, and again as soon as something new is written."""

from collections.abc import Callable

import pytest

from dashboard.shared import run_measurements
from toolkit.analysis.overfitting import find_overfitting
from toolkit.figures import curves
from toolkit.runs import RunFolder, open_run

MakeRun = Callable[..., RunFolder]


def test_all_who_look_share_one_reading_while_nothing_is_written(make_run: MakeRun) -> None:
    run = make_run("running")
    first = run_measurements.read(run)
    assert run_measurements.read(open_run(run.path.parent, run.id)) is first
    assert first.report == find_overfitting(run.history())


def test_a_new_line_is_news(make_run: MakeRun) -> None:
    run = make_run("running")
    before = run_measurements.read(run)
    with (run.path / "events.jsonl").open("a") as events:
        events.write('{"event": "note", "sentence": "Something was adapted."}\n')
    after = run_measurements.read(run)
    assert "Something was adapted." not in before.history.notes
    assert "Something was adapted." in after.history.notes


def test_the_end_of_a_run_is_news_though_it_writes_no_line(make_run: MakeRun) -> None:
    run = make_run("interrupted")
    before = run_measurements.read(run)
    (run.path / "result.json").write_text('{"run_id": "a", "state": "failed", "message": "Mend it.", "seconds": 1.0}')
    assert (before.history.state, before.history.message) == ("interrupted", "")
    assert (run_measurements.read(run).history.state, run_measurements.read(run).history.message) == (
        "failed",
        "Mend it.",
    )


def test_curves_are_drawn_once_a_reading(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(
        run_measurements, "curves", lambda *given, **how: drawn.append(given[2]) or curves(*given, **how)
    )
    measurements = run_measurements.read(make_run("finished"))
    figures = [
        run_measurements.draw(measurements, metric, last=6, log_axis=False) for metric in ("loss", "accuracy", "loss")
    ]
    assert drawn == ["loss", "accuracy"]
    assert figures[0] is figures[2]
    assert figures[0] == curves(measurements.frame, measurements.report, "loss", last=6).to_dict()
