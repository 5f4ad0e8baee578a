"""Runs that people copied, renamed or damaged by hand: listed, or named with the reason."""

import shutil
from pathlib import Path

import pytest

from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, RunWriter, create_run, list_runs
from toolkit.runs.left_out import left_out_runs


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = create_run(tmp_path, ExperimentConfig(name="first try", dataset="digits"), asked_by="a test")
    writer = RunWriter.claim(made)
    assert writer is not None
    writer.finish({"run_id": made.id, "state": "finished"})
    writer.close()
    return made


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("run (copy)", "run-copy"),
        ("First Try", "first-try"),
        ("my_run", "my-run"),
        ("첫 실행", "run"),
        ("run.bak", "run-bak"),
        ("-x", "x"),
    ],
)
def test_a_copy_under_a_name_that_no_run_has_is_named_with_a_better_one(
    run: RunFolder, tmp_path: Path, name: str, better: str
) -> None:
    shutil.copytree(run.path, tmp_path / name)

    assert [one.id for one in list_runs(tmp_path)] == [run.id]
    (sentence,) = left_out_runs(tmp_path)
    assert sentence == (
        f"The run {name} is left out: the name of a run's folder has only lower-case letters from a to z, digits and "
        f"hyphens. Rename the folder, for example to {better}."
    )


def test_after_the_advice_the_copy_is_listed_beside_the_run(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "run-copy").mkdir()
    shutil.copytree(run.path, tmp_path / "run (copy)")
    (sentence,) = left_out_runs(tmp_path)

    (tmp_path / "run (copy)").rename(tmp_path / sentence.rstrip(".").rpartition(" ")[2])

    assert {one.id for one in list_runs(tmp_path)} == {run.id, "run-copy-2"}
    assert left_out_runs(tmp_path) == []


def test_a_run_whose_config_is_damaged_is_named_with_what_is_wrong(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "config.json").write_text("{")

    (sentence,) = left_out_runs(tmp_path)

    assert sentence.startswith(f"The run {run.id} is damaged: its config.json can't be read")


def test_folders_of_ones_own_and_hidden_ones_are_not_named(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "My Notes").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "config.json").write_text("{}")
    (tmp_path / "readme (1).txt").write_text("mine")
    run.delete()

    assert left_out_runs(tmp_path) == []
    assert left_out_runs(tmp_path / "nowhere") == []
