"""Is every word said in every language, and does every lesson keep its promises?

Covers ``translate.py`` and ``extract.py`` of ``pages/ui``; ``locale``, ``lessons`` and
``published`` of ``assets``; GLOSSARY.md. When a text of the code is missing here: ``make words``,
then translate it in ``assets/locale/zh/LC_MESSAGES/resnet_lab.po``.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from pages.ui import extract, translate
from resnet_core.errors import LimitError, SpecError
from resnet_core.specs import NetworkSpec, TrainSpec, choices
from resnet_core.specs.events import RunFailed
from resnet_core.specs.variants import TABLE_1

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
OTHERS = [language for language in translate.LANGUAGES if language != translate.SOURCE]
PAGES = sorted(path.stem for path in (ASSETS / "lessons" / translate.SOURCE).glob("*.md"))
PAGE_FILES = [
    path for path in sorted((ROOT / "pages").glob("*.py")) if path.stem not in ("__init__", "menu")
]
SHOWS = ("lesson", "fold", "expander")
"""Functions of a page that show sections of its lesson."""

every_page = pytest.mark.parametrize("page", PAGES)
every_other = pytest.mark.parametrize("language", OTHERS)


# --- the code's texts -----------------------------------------------------------------------


def modules() -> Iterator[tuple[str, str]]:
    """Give path and source of every module of the app and the library."""
    files = [
        ROOT / "app.py",
        *(ROOT / "pages").rglob("*.py"),
        *(ROOT / "resnet_core").rglob("*.py"),
    ]
    for path in filter(Path.exists, files):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def texts() -> dict[str, str]:
    """Give every text that the code says, with a place where it is said."""
    return {
        text: f"{path}:{line}" for path, source in modules() for line, text in extract.texts(source)
    }


def catalogue(language: str) -> Catalog:
    with (ASSETS / "locale" / language / "LC_MESSAGES" / "resnet_lab.po").open("rb") as file:
        return read_po(file, locale=language)


def placeholders(text: str) -> set[tuple[str, str | None, str | None]]:
    return {
        (name, spec, conversion)
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    }


@every_other
def test_every_text_of_the_code_is_translated(language: str) -> None:
    words = catalogue(language)
    missing = {
        text: place
        for text, place in texts().items()
        if text not in words or not words[text].string or words[text].fuzzy
    }
    assert missing == {}, "run `make words`, then translate these"


@every_other
def test_no_translation_is_empty_or_a_guess(language: str) -> None:
    undone = [entry.id for entry in catalogue(language) if entry.id and not entry.string]
    assert undone == []
    assert [entry.id for entry in catalogue(language) if entry.id and entry.fuzzy] == []


@every_other
def test_a_translation_keeps_the_placeholders(language: str) -> None:
    changed = [
        entry.id
        for entry in catalogue(language)
        if entry.id and placeholders(entry.id) != placeholders(entry.string)
    ]
    assert changed == []


def test_no_text_is_put_together_before_it_is_translated() -> None:
    made = [
        f"{path}:{line}"
        for path, source in modules()
        for line, text in extract.said(source)
        if isinstance(text, ast.JoinedStr | ast.BinOp)
    ]
    assert made == [], "write the text whole, with {names}, and give the values to t"


def test_a_text_is_found_wherever_it_stands() -> None:
    source = """
