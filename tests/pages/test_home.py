"""What a visitor sees first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.catalog import PAGES
from pages.ui.translate import question, title
from tests.pages.looking import all_words, charts, figures, series

pytestmark = pytest.mark.usefixtures("no_lab")

Open = Callable[..., AppTest]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_leads_to_every_other_page_by_its_title_and_question(
    open_page: Open, language: str
) -> None:
    page = open_page("home", lang=language)
    links = {link.proto.page: link.proto.label for link in page.get("page_link")}
    assert links == {name: f"**{title(name, language)}**" for name in PAGES if name != "home"}
    words = all_words(page)
    assert all(question(name, language) in words for name in links)


def test_shows_a_measured_verdict_that_agrees_with_its_figure(open_page: Open) -> None:
    page = open_page("home", lang="en")
    words = all_words(page)
    assert "**Plain: degradation.** Higher training error at 56 layers" in words
    assert "**Residual: no degradation.**" in words
    (figure,) = figures(page)
    plain = series(figure)["plain:train"]
    deepest = dict(zip(plain["x"], plain["y"], strict=True))[56]
    assert f"56 layers ({deepest:.1f} %)" in words
    (chart,) = charts(page)
    assert f"plain-56 {deepest:.1f} %" in chart["alts"][0]
