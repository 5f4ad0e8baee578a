"""`presets`: what there is, for people and for programs."""

from collections.abc import Callable
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.presets import PRESETS

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
