"""Who is guilty of degradation? ``judge`` gives a ``Judgement``, computed from what was measured.

What is to be explained is the excess: the deep network's training error less the shallow one's, at
equal steps. A test that changes something asks how much of the excess goes with the change. A test
that only looks (gradients) can show that something is there, which is no proof that it is the
cause, and its sentences say so. Each judgement is about one seed.

A run that diverged counts as an error of 100 %, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from resnet_core.specs import RunSpec
from resnet_core.specs.events import Event
from resnet_core.specs.plan import check_choice
from resnet_core.specs.sentence import Sentence
from resnet_core.specs.suspects import (
    AS_GOOD,
    CLEARED_SHARE,
    EXCESS,
    GUILTY_SHARE,
    SUSPECTS,
    SuspectStudy,
)
from resnet_core.studies.gradients import exploding, vanishing
from resnet_core.studies.judgement import Bar, Constructed, Finding, Judgement, percent, points
from resnet_core.studies.outcomes import outcome_of

_ROUNDING = 1e-9  # 0.03 - 0.02 is a little less than 0.01


def judge(
    study: SuspectStudy,
    key: str,
    events: Mapping[str, Sequence[Event]],
    constructed: Constructed | None = None,
) -> Judgement:
    """Judge one suspect.

    Args:
        study: The two networks.
        key: Of ``SUSPECTS``.
        events: What the runs of ``study.base`` and ``study.tests(key)`` have said, by digest.
        constructed: For ``capacity``: what was measured when the base had finished.

    Raises:
        SpecError: There is no such suspect.
    """
    check_choice("Suspect", key, SUSPECTS)
    base = [_bar(run, "", events) for run in study.base]
    missing = [run.network.name for run, bar in zip(study.base, base, strict=True) if bar is None]
    if missing:
        return Judgement(key, "unfinished", (_no_result(missing),))
    shallow, deep = (bar for bar in base if bar is not None)
    excess = deep.train_error - shallow.train_error
    if excess < EXCESS - _ROUNDING and not (key == "overfitting" and _tests_worse(shallow, deep)):
        judgement = _nothing_to_explain(key, shallow, deep)
    else:
        match key:
            case "overfitting":
                judgement = _overfitting(shallow, deep, excess)
            case "vanishing":
                judgement = vanishing(study, events)
            case "exploding":
                judgement = exploding(study, events)
            case "capacity":
                judgement = _capacity(constructed, deep)
            case _:
                judgement = _changed(study, key, shallow, deep, events)
    bars = (shallow, deep, *judgement.bars)
    return replace(judgement, bars=bars, said=(*judgement.said, *_diverged(bars)))


# --- what every test begins with ----------------------------------------------------------------


def _bar(run: RunSpec, setting: str, events: Mapping[str, Sequence[Event]]) -> Bar | None:
    outcome = outcome_of(run, events.get(run.digest, ()))
    if outcome.status == "diverged":
        return Bar(run.network.name, setting, 1.0, 1.0, diverged=True)
    if outcome.status != "completed" or outcome.train_error is None:
        return None
    return Bar(run.network.name, setting, outcome.train_error, outcome.test_error)


def _no_result(names: Sequence[str]) -> Sentence:
    return Sentence("Without a result so far: {runs}.", runs=", ".join(names))


def _diverged(bars: Sequence[Bar]) -> tuple[Sentence, ...]:
    names = [bar.full_name for bar in bars if bar.diverged]
    if not names:
        return ()
    return (Sentence("Diverged, and counted as 100 %: {runs}.", runs=", ".join(names)),)


def _nothing_to_explain(key: str, shallow: Bar, deep: Bar) -> Judgement:
    said = Sentence(
        "There is no degradation to explain: training error {deep_error} of {deep}, "
        "{shallow_error} of {shallow}.",
        **_both(shallow, deep),
    )
    return Judgement(key, "not decided", (said,))


def _both(shallow: Bar, deep: Bar) -> dict[str, str]:
    return {
        "shallow": shallow.name,
        "deep": deep.name,
        "shallow_error": percent(shallow.train_error),
        "deep_error": percent(deep.train_error),
    }


# --- tests that look at the base only -------------------------------------------------------------


def _tests_worse(shallow: Bar, deep: Bar) -> bool:
    if shallow.test_error is None or deep.test_error is None:
        return False
    return deep.test_error - shallow.test_error >= EXCESS - _ROUNDING


def _overfitting(shallow: Bar, deep: Bar, excess: float) -> Judgement:
    values = _both(shallow, deep) | {
        "shallow_test": percent(shallow.test_error),
        "deep_test": percent(deep.test_error),
    }
    if excess >= EXCESS - _ROUNDING:
        said = Sentence(
            "{deep} is worse on the images it was trained on: {deep_error}, against "
            "{shallow_error} of {shallow}. Overfitting would lower this error and raise only the "
            "test error (here {deep_test}, against {shallow_test}).",
            **values,
        )
        return Judgement("overfitting", "cleared", (said,))
    said = Sentence(
        "{deep} is as good on the images it was trained on ({deep_error}, against {shallow_error} "
        "of {shallow}), and worse on test images: {deep_test}, against {shallow_test}.",
        **values,
    )
    return Judgement("overfitting", "guilty", (said,))


# --- tests that change something ------------------------------------------------------------------


def _changed(
    study: SuspectStudy,
    key: str,
    shallow: Bar,
    deep: Bar,
    events: Mapping[str, Sequence[Event]],
) -> Judgement:
    runs = study.tests(key)
    settings = [_setting(key, run) for run in runs]
    found = [_bar(run, setting, events) for run, setting in zip(runs, settings, strict=True)]
    bars = tuple(bar for bar in found if bar is not None)
    if len(bars) < len(runs):
        missing = [
            f"{run.network.name} ({setting})"
            for run, setting, bar in zip(runs, settings, found, strict=True)
            if bar is None
        ]
        return Judgement(key, "unfinished", (_no_result(missing),), bars)
    excess = deep.train_error - shallow.train_error
    if key == "steps":
        new_shallow, new_deep = bars
        left = new_deep.train_error - new_shallow.train_error
        values = {
            **_both(new_shallow, new_deep),
            "steps": new_deep.setting,
            "before": study.train.steps,
            "excess": points(excess),
            "left": points(left),
        }
        if left > excess:
            said = Sentence(
                "After {steps} steps instead of {before}: {deep_error} of {deep}, {shallow_error} "
                "of {shallow}. The excess has grown from {excess} to {left} percentage points.",
                **values,
            )
        else:
            said = Sentence(
                "After {steps} steps instead of {before}: {deep_error} of {deep}, {shallow_error} "
                "of {shallow}. Of an excess of {excess} percentage points, {left} are left.",
                **values,
            )
    else:
        best = min(bars, key=lambda bar: bar.train_error)
        left = best.train_error - shallow.train_error
        said = _best(key, best, shallow, deep, 1 - left / excess)
    share = 1 - left / excess
    finding: Finding = "not decided"
    if share >= GUILTY_SHARE - _ROUNDING:
        finding = "guilty"
    elif share <= CLEARED_SHARE + _ROUNDING:
        finding = "cleared"
    return Judgement(key, finding, (said,), bars, share=share)


def _setting(key: str, run: RunSpec) -> str:
    match key:
        case "initialisation":
            return run.network.initialisation
        case "normalisation":
            return run.network.normalisation
        case "learning-rate":
            return f"{run.train.learning_rate:g}"
        case _:
            return f"{run.train.steps}"


def _best(key: str, best: Bar, shallow: Bar, deep: Bar, share: float) -> Sentence:
    values = _both(shallow, deep) | {
        "best": best.setting,
        "error": percent(best.train_error),
        "share": f"{100 * share:.0f} %",
    }
    worse = best.train_error >= deep.train_error
    match key, best.setting, worse:
        case "normalisation", "none", True:
            return Sentence(
                "{deep} has BN, and without it does no better: {error} instead of {deep_error}.",
                **values,
            )
        case "normalisation", "none", False:
            return Sentence(
                "{deep} has BN, and is better without it: {error} instead of {deep_error}. That "
                "removes {share} of the excess over {shallow}.",
                **values,
            )
        case "normalisation", _, True:
            return Sentence(
                "{deep} has no normalisation, and with BN does no better: {error} instead of "
                "{deep_error}.",
                **values,
            )
        case "normalisation", _, False:
            return Sentence(
                "{deep} has no normalisation, and is better with BN: {error} instead of "
                "{deep_error}. That removes {share} of the excess over {shallow}.",
                **values,
            )
        case _, _, True:
            return Sentence(
                "None of the others does better: the best of them, {best}, gives {error}, the "
                "study's own {deep_error}.",
                **values,
            )
    return Sentence(
        "The best of the others, {best}, gives {error} instead of {deep_error}. That removes "
        "{share} of the excess over {shallow} ({shallow_error}).",
        **values,
    )


def _capacity(constructed: Constructed | None, deep: Bar) -> Judgement:
    if constructed is None:
        said = Sentence("The constructed solution has not been measured so far.")
        return Judgement("capacity", "unfinished", (said,))
    values = {
        "constructed": percent(constructed.deep_error),
        "shallow_error": percent(constructed.shallow_error),
        "difference": f"{constructed.largest_difference:.1e}",
        "images": constructed.images,
    }
    bars = (Bar(deep.name, "constructed", constructed.deep_error),)
    if constructed.deep_error <= constructed.shallow_error + AS_GOOD + _ROUNDING:
        said = Sentence(
            "The shallow network with identity layers added is as deep as the deep one, and as "
            "good as the shallow one: {constructed}, against {shallow_error}, of {images} training "
            "images (no logit differs by more than {difference}). Such weights exist; training did "
            "not find them.",
            **values,
        )
        return Judgement("capacity", "cleared", (said,), bars)
    # One construction that fails convicts nobody: there may be others.
    said = Sentence(
        "The constructed solution came out worse than the network it was made from: "
        "{constructed}, against {shallow_error}, of {images} training images. That proves nothing "
        "about others.",
        **values,
    )
    return Judgement("capacity", "not decided", (said,), bars)
