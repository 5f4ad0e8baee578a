"""A learning rate that is far too large is told from one that is fine, and from one that is too small."""

import math

import pytest

from toolkit import build_model, train
from toolkit.analysis.learning_rate import is_far_too_large, tenth_of
from toolkit.config.presets import preset
from toolkit.datasets import Dataset
from toolkit.training.history import History


def _history(loss: list[float | None], honest: list[float | None], state: str = "running") -> History:
    pairs = zip(loss, honest, strict=True)
    return History(
        records=tuple(
            {"epoch": n, "step": 10 * n, "loss": one, "honest_loss": two} for n, (one, two) in enumerate(pairs)
        ),
        state=state,
    )


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0.3, True), (0.01, False), (1e-7, False)],
)
def test_real_trainings_are_told_apart(digits: Dataset, rate: float, expected: bool) -> None:
    config = preset("keras-mlp").replace(dataset="digits", learning_rate=rate, epochs=2)
    history = train(build_model(config, digits), digits, config)
    assert history.state == "finished"
    assert is_far_too_large(history) is expected


def test_a_loss_that_is_no_number_counts() -> None:
    assert is_far_too_large(_history([None, None], [2.3, None], state="diverged"))


@pytest.mark.parametrize(
    ("loss", "honest", "what"),
    [
        ([None], [2.3], "nothing trained yet"),
        ([None, 400.0], [2.3, 9.0], "one measurement, which a poor start spoils too"),
        ([None, 28.0, 18.0], [13.0, 21.0, 10.0], "it came down"),
        ([None, 1.5, 0.4], [2.3, 66.0, 20.0], "batch normalisation lags behind a falling loss"),
        ([None, 2.3, 2.3], [2.3, 2.3, 2.3], "it never moved"),
        ([], [], "no record"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sign_of_it(loss: list[float | None], honest: list[float | None], what: str) -> None:
    assert not is_far_too_large(_history(loss, honest))


def test_records_without_a_loss_are_no_sign_of_it() -> None:
    assert not is_far_too_large(History(records=tuple({"epoch": n, "step": n} for n in range(4))))


def test_a_jump_without_a_fall_is_the_sign() -> None:
    assert is_far_too_large(_history([None, 23.0, 2.4], [2.3, 2.6, 2.4]))


@pytest.mark.parametrize(("rate", "expected"), [(0.03, 0.003), (0.3, 0.03), (10, 1), (7e-5, 7e-6), (0.1 + 0.2, 0.03)])
def test_a_tenth_is_written_as_a_person_does(rate: float, expected: float) -> None:
    assert tenth_of(rate) == expected
    assert math.isclose(tenth_of(rate), rate / 10)
