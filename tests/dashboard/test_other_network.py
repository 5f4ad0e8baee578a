"""Whether a run's weights fit another network, on Models."""

from collections.abc import Callable
from typing import Any

import pytest
from session import Session

from dashboard import texts
from dashboard.shared import state
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.config.presets import preset
from toolkit.runs import RunFolder

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]

SOURCE = ExperimentConfig(name="source", dataset="digits", layers=[Dense(units=17)], epochs=6)


@pytest.fixture
def section(visit: Visit) -> Callable[[], Session]:
    """Opens the page with the section expanded and the newest run chosen."""

    def opened() -> Session:
        session = visit()
        session.app.session_state[state.OTHER_NETWORK] = True
        session.go_to("models")
        return session

    return opened


def choose(session: Session, words: str) -> None:
    """Choose a network by words in its label."""
    field = session.field(texts.models.TARGET)
    field.select_index(next(index for index, label in enumerate(field.options) if words in label)).run()


def layers(session: Session) -> list[tuple[Any, ...]]:
    """The table: layer, whether it fits, what it needs, what is stored."""
    return list(session.app.dataframe[-1].value.itertuples(index=False, name=None))


def test_a_folded_section_asks_nothing(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", SOURCE)
    session = visit()
    session.go_to("models")
    assert texts.models.OTHER_NETWORK in [one.label for one in session.app.expander]
    assert not session.has_field(texts.models.TARGET)


def test_one_can_choose_from_what_is_set_up_the_published_and_the_other_runs(
    section: Callable[[], Session], make_run: MakeRun
) -> None:
    other, twins = make_run("queued"), [make_run("queued", SOURCE.replace(name="twin")) for _ in range(2)]
    make_run("finished", SOURCE)
    options = section().field(texts.models.TARGET).options
    assert options[0] == "What is set up on Train"
    assert "Published: keras-mlp" in options
    assert options[-1] == f"my run on Small digits · hidden layers: dense 64, dense 32 · {other.id}"
    twin = "twin on Small digits · hidden layers: dense 17"
    assert {f"{twin} · {run.id}" for run in twins} == set(options[-3:-1])


def test_a_network_stays_chosen_when_other_runs_come(section: Callable[[], Session], make_run: MakeRun) -> None:
    make_run("queued", SOURCE.replace(name="wider", layers=[Dense(units=40)]))
    make_run("finished", SOURCE)
    session = section()
    choose(session, "wider")
    kept = session.field(texts.models.TARGET).value
    make_run("queued", SOURCE.replace(name="wider", layers=[Dense(units=40)]))
    session.reload()
    assert session.field(texts.models.TARGET).value == kept


def test_a_misfit_is_explained_by_its_layer_and_what_to_change(
    section: Callable[[], Session], make_run: MakeRun
) -> None:
    make_run("queued", SOURCE.replace(name="wider", layers=[Dense(units=40)]))
    make_run("finished", SOURCE)
    session = section()
    choose(session, "wider")
    assert not session.has_broken
    (warning,) = [one for one in session.app.warning if "They do not fit" in one.value]
    assert warning.value == (
        "**They do not fit.** Layer 1 needs Dense 64 × 40 + 40; stored is Dense 64 × 17 + 17. Give that layer 17 units."
    )
    assert layers(session) == [
        (1, "✗", "Dense 64 × 40 + 40", "Dense 64 × 17 + 17"),
        (2, "✗", "Dense 40 × 10 + 10", "Dense 17 × 10 + 10"),
    ]
    assert not session.has_button(texts.models.START_THERE)


def test_a_layer_that_is_missing_on_one_side_is_nothing(section: Callable[[], Session], make_run: MakeRun) -> None:
    make_run("finished", SOURCE)
    session = section()
    choose(session, "Published: keras-mlp")
    assert layers(session)[2] == (3, "✗", "Dense 32 × 10 + 10", "nothing")
    assert "Use 2 layers with weights instead of 3." in session.words


def test_where_they_fit_train_opens_with_that_network_and_these_weights(
    section: Callable[[], Session], make_run: MakeRun, submitted: list[Any]
) -> None:
    target = SOURCE.replace(name="target", optimizer="sgd", layers=[Dense(units=17, activation="tanh")])
    make_run("queued", target)
    source = make_run("finished", SOURCE)
    session = section()
    choose(session, "target")
    assert texts.models.FITS in session.words
    assert [fits for _, fits, *_ in layers(session)] == ["✓", "✓"]
    session.click(texts.models.START_THERE)
    session.go_to("train")
    assert session.field(texts.form.WEIGHTS_FROM).value == source.id
    session.click(texts.train.START)
    assert submitted == [(target, source.id)]


def test_what_is_set_up_on_train_can_take_them(section: Callable[[], Session], make_run: MakeRun) -> None:
    make_run("finished", preset("keras-mlp"))
    session = section()
    assert session.field(texts.models.TARGET).value == ("draft", "")
    assert texts.models.FITS in session.words


def test_a_network_that_can_not_be_is_explained(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", SOURCE)
    session = visit()
    session.app.session_state[state.OTHER_NETWORK] = True
    session.fill("Learning rate", 0.0)
    session.go_to("models")
    assert not session.has_broken
    assert "learning_rate must be a number above 0" in session.words.replace("\\", "")
    assert not session.has_button(texts.models.START_THERE)


def test_a_weights_file_that_is_another_one_is_not_said_to_fit(
    section: Callable[[], Session], make_run: MakeRun
) -> None:
    make_run("finished", preset("keras-mlp"), weights_sha256="0" * 64)
    session = section()
    assert "is not the file that the run saved" in session.words.replace("\\", "")
    assert texts.models.FITS not in session.words
    assert not session.has_button(texts.models.START_THERE)
