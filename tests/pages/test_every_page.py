"""What every page promises, in both languages, whatever the link asks and the lab does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.catalog import PAGES, sections
from pages.ui.translate import LANGUAGES, question, read_lesson, title, translator
from tests.browsing import ROOT
from tests.pages.looking import all_words, charts, figures, link, said

Open = Callable[..., AppTest]

every_page = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("language", LANGUAGES)
COUNTED = ("unit", "drawn", "count")
"""Pages that ask the lab for counts, which nobody records."""
MEASURED = ("lesion", "unraveled", "ensemble")
"""Pages that ask the lab to measure a network that ships."""
WITHOUT_FIGURES = ("drawn", "count", "lesion", "ensemble")
"""Pages that have no chart, or none before the lab has answered."""

without_lab = pytest.mark.parametrize("lab_state", ["no_lab", "warming_lab"], indirect=True)


@pytest.fixture
def lab_state(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue(request.param)
    return str(request.param)


def first_control(page: AppTest) -> Any:
    """The first one below the frame; where there is none, the language."""
    controls = [*page.button_group[1:], *page.selectbox]
    return controls[0] if controls else page.button_group[0]


def test_every_page_stands_in_the_menu() -> None:
    files = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__", "menu"}
    assert files == set(PAGES)
    for language in LANGUAGES:
        by_section = sections(translator(language))
        assert [name for names in by_section.values() for name in names] == list(PAGES)


@every_page
@every_language
@without_lab
def test_opens_without_a_lab_with_recorded_data_or_says_what_it_waits_for(
    open_page: Open, name: str, language: str, lab_state: str
) -> None:
    page = open_page(name, lang=language)
    assert not page.exception
    assert not said(page)
    assert not page.error
    assert page.title[0].value == title(name, language)
    assert f"**{question(name, language)}**" in [text.value for text in page.markdown]
    t = translator(language)
    assert t("the lab is warming up …") in all_words(page)
    if name in COUNTED:
        assert t("Counting needs the lab, which is warming up …") in all_words(page)
    if name in MEASURED:
        waiting = all_words(page) + "".join(info.value for info in page.info)
        assert t("Measuring needs the lab, which is warming up …") in waiting
    if name not in (*WITHOUT_FIGURES, *MEASURED):
        assert t("Recorded.") in all_words(page)
        assert any(trace["x"] for figure in figures(page) for trace in figure["data"])


@pytest.mark.parametrize("name", [name for name in PAGES if name not in WITHOUT_FIGURES])
@every_language
def test_every_chart_has_axis_titles_and_a_text_for_those_who_do_not_see_it(
    no_lab: None, open_page: Open, name: str, language: str
) -> None:
    page = open_page(name, lang=language)
    assert charts(page)
    for chart in charts(page):
        assert len(chart["alts"]) == len(chart["figures"])
        assert all(len(alt) > 8 for alt in chart["alts"])
        assert all(chart["words"].values())
        for figure in chart["figures"]:
            for axis in ("xaxis", "yaxis"):
                assert figure["layout"][axis]["title"]["text"]


@every_page
def test_every_section_of_its_lesson_is_on_the_page(
    no_lab: None, open_page: Open, name: str
) -> None:
    page = open_page(name, lang="en")
    shown = {text.value.strip() for text in page.markdown}
    missing = [
        key
        for key, section in read_lesson(name, "en").sections.items()
        if section.text.strip() not in shown
    ]
    assert missing == []


@every_page
def test_an_unknown_setting_is_named_and_forgotten(
    no_lab: None, open_page: Open, name: str
) -> None:
    page = open_page(name, lang="en", colour="mauve")
    assert said(page) == ["The link asks for 'colour', but this page has no such setting."]
    assert "colour" not in page.query_params
    page.run()
    assert not said(page)


@every_page
def test_what_is_said_of_a_link_stays_while_the_page_runs_again_by_itself(
    no_lab: None, open_page: Open, name: str
) -> None:
    page = open_page(name, lang="en", colour="mauve")
    page.session_state["_runs_again"] = True
    page.run()
    assert said(page) == ["The link asks for 'colour', but this page has no such setting."]


@every_page
def test_an_unknown_language_becomes_english(no_lab: None, open_page: Open, name: str) -> None:
    page = open_page(name, lang="xx-<script>")
    assert not page.exception
    assert page.title[0].value == title(name, "en")
    assert link(page) == {"lang": "en"}


@every_page
def test_very_long_names_and_values_are_cut(no_lab: None, open_page: Open, name: str) -> None:
    page = open_page(name, **{"lang": "en", "n" * 5000: "1", "depths": "9" * 5000})
    assert not page.exception
    assert said(page)
    assert all(len(sentence) < 300 for sentence in said(page))


@every_page
def test_a_link_can_bring_no_markup(no_lab: None, open_page: Open, name: str) -> None:
    image = "![x](http://elsewhere.example/x.png)"
    page = open_page(name, **{"lang": "en", image: "1", "<script>": "1"})
    assert not page.exception
    (warning,) = page.warning
    assert image in said(page)[0]
    assert image not in warning.value
    assert "<script>" not in warning.value


@every_page
def test_its_script_is_short(name: str) -> None:
    assert len(Path(ROOT / "pages" / f"{name}.py").read_text().splitlines()) <= 150
