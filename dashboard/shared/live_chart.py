"""Charts that update in place.

`st.plotly_chart` treats a changed figure as a new element: each redraw would remove the chart and build it again,
which flickers and loses zoom and hover. Here the browser updates the existing chart.
"""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly.io
import streamlit as st
from plotly.offline import get_plotlyjs, get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_BASE = str(st.get_option("server.baseUrlPath")).strip("/")
#: The URL of plotly.js. It contains the version, so that a browser may cache it indefinitely.
PLOTLY_ADDRESS = f"{'/' + _BASE if _BASE else ''}/plotly-{get_plotlyjs_version()}.min.js"


@lru_cache(maxsize=1)
def _packed_plotly() -> bytes:
    """plotly.js from the installed Plotly, compressed once rather than for every browser."""
    return gzip.compress(get_plotlyjs().encode())


def send_plotly(_request: Request) -> Response:
    """Serve the script, which is public and the same for everyone."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_packed_plotly(), media_type="text/javascript", headers=headers)


PLOTLY_ROUTE = Route(PLOTLY_ADDRESS, send_plotly)

_chart = st.components.v2.component(
    "live_chart", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def live_chart(figure: dict[str, Any], *, key: str, height: int, alt: str) -> None:
    """Draw a figure, or update the chart with the same key from the last run of the page.

    figure: as `Figure.to_dict()` returns it; a zoom is kept while its `layout.uirevision` stays the same. height: in
    pixels, instead of the figure's own; the width is the column's. alt: the chart in words, for screen readers.
    """
    # Plotly's own JSON encoder: it writes NaN as null, since browsers can't parse NaN.
    written = plotly.io.to_json(figure, validate=False)
    _chart(key=key, data={"script": PLOTLY_ADDRESS, "figure": written, "alt": alt}, height=height)
