"""Surgery in the shortcut laboratory: the same hands as on the page that trains two networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.lab import Keeper
from resnet_core.specs import Change, NetworkSpec, RunSpec, TrainSpec
from tests.browsing import wait_until
from tests.pages.looking import all_words, charts, errors, labels, link, press, said

Open = Callable[..., AppTest]

ME = "0123456789ab"
SMALL = {"lang": "en", "part": "surgery", "depth": 8, "width": 2, "steps": 40}
CUT = "20:shortcut_scale=0"


def digests(**changes: tuple[Change, ...]) -> list[str]:
    train = TrainSpec(steps=40)
    return [
        RunSpec(
            network=NetworkSpec(depth=8, width=2, join=join),
            train=train,
            owner=ME,
            changes=changes.get(join, ()),
        ).digest
        for join in ("plain", "residual")
    ]


@pytest.mark.usefixtures("no_lab")
def test_a_link_restores_what_is_planned_and_another_part_leaves_it_alone(open_page: Open) -> None:
    page = open_page("shortcuts", **SMALL, changes2=CUT)
    assert not page.exception
    assert said(page) == []
    assert "Network 2: after step 20: λ → 0" in all_words(page)
    elsewhere = open_page("shortcuts", lang="en", part="lambda", changes2=CUT)
    assert not elsewhere.exception
    assert said(elsewhere) == []
    assert link(elsewhere)["changes2"] == CUT


@pytest.mark.usefixtures("no_lab")
@pytest.mark.parametrize(("name", "value"), [("changes1", "cut"), ("by", "me")])
def test_nonsense_in_a_link_is_answered_with_a_sentence(
    open_page: Open, name: str, value: str
) -> None:
    page = open_page("shortcuts", **SMALL, **{name: value})
    assert not page.exception
    (line,) = said(page)
    assert value in line
    assert name not in link(page)


def test_twins_are_trained_as_planned_and_another_seed_follows(
    lab: Keeper, open_page: Open
) -> None:
    page = open_page("shortcuts", **SMALL, changes2=CUT)
    press(page, "Start")
    assert not page.exception
    assert errors(page) == []
    assert link(page)["by"] == ME
    runs = digests(residual=(Change(step=20, value=0.0),))
    assert all(run in charts(page)[0]["live"]["url"] for run in runs)

    def over() -> bool:
        lab.client.watch(runs, visitor="a test")
        found = lab.store.runs(digests=runs)
        return [record.status for record in found] == ["completed"] * 2

    wait_until(over)
    page.run()
    assert "Trained already: remembered from before." in all_words(page)
    (said_so,) = (e.event for e in lab.store.events([runs[1]], kinds=["changed"]))
    assert (said_so.step, said_so.value) == (20, 0.0)  # type: ignore[union-attr]
    press(page, "New seed")
    assert link(page)["first"] == "1"
    assert "Start" in labels(page)
