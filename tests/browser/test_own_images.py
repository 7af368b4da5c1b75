"""A visitor brings images of their own: a zip of class folders, and one that is none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.looking import wait_for_start

pytestmark = pytest.mark.browser


def zip_of_classes(path: Path) -> Path:
    """Two classes that a network can tell apart: light and dark noise."""
    draw = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for name, low in (("light", 128), ("dark", 0)):
            for number in range(40):
                pixels = draw.integers(low, low + 128, (12, 12, 3), dtype=np.uint8)
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "PNG")
                archive.writestr(f"{name}/{number}.png", content.getvalue())
    return path


def test_own_images_are_trained_on(visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    page = visitor().open(
        "twins?lang=en&data=imported&depth1=8&depth2=8&width1=4&width2=4&steps=20"
    )
    expect(page.get_by_text("One folder a class: cats/1.jpg, dogs/1.jpg.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(zip_of_classes(tmp_path / "noise.zip"))
    page.get_by_text("test images of 12 × 12 in 2 classes").wait_for()
    page.wait_for_function("/own=[0-9a-f]{16}/.test(location.search)")
    page.get_by_role("button", name="Start", exact=True).click()
    wait_for_start(page, 20, figure=0)
    page.get_by_text("Trained already: remembered from before.").wait_for()
    # The link brings the images along.
    again = visitor().open(page.url)
    again.get_by_text("test images of 12 × 12 in 2 classes").wait_for()
    again.get_by_text("Measured here.").wait_for()


def test_a_zip_that_is_none_is_answered_with_a_sentence(
    visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 this is no zip")
    page = visitor().open("degradation?lang=en&data=imported")
    page.locator("input[type=file]").set_input_files(broken)
    alert = page.get_by_role("alert").filter(has_text="zip")
    alert.wait_for()
    assert len(alert.inner_text()) > 40
    expect(page.get_by_role("button", name="Train these 8 runs")).to_be_visible()
