"""How a table is read, in a config: which data have columns and shapes, and what older runs meant."""

import json
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.reading import is_table_name, picture_shape
from toolkit.config.schema_version import SCHEMA
from toolkit.errors import ConfigError


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "b.tsv", "c.data", "d.txt", "e.csv.gz", "f.DATA.GZ"])
def test_tables_are_known_by_their_suffix(name: str) -> None:
    assert is_table_name(name)
    assert ExperimentConfig(dataset=name, label="kind", leave_out=["a"], shape="28x28").reading == {
        "label": "kind",
        "leave_out": ("a",),
        "shape": "28x28",
    }


@pytest.mark.parametrize("name", ["mnist", "train-images.gz", "a.npz", "folder"])
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("label", "kind", "label must be left out: only the columns of a CSV file have names."),
        ("leave_out", ["a", "b"], "leave_out must be empty: only the columns of a CSV file have names."),
        ("shape", "8x8", "shape must be left out: only the rows of a CSV file can be given a shape."),
    ],
)
def test_only_tables_have_columns(name: str, field: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ExperimentConfig(dataset=name, **{field: value})
    assert str(caught.value).startswith(sentence)


def test_a_shape_is_two_or_three_numbers_or_a_word() -> None:
    assert picture_shape("28x28") == (28, 28)
    assert picture_shape("32x32x3") == (32, 32, 3)
    assert picture_shape("flat") is picture_shape(None) is None
    for wrong in ("28", "28x", "0x4", "a", "28X28", "1x2x3x4", "28x28\n"):
        with pytest.raises(ConfigError, match=r"shape must be like 28x28 or 32x32x3, or flat. Received:"):
            ExperimentConfig(dataset="a.csv", shape=wrong)


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ({"run": {}}, "numbers"),
        ({"run": {"schema": 1}}, "numbers"),
        ({"run": {"schema": SCHEMA}}, None),
        ({}, None),
        ({"run": {}, "dataset": "mnist"}, None),
    ],
)
def test_a_run_of_the_first_version_keeps_reading_its_table_as_plain_numbers(
    values: dict[str, Any], shape: str | None
) -> None:
    assert ExperimentConfig.from_json(json.dumps({"dataset": "a.csv", **values})).shape == shape
