"""Runs of a newer version of the toolkit: told of in a sentence, listed in their own way, and left as they are."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damaging import copy_of, make_whole_run

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.config.schema_version import SCHEMA
from toolkit.errors import ModelFileError, ToolkitError
from toolkit.experiment import run_experiment
from toolkit.jobs import resubmit, stop
from toolkit.jobs.queue import Queue
from toolkit.jobs.supervisor import Supervisor
from toolkit.models.build import build_model
from toolkit.models.storage import load_model
from toolkit.preflight import check_experiment, check_resume
from toolkit.runs import NEWER, RunFolder, RunWriter, create_run, find_run_folder, list_runs, open_run, sweep
from toolkit.runs.artifacts import open_model
from toolkit.runs.trash import TRASH, empty_trash, restore_run, trashed_runs
from toolkit.training.checkpoints import load_checkpoint

_ID = "of-another-version-123456"
_CONFIG = ExperimentConfig(name="a test", dataset="digits", layers=[Dense(units=8)], epochs=2)
Change = Callable[[RunFolder], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_whole_run(tmp_path_factory.mktemp("whole"))


def _with(name: str, **changes: Any) -> Change:
    """Puts values into a JSON file."""

    def change(run: RunFolder) -> None:
        path = run.path / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def _with_about(**changes: Any) -> Change:
    """Puts values into the section about the run."""
    return lambda run: _with(
        "config.json", run={**json.loads((run.path / "config.json").read_text())["run"], **changes}
    )(run)


def _with_line(index: int, **changes: Any) -> Change:
    """Puts values into one line of events.jsonl."""

    def change(run: RunFolder) -> None:
        lines = (run.path / "events.jsonl").read_text().splitlines()
        lines[index] = json.dumps({**json.loads(lines[index]), **changes})
        (run.path / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))

    return change


def _with_array(number: Any) -> Change:
    """Puts a number into the checkpoint."""

    def change(run: RunFolder) -> None:
        with np.load(run.checkpoint_path) as file:
            contents = dict(file)
        np.savez(run.checkpoint_path, **{**contents, "schema": np.array(number)})

    return change


def _unfinished(change: Change) -> Change:
    """The same in a run that has no result, and would be interrupted otherwise."""

    def both(run: RunFolder) -> None:
        (run.path / "result.json").unlink()
        change(run)

    return both


#: What a newer version may have left -> what is said of it. The files alone tell, so these are not even deleted.
NUMBERED: dict[str, tuple[Change, str]] = {
    "config": (_with_about(schema=9), "config.json has the schema number 9, and this version reads up to 2"),
    "config, at its top": (_with("config.json", schema=7), "config.json has the schema number 7"),
    "result": (_with("result.json", schema=9), "result.json has the schema number 9"),
    "result of other fields": (
        _with("result.json", schema=3, state={"name": "finished"}, epochs="many"),
        "result.json has the schema number 3",
    ),
    "first line": (_with_line(0, schema=9), "events.jsonl has the schema number 9"),
    "a later line, of one that resumed it": (_with_line(5, schema=9), "events.jsonl has the schema number 9"),
    "first line, interrupted": (_unfinished(_with_line(0, schema=9)), "events.jsonl has the schema number 9"),
    "config, interrupted": (_unfinished(_with_about(schema=9)), "config.json has the schema number 9"),
    "checkpoint": (_with_array(9), "state.npz has the schema number 9"),
    "checkpoint, interrupted": (_unfinished(_with_array(np.uint8(9))), "state.npz has the schema number 9"),
    "config and an unknown field": (_with("config.json", schema=9, colour="red"), "has the schema number 9"),
    "a very large number": (_with("result.json", schema=10**40), "result.json has the schema number 1000000"),
    **{
        f"{file}: {received}": (change, f"{file} has {received} as its schema, which is no schema number")
        for number, received in {
            "2": '"2"',
            -1: "-1",
            0: "0",
            1e99: "1e+99",
            1.5: "1.5",
            True: "true",
            None: "null",
            (1,): "[1]",
        }.items()
        for file, change in {
            "config.json": _with_about(schema=number),
            "result.json": _with("result.json", schema=number),
            "events.jsonl": _with_line(0, schema=number),
        }.items()
    },
    "checkpoint: a text": (_with_array("2"), "which is no schema number"),
    "checkpoint: a fraction": (_with_array(1e99), "which is no schema number"),
    "checkpoint: true": (_with_array(True), "which is no schema number"),
    "checkpoint: negative": (_with_array(-1), "which is no schema number"),
}
#: Files of our number, in words that are not ours.
WORDED: dict[str, tuple[Change, str]] = {
    "a field": (_with("config.json", colour="red"), "config.json has the unknown field colour."),
    "a field and a mistake": (
        _with("config.json", colour="red", epochs=-1),
        "config.json has the unknown field colour.",
    ),
    "a field of a layer": (
        _with("config.json", layers=[{"kind": "dense", "units": 4}, {"kind": "dropout", "rate": 0.1, "shape": 3}]),
        "config.json has the unknown field shape in layer 2.",
    ),
    "a kind of layer": (
        _with("config.json", layers=[{"kind": "attention", "heads": 2}]),
        "config.json has the unknown kind of layer attention in layer 1.",
    ),
    "an optimizer": (_with("config.json", optimizer="shampoo"), "config.json has the unknown optimizer shampoo."),
    "an activation": (
        _with("config.json", layers=[{"kind": "dense", "units": 4, "activation": "mish"}]),
        "config.json has the unknown activation mish in layer 1.",
    ),
    "a state": (_with("result.json", state="paused"), "result.json has the unknown state paused."),
    "a state with our number": (_with("result.json", state="pruned", schema=1), "has the unknown state pruned."),
}
CASES = {**NUMBERED, **{f"unknown word: {name}": case for name, case in WORDED.items()}}


def _of_another_version(whole: RunFolder, root: Path, case: str) -> tuple[RunFolder, str]:
    change, sentence = CASES[case]
    run = copy_of(whole, root / _ID)
    (run.path / "resume").touch()  # Even where somebody asked for it.
    change(run)
    return RunFolder(run.path), sentence


def contents_of(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """All that is in a folder, byte for byte, with the time of its last change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (folder, *folder.rglob("*"))
    }


