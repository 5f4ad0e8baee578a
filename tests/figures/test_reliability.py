"""The reliability diagram, and what all figures have in common."""

from typing import Any

import numpy as np
import pytest

from toolkit.analysis.metrics import Calibration, ConfidenceBin, calibrate
from toolkit.analysis.overfitting import OverfittingReport
from toolkit.figures import calibration, comparison, confusion_matrix, curves, picture_grid, prediction_grid, templates
from toolkit.training.history import frame_of

RECORD = Calibration(
    (ConfidenceBin(0.0, 0.5, 0, None, None), ConfidenceBin(0.5, 1.0, 1200, 0.9, 0.75)),
    expected_calibration_error=0.15,
)


def test_a_bar_a_bin_with_its_rows_and_the_point_at_its_mean_confidence() -> None:
    bars, ideal, points, counts = calibration(RECORD).data

    assert (list(bars.x), list(bars.y), list(bars.width)) == ([0.75], [0.75], [0.5])
    assert (list(ideal.x), list(ideal.y), ideal.line.dash) == ([0, 1], [0, 1], "dash")
    assert (list(points.x), list(points.y)) == ([0.9], [0.75])
    assert list(points.hovertext) == ["sure by 90.0 %, right in 75.0 % of 1,200 rows"]
    assert list(counts.text) == ["1,200"]


def test_the_expected_calibration_error_stands_in_the_figure() -> None:
    assert "expected calibration<br>error 15.0 %" in [note.text for note in calibration(RECORD).layout.annotations]


def _figures() -> dict[str, Any]:
    frame = frame_of([{"epoch": 0, "step": 0, "val_loss": 1.0, "seconds": 1}, {"epoch": 1, "step": 5, "val_loss": 0.5}])
    report = OverfittingReport("cannot_tell", "", best_epoch=1)
    probabilities = np.array([[0.9, 0.1]])
    return {
        "curves": curves(frame, report, "loss"),
        "comparison": comparison({"run": frame}, {"run": report}, "loss"),
        "confusion_matrix": confusion_matrix(np.eye(2, dtype=int), ("a", "b")),
        "calibration": calibration(calibrate(np.array([0]), probabilities)),
        "picture_grid": picture_grid(np.zeros((1, 2, 2), np.uint8), ["a"]),
        "prediction_grid": prediction_grid(np.zeros((1, 2)), [0], probabilities, ("a", "b")),
        "templates": templates(np.ones((4, 2)), (4,)),
    }


@pytest.mark.parametrize("name", _figures())
def test_every_figure_leaves_the_ground_as_it_is_and_has_a_height(name: str) -> None:
    layout = _figures()[name].layout

    assert layout.template.layout.paper_bgcolor == layout.template.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert 60 <= layout.height <= 760


def _luminance(color: str) -> float:
    """WCAG 2, relative luminance."""
    parts = [value / 255 for value in bytes.fromhex(color[1:])]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("ground", ["#ffffff", "#0e1117", "#111111"])
def test_the_type_is_legible_on_light_and_on_dark_ground(ground: str) -> None:
    lighter, darker = sorted((_luminance(_figures()["curves"].layout.template.layout.font.color), _luminance(ground)))[
        ::-1
    ]

    assert (lighter + 0.05) / (darker + 0.05) > 4
