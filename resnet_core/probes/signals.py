"""What do layers give? Responses, activations, dead ReLUs, by forward hooks.

A response is what a weighted layer gives before its activation and before the addition: after BN
where BN follows it, as in figure 7 of He et al. 2015 (arXiv:1512.03385). The i-th response and the
i-th activation follow the i-th weighted layer; the classifier has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from resnet_core.nets import ResidualNetwork
from resnet_core.probes.parameters import main_path
from resnet_core.probes.sizes import mean_and_std, sums

Hooked = tuple[nn.Module, str]


def hooked_modules(network: ResidualNetwork) -> list[Hooked]:
    """List what is listened to: each module, and whether it gives a response or an activation."""
    spec = network.spec
    activations = {id(module) for module in _activations(network)}
    bn_follows = spec.order == "original" and spec.normalisation == "batch"
    responds = nn.BatchNorm2d if bn_follows else nn.Conv2d
    found: list[Hooked] = []
    for module in main_path(network):
        if isinstance(module, responds):
            found.append((module, "response"))
        elif id(module) in activations:
            found.append((module, "activation"))
    return found


def _activations(network: ResidualNetwork) -> list[nn.Module]:
    named = [*network.stem.named_children(), *network.head.named_children()]
    for unit in network.units:
        named += unit.residual.named_children()
        if network.spec.order == "original":
            named.append(("relu", unit.after_addition))
    return [module for name, module in named if name.startswith("relu")]


class Signals:
    """Sums of one forward pass, in its order; ``signal_values`` makes statistics of them.

    Attributes:
        hooks: To be removed.
        found: Response or activation → sum, sum of squares of each; and the shares of dead ReLUs.
        counts: Numbers of each, for both.
    """

    def __init__(self, network: ResidualNetwork) -> None:
        self.found: dict[str, list[Tensor]] = {}
        self.counts: dict[str, list[int]] = {"response": [], "activation": []}
        self._counts_dead = network.spec.activation == "relu"
        self._wide = network.spec.normalisation == "none"  # BN keeps numbers at ordinary size
        self.hooks = [
            module.register_forward_hook(self._listener(kind))
            for module, kind in hooked_modules(network)
        ]

    def _listener(self, kind: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def take(module: nn.Module, given: tuple[Tensor], output: Tensor) -> None:
            total, squares = sums(output, wide=self._wide)
            self.found.setdefault(f"{kind}-sum", []).append(total)
            self.found.setdefault(f"{kind}-squares", []).append(squares)
            self.counts[kind].append(output.numel())
            if kind == "activation" and self._counts_dead:
                # Dead: nothing for any image, anywhere. What ReLU gives sums to 0 only if all of it
                # is 0, and channels-last sums are fast. (N, C, H, W) → (N·H·W, C) → (C,)
                channels = output.detach().permute(0, 2, 3, 1).flatten(0, 2).sum(0)
                self.found.setdefault("dead", []).append((channels == 0).double().mean())

        return take


def signal_values(
    found: Mapping[str, list[float]], counts: Mapping[str, list[int]]
) -> dict[str, list[float]]:
    """Turn sums, as numbers, into the means and standard deviations that ``PROBES`` names."""
    values: dict[str, list[float]] = {}
    for kind, sizes in counts.items():
        rows = zip(found[f"{kind}-sum"], found[f"{kind}-squares"], sizes, strict=True)
        pairs = [mean_and_std(*row) for row in rows]
        values[f"{kind}-mean"] = [mean for mean, _ in pairs]
        values[f"{kind}-std"] = [std for _, std in pairs]
    if "dead" in found:
        values["dead"] = found["dead"]
    return values
