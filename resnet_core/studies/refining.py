"""Do units refine one representation? Verdicts on how much each changes the signal: computed.

The rival reading of a residual network: its units do not make new representations but refine one,
each changing it little (Greff et al. 2017, arXiv:1612.07771); mostly those after the first few of a
stage (Jastrzębski et al. 2018, arXiv:1710.04773). Then the first unit of each stage changes the
signal most, later ones little, and the last ones could be left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from resnet_core.specs.sentence import Sentence
from resnet_core.studies.judgement import percent

LITTLE = 0.25
"""‖F‖ of less than this share of ‖h‖ counts as little: our line, no paper's."""

NEAR = 0.01
"""An early exit with at most so much more error is as good as the whole: our line, too."""

CLEAR = 1.2
"""The first unit of a stage stands out clearly if its ‖F‖/‖h‖ is so many times the highest of the
others: a fifth more, which one network and a few hundred images do not give by a hair's breadth.
Our line, as well."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Refining:
    """What each unit does to the signal; see ``lesions.refinement``.

    Attributes:
        name: Of the network.
        stages: Of each unit, from 1.
        branches: ‖F‖ / ‖h‖ of each unit; None where it is no number.
        exit_units: Units after which the network's own head reads the signal.
        exit_errors: What it gets wrong there, fractions; the last is the network's error.
    """

    name: str
    stages: tuple[int, ...]
    branches: tuple[float | None, ...]
    exit_units: tuple[int, ...]
    exit_errors: tuple[float, ...]

    def by_stage(self) -> Mapping[int, tuple[float, ...]]:
        """Give the ratios of each stage's units, where all of them are numbers."""
        found: dict[int, list[float]] = {}
        for stage, ratio in zip(self.stages, self.branches, strict=True):
            found.setdefault(stage, []).append(math.nan if ratio is None else ratio)
        return {
            stage: tuple(ratios)
            for stage, ratios in found.items()
            if not any(math.isnan(ratio) for ratio in ratios)
        }


def refining_verdict(found: Refining) -> tuple[Sentence, ...]:
    """Say whether first units change the signal most, later ones little, and what the last add."""
    stages = {stage: row for stage, row in found.by_stage().items() if len(row) > 1}
    said = [_firsts(stages), _later(stages)] if stages else []
    if len(found.exit_units) > 1:
        said.append(_exits(found))
    return tuple(said)


def _firsts(stages: Mapping[int, Sequence[float]]) -> Sentence:
    """Say in which stages the first unit stands out clearly, in which hardly, in which not."""
    ahead = {
        stage: row[0] / max(row[1:]) if max(row[1:]) else math.inf for stage, row in stages.items()
    }
    clear = [stage for stage, times in ahead.items() if times >= CLEAR - _ROUNDING]
    others = [stage for stage, times in ahead.items() if times <= 1]
    hardly = [stage for stage in stages if stage not in clear and stage not in others]
    values = {
        "clear": ", ".join(map(str, clear)),
        "hardly": ", ".join(map(str, hardly)),
        "others": ", ".join(map(str, others)),
        "margin": f"{100 * (CLEAR - 1):.0f} %",
        "numbers": "; ".join(
            f"{row[0]:.2f} {'≤' if stage in others else '>'} {max(row[1:]):.2f}"
            for stage, row in stages.items()
        ),
    }
    if not hardly and not others:
        return Sentence(
            "In every stage the first unit clearly changes the signal most, as refinement would "
            "have it: ‖F‖/‖h‖ of the first against the highest of the others, stage by stage: "
            "{numbers}.",
            **values,
        )
    if clear and not others:
        return Sentence(
            "The first unit clearly changes the signal most in stage {clear}, as refinement would "
            "have it, but hardly more than another in stage {hardly} (by less than {margin}, our "
            "line): ‖F‖/‖h‖ of the first against the highest of the others, stage by stage: "
            "{numbers}.",
            **values,
        )
    if clear and hardly:
        return Sentence(
            "The first unit clearly changes the signal most in stage {clear}, hardly more than "
            "another in stage {hardly} (by less than {margin}, our line), and not in stage "
            "{others}, against refinement: ‖F‖/‖h‖ of the first against the highest of the others, "
            "stage by stage: {numbers}.",
            **values,
        )
    if clear:
        return Sentence(
            "The first unit clearly changes the signal most in stage {clear}, but not in stage "
            "{others}, against refinement: ‖F‖/‖h‖ of the first against the highest of the others, "
            "stage by stage: {numbers}.",
            **values,
        )
    if hardly:
        return Sentence(
            "In no stage the first unit clearly changes the signal most (by {margin} or more, our "
            "line), though refinement would have it: ‖F‖/‖h‖ of the first against the highest of "
            "the others, stage by stage: {numbers}.",
            **values,
        )
    return Sentence(
        "In no stage the first unit changes the signal most, against refinement: ‖F‖/‖h‖ of the "
        "first against the highest of the others, stage by stage: {numbers}.",
        **values,
    )


def _later(stages: Mapping[int, Sequence[float]]) -> Sentence:
    ratios = [ratio for row in stages.values() for ratio in row[1:]]
    little = sum(ratio < LITTLE for ratio in ratios)
    values = {
        "little": little,
        "count": len(ratios),
        "line": f"{LITTLE:g}",
        "median": f"{median(ratios):.2f}",
        "low": f"{min(ratios):.2f}",
        "high": f"{max(ratios):.2f}",
    }
    if little == len(ratios):
        return Sentence(
            "All {count} later units change it little (below {line}, our line): {low} to {high}, "
            "median {median}.",
            **values,
        )
    if not little:
        return Sentence(
            "None of the {count} later units changes it little (below {line}, our line), against "
            "pure refinement: {low} to {high}, median {median}.",
            **values,
        )
    if 2 * little > len(ratios):
        return Sentence(
            "Of the {count} later units {little} change it little (below {line}, our line), most "
            "but not all: {low} to {high}, median {median}.",
            **values,
        )
    return Sentence(
        "Of the {count} later units only {little} change it little (below {line}, our line), "
        "against pure refinement: {low} to {high}, median {median}.",
        **values,
    )


def _exits(found: Refining) -> Sentence:
    whole = found.exit_errors[-1]
    # From here to the end every exit is about as good: one lucky exit among bad ones is not enough.
    spare = 0
    for error in reversed(found.exit_errors[:-1]):
        if error > whole + NEAR + _ROUNDING:
            break
        spare += 1
    values = {
        "first": percent(found.exit_errors[0]),
        "whole": percent(whole),
        "spare": spare,
        "count": len(found.exit_errors),
        "points": f"{100 * NEAR:g}",
    }
    if spare:
        return Sentence(
            "After the first unit of the last stage the head reads the signal with {first} error, "
            "after the last with {whole}. The last {spare} of its {count} units could be left out "
            "for at most {points} point of error.",
            **values,
        )
    return Sentence(
        "After the first unit of the last stage the head reads the signal with {first} error, "
        "after the last with {whole}. Not even the last of its {count} units could be left out for "
        "{points} point of error: against refinement that changes little.",
        **values,
    )
