"""What does theory say of the gradient? Formulas."""

from __future__ import annotations

import math

SIGMOID_SLOPE = 0.25


def bn_relu_factor() -> float:
    """Give √(π/(π−1))."""
    return math.sqrt(math.pi / (math.pi - 1))
