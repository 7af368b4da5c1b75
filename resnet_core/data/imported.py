"""How do images of one's own become a data set? ``import_images``, once; then by their digest.

Images in class folders, in a folder or a zip, are decoded to tensors and kept in the data folder
as one file named by the digest of what is in it. A plan names them by that digest, so the same
images brought twice, by anyone, are the same data set.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from resnet_core.data.arrange import arrange
from resnet_core.data.cache import read_header, read_pictures, write_pictures
from resnet_core.data.decode import OpenImage, open_image
from resnet_core.data.images import Pictures, Progress, Split, to_pictures
from resnet_core.data.trees import Tree, open_tree
from resnet_core.errors import DataError, StoreError
from resnet_core.store.places import data_folder

MIN_SIZE, MAX_SIZE = 4, 1024
REPORT_EVERY = 100
"""Images between two reports of progress."""

_Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@dataclass(frozen=True)
class ImportedSet:
    """What there is to know about imported images without reading them.

    Attributes:
        digest: 16 hexadecimal digits, of pixels, labels and class names; see
            ``DataSpec.imported``.
        classes: Class names, sorted.
        channels: 1 when all images are grey, else 3.
        size: Height and width of an image, in pixels.
        train_images: How many there are.
        test_images: How many there are.
    """

    digest: str
    classes: tuple[str, ...]
    channels: int
    size: int
    train_images: int
    test_images: int


def import_images(
    path: Path, *, image_size: int | None = None, on_progress: Progress | None = None
) -> ImportedSet:
    """Import a folder or a zip of images in class folders.

    Two layouts are understood: ``class/image.png``, of which a fixed fifth of each class becomes
    test images, and ``train/class/image.png`` with ``test/class/image.png``.

    Args:
        path: Of the folder or zip.
        image_size: Cut each image to a square and resize it to this height and width, in pixels;
            None takes images as they are, which must then be square and of one size.
        on_progress: Told the folder's or zip's name, images read and images in all.

    Raises:
        DataError: There is no such folder or zip; it is too large; its folders or an image in it
            are not what they should be.
        StoreError: The images cannot be kept.
    """
    if image_size is not None and not MIN_SIZE <= image_size <= MAX_SIZE:
        raise DataError(
            "Image size {asked} was asked for, but it must lie between {least} and {most}.",
            asked=image_size,
            least=MIN_SIZE,
            most=MAX_SIZE,
        )
    tree = open_tree(path)
    if not tree.names:
        raise DataError(
            "{name} was brought, but there is no image in it: put PNG, JPEG, BMP, GIF or WebP "
            "files into one folder for each class.",
            name=tree.label,
        )
    plan = arrange(tree.label, tree.names)
    names = [name for name, _ in (*plan.train, *plan.test)]
    images = _stack(_decode(tree, names, image_size, on_progress))
    labels = torch.tensor([label for _, label in (*plan.train, *plan.test)])
    cut = len(plan.train)
    train, test = Split(images[:cut], labels[:cut]), Split(images[cut:], labels[cut:])
    digest = _digest(images, labels, cut, plan.classes)
    try:
        write_pictures(_path(digest), to_pictures(train, test, plan.classes))
    except OSError as error:
        raise StoreError(
            "{name} was to be kept in {folder}, but that failed ({reason}): free space there.",
            name=tree.label,
            folder=str(_path(digest).parent),
            reason=error.strerror or str(error),
        ) from error
    return describe_imported(digest)


def load_imported(digest: str) -> Pictures:
    """Load imported images, on the CPU.

    Raises:
        DataError: They are not here, or not any more.
    """
    pictures = read_pictures(_path(digest))
    if pictures is None:
        raise _gone(digest)
    return pictures


def describe_imported(digest: str) -> ImportedSet:
    """Describe imported images; reads only the header of their file.

    Raises:
        DataError: They are not here, or not any more.
    """
    header = read_header(_path(digest))
    if header is None:
        raise _gone(digest)
    train_images, channels, size, _ = header.train_shape
    return ImportedSet(digest, header.classes, channels, size, train_images, header.test_shape[0])


def _path(digest: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{16}", digest):  # it becomes part of a path
        raise _gone(digest)
    return data_folder() / "imported" / f"{digest}.safetensors"


def _gone(digest: str) -> DataError:
    return DataError(
        "Imported images {digest} were asked for, but they are not here any more: bring them "
        "again.",
        digest=digest[:16],
    )


def _digest(images: Tensor, labels: Tensor, cut: int, classes: tuple[str, ...]) -> str:
    head = json.dumps([list(images.shape), cut, classes])
    content = hashlib.sha256(head.encode())
    content.update(images.numpy().reshape(-1).data)
    content.update(labels.numpy().data)
    return content.hexdigest()[:16]


def _decode(
    tree: Tree, names: Sequence[str], image_size: int | None, on_progress: Progress | None
) -> list[_Pixels]:
    """Decode images that have one size, or that get one; each (S, S) or (S, S, 3)."""
    images: list[_Pixels] = []
    examples: dict[tuple[int, int], str] = {}  # of each size, before resizing
    source_pixels = kept_bytes = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on odd files that it can read all the same
        for number, name in enumerate(names, start=1):
            image = open_image(tree.read(name), name)
            examples.setdefault((image.width, image.height), name)
            source_pixels += image.width * image.height
            if image_size is not None or (len(examples) == 1 and _is_right(image)):
                images.append(image.pixels(image_size))
                kept_bytes += images[-1].size
            if source_pixels > tree.limits.source_pixels or kept_bytes > tree.limits.pixel_bytes:
                raise DataError(
                    "{name} was brought, but its images have too many pixels in all: {number} of "
                    "{count} fill what there is room for. Take fewer images, or choose a smaller "
                    "image size.",
                    name=tree.label,
                    number=number,
                    count=len(names),
                )
            if on_progress is not None and (number % REPORT_EVERY == 0 or number == len(names)):
                on_progress(tree.label, number, len(names))
    if image_size is None:
        _check_sizes(tree.label, examples)
    return images


def _is_right(image: OpenImage) -> bool:
    return image.width == image.height and MIN_SIZE <= image.width <= MAX_SIZE


def _check_sizes(label: str, examples: dict[tuple[int, int], str]) -> None:
    if len(examples) > 1:
        raise DataError(
            "{name} was brought with images of different sizes ({sizes}), but they must all have "
            "one: choose an image size, and each is cut to a square and resized.",
            name=label,
            sizes=_list_sizes(examples),
        )
    width, height = next(iter(examples))
    if width != height:
        raise DataError(
            "{name} was brought with images of {width}×{height} pixels, but they must be square: "
            "choose an image size, and each is cut to a square and resized.",
            name=label,
            width=width,
            height=height,
        )
    if not MIN_SIZE <= width <= MAX_SIZE:
        raise DataError(
            "{name} was brought with images of {width}×{width} pixels, but their size must lie "
            "between {least} and {most}: choose an image size, and each is resized.",
            name=label,
            width=width,
            least=MIN_SIZE,
            most=MAX_SIZE,
        )


def _list_sizes(examples: dict[tuple[int, int], str], most: int = 5) -> str:
    sizes = [f"{width}×{height}: {name}" for (width, height), name in examples.items()]
    return "; ".join(sizes[:most] + ["…"] * (len(sizes) > most))


def _stack(images: list[_Pixels]) -> Tensor:
    """Put images together, (N, C, S, S), uint8: grey only if all are. Empties the list."""
    channels = 3 if any(image.ndim == 3 for image in images) else 1
    size = len(images[0])
    stacked = np.empty((len(images), channels, size, size), np.uint8)
    nothing = np.empty(0, np.uint8)
    for position in range(len(images)):
        image = images[position]
        stacked[position] = image.transpose(2, 0, 1) if image.ndim == 3 else image
        images[position] = nothing  # so that all is not in memory twice
    return torch.from_numpy(stacked)
