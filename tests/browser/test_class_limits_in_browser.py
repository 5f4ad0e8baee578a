"""Limits per browser: what counts as one browser, and what the next one may still do."""

from collections.abc import Callable

import pytest
from driving import Dashboard, Visitor, until

from dashboard import texts
from toolkit.runs import list_runs

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def test_a_browser_is_the_same_after_a_reload_and_a_restart_and_another_one_is_another(
    own_dashboard: Dashboard, visit: Visit
) -> None:
    one, other = visit(own_dashboard), visit(own_dashboard)
    runs = []
    for visitor in (one, other):
        visitor.set_up_small()
        runs.append(visitor.start())
    first, second = (run.session for run in runs)
    assert first
    assert second
    assert first != second

    for visitor in (one, other):
        visitor.page.goto("about:blank")  # A page would complain that the server is gone.
    own_dashboard.kill()
    own_dashboard.start()
    one.open()
    one.set_up_small()
    assert one.start().session == first


def test_one_browser_is_told_that_it_has_enough_under_way(
    own_dashboard: Dashboard, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_WAITING", "1")
    own_dashboard.kill()
    own_dashboard.start()  # With that limit.
    greedy, modest = visit(own_dashboard), visit(own_dashboard)
    greedy.set_up_small(epochs=1000)
    greedy.start()
    refusal = greedy.main.get_by_text(
        "This browser has as many runs waiting or training as it may have at once: 1"
    ).first

    def is_refused() -> bool:
        greedy.button(texts.train.START).click()  # Within a second, a second click counts as a double click.
        greedy.settle()
        return refusal.is_visible()

    until(is_refused, "a sentence that refuses the second run")

    modest.set_up_small()
    modest.start()
    until(lambda: len(list_runs(own_dashboard.root)) == 2, "a run of each")
    greedy.button(texts.train.STOP).click()
    greedy.wait_for_state("stopped")
