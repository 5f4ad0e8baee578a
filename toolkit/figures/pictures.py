"""A grid of pictures with a caption below each: test pictures, samples, templates."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageOps

from .style import HIDDEN_AXIS, TEMPLATE, WRONG, plain

#: Small pictures are enlarged without blur to about this many pixels; large ones are scaled down.
_SIDE = 112
_FRAME = 8
#: The height of a row of the grid, and the picture's share of it.
_ROW_HEIGHT, _PICTURE_SHARE = 150, 0.7


def picture_grid(
    x: np.ndarray,
    captions: Sequence[str],
    *,
    hover: Sequence[str] = (),
    marked: Collection[int] = (),
    columns: int = 5,
) -> go.Figure:
    """Pictures side by side, each with its caption below, as the network sees them.

    x: pictures of shape (rows, height, width) or (rows, height, width, channels) with 1, 3 or 4 channels;
    uint8 in [0, 255], or floats, whose range over all pictures becomes [0, 255]. captions, hover: one
    text per picture, shown literally, with "\\n" between lines; hover is optional. marked: which ones get a frame.
    """
    if x.dtype != np.uint8:
        x = _as_pixels(x)
    count, wide = len(x), min(columns, max(len(x), 1))
    places = [(index % wide, index // wide) for index in range(count)]
    figure = go.Figure()
    figure.add_scatter(**_points(places, hover))
    figure.add_scatter(**_words(places, captions))
    # All at once: for each picture added, Plotly validates all earlier ones again.
    images = [
        {"source": _picture(x[index], framed=index in marked), "x": column, "y": row + _PICTURE_SHARE, **_IMAGE_PLACE}
        for index, (column, row) in enumerate(places)
    ]
    deep = max(1, -(-count // wide))
    figure.update_layout(
        template=TEMPLATE,
        images=images,
        height=_ROW_HEIGHT * deep,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        hovermode="closest",
        showlegend=False,
        xaxis={**HIDDEN_AXIS, "range": [-0.5, wide - 0.5]},
        yaxis={**HIDDEN_AXIS, "range": [deep, 0]},
    )
    return figure


_IMAGE_PLACE: dict[str, Any] = {
    "xref": "x",
    "yref": "y",
    "sizex": 0.92,
    "sizey": _PICTURE_SHARE - 0.03,
    "xanchor": "center",
    "yanchor": "bottom",
    "sizing": "contain",
}


def _points(places: list[tuple[int, int]], hover: Sequence[str]) -> dict[str, Any]:
    """Invisible points in the middle of the pictures, which carry the hover texts."""
    return {
        "x": [column for column, _ in places],
        "y": [row + _PICTURE_SHARE / 2 for _, row in places],
        "mode": "markers",
        "marker": {"symbol": "square", "size": 70, "opacity": 0},
        "hovertext": [_html(text) for text in hover],
        "hoverinfo": "text" if hover else "skip",
    }


def _words(places: list[tuple[int, int]], captions: Sequence[str]) -> dict[str, Any]:
    """The captions, below the pictures."""
    return {
        "x": [column for column, _ in places],
        "y": [row + _PICTURE_SHARE + 0.01 for _, row in places],
        "text": [_html(caption) for caption in captions],
        "mode": "text",
        "textposition": "bottom center",
        "textfont": {"size": 12},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _as_pixels(x: np.ndarray) -> np.ndarray:
    low, high = (float(bound(x)) for bound in (np.nanmin, np.nanmax)) if x.size else (0.0, 1.0)
    return (255 * np.nan_to_num((x - low) / ((high - low) or 1.0))).round().astype(np.uint8)


def _picture(pixels: np.ndarray, *, framed: bool) -> Image.Image:
    picture = Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels)
    longest = max(picture.size)
    if longest < _SIDE:
        picture = ImageOps.scale(picture, _SIDE // longest, Image.Resampling.NEAREST)
    picture.thumbnail((2 * _SIDE, 2 * _SIDE))
    return ImageOps.expand(picture.convert("RGB"), _FRAME, WRONG) if framed else picture


def _html(text: str) -> str:
    return plain(text).replace("\n", "<br>")
