"""Signs of life: who is taken for hung, and who is not."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from watching import until

from toolkit.jobs import heartbeat
from toolkit.jobs.heartbeat import Watch, beat, beat_again, beating, forget
from toolkit.jobs.processes import exists, runs_module, start_module

PROJECT = Path(__file__).parents[2]
SLEEPS, COMPUTES = "import time; time.sleep(600)", "while True: pass"
#: Whoever beats does so several times in that time, whatever else the machine has to do.
SILENT, DEAF = 1.0, 5.0

Start = Callable[[str], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".jobs").mkdir()
    return tmp_path


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that does what the code says, and is there until the test is over."""
    children: list[subprocess.Popen[bytes]] = []

    def started(code: str) -> int:
        children.append(subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT))
        return children[-1].pid

    yield started
    for child in children:
        child.kill()
        child.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that the test sets."""
    told = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(heartbeat, "time", SimpleNamespace(monotonic=lambda: told.now))
    return told


def test_a_process_that_neither_beats_nor_works_is_noticed(folder: Path, start: Start) -> None:
    pid, watch = start(SLEEPS), Watch(folder, silent_after=SILENT)
    beat(folder, pid)
    assert until(lambda: watch.silence(pid), "silence") >= SILENT
    beat(folder, pid)
    until(lambda: not watch.silence(pid), "a beat that is noticed")


def test_a_process_that_works_is_given_more_time_than_one_that_does_not(folder: Path, start: Start) -> None:
    """As native code that lets Python never in: it may come to its end."""
    pid, watch = start(COMPUTES), Watch(folder, silent_after=SILENT, deaf_after=DEAF)
    beat(folder, pid)
    assert until(lambda: watch.silence(pid), "silence") >= DEAF


def test_a_process_that_beats_is_not_taken_for_hung_whatever_it_waits_for(folder: Path, start: Start) -> None:
    code = "import sys, time; from pathlib import Path; from toolkit.jobs import heartbeat; heartbeat._PERIOD = 0.1\n"
    code += f"heartbeat.keep_beating(Path({str(folder)!r})); time.sleep(600)"
    pid, watch = start(code), Watch(folder, silent_after=SILENT)
    until(lambda: pid in beating(folder), "a beat")
    stamp, seen = folder / ".jobs" / "beats" / str(pid), set()

    def has_beaten_often() -> bool:
        assert watch.silence(pid) == 0
        seen.add(stamp.stat().st_mtime_ns)
        return len(seen) > 20

    until(has_beaten_often, "twenty beats")
    os.kill(pid, signal.SIGSTOP)
    until(lambda: watch.silence(pid), "silence of a stopped process")
    os.kill(pid, signal.SIGCONT)
    until(lambda: not watch.silence(pid), "life again")


def test_a_process_that_ends_takes_its_beats_away(folder: Path, start: Start) -> None:
    pid = start(f"from pathlib import Path; from toolkit.jobs.heartbeat import keep_beating, beating\n"
                f"keep_beating(Path({str(folder)!r}))\nwhile not beating(Path({str(folder)!r})): pass")  # fmt: skip
    until(lambda: not exists(pid), "its end")
    assert beating(folder) == []


def test_nothing_is_said_of_a_process_that_has_ended_or_never_beat(folder: Path, start: Start) -> None:
    ended, quiet, watch = start("pass"), start(SLEEPS), Watch(folder, silent_after=0, deaf_after=0)
    until(lambda: not exists(ended), "its end")
    beat(folder, ended)
    assert [watch.silence(pid) for pid in (ended, quiet)] == [0, 0]


@pytest.mark.parametrize("gap", [60, 3600, 86_400])
def test_the_watchers_own_sleep_is_held_against_nobody(
    folder: Path, start: Start, clock: SimpleNamespace, gap: float
) -> None:
    """As where a laptop was shut, or the whole machine stood still."""
    pid, watch = start(SLEEPS), Watch(folder)
    beat(folder, pid)
    watch.silence(pid)
    clock.now += gap
    assert watch.silence(pid) == 0
    clock.now += gap
    assert watch.silence(pid) == 0


@pytest.mark.parametrize("shift", [-86_400, 86_400])
def test_a_clock_that_is_set_is_held_against_nobody(
    folder: Path, start: Start, clock: SimpleNamespace, shift: int
) -> None:
    """What counts is that a beat came, not the time that it bears."""
    pid, watch = start(SLEEPS), Watch(folder)
    for second in range(20):
        beat(folder, pid)
        stamp = folder / ".jobs" / "beats" / str(pid)
        os.utime(stamp, ns=(0, stamp.stat().st_mtime_ns + shift * 10**9 * (second % 2)))
        clock.now += 1
        assert watch.silence(pid) == 0


def test_seconds_are_counted_up_to_what_makes_a_process_hung(
    folder: Path, start: Start, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid, watch = start(SLEEPS), Watch(folder)
    monkeypatch.setattr(heartbeat, "work_of", lambda pid: SimpleNamespace(ticks=5, waits_for_disk=False))
    beat(folder, pid)
    told = []
    for _ in range(10):
        told.append(watch.silence(pid))
        clock.now += 1
    assert told == [0, 0, 0, 0, 0, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "work", [None, SimpleNamespace(ticks=5, waits_for_disk=True)], ids=["the system does not tell", "a slow disk"]
)
def test_where_it_may_work_a_process_is_given_more_time(
    folder: Path, start: Start, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, work: object
) -> None:
    pid, watch = start(SLEEPS), Watch(folder)
    monkeypatch.setattr(heartbeat, "work_of", lambda pid: work)
    beat(folder, pid)
    for _ in range(30):
        assert watch.silence(pid) == 0
        clock.now += 1
    assert watch.silence(pid) == 30


def test_a_disk_that_takes_no_beats_is_no_proof_against_anybody(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid, watch = start(SLEEPS), Watch(folder, silent_after=0, deaf_after=0)
    beat(folder, pid)

    def fail(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "utime", fail)
    beat_again(folder, pid)
    assert (beating(folder), watch.silence(pid)) == ([], 0)


def test_a_beat_makes_no_folder_anew_that_was_deleted(tmp_path: Path) -> None:
    beat(tmp_path / "gone", 1)
    beat_again(tmp_path / "gone", 1)
    forget(tmp_path / "gone", 1)
    assert not (tmp_path / "gone").exists()


def test_a_process_is_known_by_module_and_folder_not_by_its_number(tmp_path: Path) -> None:
    child = start_module("http.server", str(tmp_path), log=tmp_path / "log", talks=True)
    until(lambda: runs_module(child.pid, "http.server", tmp_path), "its command")
    assert not runs_module(child.pid, "http", tmp_path)
    assert not runs_module(child.pid, "http.server", tmp_path.with_name(tmp_path.name[:-1]))
    child.kill()
    child.wait()
    assert not runs_module(child.pid, "http.server", tmp_path)
    assert not runs_module(os.getpid(), "http.server", tmp_path)
