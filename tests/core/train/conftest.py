"""Small pictures that can be told apart, small runs, and one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from resnet_core.data import Pictures, Split
from resnet_core.data.images import to_pictures
from resnet_core.specs import DataSpec, NetworkSpec, RunSpec, TrainSpec


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _split(images: int, seed: int) -> Split:
    """Noise, brighter in one of four quarters: the label says in which."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 128, (images, 1, 8, 8), generator=generator, dtype=torch.uint8)
    labels = torch.arange(images) % 4
    for image, label in zip(pixels, labels.tolist(), strict=True):
        top, left = 4 * (label // 2), 4 * (label % 2)
        image[0, top : top + 4, left : left + 4] += 60
    return Split(pixels, labels)


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    return to_pictures(_split(64, seed=1), _split(24, seed=2), tuple("abcd"))


@pytest.fixture
def plan() -> Callable[..., RunSpec]:
    def make(
        network: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        **train: object,
    ) -> RunSpec:
        return RunSpec(
            network=NetworkSpec.model_validate({"depth": 8, "width": 4, **(network or {})}),
            data=DataSpec.model_validate(data or {}),
            train=TrainSpec.model_validate({"steps": 20, "batch_size": 16, **train}),
        )

    return make
