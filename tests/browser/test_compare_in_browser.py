"""Comparing real runs in Chromium: the verdict, a link to it, a new title, a run deleted, a phone."""

import re
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from driving import DEADLINE, DESKTOP, PHONE, Dashboard, Visitor, until

from dashboard import texts
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.runs import RunFolder, create_run, list_runs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]

WIDE = ExperimentConfig(name="wide", dataset="digits", layers=[Dense(units=64)], epochs=20)


@pytest.fixture(scope="module")
def runs(browser: "Browser", dashboard: Dashboard) -> list[RunFolder]:
    """Two small runs that were really trained, the better one first, and a copy of that one."""
    first = Visitor(browser.new_context(**DESKTOP).new_page(), dashboard)
    first.open()  # workers come with the first page
    first.close()
    configs = (WIDE, WIDE.replace(name="narrow", layers=[Dense(units=2)], epochs=3))
    wide, narrow = (
        create_run(dashboard.root, one, asked_by="a test", weights_from=None, queued=True) for one in configs
    )
    for run in (wide, narrow):
        until(lambda run=run: run.state == "finished", f"{run.id} finished")  # type: ignore[misc]
    copy = RunFolder(wide.path.with_name("copy-000000"))
    shutil.copytree(wide.path, copy.path)
    copy.rename("copy")
    return [wide, narrow, copy]


def address(*runs: RunFolder) -> str:
    return f"compare?runs={','.join(run.id for run in runs)}"


def charts(visitor: Visitor) -> int:
    """How many charts stand on the page, once they are drawn."""
    visitor.main.locator(".js-plotly-plot").nth(1).wait_for()
    return visitor.main.locator(".js-plotly-plot").count()


def test_two_runs_are_compared_and_a_link_shows_the_same(
    visit: Visit, dashboard: Dashboard, runs: list[RunFolder]
) -> None:
    wide, narrow, _ = runs
    visitor = visit(dashboard, address(wide))
    visitor.wait_for_words(texts.compare.CHOOSE_TWO)
    visitor.choose(texts.compare.RUNS, "narrow")
    visitor.page.keyboard.press("Escape")  # the list of runs stays open for more of them
    visitor.wait_for_words("wide is better, and that is more than luck:")
    assert "rows that just one of the two gets right" in (visitor.verdict.first.text_content() or "")
    assert charts(visitor) == 2
    visitor.look("compared")
    table = visitor.main.get_by_role("table", name=texts.compare.DIFFERENCES)
    table.get_by_role("row", name=texts.compare.TEST_ACCURACY).wait_for()
    lines = table.get_by_role("row").all_text_contents()
    assert any(line.startswith(texts.compare.FIELDS["layers"]) and "dense 2" in line for line in lines)
    assert not any(line.startswith(texts.FIELDS["optimizer"]) for line in lines)
    visitor.main.get_by_role("radio", name=texts.compare.BY_WORDS["seconds"]).click()
    visitor.main.get_by_role("figure", name=re.compile("^loss of wide, narrow, by seconds")).first.wait_for()

    other = visit(dashboard, visitor.page.url.removeprefix(dashboard.url))
    other.wait_for_words("wide is better, and that is more than luck:")
    assert other.verdict.first.text_content() == visitor.verdict.first.text_content()
    assert {wide.id, narrow.id} == set(re.findall(r"(?:wide|narrow)-[0-9a-f]{6}", other.page.url))


def test_a_run_is_renamed_and_another_deleted_once_that_was_asked(
    visit: Visit, dashboard: Dashboard, runs: list[RunFolder]
) -> None:
    wide, narrow, copy = runs
    visitor = visit(dashboard, address(copy, wide))
    visitor.button(texts.run_actions.RENAME).first.click()
    title = visitor.page.get_by_role("textbox", name=texts.FIELDS["name"])
    title.fill("middling")
    title.press("Enter")
    visitor.main.get_by_role("columnheader", name="middling").wait_for()
    assert dashboard.run(copy.id).config.name == "middling"
    title.wait_for(state="hidden")

    visitor.button(texts.run_actions.DELETE).first.click()
    visitor.page.get_by_text("middling goes into the trash").wait_for()
    visitor.look("asked-before-deleting")
    assert copy.path.exists()
    visitor.page.get_by_role("button", name=texts.run_actions.DELETE_NOW).click()
    visitor.main.get_by_role("columnheader", name="middling").wait_for(state="detached")
    visitor.main.get_by_text("middling").first.wait_for()  # The line with Undo names it.
    visitor.settle()
    assert not copy.path.exists()
    assert {wide.id, narrow.id} <= {run.id for run in list_runs(dashboard.root)}
    assert visitor.page.url.endswith(f"compare?runs={wide.id}")


def test_comparing_on_a_phone_never_scrolls_sideways(visit: Visit, dashboard: Dashboard, runs: list[RunFolder]) -> None:
    visitor = visit(dashboard, address(*runs[:2]), **PHONE)
    assert charts(visitor) == 2
    visitor.look("phone-compare")
    assert not visitor.scrolls_sideways
    visitor.button(texts.run_actions.RENAME).first.click()
    visitor.page.get_by_role("textbox", name=texts.FIELDS["name"]).wait_for()
    assert not visitor.scrolls_sideways
