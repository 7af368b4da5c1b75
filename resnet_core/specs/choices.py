"""Every choice a visitor can make: one literal table each, one row a choice.

Controls, plans, the command line, the glossary and the tests read these tables; the code behind a
row stands in the layer above, under the same key (``blocks`` for units and shortcuts, ``data`` for
data sets), and a test holds the two together. The tables stand apart from the code so that the
web server can read them without importing PyTorch. To add a choice, add its row here and
its builder there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Choice:
    """One row: what a reader sees in a control, and where it comes from."""

    label: str
    source: str


@dataclass(frozen=True)
class DataSet:
    """One data set.

    Attributes:
        label: What a reader sees.
        source: Who made it, with year.
        channels: 1 for grey, 3 for colour.
        size: Height and width of an image, in pixels.
        classes: Number of classes.
        train_images: Images in the fixed training split.
        test_images: Images in the fixed test split.
        download_bytes: What a first use fetches; 0 when nothing is.
    """

    label: str
    source: str
    channels: int
    size: int
    classes: int
    train_images: int
    test_images: int
    download_bytes: int


@dataclass(frozen=True)
class Probe:
    """One quantity that is measured while a network trains.

    Attributes:
        label: What a reader sees, with its unit where it has one.
        source: Where it comes from.
        of: What each number belongs to: a weighted ``layer``, or a residual ``unit``.
        log: Whether its size spans powers of ten.
    """

    label: str
    source: str
    of: Literal["layer", "unit"]
    log: bool = True


JOINS: Mapping[str, Choice] = MappingProxyType(
    {
        "plain": Choice("plain: y = F(x)", "He 2015 §3.3"),
        "residual": Choice("residual: y = F(x) + h(x)", "He 2015 §3.2"),
    }
)

SHORTCUTS: Mapping[str, Choice] = MappingProxyType(
    {
        "A": Choice("A: identity, zero-padded", "He 2015 §3.3 A"),
        "B": Choice("B: identity, projection where shapes change", "He 2015 §3.3 B"),
        "C": Choice("C: projection everywhere", "He 2015 §4.1 C"),
        "exclusive-gate": Choice("exclusive gate: (1 − g)·x + g·F", "He 2016 §3.1"),
        "shortcut-gate": Choice("gate on the shortcut: (1 − g)·x + F", "He 2016 §3.1"),
        "highway": Choice("highway: (1 − T)·x + T·F", "Srivastava et al. 2015, arXiv:1505.00387"),
        "dropout": Choice("dropout on the shortcut", "He 2016 §3.1"),
    }
)

OPTIONS = ("A", "B", "C")
"""The shortcuts that leave x as it is wherever they can, or project it: He 2015's."""

GATED = ("exclusive-gate", "shortcut-gate", "highway")
"""The shortcuts that have a gate, whose bias a plan then has a say in."""

BLOCKS: Mapping[str, Choice] = MappingProxyType(
    {
        "basic": Choice("basic: 3×3, 3×3", "He 2015 fig. 5 left"),
        "bottleneck": Choice("bottleneck: 1×1, 3×3, 1×1", "He 2015 fig. 5 right"),
        "single": Choice("single: 3×3", "He 2015 §3.2"),
    }
)

OF_FIGURE_5 = ("basic", "bottleneck")
"""The blocks that the papers measured, and pages compare. Of a single layer He 2015 §3.2 says that
y = W·x + x is similar to a linear layer, without advantages: here it is what a VGG is made of."""

ORDERS: Mapping[str, Choice] = MappingProxyType(
    {
        "original": Choice(
            "original: weights, BN, ReLU; ReLU after addition", "He 2016 fig. 4 (a)"
        ),
        "bn-after-addition": Choice(
            "BN after addition: weights, BN, ReLU; BN, ReLU after addition", "He 2016 fig. 4 (b)"
        ),
        "relu-before-addition": Choice(
            "ReLU before addition: weights, BN, ReLU; nothing after addition", "He 2016 fig. 4 (c)"
        ),
        "relu-only": Choice("ReLU-only pre-activation: ReLU, weights, BN", "He 2016 fig. 4 (d)"),
        "pre-activation": Choice("full pre-activation: BN, ReLU, weights", "He 2016 fig. 4 (e)"),
    }
)

ACTIVATIONS: Mapping[str, Choice] = MappingProxyType(
    {
        "relu": Choice("ReLU: max(0, x)", "He 2015 §3.2"),
        "sigmoid": Choice("sigmoid: 1 / (1 + e⁻ˣ)", "LeCun et al. 1998"),
        "tanh": Choice("tanh", "LeCun et al. 1998"),
        "none": Choice("none: a linear network", "Saxe et al. 2014, arXiv:1312.6120"),
    }
)

NORMALISATIONS: Mapping[str, Choice] = MappingProxyType(
    {
        "batch": Choice("batch normalisation (BN)", "Ioffe & Szegedy 2015, arXiv:1502.03167"),
        "none": Choice("none: biases instead", "–"),
    }
)

