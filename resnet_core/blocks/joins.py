"""How the shortcut h and the residual branch F meet: added, or h left out.

To add a join (a gate, say), write a function, a row here, and a row of the same key in
``specs.choices.JOINS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor, nn

Join = Callable[[Tensor, nn.Module, nn.Module], Tensor]


def plain(x: Tensor, shortcut: nn.Module, residual: nn.Module) -> Tensor:
    """Give F(x): a plain unit, with no way around it (He 2015 §3.3)."""
    y: Tensor = residual(x)
    return y


def add(x: Tensor, shortcut: nn.Module, residual: nn.Module) -> Tensor:
    """Give h(x) + F(x) (He 2015, equation 1)."""
    y: Tensor = shortcut(x) + residual(x)
    return y


JOINS: Mapping[str, Join] = MappingProxyType({"plain": plain, "residual": add})
