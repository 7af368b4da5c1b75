"""What does one unit do to one image? Every tensor on its way, with a finished run's weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_core.data import load_pictures, normalise
from resnet_core.errors import SpecError
from resnet_core.specs import RunSpec
from resnet_core.train.weights import load_trained


@dataclass(frozen=True)
class Steps:
    """One test image, stepped through one unit.

    Attributes:
        image: Grey levels or colours as they are, 0 to 255, of shape (C, H, W).
        label: Its class.
        answer: The class that the network says.
        x: What the unit is given, of shape (C, H, W), as all that follow.
        residual: F(x), or what the unit makes of it: μ·g·F(x).
        shortcut: h(x), or λ·(1 - g)·h(x); None where that is x itself.
        total: h(x) + F(x).
        output: What stands after the addition is done: ReLU, in the original order.
    """

    image: Tensor
    label: str
    answer: str
    x: Tensor
    residual: Tensor
    shortcut: Tensor | None
    total: Tensor
    output: Tensor


@torch.no_grad()
def step_through(run: RunSpec, weights: Path, *, image: int, stage: int, number: int) -> Steps:
    """Send one test image through a trained network, and watch one of its units.

    Args:
        run: A residual network's.
        weights: The file that it left.
        image: Of the test images, from 0.
        stage: Of the unit, from 1.
        number: Of the unit in its stage, from 1.

    Raises:
        SpecError: There is no such image or unit, or the network is plain.
        RunError: The weights are not there, or not of this network.
    """
    _check_unit(run, stage, number)
    pictures = load_pictures(run.data)
    count = len(pictures.test)
    if not 0 <= image < count:
        raise SpecError(
            "Test image {image} was asked for, but there are {count}, numbered from 0 to {last}.",
            image=image,
            count=count,
            last=count - 1,
        )
    network = load_trained(
        run, weights, channels=pictures.test.images.shape[1], classes=len(pictures.classes)
    )
    picture = pictures.test.images[image : image + 1]  # (1, C, H, W)
    x = network.stem(normalise(picture, pictures.mean, pictures.std))
    unit = network.unit(stage, number)
    units = network.units
    place = units.index(unit)
    for earlier in units[:place]:
        x = earlier(x)
    opening = unit.opening(x)
    residual, shortcut = unit.branched(x, opening), unit.carried(x, opening)
    total = shortcut + residual
    output = y = unit.after_addition(total)
    for later in units[place + 1 :]:
        y = later(y)
    answer = int(network.head(y).argmax(1).item())
    return Steps(
        image=picture[0],
        label=pictures.classes[int(pictures.test.labels[image].item())],
        answer=pictures.classes[answer],
        x=x[0],
        residual=residual[0],
        shortcut=None if torch.equal(shortcut, x) else shortcut[0],
        total=total[0],
        output=output[0],
    )


def _check_unit(run: RunSpec, stage: int, number: int) -> None:
    if run.network.join != "residual":
        raise SpecError(
            "A unit of {name} was to be stepped through, but a plain network adds nothing: take a "
            "residual one.",
            name=run.network.name,
        )
    units = run.network.units_per_stage
    if not 1 <= stage <= len(units):
        raise SpecError(
            "Stage {stage} was asked for, but {name} has stages 1 to {stages}.",
            stage=stage,
            name=run.network.name,
            stages=len(units),
        )
    if not 1 <= number <= units[stage - 1]:
        raise SpecError(
            "Unit {number} of stage {stage} was asked for, but {name} has {units} in it, numbered "
            "from 1.",
            number=number,
            stage=stage,
            name=run.network.name,
            units=units[stage - 1],
        )
