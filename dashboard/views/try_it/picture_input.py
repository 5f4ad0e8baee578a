"""The input picture on Try it: drawn, uploaded, photographed, or a test picture."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.dataset_cache import asked_data_of, data_of
from dashboard.shared.formatting import plain
from dashboard.views.try_it.drawing import is_drawing
from toolkit.datasets.picture_formats import SUFFIXES
from toolkit.datasets.pictures import framed, open_picture
from toolkit.errors import ToolkitError
from toolkit.handwriting import holds_digits, to_pixels
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import labelled_pictures

#: The largest side that the preparation works with, in pixels.
_LARGEST = 800
#: The side of the canvas, or of the picture in its place, in pixels: with margins it just fits a phone.
SIDE = 336
_PENS = (10, 46)
#: The largest ratio of screen pixels to CSS pixels.
_DENSEST = 4
#: A digit that fills most of the canvas gets strokes like MNIST's, 2 to 3.6 pixels of 20.
_USUAL_PEN = 26


@dataclass(frozen=True, eq=False)
class PictureInput:
    """A picture to predict, and its true class if known."""

    picture: Image.Image
    meant: str | None = None


def choose_picture(run: RunFolder) -> PictureInput | None:
    """Let the learner choose a source and give a picture; None if there is no picture yet.

    Drawing is only for networks trained on digits, test pictures are for those whose data are known.
    Raises `DataError` if the run's data are missing or have changed.
    """
    draws, shows = holds_digits(asked_data_of(run)), labelled_pictures(run) is None
    offered = [one for one in _SOURCES if (draws or one != "draw") and (shows or one != "test")]
    source = st.segmented_control(
        texts.try_it.SOURCE,
        offered,
        default="draw" if draws else "test" if shows else "upload",
        required=True,
        format_func=texts.try_it.SOURCES.__getitem__,
        key=f"{state.SOURCE}-{draws}" if shows else f"{state.SOURCE}-unknown",
        label_visibility="collapsed",
        persist_state="session",
    )
    return _SOURCES[source](run)


def _draw(run: RunFolder) -> PictureInput | None:
    key = f"canvas-{st.session_state[state.CLEARED]}"
    if key in st.session_state and not is_drawing(st.session_state[key], _DENSEST * SIDE):
        del st.session_state[key]  # No canvas sends this, and the component could not read it.
    with st.container(key="canvas"):
        drawing = st_canvas(
            stroke_width=st.session_state.get(state.PEN, _USUAL_PEN),
            stroke_color="#000000",
            background_color="#ffffff",
            height=SIDE,
            width=SIDE,
            return_image_data=True,
            key=key,
        )
    drawn = bool((drawing.json_data or {}).get("objects")) and drawing.image_data is not None
    with st.container(horizontal=True, vertical_alignment="bottom", width=SIDE):
        st.slider(texts.try_it.PEN, *_PENS, value=_USUAL_PEN, step=4, key=state.PEN, persist_state="session")
        st.button(texts.try_it.CLEAR, icon=":material/delete:", disabled=not drawn, on_click=_clear)
    return PictureInput(Image.fromarray(drawing.image_data)) if drawn and drawing.image_data is not None else None


def _clear() -> None:
    st.session_state[state.CLEARED] += 1


def _upload(run: RunFolder) -> PictureInput | None:
    file = st.file_uploader(texts.try_it.UPLOAD, type=list(SUFFIXES), help=texts.try_it.UPLOAD_HELP)
    return _opened(file.getvalue(), file.name) if file else None


def _photograph(run: RunFolder) -> PictureInput | None:
    file = st.camera_input(texts.try_it.PHOTOGRAPH, help=texts.try_it.CAMERA_HELP)
    return _opened(file.getvalue(), texts.try_it.PHOTO) if file else None


def _opened(content: bytes, name: str) -> PictureInput | None:
    try:
        picture = _read(content, name)
    except ToolkitError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    st.image(framed(picture, SIDE), alt=texts.try_it.GIVEN_ALT)
    return PictureInput(picture)


# A photo takes half a second to decode, and every switch of the ladder needs it again.
@st.cache_data(max_entries=30, show_spinner=False)
def _read(content: bytes, name: str) -> Image.Image:
    """Decode a picture and shrink it to the largest size that the preparation uses."""
    picture = open_picture(BytesIO(content), name=name)
    if picture.mode in ("1", "P"):  # Pillow can't interpolate these modes.
        picture = picture.convert("RGBA")
    picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return picture


def _take_test_picture(run: RunFolder) -> PictureInput:
    data = data_of(run)
    row = st.session_state[state.TRIED_ROW] % len(data.x_test)
    meant = data.class_names[data.y_test[row]]
    pixels = to_pixels(data.x_test[row], data)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
    caption = texts.try_it.TEST_PICTURE.format(row=row, label=plain(meant))
    st.image(framed(picture, SIDE), alt=caption)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(texts.try_it.ANOTHER, icon=":material/casino:", on_click=_draw_lots, args=(len(data.x_test),))
        st.markdown(caption, width="content")
    return PictureInput(picture, meant)


def _draw_lots(num_rows: int) -> None:
    st.session_state[state.TRIED_ROW] = random.randrange(num_rows)


#: The source of a picture -> the function that gets it.
_SOURCES: dict[str, Callable[[RunFolder], PictureInput | None]] = {
    "draw": _draw,
    "upload": _upload,
    "camera": _photograph,
    "test": _take_test_picture,
}
