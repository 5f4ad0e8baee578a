"""The published experiments at full length on the full MNIST: claimed beside obtained. Minutes; `-m slow`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.config.presets import PRESETS
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run

pytestmark = pytest.mark.slow

#: Plain SGD at that rate swings by a point from one hundred steps to the next; upward differences are welcome.
_SWINGING = ("softmax-sum-6000", "softmax-sum-10000")
_CLAIMING = [name for name, one in PRESETS.items() if one.claimed]


def test_there_are_ten_published_experiments() -> None:
    assert len(_CLAIMING) == 10


@pytest.mark.parametrize("name", _CLAIMING)
def test_a_published_experiment_gives_its_figure(name: str, trained_preset: Callable[[str], RunFolder]) -> None:
    result = trained_preset(name).result

    assert result is not None
    assert result.state == ("diverged" if name == "softmax-diverges" else "finished"), result.message
    difference = result.test_accuracy - PRESETS[name].claim
    if name in _SWINGING:
        assert difference >= -0.015
    else:
        assert abs(difference) <= 0.006
    if name == "softmax-diverges":
        assert result.test_accuracy == 0.098
        assert result.test_loss is None
    if name == "keras-mlp":
        assert 7 <= result.overfitting.best_epoch <= 14
        assert result.overfitting.state == "confirmed"


def test_dropout_keeps_the_same_network_from_overfitting(
    trained_preset: Callable[[str], RunFolder], tmp_path: Path
) -> None:
    """As its tutorial argues: both for 30 epochs. Test accuracies lie closer together than two seeds of one network,
    and a single epoch swings: with other seeds, the mean of the last ten is 0.75 and 0.87 times as high.
    """
    dropout = trained_preset("dropout")
    without = create_run(tmp_path, PRESETS["mlp"].config.replace(epochs=dropout.config.epochs), asked_by="a test")

    run_experiment(without)

    with_dropout, usual = (run.history().frame["val_loss"][-10:].mean() for run in (dropout, without))
    assert with_dropout < 0.9 * usual
