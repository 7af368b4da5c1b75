"""Initial weights: He initialisation, drawn for each parameter by its own name.

The draw of a parameter depends on the seed and on its name alone, never on the order in which a
network is built or on what else is in it. So a plain network and its residual twin start from the
same weights wherever both have the parameter.

Source: He et al. 2015b, arXiv:1502.01852, equation 10: variance 2/n, n = k²·channels in.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from resnet_core.seeding import derive_seed


def initialise(network: nn.Module, seed: int) -> None:
    """Set every parameter and buffer of a network, in place.

    Convolutions are normal with variance 2/n, n = k²·channels in; linear layers normal with
    variance 1/n (no ReLU follows them); biases are 0; BN starts at scale 1, shift 0.

    Args:
        network: On any real device, with contents that do not matter.
        seed: Of the run.
    """
    for name, module in network.named_modules():
        match module:
            case nn.Conv2d():
                fan_in = module.weight[0].numel()
                _draw(module.weight, math.sqrt(2 / fan_in), seed, f"{name}.weight")
            case nn.Linear():
                _draw(module.weight, math.sqrt(1 / module.in_features), seed, f"{name}.weight")
                nn.init.zeros_(module.bias)
            case nn.BatchNorm2d():
                module.reset_parameters()


@torch.no_grad()
def _draw(weight: Tensor, std: float, seed: int, name: str) -> None:
    generator = torch.Generator().manual_seed(derive_seed(seed, "weight", name))
    # Drawn on the CPU, so that every device starts from the same numbers.
    weight.copy_(torch.randn(weight.shape, generator=generator) * std)
