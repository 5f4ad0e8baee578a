"""`runs`, `compare`, `rename` and `delete`: the runs folder, for people and for programs."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damaging import CASES, copy_of, damaged_copy, make_whole_run

from toolkit.analysis.comparison import FIGURES
from toolkit.analysis.significance import compare_accuracies, read_tests
from toolkit.config import ExperimentConfig
from toolkit.runs import ORDERS, STATES, RunFolder, RunWriter, create_run, list_runs, run_folders

Command = Callable[..., Any]


def _queued(root: Path, name: str = "a run", *, weights_from: str | None = None, **changes: Any) -> RunFolder:
    config = ExperimentConfig(name=name, **{"dataset": "digits", **changes})
    return create_run(root, config, asked_by="a test", weights_from=weights_from, queued=True)


def _ended(root: Path, name: str = "a run", state: str = "finished", **changes: Any) -> RunFolder:
    """A run that ended; its test accuracy is given, its network is none."""
    accuracy, message = changes.pop("test_accuracy", 0.9), changes.pop("message", "")
    run = _queued(root, name, **changes)
    writer = RunWriter.claim(run)
    assert writer is not None
    figures = {"test_accuracy": accuracy, "epochs": 3, "seconds": 1.5}
    writer.finish({"run_id": run.id, "state": state, "message": message, **figures})
    writer.close()
    return run


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
        "test_accuracy": run.result.test_accuracy,
        "overfitting": run.result.overfitting.state,
        "seconds": run.result.seconds,
        "created": run.created,
        "message": "",
    }
    assert listed[trained.diverged.id]["state"] == "diverged"


def test_people_get_a_line_for_each_run(command: Command, trained: Any) -> None:
    answer = command("runs", "--root", trained.root)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    assert lines[0].split()[:3] == ["run_id", "name", "state"]
    line = next(line for line in lines if line.startswith(trained.probabilities.id))
    assert f" {100 * trained.probabilities.result.test_accuracy:.2f} % " in line


def test_an_empty_folder_says_how_to_make_the_first_run(command: Command, tmp_path: Path) -> None:
    assert command("runs", "--root", tmp_path / "nowhere") == (
        0,
        f"There are no runs in {tmp_path / 'nowhere'} yet. Train one: python -m toolkit train --preset keras-mlp "
        f"--root {tmp_path / 'nowhere'}\n",
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


@pytest.fixture
def several(tmp_path: Path) -> dict[str, RunFolder]:
    """Five runs, oldest first."""
    return {
        "worst": _ended(tmp_path, "Softmax on digits", test_accuracy=0.7),
        "best": _ended(tmp_path, "dropout", test_accuracy=0.99),
        "stopped": _ended(tmp_path, "a Dropout, stopped", "stopped", test_accuracy=0.8, dataset="mnist"),
        "failed": _ended(tmp_path, "broken", "failed", test_accuracy=None),
        "queued": _queued(tmp_path, "첫 실험"),
    }


_FILTERS = {
    "--state finished": "best worst",
    "--state queued": "queued",
    "--state running": "",
    "--dataset mnist": "stopped",
    "--dataset iris": "",
    "--name DROPOUT": "stopped best",
    "--name 실험": "queued",
    "--limit 2": "queued failed",
    "--limit 99": "queued failed stopped best worst",
    "--sort created": "queued failed stopped best worst",
    "--sort test_accuracy": "best stopped worst queued failed",
    "--sort name": "stopped failed best worst queued",
    "--sort test_accuracy --limit 1 --name drop --state stopped": "stopped",
}


@pytest.mark.parametrize("filters", _FILTERS)
def test_runs_are_filtered_and_sorted(command: Command, several: dict[str, RunFolder], filters: str) -> None:
    root = several["best"].path.parent

    answer = command("runs", *filters.split(), "--root", root, "--json")

    names = {run.id: name for name, run in several.items()}
    assert (answer.status, answer.errors) == (0, "")
    assert " ".join(names[one["run_id"]] for one in answer.document) == _FILTERS[filters]


def test_filters_that_leave_nothing_say_so(command: Command, several: dict[str, RunFolder]) -> None:
    root = several["best"].path.parent

    assert command("runs", "--state", "diverged", "--root", root) == (
        0,
        f"None of the 5 runs in {root} matches. Leave out a filter to see more.\n",
        "",
    )


def test_the_filters_of_the_command_are_those_of_list_runs(command: Command, several: dict[str, RunFolder]) -> None:
    root = several["best"].path.parent

    for state in STATES:
        for order in ORDERS:
            document = command("runs", "--state", state, "--sort", order, "--root", root, "--json").document
            assert [one["run_id"] for one in document] == [run.id for run in list_runs(root, state=state, sort=order)]


def test_damaged_runs_of_every_kind_hide_no_other_from_any_command(
    command: Command, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    whole = make_whole_run(tmp_path_factory.mktemp("whole"))
    good = [copy_of(whole, tmp_path / f"good-{number}").id for number in range(2)]
    for number, case in enumerate(CASES):
        damaged_copy(whole, tmp_path / f"damaged-{number}", case)

    document = command("runs", "--root", tmp_path, "--json").document
    table = command("runs", "--root", tmp_path, "--sort", "test_accuracy")
    comparison = command("compare", *good, "--root", tmp_path, "--json").document

    assert set(good) <= {one["run_id"] for one in document}
    assert {one["state"] for one in document} == {"finished", "interrupted", "newer"}
    assert (table.status, table.errors) == (0, "")
    assert all(any(line.startswith(f"{name} ") for line in table.output.splitlines()) for name in good)
    assert [run["test_accuracy"] for run in comparison["runs"]] == [0.95, 0.95]


def test_a_comparison_is_one_document_with_stable_keys(command: Command, trained: Any) -> None:
    runs = [trained.probabilities, trained.diverged]

    document = command("compare", *(run.id for run in runs), "--root", trained.root, "--json").document

    assert set(document) == {"runs", "settings", "significance"}
    assert document["settings"] == {
        "layers": ["dense 32", "none"],
        "loss": ["categorical_crossentropy", "unclipped_crossentropy_sum"],
        "optimizer": ["adam", "sgd"],
        "learning_rate": [0.01, 0.5],
    }
    for told, run in zip(document["runs"], runs, strict=True):
        assert set(told) == {
            *("run_id", "name", "state", "epochs", "steps", "seconds"),
            *("test_loss", "test_accuracy", "best", "last", "overfitting"),
        }
        assert (told["run_id"], told["name"], told["state"]) == (run.id, run.config.name, run.state)
        assert set(told["best"]) == set(told["last"]) == set(FIGURES)
        for name in ("epochs", "steps", "seconds", "test_loss", "test_accuracy", "overfitting"):
            assert told[name] == run.result.as_dict()[name]
    frame = trained.probabilities.history().frame
    assert document["runs"][0]["best"]["val_loss"] == frame["val_loss"].min()
    assert document["runs"][1]["last"]["val_loss"] is None


def test_people_get_a_comparison_as_a_table(command: Command, trained: Any) -> None:
    runs = trained[1:]

    answer = command("compare", *(run.id for run in runs), "--root", trained.root)

    assert (answer.status, answer.errors) == (0, "")
    lines = [line.rstrip() for line in answer.output.splitlines()]
    assert lines[0].split() == [run.id for run in runs]
    rows = {line[:27].strip(): line[27:].split("  ") for line in lines[1:]}
    cells = {label: [cell.strip() for cell in row if cell.strip()] for label, row in rows.items()}
    assert cells["title"] == ["ends in probabilities", "ends in logits", "diverges"]
    assert cells["state"] == ["finished", "finished", "diverged"]
    assert cells["learning_rate"] == ["0.01", "0.01", "0.5"]
    assert "batch_size" not in cells
    assert cells["test_accuracy"] == [f"{100 * run.result.test_accuracy:.2f} %" for run in runs]
    last = runs[0].history().frame["val_loss"]
    assert cells["val_loss, best / last"][0] == f"{last.min():.4f} / {last.iloc[-1]:.4f}"
    assert cells["overfitting"][2] == "diverged"


def test_two_tested_runs_are_judged_by_chance_for_people_and_for_programs(command: Command, trained: Any) -> None:
    tested = {run.id: run for run in (trained.probabilities, trained.logits)}
    judged = compare_accuracies(read_tests(tested))

    answer = command("compare", *tested, "--root", trained.root)
    document = command("compare", *tested, "--root", trained.root, "--json").document

    assert answer.output.splitlines()[-1] == judged.sentence
    assert document["significance"]["certainty"] == judged.certainty
    assert document["significance"]["p_value"] == judged.p_value


def test_many_runs_are_compared_in_tables_that_fit_a_terminal(command: Command, tmp_path: Path) -> None:
    runs = [_queued(tmp_path, seed=seed).id for seed in range(5)]

    lines = command("compare", *runs, "--root", tmp_path).output.splitlines()

    heads = [line.split() for line in lines if line.split() and line.split()[0] in runs]
    assert heads == [runs[:4], runs[4:]]
    assert [line.split()[1:] for line in lines if line.startswith("seed")] == [list("0123"), ["4"]]


def test_equal_settings_are_told(command: Command, tmp_path: Path) -> None:
    output = command("compare", _queued(tmp_path).id, _queued(tmp_path).id, "--root", tmp_path).output

    assert any(line.rstrip() == "the same settings" for line in output.splitlines())


def test_a_run_gets_another_title_and_keeps_its_id(command: Command, tmp_path: Path) -> None:
    run = _queued(tmp_path, "keras-mlp")

    answer = command("rename", run.id, "첫 실험", "--root", tmp_path)

    assert answer == (0, f"{run.id} is now called 첫 실험; before: keras-mlp\n", "")
    (listed,) = command("runs", "--root", tmp_path, "--json").document
    assert (listed["run_id"], listed["name"]) == (run.id, "첫 실험")
    document = command("rename", run.id, "--root", tmp_path, "--json", "third").document
    assert document == {"run_id": run.id, "name": "third", "name_before": "첫 실험"}


def test_what_steers_a_terminal_is_not_printed(command: Command, tmp_path: Path) -> None:
    run = _queued(tmp_path, "\x1b[31mred\x07")
    shown = "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"

    outputs = [
        command("runs", "--root", tmp_path).output,
        command("rename", run.id, "\x1b[31mred\x07", "--root", tmp_path).output,
        command("delete", run.id, "--yes", "--root", tmp_path).output,
    ]

    assert all(shown in output and "\x1b" not in output for output in outputs)


def test_a_run_is_deleted_without_being_asked_where_that_is_said(command: Command, tmp_path: Path) -> None:
    kept, deleted, other = _ended(tmp_path), _ended(tmp_path, "no use"), _queued(tmp_path, "waits")

    size, answer = deleted.size(), command("delete", deleted.id, other.id, "--yes", "--root", tmp_path, "--json")

    assert (answer.status, answer.errors) == (0, "")
    facts = {"name": "no use", "state": "finished", "size": size, "weights_wanted_by": []}
    assert answer.document[0] == {"run_id": deleted.id, **facts}
    assert [one["run_id"] for one in answer.document] == [deleted.id, other.id]
    assert [run.id for run in run_folders(tmp_path)] == [kept.id]


def _at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    keyboard = io.StringIO(typed)
    keyboard.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", keyboard)


def test_at_a_terminal_it_is_said_what_will_be_lost(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _ended(tmp_path, "my best one")
    (run.path / "model.keras").write_bytes(bytes(1_500_000))
    line = f"{run.id} · my best one · finished · 1.5 MB"

    _at_a_terminal(monkeypatch, "n\n")
    answer = command("delete", run.id, "--root", tmp_path)
    assert (answer.status, answer.output.strip()) == (0, "Nothing was deleted.")
    assert answer.errors.startswith(f"{line}\nDelete? [y/N]:")
    assert run.path.exists()

    _at_a_terminal(monkeypatch, "y\n")
    assert command("delete", run.id, "--root", tmp_path).output.splitlines()[0] == f"Deleted {line}"
    assert not run.path.exists()


def test_an_answer_that_is_none_deletes_nothing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _ended(tmp_path)

    _at_a_terminal(monkeypatch, "")
    assert command("delete", run.id, "--root", tmp_path).status == 130

    assert run.path.exists()


def test_without_a_terminal_nothing_is_deleted_unless_that_is_said(command: Command, tmp_path: Path) -> None:
    run = _ended(tmp_path)

    assert command("delete", run.id, "--root", tmp_path) == (
        2,
        "",
        "delete asks before it deletes, and there is no terminal to ask on. To go ahead, add --yes.\n",
    )
    assert run.path.exists()


@pytest.mark.parametrize("mistake", ["running", "unknown"])
def test_one_mistake_keeps_all_runs(command: Command, tmp_path: Path, mistake: str) -> None:
    run, other = _ended(tmp_path), _queued(tmp_path)
    writer = RunWriter.claim(other)
    assert writer is not None
    second, sentence = other.id, f"The run {other.id} is training. Stop it first."
    if mistake == "unknown":
        second, sentence = f"{run.id}0", f"There is no run {run.id}0 in {tmp_path}. Did you mean {run.id}?"

    answer = command("delete", run.id, second, "--yes", "--root", tmp_path)
    writer.close()

    assert answer == (2, "", f"{sentence}\n")
    assert {one.id for one in list_runs(tmp_path)} == {run.id, other.id}


def test_what_was_deleted_before_a_mistake_is_told(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run begins to train after it was looked at."""
    first, second = _ended(tmp_path), _queued(tmp_path)
    writers = []
    size = RunFolder.size

    def begin(run: RunFolder) -> int:
        writers.extend([RunWriter.claim(second)] if run == second else [])
        return size(run)

    monkeypatch.setattr(RunFolder, "size", begin)

    answer = command("delete", first.id, second.id, "--yes", "--root", tmp_path, "--json")

    assert [one["run_id"] for one in answer.document] == [first.id]
    assert (answer.status, answer.errors) == (2, f"The run {second.id} is training. Stop it first.\n")
    assert [run.id for run in list_runs(tmp_path)] == [second.id]
    writers[0].close()


