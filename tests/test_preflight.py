"""A form checks after every change: that costs little, and what has changed is seen."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit import preflight
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset, load_dataset
from toolkit.errors import DataError, RunError
from toolkit.preflight import check_experiment, check_resume
from toolkit.runs import DEFAULT_ROOT, RunFolder, create_run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("a,kind\n" + "1,x\n2,y\n" * 50)
    return path


def test_another_change_in_the_form_reads_no_file_again(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def load(name: str, **reading: Any) -> Dataset:
        read.append(name)
        return load_dataset(name, **reading)

    monkeypatch.setattr(preflight, "load_dataset", load)
    config = ExperimentConfig(dataset=str(table))
    for learning_rate in (0.1, 0.01, 0.001):
        check_experiment(config.replace(learning_rate=learning_rate), tmp_path)
    assert read == [str(table)]
    check_experiment(config.replace(seed=5), tmp_path)
    assert read == [str(table)] * 2


def test_a_split_that_leaves_a_class_out_is_said_until_the_file_is_mended(table: Path, tmp_path: Path) -> None:
    config = ExperimentConfig(dataset=str(table))
    table.write_text("a,kind\n" + "1,x\n2,y\n" * 50 + "3,z\n4,z\n")
    for _ in range(2):
        with pytest.raises(DataError, match="class z without a validation row"):
            check_experiment(config, tmp_path)
    table.write_text("a,kind\n" + "1,x\n2,y\n" * 50)
    check_experiment(config, tmp_path)


def test_the_smallest_share_is_checked_since_it_holds_a_row_back(table: Path, tmp_path: Path) -> None:
    config = ExperimentConfig(dataset=str(table), validation_split=0.001, stratify=False)
    with pytest.raises(DataError, match=r"^validation_split 0\.001 holds back 1 of 80 rows, which leaves class . with"):
        check_experiment(config, tmp_path)


def _ended(root: Path, state: str, **about: Any) -> RunFolder:
    """A run that has come to an end and saved its weights."""

    def fill(folder: Path) -> None:
        (folder / "result.json").write_text(json.dumps({"state": state}))
        (folder / "model.weights.h5").write_bytes(b"weights")

    return create_run(root, ExperimentConfig(dataset="digits"), asked_by="a test", fill=fill, **about)


def _advice(run: RunFolder) -> str:
    """What is said on resuming a run, after its state."""
    with pytest.raises(RunError) as caught:
        check_resume(run)
    return str(caught.value).partition("can be resumed. ")[2]


def test_the_advised_command_finds_the_run_in_its_folder(tmp_path: Path) -> None:
    run = _ended(tmp_path / "my runs", "finished")
    assert _advice(run) == (
        f"Train further from its weights: python -m toolkit train --config '{run.path}/config.json' "
        f"--weights-from {run.id} --root '{tmp_path}/my runs'"
    )


def test_the_advised_command_names_no_folder_where_it_looks_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = _ended(DEFAULT_ROOT, "finished")
    assert _advice(run).endswith(f"/config.json --weights-from {run.id}")


def test_weights_that_would_be_refused_are_not_advised(tmp_path: Path) -> None:
    unnamed = {"unnamed_layers": ["PReLU"], "holds_all_weights": False}
    assert _advice(_ended(tmp_path, "diverged")) == "Start another one with a smaller learning rate."
    assert _advice(_ended(tmp_path, "imported", imported=unnamed)) == "Start another one."
