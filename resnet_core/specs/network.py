"""Which network: ``NetworkSpec``, and the catalogue of the papers' networks.

What its family fixes, and which depths there are, stands in ``families``. A CIFAR network (He 2015
§4.2) has a 3×3 stem, three stages of n units at widths w, 2w, 4w, and a classifier. Of a wide
network (Zagoruyko & Komodakis 2016) the stem has 16 channels and the stages 16, 32 and 64 times the
width, which is its widening factor k. An ImageNet network (He 2015 table 1) has a 7×7 stem, max
pooling and four stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import ValidationInfo, field_validator, model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.choices import (
    ACTIVATIONS,
    BLOCKS,
    FAMILIES,
    GATED,
    INITIALISATIONS,
    JOINS,
    NORMALISATIONS,
    ORDERS,
    SHORTCUTS,
)
from resnet_core.specs.families import (
    IMAGENET_UNITS,
    LAYERS_OF_UNIT,
    check_family,
    depths_in,
    filled_in,
)
from resnet_core.specs.plan import Plan, check_between, check_choice, one_of

MIN_WIDTH, MAX_WIDTH = 1, 64
MIN_SCALE, MAX_SCALE = -1.0, 2.0
MOST_GATE_BIAS = 20.0

REQUIRED: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = MappingProxyType(
    {
        "zero-last-bn": (
            ("join", "join", ("residual",)),
            ("normalisation", "normalisation", ("batch",)),
            ("activation order", "order", ("original", "relu-only")),
        ),
        "skipinit": (
            ("join", "join", ("residual",)),
            ("normalisation", "normalisation", ("none",)),
        ),
        "rezero": (("join", "join", ("residual",)),),
        "fixup": (
            ("join", "join", ("residual",)),
            ("normalisation", "normalisation", ("none",)),
            ("activation order", "order", ("original",)),
            ("block", "block", ("basic", "bottleneck")),
        ),
    }
)
"""Initialisations that silence F: of a plain network nothing would be left. What each is made
for: name for a sentence, field, values, the usual one first.

Zero last BN takes a branch that ends in BN. Were ReLU to follow, as it does before the addition, it
would be given zeros, where PyTorch's has slope 0: such a branch would never learn. Fixup scales the
m layers of a branch by L^(-1/(2m-2)): with one layer that is no number."""

SCALARS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "shortcut_scale": (MIN_SCALE, MAX_SCALE),
        "branch_scale": (MIN_SCALE, MAX_SCALE),
        "gate_bias": (-MOST_GATE_BIAS, MOST_GATE_BIAS),
        "dropout": (0.0, 1.0),
        "survival": (0.0, 1.0),
        "branch_dropout": (0.0, 0.9),
    }
)
"""What a residual unit's parts are multiplied by, as numbers: lowest and highest."""


def _has(settings: Mapping[str, Any], name: str) -> bool:
    """Whether a network has a part that a number of ``SCALARS`` is about."""
    if settings.get("join") == "plain":
        return False
    shortcut = settings.get("shortcut")
    if name == "gate_bias":
        return shortcut in GATED
    return name != "dropout" or shortcut == "dropout"


