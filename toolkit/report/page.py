"""The page: the filled-in template with Plotly inside, written whole or not at all."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from plotly.offline import get_plotlyjs

from ..errors import RunError
from ..runs import RunFolder
from ..system.files import write_atomically
from .contents import read_contents
from .sections import header, sections


def write_report(run: RunFolder, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write one HTML file on a run: curves, verdict, test metrics, mistakes, settings. It opens offline.

    run: in any state; the report says what is missing. path: ends in `.html`.

    Returns the path. Raises `RunError` for another suffix, for a folder that doesn't exist or can't be written,
    if the file exists and `overwrite` is not set, and if the run's files are damaged.
    """
    path = checked_target(path, overwrite=overwrite)
    page = render(run)
    try:
        write_atomically(path, lambda temporary: temporary.write_text(page, encoding="utf-8"))
    except OSError as error:
        raise RunError(f"The report can't be written to {path} ({error}). Choose another folder.") from error
    return path


def checked_target(path: str | Path, *, overwrite: bool) -> Path:
    """The path, if a report may be written there. Raises `RunError` as `write_report` does."""
    path = Path(path)
    if path.suffix != ".html":
        raise RunError(f"A report's name must end in .html. Received: {path}. Try {path.with_suffix('.html')}.")
    if not path.parent.is_dir():
        raise RunError(f"There is no folder {path.parent} to write the report into. Make it, or choose another.")
    if path.exists() and not overwrite:
        raise RunError(f"{path} exists already. Choose another name, or overwrite it with --overwrite.")
    return path


def render(run: RunFolder) -> str:
    """The report as HTML."""
    contents = read_contents(run)
    return Template(_part("page.html")).substitute(
        title=escape(run.config.name),
        style=_part("style.css"),
        header=header(contents),
        sections="\n".join(sections(contents)),
        plotly=get_plotlyjs(),
        charts=_part("charts.js"),
    )


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
