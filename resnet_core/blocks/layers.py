"""What stands around a convolution: activations, normalisations, scalars, gates and chance.

To add an activation or a normalisation, add a row to its table here and in ``specs.choices``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "none": nn.Identity}
)
"""ReLU is never in place: that breaks backward hooks at the addition."""

NORMALISATIONS: Mapping[str, Callable[[int], nn.Module | None]] = MappingProxyType(
    {"batch": nn.BatchNorm2d, "none": lambda channels: None}
)
"""For so many channels; None where there is none: its layer then has biases."""


class Scale(nn.Module):
    """Multiplies all of a tensor by one learned number: the α of SkipInit, Fixup's multiplier."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to α·x."""
        return self.scale * x


class Shift(nn.Module):
    """Adds one learned number to all of a tensor: Fixup's biases before each layer."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to x + b."""
        return x + self.shift


class Gate(nn.Conv2d):
    """How far a gate is open: g(x) = σ(W_g·x + b_g), in [0, 1] for each channel and place.

    Attributes:
        start: b_g before training; W_g is drawn like any convolution's.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, *, stride: int, start: float
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2)
        self.start = start

    def forward(self, x: Tensor) -> Tensor:
        """Map x of shape (N, C_in, H, W) to (N, C_out, ⌈H/stride⌉, ⌈W/stride⌉)."""
        return torch.sigmoid(super().forward(x))


class Chance(nn.Module):
    """A part that acts by chance in training, and by expectation in evaluation.

    It draws from PyTorch's own generator; ``train.chance`` seeds that for every step.
    """


class Drop(Chance):
    """Dropout as He et al. 2016, section 3.1, mean it: numbers that stay keep their size.

    "Dropout statistically imposes a scale of λ with an expectation of 0.5 on the shortcut": so in
    evaluation all of x is multiplied by 1 - rate. ``nn.Dropout`` would divide by it in training.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to m·x, m being 0 with the probability ``rate`` for each number."""
        if not self.training:
            return (1 - self.rate) * x
        return x * torch.empty_like(x).bernoulli_(1 - self.rate)


class BranchDrop(Chance):
    """Dropout within a branch, as everywhere else: numbers that stay grow by 1/(1 - rate).

    Zagoruyko & Komodakis 2016, arXiv:1605.07146, section 2.4: before the last convolution of F.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to m·x/(1 - rate) in training; to x in evaluation."""
        return nn.functional.dropout(x, self.rate, self.training)


class Survive(Chance):
    """Stochastic depth: all of a branch, or nothing of it, for a whole batch.

    Huang et al. 2016, arXiv:1603.09382, section 3. A branch that does not survive is computed and
    multiplied by 0, so that every weight has a gradient and every step costs the same.

    Attributes:
        probability: Of surviving a step.
        drawn: Whether it survives the next, where the network decides for all its branches at once;
            None where each has its own luck.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.drawn: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to b·x: b is 0 or 1 in training, the probability in evaluation."""
        if not self.training:
            return self.probability * x
        if self.drawn is not None:
            return x * self.drawn
        return x * torch.empty((), device=x.device).bernoulli_(self.probability)
