"""What one run may take of the machine: all limits of a run, and what is said where one is hit.

Who runs the dashboard for others sets them by environment variables, as the number of trainings at once.
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


def check_limits() -> None:
    """Raises `ToolkitError` where a variable makes no sense."""
    for limit in (PARAMETERS, MINUTES, MEMORY_GB, FILE_MB):
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
