"""Do nearby inputs have similar gradients? The shattered gradients of Balduzzi et al. 2017.

Source: arXiv:1702.08591. In deep plain networks the gradient with respect to the input looks like
white noise: a small step of the input, and it points elsewhere. Shortcuts keep it similar.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

POINTS = 64
"""Inputs along the line, and the batch that BN normalises over."""


def gradient_correlation(
    network: nn.Module, start: Tensor, end: Tensor, *, points: int = POINTS
) -> tuple[list[float], list[float]]:
    """Compare the gradients of inputs on the straight line between two images.

    The gradient is that of the first logit with respect to the input. For each distance along the
    line: the mean cosine between the gradients of all pairs of inputs so far apart.

    Args:
        network: In training mode: BN takes the statistics of the inputs on the line.
        start: An image of shape (C, H, W), normalised.
        end: Another.
        points: Inputs on the line, both ends among them.

    Returns:
        Distances, as shares of the line from 0 to 1/2; and mean cosines. NaN where a gradient is
        zero or not finite.
    """
    shares = torch.linspace(0, 1, points, device=start.device).view(-1, 1, 1, 1)
    inputs = (start + shares * (end - start)).requires_grad_()  # (P, C, H, W)
    (found,) = torch.autograd.grad(network(inputs)[:, 0].sum(), inputs)
    gradients = found.flatten(1).cpu().double()  # (P, C·H·W)
    directions = gradients / gradients.norm(dim=1, keepdim=True)
    cosines = directions @ directions.T  # (P, P)
    lags = range(points // 2 + 1)
    return (
        [lag / (points - 1) for lag in lags],
        [cosines.diagonal(lag).mean().item() for lag in lags],
    )
