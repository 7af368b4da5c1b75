"""One residual unit: y = f(λ·h(x) + μ·F(x)), or f(F(x)) when plain; gated where its row says so."""

from __future__ import annotations

from torch import Tensor, nn

from resnet_core.blocks.joins import JOINS
from resnet_core.blocks.layers import Gate
from resnet_core.blocks.residual import build_after_addition, build_residual
from resnet_core.blocks.shortcuts import SHORTCUTS, UnitShape, build_gate, build_shortcut


class ResidualUnit(nn.Module):
    """A unit whose parts can be reached: F, h, the gate between them, and f after the addition.

    Attributes:
        shape: Channels in and out, stride, order.
        join: A key of ``JOINS``; a plain unit's shortcut is never called.
        gate: How far F's way is open, and h's shut; None for most shortcuts.
        gates_branch: Whether the gate weighs F, too.
        shortcut_scale: λ; may be changed between two steps.
        branch_scale: μ; likewise.
    """

    def __init__(
        self,
        shape: UnitShape,
        join: str,
        shortcut: nn.Module,
        residual: nn.Module,
        after_addition: nn.Module,
        *,
        gate: Gate | None = None,
        gates_branch: bool = False,
        shortcut_scale: float = 1.0,
        branch_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.shape = shape
        self.join = join
        self.shortcut = shortcut
        self.residual = residual
        self.after_addition = after_addition
        self.gate = gate
        self.gates_branch = gates_branch
        self.shortcut_scale = shortcut_scale
        self.branch_scale = branch_scale

    def forward(self, x: Tensor) -> Tensor:
        """Map x of shape (N, C_in, H, W) to (N, C_out, H/stride, W/stride)."""
        y: Tensor = self.after_addition(JOINS[self.join](x, self))
        return y

    def opening(self, x: Tensor) -> Tensor | None:
        """Give g(x) of the output's shape; None where there is no gate."""
        return None if self.gate is None else self.gate(x)

    def carried(self, x: Tensor, opening: Tensor | None) -> Tensor:
        """Give what the shortcut adds: λ·h(x), or λ·(1 - g)·h(x)."""
        y: Tensor = self.shortcut(x)
        if opening is not None:
            y = (1 - opening) * y
        return _times(self.shortcut_scale, y)

    def branched(self, x: Tensor, opening: Tensor | None) -> Tensor:
        """Give what the branch adds: μ·F(x), or μ·g·F(x)."""
        y: Tensor = self.residual(x)
        if opening is not None and self.gates_branch:
            y = opening * y
        return _times(self.branch_scale, y)


def _times(scale: float, y: Tensor) -> Tensor:
    return y if scale == 1 else scale * y


def build_unit(
    shape: UnitShape,
    *,
    block: str,
    join: str,
    shortcut: str,
    activated: bool = False,
    shortcut_scale: float = 1.0,
    branch_scale: float = 1.0,
) -> ResidualUnit:
    """Build one unit from keys of the tables.

    Args:
        shape: Channels in and out, stride, order.
        block: A key of ``BLOCKS``.
        join: A key of ``JOINS``.
        shortcut: A key of ``SHORTCUTS``. A plain unit gets A, which has no parameters: it is not
            called, but can be switched on.
        activated: See ``build_residual``.
        shortcut_scale: λ.
        branch_scale: μ.
    """
    if join == "plain":
        shortcut = "A"
    return ResidualUnit(
        shape,
        join,
        build_shortcut(shortcut, shape),
        build_residual(block, shape, activated=activated),
        build_after_addition(shape),
        gate=build_gate(shortcut, shape),
        gates_branch=SHORTCUTS[shortcut].gates_branch,
        shortcut_scale=shortcut_scale,
        branch_scale=branch_scale,
    )
