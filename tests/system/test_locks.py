"""Locks that die with their process, however it dies."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolkit.system import locks
from toolkit.system.locks import FileLock, is_locked

ROOT = Path(__file__).resolve().parents[2]

_HOLD = """
import subprocess, sys
from pathlib import Path
from toolkit.system.locks import FileLock
lock = FileLock.claim(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "600"], close_fds=False, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
"""
_PROBE = """
import sys
from pathlib import Path
from toolkit.system.locks import is_locked
print("probing", flush=True)
while True:
    is_locked(Path(sys.argv[1]))
"""


@contextmanager
def _process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another Python process that has said its first line; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker.lock"


def test_a_lock_is_held_by_one_alone(path: Path) -> None:
    lock = FileLock.claim(path)

    assert lock is not None
    assert FileLock.claim(path) is None
    assert FileLock.claim(path, shared=True) is None
    lock.release()


def test_a_released_lock_can_be_claimed_again(path: Path) -> None:
    FileLock.claim(path).release()

    with FileLock.claim(path) as lock:
        assert lock is not None
        assert is_locked(path)
    assert not is_locked(path)


def test_a_shared_lock_is_shared_and_keeps_exclusive_claims_out(path: Path) -> None:
    with FileLock.claim(path, shared=True), FileLock.claim(path, shared=True) as second:
        assert second is not None
        assert FileLock.claim(path) is None
        assert not is_locked(path)
    assert FileLock.claim(path) is not None


def test_looking_at_a_lock_that_never_was_makes_no_file(path: Path) -> None:
    assert not is_locked(path)
    assert not path.exists()


def test_looking_does_not_take_the_lock_away(path: Path) -> None:
    with FileLock.claim(path):
        assert all(is_locked(path) for _ in range(100))
        assert FileLock.claim(path) is None


def test_the_holder_leaves_a_short_text_for_others(path: Path) -> None:
    with FileLock.claim(path) as lock:
        lock.write("1234567")
        lock.write("89")
        assert path.read_text() == "89"


def test_kill_9_frees_the_lock_even_while_a_child_of_the_holder_lives(path: Path) -> None:
    with _process(_HOLD, path) as holder:
        child = int(holder.stdout.readline())
        try:
            assert is_locked(path)
            assert FileLock.claim(path) is None

            holder.kill()
            holder.wait()

            os.kill(child, 0)
            assert not is_locked(path)
            assert FileLock.claim(path) is not None
        finally:
            os.kill(child, 9)


def test_a_claim_tries_again_while_a_probe_is_in_the_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = FileLock.claim(path, shared=True)
    monkeypatch.setattr(locks.time, "sleep", lambda seconds: probe.release())

    assert FileLock.claim(path) is not None


def test_a_probe_in_a_loop_never_keeps_claims_out_for_good(path: Path) -> None:
    with _process(_PROBE, path) as prober:
        prober.stdout.readline()
        for _ in range(2000):
            # A second try is for a machine so busy that the prober is put to sleep inside its probe.
            lock = FileLock.claim(path) or FileLock.claim(path)
            assert lock is not None
            lock.release()
        assert prober.poll() is None
