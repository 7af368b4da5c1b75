"""torchvision's classification models, by name, without weights: to be counted and compared."""

from __future__ import annotations

import difflib
import warnings
from functools import cache
from typing import Any

import torch
from torch import nn
from torchvision import models

from resnet_core.errors import SpecError

WITHOUT_DRAWING_WEIGHTS = {
    "googlenet": {"init_weights": False},
    "inception_v3": {"init_weights": False},
}
"""Their weights would be drawn with SciPy, which needs minutes, and does not know meta tensors."""


@cache
def torchvision_names() -> tuple[str, ...]:
    """List torchvision's classification models."""
    return tuple(models.list_models(module=models))


def torchvision_metadata(name: str) -> dict[str, Any]:
    """Give what torchvision says of a model: ``size`` (pixels), ``num_params``, ``_ops`` (in 10⁹).

    Raises:
        SpecError: There is no such model.
    """
    check_torchvision_name(name)
    # Weights for larger images may belong to another network: a vision transformer has a position
    # for each patch. The smallest images are those the model is built for.
    entries = list(models.get_model_weights(name))
    entry = min(entries, key=lambda entry: int(entry.transforms().crop_size[0]))
    return {**entry.meta, "size": int(entry.transforms().crop_size[0])}


def build_torchvision_on_meta(name: str) -> nn.Module:
    """Build a model without weights.

    Raises:
        SpecError: There is no such model.
    """
    check_torchvision_name(name)
    settings = WITHOUT_DRAWING_WEIGHTS.get(name, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on defaults that will change for the two above
        try:
            with torch.device("meta"):
                model: nn.Module = models.get_model(name, weights=None, **settings)
        except NotImplementedError:
            # RegNets ask a tensor for its value while they are built.
            model = models.get_model(name, weights=None, **settings).to("meta")
    return model


def check_torchvision_name(name: str) -> None:
    """Refuse a name that torchvision does not know.

    Raises:
        SpecError: Names what comes nearest.
    """
    names = torchvision_names()
    if name not in names:
        near = difflib.get_close_matches(name.lower(), names, n=4, cutoff=0.4) or names[:4]
        raise SpecError(
            "Model {name} was asked for, but torchvision has no classification model of this name: "
            "{near} would be near, among {count}.",
            name=repr(name[:60]),
            near=", ".join(near),
            count=len(names),
        )
