"""What do layers give? Responses, activations, dead ReLUs, by forward hooks.

A response is what a weighted layer gives before its activation and before the addition: after BN
where BN follows it, as in figure 7 of He et al. 2015 (arXiv:1512.03385). The i-th response and the
i-th activation follow the i-th weighted layer; the classifier has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from torch import Tensor, nn

from resnet_core.nets import ResidualNetwork
from resnet_core.probes.parameters import main_path
from resnet_core.probes.sizes import mean_and_std, sums

Hooked = tuple[nn.Module, str]


def hooked_modules(network: ResidualNetwork) -> list[Hooked]:
    """List what is listened to: each module, and whether it gives a response or an activation."""
    activations = {id(module) for module in _activations(network)}
    responds = nn.BatchNorm2d if _bn_follows(network) else nn.Conv2d
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


def _has_bn(network: ResidualNetwork) -> bool:
    return network.spec.normalisation == "batch"


def _bn_follows(network: ResidualNetwork) -> bool:
    return network.spec.order == "original" and _has_bn(network)


class Signals:
    """Sums of one forward pass, in its order; ``values`` makes statistics of them.

    Attributes:
        hooks: To be removed.
        found: For responses and for activations: sums of each channel, and sums of squares.
    """

    def __init__(self, network: ResidualNetwork) -> None:
        self.found: dict[str, list[Tensor]] = {}
        self._sizes: dict[str, list[_Size]] = {"response": [], "activation": []}
        self._counts_dead = network.spec.activation == "relu"
        # What BN gives is of ordinary size, and so is the sum of a stage's units.
        wide = {"response": not _bn_follows(network), "activation": not _has_bn(network)}
        self.hooks = [
            module.register_forward_hook(self._listener(kind, wide=wide[kind]))
            for module, kind in hooked_modules(network)
        ]

    def _listener(self, kind: str, *, wide: bool) -> Callable[[nn.Module, Any, Tensor], None]:
        def take(module: nn.Module, given: Any, output: Tensor) -> None:
            total, squares = sums(output, wide=wide)
            self.found.setdefault(f"{kind}-sums", []).append(total)
            self.found.setdefault(f"{kind}-squares", []).append(squares)
            self._sizes[kind].append(_Size(output.numel(), output.shape[1]))

        return take

    def values(self, found: Mapping[str, list[float]]) -> dict[str, list[float]]:
        """Turn sums, as numbers, into what ``PROBES`` names.

        A channel is dead if ReLU gives nothing for any image, anywhere. What ReLU gives is never
        negative, so it sums to 0 only if all of it is 0.
        """
        values: dict[str, list[float]] = {}
        dead: list[float] = []
        for kind, sizes in self._sizes.items():
            sums_of_channels = iter(found[f"{kind}-sums"])
            means, stds = [], []
            for size, squares in zip(sizes, found[f"{kind}-squares"], strict=True):
                channels = list(islice(sums_of_channels, size.channels))
                mean, std = mean_and_std(sum(channels), squares, size.numbers)
                means.append(mean)
                stds.append(std)
                if kind == "activation":
                    dead.append(channels.count(0) / size.channels)
            values |= {f"{kind}-mean": means, f"{kind}-std": stds}
        return values | ({"dead": dead} if self._counts_dead else {})


class _Size(NamedTuple):
    numbers: int
    channels: int
