"""The command line: the same core, the same store, no server needed.

``train``, ``study degradation``, ``count``, ``runs``; each with ``--json``, whose last line is the
result. The command line joins a running lab, or starts one. PyTorch is imported by the lab and by
``count``, not here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resnet_core.errors import ResNetLabError
from resnet_core.execute.client import LabClient
from resnet_core.specs import DATASETS, DataSpec, DegradationStudy, NetworkSpec, RunSpec, TrainSpec
from resnet_core.specs.choices import FAMILIES, IMPORTED
from resnet_core.store import RunRecord, Store, StoredEvent
from resnet_core.studies import outcomes, results_json, save_recording

if TYPE_CHECKING:
    from resnet_core.arithmetic import Layer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="ResNet Lab, without a browser.")
study_app = typer.Typer(no_args_is_help=True, help="Many runs, one question.")
runs_app = typer.Typer(invoke_without_command=True, help="What the store remembers.")
app.add_typer(study_app, name="study")
app.add_typer(runs_app, name="runs")

VISITOR = "command-line"

Json = Annotated[bool, typer.Option("--json", help="JSON lines, the result last.")]
Dataset = Annotated[str, typer.Option(help=f"One of {', '.join(DATASETS)}.")]
Images = Annotated[
    Path | None, typer.Option(help="A folder or zip of images in class folders, instead.")
]
ImageSize = Annotated[int | None, typer.Option(help="Pixels after pooling or scaling.")]
TrainImages = Annotated[int | None, typer.Option(help="So many training images only.")]
Steps = Annotated[int, typer.Option(help="Optimiser steps.")]
BatchSize = Annotated[int, typer.Option(help="Images a step.")]
LearningRate = Annotated[float, typer.Option(help="The highest of the schedule.")]
Schedule = Annotated[str, typer.Option(help="one-cycle, step or constant.")]
Width = Annotated[int, typer.Option(help="Channels of the first stage.")]
Block = Annotated[str, typer.Option(help="basic or bottleneck.")]
Shortcut = Annotated[str, typer.Option(help="A, B or C.")]
Order = Annotated[str, typer.Option(help="original or pre-activation.")]
Crop = Annotated[int, typer.Option(help="Pad by so many pixels and crop at random; 0: no.")]
Flip = Annotated[bool, typer.Option(help="Mirror half of the training images.")]


@contextmanager
def _sentences() -> Iterator[None]:
    """Show a refusal as its sentence, and end with exit code 2."""
    try:
        yield
    except ResNetLabError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _print_json(row: object) -> None:
    typer.echo(json.dumps(row))


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


@app.command()
def train(
    depth: Annotated[int, typer.Option(help="Weighted layers: 6n+2, or 9n+2 (bottleneck).")] = 20,
    join: Annotated[str, typer.Option(help="plain or residual.")] = "residual",
    width: Width = 8,
    block: Block = "basic",
    shortcut: Shortcut = "A",
    order: Order = "original",
    dataset: Dataset = "digits",
    images: Images = None,
    image_size: ImageSize = None,
    train_images: TrainImages = None,
    crop: Crop = 0,
    flip: Flip = False,
    steps: Steps = 200,
    batch_size: BatchSize = 128,
    lr: LearningRate = 0.1,
    schedule: Schedule = "one-cycle",
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 0,
    as_json: Json = False,
) -> None:
    """Train one network and say how it goes, event by event."""
    with _sentences():
        run = RunSpec(
            network=NetworkSpec(
                depth=depth, join=join, width=width, block=block, shortcut=shortcut, order=order
            ),
            data=_data(dataset, images, image_size, train_images, crop, flip),
            train=TrainSpec(
                steps=steps, batch_size=batch_size, learning_rate=lr, schedule=schedule, seed=seed
            ),
        )
        lab = LabClient()
        store = _submit(lab, [run], quiet=as_json)
        for event in _follow(lab, store, [run.digest], quiet=as_json):
            if as_json:
                typer.echo(event.json)
        record = store.run(run.digest)
        if not as_json and record is not None:
            _say_result(record, store)


@study_app.command("degradation")
def degradation(
    depths: Annotated[str, typer.Option(help="With commas, rising.")] = "8,20,32,56",
    seeds: Annotated[int, typer.Option(help="Seeds 0 to N-1.")] = 1,
    first_seed: Annotated[int, typer.Option(help="Start counting seeds here.")] = 0,
    width: Width = 8,
    block: Block = "basic",
    shortcut: Shortcut = "A",
    dataset: Dataset = "digits",
    images: Images = None,
    image_size: ImageSize = None,
    train_images: TrainImages = None,
    crop: Crop = 0,
    flip: Flip = False,
    steps: Steps = 200,
    batch_size: BatchSize = 128,
    lr: LearningRate = 0.1,
    schedule: Schedule = "one-cycle",
    record: Annotated[
        Path | None, typer.Option(help="Write the runs to a file of assets/.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure error against depth, plain against residual."""
    with _sentences():
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
        store = _submit(lab, study.runs, quiet=as_json)
        for _ in _follow(lab, store, [run.digest for run in study.runs], quiet=as_json):
            pass
        found = outcomes(study, store)
        rows = results_json(study, found)
        if record is not None:
            command = f"python -m resnet_core {' '.join(sys.argv[1:])}"
            save_recording(study, store, record, command=command)
        if as_json:
            _print_json({"results": rows})
            return
        for row in rows:
            shown = ", ".join(_percent(error) for error in row["train_error"])
            typer.echo(f"{row['join']:>8}-{row['depth']:<4} training error {shown}")


