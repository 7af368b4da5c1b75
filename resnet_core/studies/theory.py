"""What should the gradient do on its way down? Formulas, and the factor that was measured.

Formulas of products are for the norm of the gradient with respect to a layer's input, from the last
layer to the first; its square grows by the squared factor. They are exact for fully connected
networks at initialisation as width (with BN: batch size, too) goes to infinity. Convolutions come
near: neighbouring pixels are related, and zeros are padded at the edges.

What is measured is the gradient of weights (``PROBES``): the signal that a layer is given, times
the gradient that comes back to it. ``predicted_growth`` puts both together, for φ the activation, n
normal, and variance c/N of weights with N inputs:

    plain, BN           ρ = E[φ'(n)²] / Var[φ(n)] a layer: π/(π-1) for ReLU, 1 without φ
    plain, no BN        signal and gradient cancel for ReLU and for no φ, at every c: 1
                        else c·E[φ'(√q·n)²] a layer; q = c·E[φ(√q·n)²] of the layer below
    residual, BN        1 + ρ^m / (v + l) at unit l with m layers: each branch adds as much to the
                        stream, whose variance at first is v times that, and BN divides by it
    residual, no BN     signal and gradient cancel again: 1

These are squares. The last two are for full pre-activation; without shortcuts all five orders are
the same network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from resnet_core.specs.families import LAYERS_OF_UNIT
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.places import layer_places, unit_places

SIGMOID_SLOPE = 0.25
"""The largest slope of the sigmoid, at 0."""

EXPANSION: Mapping[str, int] = MappingProxyType({"basic": 1, "bottleneck": 4, "single": 1})
"""Channels a unit gives, over those of its 3×3 layers; a test holds it against ``blocks``."""

FEWEST_STEPS = 2
"""From layer to layer, within stages, that a measured factor takes."""

_LARGEST = 300.0
"""Powers of ten that a float can surely hold, up and down."""


@dataclass(frozen=True)
class Product:
    """The same factor, or several, once a layer or unit.

    Attributes:
        log10: Of the product; minus infinity where it is exactly 0.
    """

    log10: float

    @property
    def value(self) -> float | None:
        """The product as a number; None where a float cannot hold it: say it by its ``log10``."""
        if self.log10 == -math.inf:
            return 0.0
        return 10**self.log10 if abs(self.log10) <= _LARGEST else None


class SigmoidProduct(NamedTuple):
    """What the slopes do, what the weights do, and both."""

    slopes: Product
    weights: Product
    both: Product


def power(factor: float, count: int) -> Product:
    """Multiply a factor that is not negative so many times."""
    if count == 0:
        return Product(0.0)
    return Product(count * math.log10(factor) if factor else -math.inf)


def sigmoid_product(layers: int, weight_factor: float = 1.0) -> SigmoidProduct:
    """Multiply the largest slopes of sigmoids and the weights' factors, once a layer each."""
    slopes, weights = power(SIGMOID_SLOPE, layers), power(weight_factor, layers)
    return SigmoidProduct(slopes, weights, Product(slopes.log10 + weights.log10))


def lambda_product(factor: float, units: int) -> Product:
    """Multiply the λ of shortcuts λ·x: the direct term of He 2016, equation 8."""
    return power(factor, units)


def bn_relu_factor() -> float:
    """Give what BN and ReLU do a layer in a plain network (Yang et al. 2019, theorem 8): 1.211.

    The theorem is about the square, π/(π-1) ≈ 1.467, as the batch size goes to infinity.
    """
    return math.sqrt(math.pi / (math.pi - 1))


def bn_relu_product(layers: int) -> Product:
    """Multiply what BN and ReLU do in a plain network: (π/(π-1))^(L/2)."""
    return power(bn_relu_factor(), layers)


def he_relu_product(layers: int) -> Product:
    """Multiply what He's weights and ReLU do without BN: nothing (He 2015b, equation 14)."""
    return power(1.0, layers)


def residual_product(units: int) -> Product:
    """Multiply what units x + W·ReLU(x) do, He's weights, no BN: √2 each, 2 in the square."""
    return power(math.sqrt(2), units)


def residual_bn_product(units: int, layers: int = 1) -> Product:
    """Multiply what units x + F(x) with full pre-activation do, He's weights, x of variance 1.

    The branch of unit l adds 1-1/π to the variance of the stream, and BN divides by it:

        ∏ (1 + (π/(π-1))^(m-1) / (1 + (1-1/π)·l))   for l = 0 … L-1, the square

    Args:
        units: L.
        layers: m, of each branch. The square grows as L to the power of (π/(π-1))^m, no faster.
    """
    rho = bn_relu_factor() ** 2
    gains = (1 + rho ** (layers - 1) / (1 + unit / rho) for unit in range(units))
    return Product(sum(map(math.log10, gains)) / 2)


