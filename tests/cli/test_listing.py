"""`presets` and `data`: what there is, for people and for programs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.datasets import DATASETS, load_dataset
from toolkit.presets import PRESETS

Command = Callable[..., Any]


def test_presets_are_listed_with_what_they_teach_and_claim(command: Command) -> None:
    document = command("presets", "--json").document

    assert [one["preset"] for one in document] == list(PRESETS)
    for one in document:
        assert set(one) == {"preset", "teaches", "claimed", "config"}
        assert ExperimentConfig(**one["config"]) == PRESETS[one["preset"]].config
    claims = {one["preset"]: one["claimed"] for one in document}
    assert claims["keras-mlp"] == 0.9708
    assert claims["dropout"] == pytest.approx(0.982725)
    assert claims["batchnorm"] is None
    assert sum(claim is not None for claim in claims.values()) == 10


def test_people_get_a_line_for_each_preset(command: Command) -> None:
    lines = command("presets").output.splitlines()

    assert lines[0].split() == ["preset", "length", "claimed", "teaches"]
    assert [line.split()[0] for line in lines[1:]] == list(PRESETS)
    assert any(line.split()[:4] == ["softmax-sum-10000", "10,000", "steps", "92.43"] for line in lines)


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_is_described_by_what_its_arrays_hold(command: Command, name: str) -> None:
    document = command("data", name, "--json").document

    data = load_dataset(name)
    assert set(document) == {"name", "class_names", "train", "test"}
    assert (document["name"], document["class_names"]) == (name, list(data.class_names))
    for part, x, y in (("train", data.x_train, data.y_train), ("test", data.x_test, data.y_test)):
        assert document[part] == {
            "shape": list(x.shape),
            "dtype": "uint8",
            "range": [int(x.min()), int(x.max())],
            "rows_per_class": [int((y == label).sum()) for label in np.unique(y)],
        }


def test_people_get_shapes_and_rows_per_class(command: Command) -> None:
    lines = command("data", "mnist").output.splitlines()

    assert lines[0] == "x_train: 60,000 × 28 × 28, uint8 in 0…255"
    assert lines[1] == "x_test: 10,000 × 28 × 28, uint8 in 0…255"
    assert lines[2].split() == ["class", "train", "rows", "test", "rows"]
    assert lines[3].split() == ["0", "5923", "980"]
    assert len(lines) == 13
