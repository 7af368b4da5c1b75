"""Which lesions the figures need, and what is written of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from io import StringIO

import pytest

from pages.ui import cut_drawn, cut_plans, trained
from pages.ui.asking import Cut
from pages.ui.cut_measuring import Measuring, Task
from pages.ui.cut_plans import Dice
from pages.ui.trained import Subject
from pages.ui.translate import translator
from resnet_core.specs import NetworkSpec
from resnet_core.specs.lesion import Lesion, kendall_tau
from tests.browsing import wait_until

t = translator("en")

RESIDUAL, PLAIN = trained.subject("residual-20"), trained.subject("plain-20")
DEEP = trained.subject("residual-56")
DICE = Dice(draws=3, seed=7)


def answers(of: Subject, lesions: Sequence[Lesion]) -> list[Cut]:
    return [Cut((1 + len(one.deleted)) / 20, None, (0.0,) * 10, 360) for one in lesions]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Measure tasks without a lab."""
    measuring = Measuring(answers)
    monkeypatch.setattr(cut_plans, "measuring", measuring)

    def measure(*tasks: Task) -> None:
        measuring.want("a test", tasks)
        wait_until(lambda: not any(map(measuring.missing, tasks)))

    return measure


@pytest.mark.parametrize(
    ("depth", "numbers"), [(8, (1,)), (14, (1, 2)), (20, (1, 2, 4)), (56, (1, 2, 4, 8))]
)
def test_up_to_half_of_the_units_are_deleted_at_once(depth: int, numbers: tuple[int, ...]) -> None:
    assert cut_plans.numbers(NetworkSpec(depth=depth)) == numbers


def test_twins_lose_the_same_units() -> None:
    assert cut_plans.drawn("many", RESIDUAL.network, DICE) == cut_plans.drawn(
        "many", PLAIN.network, DICE
    )


def test_more_draws_begin_with_the_same_ones_and_another_seed_draws_others() -> None:
    for kind in ("many", "order"):
        few = cut_plans.task(kind, DEEP, DICE).lesions
        more = cut_plans.task(kind, DEEP, Dice(6, DICE.seed)).lesions
        assert {*few} < {*more}
        assert {*few} != {*cut_plans.task(kind, DEEP, Dice(3, 8)).lesions}
        assert few[0] == Lesion()


def test_a_network_without_two_equal_units_has_no_other_order() -> None:
    assert cut_plans.drawn("order", NetworkSpec(depth=8), DICE) == ()


def test_only_units_that_change_the_shape_are_marked() -> None:
    assert cut_plans.changes(NetworkSpec(depth=14)) == (False, False, True, False, True, False)
    pre = NetworkSpec(depth=14, order="pre-activation")
    assert not cut_plans.changes(pre)[0], "it stays where it is, but changes no shape"
    assert cut_plans.changes(NetworkSpec(depth=20, block="bottleneck"))[0]


def test_networks_are_named_as_shortly_as_tells_them_apart() -> None:
    assert cut_plans.labels([RESIDUAL, PLAIN], t) == ["residual-20", "plain-20"]
    other = trained.subject("residual-56-stochastic-depth")
    names = cut_plans.labels([DEEP, other], t)
    assert names[0] == "residual-56"
    assert "stochastic depth" in names[1]
    seeds = cut_plans.labels([RESIDUAL, trained.subject("residual-20-seed-1")], t)
    assert [name.rpartition(", ")[2] for name in seeds] == ["seed 0", "seed 1"]
    assert [one.rank for one in cut_plans.looks([DEEP, PLAIN, other], t)] == [0, 0, 1]


def test_there_is_nothing_to_judge_before_every_deletion_is_measured(
    measured: Callable[..., None],
) -> None:
    task = cut_plans.task("each", RESIDUAL, DICE)
    assert cut_plans.deletions(RESIDUAL) is None
    measured(Task(RESIDUAL, task.lesions[:-1]))
    assert cut_plans.deletions(RESIDUAL) is None
    measured(task)
    found = cut_plans.deletions(RESIDUAL)
    assert found is not None
    assert (found.intact, found.errors, found.images) == (0.05, (0.1,) * 9, 360)


def test_a_caption_counts_the_draws_that_are_there(measured: Callable[..., None]) -> None:
    by_number = dict(cut_plans.drawn("many", RESIDUAL.network, DICE))
    measured(Task(RESIDUAL, (*by_number[1], by_number[2][0])))
    said = cut_drawn._draws("many", [RESIDUAL], DICE, t)
    assert said == "Draws of each number, so far: 0 to 3 of 3, with seed 7."
    measured(cut_plans.task("many", RESIDUAL, DICE))
    said = cut_drawn._draws("many", [RESIDUAL], DICE, t)
    assert said == "Draws of each number: 3, with seed 7."


def test_what_was_measured_can_be_taken_home(measured: Callable[..., None]) -> None:
    each = cut_plans.task("each", PLAIN, DICE)
    many = cut_plans.task("many", RESIDUAL, DICE)
    order = cut_plans.task("order", RESIDUAL, DICE)
    measured(each, many, order)
    text = cut_plans.as_csv([PLAIN], [RESIDUAL], {"many": DICE, "order": DICE}, t)
    rows = list(csv.DictReader(StringIO(text)))
    by_figure = {
        name: [row for row in rows if row["figure"] == name] for name in ("each", "many", "order")
    }
    assert [len(some) for some in by_figure.values()] == [10, 9, 15]
    assert [row["deleted"] for row in by_figure["each"]] == ["", *map(str, range(1, 10))]
    assert {row["run"] for row in by_figure["each"]} == {PLAIN.run.digest}
    for row in by_figure["many"]:
        count = len(row["deleted"].split())
        assert float(row["error"]) == pytest.approx((1 + count) / 20)
    for row in by_figure["order"]:
        standing = tuple(map(int, row["order"].split()))
        assert float(row["kendall_tau"]) == pytest.approx(kendall_tau(standing))
        assert row["swaps"] in {"1", "2", "4", "8", "16"}
    assert {row["images"] for row in rows} == {"360"}


def test_what_is_not_measured_is_not_written(measured: Callable[..., None]) -> None:
    measured(Task(PLAIN, (Lesion(),)))
    text = cut_plans.as_csv([PLAIN, RESIDUAL], [PLAIN], {"many": DICE}, t)
    assert len(text.splitlines()) == 2
