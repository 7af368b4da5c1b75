"""One run: ``RunSpec`` is a network, its data and its training; its digest is its name."""

from __future__ import annotations

from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.plan import Plan
from resnet_core.specs.training import TrainSpec


class RunSpec(Plan):
    """Everything that influences the numbers of one run, and nothing else.

    Device and thread count are evidence, recorded when the run starts, not part of the plan.

    Attributes:
        owner: For a private run, the visitor who holds it in their hands; None for a shared run,
            which is trained once however many ask for it.
    """

    network: NetworkSpec = NetworkSpec()
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()
    owner: str | None = None
