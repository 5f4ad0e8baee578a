"""`trash` and `restore`: what was deleted, for people and for programs."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.runs import NEWER, RunFolder, create_run, list_runs
from toolkit.runs.trash import TRASH

Command = Callable[..., Any]


def _run(root: Path, name: str = "my run") -> RunFolder:
    return create_run(root, ExperimentConfig(name=name, dataset="digits"), asked_by="a test")


def test_delete_says_how_to_undo_it_and_that_command_does(command: Command, tmp_path: Path) -> None:
    run, other = _run(tmp_path), _run(tmp_path, "another")

    answer = command("delete", run.id, other.id, "--yes", "--root", tmp_path)

    assert (answer.status, answer.errors) == (0, "")
    sentence, undo = answer.output.splitlines()[-1].split(" Undo with: ")
    assert sentence == (
        "They are in the trash. The trash keeps runs for 7 days (TOOLKIT_TRASH_DAYS) and up to 2,000 MB "
        "(TOOLKIT_TRASH_MB)."
    )
    assert undo == f"python -m toolkit restore {run.id} {other.id} --root {tmp_path}"
    assert list_runs(tmp_path) == []
    assert command(*shlex.split(undo)[3:]) == (
        0,
        f"{run.id} is back · my run · queued\n{other.id} is back · another · queued\n",
        "",
    )
    assert {one.id for one in list_runs(tmp_path)} == {run.id, other.id}


def test_one_that_the_trash_does_not_keep_is_said_to_be_gone(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_TRASH_MB", "0")
    run = _run(tmp_path)

    answer = command("delete", run.id, "--yes", "--root", tmp_path)

    assert answer.output == f"Deleted {run.id} · my run · queued · 1 kB · for good: the trash has no room for it\n"


def test_the_trash_is_listed_the_last_one_first(command: Command, tmp_path: Path) -> None:
    runs = [_run(tmp_path, name) for name in ("first", "second")]
    for run in runs:
        command("delete", run.id, "--yes", "--root", tmp_path)

    document = command("trash", "--root", tmp_path, "--json").document
    people = command("trash", "--root", tmp_path)

    assert [(one["run_id"], one["name"]) for one in document] == [(runs[1].id, "second"), (runs[0].id, "first")]
    assert all(set(one) == {"run_id", "name", "deleted", "size"} and one["size"] > 0 for one in document)
    assert people.output.splitlines()[1].startswith(runs[1].id)
    assert people.output.endswith(f"Bring one back with: python -m toolkit restore RUN --root {tmp_path}\n")


def test_the_trash_is_emptied_where_that_is_said(command: Command, tmp_path: Path) -> None:
    run, kept = _run(tmp_path), _run(tmp_path)
    command("delete", run.id, "--yes", "--root", tmp_path)

    answer = command("trash", "--empty", "--root", tmp_path, "--json")

    assert [one["run_id"] for one in answer.document] == [run.id]
    assert list((tmp_path / TRASH).iterdir()) == []
    assert command("trash", "--root", tmp_path).output == f"The trash of {tmp_path} is empty.\n"
    assert command("trash", "--root", tmp_path, "--json").document == []
    assert command("trash", "--empty", "--root", tmp_path).output == (
        f"Nothing was removed from the trash of {tmp_path}.\n"
    )
    assert [one.id for one in list_runs(tmp_path)] == [kept.id]


def test_a_folder_without_a_trash_stays_without(command: Command, tmp_path: Path) -> None:
    assert command("trash", "--root", tmp_path / "nowhere").status == 0
    assert command("trash", "--empty", "--root", tmp_path / "nowhere").status == 0
    assert not (tmp_path / "nowhere").exists()


def test_what_can_not_be_brought_back_is_told_after_what_could(command: Command, tmp_path: Path) -> None:
    run = _run(tmp_path)
    command("delete", run.id, "--yes", "--root", tmp_path)

    answer = command("restore", run.id, "nothing", "--root", tmp_path, "--json")

    assert [one["run_id"] for one in answer.document] == [run.id]
    assert (answer.status, answer.errors) == (
        2,
        f"There is no run nothing in the trash of {tmp_path}. List what is there with: python -m toolkit trash --root "
        f"{tmp_path}\n",
    )


def _newer(run: RunFolder) -> RunFolder:
    (run.path / "result.json").write_text('{"state": "finished", "test_accuracy": 0.9, "schema": 9}')
    return run


def test_a_run_of_a_newer_version_is_listed_with_the_reason(command: Command, tmp_path: Path) -> None:
    run, other = _newer(_run(tmp_path, "from tomorrow")), _run(tmp_path)

    document = command("runs", "--root", tmp_path, "--json").document
    people = command("runs", "--root", tmp_path)

    told = {one["run_id"]: one for one in document}
    assert (told[run.id]["state"], told[run.id]["name"], told[run.id]["test_accuracy"]) == (
        NEWER,
        "from tomorrow",
        None,
    )
    assert set(told[run.id]) == set(told[other.id])
    assert people.output.splitlines()[-1] == (
        f"{run.id}: The run {run.id} was made by a newer version of the toolkit: its result.json has the schema number "
        "9, and this version reads up to 2. Update the toolkit to use it; here it is left as it is."
    )
    assert [one["run_id"] for one in command("runs", "--state", NEWER, "--root", tmp_path, "--json").document] == [
        run.id
    ]


@pytest.mark.parametrize(
    "arguments",
    ["resume {}", "rename {} mine", "delete {} --yes", "evaluate {}", "predict {} --index 0", "show {}", "export {}"],
)
def test_no_command_touches_a_run_of_a_newer_version(command: Command, tmp_path: Path, arguments: str) -> None:
    run = _newer(_run(tmp_path))
    before = {path: path.read_bytes() for path in run.path.iterdir()}

    answer = command(*arguments.format(run.id).split(), "--root", tmp_path)

    assert (answer.status, answer.output) in ((2, ""), (2, "Nothing was deleted.\n"))
    assert answer.errors.startswith(f"The run {run.id} was made by a newer version of the toolkit: ")
    assert {path: path.read_bytes() for path in run.path.iterdir()} == before


def test_a_newer_one_among_others_keeps_all_from_being_deleted(command: Command, tmp_path: Path) -> None:
    run, newer = _run(tmp_path), _newer(_run(tmp_path))

    answer = command("delete", run.id, newer.id, "--yes", "--root", tmp_path)

    assert answer.status == 2
    assert answer.errors.endswith(f"If nobody needs it, remove its folder by hand: {newer.path}\n")
    assert run.path.exists()
    assert not (tmp_path / TRASH).exists()


def test_a_config_file_of_a_newer_version_trains_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "newer.json").write_text('{"dataset": "digits", "schema": 9, "rank": 7}')

    answer = command("train", "--config", tmp_path / "newer.json", "--root", tmp_path / "runs")

    assert answer == (
        2,
        "",
        "This version of the toolkit can't read the config: it has the schema number 9, and this version reads up to "
        "2. Update the toolkit.\n",
    )
    assert not (tmp_path / "runs").exists()
