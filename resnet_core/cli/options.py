"""Options that several commands share, and how a refusal is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from resnet_core.errors import ResNetLabError
from resnet_core.specs import (
    ACTIVATIONS,
    BLOCKS,
    DATASETS,
    FAMILIES,
    INITIALISATIONS,
    JOINS,
    NORMALISATIONS,
    ORDERS,
    SCHEDULES,
    SHORTCUTS,
    NetworkSpec,
)


def one_of(table: Iterable[str]) -> str:
    """Say what may be chosen: A, B or C."""
    *first, last = table
    return f"{', '.join(first)} or {last}."


USUAL = " If not given, the family's usual."
"""What a family fixes, or usually has, is asked of it (``specs.families``)."""

Json = Annotated[bool, typer.Option("--json", help="JSON lines, the result last.")]

Family = Annotated[str, typer.Option(help=one_of(FAMILIES))]
DEPTHS = "Weighted layers: 6n+2, or 9n+2 (bottleneck), 3n+2 (single)"
Depth = Annotated[int, typer.Option(help=f"{DEPTHS}.")]
Join = Annotated[str, typer.Option(help=one_of(JOINS))]
Width = Annotated[int, typer.Option(help="Channels of the first stage.")]
Block = Annotated[str, typer.Option(help=one_of(BLOCKS))]
Shortcut = Annotated[str, typer.Option(help=one_of(SHORTCUTS))]
Order = Annotated[str, typer.Option(help=one_of(ORDERS))]
FamilyDepth = Annotated[
    int | None,
    typer.Option(help=f"{DEPTHS}, 6n+4 (wide); 20, or the family's usual."),
]
FamilyJoin = Annotated[str | None, typer.Option(help=one_of(JOINS) + USUAL)]
FamilyBlock = Annotated[str | None, typer.Option(help=one_of(BLOCKS) + USUAL)]
FamilyShortcut = Annotated[str | None, typer.Option(help=one_of(SHORTCUTS) + USUAL)]
FamilyOrder = Annotated[str | None, typer.Option(help=one_of(ORDERS) + USUAL)]
ShortcutScale = Annotated[float, typer.Option(help="λ of λ·h(x) + F(x), −1 to 2.")]
BranchScale = Annotated[float, typer.Option(help="What F(x) is multiplied by, −1 to 2.")]
GateBias = Annotated[float, typer.Option(help="b_g of a gated shortcut, before training.")]
Dropout = Annotated[float, typer.Option(help="Share that a dropout shortcut drops, 0 to 1.")]
Survival = Annotated[
    float, typer.Option(help="Of the last branch, in stochastic depth: 0 to 1; 1 for always.")
]
Activation = Annotated[str, typer.Option(help=one_of(ACTIVATIONS))]
Normalisation = Annotated[str, typer.Option(help=one_of(NORMALISATIONS))]
Initialisation = Annotated[str, typer.Option(help=one_of(INITIALISATIONS))]

Dataset = Annotated[str, typer.Option(help=one_of(DATASETS))]
Images = Annotated[
    Path | None, typer.Option(help="A folder or zip of images in class folders, instead.")
]
ImageSize = Annotated[int | None, typer.Option(help="Pixels after pooling or scaling.")]
TrainImages = Annotated[int | None, typer.Option(help="So many training images only.")]
Crop = Annotated[int, typer.Option(help="Pad by so many pixels and crop at random; 0: no.")]
Flip = Annotated[bool, typer.Option(help="Mirror half of the training images.")]

Steps = Annotated[int, typer.Option(help="Optimiser steps.")]
BatchSize = Annotated[int, typer.Option(help="Images a step.")]
LearningRate = Annotated[float, typer.Option(help="The highest of the schedule.")]
Schedule = Annotated[str, typer.Option(help=one_of(SCHEDULES))]


def network(**settings: object) -> NetworkSpec:
    """Build a plan of the settings that were given; the family knows the others.

    Raises:
        SpecError: There is no such network.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    return NetworkSpec.model_validate(given)


@contextmanager
def sentences() -> Iterator[None]:
    """Show a refusal as its sentence, and end with exit code 2."""
    try:
        yield
    except ResNetLabError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def print_json(row: object) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(row))
