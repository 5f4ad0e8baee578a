"""`show`: one report a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.mark.parametrize(("which", "parts"), [("probabilities", 8), ("diverged", 6)])
def test_a_trained_run_is_shown_in_one_file_beside_you(
    command: Command, trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str, parts: int
) -> None:
    monkeypatch.chdir(tmp_path)
    run = getattr(trained, which)

    answer = command("show", run.id, "--root", trained.root)

    path = tmp_path / f"{run.id}.html"
    assert answer == (0, f"The report is in {path}\n", "")
    html = path.read_text(encoding="utf-8")
    assert html.count("<section>") == parts
    assert run.config.name in html


def test_the_file_can_be_named_and_json_says_where_it_is(command: Command, trained: Any, tmp_path: Path) -> None:
    path, run = tmp_path / "mine.html", trained.probabilities

    answer = command("show", run.id, "--output", path, "--root", trained.root, "--json")

    assert answer.document == {"run_id": run.id, "report": str(path)}
    assert path.is_file()


def test_a_report_is_not_overwritten_unasked(command: Command, trained: Any, tmp_path: Path) -> None:
    path, run = tmp_path / "mine.html", trained.probabilities
    path.write_text("mine")

    answer = command("show", run.id, "--output", path, "--root", trained.root)

    assert answer == (
        2,
        "",
        f"{path} exists already. Choose another name, or overwrite it with --overwrite.\n",
    )
    assert command("show", run.id, "--output", path, "--root", trained.root, "--overwrite").status == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_run_that_does_not_exist_is_bad_input(command: Command, trained: Any) -> None:
    answer = command("show", "no-such-run", "--root", trained.root)

    assert (answer.status, answer.output) == (2, "")
    assert answer.errors.startswith(f"There is no run no-such-run in {trained.root}.")
