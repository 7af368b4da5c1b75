"""What do layers give? Responses, activations, dead ReLUs, by forward hooks.

A response is what a weighted layer gives before its activation and before the addition: after BN
where BN follows it, as in figure 7 of He et al. 2015 (arXiv:1512.03385). A BN after the addition is
none of it. The i-th response and the i-th activation follow the i-th weighted layer; the classifier
has none. Where nothing stands between a layer and the addition, its activation is the sum's: in the
pre-activation orders that of the next branch, in the last unit that of the head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from torch import Tensor, nn

from resnet_core.blocks.residual import ORDERS
from resnet_core.nets import ResidualNetwork
from resnet_core.probes.parameters import main_path
from resnet_core.probes.sizes import mean_and_std, sums

Hooked = tuple[nn.Module, str]


def hooked_modules(network: ResidualNetwork) -> list[Hooked]:
    """List what is listened to: each module, and whether it gives a response or an activation."""
    bn_follows = ORDERS[network.spec.order].bn_follows
    found: list[Hooked] = []
    for parts in main_path(network):
        for name, module in parts.items():
            if name.startswith("conv"):
                bn = parts.get(name.replace("conv", "bn")) if bn_follows else None
                found.append((module if bn is None else bn, "response"))
            elif name.startswith("relu"):
                found.append((module, "activation"))
    return found


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
        has_bn = network.spec.normalisation == "batch"
        self.hooks = [
            module.register_forward_hook(
                self._listener(kind, wide=isinstance(module, nn.Conv2d) or not has_bn)
            )
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
