"""What a visitor sees of the figures on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLOTS = "[...document.querySelectorAll('.rl-plot')]"


def points(page: Page, figure: int) -> dict[str, Any]:
    """Every series of a figure with its points."""
    found: dict[str, Any] = page.evaluate(
        f"Object.fromEntries({PLOTS}[{figure}].data.map(d => [d.uid, [[...d.x], [...d.y]]]))"
    )
    return found


def counted(figure: int, part: str = "") -> str:
    """JavaScript that counts the points of the series of a figure with ``part`` in their names."""
    return (
        f"({PLOTS}[{figure}]?.data ?? []).filter(d => d.uid.includes('{part}'))"
        ".reduce((sum, d) => sum + d.x.length, 0)"
    )


def wait_for_points(page: Page, figure: int, more_than: int, part: str = "") -> int:
    """Wait until a figure has more points than so many, and give how many."""
    page.wait_for_function(f"{counted(figure, part)} > {more_than}")
    found: int = page.evaluate(counted(figure, part))
    return found


def wait_for_start(page: Page, steps: int, figure: int = 1) -> None:
    """Wait until the curves are no longer those of the recording, and have points."""
    page.wait_for_function(f"{PLOTS}[{figure}]?._fullLayout?.xaxis.range[1] === {1.01 * steps}")
    wait_for_points(page, figure, 0, "batch")


def x_range(page: Page, figure: int) -> list[float]:
    found: list[float] = page.evaluate(f"[...{PLOTS}[{figure}]._fullLayout.xaxis.range]")
    return found


def zoom(page: Page, figure: int) -> list[float]:
    """Zoom into the left half of a figure with the mouse."""
    box = page.locator(".rl-plot").nth(figure).locator(".nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 20, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    page.mouse.up()
    page.locator(".rl-panel").nth(figure).locator(".rl-reset").wait_for()
    return x_range(page, figure)


def note_every_loss(page: Page) -> None:
    """Watch the figures from now on, twenty times a second, for points that go away."""
    page.evaluate(
        f"""() => {{
          window.most = 0; window.losses = [];
          window.watching = setInterval(() => {{
            const plots = {PLOTS};
            if (!plots.length) return;
            const now = plots.flatMap(p => p.data ?? [])
              .filter(d => !d.uid.includes("band") && !d.uid.includes("seeds"))
              .reduce((sum, d) => sum + d.x.length, 0);
            if (now < window.most) window.losses.push([window.most, now]);
            window.most = Math.max(window.most, now);
          }}, 50);
        }}"""
    )


def losses(page: Page) -> list[list[int]]:
    found: list[list[int]] = page.evaluate("window.losses")
    return found
