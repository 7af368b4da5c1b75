"""How is a batch varied in training? Random crops and mirror images, as tensor operations.

Images are (N, C, H, W), of any type, on any device. What is random is drawn from a generator on
the CPU and moved, so that every device sees the same crops.

Source:
    He et al. 2015, arXiv:1512.03385, section 4.2: four pixels padded on each side, a random crop
    of the padded image or its mirror image.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def pad_crop(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Pad each image with zeros on all four sides and crop it at random to its old size.

    On normalised images zero is the mean colour. Padding 0 gives the images as they are.

    Args:
        images: (N, C, H, W).
        padding: Pixels a side.
        generator: On the CPU; two draws an image.
    """
    if padding == 0:
        return images
    count, _, height, width = images.shape
    corners = torch.randint(2 * padding + 1, (2, count), generator=generator)
    top, left = corners.to(images.device)
    padded = pad(images, (padding, padding, padding, padding))
    crops = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, 2p+1, 2p+1, H, W), a view
    return crops[torch.arange(count, device=images.device), :, top, left]


def flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image left to right with probability 1/2.

    Args:
        images: (N, C, H, W).
        generator: On the CPU; one draw an image.
    """
    mirrored = torch.randint(2, (len(images), 1, 1, 1), generator=generator, dtype=torch.bool)
    return torch.where(mirrored.to(images.device), images.flip(3), images)
