"""Limits on what runs and visitors of the dashboard may use of the machine, and the messages for exceeding them.

Whoever hosts the dashboard sets them by environment variables, like the number of concurrent trainings. The last
three apply to runs started on the dashboard; 0 turns each of them off.
"""

import os
from dataclasses import dataclass

from .errors import ToolkitError
from .system.backend import cores


@dataclass(frozen=True)
class Limit:
    """A number that an environment variable sets. usual: the default. at_least: the smallest valid value."""

    variable: str
    usual: float
    at_least: float

    @property
    def value(self) -> float:
        """The variable's value, or the default. Raises `ToolkitError` if the value is invalid."""
        text = os.environ.get(self.variable, "") or str(self.usual)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not self.at_least <= value < float("inf"):
            expected = f"a number from {self.at_least:,g}"
            raise ToolkitError(f"{self.variable} must be {expected}. Received: {text}. Try {self.usual:,.10g}.")
        return value


#: Parameters of a network. With Adam, a checkpoint of this many takes 240 MB.
PARAMETERS = Limit("TOOLKIT_MAX_PARAMETERS", 20_000_000, 1)
#: Counted from when a worker takes the run; a resumed run gets the full time again.
MINUTES = Limit("TOOLKIT_MAX_MINUTES", 720, 0.01)
#: Address space of the worker process, in GiB. TensorFlow aborts under 2; each core adds threads with their stacks
#: and pools.
MEMORY_GB = Limit("TOOLKIT_MAX_MEMORY_GB", 4 + 0.25 * cores(), 3)
#: The largest file that a run writes: its checkpoint.
FILE_MB = Limit("TOOLKIT_MAX_FILE_MB", 1000, 1)
#: How long a deleted run can be restored, and how much disk all deleted runs may take; 0: not at all.
TRASH_DAYS = Limit("TOOLKIT_TRASH_DAYS", 7, 0)
TRASH_MB = Limit("TOOLKIT_TRASH_MB", 2000, 0)

#: How much one visitor of the dashboard may keep uploaded, in MiB: one file of the largest size and its replacement.
UPLOAD_MB = Limit("TOOLKIT_MAX_UPLOAD_MB", 160, 1)
#: How much all visitors together may: uploads are kept in the server's memory.
UPLOADS_MB = Limit("TOOLKIT_MAX_UPLOADS_MB", 400, 1)
#: Pages open at once; at most half of them from one address. Drawing a page takes one of the server's threads.
PAGES = Limit("TOOLKIT_MAX_PAGES", 300, 2)

#: Runs of one browser that wait or train at once.
WAITING = Limit("TOOLKIT_MAX_WAITING", 5, 0)
#: How long the runs of one browser may train per hour while others wait.
SHARED_MINUTES = Limit("TOOLKIT_MAX_SESSION_MINUTES", 20, 0)
#: All files in the runs folder, including what waiting and training runs have yet to write.
RUNS_GB = Limit("TOOLKIT_MAX_RUNS_GB", 50, 0)


def check_limits() -> None:
    """Raises `ToolkitError` if a variable is invalid."""
    for limit in (PARAMETERS, MINUTES, MEMORY_GB, FILE_MB, TRASH_DAYS, TRASH_MB, WAITING, SHARED_MINUTES, RUNS_GB):
        _ = limit.value


def check_visitor_limits() -> None:
    """Raises `ToolkitError` if a variable for the dashboard's visitors is invalid."""
    for limit in (UPLOAD_MB, UPLOADS_MB, PAGES):
        _ = limit.value


def too_long() -> str:
    """The message for a run that exceeded the time limit."""
    minutes = MINUTES.value
    length = f"{minutes / 60:g} hours" if minutes >= 120 else f"{minutes:g} minutes"
    return f"It took longer than {length}, the limit for one run ({MINUTES.variable}). All that was measured is kept."


def too_much_memory() -> str:
    """The message for a run that ran out of memory."""
    return (
        "The network needs more memory than there is, or than one run of the dashboard may take "
        f"({MEMORY_GB.value:g} GB, {MEMORY_GB.variable}). Choose smaller layers or a smaller batch."
    )


def too_much_memory_or_a_fault() -> str:
    """The message for a run that crashed in native code, which gives no reason."""
    return (
        "It crashed in native code, as happens when memory runs out. One run may take "
        f"{MEMORY_GB.value:g} GB ({MEMORY_GB.variable}): choose smaller layers or a smaller batch."
    )


def too_large() -> str:
    """The message for a run that would write too large a file."""
    return (
        f"A file of the run would be larger than {FILE_MB.value:,g} MB, the limit for one run ({FILE_MB.variable}). "
        "Choose smaller layers. All that was measured is kept."
    )


def too_many_waiting(runs: int) -> str:
    """The message for a browser that has too many runs under way to start another."""
    return (
        f"This browser has as many runs waiting or training as it may have at once: {runs} ({WAITING.variable}). Start "
        "this one when one of them has ended, or stop or cancel one."
    )


def made_way() -> str:
    """The message for a run that was stopped because others were waiting."""
    return (
        f"It made way: the runs of its browser had trained {SHARED_MINUTES.value:g} minutes within an hour "
        f"({SHARED_MINUTES.variable}) while others waited. What it has learned is kept. Resume it: it goes on when "
        "nobody else waits, or in its turn once that hour is over."
    )
