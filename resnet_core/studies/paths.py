"""How many paths does a residual network have, how long are they, and which carry the gradient?

Each of n units is passed through or gone around, so there are 2^n ways from the stem to the head;
C(n, k) of them pass through k units. Of all paths equally likely, lengths are binomial with p = ½
(Veit et al. 2016, arXiv:1605.06431, section 3). Exact integers; a test holds the shares to those of
the paper.

What one path of a length carries is measured (``lesions.by_length``). Times the number of such
paths it is what Veit et al. call the gradient that the length contributes (section 5, figure 6c):
a sum of norms, as if all gradients of one length pointed in the same direction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

CARRIED = 0.95
"""Share of the gradient that effective paths carry together. Veit et al. say "almost all"."""


@dataclass(frozen=True)
class EffectivePaths:
    """The fewest neighbouring lengths that carry enough of the gradient.

    Attributes:
        low: The shortest length, in units.
        high: The longest.
        gradient: Share of the gradient that they carry together.
        paths: Share of all paths that they are, exactly.
        mean: Mean length over all paths, each weighed by its gradient.
    """

    low: int
    high: int
    gradient: float
    paths: Fraction
    mean: float


@dataclass(frozen=True)
class Decay:
    """How fast the gradient of a path shrinks with its length, if it does so geometrically.

    Attributes:
        factor: Norm of a path's gradient, over that of a path shorter by one unit; by least squares
            of the logarithms, every length equally.
        fit: R² of that line, at most 1: 1 for an exactly geometric decay.
        start: What the line gives a path of length 0.
    """

    factor: float
    fit: float
    start: float = 1.0

    def values(self, units: int) -> tuple[float, ...]:
        """Give the norms that such a decay has, for lengths 0…n."""
        return tuple(self.start * self.factor**length for length in range(units + 1))


def paths(units: int) -> int:
    """Count all paths: 2^n."""
    return 1 << units


def paths_of_length(units: int, length: int) -> int:
    """Count the paths that pass through exactly so many units; 0 outside 0…n."""
    return comb(units, length) if 0 <= length <= units else 0


def share_of_lengths(units: int, low: int, high: int) -> Fraction:
    """Give the share of all paths whose length lies between two ends, both included."""
    count = sum(paths_of_length(units, length) for length in range(low, high + 1))
    return Fraction(count, paths(units))


def paths_left(units: int, deleted: int) -> int:
    """Count the paths left when units are deleted: each deletion takes half of them."""
    return 1 << (units - deleted)


def gradient_shares(norms: Sequence[float]) -> tuple[float, ...]:
    """Give the share of the gradient that all paths of each length 0…n carry: ∝ norm · C(n, k).

    NaN for all where a norm is negative or no finite number, or all are zero.

    Args:
        norms: Mean norm of the gradient by one path, for lengths 0…n.
    """
    units = len(norms) - 1
    if not all(0 <= norm < math.inf for norm in norms) or not any(norms):
        return (math.nan,) * len(norms)
    # As logarithms: of 1202 layers, C(n, k) is beyond any float.
    logs = [
        math.log(norm) + math.log(paths_of_length(units, length)) if norm else -math.inf
        for length, norm in enumerate(norms)
    ]
    highest = max(logs)
    weights = [math.exp(value - highest) for value in logs]
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def effective_paths(norms: Sequence[float], *, carried: float = CARRIED) -> EffectivePaths | None:
    """Find the fewest neighbouring lengths that carry so much of the gradient.

    Of equally many lengths, those that carry most. None where there are no shares.

    Args:
        norms: Mean norm of the gradient by one path, for lengths 0…n.
        carried: Share of the gradient, in (0, 1].
    """
    shares = gradient_shares(norms)
    if math.isnan(shares[0]):
        return None
    lengths = range(len(shares))
    for count in range(1, len(shares) + 1):
        gradient, low = max(
            (math.fsum(shares[low : low + count]), -low)
            for low in lengths[: len(shares) - count + 1]
        )
        # All of them may add up to a little less than 1.
        if gradient >= carried or count == len(shares):
            break
    low = -low
    return EffectivePaths(
        low=low,
        high=low + count - 1,
        gradient=gradient,
        paths=share_of_lengths(len(shares) - 1, low, low + count - 1),
        mean=math.fsum(length * share for length, share in enumerate(shares)),
    )


def decay(norms: Sequence[float]) -> Decay | None:
    """Fit a geometric decay to norms by length; lengths without a positive finite one are left out.

    None of fewer than three such lengths: a line through two points always fits.

    Args:
        norms: Mean norm of the gradient by one path, for lengths 0…n.
    """
    points = [(k, math.log(norm)) for k, norm in enumerate(norms) if 0 < norm < math.inf]
    if len(points) < 3:
        return None
    x_mean = math.fsum(k for k, _ in points) / len(points)
    y_mean = math.fsum(y for _, y in points) / len(points)
    across = math.fsum((k - x_mean) * (y - y_mean) for k, y in points)
    slope = across / math.fsum((k - x_mean) ** 2 for k, _ in points)
    total = math.fsum((y - y_mean) ** 2 for _, y in points)
    left = math.fsum((y - y_mean - slope * (k - x_mean)) ** 2 for k, y in points)
    return Decay(
        factor=math.exp(slope),
        fit=1 - left / total if total else 1.0,
        start=math.exp(y_mean - slope * x_mean),
    )
