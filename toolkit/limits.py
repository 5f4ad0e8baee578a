"""What runs, and the visitors of the dashboard, may take of the machine: all limits, and what is said at one.

Who runs the dashboard for others sets them by environment variables, as the number of trainings at once. The last
three hold for runs that are started on the dashboard, and 0 turns each of them off.
"""

import os
from dataclasses import dataclass

from .errors import ToolkitError
from .system.backend import cores


@dataclass(frozen=True)
class Limit:
    """A number that an environment variable sets; at_least: less makes no sense."""

    variable: str
    usual: float
    at_least: float

    @property
    def value(self) -> float:
        """What the variable says, else the usual. Raises `ToolkitError` where it makes no sense."""
        text = os.environ.get(self.variable, "") or str(self.usual)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not self.at_least <= value < float("inf"):
            expected = f"a number from {self.at_least:,g}"
            raise ToolkitError(f"{self.variable} must be {expected}. Received: {text}. Try {self.usual:,.10g}.")
        return value


#: The numbers that a network holds. With Adam, a checkpoint of so many is 240 MB.
PARAMETERS = Limit("TOOLKIT_MAX_PARAMETERS", 20_000_000, 1)
#: From the moment that a worker takes the run; a run that is resumed has as long again.
MINUTES = Limit("TOOLKIT_MAX_MINUTES", 720, 0.01)
#: Addresses of the worker's process, in GiB. TensorFlow aborts under 2; each core adds threads with their stacks and
#: pools.
MEMORY_GB = Limit("TOOLKIT_MAX_MEMORY_GB", 4 + 0.25 * cores(), 3)
#: The largest file that a run writes: its checkpoint.
FILE_MB = Limit("TOOLKIT_MAX_FILE_MB", 1000, 1)
#: How long a deleted run can be brought back, and how much such runs may take together; 0: not at all.
TRASH_DAYS = Limit("TOOLKIT_TRASH_DAYS", 7, 0)
TRASH_MB = Limit("TOOLKIT_TRASH_MB", 2000, 0)

#: What one visitor of the dashboard may keep uploaded, in MiB: a file of the largest size and its replacement.
UPLOAD_MB = Limit("TOOLKIT_MAX_UPLOAD_MB", 40, 1)
#: What all visitors together may: uploads lie in the server's memory.
UPLOADS_MB = Limit("TOOLKIT_MAX_UPLOADS_MB", 400, 1)
#: The pages that are open at once; half of them from one address. A page costs the server a thread while it is drawn.
PAGES = Limit("TOOLKIT_MAX_PAGES", 300, 2)

#: The runs of one browser that wait or train at once.
WAITING = Limit("TOOLKIT_MAX_WAITING", 5, 0)
#: What the runs of one browser may train in an hour while those of others wait.
SHARED_MINUTES = Limit("TOOLKIT_MAX_SESSION_MINUTES", 20, 0)
#: All files in the folder of the runs, with what the runs that wait or train will write yet.
RUNS_GB = Limit("TOOLKIT_MAX_RUNS_GB", 50, 0)


def check_limits() -> None:
    """Raises `ToolkitError` where a variable makes no sense."""
    for limit in (PARAMETERS, MINUTES, MEMORY_GB, FILE_MB, TRASH_DAYS, TRASH_MB, WAITING, SHARED_MINUTES, RUNS_GB):
        _ = limit.value


def check_visitor_limits() -> None:
    """Raises `ToolkitError` where a variable for the dashboard's visitors makes no sense."""
    for limit in (UPLOAD_MB, UPLOADS_MB, PAGES):
        _ = limit.value


def too_long() -> str:
    """What is said of a run that was ended for the time it took."""
    minutes = MINUTES.value
    length = f"{minutes / 60:g} hours" if minutes >= 120 else f"{minutes:g} minutes"
    return f"It took longer than {length}, the limit for one run ({MINUTES.variable}). All that was measured is kept."


def too_much_memory() -> str:
    """What is said of a run that memory did not suffice for."""
    return (
        "The network needs more memory than there is, or than one run of the dashboard may take "
        f"({MEMORY_GB.value:g} GB, {MEMORY_GB.variable}). Choose smaller layers or a smaller batch."
    )


def too_much_memory_or_a_fault() -> str:
    """What is said of a run that broke off in native code, which does not say why."""
    return (
        "It broke off in native code, as happens where memory runs out. One run may take "
        f"{MEMORY_GB.value:g} GB ({MEMORY_GB.variable}): choose smaller layers or a smaller batch."
    )


def too_large() -> str:
    """What is said of a run that would write too large a file."""
    return (
        f"A file of the run would be larger than {FILE_MB.value:,g} MB, the limit for one run ({FILE_MB.variable}). "
        "Choose smaller layers. All that was measured is kept."
    )


def too_many_waiting(runs: int) -> str:
    """What is said where a browser has so many runs under way that it can't start another."""
    return (
        f"This browser has as many runs waiting or training as it may have at once: {runs} ({WAITING.variable}). Start "
        "this one as soon as one of them has ended, or stop or cancel one."
    )


def made_way() -> str:
    """What is said of a run that was stopped since others waited."""
    return (
        f"It made way: the runs of its browser had trained {SHARED_MINUTES.value:g} minutes within an hour "
        f"({SHARED_MINUTES.variable}) while others waited. What was learned is kept. Resume it: it goes on when nobody "
        "else waits, or in its turn once that hour is over."
    )
