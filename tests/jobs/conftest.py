"""Folders for runs, each with a supervisor of its own, and no process left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watching import until_alone

from toolkit.jobs import release_workers


@contextmanager
def _quick_to_leave(root: Path) -> Iterator[Path]:
    """One training at once, whatever the machine; when the test is over, every process must end by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOOLKIT_WORKERS", "1")
        patch.setenv("TOOLKIT_IDLE_SECONDS", "0.2")
        yield root
        release_workers(root)
        until_alone(root)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A runs folder for one test."""
    with _quick_to_leave(tmp_path / "runs") as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A runs folder with one supervisor for all tests of a module."""
    with _quick_to_leave(tmp_path_factory.mktemp("shared") / "runs") as folder:
        yield folder
