"""Small networks whose BN has seen images, as after training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from resnet_core.nets import ResidualNetwork, build_network
from resnet_core.specs import NetworkSpec
from tests.core.nets.conftest import one_thread

__all__ = ["one_thread"]


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.arange(40) % 10


@pytest.fixture
def built() -> Callable[..., ResidualNetwork]:
    def build(**settings: object) -> ResidualNetwork:
        spec = NetworkSpec.model_validate({"depth": 20, "width": 4, **settings})
        network = build_network(spec, channels=1, classes=10, seed=0)
        generator = torch.Generator().manual_seed(1)
        for _ in range(3):
            network(torch.randn(32, 1, 8, 8, generator=generator))
        return network.eval()

    return build
