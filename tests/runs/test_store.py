"""Run folders: states derived from what is on disk, whoever died; one broken run never hides the others."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.errors import ConfigError, RunError
from toolkit.runs import ENDED, STATES, RunFolder, RunWriter, create_run, list_runs, open_run

ROOT = Path(__file__).resolve().parents[2]

_WORKER = """
import sys
from pathlib import Path
from toolkit.runs import RunFolder, RunWriter
writer = RunWriter.claim(RunFolder(Path(sys.argv[1])))
writer.append({"event": "state", "state": "running"})
print("training", flush=True)
sys.stdin.read()
"""


@contextmanager
def _worker_on(run: RunFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that has claimed the run and started; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(run.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "training\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def _run(root: Path, name: str = "first try", **changes: Any) -> RunFolder:
    return create_run(root, ExperimentConfig(name=name, dataset="digits", **changes), asked_by="a test")


def _finish(run: RunFolder, **result: Any) -> None:
    writer = RunWriter.claim(run)
    writer.finish({"run_id": run.id, "state": "finished", **result})
    writer.close()


_TITLES = [
    "../../x",
    "/etc/passwd",
    "..",
    ".",
    "첫 실험",
    "🙂🙂🙂",
    "   ",
    "-",
    "--root",
    "a" * 80,
    "- a -" * 16,
    "con.json\0",
    "line\nbreak",
    "[/red] {x} %s $HOME `id`",
    "UPPER lower 123",
    "result.json",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("title", _TITLES)
def test_a_title_is_data_and_never_a_path(tmp_path: Path, title: str) -> None:
    root = tmp_path / "deep" / "runs"

    run = _run(root, title)

    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,50}", run.id)
    assert [path.name for path in root.iterdir()] == [run.id]
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert RunFolder(run.path).config.name == title
    assert [one.id for one in list_runs(root)] == [run.id]
    assert open_run(root, run.id).path == run.path


@pytest.mark.parametrize(
    ("title", "beginning"),
    [
        ("Two  hidden layers!", "two-hidden-layers-"),
        ("softmax-sum-1000", "softmax-sum-1000-"),
        ("첫 실험", "run-"),
        ("a" * 80, "a" * 40 + "-"),
        ("123456789 " * 5, "123456789-123456789-123456789-123456789-"),
    ],
)
def test_an_id_begins_with_what_a_person_recognises(tmp_path: Path, title: str, beginning: str) -> None:
    assert re.fullmatch(re.escape(beginning) + "[0-9a-f]{6}", _run(tmp_path, title).id)


def test_a_new_run_holds_its_config_and_nothing_else(tmp_path: Path) -> None:
    config = ExperimentConfig(name="first try", dataset="digits", layers=[Dense(units=7)], seed=5)

    run = create_run(tmp_path, config, asked_by="a test", weights_from="other-123456", tensorboard=True)

    assert [path.name for path in run.path.iterdir()] == ["config.json"]
    assert run.config == config
    assert ExperimentConfig.from_file(run.path / "config.json") == config
    assert run.state == "queued"
    assert (run.result, run.events(), run.worker_pid, run.stop_requested) == (None, [], None, False)


def test_config_json_says_who_asked_when_and_what_it_takes_to_repeat_the_run(tmp_path: Path) -> None:
    config = ExperimentConfig(dataset="digits", seed=5)

    run = create_run(tmp_path, config, asked_by="a test", weights_from="other-123456", tensorboard=True)

    about = json.loads((run.path / "config.json").read_text())["run"]
    assert set(about) == {"schema", "created", "asked_by", "weights_from", "tensorboard", "seed", "threads", "versions"}
    assert (about["asked_by"], about["weights_from"], about["tensorboard"]) == ("a test", "other-123456", True)
    assert (about["seed"], about["threads"]) == (5, len(os.sched_getaffinity(0)))
    assert set(about["versions"]) == {"python", "keras", "tensorflow", "numpy", "scikit-learn"}
    assert about["versions"]["keras"] == version("keras")
    assert about["versions"]["python"] == sys.version.split()[0]
    assert abs(datetime.fromisoformat(about["created"]) - datetime.now(UTC)) < timedelta(minutes=5)
    assert run.about == about
    assert run.created == about["created"]


def test_a_config_can_be_read_by_a_person(tmp_path: Path) -> None:
    text = (_run(tmp_path, "첫 실험").path / "config.json").read_text(encoding="utf-8")

    assert '\n  "name": "첫 실험",\n' in text
    assert '\n  "learning_rate": 0.001,\n' in text


def test_a_queued_run_becomes_running_and_then_what_its_result_says(tmp_path: Path) -> None:
    run = _run(tmp_path)
    assert run.state == "queued"

    writer = RunWriter.claim(run)
    assert run.state == "running"

    writer.append({"event": "state", "state": "running"})
    assert run.state == "running"

    writer.finish({"state": "diverged", "message": "The loss stopped being a number."})
    writer.close()
    assert run.state == "diverged"


@pytest.mark.parametrize("state", ENDED)
def test_the_result_says_how_a_run_ended(tmp_path: Path, state: str) -> None:
    run = _run(tmp_path)

    _finish(run, state=state, message="a sentence")

    assert run.state == state
    assert run.state in STATES
    last = run.events()[-1]
    assert (last.event, last.state, last.message) == ("state", state, "a sentence")


def test_kill_9_of_the_worker_leaves_an_interrupted_run(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with _worker_on(run) as worker:
        assert run.state == "running"
        assert run.worker_pid == worker.pid

        worker.kill()
        worker.wait()

        assert run.state == "interrupted"
        assert run.worker_pid is None
        assert [event.state for event in run.events()] == ["running"]


def test_a_worker_that_dies_before_its_first_line_leaves_the_run_in_the_queue_or_interrupted(tmp_path: Path) -> None:
    run = _run(tmp_path)

    RunWriter.claim(run).close()

    assert run.state in ("queued", "interrupted")


def test_a_run_has_one_writer(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with _worker_on(run):
        assert RunWriter.claim(run) is None


def test_a_run_that_has_ended_or_broke_off_takes_no_writer(tmp_path: Path) -> None:
    finished, interrupted = _run(tmp_path), _run(tmp_path)
    _finish(finished)
    with _worker_on(interrupted):
        pass

    assert RunWriter.claim(finished) is None
    assert RunWriter.claim(interrupted) is None
    assert (finished.state, interrupted.state) == ("finished", "interrupted")


def test_a_running_run_can_not_be_deleted(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with _worker_on(run):
        with pytest.raises(RunError) as caught:
            run.delete()
        assert str(caught.value) == f"The run {run.id} is training. Stop it first."
        assert run.state == "running"

    run.delete()
    assert list_runs(tmp_path) == []
    assert not run.path.exists()


def test_a_waiting_run_is_either_deleted_or_claimed(tmp_path: Path) -> None:
    """A worker and somebody who deletes come at the same moment: one of them gets the run."""

    def delete(run: RunFolder) -> bool:
        try:
            run.delete()
        except RunError as error:
            return str(error) != f"The run {run.id} is training. Stop it first."
        return True

    def claim(run: RunFolder) -> RunWriter | None:
        try:
            return RunWriter.claim(run)
        except FileNotFoundError:
            return None

    with ThreadPoolExecutor(2) as pool:
        for _ in range(40):
            run = _run(tmp_path)
            claiming, deleting = pool.submit(claim, run), pool.submit(delete, run)
            writer = claiming.result()
            assert deleting.result() is (writer is None)
            assert run.path.exists() is (writer is not None)
            if writer:
                writer.close()


def test_a_renamed_run_has_its_new_title_and_everything_else_as_before(tmp_path: Path) -> None:
    run = _run(tmp_path, "keras-mlp", seed=5)
    held, before = open_run(tmp_path, run.id), json.loads((run.path / "config.json").read_text())

    run.rename("../../첫 실험")

    assert run.config.name == run.record["name"] == open_run(tmp_path, run.id).config.name == "../../첫 실험"
    assert held.config.name == "keras-mlp"
    assert json.loads((run.path / "config.json").read_text()) == {**before, "name": "../../첫 실험"}
    assert (run.state, [path.name for path in run.path.iterdir()]) == ("queued", ["config.json"])


def test_a_title_that_no_config_takes_is_refused_in_the_configs_words(tmp_path: Path) -> None:
    run = _run(tmp_path)
    for title, received in (("", "an empty text"), ("x" * 81, "x" * 59 + "…")):
        with pytest.raises(ConfigError) as caught:
            run.rename(title)
        assert str(caught.value) == (
            f"name must be a text of 1 to 80 characters. Received: {received}. Try my experiment."
        )
    assert open_run(tmp_path, run.id).config.name == "first try"


def test_a_full_disk_keeps_the_old_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run(tmp_path)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError) as caught:
        run.rename("another")

    assert str(caught.value) == (
        f"The run {run.id} can't be renamed ([Errno 28] No space left on device). Its title is as before. "
        "Free some space, or see that the folder can be written."
    )
    assert run.config.name == open_run(tmp_path, run.id).config.name == "first try"
    assert [path.name for path in run.path.iterdir()] == ["config.json"]


def test_a_run_is_renamed_while_it_trains(tmp_path: Path) -> None:
    run = _run(tmp_path)
    writer = RunWriter.claim(run)

    open_run(tmp_path, run.id).rename("another")
    writer.finish({"state": "finished"})
    writer.close()

    again = open_run(tmp_path, run.id)
    assert (again.config.name, again.state) == ("another", "finished")


def test_a_request_to_stop_is_a_file_that_everybody_sees(tmp_path: Path) -> None:
    run = _run(tmp_path)

    run.request_stop()
    run.request_stop()

    assert RunFolder(run.path).stop_requested
    assert (run.path / "stop").is_file()


def _epoch(number: int) -> dict[str, Any]:
    return {"event": "epoch", "epoch": number, "step": 8 * number, "loss": 1 / (1 + number), "val_loss": None}


@pytest.fixture
def with_events(tmp_path: Path) -> RunFolder:
    """A run with three lines, the last with letters of several bytes."""
    run = _run(tmp_path)
    writer = RunWriter.claim(run)
    writer.append({"event": "state", "state": "running"})
    writer.append(_epoch(1))
    writer.append({"event": "note", "sentence": "숫자 – each epoch is one full batch."})
    writer.close()
    return run


def test_events_are_one_json_object_a_line_with_its_time(with_events: RunFolder) -> None:
    lines = (with_events.path / "events.jsonl").read_text(encoding="utf-8").splitlines()

    events = [json.loads(line) for line in lines]

    assert [event["event"] for event in events] == ["state", "epoch", "note"]
    assert all(abs(event["time"] - time.time()) < 300 for event in events)
    assert events == [event.as_dict() for event in with_events.events()]


def test_a_torn_last_line_waits_for_its_end(with_events: RunFolder) -> None:
    path = with_events.path / "events.jsonl"
    content, events = path.read_bytes(), with_events.events()

    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        assert with_events.events() == events[: content[:length].count(b"\n")]


@pytest.mark.parametrize(
    "line",
    [b"{broken", b"[1, 2]", b"7", b'"epoch"', b'{"epoch": 1}', b"\xff\xfe", b"", b"[" * 100_000],
    ids=["broken", "a list", "a number", "a text", "no event", "binary", "nothing", "deep"],
)
def test_a_damaged_line_ends_the_valid_part(with_events: RunFolder, line: bytes) -> None:
    path = with_events.path / "events.jsonl"
    first, second, third = path.read_bytes().splitlines(keepends=True)

    path.write_bytes(first + second + line + b"\n" + third)

    assert [event.event for event in with_events.events()] == ["state", "epoch"]


def test_the_history_holds_the_measurements_the_notes_and_the_end(tmp_path: Path) -> None:
    run = _run(tmp_path)
    writer = RunWriter.claim(run)
    for event in (
        {"event": "state", "state": "running"},
        {"event": "note", "sentence": "One full batch."},
        _epoch(0),
        {"event": "samples", "labels": [], "probabilities": [], "epoch": 0, "step": 0},
        _epoch(1),
    ):
        writer.append(event)

    assert run.history().state == "running"
    writer.finish({"state": "stopped", "message": "a sentence", "epochs": 1, "steps": 8})
    writer.close()

    history = run.history()
    assert [record["epoch"] for record in history.records] == [0, 1]
    assert history.notes == ("One full batch.",)
    assert (history.state, history.message, history.epochs, history.step) == ("stopped", "a sentence", 1, 8)
    assert history.frame["loss"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_never_gets_into_a_file(tmp_path: Path, value: float) -> None:
    run = _run(tmp_path)
    writer = RunWriter.claim(run)
    writer.append(_epoch(1))

    with pytest.raises(ValueError, match="not JSON compliant"):
        writer.append({"event": "epoch", "loss": value})
    with pytest.raises(ValueError, match="not JSON compliant"):
        writer.finish({"state": "finished", "test_loss": value})

    assert not (run.path / "result.json").exists()
    for line in (run.path / "events.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)
    writer.close()


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    runs = []
    for name in ("b", "c", "a"):
        run = _run(tmp_path, name)
        record = json.loads((run.path / "config.json").read_text())
        record["run"]["created"] = f"2026-01-0{len(runs) + 1}T12:00:00.000+00:00"
        (run.path / "config.json").write_text(json.dumps(record))
        runs.append(run)

    assert [run.id for run in list_runs(tmp_path)] == [run.id for run in reversed(runs)]


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"state": "finishd"}, "state must be the state of a run. Received: finishd. Did you mean finished?"),
        (
            {"state": "xyz"},
            "state must be the state of a run. Received: xyz. "
            "Known: queued, running, finished, stopped, diverged, failed, imported, interrupted, newer.",
        ),
        ({"sort": "accuracy"}, "sort must be an order of runs. Received: accuracy. Did you mean test_accuracy?"),
        ({"sort": "size"}, "sort must be an order of runs. Received: size. Known: created, test_accuracy, name."),
        ({"limit": 0}, "limit must be a whole number of at least 1. Received: 0. Try 10."),
        (
            {"state": "", "limit": -1},
            "state must be the state of a run. Received: an empty text. "
            "Known: queued, running, finished, stopped, diverged, failed, imported, interrupted, newer. "
            "limit must be a whole number of at least 1. Received: -1. Try 10.",
        ),
    ],
)
def test_a_filter_that_there_is_none_of_is_answered_with_those_that_there_are(
    tmp_path: Path, filters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        list_runs(tmp_path, **filters)
    assert str(caught.value) == sentence


def test_a_list_sees_what_has_changed_since_the_last_one(tmp_path: Path) -> None:
    """What is read of a run is kept until its files change: titles, results and damage are seen at once."""
    run = create_run(tmp_path, ExperimentConfig(name="before"), asked_by="a test")
    assert [one.config.name for one in list_runs(tmp_path)] == ["before"]
    RunFolder(run.path).rename("after")
    assert [one.config.name for one in list_runs(tmp_path)] == ["after"]
    (run.path / "config.json").write_text("{")
    assert list_runs(tmp_path) == []
    shutil.rmtree(run.path)
    assert list_runs(tmp_path) == []


def test_a_folder_that_does_not_exist_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []


def _text(content: str | bytes) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


_FOREIGN: dict[str, Callable[[Path], object]] = {
    "an empty folder": Path.mkdir,
    "a file": lambda path: path.write_text("notes"),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a folder in the config's place": lambda path: (path / "config.json").mkdir(parents=True),
    "an empty config": _text(""),
    "half a config": _text('{"name": "x", "datas'),
    "a list": _text("[1, 2]"),
    "a number": _text("7"),
    "binary": _text(bytes(range(256))),
    "wrong values": _text('{"name": "x", "epochs": -1}'),
    "unknown fields": _text('{"name": "x", "colour": "red"}'),
    "a field named self": _text('{"self": 1}'),
    "layers that are none": _text('{"layers": 7}'),
    "a very large number": _text('{"learning_rate": 1e400}'),
    "brackets without end": _text("[" * 200_000),
}


@pytest.mark.parametrize("what", _FOREIGN)
def test_a_foreign_or_damaged_folder_does_not_hide_the_others(tmp_path: Path, what: str) -> None:
    run = _run(tmp_path)

    _FOREIGN[what](tmp_path / "broken-123456")

    assert [one.id for one in list_runs(tmp_path)] == [run.id]
    with pytest.raises(RunError, match=r"^There is no run "):
        open_run(tmp_path, "nothing-at-all")


@pytest.mark.parametrize("name", [".new-x-123456", ".git", "UPPER", "with space", "ünder", "a_b", "x" * 100])
def test_a_folder_whose_name_the_program_never_makes_is_no_run(tmp_path: Path, name: str) -> None:
    run = _run(tmp_path)
    (tmp_path / name).mkdir()
    (tmp_path / name / "config.json").write_bytes((run.path / "config.json").read_bytes())

    assert [one.id for one in list_runs(tmp_path)] == [run.id]


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "7", "[" * 200_000], ids=["nothing", "half", "list", "number", "deep"]
)
def test_a_damaged_result_does_not_hide_the_run_or_the_others(tmp_path: Path, content: str) -> None:
    run, other = _run(tmp_path), _run(tmp_path)
    _finish(run)
    (run.path / "result.json").write_text(content)

    assert {one.id for one in list_runs(tmp_path)} == {run.id, other.id}
    assert run.state in STATES
    assert run.result is None


def test_reading_a_run_changes_nothing_on_disk(tmp_path: Path) -> None:
    run = _run(tmp_path)
    _finish(run)

    def contents() -> dict[str, tuple[int, bytes]]:
        return {
            path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.path.iterdir() if path.is_file()
        }

    before = contents()
    for one in (open_run(tmp_path, run.id), *list_runs(tmp_path)):
        _ = (one.state, one.result, one.config, one.history(), one.worker_pid, one.size(), one.stop_requested)

    assert contents() == before


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    run = _run(tmp_path)
    before = run.size()
    (run.path / "checkpoint").mkdir()
    (run.path / "checkpoint" / "state.npz").write_bytes(bytes(12_345))

    assert before == (run.path / "config.json").stat().st_size
    assert run.size() == before + 12_345


def test_an_unknown_run_is_answered_with_the_nearest(tmp_path: Path) -> None:
    run = _run(tmp_path, "keras-mlp")
    for number in range(12):
        _run(tmp_path, f"something else {number}")

    written = run.id[:-1] + "_"
    with pytest.raises(RunError) as caught:
        open_run(tmp_path, written)
    assert str(caught.value) == f"There is no run {written} in {tmp_path}. Did you mean {run.id}?"


def test_an_unknown_run_that_is_near_to_none_is_answered_with_how_to_list_them(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        open_run(tmp_path, "zzz")
    listing = f"python -m toolkit runs --root {tmp_path}"
    assert str(caught.value) == f"There is no run zzz in {tmp_path}. List them with: {listing}"


def test_few_runs_are_all_named(tmp_path: Path) -> None:
    run = _run(tmp_path, "keras-mlp")

    with pytest.raises(RunError) as caught:
        open_run(tmp_path, "zzz")
    assert str(caught.value) == f"There is no run zzz in {tmp_path}. Known: {run.id}."


@pytest.mark.parametrize(
    "asked", ["../outside-123456", "/", ".", "..", "", "./{id}", "{id}/", "{id}\0", "{id}/../{id}"]
)
def test_only_an_id_opens_a_run(tmp_path: Path, asked: str) -> None:
    _run(tmp_path, "outside").path.rename(tmp_path / "outside-123456")
    run = _run(tmp_path / "runs")

    with pytest.raises(RunError, match=r"^There is no run "):
        open_run(tmp_path / "runs", asked.format(id=run.id))


def test_runs_asked_for_at_once_are_all_made_whole(tmp_path: Path) -> None:
    """Eight threads make 40 runs of one title while a reader looks for half-made ones."""
    half_made: list[Path] = []

    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(_run, tmp_path, "same title") for _ in range(40)]
        while not all(one.done() for one in asked):
            visible = [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
            half_made += [path for path in visible if not (path / "config.json").read_text().endswith("}\n")]

    runs = {one.result().id for one in asked}
    assert len(runs) == 40
    assert {run.id for run in list_runs(tmp_path)} == runs
    assert {path.name for path in tmp_path.iterdir()} == runs
    assert half_made == []


def test_an_id_that_is_taken_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aaaaaa", "aaaaaa", "bbbbbb"])
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(drawn))
    first = _run(tmp_path, seed=1)

    second = _run(tmp_path, seed=2)

    assert (first.id, second.id) == ("first-try-aaaaaa", "first-try-bbbbbb")
    assert RunFolder(first.path).config.seed == 1


def test_a_root_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a file, not a folder")

    with pytest.raises(RunError) as caught:
        _run(tmp_path / "notes.txt")

    assert str(caught.value).startswith(f"The run can't be written into {tmp_path / 'notes.txt'} (")
    assert str(caught.value).endswith("). Free some space or choose another folder.")


def test_a_full_disk_leaves_no_half_made_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("toolkit.runs.store.write_json", fail)

    with pytest.raises(RunError, match="No space left on device"):
        _run(tmp_path)

    assert list_runs(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
