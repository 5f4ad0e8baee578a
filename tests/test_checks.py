"""A form checks after every change: that costs little, and what has changed is seen."""

from pathlib import Path

import pytest

from toolkit import checks
from toolkit.checks import check_experiment
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset, load_dataset
from toolkit.errors import DataError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("a,kind\n" + "1,x\n2,y\n" * 50)
    return path


def test_another_change_in_the_form_reads_no_file_again(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def load(name: str, *, label: str | None) -> Dataset:
        read.append(name)
        return load_dataset(name, label=label)

    monkeypatch.setattr(checks, "load_dataset", load)
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
        with pytest.raises(DataError, match="class z without a row to"):
            check_experiment(config, tmp_path)
    table.write_text("a,kind\n" + "1,x\n2,y\n" * 50)
    check_experiment(config, tmp_path)


def test_the_smallest_share_is_checked_since_it_holds_a_row_back(table: Path, tmp_path: Path) -> None:
    config = ExperimentConfig(dataset=str(table), validation_split=0.001, stratify=False)
    with pytest.raises(DataError, match="^validation_split 0.001 holds back 1 of 80 rows, which leaves class . with"):
        check_experiment(config, tmp_path)
