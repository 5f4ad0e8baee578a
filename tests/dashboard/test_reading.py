"""The sentence about a prediction, and what may explain a wrong one."""

import numpy as np
import pytest

from dashboard import texts
from dashboard.views.try_it.reading import Answer, Reading, what_it_sees, why_wrong
from toolkit.handwriting import STEPS, WARNINGS, PreparedDigit

DIGITS = tuple("0123456789")
PIXELS = np.zeros((28, 28), np.uint8)
WORDS = texts.try_it


def answer(**shares: float) -> Answer:
    """`answer(d3=0.9)`: a probability of 0.9 for 3, and the rest spread evenly over the other classes."""
    probabilities = np.full(10, (1 - sum(shares.values())) / (10 - len(shares)))
    for name, share in shares.items():
        probabilities[int(name[1:])] = share
    return Answer(probabilities, DIGITS)


def reading(final: Answer, *, given: Answer | None = None, labels: str = "", warnings: tuple[str, ...] = ()) -> Reading:
    """labels: the prediction after each step, as a text of a digit per step."""
    prepared = PreparedDigit(PIXELS, (), "dark", {key: WARNINGS[key] for key in warnings})
    after = {key: answer(**{f"d{label}": 0.99}) for key, label in zip(STEPS, labels, strict=False)}
    return Reading(PIXELS, prepared, given or final, after, final)


def test_a_sure_answer_is_told_with_what_the_preparation_changed() -> None:
    told = what_it_sees(reading(answer(d5=0.99), given=answer(d3=0.41)))
    assert told == (
        "It sees **5** (99 %). Merely shrunk, your picture would be read as **3** (41 %): "
        "the preparation below makes the difference."
    )


def test_where_nothing_changed_that_is_said() -> None:
    told = what_it_sees(reading(answer(d5=0.99), given=answer(d5=0.62)))
    assert told.endswith("Merely shrunk, your picture would be read as **5** (62 %): the same, this time.")


@pytest.mark.parametrize(
    ("final", "sentence"),
    [
        (answer(d5=0.8, d3=0.19), "It sees **5** (80 %), with some doubt; **3** (19 %) comes next."),
        (answer(d5=0.48, d3=0.44), "It is torn: **5** (48 %), or **3** (44 %)."),
    ],
)
def test_a_doubtful_answer_names_the_next_one(final: Answer, sentence: str) -> None:
    assert what_it_sees(reading(final)).startswith(sentence)


def test_a_picture_that_was_merely_resized_is_compared_with_nothing() -> None:
    final = answer(d5=0.99)
    assert what_it_sees(Reading(PIXELS, None, final, {}, final)) == "It sees **5** (99 %)."


def test_weights_that_are_no_numbers_give_no_answer() -> None:
    nothing = Answer(np.full(10, np.nan, np.float32), DIGITS)
    assert what_it_sees(reading(nothing)) == WORDS.NO_ANSWER
    assert (nothing.label, nothing.in_short("3")) == (texts.UNSURE, texts.UNSURE)


def test_an_answer_is_green_or_red_where_the_truth_is_known() -> None:
    told = [answer(d5=0.99).in_short(meant) for meant in (None, "5", "3")]
    assert told == ["**5** · 99 %", ":green[**5**] · 99 %", ":red[**5** ✗] · 99 %"]


def test_a_step_that_was_switched_off_is_the_first_thing_to_look_at() -> None:
    wrong = reading(answer(d5=0.99), labels="333335555", warnings=("thick",))
    assert why_wrong(wrong, "3", ["crop", "polarity"]) == (
        "You have switched off *White on black*, *A tight box*: switch all steps on again and look at the difference."
    )


def test_then_what_was_doubtful() -> None:
    wrong = reading(answer(d5=0.99), labels="333335555", warnings=("thick",))
    assert why_wrong(wrong, "3", []) == f"This may be why: {WARNINGS['thick']}"


def test_then_the_step_before_which_it_was_right() -> None:
    assert why_wrong(reading(answer(d5=0.99), labels="533333335555"), "3", []) == (
        "Before the step *A usual pen* it was read rightly: compare the pictures there, and switch that step off."
    )


def test_then_whether_the_right_answer_comes_second() -> None:
    assert why_wrong(reading(answer(d5=0.6, d3=0.3), labels="555555555555"), "3", []) == WORDS.WRONG_SECOND
    assert why_wrong(reading(answer(d5=0.6, d8=0.3), labels="555555555555"), "3", []) == WORDS.WRONG
