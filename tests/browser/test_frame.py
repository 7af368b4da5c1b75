"""What holds on every page: language, links with nonsense, room, and nobody else asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pages.ui.catalog import PAGES, sections
from pages.ui.translate import LANGUAGES, question, title, translator
from tests.browser.conftest import Visitor, is_drawn
from tests.browsing import settled

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def test_the_language_is_switched_on_the_page_and_in_the_link(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().open("degradation?width=4")
    expect(heading(page)).to_have_text(title("degradation", "en"))
    page.wait_for_function("new URL(location).searchParams.get('lang') === 'en'")
    page.get_by_role("radio", name="简体中文").click()
    expect(heading(page)).to_have_text(title("degradation", "zh"))
    page.wait_for_function("new URL(location).searchParams.get('lang') === 'zh'")
    expect(page.get_by_text(question("degradation", "zh")).first).to_be_visible()
    assert "width=4" in page.url  # what was set stays set
    # The other pages are in Chinese too, and so is the link when somebody else opens it.
    section = next(key for key, pages in sections(translator("zh")).items() if "twins" in pages)
    page.get_by_test_id("stHeader").get_by_text(section).click()
    page.get_by_role("menuitem", name=title("twins", "zh")).click()
    expect(heading(page)).to_have_text(title("twins", "zh"))
    page.wait_for_function("new URL(location).searchParams.get('lang') === 'zh'")
    assert heading(visitor().open("degradation?lang=zh")).inner_text() == title("degradation", "zh")


def test_the_switch_says_in_which_language_the_page_is(visitor: Callable[..., Visitor]) -> None:
    def says(language: str) -> None:
        expect(heading(page)).to_have_text(title("twins", language))
        for code, name in LANGUAGES.items():
            expect(page.get_by_role("radio", name=name)).to_be_checked(checked=code == language)

    page = visitor().open("twins?lang=en")
    says("en")
    page.get_by_role("radio", name="English").click()  # as it is: nothing is taken away
    settled(page)
    says("en")
    page.get_by_role("radio", name="简体中文").click()
    says("zh")
    page.go_back()
    says("en")
    for wait in (0, 60, 100, 200):  # there and back before the page has followed
        for name in ("简体中文", "English"):
            page.get_by_role("radio", name=name).dispatch_event("click")
            page.wait_for_timeout(wait)
        settled(page)
        says("zh" if heading(page).inner_text() == title("twins", "zh") else "en")
    for code in ("zh", "en", "zh"):
        page.get_by_role("radio", name=LANGUAGES[code]).click()
        says(code)


def test_a_chinese_browser_is_answered_in_chinese(visitor: Callable[..., Visitor]) -> None:
    page = visitor(locale="zh-CN").open("degradation")
    expect(heading(page)).to_have_text(title("degradation", "zh"))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("twins?lang=en&depth1=9", "the nearest are 8 and 14. This page goes on with 32."),
        ("degradation?lang=en&depths=8,abc", "The link asks for depth 'abc'"),
        ("degradation?lang=en&lr=nan&width=0", "The link asks for lr 'nan'"),
        ("twins?lang=en&by=xyz", "The link asks for runs by 'xyz'"),
        (
            "degradation?lang=en&width=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
            "The link asks for width '<img src=x onerror=alert(1)>'",
        ),
        (
            "twins?lang=en&steps=!%5Bx%5D(http%3A%2F%2Fexample.org%2Fx.png)",
            "The link asks for steps '![x](http://example.org/x.png)'",
        ),
        ("?lang=en&colour=mauve", "The link asks for 'colour'"),
    ],
)
def test_a_link_with_nonsense_opens_with_a_sentence(
    visitor: Callable[..., Visitor], link: str, sentence: str
) -> None:
    page = visitor().open(link)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert page.locator("[data-testid=stAlert] img").count() == 0


def test_an_unknown_page_leads_home(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("gradients?lang=en")
    expect(page.get_by_text("Page not found")).to_be_visible()
    expect(heading(page)).to_have_text(title("home", "en"))


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "zh")])
def test_a_telephone_never_scrolls_sideways(
    visitor: Callable[..., Visitor], scheme: str, language: str
) -> None:
    somebody = visitor(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for name in PAGES:
        page = somebody.open(f"{'' if name == 'home' else name}?lang={language}")
        # A slider's own input is invisible; it begins where the slider's knob is.
        wide = page.evaluate(
            """[...document.querySelectorAll("[data-testid=stMain] *")]
                 .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > 391)
                 .filter(e => !e.closest("pre, code, .katex, [data-testid=stTable], [type=range]"))
                 .map(e => e.tagName + "." + e.className).slice(0, 5)"""
        )
        assert wide == [], name
        for part in ("documentElement", "querySelector('[data-testid=stMain]')"):
            assert page.evaluate(f"document.{part}.scrollWidth") <= 390, name
        page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "button"),
    [
        ("degradation", ".st-key-degradation\\.start button, .st-key-degradation-start button"),
        ("twins", ".st-key-pair\\.start button, .st-key-pair-start button"),
    ],
)
def test_question_start_button_and_figure_stand_on_one_screen(
    visitor: Callable[..., Visitor], name: str, button: str, language: str
) -> None:
    page = visitor().open(f"{name}?lang={language}")
    parts = {
        "question": page.get_by_text(question(name, language)).first,
        "start button": page.locator(button).first,
        "figure": page.locator(".rl-plot").first,
        "second figure": page.locator(".rl-plot").nth(1),
        "caption": page.locator(".rl-caption").first,
    }
    bottoms = {}
    for what, part in parts.items():
        box = part.bounding_box()
        assert box is not None, what
        bottoms[what] = box["y"] + box["height"]
    assert {what: bottom for what, bottom in bottoms.items() if bottom > 900} == {}


def test_dark_and_light_pages_differ_and_so_do_their_figures(
    visitor: Callable[..., Visitor],
) -> None:
    def colors(scheme: str) -> list[str]:
        page = visitor(color_scheme=scheme).open("degradation?lang=en")
        found: list[str] = page.evaluate(
            """[getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor,
                document.querySelector(".rl-plot")._fullLayout.paper_bgcolor]"""
        )
        return found

    light, dark = colors("light"), colors("dark")
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_going_back_leads_to_the_page_before(visitor: Callable[..., Visitor]) -> None:
    page = visitor().open("?lang=en")
    page.get_by_role("link", name=title("twins", "en")).first.click()
    expect(heading(page)).to_have_text(title("twins", "en"))
    is_drawn(page)
    for _ in range(3):  # the page's own settings are steps of the history, too
        page.go_back()
        is_drawn(page)
        if heading(page).inner_text() == title("home", "en"):
            return
    raise AssertionError("three steps back did not lead home")
