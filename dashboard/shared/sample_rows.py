"""Test rows on a page: pictures or lines of a table, with what a network says of them."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from io import BytesIO

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image, ImageOps

from dashboard import texts
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.formatting import plain
from toolkit.datasets.pictures import shown_pictures
from toolkit.formatting import whole_percent

#: The side of a picture on the page, in pixels.
_SIDE = 84


def show_predictions(x: np.ndarray, answers: list[tuple[str, str, float | None]], names: tuple[str, ...] = ()) -> None:
    """Test rows with what the network says of them.

    x: as in a `Dataset`; answers: (predicted, true, probability) by name, None for a probability that is no number,
    which is no answer either; names: the columns of a table.
    """
    if x.ndim == 2:
        told = {
            texts.TRUE: [true for _, true, _ in answers],
            texts.PREDICTED: [texts.UNSURE if sure is None else marked(label, true) for label, true, sure in answers],
            texts.SURE: [texts.UNSURE if sure is None else whole_percent(sure) for *_, sure in answers],
        }
        show_rows(x, told, names)
        return
    show_pictures(x, [true for _, true, _ in answers], [_caption(*answer) for answer in answers])


def marked(label: str, true: str) -> str:
    """The predicted class in a table: with a ✗ where it is wrong."""
    return label if label == true else f"{label} ✗"


def _caption(label: str, true: str, sure: float | None) -> str:
    if sure is None:
        return texts.UNSURE
    words = texts.SAMPLE_RIGHT if label == true else texts.SAMPLE_WRONG
    return words.format(label=plain(label), sure=whole_percent(sure))


def show_rows(x: np.ndarray, told: dict[str, list[str]], names: tuple[str, ...] = ()) -> None:
    """Rows of a table, what is told of each before its values."""
    st.dataframe(row_table(x, told, names), hide_index=True)


def row_table(x: np.ndarray, told: dict[str, list[str]], names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows of a table, one line each: what is told of it, then its values under the names of their columns."""
    values = pd.DataFrame(x, columns=pd.Index(_names_beside(told, column_names(x.shape[1], names))))
    return pd.concat([pd.DataFrame(told), values], axis=1)


def _names_beside(ours: Iterable[str], names: Sequence[str]) -> list[str]:
    """Somebody's names for columns, changed where ours are the same: a table is drawn only if no two are."""
    taken, told_apart = set(ours), []
    for name in names:
        while name in taken:
            name = texts.NAMED_ALIKE.format(name=name)
        taken.add(name)
        told_apart.append(name)
    return told_apart


def column_names(count: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a table's columns, by number where they have none."""
    return names or tuple(texts.COLUMN.format(number=number) for number in range(1, count + 1))


def show_pictures(pictures: np.ndarray, labels: list[str], captions: list[str]) -> None:
    """A row of pictures with their captions; it wraps where the page is narrow."""
    # One element: on the page of a training, ten pictures and ten captions a second are most of the server's work.
    alts = [texts.SAMPLE_ALT.format(label=label) for label in labels]
    st.image(_all_enlarged(pictures), caption=captions, alt=alts, width=_SIDE)


@st.cache_data(max_entries=50, show_spinner=False)
def _all_enlarged(pictures: np.ndarray) -> list[str]:
    """Looked up once rather than picture by picture."""
    return [enlarged(picture) for picture in shown_pictures(pictures)]


def test_rows(dataset: str, label: str | None, rows: tuple[int, ...]) -> tuple[np.ndarray, list[str], tuple[str, ...]]:
    """Some test rows of a data set, their true classes, and the names of its columns."""
    data = dataset_shown(dataset, label)
    chosen = list(rows)
    return data.x_test[chosen], [data.class_names[label] for label in data.y_test[chosen]], data.feature_names


@st.cache_data(max_entries=200, show_spinner=False)
def enlarged(picture: np.ndarray, side: int = _SIDE) -> str:
    """A picture as PNG in a data URL, enlarged without blur to a square of so many pixels a side.

    What is not square has clear edges. Streamlit would open bytes anew each time that a page is drawn.
    """
    content = BytesIO()
    square = Image.fromarray(picture).convert("RGBA")
    ImageOps.pad(square, (side, side), Image.Resampling.NEAREST, color=(0, 0, 0, 0)).save(content, "PNG")
    return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"
