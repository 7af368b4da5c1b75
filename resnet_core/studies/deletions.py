"""What did deleting each unit of a network give, and in what do two such networks differ?

A comparison of a residual network and a plain one says what shortcuts do only where nothing else
differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.specs.data import DataSpec
from resnet_core.specs.network import NetworkSpec
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.training import TrainSpec


@dataclass(frozen=True)
class Deletions:
    """The errors of one network, each unit deleted by itself.

    Attributes:
        network: Its plan.
        intact: Error without any lesion, a fraction, as all errors here.
        errors: One a unit, in the order of units.
        images: Classified each time.
        label: What it is called, where its name alone does not tell it from others; else empty.
        train: How it was trained, where that is known.
        data: On what it was trained, where that is known.
    """

    network: NetworkSpec
    intact: float
    errors: tuple[float, ...]
    images: int
    label: str = ""
    train: TrainSpec | None = None
    data: DataSpec | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.label or self.network.name

    @property
    def costs(self) -> tuple[float, ...]:
        """What each deletion adds to the error; below 0 where the network does better without."""
        return tuple(error - self.intact for error in self.errors)


def differences(residual: Deletions, plain: Deletions) -> list[Sentence]:
    """Say in what two networks differ beside their join and what goes with it.

    Shortcut, order and initialisation may differ: a plain network cannot have them all.
    """
    one, other = residual.network, plain.network
    values = {"residual": residual.name, "plain": plain.name}
    said = []
    if one.depth != other.depth:
        said.append(
            Sentence(
                "They differ in depth: {residual} has {one} layers and {plain} has {other}.",
                **values,
                one=one.depth,
                other=other.depth,
            )
        )
    if one.width != other.width:
        said.append(
            Sentence(
                "They differ in width: {residual} has {one} and {plain} has {other}.",
                **values,
                one=one.width,
                other=other.width,
            )
        )
    if (one.family, one.block) != (other.family, other.block):
        said.append(Sentence("Their units are built of other layers."))
    if (one.activation, one.normalisation) != (other.activation, other.normalisation):
        said.append(Sentence("They differ in activation or normalisation."))
    if one.survival < 1 or one.active or one.branch_dropout or one.shortcut == "dropout":
        said.append(
            Sentence(
                "While {residual} was trained, some of it was left out at random; of {plain} "
                "nothing was.",
                **values,
            )
        )
    return said + _trained_apart(residual, plain)


def _trained_apart(residual: Deletions, plain: Deletions) -> list[Sentence]:
    """Say in what two trainings differ, as far as they are known."""
    one, other = residual.train, plain.train
    values = {"residual": residual.name, "plain": plain.name}
    said = []
    if residual.data != plain.data:
        said.append(Sentence("They were trained on other images."))
    if one is None or other is None:
        return said
    if one.steps != other.steps:
        said.append(
            Sentence(
                "They were not trained as long: {residual} for {one} steps and {plain} for "
                "{other}.",
                **values,
                one=one.steps,
                other=other.steps,
            )
        )
    if one.seed != other.seed:
        said.append(
            Sentence(
                "They differ in training seed: {residual} has {one} and {plain} has {other}.",
                **values,
                one=one.seed,
                other=other.seed,
            )
        )
    # How often a training was looked at does not change it.
    same = {name: getattr(other, name) for name in ("steps", "seed", "evaluations", "probes")}
    if one.model_copy(update=same) != other:
        said.append(Sentence("They differ in how the weights were fitted."))
    return said
