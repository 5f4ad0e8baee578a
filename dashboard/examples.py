"""Test rows on a page: pictures or lines of a table, with what a network says of them."""

from io import BytesIO

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from dashboard import texts
from dashboard.words import plain, whole_percent
from toolkit.datasets import load_dataset
from toolkit.pictures import shown_pictures

#: The longer side of a picture on the page, in pixels.
_SIDE = 84


def show_predictions(x: np.ndarray, answers: list[tuple[str, str, float | None]], names: tuple[str, ...] = ()) -> None:
    """Test rows with what the network says of them.

    x: as in a `Dataset`; answers: (predicted, true, probability) by name; names: the columns of a table.
    """
    if x.ndim == 2:
        told = {
            texts.TRUE: [true for _, true, _ in answers],
            texts.PREDICTED: [label if label == true else f"{label} ✗" for label, true, _ in answers],
            texts.SURE: [texts.UNSURE if sure is None else whole_percent(sure) for *_, sure in answers],
        }
        show_rows(x, told, names)
        return
    captions = []
    for label, true, sure in answers:
        words = texts.SAMPLE_RIGHT if label == true else texts.SAMPLE_WRONG
        captions.append(words.format(label=plain(label), sure=texts.UNSURE if sure is None else whole_percent(sure)))
    show_pictures(x, [true for _, true, _ in answers], captions)


def show_rows(x: np.ndarray, told: dict[str, list[str]], names: tuple[str, ...] = ()) -> None:
    """Rows of a table, what is told of each before its values."""
    columns = names or tuple(texts.COLUMN.format(number=number) for number in range(1, x.shape[1] + 1))
    values = pd.DataFrame(x, columns=pd.Index(columns))
    st.dataframe(pd.concat([pd.DataFrame(told), values], axis=1), hide_index=True)


def show_pictures(pictures: np.ndarray, labels: list[str], captions: list[str]) -> None:
    """A row of pictures with their captions; it wraps where the page is narrow."""
    with st.container(horizontal=True, gap="xsmall"):
        for picture, label, caption in zip(shown_pictures(pictures), labels, captions, strict=True):
            with st.container(width=_SIDE, gap=None):
                # As it is: otherwise Streamlit makes a JPEG of it, anew in every run of the page.
                st.image(enlarged(picture), output_format="PNG", alt=texts.SAMPLE_ALT.format(label=label))
                st.markdown(caption)


@st.cache_data(max_entries=20, show_spinner=False)
def test_rows(dataset: str, label: str | None, rows: tuple[int, ...]) -> tuple[np.ndarray, list[str], tuple[str, ...]]:
    """Some test rows of a data set, their true classes, and the names of its columns; only these are kept."""
    data = load_dataset(dataset, label=label)
    chosen = list(rows)
    return data.x_test[chosen], [data.class_names[label] for label in data.y_test[chosen]], data.feature_names


@st.cache_data(max_entries=200, show_spinner=False)
def enlarged(picture: np.ndarray) -> bytes:
    """A picture as PNG, enlarged without blur until its longer side fits."""
    height, width = picture.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    content = BytesIO()
    Image.fromarray(picture).resize(size, Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()
