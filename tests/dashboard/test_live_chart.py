"""Charts that update in place: what the server sends. tests/browser/ tests how they behave in a browser."""

import gzip
from pathlib import Path

import plotly
from session import Session
from starlette.requests import Request

from dashboard.shared import live_chart

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def test_plotly_is_sent_from_the_installed_package_packed_and_to_be_kept_by_the_browser() -> None:
    answer = live_chart.send_plotly(Request({"type": "http"}))
    assert gzip.decompress(bytes(answer.body)) == PLOTLY.read_bytes()
    assert dict(answer.headers) | {"content-length": ""} == {
        "content-encoding": "gzip",
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": "text/javascript; charset=utf-8",
        "content-length": "",
    }


def test_only_that_one_file_is_served_and_only_to_be_read() -> None:
    assert live_chart.PLOTLY_ROUTE.path == live_chart.PLOTLY_ADDRESS
    assert live_chart.PLOTLY_ROUTE.methods == {"GET", "HEAD"}
    assert live_chart.PLOTLY_ROUTE.param_convertors == {}


def test_another_version_of_plotly_has_another_address() -> None:
    assert f"plotly.js v{live_chart.PLOTLY_ADDRESS[len('/plotly-') : -len('.min.js')]}" in PLOTLY.read_text()[:200]


def test_what_is_no_number_is_sent_as_null(tmp_path: Path) -> None:
    """A browser can read neither NaN nor Infinity."""
    page = tmp_path / "page.py"
    page.write_text(
        "from math import inf, nan\n"
        "from dashboard.shared.live_chart import live_chart\n"
        "live_chart({'data': [{'y': [nan, inf, 0.5]}], 'layout': {}}, key='a', height=100, alt='Three figures.')\n"
    )
    session = Session(page, {})
    session.reload()
    assert session.charts == [{"data": [{"y": [None, None, 0.5]}], "layout": {}, "alt": "Three figures."}]
