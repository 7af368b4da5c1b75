"""One unit of a trained network, as a lesion leaves it; the network itself is never touched."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.blocks.shortcuts import ZeroPadShortcut

Step = Callable[[Tensor], Tensor]


def intact(unit: ResidualUnit) -> Step:
    """Give a unit as it was trained."""
    return unit


def deleted(unit: ResidualUnit) -> Step:
    """Give what is left of a deleted unit.

    A residual unit loses its branch: f(λ·h(x)), gated where it was. A plain one is passed by; where
    it changes the shape, subsampling and zero padding stand for it. A VGG's unit goes with the
    pooling that it begins with.
    """
    if unit.join == "plain":
        return ZeroPadShortcut(unit.shape) if unit.shape.changes else nn.Identity()

    def without_branch(x: Tensor) -> Tensor:
        y: Tensor = unit.after_addition(unit.carried(x, unit.opening(x)))
        return y

    return without_branch


def scaled(unit: ResidualUnit, scale: float) -> Step:
    """Give a unit whose branch is multiplied by a number; 0 deletes a residual unit."""
    if unit.join == "plain":

        def times(x: Tensor) -> Tensor:
            y: Tensor = unit.after_addition(scale * unit.branched(x, None))
            return y

        return times

    def with_scaled_branch(x: Tensor) -> Tensor:
        opening = unit.opening(x)
        y: Tensor = unit.after_addition(
            unit.carried(x, opening) + scale * unit.branched(x, opening)
        )
        return y

    return with_scaled_branch
