"""Who is guilty of degradation? The suspects, what would convict each, and the runs it takes.

A plain network that is deeper has a higher training error (He 2015 §1). Each row of ``SUSPECTS`` is
an explanation that somebody will offer, with the test that would convict it and its threshold. The
sentences and the verdicts (``studies.suspects``) read the same constants, so that a page cannot
promise one thing and compute another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import model_validator

from resnet_core.errors import SpecError
from resnet_core.specs.choices import NORMALISATIONS
from resnet_core.specs.data import DataSpec
from resnet_core.specs.families import MIN_DEPTH
from resnet_core.specs.network import NetworkSpec, cifar_depths
from resnet_core.specs.plan import Plan, check_between, check_choice
from resnet_core.specs.run import RunSpec
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.training import PROBED, TrainSpec

EXCESS = 0.01
"""The smallest excess of an error that needs an explanation: one percentage point, as everywhere
(``studies.verdicts.SMALLEST``; a test holds the two together)."""

SAME_SIZE = 10
"""Gradients within this factor are of the same size, either way. Networks that learn well have such
factors: in plain-20 on digits, which ends at 0 %, the first stage starts with 3 times the gradient
of the last."""

VANISHED = 1000
"""Below 1 over this a gradient has vanished: with a learning rate that suits the last stage the
first one moves by less than a thousandth of what it should. Between 1/10 and 1/1000 is no man's
land: weaker, and not gone."""

GUILTY_SHARE, CLEARED_SHARE = 1 / 2, 1 / 4
"""Shares of the excess that a change removes. What chance gives: five seeds of plain-56 on digits
end at 38 to 56 %, a standard deviation of an eighth of the excess; the best of three others that
differ by chance alone then removes 11 ± 16 %. A quarter is within that. Half is more than two
standard deviations beyond it, and most of what is to be explained."""

MORE_STEPS = 3
"""Times as many steps: what He 2015 §4.1 tried (in a footnote), and degradation stayed."""

RATES = (0.1, 0.3, 3.0)
"""Times the learning rate: half a power of ten apart, and mostly down, where the rate of a deeper
network is looked for (He 2015 §4.2 starts 110 layers at a tenth)."""

OTHER_INITIALISATIONS = ("xavier", "small", "large")
"""Those that a plain network can have, other than He's."""

AS_GOOD = 0.001
"""Above the shallow network's error, for what float32 rounding does to a few images."""


@dataclass(frozen=True)
class Suspect:
    """One explanation for degradation.

    Attributes:
        label: Its name.
        test: What is measured.
        threshold: What would convict it, and what would clear it.
        source: Who names it, or measured it.
        shows: What its test can show at most: that it is the ``cause``, since something was changed
            and the error with it; or its ``presence``, which is no proof.
    """

    label: Sentence
    test: Sentence
    threshold: Sentence
    source: str
    shows: Literal["cause", "presence"] = "cause"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


_SHARE: dict[str, Any] = {"guilty": _percent(GUILTY_SHARE), "cleared": _percent(CLEARED_SHARE)}

SUSPECTS: Mapping[str, Suspect] = MappingProxyType(
    {
        "overfitting": Suspect(
            Sentence("overfitting"),
            Sentence("Training error against test error, of both networks."),
            Sentence(
                "Cleared when the deep network's training error is at least {excess} percentage "
                "point above the shallow one's: overfitting would lower it. Guilty when it is not, "
                "and the test error is.",
                excess=f"{100 * EXCESS:g}",
            ),
            "He 2015 §1",
        ),
        "vanishing": Suspect(
            Sentence("vanishing gradients"),
            Sentence(
                "Gradient norms by layer while the deep network trains: its first stage's over its "
                "last stage's."
            ),
            Sentence(
                "Guilty when at most 1/{vanished} at the median of the probed steps; cleared when "
                "at least 1/{same} at the first of them and at the median.",
                vanished=VANISHED,
                same=SAME_SIZE,
            ),
            "Hochreiter 1991; He 2015 §4.1",
            shows="presence",
        ),
        "exploding": Suspect(
            Sentence("exploding gradients"),
            Sentence(
                "Gradient norms by layer while both networks train: the first stage's over the "
                "last stage's."
            ),
            Sentence(
                "Guilty when at least {same}, and {same} times the shallow network's, at the first "
                "probed step and at the median; cleared when at neither.",
                same=SAME_SIZE,
            ),
            "Yang et al. 2019, arXiv:1902.08129",
            shows="presence",
        ),
        "initialisation": Suspect(
            Sentence("bad initialisation"),
            Sentence("The deep network from three other initialisations, all else the same."),
            Sentence(
                "Guilty when the best of them removes at least {guilty} of the excess; cleared at "
                "{cleared} or less.",
                **_SHARE,
            ),
            "Glorot & Bengio 2010; He et al. 2015b",
        ),
        "normalisation": Suspect(
            Sentence("no normalisation"),
            Sentence("The deep network with BN where it had none, without BN where it had it."),
            Sentence(
                "Guilty when that removes at least {guilty} of the excess; cleared at {cleared} or "
                "less.",
                **_SHARE,
            ),
            "Ioffe & Szegedy 2015",
        ),
        "learning-rate": Suspect(
            Sentence("learning rate"),
            Sentence(
                "The deep network at {rates} times the learning rate, against the shallow one at "
                "the rate as it is.",
                rates=", ".join(f"{rate:g}" for rate in RATES),
            ),
            Sentence(
                "Guilty when the best of them removes at least {guilty} of the excess; cleared at "
                "{cleared} or less.",
                **_SHARE,
            ),
            "He 2015 §4.2",
        ),
        "steps": Suspect(
            Sentence("too few steps"),
            Sentence("Both networks with {times} times the steps.", times=MORE_STEPS),
            Sentence(
                "Guilty when that removes at least {guilty} of the excess; cleared at {cleared} or "
                "less.",
                **_SHARE,
            ),
            "He 2015 §4.1",
        ),
        "capacity": Suspect(
            Sentence("too little capacity"),
            Sentence(
                "The constructed solution: the trained shallow network, with identity layers added "
                "until it is as deep as the deep one. Not trained any more."
            ),
            Sentence(
                "Cleared when its training error, in evaluation mode, is at most {as_good} "
                "percentage points above the shallow network's: the deep network can do as well.",
                as_good=f"{100 * AS_GOOD:g}",
            ),
            "He 2015 §1",
        ),
    }
)
"""Explanations by key, in the order in which they are usually offered."""


