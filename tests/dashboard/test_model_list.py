"""The list of models is cached, and read again if a run's files have changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.shared import run_listing as model_list
from dashboard.shared.run_listing import listed_runs
from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, RunWriter

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def configs_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the runs whose config was read."""
    model_list._read.cache_clear()
    read: list[str] = []

    def parameters(config: ExperimentConfig) -> None:
        read.append(config.name)

    monkeypatch.setattr(model_list, "_parameters", parameters)
    return read


def test_a_run_is_read_once_until_it_is_renamed(root: Path, make_run: MakeRun, configs_read: list[str]) -> None:
    run = make_run("finished")
    make_run("queued", run.config.replace(name="another"))
    for _ in range(3):
        assert [one.title for one in listed_runs(root)] == ["another", "my run"]
    assert sorted(configs_read) == ["another", "my run"]
    run.rename("new")
    assert [one.title for one in listed_runs(root)] == ["another", "new"]
    assert configs_read[2:] == ["new"]


def test_a_state_is_the_present_one_though_nothing_was_read_again(
    root: Path, make_run: MakeRun, configs_read: list[str]
) -> None:
    run = make_run("queued")
    assert [one.state for one in listed_runs(root)] == ["queued"]
    writer = RunWriter.claim(run)
    assert writer is not None
    writer.append({"event": "state", "state": "running"})
    assert [one.state for one in listed_runs(root)] == ["running"]
    assert configs_read == ["my run"]
    writer.finish({"run_id": run.id, "state": "stopped", "test_accuracy": 0.5})
    writer.close()
    assert [(one.state, one.accuracy) for one in listed_runs(root)] == [("stopped", 0.5)]


def test_the_size_is_that_of_model_and_weights_and_nothing_without_a_model(root: Path, make_run: MakeRun) -> None:
    run = make_run("finished")
    run.model_path.write_bytes(bytes(300))
    run.weights_path.write_bytes(bytes(20))
    assert [one.size for one in listed_runs(root)] == [320]
    run.model_path.unlink()
    assert [one.size for one in listed_runs(root)] == [0]


def test_data_of_ones_own_are_not_read_for_the_list(root: Path, make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n" + "1,x\n2,y\n" * 20)
    make_run("queued", ExperimentConfig(name="mine", dataset=str(tmp_path / "mine.csv"), layers=[]))
    (listed,) = listed_runs(root)
    assert (listed.parameters, listed.layers) == (None, "none")
