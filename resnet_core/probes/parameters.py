"""How large are gradients and updates? Convolution weights, BN scales and biases, never mixed.

Weights are those of the longest path: stem, the branches' layers, classifier; projections on
shortcuts are not on it. The order is that of the forward pass, so that the i-th weight is that of
the i-th weighted layer (``specs.places``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.blocks.residual import ORDERS
from resnet_core.nets import ResidualNetwork
from resnet_core.probes.sizes import norm


@dataclass(frozen=True)
class Parameters:
    """The parameters on a network's longest path, by kind.

    Attributes:
        weights: Of convolutions and the classifier.
        scales: Of BN.
        biases: Of BN, of convolutions without it, of the classifier. Fixup's scalars stand between
            the layers, and are left out.
    """

    weights: list[Tensor]
    scales: list[Tensor]
    biases: list[Tensor]


def main_path(network: ResidualNetwork) -> Iterator[dict[str, nn.Module]]:
    """Walk through the modules of the longest path in the order of the forward pass.

    Stem, each branch, what follows each addition, and head are one mapping each: names within it
    (``conv1``, ``bn1``, ``relu1``, …) to modules.
    """
    yield dict(network.stem.named_children())
    for unit in network.units:
        yield dict(unit.residual.named_children())
        yield _after_addition(unit)
    yield dict(network.head.named_children())


def _after_addition(unit: ResidualUnit) -> dict[str, nn.Module]:
    if isinstance(unit.after_addition, nn.Sequential):
        return dict(unit.after_addition.named_children())
    # An activation may be nn.Identity, too.
    return {"relu": unit.after_addition} if ORDERS[unit.shape.order].after_addition else {}


def parameters_of(network: ResidualNetwork) -> Parameters:
    """Gather a network's parameters by kind."""
    found = Parameters([], [], [])
    for module in chain.from_iterable(parts.values() for parts in main_path(network)):
        match module:
            case nn.Conv2d() | nn.Linear():
                found.weights.append(module.weight)
                if module.bias is not None:
                    found.biases.append(module.bias)
            case nn.BatchNorm2d():
                found.scales.append(module.weight)
                found.biases.append(module.bias)
    return found


def gradient_norms(parameters: list[Tensor]) -> list[Tensor]:
    """Give the norm of each gradient: after ``backward``, before the gradients are cleared."""
    return [norm(_gradient(parameter)) for parameter in parameters]


def weight_norms(parameters: list[Tensor]) -> list[Tensor]:
    """Give the norm of each parameter."""
    return [norm(parameter) for parameter in parameters]


def update_norms(parameters: list[Tensor], optimiser: torch.optim.SGD) -> list[Tensor]:
    """Give the norm of what a step of SGD subtracts from each parameter, without copying any.

    With momentum that is the learning rate times the momentum buffer, once the step is done.
    Without it, the gradient with weight decay takes the buffer's place: ask before the step, since
    the weights that decay are those before it.
    """
    group = optimiser.param_groups[0]
    return [
        norm(_momentum(parameter, optimiser, group["weight_decay"])) * group["lr"]
        for parameter in parameters
    ]


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _momentum(parameter: Tensor, optimiser: torch.optim.SGD, decay: float) -> Tensor:
    # Asking by index would leave an empty state behind, which a checkpoint could not be made of.
    buffer = optimiser.state.get(parameter, {}).get("momentum_buffer")
    if buffer is None:
        return _gradient(parameter) + decay * parameter.detach()
    found: Tensor = buffer
    return found
