"""The plans: frozen, hashed, impossible to build wrong. Imports no PyTorch.

Read in this order: ``plan`` (what every plan is), ``choices`` (the tables), ``network``, ``data``,
``training``, ``run``, ``study``, ``suspects`` (why is the deeper one worse?), ``events`` (what a
run says while it runs), ``places`` (what its numbers belong to); ``unit`` and ``sentence`` stand
alone.
"""

from resnet_core.specs.choices import (
    ACTIVATIONS,
    BLOCKS,
    DATASETS,
    FAMILIES,
    IMPORTED,
    INITIALISATIONS,
    JOINS,
    NORMALISATIONS,
    OPTIONS,
    ORDERS,
    PROBES,
    SCHEDULES,
    SHORTCUTS,
)
from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import NETWORKS, NetworkSpec, cifar_depths
from resnet_core.specs.plan import Plan
from resnet_core.specs.run import RunSpec
from resnet_core.specs.study import DegradationStudy, TwinStudy
from resnet_core.specs.suspects import SUSPECTS, Suspect, SuspectStudy
from resnet_core.specs.training import TrainSpec
from resnet_core.specs.unit import UnitSpec

__all__ = [
    "ACTIVATIONS",
    "BLOCKS",
    "DATASETS",
    "FAMILIES",
    "IMPORTED",
    "INITIALISATIONS",
    "JOINS",
    "NETWORKS",
    "NORMALISATIONS",
    "OPTIONS",
    "ORDERS",
    "PROBES",
    "SCHEDULES",
    "SHORTCUTS",
    "SUSPECTS",
    "DataSpec",
    "DegradationStudy",
    "NetworkSpec",
    "Plan",
    "RunSpec",
    "Suspect",
    "SuspectStudy",
    "TrainSpec",
    "TwinStudy",
    "UnitSpec",
    "cifar_depths",
]
