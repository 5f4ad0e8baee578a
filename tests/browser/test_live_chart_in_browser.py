"""Live charts update in place: they neither disappear nor lose their zoom, and their script is loaded once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor, until

from dashboard import texts
from dashboard.shared.live_chart import PLOTLY_ADDRESS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
PLOTS = ".js-plotly-plot"
#: From now on, counts every chart that is taken out of the page, and keeps those that are in it.
WATCH = """() => {
  window.taken = 0;
  window.charts = [...document.querySelectorAll('.js-plotly-plot')];
  const isChart = (node) => node.matches?.('.js-plotly-plot') || node.querySelector?.('.js-plotly-plot');
  new MutationObserver((changes) => {
    for (const change of changes) taken += [...change.removedNodes].filter(isChart).length;
  }).observe(document.body, { childList: true, subtree: true });
}"""
SAME = "plots => plots.length == 2 && plots.every((plot, index) => plot === window.charts[index])"


def zoom(visitor: Visitor) -> None:
    """Into a part of the first chart, with the mouse."""
    box = visitor.main.locator(f"{PLOTS} .nsewdrag").first.bounding_box()
    assert box is not None
    visitor.page.mouse.move(box["x"] + 10, box["y"] + 10)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    visitor.page.mouse.up()


def shown(visitor: Visitor) -> Any:
    """The epochs that the first chart shows, from where to where; its losses may change their scale meanwhile."""
    return visitor.main.locator(PLOTS).first.evaluate("plot => plot._fullLayout.xaxis.range")


def test_a_chart_takes_new_points_where_it_stands_and_keeps_zoom_and_hover(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=1000)
    visitor.start()
    visitor.wait_for_training()
    visitor.page.evaluate(WATCH)
    before = shown(visitor)
    zoom(visitor)
    until(lambda: shown(visitor) != before, "a part of the chart after the zoom")
    zoomed = shown(visitor)
    visitor.main.locator(f"{PLOTS} .nsewdrag").last.hover()
    hover = visitor.main.locator(PLOTS).last.locator(".hoverlayer .legend")
    hover.wait_for()

    points = "plot => Math.max(...plot.data.map(trace => trace.x.length))"
    drawn = visitor.main.locator(PLOTS).first.evaluate(points)
    until(lambda: visitor.main.locator(PLOTS).first.evaluate(points) >= drawn + 2, "two more epochs in the chart")
    assert visitor.main.locator(PLOTS).evaluate_all(SAME)
    assert visitor.page.evaluate("taken") == 0
    assert shown(visitor) == zoomed
    assert hover.is_visible()
    visitor.look("live-chart")
    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")


def test_charts_follow_the_width_of_their_column(visit: Visit, dashboard: Dashboard, finished_run: str) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    drawing = visitor.main.locator(f"{PLOTS} .main-svg").first
    drawing.wait_for()
    visitor.page.set_viewport_size(PHONE["viewport"])
    column = "plot => plot.closest('[data-testid=stColumn]').clientWidth"
    chart = visitor.main.locator(PLOTS).first
    until(
        lambda: drawing.evaluate("drawing => drawing.clientWidth") == chart.evaluate(column) < 390,
        "a drawing as wide as its column",
    )


def test_the_script_that_draws_comes_from_the_dashboard_and_only_once(
    visit: Visit, dashboard: Dashboard, finished_run: str
) -> None:
    visitor = visit(dashboard, f"?run={finished_run}")
    visitor.main.locator(PLOTS).last.wait_for()
    asked = [address for address in visitor.addresses if re.search("plotly.*js", address, re.IGNORECASE)]
    assert asked == [dashboard.url.rstrip("/") + PLOTLY_ADDRESS]
    visitor.page.reload()
    visitor.main.locator(PLOTS).last.wait_for()
    transferred = "name => performance.getEntriesByName(name).map(entry => entry.transferSize)"
    assert visitor.page.evaluate(transferred, asked[0]) == [0]
