"""The plans: frozen, hashed, impossible to build wrong. Imports no PyTorch.

Read in this order: ``plan`` (what every plan is), ``choices`` (the tables), ``families`` (what each
kind of network fixes), ``network``, ``data``, ``training``, ``changes`` (surgery while it trains),
``run``, ``study``, ``suspects`` (why is the deeper one worse?), ``variants`` (what may travel on
the shortcut), ``events`` (what a run says while it runs), ``places`` (what its numbers belong to);
``unit`` and ``sentence`` stand alone.
"""

from resnet_core.specs.changes import Change
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
from resnet_core.specs.variants import (
    SHORTCUT_CASES,
    TABLE_1,
    OrderStudy,
    ScaleStudy,
    ShortcutCase,
    ShortcutStudy,
    VariantStudy,
)

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
    "SHORTCUT_CASES",
    "SUSPECTS",
    "TABLE_1",
    "Change",
    "DataSpec",
    "DegradationStudy",
    "NetworkSpec",
    "OrderStudy",
    "Plan",
    "RunSpec",
    "ScaleStudy",
    "ShortcutCase",
    "ShortcutStudy",
    "Suspect",
    "SuspectStudy",
    "TrainSpec",
    "TwinStudy",
    "UnitSpec",
    "VariantStudy",
    "cifar_depths",
]