def test_a_damaged_run_is_deleted_too(command: Command, tmp_path: Path) -> None:
    run, kept = _ended(tmp_path), _ended(tmp_path)
    (run.path / "config.json").write_text("{")

    assert command("evaluate", run.id, "--root", tmp_path).errors.endswith(
        f"Delete it with: python -m toolkit delete {run.id} --root {run.path.parent}\n"
    )
    answer = command("delete", run.id, "--yes", "--root", tmp_path)

    assert (answer.status, answer.errors) == (0, "")
    assert answer.output.splitlines()[0] == f"Deleted {run.id} · damaged · finished · 0 kB"
    assert [run.id for run in run_folders(tmp_path)] == [kept.id]


def test_runs_that_need_the_weights_are_named(command: Command, tmp_path: Path) -> None:
    source = _ended(tmp_path)
    trained, waiting = _ended(tmp_path, weights_from=source.id), _queued(tmp_path, weights_from=source.id)
    going_too = _queued(tmp_path, weights_from=source.id)

    answer = command("delete", source.id, going_too.id, "--yes", "--root", tmp_path)

    assert f"· without its weights these can't begin: {waiting.id}\n" in answer.output
    assert trained.id not in answer.output
    assert {run.id for run in list_runs(tmp_path)} == {trained.id, waiting.id}


def test_runs_that_broke_off_say_why_below_the_list(command: Command, tmp_path: Path) -> None:
    _ended(tmp_path, "fine", "finished")
    _ended(tmp_path, "broken", "failed", message="Too few rows.")
    lines = command("runs", "--root", tmp_path).output.splitlines()
    assert [line.partition(": ")[2] for line in lines if line.endswith("rows.")] == ["Too few rows."]
    assert {one["message"] for one in command("runs", "--root", tmp_path, "--json").document} == {"", "Too few rows."}


def test_a_copy_with_an_impossible_name_is_named_below_the_list_and_beside_json(
    command: Command, tmp_path: Path
) -> None:
    run = _ended(tmp_path)
    shutil.copytree(run.path, tmp_path / "run (copy)")

    people, programs = command("runs", "--root", tmp_path), command("runs", "--root", tmp_path, "--json")

    assert "The run run (copy) is left out" in people.output
    assert [one["run_id"] for one in programs.document] == [run.id]
    assert "The run run (copy) is left out" in programs.errors
