"""Several runs asked as one question: ``DegradationStudy``, ``TwinStudy``."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.plan import Plan, check_between, shown
from resnet_core.specs.run import RunSpec
from resnet_core.specs.training import PROBED, TrainSpec

MAX_RUNS = 160


class DegradationStudy(Plan):
    """Error against depth, plain against residual (He 2015 fig. 1, 4, 6 and table 2).

    Attributes:
        depths: CIFAR depths, in rising order, each once.
        width: Channels of the first stage.
        block: A key of ``BLOCKS``.
        shortcut: Of the residual networks.
        seeds: Seeds 0 to ``seeds - 1``; each gives one run a depth and join.
        train: Its seed is replaced by each of the seeds.
    """

    depths: tuple[int, ...] = (8, 20, 32, 56)
    width: int = 8
    block: str = "basic"
    shortcut: str = "A"
    seeds: int = 1
    first_seed: int = 0
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.depths:
            raise SpecError(
                "A study of no depth was asked for: choose at least one, 8 for example."
            )
        if list(self.depths) != sorted(set(self.depths)):
            raise SpecError(
                "Depths {depths} were asked for, but each may stand once, in rising order.",
                depths=", ".join(str(shown(depth)) for depth in self.depths[:MAX_RUNS]),
            )
        check_between("Seeds", self.seeds, 1, 20)
        check_between("First seed", self.first_seed, 0, 1_000_000)
        count = 2 * len(self.depths) * self.seeds
        if count > MAX_RUNS:
            raise SpecError(
                "{count} runs were asked for ({depths} depths, plain and residual, {seeds} seeds), "
                "but a study has at most {most}: take fewer depths or seeds.",
                count=count,
                depths=len(self.depths),
                seeds=self.seeds,
                most=MAX_RUNS,
            )
        for depth in self.depths:
            self.network(depth, "residual")
        return self

    def network(self, depth: int, join: str) -> NetworkSpec:
        """Give the network of one point of the figure."""
        return NetworkSpec(
            depth=depth, block=self.block, join=join, shortcut=self.shortcut, width=self.width
        )

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Every run, shallow before deep, so that a figure fills in from the left."""
        return tuple(
            RunSpec(
                network=self.network(depth, join),
                data=self.data,
                train=self.train.model_copy(update={"seed": seed}),
            )
            for seed in range(self.first_seed, self.first_seed + self.seeds)
            for depth in self.depths
            for join in ("plain", "residual")
        )


class TwinStudy(Plan):
    """A plain network and its residual twin, probed while they train.

    Attributes:
        network: The residual one; the plain one differs in nothing but its join.
        train: Of both.
    """

    network: NetworkSpec = NetworkSpec(depth=56, width=8)
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec(probes=PROBED)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.network.join != "residual":
            raise SpecError(
                "Twins of {name} were asked for, but the residual one of them would be right.",
                name=self.network.name,
            )
        return self

    @property
    def plain(self) -> NetworkSpec | None:
        """The plain twin; None where there can be none, since its initialisation silences F."""
        try:
            return self.network.twin()
        except SpecError:
            return None

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """The plain run, if there can be one, and the residual one."""
        return tuple(
            RunSpec(network=network, data=self.data, train=self.train)
            for network in (self.plain, self.network)
            if network is not None
        )
