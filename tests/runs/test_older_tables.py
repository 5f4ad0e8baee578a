"""Runs of schema version 1 on tables: their networks learned plain numbers, and so they are asked about those."""

import json
from pathlib import Path

import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.errors import DataError
from toolkit.runs import RunFolder, create_run, open_run
from toolkit.runs.artifacts import check_data, load_data, read_encoding
from toolkit.system.files import sha256_of

_RANDOM = np.random.default_rng(0)
#: Recognised today as pictures with the label first, and the times would be centred; then it was all numbers.
PIXELS = "label," + ",".join(f"pixel{n}" for n in range(64)) + ",kind\n"
PIXELS += "".join(f"{n % 3},{','.join(map(str, _RANDOM.integers(0, 256, 64)))},{'xy'[n % 2]}\n" for n in range(40))
TIMES = "t,target,kind\n" + "".join(f"{1_700_000_000 + n},{n % 2},{'xy'[n % 2]}\n" for n in range(40))


def old_run(folder: Path, text: str) -> RunFolder:
    """A run as version 1 wrote it."""
    path = folder / "mine_train.csv"
    path.write_text(text)
    run = create_run(folder / "runs", ExperimentConfig(dataset=str(path)), asked_by="a test")
    record = json.loads((run.path / "config.json").read_text())
    for name in ("leave_out", "shape"):
        del record[name]
    record["run"].update(schema=1, data_sha256=sha256_of(path))
    (run.path / "config.json").write_text(json.dumps(record))
    return open_run(folder / "runs", run.id)


@pytest.mark.parametrize("text", [PIXELS, TIMES], ids=["pixels", "Unix times"])
def test_a_table_of_an_older_run_is_read_as_it_was(tmp_path: Path, text: str) -> None:
    data = load_data(old_run(tmp_path, text))
    names, *rows = [line.split(",") for line in text.splitlines()]
    assert (data.feature_names, data.class_names, data.x_train.dtype) == (tuple(names[:-1]), ("x", "y"), np.float32)
    x = np.concatenate([data.x_train, data.x_test])
    expected = np.array([row[:-1] for row in rows], np.float64).astype(np.float32)
    np.testing.assert_array_equal(x[np.lexsort(x.T)], expected[np.lexsort(expected.T)])
    kept = "8 of 40 rows, always the same ones, are kept for the test."
    assert data.notes == (f"mine_train.csv has no test part: {kept}",)


def test_a_file_that_could_be_a_test_part_does_not_change_the_data_of_an_older_run(tmp_path: Path) -> None:
    run = old_run(tmp_path, TIMES)
    (tmp_path / "mine_test.csv").write_text(TIMES)
    check_data(run)
    assert len(load_data(run).x_test) == 8
    (tmp_path / "mine_train.csv").write_text(TIMES + "1,1,x\n")
    with pytest.raises(DataError, match="has changed since the run"):
        check_data(run)


def test_new_rows_for_an_older_run_are_plain_numbers(tmp_path: Path) -> None:
    encoding = read_encoding(old_run(tmp_path, TIMES))
    assert [(column.name, column.kind) for column in encoding.columns] == [("t", "number"), ("target", "number")]
    assert not encoding.changes


def test_settings_of_an_older_run_keep_their_reading_when_it_is_trained_again(tmp_path: Path) -> None:
    config = old_run(tmp_path, TIMES).config
    assert ExperimentConfig.from_json(config.to_json()).reading == config.reading
    assert create_run(tmp_path / "runs", config, asked_by="a test").config.shape == "numbers"
