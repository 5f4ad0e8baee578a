"""`runs`, `compare`, `rename` and `delete`: the runs folder."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import RunError, ToolkitError
from ..formatting import file_size, moment, percent
from ..runs import NEWER, ORDERS, RunFolder, dataset_of, find_run_folder, list_runs, open_run, sweep, told_command
from ..runs.left_out import left_out_runs
from ..runs.newer import why_not_deleted
from ..runs.schema import Outcome
from ..runs.trash import keeps_runs, trashed_runs
from .options import json_option, root_option
from .output import BROKEN_OFF, measured, print_json, print_table, printable
from .trash import trash_advice

if TYPE_CHECKING:
    from ..analysis.comparison import ComparedRun, Comparison
    from ..analysis.overfitting import OverfittingReport
    from ..analysis.significance import Significance

#: Follows the name of a deleted run that the trash did not keep.
_GONE = " · for good: the trash has no room for it"
#: So many tests can be compared.
_FEWEST_TESTED = 2
#: This many columns of a comparison fit a terminal.
_SIDE_BY_SIDE = 4


@click.command()
@click.option("--state", metavar="STATE", help="Only runs in this state: finished, running, …")
@click.option("--dataset", metavar="NAME", help="Only runs on this data set.")
@click.option("--name", metavar="TEXT", help="Only runs whose title holds this text.")
@click.option("--sort", metavar="ORDER", default=ORDERS[0], show_default=True, help=f"One of: {', '.join(ORDERS)}.")
@click.option("--limit", metavar="N", type=int, help="The first N runs.")
@root_option
@json_option
def runs(root: Path, as_json: bool, **filters: Any) -> None:
    """List the runs, newest first."""
    described = [_describe_run(run) for run in list_runs(root, newer=True, **filters)]
    left_out = left_out_runs(root)
    if as_json:
        print_json(described)
    elif described:
        print_table([_shown(one) for one in described])
        for one in described:
            if one["state"] in (*BROKEN_OFF, NEWER) and one["message"]:
                print(f"{one['run_id']}: {printable(one['message'])}")
    elif existing := len(list_runs(root, newer=True)):
        print(f"None of the {existing:,} runs in {root} matches. Leave out a filter to see more.")
    else:
        training = told_command("train", "--preset", "keras-mlp", root=root)
        print(f"There are no runs in {root} yet. Train one: {training}")
    for sentence in left_out:
        print(printable(sentence), file=sys.stderr if as_json else sys.stdout)


def _shown(described: dict[str, Any]) -> dict[str, Any]:
    """The fields that fit on a line."""
    return {
        **{name: described[name] for name in ("run_id", "name", "state", "dataset")},
        "accuracy": percent(described["test_accuracy"]),
        "overfitting": described["overfitting"],
        "created": moment(described["created"]),
    }


def _describe_run(run: RunFolder) -> dict[str, Any]:
    state = run.state
    # Of a newer run, only what names it is read.
    result = Outcome() if state == NEWER else run.result or Outcome()
    return {
        "run_id": run.id,
        "name": run.title,
        "state": state,
        "dataset": dataset_of(run),
        "epochs": result.epochs,
        "test_accuracy": result.test_accuracy,
        "overfitting": result.overfitting.state if result.overfitting else None,
        "seconds": result.seconds,
        "created": run.created,
        "message": run.message,
    }


@click.command()
@click.argument("run_ids", metavar="RUN RUN...", nargs=-1)
@root_option
@json_option
def compare(run_ids: tuple[str, ...], root: Path, as_json: bool) -> None:
    """Put runs side by side: the settings that differ, the results of each, and whether the best is better by luck."""
    from ..analysis.comparison import compare_runs

    chosen = [open_run(root, run_id) for run_id in run_ids]
    comparison, (verdict, why) = compare_runs(chosen), _judged(chosen)
    if as_json:
        print_json({**comparison.as_dict(), "significance": verdict and asdict(verdict)})
        return
    for first in range(0, len(run_ids), _SIDE_BY_SIDE):
        shown = slice(first, first + _SIDE_BY_SIDE)
        ids = [run.run_id for run in comparison.runs[shown]]
        print_table([{"": label, **dict(zip(ids, row, strict=True))} for label, row in _rows(comparison, shown)])
    if said := verdict.sentence if verdict else why:
        print(printable(said))


def _judged(chosen: Sequence[RunFolder]) -> "tuple[Significance | None, str]":
    """Whether the best of the tested runs is better by more than chance; without a verdict, why there is none."""
    from ..analysis.significance import compare_accuracies, read_tests

    tested = {run.id: run for run in chosen if (run.result or Outcome()).test_accuracy is not None}
    if len(tested) < _FEWEST_TESTED:
        return None, ""
    try:
        return compare_accuracies(read_tests(tested)), ""
    except ToolkitError as error:
        return None, str(error)


def _rows(comparison: "Comparison", shown: slice) -> Iterator[tuple[str, Sequence[Any]]]:
    """The lines of the table, each with one value per run."""
    columns = comparison.runs[shown]
    blank = [""] * len(columns)
    yield "title", [run.name for run in columns]
    yield "state", [run.state for run in columns]
    yield "", blank
    for name, values in comparison.settings.items():
        yield name, values[shown]
    yield ("", blank) if comparison.settings else ("the same settings", blank)
    yield "epochs trained", [run.epochs for run in columns]
    yield "steps trained", [run.steps for run in columns]
    yield "seconds", [run.seconds for run in columns]
    yield "test_loss", [measured("loss", run.test_loss) for run in columns]
    yield "test_accuracy", [measured("accuracy", run.test_accuracy) for run in columns]
    for name in comparison.runs[0].best:
        yield f"{name}, best / last", [_best_and_last(run, name) for run in columns]
    yield "best epoch", [run.overfitting.best_epoch for run in columns]
    yield "overfitting", [_overfitting(run.overfitting) for run in columns]


def _best_and_last(run: "ComparedRun", name: str) -> str | None:
    if run.best[name] is None:
        return None
    return f"{measured(name, run.best[name])} / {measured(name, run.last[name])}"


def _overfitting(report: "OverfittingReport") -> str:
    if report.state in ("possible", "confirmed"):
        return f"{report.state} since epoch {report.since_epoch}"
    return report.state.replace("_", " ")


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("title")
@root_option
@json_option
def rename(run_id: str, title: str, root: Path, as_json: bool) -> None:
    """Give a run another title, in quotes if it has blanks; its id, RUN, stays."""
    run = open_run(root, run_id)
    before = run.config.name
    run.rename(title)
    if as_json:
        print_json({"run_id": run.id, "name": run.config.name, "name_before": before})
    else:
        print(f"{run.id} is now called {printable(run.config.name)}; before: {printable(before)}")


@click.command()
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@root_option
@json_option
def delete(run_ids: tuple[str, ...], yes: bool, root: Path, as_json: bool) -> None:
    """Move runs into the trash, with all that they saved. Asks first; `restore` brings them back."""
    chosen = [find_run_folder(root, run_id) for run_id in dict.fromkeys(run_ids)]
    for run in chosen:
        if why := why_not_deleted(run.path):
            raise RunError(why)
        if run.state == "running":
            raise RunError(f"The run {run.id} is training. Stop it first.")
    facts = [_describe_loss(run, root, run_ids) for run in chosen]
    deleted: list[dict[str, Any]] = []
    if yes or _is_wanted(facts):
        try:
            for run, fact in zip(chosen, facts, strict=True):
                run.delete()
                deleted.append(fact)
            sweep(root)
        finally:
            _tell(deleted, root, as_json)
    else:
        _tell(deleted, root, as_json)


def _describe_loss(run: RunFolder, root: Path, run_ids: Sequence[str]) -> dict[str, Any]:
    """What is lost with a run, which may be damaged."""
    try:
        name = run.config.name
    except RunError:
        name = None
    waiting = [one for one in list_runs(root) if one.about.get("weights_from") == run.id and one.id not in run_ids]
    return {
        "run_id": run.id,
        "name": name,
        "state": run.state,
        "size": run.size(),
        "weights_wanted_by": [one.id for one in waiting if _has_yet_to_begin(one)],
    }


def _has_yet_to_begin(run: RunFolder) -> bool:
    return run.state in ("queued", "interrupted") and not run.checkpoint_path.exists()


def _is_wanted(facts: Sequence[dict[str, Any]]) -> bool:
    if not sys.stdin.isatty():
        raise ToolkitError("delete asks before it deletes, and there is no terminal to ask on. To go ahead, add --yes.")
    for fact in facts:
        click.echo(_line(fact), err=True)
    return click.confirm("Delete?" if keeps_runs() else "Delete for good?", err=True)


def _tell(deleted: Sequence[dict[str, Any]], root: Path, as_json: bool) -> None:
    if as_json:
        print_json(deleted)
        return
    kept = {one.run_id for one in trashed_runs(root)}
    for fact in deleted:
        print(f"Deleted {_line(fact)}{'' if fact['run_id'] in kept else _GONE}")
    if not deleted:
        print("Nothing was deleted.")
    if undoable := [fact["run_id"] for fact in deleted if fact["run_id"] in kept]:
        print(trash_advice(undoable, root))


def _line(fact: dict[str, Any]) -> str:
    title = "damaged" if fact["name"] is None else printable(fact["name"])
    line = f"{fact['run_id']} · {title} · {fact['state']} · {file_size(fact['size'])}"
    waiting = ", ".join(fact["weights_wanted_by"])
    return f"{line} · without its weights these can't begin: {waiting}" if waiting else line
