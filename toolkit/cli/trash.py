"""`trash` and `restore`: lists deleted runs, and brings them back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..formatting import file_size, moment
from ..limits import TRASH_DAYS, TRASH_MB
from ..runs import RunFolder, told_command
from ..runs.trash import TrashedRun, empty_trash, restore_run, trashed_runs
from .options import json_option, root_option
from .output import print_json, print_table, printable


@click.command()
@click.option("--empty", is_flag=True, help="Remove all of them for good, which frees their room.")
@root_option
@json_option
def trash(empty: bool, root: Path, as_json: bool) -> None:
    """List the deleted runs that can be brought back, or remove them for good."""
    runs = trashed_runs(root)
    described = {one.path: _described(one) for one in runs}  # Read before they are removed.
    removed = empty_trash(root, everything=True) if empty else []
    told = [described[one.path] for one in (removed if empty else runs)]
    if as_json:
        print_json(told)
    elif empty:
        _tell_emptied(told, [one for one in runs if one not in removed], root)
    elif told:
        print_table([_shown(one) for one in told])
        print(f"{_together(told)} {_how_long()} Bring one back with: {told_command('restore', 'RUN', root=root)}")
    else:
        print(f"The trash of {root} is empty.")


@click.command()
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@root_option
@json_option
def restore(run_ids: tuple[str, ...], root: Path, as_json: bool) -> None:
    """Bring deleted runs back out of the trash; each has its former id."""
    restored: list[dict[str, Any]] = []
    try:
        for run_id in dict.fromkeys(run_ids):
            run = RunFolder(restore_run(root, run_id))
            restored.append({"run_id": run.id, "name": run.title, "state": run.state})
    finally:
        if as_json:
            print_json(restored)
        else:
            for one in restored:
                print(f"{one['run_id']} is back · {printable(one['name'])} · {one['state']}")


def trash_advice(run_ids: Sequence[str], root: Path) -> str:
    """The advice after a deletion: how long the runs are kept, and how to restore them."""
    there = "It is" if len(run_ids) == 1 else "They are"
    return f"{there} in the trash. {_how_long()} Undo with: {told_command('restore', *run_ids, root=root)}"


def _how_long() -> str:
    days = TRASH_DAYS.value
    length = "1 day" if days == 1 else f"{days:g} days"
    most = f"{TRASH_MB.value:,g} MB"
    return f"The trash keeps runs for {length} ({TRASH_DAYS.variable}) and up to {most} ({TRASH_MB.variable})."


def _described(run: TrashedRun) -> dict[str, Any]:
    name = RunFolder(run.path).legible.get("name")
    return {
        "run_id": run.run_id,
        "name": name if isinstance(name, str) else None,
        "deleted": run.deleted,
        "size": run.size,
    }


def _shown(described: dict[str, Any]) -> dict[str, Any]:
    return {**described, "deleted": moment(described["deleted"]), "size": file_size(described["size"])}


def _together(told: Sequence[dict[str, Any]]) -> str:
    size = file_size(sum(one["size"] for one in told))
    return f"1 run, {size}." if len(told) == 1 else f"{len(told):,} runs, {size} together."


def _tell_emptied(told: Sequence[dict[str, Any]], left: Sequence[TrashedRun], root: Path) -> None:
    print(f"Removed for good: {_together(told)}" if told else f"Nothing was removed from the trash of {root}.")
    for one in left:
        why = "a newer version of the toolkit deleted it" if one.is_left_alone else "it can't be removed"
        print(f"Left: {one.run_id}, since {why}. Its folder is {one.path}")
