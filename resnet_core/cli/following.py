"""How does the command line ask the lab for runs, and watch them to their end?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import typer

from resnet_core.cli.remembered import open_store
from resnet_core.execute.client import LabClient
from resnet_core.specs import RunSpec
from resnet_core.store import Store, StoredEvent

VISITOR = "command-line"


def submit(lab: LabClient, plans: Sequence[RunSpec], *, quiet: bool) -> Store:
    """Ask the lab for runs; gives the store, to read what they say."""
    remembered = lab.submit(plans, visitor=VISITOR)
    if not quiet and any(remembered):
        typer.echo(f"{sum(remembered)} of {len(plans)} runs were known already.")
    return open_store(lab)


def follow(
    lab: LabClient, store: Store, digests: Sequence[str], *, quiet: bool
) -> Iterator[StoredEvent]:
    """Give events as they are written, until every run is over."""
    cursor, watched = 0, time.monotonic()
    shown = None if quiet else typer.progressbar(length=_steps(store, digests)[1], label="steps")
    if shown is not None:
        shown.__enter__()
    while True:
        unfinished = any(record.active for record in store.runs(digests=digests))
        for event in store.events(digests, since=cursor):
            cursor = event.id
            yield event
        if shown is not None:
            shown.update(_steps(store, digests)[0] - shown.pos)
        if not unfinished:
            break
        if time.monotonic() - watched > 20:
            lab.watch(digests, visitor=VISITOR)
            watched = time.monotonic()
        lab_was_alive = lab.status()  # starts one again where it died: its runs go on
        time.sleep(0.1 if lab_was_alive else 1)
    if shown is not None:
        shown.__exit__(None, None, None)


def _steps(store: Store, digests: Sequence[str]) -> tuple[int, int]:
    records = store.runs(digests=digests)
    done = sum(record.step if record.active else record.steps for record in records)
    return done, sum(record.steps for record in records)
