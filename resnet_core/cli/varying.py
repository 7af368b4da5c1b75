"""``study scales``, ``study shortcuts``, ``study orders``: one network in variants (He 2016)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from resnet_core.cli import options
from resnet_core.cli.following import follow, submit
from resnet_core.execute.client import LabClient
from resnet_core.specs import NetworkSpec, OrderStudy, ScaleStudy, ShortcutStudy, TrainSpec
from resnet_core.specs.choices import ORDERS
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.variants import TABLE_1
from resnet_core.studies import (
    Variant,
    order_verdict,
    outcomes,
    save_recording,
    scale_verdict,
    shortcut_verdict,
    variants,
    variants_json,
)

S = TypeVar("S", ScaleStudy, ShortcutStudy, OrderStudy)

SCALES, SHORTCUTS, ORDER = ScaleStudy(), ShortcutStudy(), OrderStudy()
"""The usual studies: what the options are when they are not given."""

Seeds = Annotated[int, typer.Option(help="So many seeds.")]
FirstSeed = Annotated[int, typer.Option(help="Start counting seeds here.")]
Record = Annotated[Path | None, typer.Option(help="Write the runs to a file of assets/.")]


def scales(
    scales: Annotated[str, typer.Option(help="λ, with commas, rising.")] = ",".join(SCALES.keys),
    seeds: Seeds = 1,
    first_seed: FirstSeed = 0,
    depth: options.Depth = SCALES.network.depth,
    width: options.Width = 8,
    block: options.Block = "basic",
    steps: options.Steps = SCALES.train.steps,
    lr: options.LearningRate = 0.1,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Measure error against λ, which every shortcut is multiplied by."""
    with options.sentences():
        study = ScaleStudy(
            scales=_numbers(scales),
            network=NetworkSpec(depth=depth, width=width, block=block),
            train=TrainSpec(steps=steps, learning_rate=lr),
            seeds=seeds,
            first_seed=first_seed,
        )
        _study(study, scale_verdict, record, as_json)


def shortcuts(
    cases: Annotated[str, typer.Option(help="With commas: see He 2016 table 1.")] = ",".join(
        TABLE_1
    ),
    seeds: Seeds = 1,
    first_seed: FirstSeed = 0,
    depth: options.Depth = SHORTCUTS.network.depth,
    width: options.Width = 8,
    block: options.Block = "basic",
    steps: options.Steps = SHORTCUTS.train.steps,
    lr: options.LearningRate = 0.1,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Compare what may stand on the shortcut: nothing, half of x, gates, projections, dropout."""
    with options.sentences():
        study = ShortcutStudy(
            cases=_words(cases),
            network=NetworkSpec(depth=depth, width=width, block=block),
            train=TrainSpec(steps=steps, learning_rate=lr),
            seeds=seeds,
            first_seed=first_seed,
        )
        _study(study, shortcut_verdict, record, as_json)


def orders(
    orders: Annotated[str, typer.Option(help="With commas.")] = ",".join(ORDERS),
    seeds: Seeds = 1,
    first_seed: FirstSeed = 0,
    depth: options.Depth = ORDER.network.depth,
    width: options.Width = 8,
    block: options.Block = "basic",
    steps: options.Steps = ORDER.train.steps,
    lr: options.LearningRate = 0.1,
    record: Record = None,
    as_json: options.Json = False,
) -> None:
    """Compare where the activation stands: the five orders."""
    with options.sentences():
        study = OrderStudy(
            orders=_words(orders),
            network=NetworkSpec(depth=depth, width=width, block=block),
            train=TrainSpec(steps=steps, learning_rate=lr),
            seeds=seeds,
            first_seed=first_seed,
        )
        _study(study, order_verdict, record, as_json)


def _study(
    study: S,
    verdict: Callable[[S, Sequence[Variant]], tuple[Sentence, ...]],
    record: Path | None,
    as_json: bool,
) -> None:
    """Train every run of a study, record them if asked to, and say what came out."""
    store = submit(LabClient(), study.runs, quiet=as_json)
    for _ in follow(LabClient(), store, [run.digest for run in study.runs], quiet=as_json):
        pass
    found = variants(study, outcomes(study, store))
    if record is not None:
        command = f"python -m resnet_core {' '.join(sys.argv[1:])}"
        # What a page shows of them; ten more quantities of every layer would be most of the file.
        save_recording(study, store, record, command=command, probes=("gate",))
    said = [str(sentence) for sentence in verdict(study, found)]
    rows = variants_json(study, found)
    if as_json:
        options.print_json({"results": rows, "verdict": said})
        return
    for row in rows:
        typer.echo(
            f"{row['variant']:>20}  training error {_percents(row['train_error'])}, "
            f"test error {_percents(row['test_error'])}"
        )
    for sentence in said:
        typer.echo(sentence)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in _words(text))
    except ValueError:
        raise typer.BadParameter(
            f"Shortcut scales {text!r} were asked for: numbers with commas would be right, such as "
            "0.5,0.9,1."
        ) from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()


def _percents(errors: Sequence[float | None]) -> str:
    return " ".join("–" if error is None else f"{error:.2%}" for error in errors)