def t(text): ...
raise SpecError("a " "b", n=1)
RunFailed(template=("c"), values={})
x = f"{t('d')}: {outer(inner(t('e')))}"
choices.Choice("f", "source")
t(variable)
"""
    assert [text for _, text in extract.texts(source)] == ["a b", "c", "d", "e", "f"]


# --- translate ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh"),
        ("zh-Hans-TW", "zh"),
        ("ZH_cn", "zh"),
        ("en-GB", "en"),
        ("de-DE", "en"),
        ("", "en"),
        ("*", "en"),
        ("../../etc", "en"),
        (None, "en"),
    ],
)
def test_a_browsers_locale_gives_a_language(locale: str | None, language: str) -> None:
    assert translate.language_of(locale) == language


def test_english_is_said_as_written() -> None:
    t = translate.translator("en")
    assert t("constant") == "constant"
    assert t("{n} of {n} {braces}", n=3, braces="{}") == "3 of 3 {}"


def test_a_text_without_values_keeps_its_braces() -> None:
    assert translate.translator("en")("{left}") == "{left}"


def test_a_text_without_translation_is_said_in_english() -> None:
    t = translate.translator("zh")
    assert t("Nobody translates {this}.", this=1) == "Nobody translates 1."
    assert t("") == ""


def test_an_error_is_said_in_the_visitors_language() -> None:
    with pytest.raises(SpecError) as caught:
        TrainSpec(steps=0)
    assert translate.translate_error(caught.value, translate.translator("en")) == str(caught.value)
    chinese = translate.translate_error(caught.value, translate.translator("zh"))
    assert "步数" in chinese, "the value 'Steps' is a word, too"
    assert "1000000" in chinese


def test_a_failed_run_is_said_like_an_error() -> None:
    event = RunFailed(template="{depth} is asked for", values={"depth": 9})
    assert translate.translate_error(event, translate.translator("zh")) == "9 is asked for"


def test_an_error_without_values_is_said_as_python_says_it() -> None:
    error = LimitError("A {{brace}}.")
    assert (
        translate.translate_error(error, translate.translator("en")) == str(error) == "A {brace}."
    )


def test_a_wrong_depth_is_explained_in_chinese() -> None:
    with pytest.raises(SpecError) as caught:
        NetworkSpec(depth=9)
    chinese = translate.translate_error(caught.value, translate.translator("zh"))
    assert "深度 9" in chinese
    assert "8 和 14" in chinese


def test_an_unknown_language_page_or_section_is_named() -> None:
    with pytest.raises(translate.LessonError, match="'de'"):
        translate.translator("de")
    with pytest.raises(translate.LessonError, match="nowhere"):
        translate.title("nowhere", "en")
    with pytest.raises(translate.LessonError, match=r"nothing.*intro"):
        translate.lesson("home", "nothing", "en")


# --- the lessons ----------------------------------------------------------------------------


@every_page
@every_other
def test_a_lesson_has_the_same_sections_in_every_language(page: str, language: str) -> None:
    source = translate.read_lesson(page, translate.SOURCE)
    assert list(translate.read_lesson(page, language).sections) == list(source.sections)


@every_other
def test_no_lesson_exists_in_one_language_only(language: str) -> None:
    assert sorted(path.stem for path in (ASSETS / "lessons" / language).glob("*.md")) == PAGES


@every_page
@pytest.mark.parametrize("language", translate.LANGUAGES)
def test_no_section_is_empty(page: str, language: str) -> None:
    written = translate.read_lesson(page, language)
    assert written.question.endswith(("?", "？"))
    assert [key for key, section in written.sections.items() if len(section.text) < 20] == []


@every_page
def test_a_paragraph_has_at_most_sixty_words(page: str) -> None:
    for key, section in translate.read_lesson(page, "en").sections.items():
        for paragraph in re.split(r"\n\s*\n|\n(?=- |\d+\. )", section.text):
            assert len(paragraph.split()) <= 60, (key, paragraph)


@every_page
def test_a_page_opens_with_few_words(page: str) -> None:
    assert len(translate.lesson(page, "intro", "en").split()) <= 50


@every_page
@pytest.mark.parametrize("language", translate.LANGUAGES)
def test_every_formula_and_emphasis_is_closed(page: str, language: str) -> None:
    for key, section in translate.read_lesson(page, language).sections.items():
        for paragraph in re.split(r"\n\s*\n|\n(?=- |\d+\. )", section.text):
            assert paragraph.count("$") % 2 == 0, (key, paragraph)
            assert paragraph.count("**") % 2 == 0, (key, paragraph)
            # one ~ opens a struck-out text in the browser
            assert "~" not in paragraph, (key, paragraph)
            parts = paragraph.split("**")
            # Chinese has no italics: slanted characters are hard to read
            assert not any(re.search(r"\*[^*]*[一-龥]+[^*]*\*", part) for part in parts), (
                key,
                paragraph,
            )
            for bold, after in zip(parts[1::2], parts[2::2], strict=True):
                # Markdown leaves the stars standing when bold ends in a stop and a letter follows
                assert not re.search(r"\W\*\*\w", f"{bold}**{after}"), (key, paragraph)


def sections_of(source: str) -> tuple[str, list[str]]:
    """Give the lesson that a page opens, and the sections it asks for, in order."""
    lesson, asked = "", []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if node.func.attr == "open_page":
                lesson = words[0]
            elif node.func.attr in SHOWS:
                asked += words
    return lesson, asked


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_a_page_shows_every_section_of_its_lesson_and_no_other(path: Path) -> None:
    lesson, asked = sections_of(path.read_text(encoding="utf-8"))
    assert lesson == path.stem
    assert sorted(asked) == sorted(translate.read_lesson(lesson, "en").sections)


# --- published values and the glossary ------------------------------------------------------


def tables_of(published: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the tables of a paper: under ``tables``, or each under its own number."""
    numbered = [table for key, table in published.items() if key.startswith("table_")]
    return [*published.get("tables", []), *numbered]