def _refused(action: Callable[[], object]) -> str:
    with pytest.raises(ToolkitError) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize("case", CASES)
def test_it_is_listed_as_newer_with_the_reason_and_hides_no_other(whole: RunFolder, tmp_path: Path, case: str) -> None:
    good = create_run(tmp_path, _CONFIG, asked_by="a test")
    run, sentence = _of_another_version(whole, tmp_path, case)

    assert (run.state, run.has_broken_off) == (NEWER, False)
    assert sentence in run.message == run.newer
    assert "Update the toolkit" in run.message
    assert [one.id for one in list_runs(tmp_path)] == [good.id]
    assert [one.id for one in list_runs(tmp_path, state=NEWER)] == [run.id]
    assert {one.id for one in list_runs(tmp_path, newer=True, sort="name")} == {good.id, run.id}
    assert list_runs(tmp_path, newer=True, name="a run")[0].title == "a run"


@pytest.mark.parametrize("case", CASES)
def test_nothing_in_its_folder_is_ever_changed(whole: RunFolder, tmp_path: Path, case: str) -> None:
    run, sentence = _of_another_version(whole, tmp_path, case)
    before = contents_of(run.path)

    for action in (
        lambda: open_run(tmp_path, run.id),
        lambda: run.config,
        lambda: run.rename("mine"),
        lambda: run.request_stop(),
        lambda: run.request_resume(),
        lambda: run.withdraw_resume(),
        lambda: run_experiment(run),
        lambda: run_experiment(run, resume=True),
        lambda: check_resume(run),
        lambda: resubmit(tmp_path, run),
        lambda: stop(run),
        lambda: open_model(run),
        lambda: check_experiment(_CONFIG, tmp_path, run.id),
    ):
        told = _refused(action)
        assert sentence in told
        assert "delete" not in told.lower()
    assert RunWriter.claim(run) is RunWriter.claim(run, resume=True) is None
    assert Queue(tmp_path).waiting() == []
    Supervisor(tmp_path).look()
    sweep(tmp_path)
    empty_trash(tmp_path, everything=True)
    assert contents_of(run.path) == before


