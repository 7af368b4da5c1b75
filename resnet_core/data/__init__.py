"""The pictures: data sets as tensors, images of one's own, augmentation, batches.

Read in this order: ``images`` (what pictures are), ``datasets`` (the table ``LOADERS``, and
``load_pictures``), ``batches`` and ``augment`` (what a training step sees). Behind them:
``select`` (fixed choices of images, smaller images), ``cache`` (pictures in a file),
``downloads`` (raw files, found or fetched), ``imported`` (images that a visitor brings) with
``trees`` (files in a folder or a zip), ``arrange`` (their classes and splits) and ``decode`` (one
image file).

To add a data set, add its row to ``resnet_core.specs.choices.DATASETS`` and its loader to
``datasets.LOADERS``.
"""

from resnet_core.data.augment import flip, pad_crop
from resnet_core.data.batches import Batches, evaluation_batches, normalise
from resnet_core.data.datasets import LOADERS, load_pictures
from resnet_core.data.images import Pictures, Split
from resnet_core.data.imported import (
    ImportedSet,
    describe_imported,
    import_images,
    load_imported,
)

__all__ = [
    "LOADERS",
    "Batches",
    "ImportedSet",
    "Pictures",
    "Split",
    "describe_imported",
    "evaluation_batches",
    "flip",
    "import_images",
    "load_imported",
    "load_pictures",
    "normalise",
    "pad_crop",
]
