"""The command line: `python -m toolkit train --preset keras-mlp --epochs 5 --json`.

Exit status: 0; 1 when a run failed or the disk was full; 2 for bad input, with one line on standard error.
TensorFlow is imported only once the input is known to be valid.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from ..errors import ToolkitError, nearest
from .dashboard import dashboard
from .data import data
from .export import export
from .graph import graph
from .import_file import import_file
from .listing import presets
from .output import printable
from .predict import predict
from .reproduce import reproduce
from .results import evaluate
from .runs import compare, delete, rename, runs
from .show import show
from .train import resume, train
from .trash import restore, trash

_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def toolkit(context: click.Context) -> None:
    """See how a neural network learns: train, judge, evaluate and predict.

    `python -m toolkit train --preset keras-mlp` trains on the full MNIST that ships with the toolkit.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (
    train,
    resume,
    evaluate,
    predict,
    show,
    runs,
    compare,
    rename,
    delete,
    restore,
    trash,
    presets,
    data,
    reproduce,
    export,
    import_file,
    graph,
    dashboard,
):
    toolkit.add_command(command)


@toolkit.result_callback()
def _print_all(status: Any) -> Any:
    """Flush standard output here, where a full disk or a closed pipe can still be handled."""
    if sys.stdout:
        sys.stdout.flush()
    return status


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    try:
        return toolkit.main(_command_first(arguments), prog_name="python -m toolkit", standalone_mode=False) or 0
    except click.exceptions.Abort:
        return 130
    except click.NoSuchCommand as error:
        remedy = nearest(error.command_name, list(toolkit.commands))
        return _refuse(f"There is no command {error.command_name or 'without a name'}. {remedy}")
    except click.UsageError as error:
        return _refuse(_with_help(error))
    except click.ClickException as error:
        return _refuse(error.format_message())
    except ToolkitError as error:
        return _refuse(str(error))
    except OSError as error:
        if error.errno not in _DISK_IS_FULL:
            raise
        return _break_off(error)


def _with_help(error: click.UsageError) -> str:
    # The program's own options are --help and --version: suggest neither for an option that belongs to a command.
    guess = not (isinstance(error, click.NoSuchOption) and error.ctx is not None and error.ctx.parent is None)
    message = error.format_message() if guess else error.message
    sentence = message if message.endswith((".", "?")) else f"{message}."
    return f"{sentence} See: {error.ctx.command_path} --help" if error.ctx else sentence


def _refuse(message: str, *, status: int = 2) -> int:
    print(printable(" ".join(message.split())), file=sys.stderr)
    return status


def _break_off(error: OSError) -> int:
    """Report what could not be written."""
    # Discard buffered output: the interpreter would try to write it again at exit, and print an error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    place = error.filename or "The output"
    return _refuse(f"{place} can't be written ({error.strerror}). Free some space, or choose another place.", status=1)


def _command_first(arguments: Sequence[str]) -> list[str]:
    """Options may come before the command too: `--root FOLDER train` means `train --root FOLDER`."""
    known = {option for command in toolkit.commands.values() for option in _options_with_value(command)}
    index = 0
    while index < len(arguments) and arguments[index].startswith("-"):
        index += 2 if arguments[index] in known else 1
    if index >= len(arguments):
        return list(arguments)
    return [arguments[index], *arguments[:index], *arguments[index + 1 :]]


def _options_with_value(command: click.Command) -> list[str]:
    options = [one for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    return [name for option in options for name in option.opts]
