"""What does the server answer besides pages? Live points, downloads, health; and a cookie."""

from __future__ import annotations

import csv
import io
import re
import secrets
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui import evidence, lab
from pages.ui.catalog import PAGES
from pages.ui.history import History
from pages.ui.lab import COOKIE, public_name
from pages.ui.live import VIEWS, Answer, LiveAnswers, replay
from pages.ui.translate import LANGUAGES, SOURCE, read_lesson, translate_error, translator
from resnet_core.errors import ResNetLabError, from_message

NOT_STORED = {"cache-control": "no-store"}
DIGEST = re.compile(r"[0-9a-f]{16}")
MOST_RUNS = 400


@cache
def answers() -> LiveAnswers:
    """Give the one source of live answers of this server."""
    return LiveAnswers(lab.keeper.store)


async def live(request: Request) -> Response:
    """Say what is new about runs; see ``chart`` for the form."""
    view = request.path_params["view"]
    digests = request.path_params["runs"].split("~")[:MOST_RUNS]
    since = request.query_params.get("since", "-1")
    replayed = "replay" in request.query_params
    looks_on = "looks_on" in request.query_params
    if view not in VIEWS or not all(map(DIGEST.fullmatch, digests)) or not _is_integer(since):
        return Response(status_code=404, headers=NOT_STORED)
    language = request.query_params.get("lang", SOURCE)
    cookie = request.cookies.get(COOKIE)
    if cookie and not replayed and "left" not in request.query_params:
        lab.keeper.looks(public_name(cookie), digests)
    try:
        answer = await run_in_threadpool(
            _answer,
            view,
            digests,
            int(since),
            language if language in LANGUAGES else SOURCE,
            replayed,
            looks_on,
        )
    except ResNetLabError:
        return Response(status_code=503, headers=NOT_STORED)  # the chart asks again
    if answer is None:
        return Response(status_code=404, headers=NOT_STORED)
    return JSONResponse(answer, headers=NOT_STORED)


def _answer(
    view: str, digests: list[str], since: int, language: str, replayed: bool, looks_on: bool
) -> Answer | None:
    t = translator(language)
    if replayed:
        histories, _ = answers().histories.of(digests)
        return replay(list(histories.values()), since=since, view=view, t=t) if histories else None
    trouble = None
    if lab.keeper.problem is not None:
        trouble = translate_error(lab.keeper.problem, t)
    elif lab.keeper.status is not None and lab.keeper.status.trouble is not None:
        trouble = translate_error(from_message(lab.keeper.status.trouble), t)
    return answers().answer(view, digests, since=since, t=t, trouble=trouble, looks_on=looks_on)


async def metrics(request: Request) -> Response:
    """Give all a run said as a table, a line a report: errors as fractions, losses in nats."""
    digest = request.path_params["digest"]
    history = await run_in_threadpool(_history, digest)
    if history is None:
        return Response("This run is not known here.", status_code=404)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["step", "kind", "seconds", "error", "loss", "test_error", "test_loss"])
    for step, seconds, error, loss in zip(
        history.steps, history.seconds_at, history.errors, history.losses, strict=True
    ):
        rows.writerow([step, "batches", seconds, error, loss, "", ""])
    for e in history.evaluations:
        rows.writerow(
            [
                e.step,
                "evaluation",
                e.seconds,
                e.train_error,
                e.train_loss,
                e.test_error,
                e.test_loss,
            ]
        )
    name = f"{history.run.network.name}-{digest}.csv"
    return Response(
        text.getvalue(),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _history(digest: str) -> History | None:
    return answers().histories.of([digest])[0].get(digest)


async def weights(request: Request) -> Response:
    """Give the weights of a run that is over, as safetensors."""
    digest = request.path_params["digest"]
    found = await run_in_threadpool(lab.keeper.store.artefacts, digest)
    files = [artefact.path for artefact in found if artefact.name == "weights.safetensors"]
    if not files or not files[0].exists():
        return Response(
            "The weights of this run were asked for, but they are not here: a run leaves them when "
            "it is over, and a tidied store has them no longer.",
            status_code=404,
        )
    return FileResponse(files[0], filename=f"{digest}.safetensors")


async def health(request: Request) -> Response:
    """Say whether server and lab are well, for whoever watches over them."""
    now = lab.keeper.status
    return JSONResponse(
        {
            "server": "ok",
            "lab": "ok" if now else "starting",
            "machine": now.machine if now else None,
        },
        headers=NOT_STORED,
    )


def warm_up() -> None:
    """Read what the first visitor would wait for."""
    for language in LANGUAGES:
        translator(language)
        for page in PAGES:
            read_lesson(page, language)
    evidence.degradation_recording().outcomes()
    evidence.recorded_histories(evidence.degradation_recording)


class VisitorCookie:
    """Gives every browser a random name that its scripts cannot read, with its first page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the cookie to the answer to a page, not to each of its many files."""
        if scope["type"] != "http" or COOKIE in Request(scope).cookies:
            await self.app(scope, receive, send)
            return

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append(
                        "set-cookie",
                        f"{COOKIE}={secrets.token_urlsafe(16)}; Path=/; Max-Age=31536000; "
                        "HttpOnly; SameSite=Lax",
                    )
            await send(message)

        await self.app(scope, receive, give)


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,18}", text) is not None


ROUTES = [
    Route("/api/live/{view}/{runs}", live),
    Route("/api/runs/{digest}/metrics.csv", metrics),
    Route("/api/runs/{digest}/weights.safetensors", weights),
    Route("/healthz", health),
]

MIDDLEWARE = [Middleware(VisitorCookie)]