INITIALISATIONS: Mapping[str, Choice] = MappingProxyType(
    {
        "he": Choice("He: variance 2/n", "He et al. 2015b, arXiv:1502.01852, eq. 10"),
        "xavier": Choice("Xavier: variance 2/(n + m)", "Glorot & Bengio 2010, eq. 12"),
        "small": Choice("too small: spread 0.01", "Krizhevsky et al. 2012 §5"),
        "large": Choice("too large: three times He", "He et al. 2015b §2.2, eq. 9"),
        "zero-last-bn": Choice("zero last BN: γ = 0", "Goyal et al. 2017 §5.1, arXiv:1706.02677"),
        "skipinit": Choice(
            "SkipInit: α·F(x), α = 0", "De & Smith 2020, arXiv:2002.10444, section 4"
        ),
        "rezero": Choice(
            "ReZero: α·F(x), α = 0, BN stays", "Bachlechner et al. 2020, arXiv:2003.04887"
        ),
        "fixup": Choice("Fixup", "Zhang et al. 2019, arXiv:1901.09321, section 3"),
    }
)

FAMILIES: Mapping[str, Choice] = MappingProxyType(
    {
        "cifar": Choice("CIFAR: 6n+2 or 9n+2 layers, three stages", "He 2015 §4.2, He 2016 §5"),
        "wide": Choice("wide: 6n+4 layers, three stages", "Zagoruyko & Komodakis 2016"),
        "imagenet": Choice("ImageNet: 18 to 152 layers, four stages", "He 2015 table 1"),
        "vgg": Choice(
            "VGG: 3n+2 layers, three stages", "after Simonyan & Zisserman 2015, arXiv:1409.1556"
        ),
    }
)

SCHEDULES: Mapping[str, Choice] = MappingProxyType(
    {
        "one-cycle": Choice("one cycle: up, then down to zero", "Smith 2018, arXiv:1708.07120"),
        "step": Choice("steps: a tenth at 1/2 and at 3/4", "He 2015 §4.2"),
        "constant": Choice("constant", "–"),
    }
)

DATASETS: Mapping[str, DataSet] = MappingProxyType(
    {
        "digits": DataSet(
            "Digits 8×8", "UCI, Alpaydin & Kaynak 1998; in scikit-learn", 1, 8, 10, 1437, 360, 0
        ),
        "fashion-mnist": DataSet(
            "Fashion-MNIST", "Xiao, Rasul & Vollgraf 2017", 1, 28, 10, 60_000, 10_000, 30_880_000
        ),
        "mnist": DataSet(
            "MNIST", "LeCun, Cortes & Burges 1998", 1, 28, 10, 60_000, 10_000, 11_600_000
        ),
        "kmnist": DataSet(
            "Kuzushiji-MNIST", "Clanuwat et al. 2018", 1, 28, 10, 60_000, 10_000, 21_300_000
        ),
        "cifar10": DataSet("CIFAR-10", "Krizhevsky 2009", 3, 32, 10, 50_000, 10_000, 170_500_000),
        "svhn": DataSet("SVHN", "Netzer et al. 2011", 3, 32, 10, 73_257, 26_032, 246_400_000),
    }
)
"""Data sets by name. Images of one's own are no row: see ``DataSpec.imported``."""

IMPORTED = "imported"
"""The ``DataSpec.dataset`` of images that a visitor brought in class folders."""

PROBES: Mapping[str, Probe] = MappingProxyType(
    {
        "gradient": Probe("gradient norm of the weights", "He 2015 §4.1", "layer"),
        "relative-gradient": Probe("gradient norm over weight norm", "You et al. 2017", "layer"),
        "update": Probe("update norm over weight norm", "You et al. 2017", "layer"),
        "scale-gradient": Probe("gradient norm of the BN scales", "He 2015 §4.1", "layer"),
        "bias-gradient": Probe("gradient norm of the biases", "He 2015 §4.1", "layer"),
        "response-mean": Probe("mean of the responses", "He 2015 fig. 7", "layer", log=False),
        "response-std": Probe("standard deviation of the responses", "He 2015 fig. 7", "layer"),
        "activation-mean": Probe(
            "mean of the activations", "Glorot & Bengio 2010 fig. 2", "layer", log=False
        ),
        "activation-std": Probe(
            "standard deviation of the activations", "Glorot & Bengio 2010 fig. 2", "layer"
        ),
        "dead": Probe("share of dead ReLUs", "Maas et al. 2013", "layer", log=False),
        "identity": Probe("gradient norm through the shortcut", "He 2016 eq. 5", "unit"),
        "branch": Probe("gradient norm through the branch", "He 2016 eq. 5", "unit"),
        "alignment": Probe("cosine between both parts", "He 2016 eq. 5", "unit", log=False),
        "gate": Probe("mean opening of the gate, g", "He 2016 §3.1", "unit", log=False),
    }
)
"""What is measured by layer and by unit; ``probes`` has the code of each key."""
