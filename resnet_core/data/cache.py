"""How are pictures kept in a file? One safetensors file: read in milliseconds, never pickled.

A file is written beside its place and renamed, so a reader sees a whole file or none; tensors are
mapped from it, so processes that read the same file share its memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from resnet_core.data.images import Pictures, Split

FORMAT = "1"
NAMES = ("train_images", "train_labels", "test_images", "test_labels", "mean", "std")


@dataclass(frozen=True)
class Header:
    """What a file says without its images being read.

    Attributes:
        classes: Name of each class.
        train_shape: (N, C, H, W) of the training images.
        test_shape: (N, C, H, W) of the test images.
    """

    classes: tuple[str, ...]
    train_shape: tuple[int, ...]
    test_shape: tuple[int, ...]


def write_pictures(path: Path, pictures: Pictures) -> None:
    """Write pictures that are on the CPU; the folder is made when it is missing.

    Raises:
        OSError: The disk is full, or the folder cannot be written to.
    """
    tensors = (
        pictures.train.images,
        pictures.train.labels,
        pictures.test.images,
        pictures.test.labels,
        pictures.mean,
        pictures.std,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        save_file(
            {name: tensor.contiguous() for name, tensor in zip(NAMES, tensors, strict=True)},
            draft,
            metadata={"format": FORMAT, "classes": json.dumps(pictures.classes)},
        )
        os.replace(draft, path)
    except SafetensorError as error:  # its way to say that the disk is full
        raise OSError(str(error)) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def read_pictures(path: Path) -> Pictures | None:
    """Read pictures; None when there is no such file, or when it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            classes = _classes(file.metadata())
            train_images, train_labels, test_images, test_labels, mean, std = (
                file.get_tensor(name) for name in NAMES
            )
    except (SafetensorError, OSError, ValueError, KeyError):
        return None
    pictures = Pictures(
        Split(train_images, train_labels), Split(test_images, test_labels), classes, mean, std
    )
    return pictures if _is_sound(pictures) else None


def read_header(path: Path) -> Header | None:
    """Read shapes and class names only; None when there is no such file, or it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            return Header(
                _classes(file.metadata()),
                tuple(file.get_slice("train_images").get_shape()),
                tuple(file.get_slice("test_images").get_shape()),
            )
    except (SafetensorError, OSError, ValueError, KeyError):
        return None


def _classes(metadata: dict[str, str] | None) -> tuple[str, ...]:
    if not metadata or metadata.get("format") != FORMAT:
        raise ValueError("written by another version")
    return tuple(json.loads(metadata["classes"]))


def _is_sound(pictures: Pictures) -> bool:
    channels = (pictures.train.images.shape[1],)
    return pictures.mean.shape == pictures.std.shape == channels and all(
        split.images.dtype == torch.uint8
        and split.images.dim() == 4
        and split.labels.dtype == torch.int64
        and split.labels.shape == split.images.shape[:1]
        and len(split) > 0
        and 0 <= int(split.labels.min()) <= int(split.labels.max()) < len(pictures.classes)
        for split in (pictures.train, pictures.test)
    )
