"""What a run's measurements say is worked out once, and anew as soon as there is news."""

from collections.abc import Callable

import pytest

from dashboard.train import readings
from toolkit.figures import curves
from toolkit.overfitting import find_overfitting
from toolkit.runs import RunFolder, open_run

MakeRun = Callable[..., RunFolder]


def test_all_who_look_share_one_reading_while_nothing_is_written(make_run: MakeRun) -> None:
    run = make_run("running")
    first = readings.read(run)
    assert readings.read(open_run(run.path.parent, run.id)) is first
    assert first.report == find_overfitting(run.history())


def test_a_new_line_is_news(make_run: MakeRun) -> None:
    run = make_run("running")
    before = readings.read(run)
    with (run.path / "events.jsonl").open("a") as events:
        events.write('{"event": "note", "sentence": "Something was adapted."}\n')
    after = readings.read(run)
    assert "Something was adapted." not in before.history.notes
    assert "Something was adapted." in after.history.notes


def test_the_end_of_a_run_is_news_though_it_writes_no_line(make_run: MakeRun) -> None:
    run = make_run("interrupted")
    before = readings.read(run)
    (run.path / "result.json").write_text('{"run_id": "a", "state": "failed", "message": "Mend it.", "seconds": 1.0}')
    assert (before.history.state, before.history.message) == ("interrupted", "")
    assert (readings.read(run).history.state, readings.read(run).history.message) == ("failed", "Mend it.")


def test_curves_are_drawn_once_a_reading(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(readings, "curves", lambda *given, **how: drawn.append(given[2]) or curves(*given, **how))
    reading = readings.read(make_run("finished"))
    figures = [readings.draw(reading, metric, last=6, log_axis=False) for metric in ("loss", "accuracy", "loss")]
    assert drawn == ["loss", "accuracy"]
    assert figures[0] is figures[2]
    assert figures[0] == curves(reading.frame, reading.report, "loss", last=6).to_dict()
