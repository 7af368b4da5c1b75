"""Which data sets are there, and how is one loaded? The table ``LOADERS``; ``load_pictures``.

A loader decodes a data set from its makers' files; what it gives is kept in the cache folder, so
it runs once. To add a data set, write its loader, add its row to ``LOADERS``, and its label, size
and source to ``resnet_core.specs.choices.DATASETS`` under the same key.
"""

from __future__ import annotations

import gzip
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from resnet_core.data.cache import read_pictures, write_pictures
from resnet_core.data.downloads import RawFile, raw_files
from resnet_core.data.images import Pictures, Progress, Split, to_pictures
from resnet_core.data.imported import load_imported
from resnet_core.data.select import pool, take
from resnet_core.errors import DataError, StoreError
from resnet_core.specs.choices import DATASETS
from resnet_core.specs.data import DataSpec
from resnet_core.store.places import cache_folder

Loader = Callable[[Progress | None], Pictures]

DIGITS = tuple("0123456789")


def _load_digits(on_progress: Progress | None) -> Pictures:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = torch.from_numpy(digits.images * 15).to(torch.uint8).unsqueeze(1)  # 0..16 to 0..240
    labels = torch.from_numpy(digits.target).long()
    train, test = train_test_split(
        range(len(labels)),
        test_size=DATASETS["digits"].test_images,
        stratify=digits.target,
        random_state=0,
    )
    return to_pictures(
        Split(images[train], labels[train]), Split(images[test], labels[test]), DIGITS
    )


