"""The Plotly that the browser loads."""

from __future__ import annotations

import asyncio
import gzip

import httpx
from plotly.offline import get_plotlyjs_version
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from pages.ui.plotly_js import PLOTLY_PATH, PLOTLY_VERSION, plotly_route

app = Starlette(routes=[plotly_route], middleware=[Middleware(GZipMiddleware)])


async def fetch(encoding: str) -> tuple[httpx.Response, bytes]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
        headers = {"accept-encoding": encoding}
        async with client.stream("GET", f"/{PLOTLY_PATH}", headers=headers) as answer:
            return answer, b"".join([part async for part in answer.aiter_raw()])


def test_it_is_the_version_that_makes_the_figures() -> None:
    assert get_plotlyjs_version() == PLOTLY_VERSION


def test_it_is_sent_packed_once_and_kept() -> None:
    answer, raw = asyncio.run(fetch("gzip"))
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) == len(raw) < 600_000
    assert f"v{PLOTLY_VERSION}".encode() in gzip.decompress(raw)[:100]


def test_who_cannot_unpack_gets_it_unpacked() -> None:
    _, packed = asyncio.run(fetch("gzip"))
    answer, raw = asyncio.run(fetch("identity"))
    assert "content-encoding" not in answer.headers
    assert raw == gzip.decompress(packed)
