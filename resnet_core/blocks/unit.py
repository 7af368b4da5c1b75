"""One residual unit: y = f(h(x) + F(x)), or f(F(x)) when plain."""

from __future__ import annotations

from torch import Tensor, nn

from resnet_core.blocks.joins import JOINS
from resnet_core.blocks.residual import build_after_addition, build_residual
from resnet_core.blocks.shortcuts import UnitShape, build_shortcut


class ResidualUnit(nn.Module):
    """A unit whose parts can be reached: F, h, and f after the addition.

    Attributes:
        shape: Channels in and out, stride, order.
        join: A key of ``JOINS``; a plain unit's shortcut is never called.
    """

    def __init__(
        self,
        shape: UnitShape,
        join: str,
        shortcut: nn.Module,
        residual: nn.Module,
        after_addition: nn.Module,
    ) -> None:
        super().__init__()
        self.shape = shape
        self.join = join
        self.shortcut = shortcut
        self.residual = residual
        self.after_addition = after_addition

    def forward(self, x: Tensor) -> Tensor:
        """Map x of shape (N, C_in, H, W) to (N, C_out, H/stride, W/stride)."""
        y: Tensor = self.after_addition(JOINS[self.join](x, self.shortcut, self.residual))
        return y


def build_unit(
    shape: UnitShape, *, block: str, join: str, shortcut: str, activated: bool = False
) -> ResidualUnit:
    """Build one unit from keys of the tables.

    Args:
        shape: Channels in and out, stride, order.
        block: A key of ``BLOCKS``.
        join: A key of ``JOINS``.
        shortcut: A key of ``SHORTCUTS``; ignored where there is none (plain).
        activated: See ``build_residual``.
    """
    return ResidualUnit(
        shape,
        join,
        nn.Identity() if join == "plain" else build_shortcut(shortcut, shape),
        build_residual(block, shape, activated=activated),
        build_after_addition(shape),
    )
