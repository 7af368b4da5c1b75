"""What does a live chart get when it asks what is new? The route's answers, without Streamlit.

Cursors are the store's event ids; a replay's are milliseconds of training time. Answers are made
once for all who ask the same within ``SHARED_SECONDS``, until there is something new.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pages.ui.figures.curves import Curve, change_updates, curve_updates
from pages.ui.figures.degradation import Point, error_against_depth_updates
from pages.ui.history import Histories, History
from pages.ui.probed import addition_updates, layer_updates
from pages.ui.translate import Translate, translate_error
from pages.ui.variant_entries import (
    GATES,
    VARIANT_VIEWS,
    gate_updates,
    variant_name,
    variant_updates,
)
from resnet_core.specs import PROBES, RunSpec
from resnet_core.specs.events import RunCompleted, RunDiverged, RunFailed
from resnet_core.store import RunRecord, Store

CURVES = ("study", "pair")
VIEWS = (*CURVES, *VARIANT_VIEWS, GATES, "additions", *(f"probes.{key}" for key in PROBES))
"""Which figures ask: a study's and two runs', with curves of training; those of variants; those of
probed runs."""

SHARED_SECONDS = 0.2
REPLAY_STEP_MS = 400
"""Of training time, a question of a replay: at two questions a second nearly as it was."""

Answer = dict[str, Any]


def live_url(view: str, digests: Sequence[str], language: str) -> str:
    """Give the address that a chart of these runs asks."""
    return f"api/live/{view}/{'~'.join(dict.fromkeys(digests))}?lang={language}"


class LiveAnswers:
    """Answers for all charts of one server."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.histories = Histories(store)
        self._latest = -1  # the last event that the recent answers know of
        self._recent: dict[tuple[Any, ...], tuple[float, Answer | None]] = {}

    def answer(
        self,
        view: str,
        digests: Sequence[str],
        *,
        since: int,
        t: Translate,
        trouble: str | None = None,
        looks_on: bool = False,
    ) -> Answer | None:
        """Say what is new about runs; None when none of them is known.

        Args:
            view: Which figures ask.
            digests: The runs.
            since: The cursor of the answer before; -1 asks for everything.
            t: Translates.
            trouble: What keeps the lab from going on, if anything does.
            looks_on: Somebody else commands these runs: a pause is not the end of the stream.
        """
        latest = self.store.last_event_id()
        if latest != self._latest:
            self._latest, self._recent = latest, {}
        shared = self._recent  # another thread's question may put a newer one in its place
        key = (view, tuple(digests), since, t, trouble, looks_on)
        now = time.monotonic()
        recent = shared.get(key)
        if recent is not None and now - recent[0] < SHARED_SECONDS:
            return recent[1]
        answer = self._answer(view, digests, since, t, trouble, looks_on)
        if len(shared) > 1000:
            shared.clear()
        shared[key] = (now, answer)
        return answer

    def _answer(
        self,
        view: str,
        digests: Sequence[str],
        since: int,
        t: Translate,
        trouble: str | None,
        looks_on: bool,
    ) -> Answer | None:
        # Records first: a run that is over by then has said its last word by the time it is read.
        records = {record.digest: record for record in self.store.runs(digests=digests)}
        if not records:
            return None
        known = [digest for digest in digests if digest in records]
        histories, cursor = self.histories.of(known)
        append: dict[str, Any] = {}
        replace: dict[str, Any] = {}
        for digest in known:
            history = histories[digest]
            whole = since < history.begun or since > cursor  # unseen, trained anew, another store
            if view not in CURVES:
                continue
            # Another visitor's question may have read on: what follows the cursor comes next time.
            curve = history.curve(since=0 if whole else since, until=cursor)
            updates = _curve_updates(curve, view)
            if whole:
                replace |= updates
            else:
                append |= {uid: xy for uid, xy in updates.items() if xy["x"]}
        if view == "pair" and any(histories[digest].changes for digest in known):
            replace |= change_updates({digest: histories[digest].marks() for digest in known})
        if view == "study":
            points = study_points([histories[digest] for digest in known])
            replace |= error_against_depth_updates(points)
        elif view in VARIANT_VIEWS:
            replace |= variant_updates(view, [histories[digest] for digest in known], t)
        replace |= _probe_updates(view, [histories[digest] for digest in known], since, t)
        return {
            "cursor": cursor,
            "append": append,
            "replace": replace,
            "cells": [_cell(records[digest], view, t) for digest in known],
            "status": trouble or status_line([records[d] for d in known], histories, t, view),
            # A pause ends the stream too: the page then offers to go on.
            "done": not any(
                record.active and (looks_on or record.status != "paused")
                for record in records.values()
            ),
        }


def _curve_updates(curve: Curve, view: str) -> dict[str, Any]:
    updates: dict[str, Any] = dict(curve_updates(curve, quantity="error"))
    if view == "pair":
        updates |= curve_updates(curve, quantity="loss")
    return updates


