"""The buttons of a run, tested on Compare."""

from collections.abc import Callable
from typing import Any

from session import Session

from dashboard import texts
from dashboard.shared import state
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.runs import RunFolder, list_runs, open_run

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]

CONFIG = ExperimentConfig(name="a smaller one", dataset="digits", layers=[Dense(units=17)], learning_rate=0.02)


def compare_page(visit: Visit, **query: str) -> Session:
    session = visit(**query)
    session.go_to("compare")
    return session


def press(session: Session, action: str, run: RunFolder) -> None:
    """Press a run's own button: "load", "results", "delete-now"."""
    session.app.button(key=f"{action}-{run.id}-{session.app.session_state[state.GENERATION]}").click().run()


def rename(session: Session, run: RunFolder, title: str) -> None:
    generation = session.app.session_state[state.GENERATION]
    session.app.text_input(key=f"title-{run.id}-{generation}").set_value(title)
    next(one for one in session.app.button if f"renaming-{run.id}-" in str(one.key)).click().run()


def test_a_new_title_stands_on_the_page_at_once(visit: Visit, make_run: MakeRun) -> None:
    run, _ = make_run(), make_run("finished", CONFIG)
    session = compare_page(visit)
    rename(session, run, "Tanja's *run*")
    assert open_run(run.path.parent, run.id).config.name == "Tanja's *run*"
    assert r"**Tanja's \*run\***" in session.words
    assert "my run" not in session.words


def test_a_title_that_can_not_be_is_explained_and_the_old_one_stays(visit: Visit, make_run: MakeRun) -> None:
    run, _ = make_run(), make_run("finished", CONFIG)
    session = compare_page(visit)
    rename(session, run, "")
    assert not session.has_broken
    assert "Must be a text of 1 to 80 characters. Received: an empty text. Try my experiment." in session.words
    assert open_run(run.path.parent, run.id).config.name == "my run"


def test_a_deleted_run_is_gone_from_disk_and_page(visit: Visit, make_run: MakeRun) -> None:
    run, other, third = make_run(), make_run("finished", CONFIG), make_run()
    session = compare_page(visit, run=run.id)
    assert session.app.session_state[state.RUN] == run.id
    press(session, "delete-now", run)
    assert not session.has_broken
    assert not run.path.exists()
    assert {one.id for one in list_runs(run.path.parent)} == {other.id, third.id}
    assert "my run" not in session.words.replace(third.config.name, "")
    assert session.app.session_state[state.RUN] is None


def test_a_run_that_is_training_is_not_deleted(visit: Visit, make_run: MakeRun) -> None:
    run, _ = make_run("running"), make_run("finished", CONFIG)
    session = compare_page(visit)
    press(session, "delete-now", run)
    (problem,) = session.app.error
    assert problem.value == f"The run {run.id} is training. Stop it first."
    assert run.path.exists()


def test_its_settings_are_loaded_into_the_form(visit: Visit, make_run: MakeRun, submitted: list[Any]) -> None:
    make_run()
    run = make_run("finished", CONFIG)
    session = compare_page(visit)
    press(session, "load", run)
    session.go_to("train")
    assert session.field("Units").value == 17
    session.click(texts.train.START)
    assert submitted == [(CONFIG, None)]


def test_results_opens_with_the_run(visit: Visit, make_run: MakeRun) -> None:
    run, _ = make_run(), make_run("finished", CONFIG)
    session = compare_page(visit)
    press(session, "results", run)
    assert session.app.session_state[state.RUN] == run.id
