"""What did probes say, as the figures want it? The same for a page and for its live chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pages.ui.figures.layers import LayerSeries, by_layer_updates
from pages.ui.figures.over_time import Grid, over_time_updates, shared_range
from pages.ui.figures.split import Split, alignment_updates, split_updates
from pages.ui.history import History
from pages.ui.translate import Translate
from resnet_core.specs import PROBES, NetworkSpec, RunSpec
from resnet_core.specs.places import Place, layer_places, unit_places

Values = Mapping[str, Sequence[float]]


def series_of(run: RunSpec, values: Values, quantity: str, t: Translate) -> LayerSeries:
    """Give one network's numbers at one step; gaps where there are none."""
    network = run.network
    found = values.get(quantity)
    return LayerSeries(
        uid=f"{run.digest}:now",
        join=network.join,
        name=network.name,
        values=[None] * network.depth if found is None else found,
        labels=labels_of(network, quantity, t),
    )


def grid_of(run: RunSpec, history: History | None, quantity: str) -> Grid:
    """Give one network's numbers at every probed step so far."""
    probes = [one for one in (history.probes if history else ()) if quantity in one.values]
    return Grid(
        uid=f"{run.digest}:{quantity}",
        join=run.network.join,
        name=run.network.name,
        steps=[probe.step for probe in probes],
        layers=count_of(run.network, quantity),
        values=[probe.values[quantity] for probe in probes],
    )


def split_of(run: RunSpec, values: Values, t: Translate) -> Split:
    """Give both parts of a residual network's gradient at one step."""
    return Split(
        uid=f"{run.digest}:split",
        identity=values.get("identity", ()),
        branch=values.get("branch", ()),
        cosine=values.get("alignment", ()),
        labels=unit_labels(run.network, t),
    )


def layer_updates(histories: Sequence[History], quantity: str, t: Translate) -> dict[str, Any]:
    """Give what the figures of *Signal and gradient* show live: the latest step, and all."""
    probe = PROBES[quantity]
    updates: dict[str, Any] = {}
    for history in histories:
        if history.probes:
            latest = series_of(history.run, history.probes[-1].values, quantity, t)
            updates |= by_layer_updates(latest, log=probe.log)
    return updates | _grid_updates(histories, (quantity,), t)


def addition_updates(histories: Sequence[History], t: Translate) -> dict[str, Any]:
    """Give what the figures of *Through the addition* show live."""
    updates: dict[str, Any] = {}
    for history in histories:
        if history.probes:
            latest = split_of(history.run, history.probes[-1].values, t)
            updates |= split_updates(latest) | alignment_updates(latest)
    return updates | _grid_updates(histories, ("identity", "branch"), t)


def _grid_updates(
    histories: Sequence[History], quantities: Sequence[str], t: Translate
) -> dict[str, Any]:
    log = PROBES[quantities[0]].log
    grids = [(h, q, grid_of(h.run, h, q)) for h in histories for q in quantities]
    colors = shared_range([grid for _, _, grid in grids], log=log)
    updates: dict[str, Any] = {}
    for history, quantity, grid in grids:
        updates |= over_time_updates(
            grid,
            log=log,
            title=t(PROBES[quantity].label),
            colors=colors,
            steps_total=history.run.train.steps,
        )
    return updates


def count_of(network: NetworkSpec, quantity: str) -> int:
    """Say how many layers, or units, a quantity has a number of."""
    places = unit_places(network) if PROBES[quantity].of == "unit" else layer_places(network)
    return len(places)


def labels_of(network: NetworkSpec, quantity: str, t: Translate) -> list[str]:
    """Say where each layer, or unit, stands."""
    if PROBES[quantity].of == "unit":
        return unit_labels(network, t)
    return [_layer(place, t) for place in layer_places(network)]


def unit_labels(network: NetworkSpec, t: Translate) -> list[str]:
    """Say where each unit stands."""
    return [
        t("stage {stage}, unit {unit}", stage=stage, unit=unit)
        for stage, unit in unit_places(network)
    ]


def _layer(place: Place, t: Translate) -> str:
    if place.stage:
        return t(
            "stage {stage}, unit {unit}, layer {layer}",
            stage=place.stage,
            unit=place.unit,
            layer=place.layer,
        )
    return t("stem") if place.number == 1 else t("classifier")


def stage_starts(network: NetworkSpec, quantity: str) -> list[int]:
    """Give the numbers of the layers, or units, where stages begin."""
    if PROBES[quantity].of == "unit":
        return [number for number, (_, unit) in enumerate(unit_places(network), 1) if unit == 1]
    return [p.number for p in layer_places(network) if p.stage and p.unit == p.layer == 1]