def _probe_updates(
    view: str, histories: Sequence[History], since: int, t: Translate
) -> dict[str, Any]:
    """Give all that probes said, if they said anything since."""
    if all(not history.probe_ids or history.probe_ids[-1] <= since for history in histories):
        return {}
    if view == GATES:
        return gate_updates(histories)
    if view == "additions":
        return addition_updates(histories, t)
    if view.startswith("probes."):
        return layer_updates(histories, view.removeprefix("probes."), t)
    return {}


def replay(runs: Sequence[History], *, since: int, view: str, t: Translate) -> Answer:
    """Say again what runs said, as time goes on: the answer to one question of a replay."""
    now = max(0, since) + REPLAY_STEP_MS
    seconds = now / 1000
    longest = max((history.seconds for history in runs), default=0.0)
    updates: dict[str, Any] = {}
    curves = [history.curve(until_seconds=seconds) for history in runs]
    for curve in curves:
        updates |= _curve_updates(curve, view)
    if view == "pair":
        updates |= change_updates({curve.uid: curve.changes for curve in curves})
    over = [history for history in runs if history.seconds <= seconds]
    if view == "study":
        updates |= error_against_depth_updates(study_points(over))
    return {
        "cursor": now,
        "replace": updates,
        "status": t(
            "Replay: {seconds} of {total} s of training",
            seconds=f"{min(seconds, longest):.1f}",
            total=f"{longest:.1f}",
        ),
        "done": seconds >= longest,
    }


def study_points(histories: Sequence[History]) -> list[Point]:
    """Gather the results of finished runs, one point a depth and join."""
    points: dict[tuple[int, str], dict[str, list[Any]]] = {}
    for history in histories:
        network = history.run.network
        row = points.setdefault(
            (network.depth, network.join), {"train": [], "test": [], "diverged": []}
        )
        if isinstance(history.ended, RunCompleted) and history.evaluations:
            row["train"].append(history.evaluations[-1].train_error)
            row["test"].append(history.evaluations[-1].test_error)
        elif isinstance(history.ended, RunDiverged):
            row["diverged"].append(str(history.run.train.seed))
    return [
        Point(
            depth=depth,
            join=join,
            errors_train=row["train"],
            errors_test=row["test"],
            diverged=row["diverged"],
        )
        for (depth, join), row in points.items()
    ]


def status_line(
    records: Sequence[RunRecord],
    histories: Mapping[str, History],
    t: Translate,
    view: str = "study",
) -> str:
    """Say in a line how far runs are: done, pace, seconds left; and why any failed."""
    failed = [
        ended
        for record in records
        if record.status == "failed"
        and isinstance(ended := histories[record.digest].ended, RunFailed)
    ]
    if failed:
        return translate_error(failed[0], t)
    downloads = [r.detail for r in records if r.detail and r.status == "running"]
    if downloads:
        return _download_line(downloads[0], t)
    running = [r for r in records if r.status == "running"]
    over = sum(not r.active for r in records)
    if len(records) <= 2:
        said = " · ".join(
            t(
                "{name}: step {step} of {steps}",
                name=run_label(record.spec, t, view),
                step=record.step,
                steps=record.steps,
            )
            for record in records
        )
    else:
        said = t("{done} of {total} runs done", done=over, total=len(records))
    paces = [h.images_per_second or 0 for r in running if (h := histories.get(r.digest))]
    if sum(paces) > 0:
        said += " · " + t("{pace} images/s", pace=f"{sum(paces):,.0f}")
    left = _seconds_left(records, histories)
    if left is not None and any(r.status in ("running", "queued") for r in records):
        said += " · " + t("about {seconds} s left", seconds=math.ceil(left))
    return said


def _seconds_left(records: Sequence[RunRecord], histories: Mapping[str, History]) -> float | None:
    """Extrapolate: seconds a layer and step so far, times the layers and steps to go."""
    spent = done = left = 0.0
    for record in records:
        run: RunSpec = record.spec
        history = histories.get(record.digest)
        if history is not None and history.steps:
            spent += history.seconds
            done += run.network.depth * history.steps[-1]
        if record.status in ("running", "queued"):
            left += run.network.depth * (record.steps - record.step)
    side_by_side = max(1, sum(record.status == "running" for record in records))
    return spent / done * left / side_by_side if done else None


def _download_line(detail: str, t: Translate) -> str:
    note = json.loads(detail)
    share = note["done"] / note["total"] if note["total"] else 0.0
    return t(
        "Downloading {what}: {done} of {total} MB",
        what=note["what"],
        done=f"{note['done'] / 1e6:.1f}",
        total=f"{note['total'] / 1e6:.1f}",
        share=f"{share:.0%}",
    )


def _cell(record: RunRecord, view: str, t: Translate) -> dict[str, Any]:
    return {
        "id": record.digest,
        "label": run_label(record.spec, t, view),
        "status": record.status,
        "progress": 1.0 if record.status == "completed" else record.step / record.steps,
    }


def run_label(run: RunSpec, t: Translate, view: str = "study") -> str:
    """Name a run among others: ``plain-56``, or its variant; with its seed when it is not the 0."""
    name = variant_name(view, run, t) if view in (*VARIANT_VIEWS, GATES) else run.network.name
    return name if run.train.seed == 0 else t("{name}, seed {seed}", name=name, seed=run.train.seed)
