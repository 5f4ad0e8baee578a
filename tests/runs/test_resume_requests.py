"""A request to go on with a run: a file that makes it wait in the queue again, whoever dies on the way."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toolkit.config import ExperimentConfig
from toolkit.errors import DataError, RunError
from toolkit.preflight import check_resume
from toolkit.runs import RunWriter, create_run
from toolkit.runs import writer as run_writer
from toolkit.runs.folder import RunFolder

_CONFIG = ExperimentConfig(name="first try", dataset="digits")


def _broken_off(root: Path, state: str, config: ExperimentConfig = _CONFIG) -> RunFolder:
    """A run as its worker leaves it."""
    run = create_run(root, config, asked_by="a test")
    writer = RunWriter.claim(run)
    writer.append({"event": "state", "state": "running"})
    if state != "interrupted":
        writer.finish({"run_id": run.id, "state": state})
    writer.close()
    return run


@pytest.mark.parametrize("state", ["stopped", "interrupted"])
def test_a_run_that_is_asked_to_go_on_waits_until_a_worker_takes_it(tmp_path: Path, state: str) -> None:
    run = _broken_off(tmp_path, state)
    assert run.state == state

    run.request_resume()
    assert (run.state, run.resume_requested) == ("queued", True)

    writer = RunWriter.claim(run, resume=True)
    assert (run.state, run.resume_requested, run.result) == ("running", False, None)
    writer.finish({"run_id": run.id, "state": "finished"})
    writer.close()
    assert run.state == "finished"


@pytest.mark.parametrize("state", ["finished", "diverged", "failed"])
def test_a_run_at_its_end_is_not_resumed(tmp_path: Path, state: str) -> None:
    run = _broken_off(tmp_path, state)
    with pytest.raises(RunError) as caught:
        run.request_resume()
    assert str(caught.value) == f"The run {run.id} was not stopped or interrupted. Start another one."
    assert (run.state, run.resume_requested) == (state, False)


def test_a_run_that_has_not_begun_is_not_resumed(tmp_path: Path) -> None:
    run = create_run(tmp_path, _CONFIG, asked_by="a test")
    with pytest.raises(RunError, match="was not stopped or interrupted"):
        run.request_resume()
    assert run.state == "queued"
    assert RunWriter.claim(run, resume=True) is None


def test_a_run_that_waits_to_be_resumed_is_not_begun_anew(tmp_path: Path) -> None:
    run = _broken_off(tmp_path, "interrupted")
    run.request_resume()
    assert RunWriter.claim(run) is None
    assert run.state == "queued"


def test_a_second_request_changes_nothing(tmp_path: Path) -> None:
    run = _broken_off(tmp_path, "stopped")
    run.request_resume()
    since = run.queued_since
    run.request_stop()
    os.utime(run.path / "stop", (0, 0))

    run.request_resume()

    assert (run.queued_since, run.stop_requested) == (since, True)


def test_a_request_that_comes_while_the_run_trains_leaves_nothing_behind(tmp_path: Path) -> None:
    run = _broken_off(tmp_path, "stopped")
    writer = RunWriter.claim(run, resume=True)

    run.request_resume()

    assert (run.state, run.resume_requested) == ("running", False)
    writer.finish({"run_id": run.id, "state": "stopped"})
    writer.close()
    assert run.state == "stopped"


def test_a_stop_from_before_is_over_and_one_from_after_is_heeded(tmp_path: Path) -> None:
    run = _broken_off(tmp_path, "stopped")
    run.request_stop()
    run.request_resume()
    assert not run.stop_requested

    run.request_stop()
    writer = RunWriter.claim(run, resume=True)

    assert (run.state, run.stop_requested) == ("running", True)
    writer.close()


def test_the_request_outlives_a_worker_that_dies_while_it_claims_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _broken_off(tmp_path, "stopped")
    run.request_resume()
    seen = []

    def die(path: Path) -> None:
        seen.append((run.state, run.result))
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(run_writer, "cut_to_valid", die)
        with pytest.raises(SystemExit):
            RunWriter.claim(run, resume=True)

    assert seen == [("running", None)]
    assert run.state == "queued"
    writer = RunWriter.claim(run, resume=True)
    assert run.state == "running"
    writer.close()


def test_a_claimed_run_is_never_seen_as_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the worker has done of its claim when somebody looks."""
    run = _broken_off(tmp_path, "stopped")
    run.request_resume()
    seen, unlink = [], Path.unlink

    def look_around(path: Path, missing_ok: bool = False) -> None:
        seen.append(run.state)
        unlink(path, missing_ok=missing_ok)
        seen.append(run.state)

    monkeypatch.setattr(Path, "unlink", look_around)
    writer = RunWriter.claim(run, resume=True)

    assert len(seen) >= 4
    assert set(seen) == {"running"}
    writer.close()


def test_requests_and_claims_at_once_leave_one_writer_and_no_request(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            run = _broken_off(tmp_path, "stopped")
            asked = [pool.submit(run.request_resume) for _ in range(2)]
            claims = [pool.submit(RunWriter.claim, run, resume=True) for _ in range(2)]
            for one in asked:
                one.result()
            writers = [one.result() for one in claims]
            (writer,) = [one for one in [*writers, RunWriter.claim(run, resume=True)] if one]
            assert (run.state, run.resume_requested) == ("running", False)
            writer.close()


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _broken_off(tmp_path, "stopped")

    def fail(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", fail)
    with pytest.raises(RunError) as caught:
        run.request_resume()

    assert str(caught.value) == (
        f"The run {run.id} can't be resumed ([Errno 28] No space left on device). Free some space, or see that the "
        "folder can be written."
    )
    assert run.state == "stopped"


def test_a_run_whose_data_have_changed_is_not_resumed(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("size,kind\n" + "1,ant\n2,bee\n" * 20)
    run = _broken_off(tmp_path / "runs", "stopped", ExperimentConfig(dataset=str(table)))
    check_resume(run)

    table.write_text("size,kind\n" + "1,ant\n3,bee\n" * 20)

    with pytest.raises(DataError, match=f"^{table} has changed since the run {run.id} was made"):
        check_resume(run)
    table.unlink()
    with pytest.raises(DataError, match=f"^The data of the run {run.id} are gone: there is no {table}."):
        check_resume(run)
