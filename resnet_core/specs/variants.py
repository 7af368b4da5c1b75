"""One network in variants: λ on the shortcut, kinds of shortcut, orders of activation.

He et al. 2016, arXiv:1603.05027, ask what may travel on the shortcut (section 3, table 1) and where
the activation stands (section 4, table 2). Each is a study here: a base network, its variants by
key, and seeds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from pydantic import field_validator, model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.choices import GATED, ORDERS
from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import MAX_SCALE, MIN_SCALE, NetworkSpec
from resnet_core.specs.plan import Plan, check_between, check_choice, shown
from resnet_core.specs.run import RunSpec
from resnet_core.specs.study import MAX_RUNS
from resnet_core.specs.training import PROBED, TrainSpec

FAIL = 0.2
"""The test error above which a network fails, as He 2016 table 1 counts."""

FAILED_IN_TABLE_1 = ("no-shortcut", "half-shortcut", "exclusive-gate-0", "dropout")
"""The cases that failed there: ResNet-110 on CIFAR-10, median of five runs."""


@dataclass(frozen=True)
class ShortcutCase:
    """What stands on the shortcut of every unit, and what becomes of F.

    Attributes:
        label: What a reader sees.
        source: Where it comes from.
        settings: Of a ``NetworkSpec``, where they are not those of identity.
    """

    label: str
    source: str
    settings: Mapping[str, str | float]


SHORTCUT_CASES: Mapping[str, ShortcutCase] = MappingProxyType(
    {
        "identity": ShortcutCase("identity", "He 2016 table 1", {}),
        "no-shortcut": ShortcutCase(
            "no shortcut (0·x + F)", "He 2016 table 1", {"shortcut_scale": 0.0}
        ),
        "half-shortcut": ShortcutCase(
            "half a shortcut (½·x + F)", "He 2016 table 1", {"shortcut_scale": 0.5}
        ),
        "frozen-gate": ShortcutCase(
            "frozen gate (½·x + ½·F)",
            "He 2016 table 1",
            {"shortcut_scale": 0.5, "branch_scale": 0.5},
        ),
        "exclusive-gate-0": ShortcutCase(
            "exclusive gate (b = 0)",
            "He 2016 table 1",
            {"shortcut": "exclusive-gate", "gate_bias": 0.0},
        ),
        "exclusive-gate-6": ShortcutCase(
            "exclusive gate (b = −6)",
            "He 2016 table 1",
            {"shortcut": "exclusive-gate", "gate_bias": -6.0},
        ),
        "exclusive-gate-7": ShortcutCase(
            "exclusive gate (b = −7)",
            "He 2016 table 1",
            {"shortcut": "exclusive-gate", "gate_bias": -7.0},
        ),
        "shortcut-gate-0": ShortcutCase(
            "gate on the shortcut (b = 0)",
            "He 2016 table 1",
            {"shortcut": "shortcut-gate", "gate_bias": 0.0},
        ),
        "shortcut-gate-6": ShortcutCase(
            "gate on the shortcut (b = −6)",
            "He 2016 table 1",
            {"shortcut": "shortcut-gate", "gate_bias": -6.0},
        ),
        "projection": ShortcutCase(
            "projection everywhere (C)", "He 2016 table 1", {"shortcut": "C"}
        ),
        "dropout": ShortcutCase(
            "dropout of ½ on the shortcut",
            "He 2016 table 1",
            {"shortcut": "dropout", "dropout": 0.5},
        ),
        "highway": ShortcutCase(
            "highway (b = −2)",
            "Srivastava et al. 2015, arXiv:1505.00387",
            {"shortcut": "highway", "gate_bias": -2.0},
        ),
        "stochastic-depth": ShortcutCase(
            "stochastic depth (p = ½)", "Huang et al. 2016, arXiv:1603.09382", {"survival": 0.5}
        ),
        "rezero": ShortcutCase(
            "ReZero", "Bachlechner et al. 2020, arXiv:2003.04887", {"initialisation": "rezero"}
        ),
    }
)
"""What a ``ShortcutStudy`` can compare."""

TABLE_1: tuple[str, ...] = tuple(
    key for key, case in SHORTCUT_CASES.items() if case.source == "He 2016 table 1"
)
"""The cases of He 2016 table 1, in its order."""


class VariantStudy(Plan):
    """A residual network in variants that differ in one thing, trained alike.

    Attributes:
        network: What the variants share.
        seeds: Seeds ``first_seed`` and those after it; each gives one run a variant.
        train: Its seed is replaced by each of the seeds.
    """

    network: NetworkSpec = NetworkSpec(depth=32, width=8)
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec()
    seeds: int = 1
    first_seed: int = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.network.join != "residual":
            raise SpecError(
                "Variants of {name} were asked for, but it has no shortcuts: a residual network "
                "would be right.",
                name=self.network.name,
            )
        check_between("Seeds", self.seeds, 1, 20)
        check_between("First seed", self.first_seed, 0, 1_000_000)
        if not self.keys:
            raise SpecError("A study of no variant was asked for: choose at least one.")
        count = len(self.keys) * self.seeds
        if count > MAX_RUNS:
            raise SpecError(
                "{count} runs were asked for ({variants} variants, {seeds} seeds), but a study has "
                "at most {most}: take fewer variants or seeds.",
                count=count,
                variants=len(self.keys),
                seeds=self.seeds,
                most=MAX_RUNS,
            )
        self._check_keys()
        found: dict[NetworkSpec, str] = {}
        for key in self.keys:
            network = self.variant(key)
            if network in found:
                raise SpecError(
                    "{one} and {other} were asked for, but they are the same network here: each "
                    "variant may stand once.",
                    one=shown(found[network]),
                    other=shown(key),
                )
            found[network] = key
        return self

    @abstractmethod
    def _check_keys(self) -> None:
        """Refuse a variant that there cannot be."""

    @property
    @abstractmethod
    def keys(self) -> tuple[str, ...]:
        """The names of the variants, in order."""

    @abstractmethod
    def variant(self, key: str) -> NetworkSpec:
        """Give the network of one variant.

        Raises:
            SpecError: The study has no such variant, or its network cannot be built.
        """

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Every run: all variants with the first seed, then with the next.

        Networks with gates are probed, so that their gates can be watched; that changes no result.
        """
        networks = [self.variant(key) for key in self.keys]
        return tuple(
            RunSpec(network=network, data=self.data, train=self._train(network, seed))
            for seed in range(self.first_seed, self.first_seed + self.seeds)
            for network in networks
        )

    def key_of(self, run: RunSpec) -> str:
        """Say which variant a run of this study is.

        Raises:
            SpecError: It is none of them.
        """
        for key in self.keys:
            if self.variant(key) == run.network:
                return key
        raise SpecError(
            "The variant of run {digest} was asked for, but this study has no such run: one of "
            "{keys} would be right.",
            digest=run.digest,
            keys=", ".join(self.keys),
        )

    def _train(self, network: NetworkSpec, seed: int) -> TrainSpec:
        probes = self.train.probes or (PROBED if network.shortcut in GATED else 0)
        return self.train.model_copy(update={"seed": seed, "probes": probes})

    def _changed(self, **settings: str | float) -> NetworkSpec:
        return NetworkSpec.model_validate({**self.network.model_dump(), **settings})


