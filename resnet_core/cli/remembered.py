"""``runs``: what the store remembers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from resnet_core.cli import options
from resnet_core.execute.client import LabClient
from resnet_core.store import RunRecord, Store


def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 20,
    as_json: options.Json = False,
) -> None:
    """List the newest runs."""
    if context.invoked_subcommand is not None:
        return
    with options.sentences():
        store = open_store(LabClient())
        for record in store.runs(limit=limit):
            row = _row(record)
            if as_json:
                options.print_json(row)
            else:
                typer.echo("  ".join(str(value) for value in row.values()))


def tidy(
    max_megabytes: Annotated[int, typer.Option(help="What the store may take.")] = 1000,
) -> None:
    """Drop the oldest ended runs until the store is small enough."""
    with options.sentences():
        typer.echo(LabClient().tidy(max_megabytes * 10**6))


def open_store(lab: LabClient) -> Store:
    """Open the store of a lab, for reading."""
    lab.status()  # a lab that had to be started has made the tables
    return Store.open(lab.url, read_only=True)


def _row(record: RunRecord) -> dict[str, Any]:
    return {
        "digest": record.digest,
        "network": record.spec.network.name,
        "dataset": record.spec.data.dataset,
        "seed": record.spec.train.seed,
        "status": record.status,
        "step": record.step,
        "steps": record.steps,
        "created": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
    }
