"""What was measured of one network's gradients by path length, and what follows from it?

Norms are those of single paths (``lesions.by_length``). Shares of the gradient are of two kinds: of
the product, norm times number of paths, as in Veit et al. 2016 (arXiv:1605.06431, section 5); and
exact ones, of the gradients of all paths added up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

from resnet_core.studies.paths import (
    CARRIED,
    Decay,
    EffectivePaths,
    decay,
    effective_paths,
    gradient_shares,
    paths_of_length,
    share_of_lengths,
)

ENOUGH_DRAWS = 3
"""Fewer draws of each length are points, and no verdict on an interval of lengths."""


@dataclass(frozen=True)
class PathGradients:
    """What was measured of one network.

    Attributes:
        name: Of the network.
        draws: Norms of the gradients by one path of each length 0…n, a row a draw.
        whole: Mean norm of the whole gradient.
        images: That gradients arrive at.
        exact: Shares of the whole gradient by length, all paths added up; empty until measured.
    """

    name: str
    draws: tuple[tuple[float, ...], ...]
    whole: float
    images: int
    exact: tuple[float, ...] = ()

    @property
    def units(self) -> int:
        """Of the network, n."""
        return len(self.draws[0]) - 1

    @property
    def means(self) -> tuple[float, ...]:
        """Mean norm by length, over the draws."""
        return tuple(fmean(norms) for norms in zip(*self.draws, strict=True))

    @property
    def decay(self) -> Decay | None:
        """The geometric decay that fits the means best."""
        return decay(self.means)

    @property
    def effective(self) -> EffectivePaths | None:
        """The fewest neighbouring lengths that carry enough of the product."""
        return effective_paths(self.means)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the product by length; NaN where a mean is no finite number."""
        return gradient_shares(self.means)

    @property
    def is_enough(self) -> bool:
        """Whether there are draws enough to say which lengths carry most."""
        return len(self.draws) >= ENOUGH_DRAWS

    @property
    def cancelling(self) -> float:
        """Sum of the norms of all paths, over the norm of the whole gradient; NaN without one."""
        total = math.fsum(
            norm * paths_of_length(self.units, length) for length, norm in enumerate(self.means)
        )
        return total / self.whole if self.whole > 0 else math.nan


def fewest_lengths(shares: Sequence[float], *, carried: float = CARRIED) -> tuple[int, int] | None:
    """Find the fewest neighbouring lengths whose shares add up to enough.

    None where there are no shares, or one is no finite number.

    Args:
        shares: By length 0…n; they add up to 1, and single ones may be negative.
        carried: In (0, 1].
    """
    if not shares or not all(math.isfinite(share) for share in shares):
        return None
    lengths = range(len(shares))
    for count in range(1, len(shares) + 1):
        sums = [
            (math.fsum(shares[low : low + count]), -low)
            for low in lengths[: len(shares) - count + 1]
        ]
        most, low = max(sums)
        if most >= carried:
            return -low, -low + count - 1
    return 0, len(shares) - 1


def most_lengths(units: int, *, share: Fraction = Fraction(95, 100)) -> tuple[int, int]:
    """Find the lengths around n/2, as many on both sides, that more than so many paths have."""
    low, high = units // 2, (units + 1) // 2
    while share_of_lengths(units, low, high) <= share:
        low, high = low - 1, high + 1
    return low, high
