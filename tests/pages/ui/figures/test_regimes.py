"""Errors by deleted unit and by their number, of networks trained in different ways."""

from __future__ import annotations

import pytest

from pages.ui.figures.regimes import LOOKS, error_by_number, error_by_unit
from resnet_core.specs.regimes import REGIMES
from resnet_core.studies.regimes import Cuts
from resnet_core.studies.spreads import half_width
from tests.pages.ui.figures.figure_checks import check_figure, t, trace

NAMES = {key: row.label for key, row in REGIMES.items()}

FOUND = [
    Cuts("usual", 0, 0.02, {1: (0.5, 0.1, 0.03), 2: (0.6, 0.2)}, 360),
    Cuts("dropout", 0, 0.05, {1: (0.3, 0.1, 0.06), 2: (0.4, 0.2)}, 360),
    Cuts("usual", 1, 0.04, {1: (0.7, 0.3, 0.05), 2: (0.8, 0.4)}, 360),
]


def test_every_way_of_training_has_its_look() -> None:
    assert list(LOOKS) == list(REGIMES)
    assert len({look.color for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.symbol for look in LOOKS.values()}) == len(LOOKS)


def test_each_network_has_a_line_over_its_units() -> None:
    figure = error_by_unit(FOUND, t=t, names=NAMES)
    check_figure(figure, {})
    assert {one.uid for one in figure.data} == {"unit:usual:0", "unit:usual:1", "unit:dropout:0"}
    assert list(trace(figure, "unit:dropout:0").x) == [1, 2, 3]
    assert list(trace(figure, "unit:dropout:0").y) == [30.0, 10.0, 6.0]
    assert [one.showlegend for one in figure.data] == [True, False, True]  # a name stands once


def test_means_are_over_the_lesions_of_one_seed_and_over_the_seeds_of_several() -> None:
    figure = error_by_number(FOUND, t=t, names=NAMES)
    check_figure(figure, {})
    assert list(figure.layout.xaxis.ticktext) == ["0", "1", "2"]
    one_seed = trace(figure, "number:dropout")
    assert list(one_seed.y) == pytest.approx([5.0, 100 * 0.46 / 3, 30.0], abs=1e-3)
    assert one_seed.error_y.array[2] == pytest.approx(
        min(100 * half_width([0.4, 0.2]), 70), abs=1e-3
    )
    two_seeds = trace(figure, "number:usual")
    assert list(two_seeds.y) == pytest.approx([3.0, 28.0, 50.0])
    assert [row[2] for row in two_seeds.customdata] == [2, 2, 2]


def test_a_complete_count_of_one_seed_has_no_whisker() -> None:
    figure = error_by_number(FOUND, t=t, names=NAMES)
    one_seed, two_seeds = trace(figure, "number:dropout"), trace(figure, "number:usual")
    assert list(one_seed.error_y.array[:2]) == [0, 0]  # intact; each of three units once
    assert [row[1] != "" for row in one_seed.customdata] == [False, False, True]
    assert all(half > 0 for half in two_seeds.error_y.array)  # of seeds


def test_few_units_have_a_tick_each_and_none_stands_between() -> None:
    assert error_by_unit(FOUND, t=t, names=NAMES).layout.xaxis.dtick == 1
    many = Cuts("usual", 0, 0.02, {1: (0.1,) * 27}, 360)
    assert error_by_unit([many], t=t, names=NAMES).layout.xaxis.dtick is None


def test_no_whisker_leaves_the_possible_errors() -> None:
    figure = error_by_number(FOUND, t=t, names=NAMES)
    for one in figure.data:
        for y, up, down in zip(one.y, one.error_y.array, one.error_y.arrayminus, strict=True):
            assert y - down >= -1e-3
            assert y + up <= 100 + 1e-3


def test_nothing_measured_is_an_empty_figure() -> None:
    check_figure(error_by_unit([], t=t, names=NAMES), {})
    check_figure(error_by_number([], t=t, names=NAMES), {})
