"""What one browser may take: runs under way, minutes while others wait, and the folder of all runs."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from watching import LONG, SMALL

from toolkit import limits
from toolkit.errors import RunError
from toolkit.jobs import queue_place, resubmit, runs_before, stop, submission, submit
from toolkit.jobs.supervisor import Supervisor
from toolkit.jobs.turns import Turns, seconds_trained
from toolkit.runs import RunFolder, RunWriter, create_run, open_run

ANNA, BEN = "a" * 16, "b" * 16


@pytest.fixture(autouse=True)
def one_place_and_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs wait for ever unless the test trains them."""
    monkeypatch.setenv("TOOLKIT_WORKERS", "1")
    monkeypatch.setattr(submission, "keep_workers", lambda root: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".jobs").mkdir()
    return tmp_path


def ask(folder: Path, session: str | None) -> RunFolder:
    return submit(folder, SMALL, asked_by="test", session=session)


def interrupted(folder: Path, session: str | None, minutes_ago: float = 0, minutes: float = 0) -> RunFolder:
    """A run that began and lost its worker; minutes: for how long it had trained."""
    run = create_run(folder, SMALL, asked_by="test", queued=True, session=session)
    began = time.time() - 60 * (minutes_ago + minutes)
    lines = [{"event": "state", "state": "running", "time": began}, {"event": "note", "sentence": "It trains."}]
    lines[1]["time"] = began + 60 * minutes
    (run.path / "events.jsonl").write_text("".join(f"{line}\n".replace("'", '"') for line in lines))
    os.utime(run.path / "events.jsonl", (began + 60 * minutes,) * 2)
    return run


@pytest.fixture
def training(folder: Path) -> Iterator[RunFolder]:
    """A run of Anna's that trains, and has done so for half an hour."""
    run = create_run(folder, LONG, asked_by="test", queued=True, session=ANNA)
    with closing(RunWriter.claim(run)) as writer:
        writer.append({"event": "state", "state": "running"})
        _set_back(run, minutes=30)
        yield run


def _set_back(run: RunFolder, minutes: float) -> None:
    (event,) = run.events()
    line = f'{{"event": "state", "state": "running", "time": {event.time - 60 * minutes}}}\n'
    (run.path / "events.jsonl").write_text(line)


def test_a_browser_may_have_so_many_runs_under_way_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "2")
    first, _ = ask(folder, ANNA), ask(folder, ANNA)
    with pytest.raises(RunError) as caught:
        ask(folder, ANNA)
    assert str(caught.value) == (
        "This browser has as many runs waiting or training as it may have at once: 2 (TOOLKIT_MAX_WAITING). Start this "
        "one when one of them has ended, or stop or cancel one."
    )
    ask(folder, BEN)

    stop(first)
    ask(folder, ANNA)


def test_runs_that_train_count_too(folder: Path, monkeypatch: pytest.MonkeyPatch, training: RunFolder) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    with pytest.raises(RunError, match="as it may have at once: 1"):
        ask(folder, ANNA)


def test_what_is_resumed_counts_for_whoever_resumes_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    run, other = interrupted(folder, ANNA), interrupted(folder, ANNA)

    resubmit(folder, run, session=BEN)

    assert (open_run(folder, run.id).session, run.state) == (BEN, "queued")
    with pytest.raises(RunError, match="TOOLKIT_MAX_WAITING"):
        resubmit(folder, other, session=BEN)
    assert (open_run(folder, other.id).session, other.state) == (ANNA, "interrupted")
    resubmit(folder, other, session=ANNA)


def test_the_count_survives_a_restart_of_the_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    ask(folder, ANNA)
    monkeypatch.setattr(submission, "_queues", {})
    with pytest.raises(RunError, match="TOOLKIT_MAX_WAITING"):
        ask(folder, ANNA)


def test_scripts_on_this_machine_are_not_limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    monkeypatch.setenv("TOOLKIT_MAX_RUNS_GB", "0.000001")
    for _ in range(3):
        assert "session" not in ask(folder, None).about


