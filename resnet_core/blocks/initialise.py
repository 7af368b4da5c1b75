"""Initial weights, drawn for each parameter by its own name; a row for every initialisation.

The draw of a parameter depends on the seed and on its name alone, never on the order in which a
network is built or on what else is in it. So a plain network and its residual twin start from the
same weights wherever both have the parameter; other initialisations scale the same draws.

With n = k²·channels in (fan-in) and m = k²·channels out (fan-out), a convolution's variance is

    he             2/n                  He et al. 2015b, arXiv:1502.01852, equation 10
    xavier         2/(n + m)            Glorot & Bengio 2010, equation 12
    small          0.01²                Krizhevsky et al. 2012 §5
    large          9 · 2/n              three times He's spread: what equation 9 warns of
    zero-last-bn   2/n                  the last BN of each branch at scale 0: Goyal et al. 2017
    skipinit       2/n                  each branch times α = 0: De & Smith 2020
    rezero         2/n                  the same, with or without BN: Bachlechner et al. 2020
    fixup          2/m · U^(-2/(2k-2))  of U units with k layers each; last layer and classifier 0:
                                        Zhang et al. 2019, and its authors' code
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

from resnet_core.blocks.layers import Gate, Scale, Shift
from resnet_core.blocks.unit import ResidualUnit
from resnet_core.seeding import derive_seed


def initialise(network: nn.Module, seed: int, key: str = "he") -> None:
    """Set every parameter and buffer of a network, in place.

    Linear layers are normal with variance 1/n (no ReLU follows them), or the row's own; biases are
    0; BN starts at scale 1, shift 0; scalars at 1 and 0.

    Args:
        network: On any real device, with contents that do not matter.
        seed: Of the run.
        key: A key of ``INITIALISATIONS``.
    """
    row = INITIALISATIONS[key]
    for name, module in network.named_modules():
        match module:
            case nn.Conv2d():
                _draw(module.weight, row.convolution(module.weight), seed, f"{name}.weight")
                if module.bias is not None:
                    nn.init.constant_(
                        module.bias, module.start if isinstance(module, Gate) else 0.0
                    )
            case nn.Linear():
                _draw(module.weight, row.linear(module.weight), seed, f"{name}.weight")
                nn.init.zeros_(module.bias)
            case nn.BatchNorm2d():
                module.reset_parameters()
            case Scale():
                nn.init.ones_(module.scale)
            case Shift():
                nn.init.zeros_(module.shift)
    if row.silence is not None:
        row.silence(network)


Spread = Callable[[Tensor], float]


class Initialisation:
    """One row.

    Attributes:
        convolution: Standard deviation of a convolution's weights of shape (M, C, k, k).
        linear: The same for a linear layer, weights of shape (M, C).
        silence: Changes the drawn network in place: what makes it start as the identity.
    """

    def __init__(
        self,
        convolution: Spread,
        linear: Spread | None = None,
        silence: Callable[[nn.Module], None] | None = None,
    ) -> None:
        self.convolution = convolution
        self.linear = linear or _lecun
        self.silence = silence


def _fan_in(weight: Tensor) -> int:
    return weight[0].numel()


def _fan_out(weight: Tensor) -> int:
    return weight[:, 0].numel()


def _lecun(weight: Tensor) -> float:
    return math.sqrt(1 / _fan_in(weight))


def _he(weight: Tensor) -> float:
    return math.sqrt(2 / _fan_in(weight))


def _xavier(weight: Tensor) -> float:
    return math.sqrt(2 / (_fan_in(weight) + _fan_out(weight)))


def _small(weight: Tensor) -> float:
    return 0.01


def _large(weight: Tensor) -> float:
    return 3 * _he(weight)


def _fixup(weight: Tensor) -> float:
    return math.sqrt(2 / _fan_out(weight))


@torch.no_grad()
def _zero_last_bn(network: nn.Module) -> None:
    for unit in _units(network):
        last = [part for part in unit.residual.children() if isinstance(part, nn.BatchNorm2d)][-1]
        nn.init.zeros_(last.weight)


@torch.no_grad()
def _zero_scales(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, Scale):
            nn.init.zeros_(module.scale)


@torch.no_grad()
def _fix_up(network: nn.Module) -> None:
    units = _units(network)
    for unit in units:
        *first, last = [part for part in unit.residual.children() if isinstance(part, nn.Conv2d)]
        for convolution in first:
            convolution.weight.mul_(len(units) ** (-1 / (2 * len(first))))  # k - 1 of k layers
        nn.init.zeros_(last.weight)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)


def _units(network: nn.Module) -> list[ResidualUnit]:
    return [module for module in network.modules() if isinstance(module, ResidualUnit)]


INITIALISATIONS: Mapping[str, Initialisation] = MappingProxyType(
    {
        "he": Initialisation(_he),
        "xavier": Initialisation(_xavier, linear=_xavier),
        "small": Initialisation(_small, linear=_small),
        "large": Initialisation(_large),
        "zero-last-bn": Initialisation(_he, silence=_zero_last_bn),
        "skipinit": Initialisation(_he, silence=_zero_scales),
        "rezero": Initialisation(_he, silence=_zero_scales),
        "fixup": Initialisation(_fixup, silence=_fix_up),
    }
)


@torch.no_grad()
def _draw(weight: Tensor, std: float, seed: int, name: str) -> None:
    generator = torch.Generator().manual_seed(derive_seed(seed, "weight", name))
    # Drawn on the CPU, so that every device starts from the same numbers.
    weight.copy_(torch.randn(weight.shape, generator=generator) * std)