@pytest.mark.parametrize(
    "path", sorted((ASSETS / "published").glob("*.json")), ids=lambda p: p.stem
)
def test_published_values_name_their_source(path: Path) -> None:
    published = json.loads(path.read_text(encoding="utf-8"))
    assert "arXiv:" in published["paper"]
    assert tables_of(published)
    for table in tables_of(published):
        assert re.search(r"arXiv:\d{4}\.\d{5}, (table|figure) \d+", table["source"])
        assert table["unit"] == "percent"
        for text in (table["what"], table["note"]):
            assert set(text) == set(translate.LANGUAGES)
            assert all(text.values())
        assert table["points"]
    for gap in published["not_available"]:
        assert gap["source"]
        assert set(gap["what"]) == set(translate.LANGUAGES)


def test_points_of_he_2015_are_errors_of_a_join_and_a_depth() -> None:
    published = json.loads((ASSETS / "published" / "he2015.json").read_text(encoding="utf-8"))
    for table in published["tables"]:
        places = [(point["join"], point["depth"]) for point in table["points"]]
        assert len(set(places)) == len(places)
        for point in table["points"]:
            assert point["join"] in choices.JOINS
            assert 0 < point["error"] < 100


def test_he_2015_is_copied_right() -> None:
    """He 2015, table 2: the gaps the text names; table 6: deeper is better up to 110 layers."""
    tables = json.loads((ASSETS / "published" / "he2015.json").read_text(encoding="utf-8"))[
        "tables"
    ]
    error = {
        (table["key"], point["join"], point["depth"]): point["error"]
        for table in tables
        for point in table["points"]
    }
    drop = error["imagenet", "residual", 18] - error["imagenet", "residual", 34]
    assert drop == pytest.approx(2.85)
    gap = error["imagenet", "plain", 34] - error["imagenet", "residual", 34]
    assert gap == pytest.approx(3.51)
    cifar = [error["cifar10", "residual", depth] for depth in (20, 32, 44, 56, 110)]
    assert cifar == sorted(cifar, reverse=True) == [8.75, 7.51, 7.17, 6.97, 6.43]
    assert error["cifar10", "residual", 1202] == 7.93
    assert not any(key[:2] == ("cifar10", "plain") for key in error), "printed as curves only"


def test_he_2016_is_copied_right() -> None:
    """He 2016, tables 1 and 2: every row of ours, in the order of ours; what the text says."""
    he_2016 = json.loads((ASSETS / "published" / "he2016.json").read_text(encoding="utf-8"))
    cases = {point["case"]: point["error"] for point in he_2016["table_1"]["points"]}
    assert tuple(cases) == TABLE_1
    failed = [key for key, error in cases.items() if error is None]
    assert failed == ["no-shortcut", "half-shortcut", "exclusive-gate-0", "dropout"]
    assert failed == [p["case"] for p in he_2016["table_1"]["points"] if p.get("fail")]
    reached = sorted((error, key) for key, error in cases.items() if error is not None)
    assert reached == [
        (6.61, "identity"),
        (6.91, "shortcut-gate-6"),
        (8.70, "exclusive-gate-6"),
        (9.81, "exclusive-gate-7"),
        (12.22, "projection"),
        (12.35, "frozen-gate"),
        (12.86, "shortcut-gate-0"),
    ]
    points = {point["order"]: point for point in he_2016["table_2"]["points"]}
    assert list(points) == list(choices.ORDERS)
    assert [point["resnet110"] for point in points.values()] == [6.61, 8.17, 7.84, 6.71, 6.37]
    assert [point["resnet164"] for point in points.values()] == [5.93, 6.50, 6.14, 5.91, 5.46]
    assert points["original"]["resnet110"] == cases["identity"], "one network in both tables"


def tables() -> dict[str, Mapping[str, object]]:
    return {
        name: value
        for name, value in vars(choices).items()
        if name.isupper() and isinstance(value, Mapping)
    }


@pytest.mark.parametrize("name", tables())
def test_every_key_of_every_table_stands_in_the_glossary(name: str) -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    part = re.search(rf"^## .*`{name}`$(.*?)(?=^## |\Z)", glossary, re.M | re.S)
    assert part, f"GLOSSARY.md needs a heading that ends in `{name}`"
    rows = re.findall(r"^\| `([^`]+)` \|(.+)\|$", part[1], re.M)
    assert [key for key, _ in rows] == list(tables()[name])
    for key, cells in rows:
        assert all(cell.strip() for cell in cells.split("|")), f"`{key}` has an empty cell"
