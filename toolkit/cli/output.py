"""What the command line prints: one JSON document or a few lines on standard output, progress on standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from ..config import ExperimentConfig
from ..errors import ToolkitError
from ..experiment import Report
from ..formatting import duration, percent
from ..runs.schema import Measurement, Note, event_of
from ..system.files import write_atomically

if TYPE_CHECKING:
    from rich.table import Table

_SECONDS_BETWEEN_LINES = 10.0
#: The states of runs without a result; their message says why.
BROKEN_OFF = ("failed", "interrupted")


def print_json(value: Any) -> None:
    """Print exactly one JSON document; non-ASCII letters are escaped if the output's encoding lacks one."""
    document = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        document.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        document = json.dumps(value, indent=2, allow_nan=False)
    print(document)


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table that fits the terminal; the keys are its header."""
    from rich.console import Console
    from rich.text import Text

    names = list(map(printable, rows[0])) if rows else []
    cells = [["–" if value is None else printable(str(value)) for value in row.values()] for row in rows]
    # In a file, lines are not cut to a terminal's width.
    console = Console(width=None if sys.stdout.isatty() else 200)
    if (lines := _in_line([names, *cells], console.width)) is None:
        console.print(_folded(names, cells))
        return
    console.print(Text(lines[0], style="bold"))
    for line in lines[1:]:
        print(line)


def _in_line(rows: Sequence[Sequence[str]], width: int) -> list[str] | None:
    """The rows as lines with aligned columns; None if these lines would not fit the width."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 2 * len(widths) > width:
        return None
    return [
        "  ".join(cell + " " * (most - cell_len(cell)) for cell, most in zip(row, widths, strict=True)) for row in rows
    ]


def _folded(names: Sequence[str], cells: Sequence[Sequence[str]]) -> "Table":
    """The rows with long cells folded, which takes a third of a millisecond per row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(names):
        # The first column is what people copy: a run's id, a name.
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    for row in cells:
        # As Text: a user's title is data, not markup.
        table.add_row(*map(Text, row))
    return table


def printable(text: str) -> str:
    """Foreign text without the characters that control a terminal."""
    if text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if category(letter) == "Cc" else letter for letter in text)


def measured(name: str, value: float | None) -> str:
    """A loss as 0.1073, an accuracy as 97.08 %; name: what was measured, in Keras's words."""
    return percent(value) if value is None or name.endswith("accuracy") else f"{value:.4f}"


def check_new_file(path: Path, suffix: str, *, overwrite: bool) -> None:
    """Refuse a name without the suffix, in no folder, or of a file that exists. Raises `ToolkitError`."""
    if path.suffix != suffix:
        raise ToolkitError(f"The name must end in {suffix}. Received: {path}.")
    if path.exists() and not overwrite:
        raise ToolkitError(f"{path} exists already. Choose another name, or add --overwrite.")
    if not path.parent.is_dir():
        raise ToolkitError(f"The folder {path.parent} does not exist. Make it first, or choose another.")


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write the whole file or nothing. Raises `ToolkitError` if that fails."""
    try:
        write_atomically(path, write)
    except OSError as error:
        raise ToolkitError(f"{path} can't be written ({error.strerror or error}). Choose another place.") from error


@contextmanager
def progress_bar(config: ExperimentConfig) -> Iterator[Report]:
    """A bar on standard error with loss, accuracy and time left; without a terminal, a line every few seconds.

    Yields the function to call with each event of the run.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.text import Text

    # rich itself takes settings such as FORCE_COLOR as proof of a terminal.
    terminal = sys.stderr.isatty()
    console, lines = Console(stderr=True), _Lines()
    unit, total = ("step", config.steps) if config.steps else ("epoch", config.epochs or 1)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(unit + " {task.completed} of {task.total}"),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not terminal) as progress:
        task = progress.add_task(printable(config.name), total=total, figures="starting")

        def show(event: dict[str, Any]) -> None:
            told = event_of(event)
            if isinstance(told, Note) and terminal:
                progress.console.print(Text(printable(told.sentence)))
            if isinstance(told, Measurement):
                done = told.step if config.steps else told.epoch
                progress.update(task, completed=done, figures=_figures(told))
                if not terminal:
                    lines.tell(f"{unit} {done:,} of {total:,} · {_figures(told)}", done / total)

        yield show


class _Lines:
    """Lines of progress for a log file, far enough apart to be read."""

    def __init__(self) -> None:
        self._started = self._last = 0.0

    def tell(self, line: str, share: float) -> None:
        """Print the line, unless one was printed a moment ago; share: how much is done, 0 to 1."""
        now = time.monotonic()
        if not self._started:
            self._started = self._last = now
        elif share and now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            left = (now - self._started) * (1 - share) / share
            print(f"{line} · {duration(left)} left", file=sys.stderr, flush=True)


def _figures(event: Measurement) -> str:
    loss = event.loss if event.loss is not None else event.honest_loss
    accuracy = event.accuracy if event.accuracy is not None else event.honest_accuracy
    shown = [f"loss {loss:.4f}" if loss is not None else "loss –", f"accuracy {percent(accuracy)}"]
    if event.val_loss is not None:
        shown.append(f"val_loss {event.val_loss:.4f}")
    return " · ".join(shown)
