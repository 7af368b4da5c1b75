"""Which way does a gradient come through an addition: past the branch, or through it?

For y = h(x) + F(x) the chain rule gives ∂L/∂x = ∂L/∂y · ∂h/∂x + ∂L/∂y · ∂F/∂x (He et al. 2016,
arXiv:1603.05027, equation 5, for one unit). Both parts are measured, not derived: shortcut and
branch are each given a view of x of their own, and the gradient that arrives at each is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.nets import ResidualNetwork
from resnet_core.probes.sizes import norms_and_product, ratio


class Additions:
    """The split of one backward pass; empty while a network is plain, and adds nothing.

    Attributes:
        hooks: To be removed.
    """

    def __init__(self, network: ResidualNetwork) -> None:
        self.hooks: list[Any] = []
        self._splits: list[_Split] = []
        for unit in network.units:
            if unit.join == "plain":  # not the plan's word: shortcuts may have been switched on
                continue
            split = _Split()
            self._splits.append(split)
            self.hooks += split.listen(unit)

    @property
    def found(self) -> dict[str, list[Tensor]]:
        """Norms of both parts and their inner product: one scalar a unit, in forward order."""
        splits = [split for split in self._splits if split.whole]
        if not splits:
            return {}
        return {
            "identity": [split.identity for split in splits],
            "branch": [split.branch for split in splits],
            "product": [split.product for split in splits],
        }


class _Split:
    """Both parts of one unit's gradient, from ``backward`` until the other part is there."""

    def __init__(self) -> None:
        self._parts: dict[str, Tensor] = {}
        self._awaited = self._arrived = 0
        self.whole = False

    def listen(self, unit: ResidualUnit) -> list[Any]:
        """Give both ways a view of x of their own, and listen at it; gives the hooks."""
        # What comes back through a gate belongs to the shortcut that it stands on.
        ways = [("identity", unit.shortcut), ("identity", unit.gate), ("branch", unit.residual)]
        hooks = [
            module.register_forward_pre_hook(self._view(name))
            for name, module in ways
            if module is not None
        ]
        self._awaited = len(hooks)
        return hooks

    def _view(self, name: str) -> Callable[[nn.Module, tuple[Tensor]], tuple[Tensor]]:
        def give(module: nn.Module, given: tuple[Tensor]) -> tuple[Tensor]:
            (x,) = given
            view = x.view_as(x)
            if view.requires_grad:
                view.register_hook(lambda gradient: self._take(name, gradient))
            return (view,)

        return give

    def _take(self, name: str, gradient: Tensor) -> None:
        gradient = gradient.detach()
        self._parts[name] = self._parts[name] + gradient if name in self._parts else gradient
        self._arrived += 1
        if self._arrived == self._awaited:
            self._arrived = 0
            self.identity, self.branch, self.product = norms_and_product(
                self._parts["identity"], self._parts["branch"]
            )
            self.whole = True
            self._parts.clear()


def addition_values(found: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Turn norms and products, as numbers, into what ``PROBES`` names."""
    if "product" not in found:
        return {}
    identity, branch = found["identity"], found["branch"]
    return {
        "identity": identity,
        "branch": branch,
        # Without a part there is no angle: 0/0 is NaN, and shown as such.
        "alignment": [
            ratio(product, one * other)
            for product, one, other in zip(found["product"], identity, branch, strict=True)
        ],
    }
