"""A damaged run breaks no page, and hides no other run from any."""

from collections.abc import Callable
from pathlib import Path

import pytest
from damaging import CASES, copy_of, damaged_copy, make_whole_run
from session import Session

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.run_listing import listed_runs
from toolkit.runs import RunFolder, list_runs

Visit = Callable[..., Session]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_whole_run(tmp_path_factory.mktemp("whole"))


def test_damaged_runs_of_every_kind_hide_no_other(visit: Visit, root: Path, whole: RunFolder) -> None:
    good = copy_of(whole, root / "good-111111")
    for number, case in enumerate(CASES):
        damaged_copy(whole, root / f"damaged-{number}", case)

    session = visit()
    session.go_to("models")
    assert not session.has_broken
    session.select_row([run.run_id for run in listed_runs(root)].index(good.id))

    assert not session.has_broken
    assert len(session.app.dataframe[0].value) == len(list_runs(root, newer=True)) > 100
    assert session.has_button(texts.models.PREDICT_TEN)
    assert "Flat" in session.words


@pytest.mark.parametrize(
    "case",
    [
        "config.json: a data set that is not here",
        "config.json: a time of creation far off",
        "result.json: binary",
        "result.json: no epochs",
        "result.json: a text as the verdict",
        "result.json: a verdict of an unknown state",
        "events.jsonl: a text as a loss",
        "events.jsonl: a missing loss",
        "events.jsonl: samples of unknown classes",
        "samples.npz: first half",
        "samples.npz: a folder",
    ],
)
def test_a_damaged_run_can_be_looked_at_as_far_as_it_is_whole(
    visit: Visit, root: Path, whole: RunFolder, case: str
) -> None:
    damaged = damaged_copy(whole, root / "damaged-222222", case)

    session = visit(run=damaged.id)
    assert not session.has_broken
    assert "a run on " in session.words
    session.go_to("models")
    assert not session.has_broken
    assert session.app.session_state[state.CHOSEN][0] == damaged.id
