"""Shows test rows with a network's predictions, as pictures or as a table."""

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
from toolkit.config.reading import Reading
from toolkit.datasets.pictures import shown_pictures
from toolkit.formatting import whole_percent

#: The side of a picture on the page, in pixels.
_SIDE = 84


def show_predictions(x: np.ndarray, answers: list[tuple[str, str, float | None]], names: tuple[str, ...] = ()) -> None:
    """Show test rows with the network's predictions.

    x: as in a `Dataset`; answers: (predicted class, true class, probability), where a probability of None (NaN) means
    that there is no answer; names: the columns of a table.
    """
    if x.ndim == 2:
        lead = {
            texts.TRUE: [true for _, true, _ in answers],
            texts.PREDICTED: [texts.UNSURE if sure is None else marked(label, true) for label, true, sure in answers],
            texts.SURE: [texts.UNSURE if sure is None else whole_percent(sure) for *_, sure in answers],
        }
        show_rows(x, lead, names)
        return
    show_pictures(x, [true for _, true, _ in answers], [_caption(*answer) for answer in answers])


def marked(label: str, true: str) -> str:
    """The predicted class in a table, with a ✗ if it is wrong."""
    return label if label == true else f"{label} ✗"


def _caption(label: str, true: str, sure: float | None) -> str:
    if sure is None:
        return texts.UNSURE
    words = texts.SAMPLE_RIGHT if label == true else texts.SAMPLE_WRONG
    return words.format(label=plain(label), sure=whole_percent(sure))


def show_rows(x: np.ndarray, lead: dict[str, list[str]], names: tuple[str, ...] = ()) -> None:
    """Show rows as a table; lead: the columns that go before their values."""
    st.dataframe(row_table(x, lead, names), hide_index=True)


def row_table(x: np.ndarray, lead: dict[str, list[str]], names: tuple[str, ...] = ()) -> pd.DataFrame:
    """One line per row: the lead columns, then its values under their column names."""
    values = pd.DataFrame(x, columns=pd.Index(_names_beside(lead, column_names(x.shape[1], names))))
    return pd.concat([pd.DataFrame(lead), values], axis=1)


def _names_beside(ours: Iterable[str], names: Sequence[str]) -> list[str]:
    """The user's column names, changed where they equal ours: Streamlit requires unique names."""
    taken, unique = set(ours), []
    for name in names:
        while name in taken:
            name = texts.NAMED_ALIKE.format(name=name)
        taken.add(name)
        unique.append(name)
    return unique


def column_names(count: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a table's columns, or their numbers if they have none."""
    return names or tuple(texts.COLUMN.format(number=number) for number in range(1, count + 1))


def show_pictures(pictures: np.ndarray, labels: list[str], captions: list[str]) -> None:
    """Show pictures with captions in a line that wraps on a narrow page."""
    # One element: during a training, ten pictures and ten captions a second are most of the server's work.
    alts = [texts.SAMPLE_ALT.format(label=label) for label in labels]
    st.image(_all_enlarged(pictures), caption=captions, alt=alts, width=_SIDE)


@st.cache_data(max_entries=50, show_spinner=False)
def _all_enlarged(pictures: np.ndarray) -> list[str]:
    """One cache lookup for all pictures rather than one for each."""
    return [enlarged(picture) for picture in shown_pictures(pictures)]


def test_rows(dataset: str, reading: Reading, rows: tuple[int, ...]) -> tuple[np.ndarray, list[str], tuple[str, ...]]:
    """These test rows of a data set, their true classes, and the names of its columns."""
    data = dataset_shown(dataset, reading)
    chosen = list(rows)
    return data.x_test[chosen], [data.class_names[label] for label in data.y_test[chosen]], data.feature_names


@st.cache_data(max_entries=200, show_spinner=False)
def enlarged(picture: np.ndarray, side: int = _SIDE) -> str:
    """A picture as a PNG data URL, enlarged without blur to a square of `side` pixels.

    The margins of a picture that is not square are transparent. A data URL, since Streamlit would decode bytes again
    each time a page is drawn.
    """
    content = BytesIO()
    square = Image.fromarray(picture).convert("RGBA")
    ImageOps.pad(square, (side, side), Image.Resampling.NEAREST, color=(0, 0, 0, 0)).save(content, "PNG")
    return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"
