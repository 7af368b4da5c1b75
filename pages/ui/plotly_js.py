"""Which Plotly does the browser load? The smaller one that has every figure of the app.

``plotly.js-cartesian-dist-min`` from npm, packed with ``gzip -9`` once and for all: 0.5 MB on the
wire, and a first chart 0.6 s sooner than with the full bundle of the Python package (1.5 MB). It
draws scatter, bar, heat map, contour, histogram, box and violin; it has no 3-D and no maps.
After an upgrade of plotly a test asks for the bundle of the new version.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLOTLY_VERSION = "4.1.1"
PLOTLY_PATH = f"assets/plotly-{PLOTLY_VERSION}.js"
"""Relative, so that it holds under ``server.baseUrlPath`` as well."""

_BUNDLE = Path(__file__).with_name(f"plotly-cartesian-{PLOTLY_VERSION}.min.js.gz").read_bytes()


async def _serve(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    body = _BUNDLE
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"  # and so Streamlit does not compress it again
    else:
        body = gzip.decompress(body)
    return Response(body, media_type="text/javascript", headers=headers)


plotly_route = Route(f"/{PLOTLY_PATH}", _serve)
"""For ``st.App(routes=[…])``."""
