"""Which residual unit: ``UnitSpec``, one unit by itself, outside any network."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.choices import OF_FIGURE_5, OPTIONS
from resnet_core.specs.plan import Plan, check_between, check_choice

MAX_CHANNELS = 4096
MAX_RATIO = 64

Convolution = tuple[int, int, int, int]
"""Kernel, channels in, channels out, stride."""


class UnitSpec(Plan):
    """One residual unit in the original order: H(x) = F(x) + h(x), then ReLU.

    Attributes:
        block: One of ``OF_FIGURE_5``: what F is.
        in_channels: Of x.
        out_channels: Of H(x).
        stride: Of the first layer of F, and of the shortcut.
        ratio: Of a bottleneck: channels out, over those of its 3×3 layer; 4 in He 2015. A basic
            unit has none, and its plan says 4, so that equal units are equal plans.
        shortcut: One of ``OPTIONS``.
    """

    block: str = "basic"
    in_channels: int = 256
    out_channels: int = 256
    stride: int = 1
    ratio: int = 4
    shortcut: str = "A"

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_choice("Block", self.block, OF_FIGURE_5)
        check_choice("Shortcut", self.shortcut, OPTIONS)
        check_between("Channels in", self.in_channels, 1, MAX_CHANNELS)
        check_between("Channels out", self.out_channels, 1, MAX_CHANNELS)
        check_between("Stride", self.stride, 1, 2)
        check_between("Bottleneck ratio", self.ratio, 1, MAX_RATIO)
        if self.block == "basic" and self.ratio != 4:
            raise SpecError(
                "Bottleneck ratio {ratio} was asked for, but a basic unit has no bottleneck: 4, or "
                "a bottleneck unit, would be right.",
                ratio=self.ratio,
            )
        if self.block == "bottleneck" and self.out_channels % self.ratio:
            below = self.out_channels // self.ratio * self.ratio
            raise SpecError(
                "{channels} channels out were asked for with a bottleneck ratio of {ratio}, but "
                "{ratio} does not divide {channels}: {right} channels would be right.",
                channels=self.out_channels,
                ratio=self.ratio,
                right=below or self.ratio,
            )
        if self.shortcut == "A" and self.out_channels < self.in_channels:
            raise SpecError(
                "Shortcut A was asked for with {before} channels in and {after} out, but zeros "
                "can only add channels: shortcut B, or at least {before} channels out, would be "
                "right.",
                before=self.in_channels,
                after=self.out_channels,
            )
        return self

    @property
    def changes(self) -> bool:
        """Whether H(x) has another shape than x."""
        return self.stride != 1 or self.in_channels != self.out_channels

    @property
    def projects(self) -> bool:
        """Whether a 1×1 convolution stands on the shortcut."""
        return self.shortcut == "C" or (self.shortcut == "B" and self.changes)

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """The layers of F as the papers write them; a test holds them against the built unit."""
        before, after = self.in_channels, self.out_channels
        if self.block == "basic":
            return (3, before, after, self.stride), (3, after, after, 1)
        middle = after // self.ratio
        return (1, before, middle, self.stride), (3, middle, middle, 1), (1, middle, after, 1)
