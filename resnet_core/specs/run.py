"""One run: ``RunSpec`` is a network, its data and its training; its digest is its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.changes import MOST_CHANGES, Change, in_order
from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.plan import Plan, check_between, shown
from resnet_core.specs.training import TrainSpec


class RunSpec(Plan):
    """Everything that influences the numbers of one run, and nothing else.

    Device and thread count are evidence, recorded when the run starts, not part of the plan.

    Attributes:
        owner: For a private run, the visitor who holds it in their hands; None for a shared run,
            which is trained once however many ask for it.
        changes: What is changed while it trains, in the order of steps. At one step λ and the
            learning rate may be changed; λ also at once, and from there little by little.
    """

    added: ClassVar[Mapping[str, object]] = MappingProxyType({"changes": ()})

    network: NetworkSpec = NetworkSpec()
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()
    owner: str | None = None
    changes: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _check_changes(self) -> Self:
        check_between("Number of changes", len(self.changes), 0, MOST_CHANGES)
        for change in self.changes:
            check_between("Step of a change", change.step, 0, self.train.steps - 1)
        if self.changes != in_order(self.changes):
            raise SpecError(
                "Changes {changes} were asked for, but a later one undoes another at the same "
                "step, or they are mixed up: each may stand once, in rising order.",
                changes=shown(", ".join(change.text for change in self.changes)),
            )
        return self