@pytest.mark.parametrize("case", NUMBERED)
def test_it_is_not_deleted_and_its_folder_is_named(whole: RunFolder, tmp_path: Path, case: str) -> None:
    run, sentence = _of_another_version(whole, tmp_path, case)
    before = contents_of(tmp_path)

    told = _refused(find_run_folder(tmp_path, run.id).delete)

    assert sentence in told
    assert told.endswith(f" If nobody needs it, remove its folder by hand: {run.path}")
    assert contents_of(tmp_path) == before


@pytest.mark.parametrize("case", [case for case in CASES if case not in NUMBERED])
def test_one_with_unknown_words_alone_may_be_damaged_so_who_asks_may_delete_it(
    whole: RunFolder, tmp_path: Path, case: str
) -> None:
    run, _ = _of_another_version(whole, tmp_path, case)
    before = contents_of(run.path)

    assert run.delete()
    assert list_runs(tmp_path, newer=True) == []

    assert contents_of(restore_run(tmp_path, run.id)) == before


def test_what_a_newer_version_has_put_into_the_trash_stays_there(
    whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / TRASH).mkdir()
    _with("result.json", schema=9)(copy_of(whole, tmp_path / TRASH / f"{_ID}-{1:011x}"))
    before = contents_of(tmp_path)
    monkeypatch.setenv("TOOLKIT_TRASH_DAYS", "0")

    assert empty_trash(tmp_path) == empty_trash(tmp_path, everything=True) == []
    assert _refused(lambda: restore_run(tmp_path, _ID)).startswith(
        f"The run {_ID} was deleted by a newer version of the toolkit. Update the toolkit to bring it back, or move "
    )
    assert len(trashed_runs(tmp_path)) == 1
    assert contents_of(tmp_path) == before


def test_a_run_that_becomes_newer_while_it_is_looked_at_is_noticed(tmp_path: Path) -> None:
    """A newer toolkit works in the same folder: it goes on with what was interrupted here."""
    run = create_run(tmp_path, _CONFIG, asked_by="a test", queued=True)
    queue = Queue(tmp_path)
    with closing(RunWriter.claim(run)) as writer:
        writer.append({"event": "note", "sentence": "Ours."})
        assert [state for _, state in queue.look()] == ["running"]
    assert run.state == "interrupted"

    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"event": "state", "state": "running", "schema": 9}')
        file.flush()
        assert run.state == "interrupted", "a line that is being written is none yet"
        file.write("\n")

    assert run.state == NEWER
    assert RunWriter.claim(run, resume=True) is None


@pytest.mark.parametrize("line", ['{"event": "party", "guests": 7}', '{"event": "epoch-2", "epoch": "x", "schema": 1}'])
def test_an_event_of_an_unknown_kind_with_our_number_is_passed_over(
    whole: RunFolder, tmp_path: Path, line: str
) -> None:
    run = copy_of(whole, tmp_path / _ID)
    first, *rest = (run.path / "events.jsonl").read_text().splitlines(keepends=True)
    (run.path / "events.jsonl").write_text("".join([first, f"{line}\n", *rest]))

    assert run.state == "finished"
    assert list(run.history().frame["epoch"]) == list(range(7))
    assert run.events()[1].as_dict() == json.loads(line)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = create_run(tmp_path_factory.mktemp("finished"), _CONFIG, asked_by="a test")
    run_experiment(run)
    return run


def test_every_file_of_a_run_says_its_version(finished: RunFolder) -> None:
    first, *others = (json.loads(line) for line in (finished.path / "events.jsonl").read_text().splitlines())
    with np.load(finished.checkpoint_path) as checkpoint:
        assert checkpoint["schema"] == SCHEMA
    assert json.loads((finished.path / "config.json").read_text())["run"]["schema"] == SCHEMA
    assert json.loads((finished.path / "result.json").read_text())["schema"] == SCHEMA
    assert first["schema"] == SCHEMA
    assert not any("schema" in event for event in others)


def test_a_resumed_run_begins_its_lines_with_the_version_again(tmp_path: Path) -> None:
    run = create_run(tmp_path, _CONFIG.replace(epochs=3), asked_by="a test")
    seen: list[str] = []
    run_experiment(run, report=lambda event: seen.append(event["event"]), should_stop=lambda: seen.count("epoch") > 1)
    run_experiment(run, resume=True)

    events = run.events()
    assert [event.event for event in events if "schema" in event.as_dict()] == ["state", "state"]
    assert sum(event.event == "epoch" for event in events) == 4