def _mnist_loader(key: str, name: str, classes: tuple[str, ...] | None = None) -> Loader:
    """Load MNIST, or a data set that took its form, by the name of torchvision's class."""

    def load(on_progress: Progress | None) -> Pictures:
        from torchvision import datasets

        kind = getattr(datasets, name)
        files = [
            RawFile(file, md5, tuple(mirror + file for mirror in kind.mirrors), repacked=True)
            for file, md5 in kind.resources
        ]
        with (
            raw_files(key, files, on_progress, also=f"{name}/raw") as paths,
            tempfile.TemporaryDirectory() as root,
        ):
            raw = Path(root, name, "raw")  # where torchvision looks
            raw.mkdir(parents=True)
            for path in paths.values():
                with _refuse_damaged(key, path):
                    (raw / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
            with _refuse_damaged(key, *paths.values()):
                train, test = (
                    Split(part.data.unsqueeze(1), part.targets)
                    for part in (kind(root, train=True), kind(root, train=False))
                )
        return to_pictures(train, test, classes or tuple(kind.classes))

    return load


def _load_cifar10(on_progress: Progress | None) -> Pictures:
    from torchvision.datasets import CIFAR10

    file = RawFile(CIFAR10.filename, CIFAR10.tgz_md5, (CIFAR10.url,))
    with (
        raw_files("cifar10", [file], on_progress) as paths,
        tempfile.TemporaryDirectory() as root,
        _refuse_damaged("cifar10", paths[file.name]),
    ):
        with tarfile.open(paths[file.name]) as archive:
            archive.extractall(root, filter="data")
        # torchvision checks the MD5 of each file before it reads it with pickle
        train, test = CIFAR10(root, train=True), CIFAR10(root, train=False)
    return to_pictures(_from_cifar(train), _from_cifar(test), tuple(train.classes))


def _from_cifar(part: Any) -> Split:
    images = torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous()  # was (N, H, W, C)
    return Split(images, torch.tensor(part.targets))


def _load_svhn(on_progress: Progress | None) -> Pictures:
    from torchvision.datasets import SVHN

    files = [
        RawFile(name, md5, (url,)) for url, name, md5 in map(SVHN.split_list.get, ("train", "test"))
    ]
    with raw_files("svhn", files, on_progress) as paths:
        splits = []
        for part in ("train", "test"):
            path = paths[SVHN.split_list[part][1]]
            with _refuse_damaged("svhn", path):
                read = SVHN(path.parent, split=part)
            images = torch.from_numpy(read.data).contiguous()
            splits.append(Split(images, torch.from_numpy(read.labels)))
    return to_pictures(splits[0], splits[1], DIGITS)


@contextmanager
def _refuse_damaged(key: str, *paths: Path) -> Iterator[None]:
    try:
        yield
    except (
        AssertionError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        tarfile.TarError,
        zlib.error,
    ) as error:
        raise DataError(
            "{dataset} was asked for, but {file} cannot be read ({reason}). If it is damaged, "
            "delete it, so that it is downloaded again.",
            dataset=DATASETS[key].label,
            file=", ".join(str(path) for path in paths),
            reason=str(error) or type(error).__name__,
        ) from error


LOADERS: Mapping[str, Loader] = MappingProxyType(
    {
        "digits": _load_digits,
        "fashion-mnist": _mnist_loader("fashion-mnist", "FashionMNIST"),
        "mnist": _mnist_loader("mnist", "MNIST", DIGITS),
        "kmnist": _mnist_loader("kmnist", "KMNIST"),
        "cifar10": _load_cifar10,
        "svhn": _load_svhn,
    }
)
"""How each data set of ``DATASETS`` is decoded from its makers' files."""


def load_pictures(spec: DataSpec, *, on_progress: Progress | None = None) -> Pictures:
    """Load the pictures of a plan, on the CPU: whole, then the share asked for, then pooled.

    Nothing depends on a run's seed. Mean and std are those of the training images as given.

    Args:
        spec: Which pictures; its augmentation is for ``batches``.
        on_progress: During a download, told the data set's label, bytes done and bytes in all.

    Raises:
        DataError: A download failed, imported images are not here any more, or they are fewer or
            smaller than was asked for.
    """
    if spec.imported is not None:
        pictures = load_imported(spec.imported)
    else:
        pictures = _load_whole(spec.dataset, on_progress)
    _check_there_are_enough(pictures, spec)
    train = _reduce(pictures.train, spec.train_images, spec.image_size, "training")
    test = _reduce(pictures.test, spec.test_images, spec.image_size, "test")
    if train is pictures.train:
        return Pictures(train, test, pictures.classes, pictures.mean, pictures.std)
    return to_pictures(train, test, pictures.classes)


def _load_whole(key: str, on_progress: Progress | None) -> Pictures:
    try:
        path = cache_folder() / "datasets" / f"{key}.safetensors"
    except StoreError:  # no cache, no memory, but pictures all the same
        return LOADERS[key](on_progress)
    pictures = read_pictures(path)
    if pictures is None:
        with _alone(path):
            pictures = read_pictures(path)  # another process may have been quicker
            if pictures is None:
                pictures = LOADERS[key](on_progress)
                with suppress(OSError):
                    write_pictures(path, pictures)
    return pictures


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from decoding or downloading the same data set meanwhile."""
    from filelock import FileLock

    lock = FileLock(path.with_suffix(".lock"))
    with suppress(OSError, NotImplementedError):  # where nothing can be written, nobody waits
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_there_are_enough(pictures: Pictures, spec: DataSpec) -> None:
    # Built-in data sets never fail here: their numbers are checked when the plan is made.
    train, test = len(pictures.train), len(pictures.test)
    if (spec.train_images or 0) > train or (spec.test_images or 0) > test:
        raise DataError(
            "{asked_train} training and {asked_test} test images were asked for, but there are "
            "{train} and {test}: ask for at most so many.",
            asked_train=spec.train_images or train,
            asked_test=spec.test_images or test,
            train=train,
            test=test,
        )
    size = min(pictures.train.images.shape[2:])
    if (spec.image_size or 0) > size:
        raise DataError(
            "Image size {asked} was asked for, but the images have {size}×{size} pixels, and "
            "pooling only makes them smaller: ask for at most {size}.",
            asked=spec.image_size,
            size=size,
        )


def _reduce(split: Split, count: int | None, size: int | None, role: str) -> Split:
    if count is not None and count < len(split):
        split = take(split, count, role)
    if size is not None and size < split.images.shape[2]:
        split = pool(split, size)
    return split
