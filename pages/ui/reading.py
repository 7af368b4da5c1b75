"""What does a figure say, in a sentence? Computed from the data; also its text alternative."""

from __future__ import annotations

from collections.abc import Sequence

from pages.ui.history import History
from pages.ui.live import study_points
from pages.ui.translate import Translate
from resnet_core.execute.client import Cost
from resnet_core.specs.events import RunDiverged
from resnet_core.studies import Outcome, Verdict, verdicts


def degradation_verdict(outcomes: Sequence[Outcome], images: int, t: Translate) -> str:
    """Say whether deeper was worse, for plain and for residual networks."""
    found = verdicts(outcomes, images)
    return " ".join(_verdict(found[join], t) for join in ("plain", "residual") if join in found)


def _verdict(verdict: Verdict, t: Translate) -> str:
    names = {"plain": t("Plain"), "residual": t("Residual")}
    values = {
        "join": names[verdict.join],
        "shallow": verdict.shallow,
        "deep": verdict.deep,
        "a": _percent(verdict.shallow_train),
        "b": _percent(verdict.deep_train),
        "seeds": verdict.seeds,
    }
    match verdict.kind:
        case "degradation":
            said = t(
                "**{join}: degradation.** Higher training error at {deep} layers ({b}) than at "
                "{shallow} ({a}).",
                **values,
            )
            # Overfitting is a training error that falls while the test error rises.
            said += " " + t("The training error itself is higher: this is not overfitting.")
            if verdict.test_rose:
                said += " " + t("The test error rose too.")
        case "no degradation":
            said = t(
                "**{join}: no degradation.** Training error {a} at {shallow} layers, {b} at "
                "{deep}.",
                **values,
            )
        case "no difference shown":
            said = t(
                "**{join}: no difference shown yet.** Training error {a} at {shallow} layers, {b} "
                "at {deep}: more seeds would tell.",
                **values,
            )
        case "diverged":
            said = t(
                "**{join}: a run diverged** (its loss is no longer a number): there is no error to "
                "compare at {shallow} or {deep} layers.",
                **values,
            )
        case _:
            said = t("**{join}:** not finished yet.", **values)
    return said


def depth_figure(histories: Sequence[History], t: Translate) -> str:
    """Describe the error-against-depth figure for those who do not see it."""
    names = {"plain": t("plain"), "residual": t("residual")}
    rows = []
    for point in sorted(study_points(histories), key=lambda p: (p.join, p.depth)):
        errors = [error for error in point.errors_train if error is not None]
        if errors:
            rows.append(f"{names[point.join]}-{point.depth} {_percent(sum(errors) / len(errors))}")
    if not rows:
        return t("Error against depth: no run has finished yet.")
    return t("Training error against depth: {rows}.", rows=", ".join(rows))


def race(histories: Sequence[History], t: Translate) -> str:
    """Say how two networks stand against each other, at the last evaluation of both."""
    rows = []
    for history in histories:
        name = history.run.network.name
        if isinstance(history.ended, RunDiverged):
            rows.append(
                t(
                    "{name} diverged at step {step}: its loss is no longer a number.",
                    name=name,
                    step=history.ended.step,
                )
            )
        elif history.evaluations:
            last = history.evaluations[-1]
            rows.append(
                t(
                    "{name}: training error {train}, test error {test} after step {step}.",
                    name=name,
                    train=_percent(last.train_error),
                    test=_percent(last.test_error),
                    step=last.step,
                )
            )
    return " ".join(rows)


def costs(cost: Cost, t: Translate) -> str:
    """Say what a run has and costs, in three short lines."""
    return t(
        "**{parameters}** parameters  \n{multiply_adds} M multiply-adds  \n"
        "about {time}, {memory} MB",
        parameters=f"{cost.parameters:,}",
        multiply_adds=f"{cost.multiply_adds / 1e6:.2f}",
        time=duration(cost.seconds, t),
        memory=f"{cost.memory_bytes / 2**20:.0f}",
    )


def duration(seconds: float, t: Translate) -> str:
    """Say a time as people do."""
    if seconds < 100:
        return t("{seconds} s", seconds=max(1, round(seconds)))
    if seconds < 6000:
        return t("{minutes} min", minutes=round(seconds / 60))
    return t("{hours} h", hours=round(seconds / 3600, 1))


def _percent(error: float | None) -> str:
    return "–" if error is None else f"{100 * error:.1f} %"
