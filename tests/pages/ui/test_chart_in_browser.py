"""What a visitor sees of a chart while points come, the page runs again and the theme changes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browsing import free_port, serving, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

SERVER = Path(__file__).with_name("live_server.py")
PLOT = "document.querySelectorAll('.rl-plot')[0]"


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live") / "steps.json"


@pytest.fixture(scope="module")
def address(browser: Browser, steps: Path) -> Iterator[str]:
    steps.write_text("0")
    with serving(SERVER, free_port(), {"LIVE_FILE": str(steps)}) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str, steps: Path) -> Iterator[Page]:
    steps.write_text("20")
    with browser.new_context(color_scheme="light", viewport={"width": 1440, "height": 900}) as ctx:
        page = ctx.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        shows(page, 20)
        settled(page)
        yield page
        assert problems == []


def shows(page: Page, count: int) -> None:
    """Wait until the thin plain line has so many points."""
    page.wait_for_function(
        f"{PLOT}?.data?.find(d => d.uid === 'plain_batch_error')?.x.length === {count}",
        timeout=30_000,
    )


def x_range(page: Page) -> list[float]:
    found: list[float] = page.evaluate(f"[...{PLOT}._fullLayout.xaxis.range]")
    return found


def visible(page: Page) -> dict[str, bool]:
    found: dict[str, bool] = page.evaluate(
        f"Object.fromEntries({PLOT}._fullData.map(d => [d.uid, d.visible === true]))"
    )
    return found


def zoom(page: Page) -> list[float]:
    box = page.locator(".rl-plot .nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 40, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    page.mouse.up()
    page.locator(".rl-reset").first.wait_for()
    return x_range(page)


def test_points_captions_and_cells_arrive(page: Page, steps: Path) -> None:
    steps.write_text("50")
    shows(page, 50)
    assert page.evaluate(f"{PLOT}.data.find(d => d.uid === 'plain_batch_error').y[2]") is None
    page.get_by_text("50 steps were measured.").wait_for()
    page.get_by_text("It grows.").wait_for()
    page.get_by_text("50 of 200 steps").wait_for()
    page.get_by_label("plain-8: running, 25 %").wait_for()
    assert page.get_by_role("img", name="Error while training").count() == 1


def test_zoom_hidden_series_and_nodes_survive_points_reruns_and_overlays(
    page: Page, steps: Path
) -> None:
    page.evaluate(f"window.before = {PLOT}")
    zoomed = zoom(page)
    assert zoomed[1] - zoomed[0] < 150
    page.get_by_role("button", name="residual, batches").click()
    hidden = {"residual_batch_error"}

    def is_kept() -> None:
        assert x_range(page) == pytest.approx(zoomed)
        assert {uid for uid, seen in visible(page).items() if not seen} == hidden
        assert page.evaluate(f"window.before === {PLOT}")

    steps.write_text("60")
    shows(page, 60)
    is_kept()
    page.get_by_role("button", name="Again").click()
    page.get_by_text("run 2, done None").wait_for()
    settled(page)
    is_kept()
    page.get_by_text("Overlay").click()
    page.wait_for_function(f"{PLOT}.data.find(d => d.uid === 'plain_test_error')?.x.length === 6")
    is_kept()
    steps.write_text("80")
    shows(page, 80)
    is_kept()
    page.get_by_role("button", name="Whole figure").first.click()
    page.wait_for_function(f"{PLOT}._fullLayout.xaxis.range[1] > 200")


def count_drawings(page: Page) -> None:
    """Have ``drawings`` say how often Plotly is asked from now on."""
    page.evaluate(
        """() => {
          const chart = document.querySelector(".rl-chart").resnetLabChart;
          const { plotly } = chart;
          const react = (...given) => {
            window.drawings += 1;
            return plotly.react(...given);
          };
          window.drawings = 0;
          chart.plotly = { ...plotly, react };
        }"""
    )


def test_what_is_shown_already_is_not_drawn_again(page: Page) -> None:
    count_drawings(page)
    page.get_by_role("button", name="Again").click()
    page.get_by_text("run 2, done None").wait_for()
    settled(page)
    # Streamlit may call a component for the same data as before, too.
    chart = "document.querySelector('.rl-chart').resnetLabChart"
    page.evaluate(f"{chart}.show(structuredClone({chart}.data))")
    page.wait_for_timeout(300)
    assert page.evaluate("drawings") == 0
    page.evaluate(f"{chart}.show({{ ...{chart}.data, height: 300 }})")
    page.wait_for_function("drawings === 2")


def test_series_that_stay_empty_are_not_drawn(page: Page, steps: Path) -> None:
    steps.write_text("5")
    page.reload()
    shows(page, 5)
    settled(page)
    count_drawings(page)
    found: list[int] = []

    def answer(route: Route) -> None:
        """Say first that there is nothing yet, then that there is a point."""
        points = found[:1]
        message = {"append": {"plain:train_error": {"x": points, "y": points}}}
        state = {"cursor": 6, "status": f"{len(points)} points", "done": False}
        route.fulfill(json=message | state)

    page.route("**/live?*", answer)
    page.get_by_text("0 points").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("drawings") == 0
    found.append(6)
    page.get_by_text("1 points").wait_for()
    page.wait_for_function("drawings > 0")


def test_what_is_pointed_at_stays_pointed_at(page: Page, steps: Path) -> None:
    box = page.locator(".rl-plot .nsewdrag").first.bounding_box()
    assert box is not None
    y = page.evaluate(f"{PLOT}._fullLayout.yaxis.d2p(10) + {PLOT}._fullLayout._size.t")
    x = page.evaluate(f"{PLOT}._fullLayout.xaxis.d2p(10) + {PLOT}._fullLayout._size.l")
    corner = page.locator(".rl-plot").first.bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + x, corner["y"] + y)
    page.locator(".rl-plot .hovertext").first.wait_for()
    steps.write_text("40")
    shows(page, 40)
    assert page.locator(".rl-plot .hovertext").count() > 0


def test_dark_mode_recolours_at_once(page: Page) -> None:
    zoomed = zoom(page)
    stroke = f"{PLOT}.querySelector('.xaxislayer-above text').style.fill"
    light = page.evaluate(stroke)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{stroke} !== '{light}'")
    assert page.locator(".rl-chart").get_attribute("data-scheme") == "dark"
    assert page.evaluate(f"{PLOT}._fullLayout.paper_bgcolor") == "#0f1521"
    assert x_range(page) == pytest.approx(zoomed)


def test_the_end_runs_the_page_once(page: Page, steps: Path) -> None:
    page.get_by_text("run 1, done None").wait_for()
    steps.write_text("200")
    page.get_by_text("run 2, done 200").wait_for()
    page.wait_for_timeout(600)
    assert page.get_by_text("run 2, done 200").count() == 1
    assert page.locator(".rl-strip").is_hidden()


def test_data_and_image_can_be_downloaded(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the data as CSV").nth(1).click()
    waiting.value.save_as(tmp_path / "data.csv")
    assert waiting.value.suggested_filename == "live-2.csv"
    rows = list(csv.reader((tmp_path / "data.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["series", "depth, weighted layers", "error, % of the images"]
    assert ["plain, training", "20", "30"] in rows
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the figure as SVG").first.click()
    assert waiting.value.suggested_filename == "live-1.svg"


def test_figures_stand_side_by_side_only_where_there_is_room(page: Page) -> None:
    def tops() -> list[Any]:
        return [plot.bounding_box() for plot in page.locator(".rl-plot").all()]

    left, right = tops()
    assert left["y"] == right["y"]
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"{PLOT}._fullLayout.width < 390")
    upper, lower = tops()
    assert upper["x"] == lower["x"]
    assert upper["y"] < lower["y"]


def test_a_restarted_server_is_found_again(browser: Browser, tmp_path: Path) -> None:
    steps, port = tmp_path / "steps.json", free_port()
    steps.write_text("20")
    with browser.new_context() as context:
        page = context.new_page()
        with serving(SERVER, port, {"LIVE_FILE": str(steps)}) as url:
            page.goto(url)
            shows(page, 20)
        page.get_by_text("Connection lost, trying again").wait_for()
        steps.write_text("70")
        with serving(SERVER, port, {"LIVE_FILE": str(steps)}):
            shows(page, 70)
            expect(page.get_by_text("70 of 200 steps")).to_be_visible(timeout=30_000)
            assert page.get_by_text("Connection lost").is_hidden()
