"""``train`` and ``study degradation``: plans for the lab, followed to their end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from resnet_core.cli import options
from resnet_core.cli.following import follow, submit
from resnet_core.execute.client import LabClient
from resnet_core.specs import Change, DataSpec, DegradationStudy, RunSpec, TrainSpec
from resnet_core.specs.choices import IMPORTED
from resnet_core.store import RunRecord, Store
from resnet_core.studies import outcomes, results_json, save_recording


def train(
    family: options.Family = "cifar",
    depth: options.FamilyDepth = None,
    join: options.FamilyJoin = None,
    width: options.Width = 8,
    block: options.FamilyBlock = None,
    shortcut: options.FamilyShortcut = None,
    order: options.FamilyOrder = None,
    activation: options.Activation = "relu",
    normalisation: options.Normalisation = "batch",
    initialisation: options.Initialisation = "he",
    survival: Annotated[
        float,
        typer.Option(help="Probability that the last unit's branch takes part: stochastic depth."),
    ] = 1.0,
    branch_dropout: Annotated[
        float, typer.Option(help="Share dropped before the last layer of each branch.")
    ] = 0.0,
    active: Annotated[
        int, typer.Option(help="Exactly so many units take part in a step, drawn anew; 0: all.")
    ] = 0,
    dataset: options.Dataset = "digits",
    images: options.Images = None,
    image_size: options.ImageSize = None,
    train_images: options.TrainImages = None,
    crop: options.Crop = 0,
    flip: options.Flip = False,
    steps: options.Steps = 200,
    batch_size: options.BatchSize = 128,
    lr: options.LearningRate = 0.1,
    schedule: options.Schedule = "one-cycle",
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 0,
    probes: Annotated[
        int, typer.Option(help="So many steps say their gradients, updates and activations.")
    ] = 0,
    change: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP:WHAT=VALUE[+OVER]",
            help="Change shortcut_scale or learning_rate after a step, λ also over some steps; "
            "may be given several times, in order: 100:shortcut_scale=0.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Train one network and say how it goes, event by event."""
    with options.sentences():
        run = RunSpec(
            network=options.network(
                family=family,
                depth=depth,
                join=join,
                width=width,
                block=block,
                shortcut=shortcut,
                order=order,
                activation=activation,
                normalisation=normalisation,
                initialisation=initialisation,
                survival=survival,
                branch_dropout=branch_dropout,
                active=active,
            ),
            data=_data(dataset, images, image_size, train_images, crop, flip),
            train=TrainSpec(
                steps=steps,
                batch_size=batch_size,
                learning_rate=lr,
                schedule=schedule,
                seed=seed,
                probes=probes,
            ),
            changes=tuple(Change.from_text(text) for text in change or ()),
        )
        lab = LabClient()
        store = submit(lab, [run], quiet=as_json)
        for event in follow(lab, store, [run.digest], quiet=as_json):
            if as_json:
                typer.echo(event.json)
        record = store.run(run.digest)
        if not as_json and record is not None:
            _say_result(record, store)


def degradation(
    depths: Annotated[str, typer.Option(help="With commas, rising.")] = "8,20,32,56",
    seeds: Annotated[int, typer.Option(help="Seeds 0 to N-1.")] = 1,
    first_seed: Annotated[int, typer.Option(help="Start counting seeds here.")] = 0,
    width: options.Width = 8,
    block: options.Block = "basic",
    shortcut: options.Shortcut = "A",
    dataset: options.Dataset = "digits",
    images: options.Images = None,
    image_size: options.ImageSize = None,
    train_images: options.TrainImages = None,
    crop: options.Crop = 0,
    flip: options.Flip = False,
    steps: options.Steps = 200,
    batch_size: options.BatchSize = 128,
    lr: options.LearningRate = 0.1,
    schedule: options.Schedule = "one-cycle",
    record: Annotated[
        Path | None, typer.Option(help="Write the runs to a file of assets/.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure error against depth, plain against residual."""
    with options.sentences():
        study = DegradationStudy(
            depths=_numbers(depths),
            seeds=seeds,
            first_seed=first_seed,
            width=width,
            block=block,
            shortcut=shortcut,
            data=_data(dataset, images, image_size, train_images, crop, flip),
            train=TrainSpec(
                steps=steps, batch_size=batch_size, learning_rate=lr, schedule=schedule
            ),
        )
        lab = LabClient()
        store = submit(lab, study.runs, quiet=as_json)
        for _ in follow(lab, store, [run.digest for run in study.runs], quiet=as_json):
            pass
        found = outcomes(study, store)
        rows = results_json(study, found)
        if record is not None:
            command = f"python -m resnet_core {' '.join(sys.argv[1:])}"
            save_recording(study, store, record, command=command)
        if as_json:
            options.print_json({"results": rows})
            return
        for row in rows:
            shown = ", ".join(_percent(error) for error in row["train_error"])
            typer.echo(f"{row['join']:>8}-{row['depth']:<4} training error {shown}")


def _data(
    dataset: str,
    images: Path | None,
    image_size: int | None,
    train_images: int | None,
    crop: int,
    flip: bool,
) -> DataSpec:
    imported = None
    if images is not None:
        from resnet_core.data import import_images

        imported = import_images(images, image_size=image_size).digest
        dataset, image_size = IMPORTED, None
    return DataSpec(
        dataset=dataset,
        imported=imported,
        image_size=image_size,
        train_images=train_images,
        crop_padding=crop,
        flip=flip,
    )


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"Depths {text!r} were asked for: whole numbers with commas would be right, such as "
            "8,20,32,56."
        ) from None


def _say_result(record: RunRecord, store: Store) -> None:
    events = store.events([record.digest], kinds=["evaluation"])
    if not events:
        typer.echo(f"{record.spec.network.name}: {record.status}")
        return
    last = events[-1].event
    assert last.kind == "evaluation"
    typer.echo(
        f"{record.spec.network.name}: {record.status} at step {last.step}, training error "
        f"{_percent(last.train_error)}, test error {_percent(last.test_error)}"
    )


def _percent(error: float | None) -> str:
    return "diverged" if error is None else f"{error:.2%}"
