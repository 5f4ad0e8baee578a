"""Where Python lacks what Windows lacks, a sentence advises WSL."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_ON_WINDOWS = """
import os, signal, sys
for name in ("fcntl", "resource"):
    sys.modules[name] = None  # as where it can't be found
for name in ("SIGBUS", "SIGALRM", "SIGKILL", "SIGHUP"):
    delattr(signal, name)
signal.Signals = [one for one in signal.Signals if one.name not in ("SIGBUS", "SIGALRM", "SIGKILL", "SIGHUP")]
for name in ("killpg", "nice", "pwrite", "sched_getaffinity", "O_CLOEXEC", "O_NONBLOCK"):
    delattr(os, name)
"""
_SENTENCE = (
    "Runs need Linux or macOS: Windows lacks the locks that tell which process trains a run. "
    "On Windows, install WSL (wsl --install) and start the toolkit there."
)


def _python(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{_ON_WINDOWS}\n{code}", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--preset", "softmax", "--dataset", "digits"],
        ["reproduce", "softmax"],
    ],
)
def test_a_command_that_makes_runs_says_so_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    done = _python("from toolkit.cli import main; sys.exit(main(sys.argv[1:]))", tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (2, f"{_SENTENCE}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["presets"], ["runs"]])
def test_what_needs_no_run_works(arguments: list[str], tmp_path: Path) -> None:
    done = _python("from toolkit.cli import main; sys.exit(main(sys.argv[1:]))", tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "call",
    [
        'keep_workers(Path("runs"))',
        'submit(Path("runs"), preset("softmax"), asked_by="a test")',
        'create_run(Path("runs"), preset("softmax"), asked_by="a test")',
        'start_module("toolkit.jobs.supervisor", log=Path("log"))',
        'FileLock.claim(Path("lock"))',
        'is_locked(Path("lock"))',
    ],
)
def test_who_asks_for_runs_from_python_gets_the_same_sentence(call: str, tmp_path: Path) -> None:
    """The dashboard shows it on its page: it asks `keep_workers` first."""
    done = _python(
        "from pathlib import Path\nfrom toolkit import preset, ToolkitError\n"
        "from toolkit.jobs import keep_workers, submit\n"
        "from toolkit.jobs.processes import start_module\nfrom toolkit.system.locks import FileLock, is_locked\n"
        f"from toolkit.runs import create_run\ntry:\n    {call}\nexcept ToolkitError as error:\n    print(error)",
        tmp_path,
    )
    assert (done.stdout, done.stderr) == (f"{_SENTENCE}\n", "")
