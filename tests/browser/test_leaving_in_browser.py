"""What the server does after the last visitor has left, and that waiting runs still get a worker."""

import os
import signal
from collections.abc import Callable

import pytest
from driving import Dashboard, Visitor, until

from dashboard import texts
from toolkit.config.presets import preset
from toolkit.jobs import release_workers, submit

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def test_after_the_last_page_no_process_stays_and_the_next_visitor_brings_them_back(
    own_dashboard: Dashboard, visit: Visit
) -> None:
    first, second = visit(own_dashboard), visit(own_dashboard, "models")
    until(lambda: len(own_dashboard.processes()) >= 2, "a supervisor and a worker")

    first.page.goto("about:blank")
    assert any("toolkit.jobs.supervisor" in line for line in own_dashboard.processes())
    second.page.goto("about:blank")
    until(lambda: not own_dashboard.processes(), f"no process; there are {own_dashboard.processes()}")

    first.open()
    until(own_dashboard.processes, "a supervisor for the next visitor")


def test_a_page_that_watches_a_waiting_run_brings_back_a_supervisor_that_was_killed(
    own_dashboard: Dashboard, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_WORKERS", "1")
    root, config = own_dashboard.root, preset("keras-mlp").replace(epochs=1000)
    visitor = visit(own_dashboard)
    training, waiting = (submit(root, config, asked_by="a test") for _ in range(2))
    release_workers(root)  # The page alone wants them.
    until(lambda: training.state == "running", "a training")
    visitor.open(f"?run={waiting.id}")
    visitor.wait_for_state("queued")
    lock, worker = root / ".jobs" / "supervisor.lock", training.worker_pid
    former = int(lock.read_text())

    os.kill(former, signal.SIGKILL)

    until(lambda: lock.read_text() not in ("", str(former)), "another supervisor")
    assert (training.worker_pid, waiting.state) == (worker, "queued")
    visitor.button(texts.train.CANCEL).click()
    visitor.wait_for_state("stopped")
