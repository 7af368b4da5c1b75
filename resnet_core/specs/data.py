"""Which pictures: ``DataSpec``.

The split into training and test images is fixed: it depends on the data set, never on a run's
seed, so that all runs are measured on the same images.
"""

from __future__ import annotations

import re
from typing import Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.choices import DATASETS, IMPORTED
from resnet_core.specs.plan import Plan, check_between, check_choice, shown

MOST_IMPORTED = 10_000_000
"""Imported images are counted when they are loaded; a plan only refuses nonsense."""


class DataSpec(Plan):
    """A data set, how much of it, at which size, and how it is augmented.

    Attributes:
        dataset: A key of ``DATASETS``, or ``"imported"``.
        imported: For imported images, their digest: 16 hexadecimal digits, from
            ``resnet_core.data.imported.import_images``; None otherwise.
        train_images: Take only so many training images (the same share of each class, in a fixed
            order); None takes all.
        test_images: The same for test images.
        image_size: Height and width in pixels after average pooling; None keeps the size.
        crop_padding: Pad by so many pixels and crop at random in training; 0 for no crop.
        flip: Mirror half of the training images left to right.
    """

    dataset: str = "digits"
    imported: str | None = None
    train_images: int | None = None
    test_images: int | None = None
    image_size: int | None = None
    crop_padding: int = 0
    flip: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_choice("Data set", self.dataset, [*DATASETS, IMPORTED])
        if (self.dataset == IMPORTED) != (self.imported is not None):
            raise SpecError(
                "Data set {dataset} was asked for with imported images {imported}: imported images "
                "need their digest, and only they have one.",
                dataset=repr(self.dataset),
                imported=shown(self.imported),
            )
        if self.imported is not None and not re.fullmatch(r"[0-9a-f]{16}", self.imported):
            raise SpecError(
                "Imported images {imported} were asked for, but their digest has 16 hexadecimal "
                "digits.",
                imported=shown(self.imported),
            )
        row = DATASETS.get(self.dataset)
        if self.train_images is not None:
            most = row.train_images if row else MOST_IMPORTED
            check_between("Training images", self.train_images, 10, most)
        if self.test_images is not None:
            most = row.test_images if row else MOST_IMPORTED
            check_between("Test images", self.test_images, 10, most)
        if self.image_size is not None:
            check_between("Image size", self.image_size, 4, row.size if row else 1024)
        check_between("Crop padding", self.crop_padding, 0, 16)
        return self
