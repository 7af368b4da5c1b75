"""``lesion`` and ``keep``: cut units out of a trained network; keep one to be cut again."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from resnet_core.cli import options
from resnet_core.cli.remembered import open_store
from resnet_core.cli.training import train
from resnet_core.errors import RunError, SpecError
from resnet_core.execute.client import LabClient
from resnet_core.specs import NetworkSpec, RunSpec
from resnet_core.specs.lesion import Lesion, each_deletion, random_deletions
from resnet_core.store import RunRecord, Store
from resnet_core.studies.deletions import Deletions
from resnet_core.studies.lesions import deletion_verdict, many_verdict
from resnet_core.studies.trained import (
    keep_network,
    kept_weights,
    load_trained_network,
    trained_names,
)

EACH = "each"

AT_ONCE = 16
"""Lesions a question: the bench answers others in between."""

TRAINED = {
    **{
        name: ("network", name)
        for name in ("family", "depth", "join", "width", "block", "shortcut", "order", "activation")
    },
    **{name: ("network", name) for name in ("normalisation", "initialisation")},
    **{name: ("network", name) for name in ("survival", "branch_dropout", "active")},
    **{name: ("data", name) for name in ("dataset", "image_size", "train_images", "flip")},
    "crop": ("data", "crop_padding"),
    **{name: ("train", name) for name in ("steps", "batch_size", "schedule", "seed", "probes")},
    "lr": ("train", "learning_rate"),
}
"""Options of ``train``, and the settings of a plan that they are."""

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Digest of a finished run, or its beginning (see `runs`); or a network that ships: "
        + ", ".join(trained_names())
        + ".",
    ),
]


@dataclass(frozen=True)
class Found:
    """A trained network: its plan, and the checksum of its weights."""

    run: RunSpec
    sha256: str


def lesion(
    run: Run,
    delete: Annotated[
        str,
        typer.Option(
            metavar="each|K",
            help="Each unit by itself; or so many at once, drawn at random: 4, or 2,4,8.",
        ),
    ] = EACH,
    draws: Annotated[int, typer.Option(help="So many random choices of units, for each K.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the choices.")] = 0,
    images: Annotated[int, typer.Option(help="At most so many test images.")] = 1000,
    as_json: options.Json = False,
) -> None:
    """Delete units of a trained network, and measure its error (Veit et al. 2016)."""
    with options.sentences():
        numbers = _numbers(delete)
        lab = LabClient()
        found = _find(run, lab)
        network = found.run.network
        # All are drawn before the first is measured: what cannot be is refused at once.
        lesions = [
            each_deletion(network) if k is None else random_deletions(network, k, draws, seed)
            for k in numbers
        ]
        (intact,) = _measure(lab, found, [Lesion()], images)
        said = {
            "run": found.run.digest,
            "network": network.name,
            "dataset": found.run.data.dataset,
            "training_seed": found.run.train.seed,
            "images": intact["images"],
            "intact": _numbers_of(intact),
        }
        if not as_json:
            typer.echo(
                f"{network.name}, {found.run.data.dataset}, {intact['images']} test images: error "
                f"{intact['error']:.2%}"
            )
        if delete == EACH:
            said |= _each(lab, found, lesions[0], images, intact, quiet=as_json)
        else:
            ks = [k for k in numbers if k is not None]
            chosen = dict(zip(ks, lesions, strict=True))
            said |= _many(lab, found, chosen, images, quiet=as_json)
            said |= {"draws": draws, "seed": seed}
        if as_json:
            options.print_json(said)
        else:
            typer.echo(" ".join(said["said"]))


def keep(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Digest of a finished run, or its beginning.")
    ],
    into: Annotated[Path, typer.Option(help="Folder and name of two files.")],
    as_json: options.Json = False,
) -> None:
    """Keep a finished run's network: its weights, and what it is."""
    with options.sentences():
        lab = LabClient()
        store = open_store(lab)
        record = _record(run, store)
        found = keep_network(store, record, into, command=_made(record.spec))
    if as_json:
        options.print_json({"weights": str(found.weights), "test_error": found.test_error})
        return
    typer.echo(f"{found.weights}: test error {found.test_error:.2%}")


def _numbers(text: str) -> list[int | None]:
    """Read how many units are to go at once; None stands for each by itself."""
    if text == EACH:
        return [None]
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or found != sorted(set(found)):
        raise SpecError(
            "Units {asked} were asked to be deleted, but each, or how many would be right: each, "
            "4, or 2,4,8, rising.",
            asked=repr(text)[:60],
        )
    return [*found]


