"""The limits of one browser, and a training that hangs, as shown on the page."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from session import Session

from dashboard import texts
from dashboard.shared import state, visitor
from dashboard.shared.links import encode_config
from toolkit import limits
from toolkit.config.presets import preset
from toolkit.jobs.submission import submit
from toolkit.runs import RunFolder, list_runs

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]

TOKEN, OTHER = "00" * 16, "11" * 16


def cookie(token: str, mask: str = "01020304") -> str:
    """Streamlit's cookie of a browser, which is masked differently in each response."""
    key = bytes.fromhex(mask)
    masked = bytes(byte ^ key[place % 4] for place, byte in enumerate(bytes.fromhex(token)))
    return f"2|{mask}|{masked.hex()}|1790000000"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the next visits come from a browser with that cookie, on a machine of that address."""

    def is_now(cookie: str | None = None, address: str | None = None) -> None:
        cookies = {"_streamlit_xsrf": cookie} if cookie else {}
        monkeypatch.setattr(visitor.st, "context", SimpleNamespace(cookies=cookies, ip_address=address, url=""))

    is_now()
    return is_now


@pytest.fixture
def real_submit(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Visits in which starts are checked as on a server; no worker takes the runs."""
    monkeypatch.setattr("toolkit.jobs.submit", submit)
    return visit


def name_of(cookie_: str | None, address: str | None, browser: Callable[..., None]) -> str:
    browser(cookie_, address)
    return visitor.browser()


def test_a_browser_keeps_its_name_however_its_cookie_is_masked(root: Path, browser: Callable[..., None]) -> None:
    names = {name_of(cookie(TOKEN, mask), "10.0.0.7", browser) for mask in ("01020304", "ffeeddcc", "00000000")}
    assert len(names) == 1
    visitor._key.cache_clear()  # As a server that is started again.
    assert name_of(cookie(TOKEN), "10.0.0.8", browser) in names
    assert name_of(cookie(OTHER), "10.0.0.7", browser) not in names
    assert (root / ".jobs" / "visitors.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damaged", [None, "", "2|", "2|zz|zz|1", "2||00|1", "1|01020304|00|1", "x" * 5000])
def test_without_a_cookie_it_is_known_by_its_machine(
    root: Path, browser: Callable[..., None], damaged: str | None
) -> None:
    seventh, eighth = (name_of(damaged, f"10.0.0.{number}", browser) for number in (7, 8))
    assert seventh != eighth
    assert seventh == name_of(None, "10.0.0.7", browser)
    assert "10.0.0.7" not in seventh


def test_runs_bear_the_name_of_their_browser_and_links_start_nothing(
    root: Path, real_submit: Visit, browser: Callable[..., None]
) -> None:
    browser(cookie(TOKEN))
    session = real_submit(config=encode_config(preset("keras-mlp").replace(epochs=1000, name="linked")))
    assert list_runs(root) == []
    session.click(texts.train.START)
    (run,) = list_runs(root)
    assert run.session == name_of(cookie(TOKEN), None, browser)
    assert TOKEN not in (run.path / "config.json").read_text()


def test_five_links_in_five_tabs_are_one_browser_and_the_next_one_is_refused_with_a_sentence(
    root: Path, real_submit: Visit, browser: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "3")
    browser(cookie(TOKEN))
    for number in range(5):
        session = real_submit(config=encode_config(preset("keras-mlp").replace(epochs=1000, seed=number)))
        session.click(texts.train.START)
    assert not session.has_broken
    assert [error.value for error in session.app.error] == [limits.too_many_waiting(3).replace("_", r"\_")]
    assert len(list_runs(root)) == 3

    browser(cookie(OTHER))
    other = real_submit()
    other.click(texts.train.START)
    assert list(other.app.error) == []
    assert len(list_runs(root)) == 4


def test_resuming_is_held_to_the_same_and_says_so(
    root: Path, real_submit: Visit, make_run: MakeRun, browser: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    browser(cookie(TOKEN))
    session = real_submit()
    session.click(texts.train.START)
    run = make_run("stopped")
    session = real_submit(run=run.id)
    session.click(texts.train.RESUME)
    assert not session.has_broken
    assert "TOOLKIT" in session.app.error[0].value
    assert run.state == "stopped"

    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "2")
    session.click(texts.train.RESUME)
    assert run.state == "queued"


def test_a_full_folder_is_told_where_a_run_is_started(
    root: Path, real_submit: Visit, browser: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_RUNS_GB", "0.001")
    session = real_submit()
    session.click(texts.train.START)
    assert "all runs together may take 1 MB" in session.app.error[0].value
    assert list_runs(root) == []


def test_a_run_that_made_way_says_why_and_what_it_has_learned(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("stopped", message=limits.made_way())
    session = visit(run=run.id)
    assert "It made way: the runs of its browser had trained 20 minutes within an hour" in session.words
    assert "97.0" in session.words
    assert session.has_button(texts.train.RESUME)


@pytest.mark.parametrize("asked_to_stop", [False, True])
def test_a_training_that_does_not_answer_is_told_and_what_to_press(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, asked_to_stop: bool
) -> None:
    run = make_run("running")
    if asked_to_stop:
        run.request_stop()
    monkeypatch.setattr("toolkit.jobs.silence", lambda root, one: 12.3 if one.id == run.id else 0.0)
    session = visit(run=run.id)
    expected = (texts.train.NO_ANSWER, texts.train.NO_ANSWER_TO_STOP)[asked_to_stop].format(seconds=12)
    assert [one.value for one in session.app.warning][:1] == [expected]
    assert not session.has_broken


def test_a_training_that_answers_is_not_doubted(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("running").id)
    assert "has not answered" not in session.words


def test_a_page_that_is_redrawn_looks_at_no_other_runs(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser's use is counted when a run is to start, not for each of thirty pages a second."""
    run = make_run("running")
    session = visit(run=run.id)

    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("all runs were looked at")

    for name in (
        "toolkit.runs.disk_space.run_folders",
        "toolkit.jobs.turns.run_folders",
        "dashboard.shared.visitor.browser",
    ):
        monkeypatch.setattr(name, fail)
    session.reload()
    assert not session.has_broken


def test_a_visitor_without_cookie_and_address_is_one_for_as_long_as_the_page_is_there(
    root: Path, browser: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[dict[str, Any]] = [{}, {}]
    names = []
    for session in (*sessions, *sessions):
        monkeypatch.setattr(st, "session_state", session)
        names.append(visitor.browser())
    assert names[:2] == names[2:]
    assert len(set(names)) == 2
    assert all(state.VISITOR in session for session in sessions)
