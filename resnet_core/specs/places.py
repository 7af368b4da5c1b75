"""Which layer is number seventeen? The weighted layers and units of a network, in their order.

What is measured by layer (``PROBES``) comes as one number a weighted layer on the longest path:
the stem, the layers of each unit, the classifier; projections on shortcuts are not on it. Of
responses, activations and BN there is one less: the classifier has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.specs.families import LAYERS_OF_UNIT
from resnet_core.specs.network import NetworkSpec


@dataclass(frozen=True)
class Place:
    """Where a weighted layer stands.

    Attributes:
        number: Of the layer, from 1.
        stage: From 1; 0 for stem and classifier.
        unit: Of its stage, from 1; 0 for stem and classifier.
        layer: Of its unit, from 1; 0 for stem and classifier.
    """

    number: int
    stage: int = 0
    unit: int = 0
    layer: int = 0


def layer_places(spec: NetworkSpec) -> tuple[Place, ...]:
    """List the weighted layers of a network: the stem first, the classifier last."""
    places = [Place(1)]
    for stage, unit in unit_places(spec):
        for layer in range(1, LAYERS_OF_UNIT[spec.block] + 1):
            places.append(Place(len(places) + 1, stage, unit, layer))
    return (*places, Place(len(places) + 1))


def unit_places(spec: NetworkSpec) -> tuple[tuple[int, int], ...]:
    """List the units of a network: stage, and number in the stage, both from 1."""
    return tuple(
        (stage, unit)
        for stage, units in enumerate(spec.units_per_stage, start=1)
        for unit in range(1, units + 1)
    )
