"""Where runs are kept, and how a command names that place."""

from pathlib import Path

import pytest

from toolkit.runs import DEFAULT_ROOT, default_root, told_command


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOOLKIT_RUNS", "TOOLKIT_ROOT"):
        monkeypatch.delenv(name, raising=False)


def test_runs_are_kept_below_the_folder_that_one_is_in() -> None:
    assert default_root() == DEFAULT_ROOT == Path("saved_models")


@pytest.mark.parametrize("name", ["TOOLKIT_RUNS", "TOOLKIT_ROOT"])
def test_a_variable_names_another_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/srv/class")
    assert default_root() == Path("/srv/class")


def test_the_newer_name_counts_and_an_empty_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_ROOT", "/older")
    monkeypatch.setenv("TOOLKIT_RUNS", "")
    assert default_root() == Path("/older")
    monkeypatch.setenv("TOOLKIT_RUNS", "/newer")
    assert default_root() == Path("/newer")


def test_a_command_names_the_folder_wherever_it_would_look_into_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_command("runs", root=DEFAULT_ROOT) == "python -m toolkit runs"
    assert told_command("runs", root=Path("a b")) == "python -m toolkit runs --root 'a b'"
    monkeypatch.setenv("TOOLKIT_RUNS", "/srv/class")
    assert told_command("runs", root=DEFAULT_ROOT) == "python -m toolkit runs --root saved_models"
    assert told_command("runs", root=Path("/srv/class")) == "python -m toolkit runs --root /srv/class"
