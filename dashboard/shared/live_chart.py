"""Charts that change while one looks at them.

`st.plotly_chart` takes a changed figure for another element: each redraw would take the chart away and build it
anew, which flickers and loses zoom and hover. Here the browser draws the changes into the chart that is there.
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
#: Where a browser gets plotly.js. Another version has another address, so that a browser may keep it for good.
PLOTLY_ADDRESS = f"{'/' + _BASE if _BASE else ''}/plotly-{get_plotlyjs_version()}.min.js"


@lru_cache(maxsize=1)
def _packed_plotly() -> bytes:
    """plotly.js from the installed Plotly, packed once: the server would pack it anew for every browser."""
    return gzip.compress(get_plotlyjs().encode())


def send_plotly(_request: Request) -> Response:
    """The one answer to all who ask: a public script, so that it does not matter who asks, or from where."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_packed_plotly(), media_type="text/javascript", headers=headers)


PLOTLY_ROUTE = Route(PLOTLY_ADDRESS, send_plotly)

_chart = st.components.v2.component(
    "live_chart", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def live_chart(figure: dict[str, Any], *, key: str, height: int, alt: str) -> None:
    """Draw a figure, or draw its changes where the last run of the page drew a chart of the same key.

    figure: as `Figure.to_dict()` gives it; a zoom stays as long as its `layout.uirevision` does. height: in pixels,
    whatever the figure's own; the width is the column's. alt: the chart in words, for those who can't see it.
    """
    # Plotly's own JSON: it writes what is no number as null, where a browser could not read it otherwise.
    written = plotly.io.to_json(figure, validate=False)
    _chart(key=key, data={"script": PLOTLY_ADDRESS, "figure": written, "alt": alt}, height=height)