# --- by network -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Formula:
    """What is printed, and where it comes from.

    Attributes:
        formula: Of the norm's factor, a layer if nothing else is said.
        source: With arXiv number.
        constant: Whether the factor is the same at every layer.
        exact: Whether it is exact in the limit: wide, fully connected, at initialisation.
    """

    formula: str
    source: str
    constant: bool = True
    exact: bool = True


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "plain-bn-relu": Formula("(π/(π−1))^½", "Yang et al. 2019, arXiv:1902.08129, theorem 8"),
        "plain-bn-linear": Formula("1", "as Yang et al. 2019, arXiv:1902.08129"),
        "plain-bn-smooth": Formula("(E[φ′²] / Var[φ])^½", "as Yang et al. 2019, arXiv:1902.08129"),
        # Signal and gradient are exact here, too. But a batch's gradients of weights are a sum:
        # without BN the signal becomes alike for all images, the higher the more, and they cancel.
        "plain-homogeneous": Formula("1", "He et al. 2015b, arXiv:1502.01852, eq. 10", exact=False),
        "plain-smooth": Formula(
            "(c·E[φ′²])^½", "Schoenholz et al. 2017, arXiv:1611.01232", constant=False, exact=False
        ),
        # Where shapes change, channels of the stream differ, and only their mean is followed.
        "residual-bn": Formula(
            "(1 + ρᵐ / (v + l))^½ a unit",
            "as De & Smith 2020, arXiv:2002.10444",
            constant=False,
            exact=False,
        ),
        "residual-homogeneous": Formula("1", "as De & Smith 2020, arXiv:2002.10444", exact=False),
    }
)


@dataclass(frozen=True)
class Prediction:
    """How the gradients of a network's weights compare at initialisation.

    Attributes:
        key: Of the row of ``FORMULAS``.
        log10: By weighted layer: of its gradient norm over that of the last convolution. None for
            stem and classifier, whose shapes are others.
        factor: A layer, going back: as ``measured_factor`` would find it.
    """

    key: str
    log10: tuple[float | None, ...]
    factor: float

    @property
    def row(self) -> Formula:
        """Formula and source."""
        return FORMULAS[self.key]


HOMOGENEOUS = ("relu", "none")
"""Activations with φ(a·x) = a·φ(x) for a > 0."""

SILENT = ("zero-last-bn", "skipinit", "fixup")
"""Initialisations whose branches give nothing at first: most gradients are exactly 0."""


def predicted_growth(spec: NetworkSpec) -> Prediction | None:
    """Say how the weights' gradients of a network compare at initialisation, where that is known.

    None for branches that start silent, for max pooling between layers, and for residual networks
    in any order but full pre-activation, with projections everywhere, or with neither BN nor a
    homogeneous activation.
    """
    homogeneous = spec.activation in HOMOGENEOUS
    if spec.initialisation in SILENT or spec.family == "vgg":
        return None
    if spec.join == "plain" and spec.normalisation == "batch":
        key = {"relu": "plain-bn-relu", "none": "plain-bn-linear"}.get(spec.activation)
        return _prediction(spec, key or "plain-bn-smooth", _plain_bn(spec))
    if spec.join == "plain" and not homogeneous:
        return _prediction(spec, "plain-smooth", _plain_smooth(spec))
    if spec.join == "plain":
        return _prediction(spec, "plain-homogeneous", [0.0] * len(_fans(spec)))
    full = spec.order == "pre-activation"
    if spec.normalisation == "none":
        full = full or spec.order == "relu-only"  # the same network
    if not full or spec.shortcut == "C":
        return None
    if spec.normalisation == "batch":
        return _prediction(spec, "residual-bn", _residual_bn(spec))
    if homogeneous:
        return _prediction(spec, "residual-homogeneous", [0.0] * len(_fans(spec)))
    return None


def _prediction(spec: NetworkSpec, key: str, squares: list[float]) -> Prediction:
    """Take logarithms of squared norms, one a layer of the units, from bottom to top."""
    relative = [(square - squares[-1]) / 2 for square in squares]
    slope = _slope([math.nan, *relative, math.nan], stage_layers(spec))
    return Prediction(key, (None, *relative, None), 1.0 if slope is None else 10**-slope)


def _plain_bn(spec: NetworkSpec) -> list[float]:
    rho = math.log10(_rho(spec.activation))
    layers = len(_fans(spec))
    return [(layers - layer) * rho for layer in range(1, layers + 1)]


def _plain_smooth(spec: NetworkSpec) -> list[float]:
    gains = [_gain(spec, *fans) for fans in _fans(spec)]
    signals, slopes = [], []
    variance = _gain(spec, 1, 1)  # of what the stem gives: images are normalised
    for gain in gains:
        signal, slope = _squares(spec.activation, variance)
        signals.append(signal)
        slopes.append(slope)
        variance = gain * signal
    gradient = 0.0
    found = []
    for signal, slope, gain in zip(*map(reversed, (signals, slopes, gains)), strict=True):
        found.append(gradient + math.log10(signal))
        gradient += math.log10(gain * slope)
    return found[::-1]


