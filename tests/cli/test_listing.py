"""`runs` and `presets`: what there is, for people and for programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.presets import PRESETS
from toolkit.runs import RunWriter, create_run

Command = Callable[..., Any]


def test_runs_are_listed_newest_first_with_what_came_out(command: Command, trained: Any) -> None:
    document = command("runs", "--root", trained.root, "--json").document

    listed = {one["run_id"]: one for one in document}
    assert set(listed) >= {run.id for run in trained[1:]}
    assert [one["created"] for one in document] == sorted((one["created"] for one in document), reverse=True)
    run = trained.probabilities
    assert listed[run.id] == {
        "run_id": run.id,
        "name": "ends in probabilities",
        "state": "finished",
        "dataset": "digits",
        "epochs": 3,
        "test_accuracy": run.result["test_accuracy"],
        "overfitting": run.result["overfitting"]["state"],
        "seconds": run.result["seconds"],
        "created": run.created,
    }
    assert listed[trained.diverged.id]["state"] == "diverged"


def test_people_get_a_line_for_each_run(command: Command, trained: Any) -> None:
    answer = command("runs", "--root", trained.root)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    assert lines[0].split()[:3] == ["run_id", "name", "state"]
    line = next(line for line in lines if line.startswith(trained.probabilities.id))
    assert f" {100 * trained.probabilities.result['test_accuracy']:.2f} % " in line


def test_an_empty_folder_says_how_to_make_the_first_run(command: Command, tmp_path: Path) -> None:
    assert command("runs", "--root", tmp_path / "nowhere") == (
        0,
        f"There are no runs in {tmp_path / 'nowhere'} yet. Train one: python -m toolkit train --preset keras-mlp\n",
        "",
    )
    assert command("runs", "--root", tmp_path / "nowhere", "--json").document == []
    assert not (tmp_path / "nowhere").exists()


def test_a_run_that_waits_or_trains_is_listed_without_figures(command: Command, tmp_path: Path) -> None:
    waiting = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    training = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    writer = RunWriter.claim(training)

    states = {one["run_id"]: one["state"] for one in command("runs", "--root", tmp_path, "--json").document}
    table = command("runs", "--root", tmp_path)
    writer.close()

    assert states == {waiting.id: "queued", training.id: "running"}
    assert table.status == 0


def test_broken_runs_do_not_hide_the_others(command: Command, tmp_path: Path) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    for name, content in (("half", '{"name": "x'), ("list", "[]"), ("wrong", '{"epochs": 0}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(content)
    (tmp_path / "notes.txt").write_text("mine")

    answer = command("runs", "--root", tmp_path, "--json")

    assert (answer.status, answer.errors) == (0, "")
    assert [one["run_id"] for one in answer.document] == [run.id]


@pytest.mark.parametrize("title", ["[/red]", "[bold]x", "{x} %s :smile:", "첫 실험", "🙂"])
def test_a_users_title_is_shown_as_it_is(command: Command, tmp_path: Path, title: str) -> None:
    create_run(tmp_path, ExperimentConfig(name=title, dataset="digits"), asked_by="a test")

    assert title in command("runs", "--root", tmp_path).output
    assert command("runs", "--root", tmp_path, "--json").document[0]["name"] == title


def test_presets_are_listed_with_what_they_teach_and_claim(command: Command) -> None:
    document = command("presets", "--json").document

    assert [one["preset"] for one in document] == list(PRESETS)
    for one in document:
        assert set(one) == {"preset", "teaches", "claimed", "config"}
        assert ExperimentConfig(**one["config"]) == PRESETS[one["preset"]].config
    claims = {one["preset"]: one["claimed"] for one in document}
    assert claims["keras-mlp"] == 0.9708
    assert claims["dropout"] == pytest.approx(0.982725)
    assert claims["batchnorm"] is None
    assert sum(claim is not None for claim in claims.values()) == 10


def test_people_get_a_line_for_each_preset(command: Command) -> None:
    lines = command("presets").output.splitlines()

    assert lines[0].split() == ["preset", "length", "claimed", "teaches"]
    assert [line.split()[0] for line in lines[1:]] == list(PRESETS)
    assert any(line.split()[:4] == ["softmax-sum-10000", "10,000", "steps", "92.43"] for line in lines)
