"""Do gradients vanish or explode toward the bottom? Two suspects, judged by ``stages``.

Both tests only look. What they find is there, or is not; whether it is the cause, the tests that
change something must say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.suspects import SAME_SIZE, VANISHED, SuspectStudy
from resnet_core.studies.judgement import Curve, Finding, Judgement, times
from resnet_core.studies.stages import StageRatios, stage_ratios


def vanishing(study: SuspectStudy, events: Mapping[str, Sequence[Event]]) -> Judgement:
    """Judge by the deep network's gradients; see the row of ``SUSPECTS``."""
    _, run = study.base
    found = stage_ratios(run, events.get(run.digest, ()))
    if not found.ratios:
        return Judgement("vanishing", "not decided", (_no_gradients(run),))
    values = _ratio_values(run, found)
    finding: Finding = "not decided"
    said = Sentence(
        "In {name} the first stage's gradient is {start} times the last stage's at step {step}, "
        "and {median} times at the median of {count} probed steps: smaller, but not vanished.",
        **values,
    )
    if found.median <= 1 / VANISHED:
        finding = "guilty"
        said = Sentence(
            "Vanished: in {name} the first stage's gradient is {start} times the last stage's at "
            "step {step}, and {median} times at the median of {count} probed steps. That it is so "
            "does not prove that it is the cause.",
            **values,
        )
    elif found.start >= 1 / SAME_SIZE and found.median >= 1 / SAME_SIZE:
        finding = "cleared"
        said = Sentence(
            "In {name} the first stage's gradient is {start} times the last stage's at step "
            "{step}, and {median} times at the median of {count} probed steps: not vanished.",
            **values,
        )
    notes = []
    if found.start >= SAME_SIZE:
        notes.append(
            Sentence("At first they are larger toward the bottom: they explode, if anything.")
        )
    if found.zeros:
        notes.append(
            Sentence(
                "At {zeros} of {count} probed steps a gradient of the first stage is exactly zero: "
                "too small for float32, or nothing arrives.",
                zeros=found.zeros,
                count=len(found.ratios),
            )
        )
    return Judgement(
        "vanishing", finding, (said, *notes, *_left_out(found)), curves=_curves((run, found))
    )


def exploding(study: SuspectStudy, events: Mapping[str, Sequence[Event]]) -> Judgement:
    """Judge by the gradients of both networks; see the row of ``SUSPECTS``."""
    shallow_run, run = study.base
    shallow = stage_ratios(shallow_run, events.get(shallow_run.digest, ()))
    found = stage_ratios(run, events.get(run.digest, ()))
    for one_run, one in ((shallow_run, shallow), (run, found)):
        if not one.ratios:
            return Judgement("exploding", "not decided", (_no_gradients(one_run),))
    at_start = _exploded(found.start, shallow.start)
    at_median = _exploded(found.median, shallow.median)
    values = _ratio_values(run, found) | {
        "shallow": shallow_run.network.name,
        "shallow_start": times(shallow.start),
        "shallow_median": times(shallow.median),
    }
    finding: Finding
    if at_start and at_median:
        finding = "guilty"
        said = Sentence(
            "Exploding toward the bottom: in {name} the first stage's gradient is {start} times "
            "the last stage's at step {step}, and {median} times at the median of {count} probed "
            "steps; in {shallow} {shallow_start} and {shallow_median} times. That it is so does "
            "not prove that it is the cause.",
            **values,
        )
    elif not at_start and not at_median:
        finding = "cleared"
        said = Sentence(
            "In {name} the first stage's gradient is {start} times the last stage's at step "
            "{step}, and {median} times at the median of {count} probed steps; in {shallow} "
            "{shallow_start} and {shallow_median} times: not exploding.",
            **values,
        )
    elif at_start:
        finding = "not decided"
        said = Sentence(
            "Exploding toward the bottom at first, and not for long: in {name} the first stage's "
            "gradient is {start} times the last stage's at step {step}, and {median} times at the "
            "median of {count} probed steps; in {shallow} {shallow_start} and {shallow_median} "
            "times. Whether the first steps do the harm, this test cannot say.",
            **values,
        )
    else:
        finding = "not decided"
        said = Sentence(
            "Exploding toward the bottom later on, not at first: in {name} the first stage's "
            "gradient is {start} times the last stage's at step {step}, and {median} times at the "
            "median of {count} probed steps; in {shallow} {shallow_start} and {shallow_median} "
            "times. Whether that does the harm, or comes of it, this test cannot say.",
            **values,
        )
    return Judgement(
        "exploding",
        finding,
        (said, *_left_out(found)),
        curves=_curves((shallow_run, shallow), (run, found)),
    )


def _exploded(deep: float, shallow: float) -> bool:
    return deep >= SAME_SIZE and deep >= SAME_SIZE * shallow


def _ratio_values(run: RunSpec, found: StageRatios) -> dict[str, str | int]:
    return {
        "name": run.network.name,
        "start": times(found.start),
        "median": times(found.median),
        "step": found.steps[0],
        "count": len(found.steps),
    }


def _no_gradients(run: RunSpec) -> Sentence:
    return Sentence(
        "There is nothing to compare: at no probed step were all gradients of {name} finite "
        "numbers.",
        name=run.network.name,
    )


def _left_out(found: StageRatios) -> tuple[Sentence, ...]:
    if not found.left_out:
        return ()
    return (
        Sentence(
            "Left out: {count} probed steps with a gradient that is no finite number.",
            count=found.left_out,
        ),
    )


def _curves(*runs: tuple[RunSpec, StageRatios]) -> tuple[Curve, ...]:
    return tuple(Curve(run.network.name, found.steps[0], found.first) for run, found in runs)