@app.command()
def count(
    family: Annotated[str, typer.Option(help=f"One of {', '.join(FAMILIES)}.")] = "cifar",
    depth: Annotated[
        int | None, typer.Option(help="Weighted layers; 20, or the family's usual.")
    ] = None,
    join: Annotated[str, typer.Option(help="plain or residual.")] = "residual",
    width: Annotated[
        int | None, typer.Option(help="Channels of the first stage; wide networks: the factor k.")
    ] = None,
    block: Annotated[str | None, typer.Option(help="basic or bottleneck.")] = None,
    shortcut: Annotated[str | None, typer.Option(help="A, B or C.")] = None,
    order: Annotated[str | None, typer.Option(help="original or pre-activation.")] = None,
    channels: Annotated[int, typer.Option(min=1, max=1024, help="Of the images.")] = 3,
    size: Annotated[
        int | None, typer.Option(min=4, max=1024, help="Of the images, pixels.")
    ] = None,
    classes: Annotated[int | None, typer.Option(min=1, max=10**6, help="To tell apart.")] = None,
    torchvision: Annotated[
        str | None, typer.Option(help="One of torchvision's classification models, instead.")
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Add the table of layers.")] = False,
    as_json: Json = False,
) -> None:
    """Count parameters and multiply-adds of one network, exactly."""
    with _sentences():
        from resnet_core.arithmetic import count_layers, read_network, read_torchvision

        if torchvision is not None:
            name, described = torchvision, {"torchvision": torchvision}
            table = read_torchvision(torchvision, size)
        else:
            settings = {
                "depth": depth,
                "width": width,
                "block": block,
                "shortcut": shortcut,
                "order": order,
            }
            network = NetworkSpec.model_validate(
                {"family": family, "join": join}
                | {key: value for key, value in settings.items() if value is not None}
            )
            large = network.family == "imagenet"
            name, described = f"{network.name}, width {network.width}", network.model_dump()
            table = read_network(
                network,
                channels=channels,
                classes=classes or (1000 if large else 10),
                size=size or (224 if large else 32),
            )
        counts = count_layers(table)
    numbers = {
        "parameters": counts.parameters,
        "weights": sum(layer.weights for layer in table),
        "biases": sum(layer.biases for layer in table),
        "normalisation": sum(layer.normalisation for layer in table),
        "multiply_adds": counts.multiply_adds,
        "attention": counts.attention,
        "activations": counts.activations,
    }
    if as_json:
        rows = {"layers": [asdict(layer) for layer in table]} if layers else {}
        _print_json({"network": described, **numbers, **rows})
        return
    typer.echo(name)
    for key, number in numbers.items():
        typer.echo(f"{key.replace('_', '-'):<14} {number:>16,}{COUNTED.get(key, '')}")
    if layers:
        _say_layers(table)


COUNTED = {
    "multiply_adds": "  (convolution and linear layers, one image)",
    "attention": "  (multiply-adds of attention's matrix products, one image)",
    "activations": "  (numbers that layers give, one image)",
    "normalisation": "  (scales and shifts)",
}


def _say_layers(table: Sequence[Layer]) -> None:
    wide = max(len(layer.name) for layer in table)
    kinds = max(len(layer.kind) for layer in table)
    typer.echo(
        f"\n{'layer':<{wide}}  {'kind':<{kinds}}  {'output':>15}  {'parameters':>12}  "
        f"{'multiply-adds':>15}  {'sees':>11}"
    )
    for layer in table:
        shape = "×".join(map(str, layer.output_shape)) or "–"
        sees = "×".join(map(str, layer.receptive_field or ())) or "all"
        typer.echo(
            f"{layer.name:<{wide}}  {layer.kind:<{kinds}}  {shape:>15}  {layer.parameters:>12,}  "
            f"{layer.multiply_adds + layer.attention:>15,}  {sees:>11}"
        )


@runs_app.callback()
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the newest runs."""
    if context.invoked_subcommand is not None:
        return
    with _sentences():
        store = _open_store(LabClient())
        for record in store.runs(limit=limit):
            row = _row(record)
            if as_json:
                _print_json(row)
            else:
                typer.echo("  ".join(str(value) for value in row.values()))


@runs_app.command("tidy")
def tidy(
    max_megabytes: Annotated[int, typer.Option(help="What the store may take.")] = 1000,
) -> None:
    """Drop the oldest ended runs until the store is small enough."""
    with _sentences():
        typer.echo(LabClient().tidy(max_megabytes * 10**6))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"Depths {text!r} were asked for: whole numbers with commas would be right, such as "
            "8,20,32,56."
        ) from None


def _open_store(lab: LabClient) -> Store:
    lab.status()  # a lab that had to be started has made the tables
    return Store.open(lab.url, read_only=True)


def _submit(lab: LabClient, plans: Sequence[RunSpec], *, quiet: bool) -> Store:
    remembered = lab.submit(plans, visitor=VISITOR)
    if not quiet and any(remembered):
        typer.echo(f"{sum(remembered)} of {len(plans)} runs were known already.")
    return _open_store(lab)


def _follow(
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