def test_each_limit_can_be_turned_off(folder: Path, monkeypatch: pytest.MonkeyPatch, training: RunFolder) -> None:
    for name in ("TOOLKIT_MAX_WAITING", "TOOLKIT_MAX_RUNS_GB", "TOOLKIT_MAX_SESSION_MINUTES"):
        monkeypatch.setenv(name, "0")
    limits.check_limits()
    waiting = [ask(folder, ANNA) for _ in range(7)] + [ask(folder, BEN)]
    turns = Turns(folder)
    assert turns.in_turn(waiting) == waiting
    assert turns.to_make_way([training], waiting) == []


def test_all_runs_together_are_held_to_the_room_of_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "somebody-s-data.csv").write_bytes(bytes(10_000_000))
    monkeypatch.setenv("TOOLKIT_MAX_RUNS_GB", "0.03")
    ask(folder, ANNA)
    # What the first will write yet counts, though it takes hardly any room now.
    with pytest.raises(RunError) as caught:
        ask(folder, BEN)
    assert str(caught.value) == (
        "The run needs 10 MB, and all runs together may take 30 MB (TOOLKIT_MAX_RUNS_GB). They take 10 MB now, to "
        "which the runs that wait or train will add 10 MB. Delete runs on Models that nobody needs, or choose smaller "
        "layers."
    )
    with pytest.raises(RunError, match="TOOLKIT_MAX_RUNS_GB"):
        resubmit(folder, interrupted(folder, ANNA), session=ANNA)


def test_minutes_are_found_in_the_lines_of_the_last_hour(folder: Path, training: RunFolder) -> None:
    interrupted(folder, BEN, minutes_ago=10, minutes=12)
    interrupted(folder, BEN, minutes_ago=50, minutes=30)  # Of which 10 lie within the hour.
    interrupted(folder, BEN, minutes_ago=70, minutes=30)
    interrupted(folder, None, minutes=30)

    used = seconds_trained(folder)

    assert used.keys() == {ANNA, BEN}
    assert used[BEN] / 60 == pytest.approx(22, abs=0.2)
    assert used[ANNA] / 60 == pytest.approx(30, abs=0.2)


def test_whoever_has_had_their_minutes_waits_behind_the_others(folder: Path) -> None:
    interrupted(folder, ANNA, minutes=25)
    hers, his, scripts = ask(folder, ANNA), ask(folder, BEN), ask(folder, None)
    assert [queue_place(folder, run) for run in (hers, his, scripts)] == [3, 1, 2]
    assert [runs_before(folder, run) for run in (hers, his, scripts)] == [2, 0, 1]


def test_whoever_has_minutes_left_keeps_the_place(folder: Path) -> None:
    interrupted(folder, ANNA, minutes=15)
    hers, his = ask(folder, ANNA), ask(folder, BEN)
    assert [queue_place(folder, run) for run in (hers, his)] == [1, 2]


def test_a_run_that_has_had_its_minutes_makes_way_and_says_why(folder: Path, training: RunFolder) -> None:
    ask(folder, BEN)
    supervisor = Supervisor(folder)
    supervisor.look()
    assert (training.stop_requested, training.stop_reason) == (True, limits.made_way())


@pytest.mark.parametrize("whose", [[], [ANNA, ANNA]], ids=["nobody", "only its own"])
def test_it_does_not_make_way_while_no_others_wait(folder: Path, training: RunFolder, whose: list[str]) -> None:
    for session in whose:
        ask(folder, session)
    Supervisor(folder).look()
    assert not training.stop_requested


def test_it_does_not_make_way_while_a_place_is_free(
    folder: Path, training: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_WORKERS", "2")
    ask(folder, BEN)
    Supervisor(folder).look()
    assert not training.stop_requested


def test_no_more_runs_make_way_than_others_wait(folder: Path, training: RunFolder) -> None:
    waiting = [ask(folder, BEN)]
    also = create_run(folder, LONG, asked_by="test", queued=True, session=ANNA)
    turns = Turns(folder)
    assert turns.to_make_way([training, also], waiting) == [training]
    training.request_stop(limits.made_way())
    assert turns.to_make_way([training, also], waiting) == []


def test_a_run_of_a_script_never_makes_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_SESSION_MINUTES", "0.0001")
    run = create_run(folder, LONG, asked_by="test", queued=True)
    ask(folder, BEN)
    with closing(RunWriter.claim(run)) as writer:
        writer.append({"event": "state", "state": "running"})
        _set_back(run, minutes=30)
        Supervisor(folder).look()
        assert not run.stop_requested
