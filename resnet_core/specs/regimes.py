"""One network trained in several ways: as usual, or with parts of it left out at random.

What is left out in training is left out by a lesion afterwards: does a network that has seen it
bear it better? Veit et al. 2016 (arXiv:1605.06431), section 5 and figure 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from resnet_core.errors import SpecError
from resnet_core.specs.choices import Choice
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.plan import check_choice, shown
from resnet_core.specs.training import TrainSpec
from resnet_core.specs.variants import VariantStudy

EFFECTIVE = (23, 54)
"""Units of a training step, of all units, in Veit et al. 2016, section 5."""


REGIMES: Mapping[str, Choice] = MappingProxyType(
    {
        "usual": Choice("as usual", "He et al. 2015, arXiv:1512.03385"),
        "stochastic-depth": Choice("stochastic depth", "Huang et al. 2016, arXiv:1603.09382"),
        "effective-paths": Choice(
            "effective paths", "Veit et al. 2016, arXiv:1605.06431, section 5"
        ),
        "dropout": Choice(
            "dropout in the branches", "Zagoruyko & Komodakis 2016, arXiv:1605.07146"
        ),
    }
)
"""What a ``RegimeStudy`` can compare; the first is what the others are compared with."""

_NOTHING_LEFT_OUT = {"survival": 1.0, "active": 0, "branch_dropout": 0.0}


def active_units(network: NetworkSpec) -> int:
    """Give how many units take part in a step of training on effective paths only.

    The whole number nearest to the paper's share, a half rounded up: 23 of 54; 12 of 27, since 11.5
    is half-way; 1 of 3.
    """
    part, whole = EFFECTIVE
    units = sum(network.units_per_stage)
    return max(1, (2 * part * units + whole) // (2 * whole))


def regime_settings(network: NetworkSpec, regime: str) -> dict[str, float | int]:
    """Give the settings of a network that is trained in one of the ways."""
    changed: dict[str, dict[str, float | int]] = {
        "usual": {},
        "stochastic-depth": {"survival": 0.5},
        "effective-paths": {"active": active_units(network)},
        "dropout": {"branch_dropout": 0.3},
    }
    return {**_NOTHING_LEFT_OUT, **changed[regime]}


def regime_of(network: NetworkSpec) -> str | None:
    """Tell in which of the ways a network is trained; None for none of them."""
    for regime in REGIMES:
        settings = regime_settings(network, regime)
        if all(getattr(network, name) == value for name, value in settings.items()):
            return regime
    return None


class RegimeStudy(VariantStudy):
    """The same network trained in different ways.

    Attributes:
        network: What it leaves out in training is replaced by each regime's.
        regimes: Keys of ``REGIMES``, each once.
    """

    network: NetworkSpec = NetworkSpec(depth=56, width=8)
    train: TrainSpec = TrainSpec(steps=200)
    regimes: tuple[str, ...] = tuple(REGIMES)

    @property
    def keys(self) -> tuple[str, ...]:
        """The regimes."""
        return self.regimes

    def variant(self, key: str) -> NetworkSpec:
        """Give the network of one regime.

        Raises:
            SpecError: It is none of the study's.
        """
        check_choice("Regime", key, self.regimes)
        return self._changed(**regime_settings(self.network, key))

    def _check_keys(self) -> None:
        for place, key in enumerate(self.regimes):
            check_choice("Regime", key, list(REGIMES))
            if key in self.regimes[:place]:
                raise SpecError(
                    "{name} {key} was asked for twice, but each may stand once.",
                    name="Regime",
                    key=shown(key),
                )
