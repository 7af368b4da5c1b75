"""How many paths does a residual network have, and how long are they?

Each of n units is passed through or gone around, so there are 2^n ways from the stem to the head;
C(n, k) of them pass through k units. Of all paths equally likely, lengths are binomial with p = ½
(Veit et al. 2016, arXiv:1605.06431, section 3). Exact integers; a test holds the shares to those of
the paper.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb


def paths(units: int) -> int:
    """Count all paths: 2^n."""
    return 2**units


def paths_of_length(units: int, length: int) -> int:
    """Count the paths that pass through exactly so many units; 0 outside 0…n."""
    return comb(units, length) if 0 <= length <= units else 0


def share_of_lengths(units: int, low: int, high: int) -> Fraction:
    """Give the share of all paths whose length lies between two ends, both included."""
    count = sum(paths_of_length(units, length) for length in range(low, high + 1))
    return Fraction(count, paths(units))


def paths_left(units: int, deleted: int) -> int:
    """Count the paths left when units are deleted: each deletion takes half of them."""
    return 2 ** (units - deleted)
