"""Folders that hold a run and yet are in no list, and why: copied or renamed by hand, or damaged."""

from pathlib import Path

from ..errors import RunError
from ..formatting import shortened
from .folder import RunFolder
from .store import is_run_id, names_in, slug

#: Files that only a run's folder has.
_OF_A_RUN = ("events.jsonl", "result.json", "model.keras")


def left_out_runs(root: Path) -> list[str]:
    """A sentence for each run in the folder that `list_runs` skips, in the order of their names.

    Folders without the files of a run are a user's own, and are not named. Raises `RunError` if the folder can't be
    read.
    """
    names = sorted(names_in(root))
    return [why for name in names if not name.startswith(".") and (why := _why_left_out(root / name, names))]


def _why_left_out(folder: Path, names: list[str]) -> str:
    if is_run_id(folder.name):
        return _damage(folder)
    if not _holds_files_of_a_run(folder) or not (folder / "config.json").is_file():
        return ""
    return (
        f"The run {shortened(folder.name)} is left out: the name of a run's folder has only lower-case letters from a "
        f"to z, digits and hyphens. Rename the folder, for example to {_free_name(folder.name, names)}."
    )


def _damage(folder: Path) -> str:
    run = RunFolder(folder)
    if not _holds_files_of_a_run(folder) or run.newer:
        return ""
    try:
        _ = run.config
    except RunError as error:
        return str(error)
    return ""


def _holds_files_of_a_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _OF_A_RUN)


def _free_name(name: str, taken: list[str]) -> str:
    plain = slug(name)
    numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return plain if plain not in taken else next(one for one in numbered if one not in taken)
