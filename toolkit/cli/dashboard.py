"""`dashboard`: serve the pages."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from ..errors import ToolkitError
from .options import root_option

#: It lies beside the toolkit, both in a clone and when installed; its settings lie beside it.
_APP = Path(__file__).parents[2] / "dashboard" / "app.py"
#: The packages of the extra `dashboard`.
_NEEDED = ("streamlit", "starlette", "streamlit_drawable_canvas")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to listen on.  [default: the first free from 8501]"
)
@click.option(
    "--host", metavar="ADDRESS", help="The address to listen on; 0.0.0.0 lets a class in.  [default: 127.0.0.1]"
)
@click.option("--headless", is_flag=True, help="Open no browser here.")
@root_option
def dashboard(port: int | None, host: str | None, headless: bool, root: Path) -> None:
    """Serve the dashboard's pages until Ctrl-C."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ToolkitError(
            f"The dashboard needs {' and '.join(missing)}, which can't be found here. "
            'Install what it needs: pip install "keras-teaching-toolkit[dashboard]"'
        )
    options = {"server.port": port, "server.address": host, "server.headless": "true" if headless else None}
    flags = [f"--{name}={value}" for name, value in options.items() if value is not None]
    # -P: a streamlit.py in the user's folder must not be imported.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(_APP), *flags]
    # Replaces this process, so that whatever ends the command ends the server.
    os.execve(sys.executable, command, {**os.environ, "TOOLKIT_RUNS": str(root)})
