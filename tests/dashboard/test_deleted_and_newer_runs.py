"""Undo after a deletion, and runs of a newer version of the toolkit, on the pages that show them."""

import json
from collections.abc import Callable

import pytest
from session import Session

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.links import encode_config
from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, list_runs
from toolkit.runs.trash import empty_trash, trashed_runs

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]


def _newer(run: RunFolder) -> RunFolder:
    values = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**values, "schema": 9, "colour": "red"}))
    return RunFolder(run.path)


def _delete(session: Session, run: RunFolder) -> None:
    generation = session.app.session_state[state.GENERATION]
    session.app.button(key=f"delete-now-{run.id}-{generation}").click().run()


@pytest.mark.parametrize("page", ["models", "compare"])
def test_a_deletion_is_undone_where_it_was_made(visit: Visit, make_run: MakeRun, page: str) -> None:
    make_run()
    run = make_run(config=ExperimentConfig(name="the *other*", dataset="digits"))
    session = visit(run=run.id)
    session.go_to(page)
    assert not session.has_button(texts.run_actions.UNDO)

    _delete(session, run)
    assert r"**the \*other\*** is in the trash for 7 days; its " in session.words
    assert not run.path.exists()

    session.click(texts.run_actions.UNDO)
    assert not session.has_broken
    assert not session.has_button(texts.run_actions.UNDO)
    assert run.id in {one.id for one in list_runs(run.path.parent)}
    if page == "models":
        assert session.app.session_state[state.CHOSEN][0] == run.id


def test_several_deletions_are_undone_one_after_the_other(visit: Visit, make_run: MakeRun) -> None:
    runs = [make_run() for _ in range(3)]
    session = visit()
    session.go_to("models")
    while left := list_runs(runs[0].path.parent):
        session.app.session_state[state.CHOSEN] = (left[0].id, None)
        session.app.session_state[state.MODEL_ROWS] = []
        session.reload()
        _delete(session, left[0])

    for _ in runs:
        session.click(texts.run_actions.UNDO)

    assert len(list_runs(runs[0].path.parent)) == 3
    assert not session.has_button(texts.run_actions.UNDO)


def _with_a_deleted_run(visit: Visit, make_run: MakeRun) -> tuple[Session, RunFolder]:
    run, _ = make_run(), make_run()
    session = visit()
    session.go_to("compare")
    _delete(session, run)
    assert session.has_button(texts.run_actions.UNDO)
    return session, run


def test_the_line_goes_when_it_is_hidden(visit: Visit, make_run: MakeRun) -> None:
    session, run = _with_a_deleted_run(visit, make_run)
    session.app.button(key="hide-deleted").click().run()
    assert not session.has_button(texts.run_actions.UNDO)
    assert [one.run_id for one in trashed_runs(run.path.parent)] == [run.id]


def test_the_line_goes_when_the_trash_was_emptied(visit: Visit, make_run: MakeRun) -> None:
    session, run = _with_a_deleted_run(visit, make_run)
    empty_trash(run.path.parent, everything=True)
    session.reload()
    assert not session.has_button(texts.run_actions.UNDO)


def test_an_id_that_is_taken_again_is_explained(visit: Visit, make_run: MakeRun) -> None:
    session, run = _with_a_deleted_run(visit, make_run)
    run.path.mkdir()

    session.click(texts.run_actions.UNDO)

    assert "can't be brought back: there is" in session.app.error[0].value.replace("\\", "")
    assert session.has_button(texts.run_actions.UNDO)


def test_where_nothing_is_kept_it_is_said_before_and_after(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_TRASH_DAYS", "0")
    run, _ = make_run(), make_run()
    session = visit()
    session.go_to("compare")
    assert "the trash has no room for it" in session.words

    _delete(session, run)

    assert "**my run** is gone for good" in session.words
    assert not session.has_button(texts.run_actions.UNDO)


def test_models_lists_a_newer_run_with_the_reason_and_nothing_to_press(visit: Visit, make_run: MakeRun) -> None:
    make_run()
    run = _newer(make_run(config=ExperimentConfig(name="from tomorrow", dataset="digits")))
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    session = visit(run=run.id)
    session.go_to("models")

    table = next(one for one in session.app.dataframe if one.key).value
    assert set(table["state"]) == {texts.STATES["newer"], texts.STATES["finished"]}
    (told,) = session.app.warning
    assert told.value.replace("\\", "") == run.message
    for label in (texts.run_actions.LOAD, texts.models.PREDICT_TEN, texts.run_actions.DELETE_NOW):
        assert not session.has_button(label)
    assert not session.has_broken
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_train_shows_a_newer_run_with_the_reason(visit: Visit, make_run: MakeRun) -> None:
    run = _newer(make_run())
    session = visit(run=run.id)

    assert session.app.warning[0].value.replace("\\", "") == run.message
    assert "my run on " in session.app.subheader[0].value
    assert not session.has_button(texts.train.RESUME)
    assert session.can_start


@pytest.mark.parametrize("page", ["results", "try_it", "compare", "data"])
def test_the_other_pages_leave_a_newer_run_out(visit: Visit, make_run: MakeRun, page: str) -> None:
    make_run()
    run = _newer(make_run())
    session = visit(run=run.id)
    session.go_to(page)
    assert not session.has_broken
    assert not session.app.error


def test_a_run_that_becomes_newer_while_it_is_shown_breaks_nothing(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("interrupted")
    session = visit(run=run.id)
    assert session.has_button(texts.train.RESUME)
    _newer(run)
    session.reload()
    assert not session.has_broken
    assert not session.has_button(texts.train.RESUME)


def test_a_link_of_a_newer_version_is_told_of(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"schema": 9, "epochs": 3})
    monkeypatch.setattr("dashboard.shared.links.json.dumps", lambda *_details, **_more: text)
    link = encode_config(ExperimentConfig())
    monkeypatch.undo()

    session = visit(config=link)

    assert (
        "This version of the toolkit can't read the config: it has the schema number 9, and this version reads up to "
        "2. Update the toolkit. These are the usual ones."
    ) in session.app.error[0].value.replace("\\", "")
