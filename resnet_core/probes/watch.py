"""All that is measured in one training step: ``Watch``.

    with Watch(network, optimiser) as watch:
        loss = …
        loss.backward()
        watch.gradients()
        optimiser.step()
        watch.updates()
    watch.values()

Its hooks are gone afterwards, also after an error, and the numbers of the run are as they would be
without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from resnet_core.nets import ResidualNetwork
from resnet_core.probes.additions import Additions, addition_values
from resnet_core.probes.gates import Gates
from resnet_core.probes.parameters import (
    gradient_norms,
    parameters_of,
    update_norms,
    weight_norms,
)
from resnet_core.probes.signals import Signals
from resnet_core.probes.sizes import ratio

DIGITS = 4
"""Of each number that is told: a network of a thousand layers says many."""


class Watch:
    """Watches one step of a network's training.

    Args:
        network: In training mode.
        optimiser: Its optimiser, one group of all parameters.
    """

    def __init__(self, network: ResidualNetwork, optimiser: torch.optim.SGD) -> None:
        self._network = network
        self._optimiser = optimiser
        self._parameters = parameters_of(network)
        self._remembers = bool(optimiser.param_groups[0]["momentum"])
        self._found: dict[str, list[Tensor]] = {}

    def __enter__(self) -> Self:
        """Begin to listen: before the forward pass."""
        self._signals = Signals(self._network)
        self._additions = Additions(self._network)
        self._gates = Gates(self._network)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave no hook behind."""
        for hook in (*self._signals.hooks, *self._additions.hooks, *self._gates.hooks):
            hook.remove()

    def gradients(self) -> None:
        """Measure gradients: after ``backward``, before the weights change."""
        parameters = self._parameters
        self._found["gradient"] = gradient_norms(parameters.weights)
        self._found["weight"] = weight_norms(parameters.weights)
        if not self._remembers:
            self._found["step"] = update_norms(parameters.weights, self._optimiser)
        if parameters.scales:
            self._found["scale-gradient"] = gradient_norms(parameters.scales)
        if len(parameters.biases) == len(parameters.weights):  # Fixup's layers have none
            self._found["bias-gradient"] = gradient_norms(parameters.biases)

    def updates(self) -> None:
        """Measure updates: after the optimiser's step."""
        if self._remembers:
            self._found["step"] = update_norms(self._parameters.weights, self._optimiser)

    def values(self) -> dict[str, tuple[float, ...]]:
        """Give all of it: key of ``PROBES`` → one number a layer or unit; waits for the device."""
        found = _read(self._found | self._signals.found | self._additions.found | self._gates.found)
        weights = found["weight"]
        values = {
            "gradient": found["gradient"],
            "relative-gradient": list(map(ratio, found["gradient"], weights)),
            "update": list(map(ratio, found["step"], weights)),
            **{key: found[key] for key in ("scale-gradient", "bias-gradient") if key in found},
            **self._signals.values(found),
            **addition_values(found),
            **{key: found[key] for key in ("gate",) if key in found},
        }
        return {key: tuple(map(_rounded, row)) for key, row in values.items()}


def _read(found: Mapping[str, list[Tensor]]) -> dict[str, list[float]]:
    """Read all numbers at once: a device is waited for once."""
    rows = {
        key: (torch.cat(row) if row[0].dim() else torch.stack(row)).double()
        for key, row in found.items()
    }
    flat = iter(torch.cat([*rows.values()]).tolist())
    return {key: list(islice(flat, len(row))) for key, row in rows.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")  # NaN and infinity stay what they are
