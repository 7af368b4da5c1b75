"""What a visitor sees and downloads of a growing heat map, and of numbers without a place."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import free_port, serving, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SERVER = Path(__file__).with_name("marked_server.py")
PLOT = "document.querySelectorAll('.rl-plot')[0]"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with (
        serving(SERVER, free_port()) as address,
        browser.new_context(viewport={"width": 1440, "height": 900}) as context,
    ):
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        page.wait_for_function(f"{PLOT}?.data?.[0]?.x.includes(50)", timeout=30_000)
        page.locator(".rl-plot.rl-ready").nth(1).wait_for()
        settled(page)
        yield page
        assert problems == []


def downloaded(page: Page, number: int, folder: Path) -> list[list[str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the data as CSV").nth(number).click()
    waiting.value.save_as(folder / "data.csv")
    return list(csv.reader((folder / "data.csv").read_text("utf-8-sig").splitlines()))


def test_columns_and_colours_arrive(page: Page) -> None:
    cells = page.evaluate(f"(({{x, z, zmin, zmax}}) => ({{x, z, zmin, zmax}}))({PLOT}.data[0])")
    assert cells == {
        "x": [0, 50],
        "z": [[None, -5], [None, -0.699], [-2, None]],
        "zmin": -5,
        "zmax": 0,
    }
    assert page.locator(".rl-plot").first.locator(".cbtitle").count() == 1


def test_a_cell_pointed_at_says_its_value(page: Page) -> None:
    box = page.locator(".rl-plot").first.bounding_box()
    assert box is not None
    place = page.evaluate(
        f"(({{xaxis, yaxis, _size}}) => [_size.l + xaxis.d2p(48), _size.t + yaxis.d2p(1)])"
        f"({PLOT}._fullLayout)"
    )
    page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    said = page.locator(".rl-plot .hovertext").first
    said.wait_for()
    assert said.text_content() == "plain-3step 50, layer 10.00001"


def test_the_data_of_a_heat_map_are_values_not_colours(page: Page, tmp_path: Path) -> None:
    rows = downloaded(page, 0, tmp_path)
    assert rows == [
        ["series", "step", "weighted layer", "gradient norm"],
        ["plain-3", "0", "1", "0"],
        ["plain-3", "50", "1", "0.00001"],
        ["plain-3", "0", "2", "nan"],
        ["plain-3", "50", "2", "0.2"],
        ["plain-3", "0", "3", "0.01"],
        ["plain-3", "50", "3", "∞"],
    ]


def test_the_data_of_marks_are_what_they_mark_not_where_they_stand(
    page: Page, tmp_path: Path
) -> None:
    rows = downloaded(page, 1, tmp_path)
    assert ["plain-3", "1", "0"] in rows
    assert ["plain-3", "2", "nan"] in rows
    assert ["plain-3", "3", "0.001"] in rows


def test_the_legend_shows_crosses_as_crosses(page: Page) -> None:
    assert page.get_by_role("button", name="nan or infinite").locator("svg path").count() == 1
    assert page.get_by_role("button", name="exactly 0").locator("svg circle").count() == 1


def test_pressing_the_legend_hides_a_line_and_its_marks(page: Page) -> None:
    plot = "document.querySelectorAll('.rl-plot')[1]"
    uids = f"{plot}._fullData.filter(d => d.visible === true).map(d => d.uid)"
    assert page.evaluate(uids) == ["line", "line_zero", "line_bad"]
    button = page.locator(".rl-panel").nth(1).locator(".rl-entry")
    button.click()
    page.wait_for_function(f"({uids}).length === 0")
    button.click()
    page.wait_for_function(f"({uids}).length === 3")