class SuspectStudy(Plan):
    """Two plain networks, and what else it takes to say why the deeper one is worse.

    Attributes:
        shallow: Depth of the network that does well, on CIFAR's plan: 6n+2.
        deep: Of the one that degrades.
        width: Channels of the first stage.
        normalisation: Of both, a key of ``NORMALISATIONS``.
        train: Of both; needs probes, which the gradient tests read.
    """

    shallow: int = 20
    deep: int = 56
    width: int = 8
    normalisation: str = "batch"
    data: DataSpec = DataSpec()
    train: TrainSpec = TrainSpec(probes=PROBED)

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_choice("Normalisation", self.normalisation, NORMALISATIONS)
        for depth in (self.shallow, self.deep):
            self.network(depth)
        if self.deep == MIN_DEPTH:
            raise SpecError(
                "{deep} layers were asked for as the deep network, but no network has fewer: from "
                "{lowest} on, with a shallow one below it, would be right.",
                deep=self.deep,
                lowest=cifar_depths()[1],
            )
        if self.shallow >= self.deep:
            raise SpecError(
                "{deep} layers were asked for as the deep network and {shallow} as the shallow "
                "one, but the deep one must be deeper: a shallow one below {deep} would be right.",
                deep=self.deep,
                shallow=self.shallow,
            )
        # The tests ask for more than the plan does, and must be plans themselves.
        check_between("Steps", self.train.steps, 1, 1_000_000 // MORE_STEPS)
        check_between("Learning rate", self.train.learning_rate, 1e-5, 33)
        check_between("Probes", self.train.probes, 1, 1000)
        return self

    def network(self, depth: int, **changes: str) -> NetworkSpec:
        """Give a network of this study, with other settings where a test has them."""
        settings = {"normalisation": self.normalisation, **changes}
        return NetworkSpec(depth=depth, join="plain", width=self.width, **settings)

    @property
    def base(self) -> tuple[RunSpec, RunSpec]:
        """The shallow run and the deep one, at equal steps; every test needs both."""
        shallow, deep = (
            RunSpec(network=self.network(depth), data=self.data, train=self.train)
            for depth in (self.shallow, self.deep)
        )
        return shallow, deep

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """All there are: the base, then what each suspect's test adds (``tests``)."""
        return tuple(dict.fromkeys((*self.base, *(r for key in SUSPECTS for r in self.tests(key)))))

    def tests(self, key: str) -> tuple[RunSpec, ...]:
        """Give the runs that a suspect's test needs besides ``base``, in the order of its figure.

        None for overfitting and gradients, which read ``base``, and for capacity, which needs the
        weights that the shallow run has left.

        The yardstick is always the excess at the study's own settings. For the learning rate that
        means the shallow network at the study's rate: the question is whether the deep network,
        with the best of four rates, gets to where the shallow one is with the first that was tried.
        That favours conviction; a rate that is cleared so is cleared.

        Raises:
            SpecError: There is no such suspect.
        """
        check_choice("Suspect", key, SUSPECTS)
        match key:
            case "initialisation":
                return tuple(
                    self._run(self.network(self.deep, initialisation=other))
                    for other in OTHER_INITIALISATIONS
                )
            case "normalisation":
                other = "none" if self.normalisation == "batch" else "batch"
                return (self._run(self.network(self.deep, normalisation=other)),)
            case "learning-rate":
                return tuple(
                    self._run(self.network(self.deep), learning_rate=rate) for rate in self.rates
                )
            case "steps":
                return tuple(
                    self._run(self.network(depth), steps=MORE_STEPS * self.train.steps)
                    for depth in (self.shallow, self.deep)
                )
        return ()

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates of that suspect's test."""
        # 0.1 · 0.1 is 0.010000000000000002: another plan than that of whoever asks for 0.01
        return tuple(float(f"{rate * self.train.learning_rate:.12g}") for rate in RATES)

    def _run(self, network: NetworkSpec, **changes: float) -> RunSpec:
        train = TrainSpec.model_validate({**self.train.model_dump(), "probes": 0, **changes})
        return RunSpec(network=network, data=self.data, train=train)
