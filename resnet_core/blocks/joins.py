"""How the shortcut h and the residual branch F meet: added, or h left out.

To add a join, write a function, a row here, and a row of the same key in ``specs.choices.JOINS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from torch import Tensor


class Ways(Protocol):
    """A unit's two ways for x, and the gate that may stand between them."""

    def opening(self, x: Tensor) -> Tensor | None:
        """Give g(x), or None where there is no gate."""

    def carried(self, x: Tensor, opening: Tensor | None) -> Tensor:
        """Give what the shortcut adds."""

    def branched(self, x: Tensor, opening: Tensor | None) -> Tensor:
        """Give what the branch adds."""


Join = Callable[[Tensor, Ways], Tensor]


def plain(x: Tensor, unit: Ways) -> Tensor:
    """Give F(x): a plain unit, with no way around it (He 2015 §3.3)."""
    return unit.branched(x, None)


def add(x: Tensor, unit: Ways) -> Tensor:
    """Give λ·h(x) + F(x) (He 2016, equation 6; λ = 1 is He 2015, equation 1), gated or not."""
    opening = unit.opening(x)
    return unit.carried(x, opening) + unit.branched(x, opening)


JOINS: Mapping[str, Join] = MappingProxyType({"plain": plain, "residual": add})