class NetworkSpec(Plan):
    """A plain or residual network; its input shape and classes come from the data.

    Attributes:
        family: A key of ``FAMILIES``.
        depth: Weighted layers on the longest path, projections not counted.
        block: A key of ``BLOCKS``; ImageNet networks have theirs given by depth.
        join: A key of ``JOINS``: is there a shortcut at all?
        shortcut: A key of ``SHORTCUTS``; a plain network has none, and its plan says A, so that
            equal networks are equal plans.
        order: A key of ``ORDERS``: where BN and ReLU stand.
        width: Channels of the first stage's 3×3 layers; each later stage has twice as many. Of a
            wide network: the widening factor k, so 16·k channels.
        activation: A key of ``ACTIVATIONS``.
        normalisation: A key of ``NORMALISATIONS``; without any, convolutions have biases.
        initialisation: A key of ``INITIALISATIONS``.
        shortcut_scale: λ of λ·h(x) + F(x) in every unit (He 2016 equation 6).
        branch_scale: What F(x) is multiplied by in every unit; 1 − λ is frozen gating (He 2016
            table 1).
        gate_bias: b_g of a gated shortcut's g(x) = σ(W_g·x + b_g) before training; −6 was the best
            in He 2016 table 1. Others have no gate, and their plans say −6.
        dropout: Share of x that a dropout shortcut drops; the plans of others say 0.5.
        survival: Probability that the last unit's branch takes part in a training step (stochastic
            depth, Huang et al. 2016, arXiv:1603.09382, linear decay: of L units the l-th survives
            with 1 − l/L·(1 − p)); 1 for always.
        branch_dropout: Share of its input that is dropped before the last layer of each F
            (Zagoruyko & Komodakis 2016, arXiv:1605.07146, section 2.4).
        active: Exactly so many units, drawn anew, take part in a training step: training on paths
            of at most this length (Veit et al. 2016, arXiv:1605.06431, section 5: 23 of 54); 0 for
            all. A plain network has none of these seven, and its plan says what leaves everything
            as it is.
    """

    added: ClassVar[Mapping[str, object]] = MappingProxyType(
        {
            "activation": "relu",
            "normalisation": "batch",
            "initialisation": "he",
            "shortcut_scale": 1.0,
            "branch_scale": 1.0,
            "gate_bias": -6.0,
            "dropout": 0.5,
            "survival": 1.0,
            "branch_dropout": 0.0,
            "active": 0,
        }
    )

    family: str = "cifar"
    depth: int = 20
    block: str = "basic"
    join: str = "residual"
    shortcut: str = "A"
    order: str = "original"
    width: int = 16
    activation: str = "relu"
    normalisation: str = "batch"
    initialisation: str = "he"
    shortcut_scale: float = 1.0
    branch_scale: float = 1.0
    gate_bias: float = -6.0
    dropout: float = 0.5
    survival: float = 1.0
    branch_dropout: float = 0.0
    active: int = 0

    @field_validator(*SCALARS)
    @classmethod
    def _keep_what_counts(cls, value: float, info: ValidationInfo) -> float:
        name = str(info.field_name)
        low, high = SCALARS[name]
        # What cannot be built is left for the checks to refuse.
        if low <= value <= high and not _has(info.data, name):
            usual: float = cls.model_fields[name].default
            return usual
        return value + 0.0  # -0.0 becomes 0.0: it is equal, and equal plans have equal digests

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        data = filled_in(data)
        # The table as a list: anything may be asked for, and not everything can be hashed.
        if data.get("join") == "plain" and data.get("shortcut", "A") in [*SHORTCUTS]:
            data["shortcut"] = "A"
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_choice("Family", self.family, FAMILIES)
        check_choice("Block", self.block, BLOCKS)
        check_choice("Join", self.join, JOINS)
        check_choice("Shortcut", self.shortcut, SHORTCUTS)
        check_choice("Activation order", self.order, ORDERS)
        check_between("Width", self.width, MIN_WIDTH, MAX_WIDTH)
        check_choice("Activation", self.activation, ACTIVATIONS)
        check_choice("Normalisation", self.normalisation, NORMALISATIONS)
        check_choice("Initialisation", self.initialisation, INITIALISATIONS)
        for name, (low, high) in SCALARS.items():
            check_between(name.replace("_", " ").capitalize(), getattr(self, name), low, high)
        self._check_initialisation()
        settings = ("depth", "block", "join", "shortcut", "order")
        check_family(self.family, {name: getattr(self, name) for name in settings})
        self._check_active()
        return self

    def _check_active(self) -> None:
        count = sum(self.units_per_stage)
        check_between("Active units", self.active, 0, count)
        if self.join == "plain" or self.active == count:
            object.__setattr__(self, "active", 0)  # equal networks are equal plans
        if self.active and self.survival < 1:
            raise SpecError(
                "{active} active units were asked for with survival {survival}, but either exactly "
                "so many take part in a step, or each by chance: survival 1 would be right.",
                active=self.active,
                survival=self.survival,
            )

    def _check_initialisation(self) -> None:
        for name, value, right in REQUIRED.get(self.initialisation, ()):
            if getattr(self, value) not in right:
                raise SpecError(
                    "Initialisation {initialisation} was asked for with {name} {value}, but it is "
                    "made for {name} {right}: take that, or initialisation 'he'.",
                    initialisation=repr(self.initialisation),
                    name=name,
                    value=repr(getattr(self, value)),
                    right=one_of(right),
                )

    @property
    def units_per_stage(self) -> tuple[int, ...]:
        """Units of each stage: (n, n, n) for a CIFAR network."""
        if self.family == "imagenet":
            return IMAGENET_UNITS[self.depth][1]
        n = (self.depth - 2) // layers_a_group(self)  # wide networks: 6n+4, and 2 // 6 is 0
        return (n, n, n)

    def twin(self) -> Self:
        """Give the same network with the other join: plain for residual, residual for plain."""
        other = "residual" if self.join == "plain" else "plain"
        return self.model_validate({**self.model_dump(), "join": other})

    @property
    def name(self) -> str:
        """Short name: ``plain-20``, ``residual-20``, ``wide-28-10``, ``vgg-14``."""
        if self.family == "wide":
            return f"wide-{self.depth}-{self.width}"
        kind = "vgg" if self.family == "vgg" else self.join
        return f"{kind}-{self.depth}"


