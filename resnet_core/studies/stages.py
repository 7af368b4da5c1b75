"""How large is the gradient at the bottom of a network, compared with the top? ``StageRatios``.

At each probed step: the geometric mean of the gradient norms of the first stage's layers, over that
of the last stage's. Geometric, since norms that differ by powers of ten have no other useful mean;
stages, since one layer more or less decides nothing; stem and classifier are left out, since their
shapes are others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event, ProbesCompleted
from resnet_core.specs.places import layer_places

_LARGEST_EXPONENT = 700.0  # e to the power of 710 is more than a float can hold


@dataclass(frozen=True)
class StageRatios:
    """First stage over last stage, over the probed steps of one run.

    Attributes:
        steps: Probed steps whose gradients are numbers.
        ratios: One a step; 0 where a layer of the first stage has a gradient of exactly zero.
        zeros: How many of them are so: what float32 cannot hold any more.
        left_out: Probed steps with a gradient that is no finite number.
        first: Gradient norms by layer at the first of ``steps``, the stem's first.
    """

    steps: tuple[int, ...] = ()
    ratios: tuple[float, ...] = ()
    zeros: int = 0
    left_out: int = 0
    first: tuple[float, ...] = ()

    @property
    def start(self) -> float:
        """The ratio at the first step; only where there is one."""
        return self.ratios[0]

    @property
    def median(self) -> float:
        """The median of all steps; only where there is one."""
        return median(self.ratios)


def stage_ratios(run: RunSpec, events: Iterable[Event]) -> StageRatios:
    """Work out the ratios of a run from what it said."""
    stages = [place.stage for place in layer_places(run.network)]
    top_stage = max(stages)
    steps: list[int] = []
    ratios: list[float] = []
    zeros = left_out = 0
    first: tuple[float, ...] = ()
    for event in events:
        if not isinstance(event, ProbesCompleted):
            continue
        norms = event.values.get("gradient", ())
        if len(norms) != len(stages):
            continue  # told by another version, of another network
        bottom = [norm for norm, stage in zip(norms, stages, strict=True) if stage == 1]
        top = [norm for norm, stage in zip(norms, stages, strict=True) if stage == top_stage]
        if not all(math.isfinite(norm) for norm in bottom + top):
            left_out += 1
            continue
        ratio = _ratio(bottom, top)
        zeros += ratio == 0
        first = first or norms
        steps.append(event.step)
        ratios.append(ratio)
    return StageRatios(tuple(steps), tuple(ratios), zeros, left_out, first)


def _ratio(bottom: Sequence[float], top: Sequence[float]) -> float:
    if min(bottom) <= 0:
        return 0.0  # even where the top is zero, too: nothing arrives at the bottom
    if min(top) <= 0:
        return math.inf
    exponent = _mean_log(bottom) - _mean_log(top)
    # No underflow to 0, which says that a gradient was exactly zero.
    return math.exp(max(min(exponent, _LARGEST_EXPONENT), -_LARGEST_EXPONENT))


def _mean_log(norms: Sequence[float]) -> float:
    return sum(math.log(norm) for norm in norms) / len(norms)
