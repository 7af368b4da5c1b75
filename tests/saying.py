"""What a run says, made up: as many steps as a test wants."""

from __future__ import annotations

from resnet_core.specs.events import EvaluationCompleted, RunCompleted, RunStarted, StepsCompleted


def started() -> RunStarted:
    return RunStarted(
        device="cpu",
        device_name="A processor",
        threads=1,
        parameters=10,
        train_images=1437,
        test_images=360,
        versions={"python": "3.11"},
    )


def steps(step: int, *, seconds: float | None = None, error: float = 0.5) -> StepsCompleted:
    taken = step / 10 if seconds is None else seconds
    return StepsCompleted(step=step, losses=(2.0, 1.0), errors=(error, error), seconds=taken)


def evaluated(
    step: int, *, train_error: float = 0.1, test_error: float = 0.2
) -> EvaluationCompleted:
    return EvaluationCompleted(
        step=step,
        train_error=train_error,
        train_loss=0.3,
        test_error=test_error,
        test_loss=0.4,
        seconds=step / 10,
    )


def completed(step: int) -> RunCompleted:
    return RunCompleted(step=step, seconds=step / 10, images_per_second=1280.0)