def layers_a_group(spec: NetworkSpec) -> int:
    """Count the layers by which a network grows when each of its three stages gets a unit more."""
    return 3 * LAYERS_OF_UNIT[spec.block]


def cifar_depths(block: str = "basic") -> tuple[int, ...]:
    """List every depth a CIFAR network of this block can have, up to 1202."""
    return depths_in("cifar", block)


def depths_of(spec: NetworkSpec) -> tuple[int, ...]:
    """List every depth that a network could have with all else as in this plan, rising."""
    return depths_in(spec.family, spec.block)


def _imagenet(depth: int, join: str, shortcut: str) -> NetworkSpec:
    return NetworkSpec(
        family="imagenet",
        depth=depth,
        block=IMAGENET_UNITS[depth][0],
        join=join,
        shortcut=shortcut,
        width=64,
    )


NETWORKS: Mapping[str, NetworkSpec] = MappingProxyType(
    {
        "plain-18": _imagenet(18, "plain", "A"),
        "plain-34": _imagenet(34, "plain", "A"),
        "resnet-18": _imagenet(18, "residual", "A"),
        "resnet-34": _imagenet(34, "residual", "A"),
        "resnet-50": _imagenet(50, "residual", "B"),
        "resnet-101": _imagenet(101, "residual", "B"),
        "resnet-152": _imagenet(152, "residual", "B"),
        **{
            f"cifar-{join}-{depth}": NetworkSpec(depth=depth, join=join)
            for depth in (20, 32, 44, 56, 110)
            for join in ("plain", "residual")
        },
        "cifar-residual-1202": NetworkSpec(depth=1202),
        "cifar-pre-activation-164": NetworkSpec(
            depth=164, block="bottleneck", shortcut="B", order="pre-activation"
        ),
        "cifar-pre-activation-1001": NetworkSpec(
            depth=1001, block="bottleneck", shortcut="B", order="pre-activation"
        ),
        **{
            f"wide-{depth}-{width}": NetworkSpec(family="wide", depth=depth, width=width)
            for depth, width in ((16, 8), (28, 10), (40, 4), (40, 10))
        },
        "vgg-14": NetworkSpec(family="vgg"),
    }
)
"""The papers' networks by name (He 2015 tables 1, 2 and 6; He 2016 table 4; Zagoruyko 2016), and a
small VGG of ours."""
