"""The ladder: the picture after each preparation step, with the step's switch and the prediction at that point."""

import numpy as np
import streamlit as st
from PIL import Image

from dashboard import texts
from dashboard.views.try_it.picture_input import PictureInput
from dashboard.views.try_it.reading import Reading
from toolkit.datasets.pictures import framed
from toolkit.handwriting import STEPS

#: In pixels: larger than most screens show it, so that it stays sharp.
_SIDE = 240


def skipped_steps() -> list[str]:
    """The steps that are switched off."""
    return [key for key in STEPS if not st.session_state.get(_switch(key), True)]


def show_ladder(picture_input: PictureInput, reading: Reading) -> None:
    """Show every step in order; a step that is switched off shows the previous picture."""
    if reading.prepared is None:
        fits = picture_input.picture.size == reading.row.shape[1::-1]
        st.info(texts.try_it.AS_IT_IS if fits else texts.try_it.NO_LADDER, icon=":material/photo_size_select_small:")
        return
    st.subheader(texts.try_it.LADDER, anchor=False)
    st.caption(texts.try_it.LADDER_HINT)
    after = {step.key: step.picture for step in reading.prepared.steps}
    with st.container(key="ladder"):
        with st.container(gap="xsmall"):
            _show_picture(picture_input.picture, texts.try_it.GIVEN)
            st.markdown(reading.given.in_short(picture_input.meant))
            st.caption(texts.try_it.GIVEN)
        before: Image.Image | np.ndarray = picture_input.picture
        for number, (key, step) in enumerate(STEPS.items(), 1):
            before = after.get(key, before)
            with st.container(gap="xsmall"):
                _show_picture(before, step.title)
                shown = reading.after[key].in_short(picture_input.meant) if key in after else texts.try_it.LEFT_OUT
                st.markdown(shown)
                label = texts.try_it.STEP.format(number=number, title=step.title)
                st.toggle(label, value=True, key=_switch(key), help=step.why, persist_state="session")
    if len(after) < len(STEPS):
        st.button(texts.try_it.ALL_STEPS, icon=":material/restart_alt:", on_click=_switch_all_on)


def _show_picture(picture: Image.Image | np.ndarray, title: str) -> None:
    st.image(framed(picture, _SIDE), width="stretch", alt=texts.try_it.STEP_ALT.format(title=title))


def _switch(key: str) -> str:
    return f"step-{key}"


def _switch_all_on() -> None:
    for key in STEPS:
        st.session_state[_switch(key)] = True
