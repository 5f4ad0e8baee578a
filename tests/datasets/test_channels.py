"""Arrays of pictures with their channels elsewhere, or with opacity."""

from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import load_dataset

CHANNELS = np.random.default_rng(0).integers(0, 256, (20, 9, 8, 4), np.uint8)
Y = np.arange(20) % 2
MOVED = "the channels were moved from the second to the last axis."
LAID_ON_WHITE = "the last channel is opacity; the pictures were laid on white."


@pytest.mark.parametrize(
    ("x", "expected", "note"),
    [
        (
            np.moveaxis(CHANNELS[..., :3], -1, 1),
            CHANNELS[..., :3],
            "the channels were moved from the second to the last axis.",
        ),
        (CHANNELS[:, None, ..., 0], CHANNELS[..., 0], "the channels were moved from the second to the last axis."),
        (
            np.dstack([CHANNELS[..., :3].reshape(20, 72, 3), np.full((20, 72, 1), 255, np.uint8)]).reshape(20, 9, 8, 4),
            CHANNELS[..., :3],
            "the last channel, opacity, is the same everywhere and was left out.",
        ),
        (
            CHANNELS,
            np.round(CHANNELS[..., :3] * (CHANNELS[..., 3:] / 255) + (255.0 - CHANNELS[..., 3:])),
            LAID_ON_WHITE,
        ),
        (
            CHANNELS[..., [0, 3]] / 255,
            CHANNELS[..., 0] * (CHANNELS[..., 3] / 255**2) + 1 - CHANNELS[..., 3] / 255,
            LAID_ON_WHITE,
        ),
    ],
    ids=["PyTorch's colours", "PyTorch's greys", "opaque", "transparent", "grey and transparent, as floats"],
)
def test_channels_are_brought_into_their_usual_order(
    tmp_path: Path, x: np.ndarray, expected: np.ndarray, note: str
) -> None:
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=Y, x_test=x, y_test=Y)
    data = load_dataset(str(tmp_path / "mine.npz"))
    np.testing.assert_allclose(data.x_train, expected, atol=1.01 if x.dtype == np.uint8 else 1e-6)
    assert data.notes == (f"mine.npz: {note}",)