def _made(run: RunSpec) -> str:
    """Say what to type for a network: to train it, where `train` can, and to keep it."""
    this = f"python -m resnet_core {' '.join(sys.argv[1:])}"
    training = _train_command(run)
    return this if training is None else f"{training} && {this}"


def _train_command(run: RunSpec) -> str | None:
    """Write a plan as options of ``train``; None where it has settings that are none of them."""
    values = {name: getattr(getattr(run, part), field) for name, (part, field) in TRAINED.items()}
    plan: dict[str, dict[str, Any]] = {"network": {}, "data": {}, "train": {}}
    for name, (part, field) in TRAINED.items():
        plan[part][field] = values[name]
    if RunSpec.model_validate(plan) != run:
        return None
    usual = {name: option.default for name, option in signature(train).parameters.items()}
    words = ["python -m resnet_core train"]
    for name, value in values.items():
        left_out = _says_itself(run, name) if usual[name] is None else value == usual[name]
        if value is not None and not left_out:
            option = f"--{name.replace('_', '-')}"
            words.append(option if value is True else f"{option} {value}")
    return " ".join(words)


def _says_itself(run: RunSpec, name: str) -> bool:
    """Whether a network has a setting without being asked: what its family fixes or usually has."""
    asked = run.network.model_dump(exclude={name})
    try:
        return NetworkSpec.model_validate(asked) == run.network
    except SpecError:
        return False


# --- which network --------------------------------------------------------------------------------


def _find(text: str, lab: LabClient) -> Found:
    """Find a network that ships by its name, or a finished run by its digest."""
    if text in trained_names():
        kept = load_trained_network(text)
        return Found(kept.run, kept.sha256)
    store = open_store(lab)
    record = _record(text, store)
    return Found(record.spec, kept_weights(store, record).sha256)


def _record(text: str, store: Store) -> RunRecord:
    matching = [record for record in store.runs() if text and record.digest.startswith(text)]
    if not matching:
        raise RunError(
            "Run {run} was asked for, but there is none here: take a digest of `runs`, or one of "
            "the networks that ship: {names}.",
            run=repr(text)[:60],
            names=", ".join(trained_names()),
        )
    if len(matching) > 1:
        raise RunError(
            "Run {run} was asked for, but {count} runs begin so: give more of the digest, such as "
            "{digest}.",
            run=repr(text)[:60],
            count=len(matching),
            digest=matching[0].digest,
        )
    return matching[0]


# --- what it loses --------------------------------------------------------------------------------


def _measure(
    lab: LabClient, found: Found, lesions: Sequence[Lesion], images: int
) -> Iterator[dict[str, Any]]:
    """Have lesions measured, some at a time."""
    for start in range(0, len(lesions), AT_ONCE):
        answer = lab.measure(
            "lesion",
            run=found.run.to_json(),
            lesions=[lesion.model_dump(mode="json") for lesion in lesions[start : start + AT_ONCE]],
            at_most=images,
            sha256=found.sha256,
        )
        yield from answer["lesions"]


def _each(
    lab: LabClient,
    found: Found,
    lesions: Sequence[Lesion],
    images: int,
    intact: dict[str, Any],
    *,
    quiet: bool,
) -> dict[str, Any]:
    rows = []
    for unit, one in enumerate(_measure(lab, found, lesions, images), start=1):
        rows.append({"unit": unit, **_numbers_of(one)})
        if not quiet:
            typer.echo(f"without unit {unit:<4} error {one['error']:.2%}")
    errors = tuple(row["error"] for row in rows)
    deletions = Deletions(found.run.network, intact["error"], errors, intact["images"])
    return {"deleted": rows, "said": [str(one) for one in deletion_verdict(deletions)]}


def _many(
    lab: LabClient,
    found: Found,
    lesions: dict[int, list[Lesion]],
    images: int,
    *,
    quiet: bool,
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    by_number: dict[int, list[float]] = {}
    for k, drawn in lesions.items():
        by_number[k] = errors = [one["error"] for one in _measure(lab, found, drawn, images)]
        units = [list(lesion.deleted) for lesion in drawn]
        rows.append({"count": k, "mean_error": fmean(errors), "errors": errors, "units": units})
        if not quiet:
            typer.echo(
                f"without {k:<4} units  mean error {fmean(errors):.2%}, {min(errors):.2%} to "
                f"{max(errors):.2%}"
            )
    network = found.run.network
    said = many_verdict(network.name, by_number, plain=network.join == "plain")
    return {"deleted": rows, "said": [str(one) for one in said]}


def _numbers_of(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("error", "loss", "class_errors")}
