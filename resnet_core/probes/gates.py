"""How far do gates open? The mean of g(x) in each unit, by forward hooks.

With g(x) = σ(W_g·x + b_g) the shortcut is weighed by 1 - g(x) (He et al. 2016, arXiv:1603.05027,
section 3.1). The mean is over images, channels and places: 0 leaves the shortcut as it is, 1 shuts
it.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from resnet_core.nets import ResidualNetwork
from resnet_core.probes.sizes import mean


class Gates:
    """The openings of one forward pass; empty where units have no gates.

    Attributes:
        hooks: To be removed.
        found: ``gate``: one scalar a unit, in forward order.
    """

    def __init__(self, network: ResidualNetwork) -> None:
        self.found: dict[str, list[Tensor]] = {}
        self.hooks: list[Any] = [
            unit.gate.register_forward_hook(self._take)
            for unit in network.units
            if unit.gate is not None
        ]

    def _take(self, module: nn.Module, given: Any, opening: Tensor) -> None:
        self.found.setdefault("gate", []).append(mean(opening))