class ScaleStudy(VariantStudy):
    """Error against λ, which every shortcut is multiplied by (He 2016 section 3, equation 6).

    Attributes:
        network: Its ``shortcut_scale`` is replaced by each of the scales.
        scales: λ, in rising order, each once.
    """

    network: NetworkSpec = NetworkSpec(depth=32, width=8)
    train: TrainSpec = TrainSpec(steps=120)
    scales: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)

    @field_validator("scales")
    @classmethod
    def _one_zero(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(scale + 0.0 for scale in scales)  # -0.0 becomes 0.0, as in a NetworkSpec

    @property
    def keys(self) -> tuple[str, ...]:
        """The scales as they are written: ``0.25``, ``1``."""
        return tuple(f"{scale:g}" for scale in self.scales)

    def variant(self, key: str) -> NetworkSpec:
        """Give the network whose shortcuts are multiplied by λ.

        Raises:
            SpecError: λ is none of the scales.
        """
        check_choice("Shortcut scale", key, self.keys)
        return self._changed(shortcut_scale=self.scales[self.keys.index(key)])

    def _check_keys(self) -> None:
        for scale in self.scales:
            check_between("Shortcut scale", scale, MIN_SCALE, MAX_SCALE)
        # Two that are written alike would have one name.
        rising = list(self.scales) == sorted(set(self.scales))
        if not rising or len(set(self.keys)) < len(self.keys):
            raise SpecError(
                "Shortcut scales {scales} were asked for, but each may stand once, in rising "
                "order.",
                scales=", ".join(self.keys),
            )


class ShortcutStudy(VariantStudy):
    """What may stand on the shortcut (He 2016 table 1).

    Attributes:
        network: Its shortcut, scales and survival are replaced by each case's; where shapes change
            it keeps option B, if it has that, and has A else.
        cases: Keys of ``SHORTCUT_CASES``, each once.
    """

    network: NetworkSpec = NetworkSpec(depth=56, width=8)
    train: TrainSpec = TrainSpec(steps=200)
    cases: tuple[str, ...] = TABLE_1

    @property
    def keys(self) -> tuple[str, ...]:
        """The cases."""
        return self.cases

    def variant(self, key: str) -> NetworkSpec:
        """Give the network of one case.

        Raises:
            SpecError: It is none of the study's.
        """
        check_choice("Shortcut case", key, self.cases)
        identity: dict[str, str | float] = {
            "shortcut": "B" if self.network.shortcut == "B" else "A",
            "shortcut_scale": 1.0,
            "branch_scale": 1.0,
            "survival": 1.0,
            "active": 0,
        }
        return self._changed(**{**identity, **SHORTCUT_CASES[key].settings})

    def _check_keys(self) -> None:
        _check_each("Shortcut case", self.cases, SHORTCUT_CASES)


class OrderStudy(VariantStudy):
    """Where the activation stands (He 2016 table 2).

    Attributes:
        network: Its order is replaced by each of the orders.
        orders: Keys of ``ORDERS``, each once.
    """

    network: NetworkSpec = NetworkSpec(depth=110, width=8)
    train: TrainSpec = TrainSpec(steps=120)
    orders: tuple[str, ...] = tuple(ORDERS)

    @property
    def keys(self) -> tuple[str, ...]:
        """The orders."""
        return self.orders

    def variant(self, key: str) -> NetworkSpec:
        """Give the network of one order.

        Raises:
            SpecError: It is none of the study's.
        """
        check_choice("Activation order", key, self.orders)
        return self._changed(order=key)

    def _check_keys(self) -> None:
        _check_each("Activation order", self.orders, ORDERS)


def _check_each(name: str, keys: tuple[str, ...], options: Iterable[str]) -> None:
    """Refuse keys that are not in a table, or that stand twice.

    Raises:
        SpecError: With the key.
    """
    options = list(options)
    for place, key in enumerate(keys):
        check_choice(name, key, options)
        if key in keys[:place]:
            raise SpecError(
                "{name} {key} was asked for twice, but each may stand once.",
                name=name,
                key=shown(key),
            )
