"""Records as a table, and back in Keras's words."""

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.training.history import COLUMNS, History, counts_steps, frame_of


def record(epoch: int, step: int, **figures: Any) -> dict[str, Any]:
    """A record as training makes it: every column, None where there is no figure."""
    return {**dict.fromkeys(COLUMNS), "epoch": epoch, "step": step, "seconds": 0.5, **figures}


RECORDS = (
    record(0, 0, val_loss=2.3, honest_loss=2.4),
    record(1, 10, loss=1.5, accuracy=0.5, val_loss=1.2, honest_loss=1.1),
    record(2, 20, loss=None, accuracy=0.1, val_loss=None, honest_loss=None),
)


def test_the_table_has_one_row_a_record_and_the_columns_in_order() -> None:
    frame = History(records=RECORDS).frame
    assert tuple(frame.columns) == COLUMNS
    assert frame["epoch"].tolist() == [0, 1, 2]
    assert frame["step"].tolist() == [0, 10, 20]


def test_columns_are_named_as_keras_names_them() -> None:
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"} < set(COLUMNS)


def test_epochs_and_steps_are_whole_numbers_and_figures_are_floats() -> None:
    kinds = History(records=RECORDS).frame.dtypes
    assert [kinds[name].kind for name in ("epoch", "step")] == ["i", "i"]
    assert {kinds[name].kind for name in COLUMNS[2:]} == {"f"}


def test_a_missing_figure_is_none_in_json_and_nan_in_the_table() -> None:
    assert json.loads(json.dumps(RECORDS[2], allow_nan=False))["loss"] is None
    assert np.isnan(History(records=RECORDS).frame.at[2, "loss"])


def test_the_history_is_keras_dict_of_lists_without_what_was_before_training() -> None:
    history = History(records=RECORDS).history
    assert history["accuracy"] == [0.5, 0.1]
    assert history["val_loss"][0] == 1.2
    assert np.isnan(history["val_loss"][1])
    assert {len(values) for values in history.values()} == {2}
    assert not {"epoch", "step"} & set(history)


def test_a_training_without_records_gives_an_empty_table() -> None:
    frame = History(records=()).frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 0
    assert History(records=()).history["loss"] == []


def test_records_read_from_a_file_may_hold_more_than_the_columns() -> None:
    frame = frame_of([{"event": "epoch", "epoch": 1, "step": 3, "loss": 0.5}])
    assert tuple(frame.columns) == COLUMNS
    assert frame.at[0, "loss"] == 0.5
    assert np.isnan(frame.at[0, "val_loss"])


@pytest.mark.parametrize(
    ("epochs", "steps", "by_steps"),
    [
        ([0, 1, 2], [0, 10, 20], False),
        ([0, 1, 1, 2], [0, 5, 10, 15], True),
        ([0], [0], False),
    ],
)
def test_rows_count_steps_where_an_epoch_has_several(epochs: list[int], steps: list[int], by_steps: bool) -> None:
    assert counts_steps(pd.DataFrame({"epoch": epochs, "step": steps})) is by_steps


def test_a_table_without_steps_counts_epochs() -> None:
    assert counts_steps(pd.DataFrame({"epoch": [1, 2], "loss": [0.2, 0.1]})) is False


def test_weights_stay_out_of_comparisons_and_of_what_is_printed() -> None:
    with_weights = History(records=RECORDS, state="diverged", last_finite_weights=[np.zeros(3)])
    assert with_weights == History(records=RECORDS, state="diverged")
    assert "array" not in repr(with_weights)


def test_a_history_is_made_by_keyword_alone() -> None:
    """A field that is added in the middle then moves no other."""
    with pytest.raises(TypeError):
        History(RECORDS)  # type: ignore[misc]
    assert all(field.kw_only for field in dataclasses.fields(History))
