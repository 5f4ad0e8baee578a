"""The channels of pictures in arrays: moved to the last axis, and opacity resolved."""

import numpy as np

Parts = dict[str, np.ndarray]

#: Shorter sides are not those of pictures: an axis up to here can be that of the channels.
_MOST_CHANNELS = 4
_BLOCK = 1000


def usual_channels(name: str, parts: Parts) -> tuple[Parts, tuple[str, ...]]:
    """Pictures with their channels last, as Keras has them, and opaque.

    parts: arrays of any shape. Those of shape (rows, channels, height, width), as PyTorch has them, are rearranged if
    the axis can only be that of 1 to 4 channels. Of 2 or 4 channels the last is opacity: the pictures are laid on
    white.
    Returns all parts, and a sentence for what was done.
    """
    notes = []
    if all(map(_is_channels_first, parts.values())):
        parts = {part: np.moveaxis(x, 1, -1) for part, x in parts.items()}
        notes.append(f"{name}: the channels were moved from the second to the last axis.")
    if all(_has_opacity(x) for x in parts.values()):
        if any((x[..., -1] != _opaque(x)).any() for x in parts.values()):
            notes.append(f"{name}: the last channel is opacity; the pictures were laid on white.")
            parts = {part: _on_white(x) for part, x in parts.items()}
        else:
            notes.append(f"{name}: the last channel, opacity, is the same everywhere and was left out.")
            parts = {part: x[..., :-1] for part, x in parts.items()}
    return parts, tuple(notes)


def _is_channels_first(x: np.ndarray) -> bool:
    return x.ndim == 4 and x.shape[1] <= _MOST_CHANNELS < min(x.shape[2:])


def _has_opacity(x: np.ndarray) -> bool:
    return x.ndim == 4 and x.shape[3] in (2, 4) and x.dtype.kind in "uif" and 0 not in x.shape


def _opaque(x: np.ndarray) -> float:
    """The opacity of an opaque pixel: 255, or 1 for floats up to 1."""
    return 1.0 if x.dtype.kind == "f" and x.max() <= 1 else 255.0


def _on_white(x: np.ndarray) -> np.ndarray:
    white = np.float32(_opaque(x))
    opaque = np.empty_like(x[..., :-1])
    for start in range(0, len(x), _BLOCK):  # In blocks, since floats take four times the memory of uint8.
        block = x[start : start + _BLOCK].astype(np.float32)
        opacity = block[..., -1:] / white
        mixed = block[..., :-1] * opacity + white * (1 - opacity)
        opaque[start : start + _BLOCK] = mixed if x.dtype.kind == "f" else np.round(mixed)
    return opaque
