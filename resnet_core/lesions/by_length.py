"""How much gradient arrives at the images by paths that pass through k units?

As Veit et al. 2016, arXiv:1605.06431, section 5, measure it: forward through the whole network;
backward through the branch F in k randomly chosen units, and through the shortcut h in the others.
What is left at the images is the gradient of one path. f after the addition is on every path, and a
gate belongs to the way that it weighs.

The network is in evaluation mode: BN multiplies and adds, and each image has a gradient of its own.
Backward everything is linear, so the gradients of all 2^n paths add up to the whole gradient:
``LengthSums`` has the sums by length, exactly, without going along 2^n paths.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from resnet_core.blocks import ResidualUnit
from resnet_core.errors import SpecError
from resnet_core.nets import ResidualNetwork
from resnet_core.seeding import derive_seed
from resnet_core.specs.plan import check_between

BATCH = 32
"""Images at once: their forward pass is kept while gradients go back along many paths."""

MOST_DRAWS = 1000
"""Of each length: as many as Veit et al. took."""

SMALL, LARGE = 1e-12, 1e12
"""A gradient outside is brought back to 1, and its factor kept apart: 0.2^54 is 0 in float32."""


@dataclass(frozen=True)
class LengthGradients:
    """Norms of the gradients that arrive at the images, by the length of their path, 0…n.

    The gradient is that of each image's own cross-entropy, in nats; its norm is that of all pixels
    and channels of one image.

    Attributes:
        norms: Means over the drawn paths of a length, and over the images.
        spreads: Standard deviations between drawn paths, each a mean over the images; NaN of one.
        drawn: Paths of each length that were gone along: all of them where there are no more.
        whole: Mean norm of the whole gradient.
        images: Looked at.
    """

    norms: tuple[float, ...]
    spreads: tuple[float, ...]
    drawn: tuple[int, ...]
    whole: float
    images: int


@dataclass(frozen=True)
class LengthSums:
    """The gradients of all paths of a length, added up, by length, 0…n.

    Gradients of different paths point in different directions: their sum is shorter than the sum of
    their norms, and these tell how much of the whole gradient a length brings in the end.

    Attributes:
        norms: Of the sums; means over the images.
        shares: Of the whole gradient: the sum's part in its direction, over its length, all images
            together. They add up to 1; one below 0 goes against the whole.
        whole: Mean norm of the whole gradient.
        images: Looked at.
    """

    norms: tuple[float, ...]
    shares: tuple[float, ...]
    whole: float
    images: int


def gradient_by_length(
    network: ResidualNetwork, images: Tensor, labels: Tensor, *, draws: int = 3, seed: int = 0
) -> LengthGradients:
    """Measure the gradient that arrives at images by randomly drawn paths of each length.

    Args:
        network: Residual; left as it is, mode and gradients included.
        images: (N, C, H, W), normalised; every path is measured on all of them.
        labels: (N,), int64.
        draws: Paths of each length, drawn independently of each other.
        seed: Of the paths.

    Raises:
        SpecError: The network has no shortcuts, or so many draws cannot be asked for.
    """
    check_between("Draws", draws, 1, MOST_DRAWS)
    _check_has_paths(network)
    count = len(network.units)
    lengths = range(count + 1)
    paths = [_drawn_paths(count, length, draws, seed) for length in lengths]
    sums = [[0.0] * len(of_length) for of_length in paths]
    whole = 0.0
    with _evaluating(network):
        for some, target in _batches(images, labels):
            traced = _Traced(network, some, target)
            for length in lengths:
                for number, path in enumerate(paths[length]):
                    gradient, factor = traced.along(path)
                    sums[length][number] += factor * _norms(gradient).sum().item()
            whole += _norms(_whole(network, some, target)).sum().item()
    norms = [[value / len(labels) for value in of_length] for of_length in sums]
    return LengthGradients(
        norms=tuple(math.fsum(row) / len(row) for row in norms),
        spreads=tuple(_spread(row) for row in norms),
        drawn=tuple(len(of_length) for of_length in paths),
        whole=whole / len(labels),
        images=len(labels),
    )


def summed_by_length(network: ResidualNetwork, images: Tensor, labels: Tensor) -> LengthSums:
    """Add up the gradients of all paths of each length, exactly, in n(n+1)/2 passes of a unit.

    Backward through one unit, the sum over the paths of length k becomes

        S'_k = S_k · ∂(f∘h) + S_{k-1} · ∂(f∘F)

    since of the paths that have passed k units some pass this one, and the others go around it. It
    is computed in float64: sums of different lengths may cancel each other.

    Args:
        network: Residual; left as it is.
        images: (N, C, H, W), normalised.
        labels: (N,), int64.

    Raises:
        SpecError: The network has no shortcuts.
    """
    _check_has_paths(network)
    exact = copy.deepcopy(network).double().eval()
    lengths = range(len(network.units) + 1)
    norms = torch.zeros(len(lengths), dtype=torch.float64)
    parts = torch.zeros(len(lengths), dtype=torch.float64)
    whole = torch.zeros((), dtype=torch.float64)
    with torch.enable_grad():
        for some, target in _batches(images.double(), labels):
            sums = _Traced(exact, some, target).sums()
            total = _whole(exact, some, target)
            whole += _norms(total).sum()
            for length, one in enumerate(sums):
                norms[length] += _norms(one).sum()
                parts[length] += (one * total).sum().cpu()
    count = len(labels)
    return LengthSums(
        norms=tuple((norms / count).tolist()),
        shares=tuple((parts / parts.sum()).tolist()),
        whole=whole.item() / count,
        images=count,
    )


def path_gradient(
    network: ResidualNetwork, images: Tensor, labels: Tensor, units: Collection[int]
) -> Tensor:
    """Give the gradient that arrives at images by one path, of their shape (N, C, H, W).

    Args:
        network: Residual; left as it is.
        images: Normalised.
        labels: (N,), int64.
        units: Numbers, from 1, of the units whose branch the path passes through.

    Raises:
        SpecError: The network has no shortcuts.
    """
    _check_has_paths(network)
    with _evaluating(network):
        gradient, factor = _Traced(network, images, labels).along(units)
    return factor * gradient


class _Traced:
    """One forward pass, cut between the units: gradients may go back along many paths."""

    def __init__(self, network: ResidualNetwork, images: Tensor, labels: Tensor) -> None:
        self.images = _leaf(images)
        self.stem = network.stem(self.images)
        self.units: list[_Cut] = []
        x = self.stem
        for unit in network.units:
            self.units.append(_Cut(unit, x))
            x = self.units[-1].y
        last = _leaf(x)
        loss = nn.functional.cross_entropy(network.head(last), labels, reduction="sum")
        (self.gradient,) = torch.autograd.grad(loss, last)

    def along(self, units: Collection[int]) -> tuple[Tensor, float]:
        """Give the gradient by the path through some units, and what it must be multiplied by."""
        gradient, factor = self.gradient, 1.0
        for number in range(len(self.units), 0, -1):
            cut = self.units[number - 1]
            gradient = cut.before_addition(gradient)
            if number not in units:
                gradient = cut.around(gradient)
                continue
            gradient = cut.through(gradient)
            size = gradient.abs().max().item()
            if 0 < size < SMALL or LARGE < size < math.inf:
                gradient, factor = gradient / size, factor * size
        return self._to_images(gradient), factor

    def sums(self) -> list[Tensor]:
        """Give the sums of the gradients by all paths of each length."""
        sums = [self.gradient]
        for cut in reversed(self.units):
            sums = [cut.before_addition(one) for one in sums]
            around = [cut.around(one) for one in sums]
            through = [cut.through(one) for one in sums]
            sums = [
                around[0],
                *(one + other for one, other in zip(around[1:], through, strict=False)),
                through[-1],
            ]
        return [self._to_images(one) for one in sums]

    def _to_images(self, gradient: Tensor) -> Tensor:
        return _back(self.stem, self.images, gradient)


class _Cut:
    """One unit of a forward pass: its input, both its ways, their sum, and f of it."""

    def __init__(self, unit: ResidualUnit, x: Tensor) -> None:
        self.x = _leaf(x)
        opening = unit.opening(self.x)
        self.carried = unit.carried(self.x, opening)
        self.branched = unit.branched(self.x, opening)
        self.total = _leaf(self.carried + self.branched)
        self.y: Tensor = unit.after_addition(self.total)

    def before_addition(self, gradient: Tensor) -> Tensor:
        return _back(self.y, self.total, gradient)

    def around(self, gradient: Tensor) -> Tensor:
        return _back(self.carried, self.x, gradient)

    def through(self, gradient: Tensor) -> Tensor:
        return _back(self.branched, self.x, gradient)


def _leaf(x: Tensor) -> Tensor:
    return x.detach().requires_grad_()


def _back(y: Tensor, x: Tensor, gradient: Tensor) -> Tensor:
    """Take a gradient back from y to x; parameters get none."""
    if y is x:  # the identity
        return gradient
    (found,) = torch.autograd.grad(y, x, gradient, retain_graph=True)
    return found


def _whole(network: ResidualNetwork, images: Tensor, labels: Tensor) -> Tensor:
    leaf = _leaf(images)
    loss = nn.functional.cross_entropy(network(leaf), labels, reduction="sum")
    (found,) = torch.autograd.grad(loss, leaf)
    return found


def _norms(gradient: Tensor) -> Tensor:
    """Give the norm of each image's gradient, (N,), in float64."""
    flat = gradient.cpu().flatten(1)
    found: Tensor = torch.linalg.vector_norm(flat, dim=1, dtype=torch.float64)
    return found


def _spread(values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.nan
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _drawn_paths(units: int, length: int, draws: int, seed: int) -> list[frozenset[int]]:
    """Draw paths through so many of the units 1…n; each path there is once, if those are few."""
    numbers = range(1, units + 1)
    if math.comb(units, length) <= draws:
        return [frozenset(path) for path in combinations(numbers, length)]
    chance = random.Random(derive_seed(seed, "path", length))
    return [frozenset(chance.sample(numbers, length)) for _ in range(draws)]


def _batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(labels), BATCH):
        yield images[start : start + BATCH], labels[start : start + BATCH]


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode for a while, where gradients can be asked for."""
    was_training = network.training
    network.eval()
    try:
        with torch.enable_grad():
            yield
    finally:
        network.train(was_training)


def _check_has_paths(network: ResidualNetwork) -> None:
    if any(unit.join == "plain" for unit in network.units):
        raise SpecError(
            "Paths of different lengths were asked for, but {name} has no shortcuts, and so one "
            "path only: take a residual network.",
            name=network.spec.name,
        )
