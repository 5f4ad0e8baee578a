"""A run is a folder: making, finding, reading and writing it. Free of NumPy, which the supervisor can do without."""

from .folder import STATES, RunFolder
from .newer import NEWER
from .root import DEFAULT_ROOT, ROOT_VARIABLES, default_root, told_command
from .schema import ENDED
from .store import (
    ORDERS,
    create_run,
    dataset_of,
    datasets_needed,
    find_run_folder,
    list_runs,
    open_run,
    run_folders,
    sweep,
)
from .writer import RunWriter, note_interruption

__all__ = [
    "DEFAULT_ROOT",
    "ENDED",
    "NEWER",
    "ORDERS",
    "ROOT_VARIABLES",
    "STATES",
    "RunFolder",
    "RunWriter",
    "create_run",
    "dataset_of",
    "datasets_needed",
    "default_root",
    "find_run_folder",
    "list_runs",
    "note_interruption",
    "open_run",
    "run_folders",
    "sweep",
    "told_command",
]
