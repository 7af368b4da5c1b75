"""Which class, and which split, does each image file belong to? Read off its path.

Two layouts are understood, each also inside further folders: ``class/image.png``, which is split
four to one, and ``train/class/image.png`` with ``test/class/image.png``, which keeps its split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import torch

from resnet_core.data.select import choose
from resnet_core.errors import DataError

TEST_NAMES = ("test", "val", "valid", "validation")

MIN_CLASSES, MAX_CLASSES = 2, 1000
MAX_CLASS_NAME = 100
MIN_IMAGES = 10
"""In each split."""


@dataclass(frozen=True)
class Arrangement:
    """Where each image belongs.

    Attributes:
        classes: Class names, sorted.
        train: File name and label of each training image.
        test: The same of each test image.
    """

    classes: tuple[str, ...]
    train: tuple[tuple[str, int], ...]
    test: tuple[tuple[str, int], ...]


def arrange(label: str, names: Sequence[str]) -> Arrangement:
    """Sort image files into classes and splits.

    Without a test folder a fifth of each class, at least one image, is chosen for testing by a
    fixed draw.

    Args:
        label: Of the folder or zip, for sentences.
        names: Paths inside it, with ``/``, sorted.

    Raises:
        DataError: There are no class folders, too few or too many of them, or too few images.
    """
    paths = [PurePosixPath(name).parts for name in names]
    outer = 0  # folders around everything
    while paths and all(len(parts) > outer + 2 for parts in paths):
        if len({parts[outer] for parts in paths}) > 1:
            break
        outer += 1
    paths = [parts[outer:] for parts in paths]
    for name, parts in zip(names, paths, strict=True):
        if len(parts) < 2:
            raise DataError(
                "{file} was brought, but it lies in no class folder: put the images of each class "
                "into a folder named after it.",
                file=name,
            )
    train_folder, test_folder = _split_folders(paths)
    if test_folder is None:
        placed = [(name, parts[0]) for name, parts in zip(names, paths, strict=True)]
        classes = _classes(label, [kind for _, kind in placed])
        train, test = _split(_labelled(placed, classes), len(classes))
    else:
        by_folder: dict[str, list[tuple[str, str]]] = {train_folder: [], test_folder: []}
        for name, parts in zip(names, paths, strict=True):
            by_folder[parts[0]].append((name, parts[1]))
        classes = _classes(label, [parts[1] for parts in paths])
        train = _labelled(by_folder[train_folder], classes)
        test = _labelled(by_folder[test_folder], classes)
    _check_counts(label, classes, train, test)
    return Arrangement(classes, train, test)


def _split_folders(paths: Sequence[tuple[str, ...]]) -> tuple[str, str | None]:
    """Name the folders of training and test images, if that is what the outermost are."""
    tops = sorted({parts[0] for parts in paths})
    trains = [top for top in tops if top.lower() == "train"]
    tests = [top for top in tops if top.lower() in TEST_NAMES]
    if not trains or not tests or not all(len(parts) > 2 for parts in paths):
        return "", None
    if len(tops) > 2:
        raise DataError(
            "Folders {folders} were brought, but beside a folder of training images there may be "
            "one of test images only: keep train and test.",
            folders=", ".join(tops),
        )
    return trains[0], tests[0]


def _classes(label: str, kinds: Sequence[str]) -> tuple[str, ...]:
    classes = tuple(sorted(set(kinds)))
    if not MIN_CLASSES <= len(classes) <= MAX_CLASSES:
        raise DataError(
            "{name} was brought, with {count} class folders, but it takes {least} to {most}: make "
            "one folder of images for each class.",
            name=label,
            count=len(classes),
            least=MIN_CLASSES,
            most=MAX_CLASSES,
        )
    longest = max(classes, key=len)
    if len(longest) > MAX_CLASS_NAME:
        raise DataError(
            "Class {kind}… was brought, but the name of a class may have at most {most} "
            "characters: rename its folder.",
            kind=longest[:20],
            most=MAX_CLASS_NAME,
        )
    return classes


def _labelled(
    placed: Sequence[tuple[str, str]], classes: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    numbers = {kind: number for number, kind in enumerate(classes)}
    return tuple((name, numbers[kind]) for name, kind in placed)


def _split(
    images: tuple[tuple[str, int], ...], classes: int
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    labels = torch.tensor([label for _, label in images])
    sizes = labels.bincount(minlength=classes)
    chosen = set(choose(labels, ((sizes + 2) // 5).clamp(min=1), "test").tolist())
    train = tuple(image for position, image in enumerate(images) if position not in chosen)
    test = tuple(image for position, image in enumerate(images) if position in chosen)
    return train, test


def _check_counts(
    label: str,
    classes: tuple[str, ...],
    train: tuple[tuple[str, int], ...],
    test: tuple[tuple[str, int], ...],
) -> None:
    train_counts = Counter(number for _, number in train)
    test_counts = Counter(number for _, number in test)
    for number, kind in enumerate(classes):
        if not train_counts[number] or not test_counts[number]:
            raise DataError(
                "Class {kind} was brought with {train} training and {test} test images, but each "
                "class needs at least one of each: add images to it, or remove its folder.",
                kind=kind,
                train=train_counts[number],
                test=test_counts[number],
            )
    if len(train) < MIN_IMAGES or len(test) < MIN_IMAGES:
        raise DataError(
            "{name} was brought, with {train} training and {test} test images, but it takes at "
            "least {least} of each to measure anything: add images.",
            name=label,
            train=len(train),
            test=len(test),
            least=MIN_IMAGES,
        )
