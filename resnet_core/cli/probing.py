"""``probe``, ``study twins``, ``study suspects``: gradients, and who is guilty of degradation."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from resnet_core.cli import options
from resnet_core.cli.following import follow, submit
from resnet_core.execute.client import LabClient
from resnet_core.specs import (
    SUSPECTS,
    NetworkSpec,
    RunSpec,
    SuspectStudy,
    TrainSpec,
    TwinStudy,
)
from resnet_core.specs.events import Event, ProbesCompleted
from resnet_core.specs.training import PROBED
from resnet_core.store import Store
from resnet_core.studies import Constructed, judge, save_recording

Depth = Annotated[int, typer.Option(help="Weighted layers: 6n+2.")]
Seed = Annotated[int, typer.Option(help="Of weights and batches.")]
Record = Annotated[Path | None, typer.Option(help="Write what was measured to a file of assets/.")]


def probe(
    depth: Depth = 56,
    join: options.Join = "residual",
    width: options.Width = 8,
    order: options.Order = "original",
    activation: options.Activation = "relu",
    normalisation: options.Normalisation = "batch",
    initialisation: options.Initialisation = "he",
    seed: Seed = 0,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Measure gradients and activations by layer before anything is learned."""
    with options.sentences():
        network = NetworkSpec(
            depth=depth,
            join=join,
            width=width,
            order=order,
            activation=activation,
            normalisation=normalisation,
            initialisation=initialisation,
        )
        run = RunSpec(network=network, train=TrainSpec(seed=seed))
        lab = LabClient()
        lab.status()
        found = lab.measure("start", run=run.to_json())
        if record is not None:
            row = {**_made(), "run": run.model_dump(mode="json"), "start": found}
            record.write_text(json.dumps(row, indent=0) + "\n", encoding="utf-8")
    if as_json:
        options.print_json({"run": run.model_dump(mode="json"), **found})
        return
    for layer, norm in enumerate(found["values"]["gradient"], start=1):
        typer.echo(f"layer {layer:<4} gradient norm {norm:.4g}")


def twins(
    depth: Depth = 56,
    width: options.Width = 8,
    steps: options.Steps = 200,
    lr: options.LearningRate = 0.1,
    seed: Seed = 0,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Train a plain network and its residual twin, and probe both."""
    with options.sentences():
        study = TwinStudy(
            network=NetworkSpec(depth=depth, width=width),
            train=TrainSpec(steps=steps, learning_rate=lr, seed=seed, probes=PROBED),
        )
        store = _train(study.runs, quiet=as_json)
        if record is not None:
            save_recording(study, store, record, command=_command())
        for run in study.runs:
            last = store.events([run.digest], kinds=["probes"])[-1].event
            assert isinstance(last, ProbesCompleted)
            row = {"network": run.network.name, **last.model_dump(mode="json")}
            if as_json:
                options.print_json(row)
            else:
                first, top = last.values["gradient"][0], last.values["gradient"][-2]
                typer.echo(
                    f"{run.network.name}: gradient norm at step {last.step}: {first:.3g} at layer "
                    f"1, {top:.3g} at layer {depth - 1}"
                )


def suspects(
    shallow: Annotated[int, typer.Option(help="Depth of the network that does well.")] = 20,
    deep: Annotated[int, typer.Option(help="Depth of the one that degrades.")] = 56,
    width: options.Width = 8,
    steps: options.Steps = 200,
    lr: options.LearningRate = 0.1,
    seed: Seed = 0,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Test every suspect for the degradation of a plain network."""
    with options.sentences():
        study = SuspectStudy(
            shallow=shallow,
            deep=deep,
            width=width,
            train=TrainSpec(steps=steps, learning_rate=lr, seed=seed, probes=PROBED),
        )
        store = _train(study.runs, quiet=as_json)
        events: dict[str, list[Event]] = {}
        for stored in store.events([run.digest for run in study.runs]):
            events.setdefault(stored.digest, []).append(stored.event)
        small, large = study.base
        answer = LabClient().measure(
            "constructed", shallow=small.to_json(), deep=large.network.model_dump()
        )
        constructed = Constructed(**answer)
        if record is not None:
            save_recording(
                study, store, record, command=_command(), more={"constructed": asdict(constructed)}
            )
        for key in SUSPECTS:
            found = judge(study, key, events, constructed)
            said = " ".join(str(sentence) for sentence in found.said)
            if as_json:
                options.print_json({"suspect": key, "finding": found.finding, "said": said})
            else:
                typer.echo(f"{key:>14}: {found.finding}. {said}")


def _train(plans: Sequence[RunSpec], *, quiet: bool) -> Store:
    lab = LabClient()
    store = submit(lab, plans, quiet=quiet)
    for _ in follow(lab, store, [run.digest for run in plans], quiet=quiet):
        pass
    return store


def _command() -> str:
    return f"python -m resnet_core {' '.join(sys.argv[1:])}"


def _made() -> dict[str, Any]:
    return {"command": _command(), "date": datetime.now(UTC).date().isoformat()}
