"""What stands around a convolution: activations, normalisations, and Fixup's scalars.

To add an activation or a normalisation, add a row to its table here and in ``specs.choices``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "none": nn.Identity}
)
"""ReLU is never in place: that breaks backward hooks at the addition."""

NORMALISATIONS: Mapping[str, Callable[[int], nn.Module | None]] = MappingProxyType(
    {"batch": nn.BatchNorm2d, "none": lambda channels: None}
)
"""For so many channels; None where there is none: its layer then has biases."""


class Scale(nn.Module):
    """Multiplies all of a tensor by one learned number: the α of SkipInit, Fixup's multiplier."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to α·x."""
        return self.scale * x


class Shift(nn.Module):
    """Adds one learned number to all of a tensor: Fixup's biases before each layer."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to x + b."""
        return x + self.shift
