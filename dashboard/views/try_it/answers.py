"""A network's prediction in large type and as bars, and the predictions of several networks side by side."""

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.run_picker import labels_of
from dashboard.views.try_it.picture_input import PictureInput
from dashboard.views.try_it.reading import Answer, Reading, ask_about, why_wrong
from toolkit.datasets.pictures import framed
from toolkit.errors import ToolkitError
from toolkit.figures import probability_bars
from toolkit.formatting import percent, whole_percent
from toolkit.handwriting import STEPS
from toolkit.runs import RunFolder

_PLOTLY_CONFIG = {"displayModeBar": False, "scrollZoom": False}
#: Beside the first network, so that four fit in a line.
_MOST_OTHERS = 3
_SEEN_SIDE = 156


def show_answer(reading: Reading, meant: str | None, skip: list[str]) -> str | None:
    """Show the class in large type, the network's input, one bar per class, warnings, and whether it is right.

    meant: the true class if known; otherwise the learner may choose it. Returns the true class, or None.
    """
    answer = st.container()
    for warning in reading.prepared.warnings.values() if reading.prepared else ():
        st.warning(warning, icon=":material/warning:")
    meant = meant or _ask_what_was_meant(reading.final.class_names)
    with answer:
        seen, bars = st.columns([2, 3], vertical_alignment="center", gap="medium")
    with seen, st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(width=_SEEN_SIDE, gap="xsmall"):
            st.image(framed(reading.row, _SEEN_SIDE), alt=texts.try_it.SEEN_ALT)
            st.caption(texts.try_it.SEEN)
        _show_large(reading.final, meant)
    with bars:
        _show_bars(reading.final, meant, key="bars")
    if meant is not None:
        _show_whether_right(reading, meant, skip)
    return meant


def _show_large(answer: Answer, meant: str | None) -> None:
    """Show the likeliest class, in green or red if the true class is known."""
    name = plain(answer.label)
    words = name if meant is None else f":green[{name}]" if answer.label == meant else f":red[{name}]"
    with st.container(width="content", gap=None):
        with st.container(key="large-letter" if len(answer.label) == 1 else "large-word"):
            st.markdown(f"**{words}**")
        st.caption(texts.try_it.HOW_SURE.format(sure=answer.sure))


def _show_bars(answer: Answer, meant: str | None, key: str) -> None:
    """Show the probability of each class."""
    true_label = answer.class_names.index(meant) if meant in answer.class_names else None
    figure = probability_bars(answer.probabilities, answer.class_names, true_label=true_label)
    alt = _in_words(answer) if answer.is_known else texts.try_it.NO_ANSWER
    st.plotly_chart(figure.to_dict(), key=key, alt=alt, config=_PLOTLY_CONFIG)


def _in_words(answer: Answer) -> str:
    """The three likeliest classes, as alt text of the bars."""
    shares = [
        f"{answer.class_names[label]} {whole_percent(float(answer.probabilities[label]))}" for label in answer.order
    ]
    return texts.try_it.BARS_ALT.format(answers=", ".join(shares[:3]))


def _ask_what_was_meant(class_names: tuple[str, ...]) -> str | None:
    """A field to choose the class that the learner meant; None if nothing is chosen."""
    return st.pills(texts.try_it.MEANT, class_names, format_func=plain, key=f"meant-{st.session_state[state.CLEARED]}")


def _show_whether_right(reading: Reading, meant: str, skip: list[str]) -> None:
    """Say whether the prediction is right and, if not, what may explain it."""
    if reading.final.label == meant:
        st.success(texts.try_it.RIGHT.format(label=plain(meant)), icon=":material/check_circle:")
    elif reading.final.is_known:
        sentence = texts.try_it.WRONG_START.format(label=plain(meant), seen=plain(reading.final.label))
        st.error(f"{sentence} {why_wrong(reading, meant, skip)}", icon=":material/cancel:")


def show_others(runs: list[RunFolder], run: RunFolder, picture_input: PictureInput, reading: Reading) -> None:
    """Show other networks' predictions for the same picture, side by side."""
    others = {one.id: one for one in runs if one.id != run.id}
    if not others:
        return
    st.subheader(texts.try_it.SIDE_BY_SIDE, anchor=False)
    chosen = st.multiselect(
        texts.try_it.OTHERS,
        list(others),
        format_func=labels_of(list(others.values())).__getitem__,
        key=state.ALSO_ASKED,
        max_selections=_MOST_OTHERS,
        placeholder=texts.try_it.CHOOSE_OTHERS,
        persist_state="session",
    )
    answers = {run.id: (run, reading.final)}
    for run_id in chosen:
        try:
            answer = ask_about(others[run_id], picture_input.picture, reading.prepared)
        except ToolkitError as error:
            st.error(plain(str(error)), icon=":material/error:")
            continue
        if answer:
            answers[run_id] = (others[run_id], answer)
    if len(answers) > 1:
        _show_side_by_side(list(answers.values()), picture_input.meant)


def _show_side_by_side(answers: list[tuple[RunFolder, Answer]], meant: str | None) -> None:
    labels = {answer.label for _, answer in answers}
    agreed = texts.try_it.BOTH_AGREE if len(answers) == 2 else texts.try_it.ALL_AGREE
    words = agreed if len(labels) == 1 else texts.try_it.DISAGREE
    st.markdown(words.format(count=len(answers), label=plain(answers[0][1].label)))
    names = labels_of([run for run, _ in answers])
    for column, (run, answer) in zip(st.columns(len(answers)), answers, strict=True):
        with column, st.container(border=True):
            st.caption(plain(names[run.id]))
            st.subheader(answer.in_short(meant), anchor=False)
            _show_bars(answer, meant, key=f"bars-{run.id}")


def show_table(reading: Reading) -> None:
    """Show the probabilities after every step as a table."""
    prepared = reading.prepared
    stages = {texts.try_it.GIVEN: reading.given} if prepared else {}
    stages |= {STEPS[key].title: answer for key, answer in reading.after.items()}
    stages[texts.try_it.IN_THE_END] = reading.final
    with st.expander(texts.TABLE):
        st.dataframe(
            [
                {texts.try_it.TABLE_STAGE: stage}
                | {name: percent(float(share)) for name, share in zip(one.class_names, one.probabilities, strict=True)}
                for stage, one in stages.items()
            ],
            hide_index=True,
        )
