"""Shortcut connections: what carries x past the residual function F.

A residual unit computes ``y = h(x) + F(x)``. Here stands every ``h`` there is, and the gates that
may weigh it against F. To add one, write its builders, a row here, and a row of the same key in
``specs.choices.SHORTCUTS``.

With g(x) = σ(W_g·x + b_g) in [0, 1], for each channel and place:

    A                h(x)
    B                W_s·x where shapes change, else h(x)
    C                W_s·x
    exclusive-gate   (1 - g(x))·h(x) + g(x)·F(x)     W_g 1×1
    shortcut-gate    (1 - g(x))·h(x) + F(x)          W_g 1×1
    highway          (1 - T(x))·h(x) + T(x)·F(x)     W_T 3×3
    dropout          m·h(x) + F(x)                   m 0 or 1 by chance

where h(x) is x, zero-padded where shapes change.

Source: He et al. 2015, arXiv:1512.03385, sections 3.3 (options A, B) and 4.1 (C); He et al. 2016,
arXiv:1603.05027, section 3.1 and figure 2 for gates and dropout, figure 4 for what stands on an
identity shortcut in each order: nothing. Srivastava et al. 2015, arXiv:1505.00387, for highways,
whose F is one convolution and its activation, with nothing after the addition: the order
relu-before-addition without BN is their form.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn

from resnet_core.blocks.layers import Drop, Gate, Shift


@dataclass(frozen=True)
class UnitShape:
    """What a unit is given and gives, and what its layers are made of.

    Attributes:
        order: A key of ``ORDERS``.
        ratio: Of a bottleneck: channels out, over those of its 3×3 layer; None is the paper's.
        activation: A key of ``ACTIVATIONS``.
        normalisation: A key of ``NORMALISATIONS``.
        initialisation: A key of ``INITIALISATIONS``: some need a scale or biases of their own.
        gate_bias: Of a gate, before training.
        dropout: Of a dropout shortcut: the share that it drops.
        survival: Probability that the branch takes part in a training step.
        branch_dropout: Share that is dropped before the last layer of the branch.
        pools: Whether the stride is that of max pooling at the beginning of the branch, and not of
            its first layer.
    """

    in_channels: int
    out_channels: int
    stride: int
    order: str
    ratio: int | None = None
    activation: str = "relu"
    normalisation: str = "batch"
    initialisation: str = "he"
    gate_bias: float = -6.0
    dropout: float = 0.5
    survival: float = 1.0
    branch_dropout: float = 0.0
    pools: bool = False

    @property
    def changes(self) -> bool:
        """Whether the unit's output has another shape than its input."""
        return self.stride != 1 or self.in_channels != self.out_channels


PROJECTION_HAS_BN: Mapping[str, bool] = MappingProxyType(
    {
        "original": True,
        "bn-after-addition": False,
        "relu-before-addition": True,
        "relu-only": True,
        "pre-activation": False,
    }
)
"""Of each order: whether BN follows a projection. It does where BN follows the branch's last
convolution. Where that BN has been moved behind the addition, it normalises the projection, too; in
full pre-activation no BN stands behind any weights. Figure 4 has identities only: of the orders
between (a) and (e) the papers do not say."""


class ZeroPadShortcut(nn.Module):
    """Subsamples x and pads the new channels with zeros (option A). No parameters."""

    def __init__(self, shape: UnitShape) -> None:
        super().__init__()
        self.extra_channels = shape.out_channels - shape.in_channels
        self.stride = shape.stride

    def forward(self, x: Tensor) -> Tensor:
        """Map x of shape (N, C_in, H, W) to (N, C_out, ⌈H/stride⌉, ⌈W/stride⌉)."""
        x = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(x, (0, 0, 0, 0, 0, self.extra_channels))


def _identity(shape: UnitShape) -> nn.Module:
    return nn.Identity()


def _projection(shape: UnitShape) -> nn.Module:
    """W_s·x by a 1×1 convolution; BN follows where the order says so (``PROJECTION_HAS_BN``).

    Without BN it needs no biases: the branch's last layer adds its own to the same sum. Fixup has a
    bias before every convolution, this one too (Zhang et al. 2019, section 3).
    """
    convolution = nn.Conv2d(
        shape.in_channels, shape.out_channels, 1, stride=shape.stride, bias=False
    )
    if shape.initialisation == "fixup":
        # The convolution is "0" as everywhere: a parameter's name decides its draw.
        return nn.Sequential(OrderedDict({"shift": Shift(), "0": convolution}))
    if shape.normalisation == "none" or not PROJECTION_HAS_BN[shape.order]:
        return nn.Sequential(convolution)
    return nn.Sequential(convolution, nn.BatchNorm2d(shape.out_channels))


def _dropout(shape: UnitShape) -> nn.Module:
    return Drop(shape.dropout)


def _padded_dropout(shape: UnitShape) -> nn.Module:
    return nn.Sequential(ZeroPadShortcut(shape), Drop(shape.dropout))


ShortcutBuilder = Callable[[UnitShape], nn.Module]


@dataclass(frozen=True)
class Shortcut:
    """One row.

    Attributes:
        same_shape: Builds h where the unit keeps its shape.
        new_shape: Builds h where it changes it.
        gate: Kernel of the gate's convolution; 0 where there is no gate.
        gates_branch: Whether the gate weighs F, too.
    """

    same_shape: ShortcutBuilder
    new_shape: ShortcutBuilder
    gate: int = 0
    gates_branch: bool = False


SHORTCUTS: Mapping[str, Shortcut] = MappingProxyType(
    {
        "A": Shortcut(_identity, ZeroPadShortcut),
        "B": Shortcut(_identity, _projection),
        "C": Shortcut(_projection, _projection),
        "exclusive-gate": Shortcut(_identity, ZeroPadShortcut, gate=1, gates_branch=True),
        "shortcut-gate": Shortcut(_identity, ZeroPadShortcut, gate=1),
        "highway": Shortcut(_identity, ZeroPadShortcut, gate=3, gates_branch=True),
        "dropout": Shortcut(_dropout, _padded_dropout),
    }
)


def build_shortcut(key: str, shape: UnitShape) -> nn.Module:
    """Build h for a unit of this shape."""
    row = SHORTCUTS[key]
    return (row.new_shape if shape.changes else row.same_shape)(shape)


def build_gate(key: str, shape: UnitShape) -> Gate | None:
    """Build g for a unit of this shape; None where its shortcut has no gate."""
    kernel = SHORTCUTS[key].gate
    if not kernel:
        return None
    return Gate(
        shape.in_channels, shape.out_channels, kernel, stride=shape.stride, start=shape.gate_bias
    )