def _without_numbers(run: RunFolder) -> None:
    """As before there were numbers."""
    for name in ("config.json", "result.json"):
        values = json.loads((run.path / name).read_text())
        values.get("run", values).pop("schema")
        (run.path / name).write_text(json.dumps(values))
    lines = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({key: value for key, value in one.items() if key != "schema"}) + "\n" for one in lines)
    (run.path / "events.jsonl").write_text(text)
    with np.load(run.checkpoint_path) as file:
        contents = {name: value for name, value in file.items() if name != "schema"}
    np.savez(run.checkpoint_path, **contents)


def test_files_without_a_number_are_read_as_before(finished: RunFolder, tmp_path: Path) -> None:
    run = copy_of(finished, tmp_path / "old-123456")
    _without_numbers(run)

    old = open_run(tmp_path, "old-123456")
    assert (old.state, old.result) == ("finished", finished.result)
    assert old.history().frame.equals(finished.history().frame)
    assert load_checkpoint(load_model(old.model_path), old.checkpoint_path, old.config).records
    old.rename("still mine")
    assert list_runs(tmp_path)[0].config.name == "still mine"


def test_a_checkpoint_of_a_newer_version_is_named_as_such(finished: RunFolder, tmp_path: Path, digits: Any) -> None:
    run = copy_of(finished, tmp_path / _ID)
    _with_array(9)(run)

    with pytest.raises(ModelFileError) as caught:
        load_checkpoint(build_model(_CONFIG, digits), run.checkpoint_path, _CONFIG)

    assert str(caught.value) == (
        f"This version of the toolkit can't read the checkpoint {run.checkpoint_path}: it has the schema number 9, and "
        "this version reads up to 2. Update it."
    )


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"schema": 9}, "has the schema number 9, and this version reads up to 2"),
        ({"schema": 9, "colour": "red"}, "has the schema number 9, and this version reads up to 2"),
        ({"run": {"schema": 5}}, "has the schema number 5, and this version reads up to 2"),
        ({"schema": "1"}, 'has "1" as its schema, which is no schema number: expected a whole number from 1'),
        ({"schema": True}, "has true as its schema, which is no schema number: expected a whole number from 1"),
    ],
)
def test_a_config_file_of_a_newer_version_is_named_as_such(values: dict[str, Any], what: str) -> None:
    told = _refused(lambda: ExperimentConfig.from_json(json.dumps({"epochs": 3, **values})))
    assert told == f"This version of the toolkit can't read the config: it {what}. Update the toolkit."


def test_a_config_file_of_our_version_may_say_so() -> None:
    assert ExperimentConfig.from_json('{"epochs": 3, "schema": 1, "run": {"schema": 1}}').epochs == 3


_BEFORE_NUMBERS = "9446f8b"


@pytest.mark.slow
def test_a_run_of_the_toolkit_before_there_were_numbers_opens_and_goes_on(tmp_path: Path) -> None:
    """Trained and stopped by the toolkit of that commit, taken out of the repository's history."""
    project = Path(__file__).resolve().parents[2]
    archive = subprocess.run(
        ["git", "archive", _BEFORE_NUMBERS, "toolkit"], cwd=project, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip(f"no commit {_BEFORE_NUMBERS} here")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(tmp_path / "before", filter="data")
    script = (
        "from pathlib import Path\nfrom toolkit import ExperimentConfig\nfrom toolkit.runs import create_run\n"
        "from toolkit.experiment import run_experiment\nseen = []\n"
        "run = create_run(Path('runs'), ExperimentConfig(dataset='digits', epochs=4), asked_by='a test')\n"
        "run_experiment(run, report=lambda e: seen.append(e['event']), should_stop=lambda: seen.count('epoch') > 2)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path / "before", check=True)
    (run,) = list_runs(tmp_path / "before" / "runs")
    assert run.state == "stopped"
    assert "schema" not in run.about

    assert run_experiment(open_run(run.path.parent, run.id), resume=True).state == "finished"

    assert len(run.history().records) == 5
    open_model(run)
    assert run.delete()
    assert RunFolder(restore_run(run.path.parent, run.id)).state == "finished"