def _residual_bn(spec: NetworkSpec) -> list[float]:
    rho, layers = _rho(spec.activation), LAYERS_OF_UNIT[spec.block]
    stream = 1.0  # its variance, over Var[φ]: the stem gives φ of what BN gives
    gains = []
    for number, (before, after) in enumerate(_channels(spec)):
        *_, last = _fans_of_unit(spec, before, after)
        added = _gain(spec, *last)
        # The first unit is given what the stem has activated, and does not activate it again.
        gains.append(1 + added * rho ** (layers - (number == 0)) / stream)
        if before != after:
            # Option A pads with channels of zeros.
            stream *= before / after if spec.shortcut == "A" else _gain(spec, before, after)
        stream += added
    gradient = 0.0
    found = []
    for gain in reversed(gains):
        found += [gradient + above * math.log10(rho) for above in range(layers)]
        gradient += math.log10(gain)
    return found[::-1]


def _channels(spec: NetworkSpec) -> list[tuple[int, int]]:
    """List the channels in and out of each unit."""
    stem = 16 if spec.family == "wide" else spec.width
    first = (stem * spec.width if spec.family == "wide" else stem) * EXPANSION[spec.block]
    stages = [stage for stage, _ in unit_places(spec)]
    outs = [first * 2 ** (stage - 1) for stage in stages]
    return list(zip([stem, *outs], outs, strict=False))


def _fans_of_unit(spec: NetworkSpec, before: int, after: int) -> list[tuple[int, int]]:
    """List fan-in and fan-out of each layer of a unit."""
    if spec.block != "bottleneck":
        more = LAYERS_OF_UNIT[spec.block] - 1
        return [(9 * before, 9 * after), *[(9 * after, 9 * after)] * more]
    narrow = after // EXPANSION["bottleneck"]
    return [(before, narrow), (9 * narrow, 9 * narrow), (narrow, after)]


def _fans(spec: NetworkSpec) -> list[tuple[int, int]]:
    return [fans for unit in _channels(spec) for fans in _fans_of_unit(spec, *unit)]


def _gain(spec: NetworkSpec, fan_in: int, fan_out: int) -> float:
    """Give c: fan-in times the variance of a weight (see ``blocks.initialise``)."""
    match spec.initialisation:
        case "xavier":
            return 2 * fan_in / (fan_in + fan_out)
        case "small":
            return 1e-4 * fan_in
        case "large":
            return 18.0
        case _:
            return 2.0


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


ACTIVATIONS: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = (
    MappingProxyType(
        {
            "relu": (lambda x: max(0.0, x), lambda x: float(x > 0)),
            "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
            "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
            "none": (lambda x: x, lambda x: 1.0),
        }
    )
)
"""φ and its slope."""


def _mean(function: Callable[[float], float]) -> float:
    """Give E[f(n)] for normal n: sums of steps are exact to many digits for smooth f."""
    points = [step / 16 for step in range(-128, 129)]
    weights = [math.exp(-point * point / 2) for point in points]
    total = sum(weight * function(x) for weight, x in zip(weights, points, strict=True))
    return total / sum(weights)


@cache
def _rho(activation: str) -> float:
    """Give E[φ'(n)²] / Var[φ(n)]."""
    if activation == "relu":
        return bn_relu_factor() ** 2
    phi, slope = ACTIVATIONS[activation]
    return _mean(lambda x: slope(x) ** 2) / (_mean(lambda x: phi(x) ** 2) - _mean(phi) ** 2)


def _squares(activation: str, variance: float) -> tuple[float, float]:
    """Give E[φ(√q·n)²] and E[φ'(√q·n)²]."""
    phi, slope = ACTIVATIONS[activation]
    spread = math.sqrt(variance)
    return _mean(lambda x: phi(spread * x) ** 2), _mean(lambda x: slope(spread * x) ** 2)


# --- what was measured ------------------------------------------------------------------------


def stage_layers(spec: NetworkSpec) -> tuple[range, ...]:
    """Give each stage's layers, as indices into what is measured by weighted layer."""
    stages = [place.stage for place in layer_places(spec)]
    return tuple(
        range(stages.index(stage), len(stages) - stages[::-1].index(stage))
        for stage in range(1, max(stages) + 1)
    )


def measured_factor(values: Sequence[float], stages: Sequence[range]) -> float | None:
    """Give the factor a layer by which a norm grows on its way back, from last to first.

    It is the slope of the logarithms by least squares, the same in all stages, each stage at a
    height of its own: where layers change their width says nothing. What is 0 or no finite number
    is left out.

    Args:
        values: One a layer, from bottom to top.
        stages: Indices of the layers of each (``stage_layers``).

    Returns:
        None where fewer than two steps from layer to layer are left.
    """
    logs = [math.log10(value) if 0 < value < math.inf else math.nan for value in values]
    slope = _slope(logs, stages)
    return None if slope is None else 10**-slope


def _slope(logs: Sequence[float], stages: Sequence[range]) -> float | None:
    across = along = 0.0
    steps = 0
    for stage in stages:
        points = [(float(i), logs[i]) for i in stage if math.isfinite(logs[i])]
        if len(points) < 2:
            continue
        steps += len(points) - 1
        middle = sum(x for x, _ in points) / len(points)
        along += sum((x - middle) ** 2 for x, _ in points)
        across += sum((x - middle) * y for x, y in points)
    return across / along if steps >= FEWEST_STEPS else None
