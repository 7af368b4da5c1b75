"""Plain and residual networks: stem, stages of units, head.

CIFAR (He 2015 §4.2; He 2016 §5), for images of any size, H × W × w at width w:

    stem      3×3, w                  H
    stage 1   n units, w              H      (bottleneck: 4w channels out)
    stage 2   n units, 2w             H/2
    stage 3   n units, 4w             H/4
    head      average pool, linear

With n = 3, 5, 7, 9, 18, 200 and w = 16 that is depth 20, 32, 44, 56, 110, 1202 and 0.27, 0.46,
0.66, 0.85, 1.7, 19.4 million parameters (table 6). ImageNet networks (table 1) have a 7×7 stem of
stride 2, 3×3 max pooling of stride 2, and four stages. Wide networks (Zagoruyko & Komodakis 2016)
are CIFAR networks in pre-activation order whose stem keeps 16 channels while the stages are k times
as wide. A VGG is a plain CIFAR network of single units whose stages 2 and 3 begin with 2×2 max
pooling, which belongs to their first unit; see ``specs.families``.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from resnet_core.blocks.layers import ACTIVATIONS, NORMALISATIONS, Shift, Survive
from resnet_core.blocks.residual import EXPANSION, build_after_last
from resnet_core.blocks.shortcuts import UnitShape
from resnet_core.blocks.unit import ResidualUnit, build_unit
from resnet_core.specs import NetworkSpec

STEM_OF_WIDE = 16
"""Channels of a wide network's stem, and of its first stage at k = 1."""


class ResidualNetwork(nn.Module):
    """A network whose units can be addressed by stage and number, both from 1.

    Attributes:
        spec: The plan it was built from.
        stem: What stands before the first unit.
        stages: Of units; ``stages[0][2]`` is the third unit of the first stage.
        head: What turns features into logits.
    """

    def __init__(self, spec: NetworkSpec, *, channels: int, classes: int) -> None:
        super().__init__()
        self.spec = spec
        width = STEM_OF_WIDE * spec.width if spec.family == "wide" else spec.width
        stem = STEM_OF_WIDE if spec.family == "wide" else spec.width
        expansion = EXPANSION[spec.block]
        self.stem = _stem(spec, channels, stem)
        stages: list[nn.Sequential] = []
        before = stem
        place, count = 0, sum(spec.units_per_stage)
        for number, units in enumerate(spec.units_per_stage, start=1):
            after = width * 2 ** (number - 1) * expansion
            stage: list[nn.Module] = []
            for unit in range(1, units + 1):
                place += 1
                stride = 2 if unit == 1 and number > 1 else 1
                shape = UnitShape(
                    in_channels=before,
                    out_channels=after,
                    stride=stride,
                    order=spec.order,
                    activation=spec.activation,
                    normalisation=spec.normalisation,
                    initialisation=spec.initialisation,
                    gate_bias=spec.gate_bias,
                    dropout=spec.dropout,
                    survival=_survival(spec, place, count),
                    branch_dropout=spec.branch_dropout,
                    pools=spec.family == "vgg" and stride > 1,
                )
                stage.append(
                    build_unit(
                        shape,
                        block=spec.block,
                        join=spec.join,
                        shortcut=spec.shortcut,
                        activated=place == 1,
                        shortcut_scale=spec.shortcut_scale,
                        branch_scale=spec.branch_scale,
                    )
                )
                before = after
            stages.append(nn.Sequential(*stage))
        self.stages = nn.ModuleList(stages)
        self.head = _head(spec, before, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images of shape (N, C, H, W) to logits of shape (N, K)."""
        if self.spec.active and self.training:
            self._draw_active(images.device)
        x = self.stem(images)
        for stage in self.stages:
            x = stage(x)
        logits: Tensor = self.head(x)
        return logits

    @property
    def units(self) -> list[ResidualUnit]:
        """Every unit, in the order the signal meets them."""
        return [unit for stage in self.stages for unit in stage.children()]  # type: ignore[misc]

    def _draw_active(self, device: torch.device) -> None:
        """Draw which units take part in this step: exactly so many, all choices equally likely."""
        units = self.units
        takes_part = torch.zeros(len(units), device=device)
        takes_part[torch.randperm(len(units), device=device)[: self.spec.active]] = 1
        for unit, drawn in zip(units, takes_part, strict=True):
            survive = unit.residual[-1]  # type: ignore[index]
            assert isinstance(survive, Survive)
            survive.drawn = drawn

    def scale_shortcuts(self, scale: float) -> None:
        """Set λ of every unit from now on; a plain network gets its shortcuts (A) with that."""
        for unit in self.units:
            unit.join = "residual"
            unit.shortcut_scale = scale

    def unit(self, stage: int, number: int) -> ResidualUnit:
        """Give one unit by stage and number, both from 1."""
        found: ResidualUnit = self.stages[stage - 1][number - 1]  # type: ignore[index]
        return found


def _survival(spec: NetworkSpec, place: int, count: int) -> float:
    """Give the probability that the branch of a unit, from 1, takes part in a training step."""
    if spec.active:
        return spec.active / count
    return 1 - place / count * (1 - spec.survival)


def _stem(spec: NetworkSpec, channels: int, width: int) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    fixup = spec.initialisation == "fixup"
    kernel, stride = (7, 2) if spec.family == "imagenet" else (3, 1)
    parts["conv"] = nn.Conv2d(
        channels,
        width,
        kernel,
        stride=stride,
        padding=kernel // 2,
        bias=spec.normalisation == "none" and not fixup,
    )
    # In the pre-activation orders too: the first unit's activation is moved right after the first
    # convolution, before shortcut and branch part (He 2016, appendix).
    if (bn := NORMALISATIONS[spec.normalisation](width)) is not None:
        parts["bn"] = bn
    if fixup:
        parts["shift"] = Shift()
    parts["relu"] = ACTIVATIONS[spec.activation]()
    if spec.family == "imagenet":
        parts["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
    return nn.Sequential(parts)


def _head(spec: NetworkSpec, channels: int, classes: int) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    # In the pre-activation orders the last sum needs an activation of its own (He 2016, appendix).
    parts.update(build_after_last(spec.order, channels, spec.normalisation, spec.activation))
    parts["pool"] = nn.AdaptiveAvgPool2d(1)
    parts["flatten"] = nn.Flatten()
    if spec.initialisation == "fixup":
        parts["shift"] = Shift()
    parts["linear"] = nn.Linear(channels, classes)
    return nn.Sequential(parts)
