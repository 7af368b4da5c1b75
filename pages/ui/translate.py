"""How does a page say something in the visitor's language?

English is the source. Short strings stand in the code and go through a gettext catalogue,
``assets/locale/<language>/LC_MESSAGES/resnet_lab.po``, read as it is: no compiled file to forget.
Long text stands in ``assets/lessons/<language>/<page>.md``::

    # The page's title
    > The page's question, in one paragraph.

    ## Heading of the first section <!-- intro -->
    Words of the section.

The comment is the section's key, the same in every language; a level-2 heading without one is an
error. To add a language, add its row to ``LANGUAGES``, its catalogue and its lessons.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "简体中文"})
"""Languages by key, each named in itself. The first is the source and the default."""

SOURCE = "en"
ASSETS = Path(__file__).resolve().parents[2] / "assets"

_HEADING = re.compile(r"^## +(?P<heading>.+?) +<!-- (?P<key>[a-z0-9-]+) -->$")

Translate = Callable[..., str]
"""``t(text, **values)``: looks the text up, then fills in the values, if there are any."""


class LessonError(LookupError):
    """A lesson, or a section of one, that is asked for but not written. Never a visitor's fault."""


class Sentence(Protocol):
    """A template and its values: a ``ResNetLabError``, or a ``RunFailed`` event."""

    @property
    def template(self) -> str:
        """The sentence with ``{names}`` where values go."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The values by name."""


@dataclass(frozen=True)
class Section:
    """One section of a lesson: its heading, to show or to put on an expander, and its words."""

    heading: str
    text: str


@dataclass(frozen=True)
class Lesson:
    """One lesson file. ``sections`` are in the order of the file."""

    title: str
    question: str
    sections: Mapping[str, Section]


def language_of(locale: str | None) -> str:
    """Choose the language for a browser's locale (``zh-CN``, ``de-DE``, None); else English."""
    tag = re.match(r"[A-Za-z]+", (locale or "").strip())
    language = tag.group().lower() if tag else SOURCE
    return language if language in LANGUAGES else SOURCE


@cache
def translator(language: str) -> Translate:
    """Give ``t`` for one language. A text without translation is said in English."""
    _check(language)
    words = _catalogue(language)

    def t(text: str, **values: Any) -> str:
        # gettext answers an empty text with the catalogue's header
        said = words.gettext(text) if text else ""
        return said.format(**values) if values else said

    return t


def translate_error(error: Sentence, t: Translate) -> str:
    """Say an error, or why a run failed, in the language of ``t``.

    A value that is itself a text of the catalogue ("Steps", "Learning rate") is translated too.
    """
    values = {
        name: t(value) if isinstance(value, str) else value for name, value in error.values.items()
    }
    # an error without values was formatted by Python, too: {{ }} stand for braces
    return t(error.template).format(**values)


def title(page: str, language: str) -> str:
    """Give the title of a page."""
    return read_lesson(page, language).title


def question(page: str, language: str) -> str:
    """Give the question a page answers."""
    return read_lesson(page, language).question


def heading(page: str, section: str, language: str) -> str:
    """Give the heading of a section."""
    return _section(page, section, language).heading


def lesson(page: str, section: str, language: str) -> str:
    """Give the words of a section, as Markdown, without its heading."""
    return _section(page, section, language).text


@cache
def read_lesson(page: str, language: str) -> Lesson:
    """Read one lesson file.

    Raises:
        LessonError: There is no such file, or it is not written as this module says.
    """
    _check(language)
    path = ASSETS / "lessons" / language / f"{page}.md"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LessonError(f"No lesson {page!r} in {language!r}: write {path}.") from None
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")]
    head = lines[: starts[0]] if starts else lines
    page_title = " ".join(line[2:].strip() for line in head if line.startswith("# "))
    page_question = " ".join(line[1:].strip() for line in head if line.startswith(">"))
    if not page_title or not page_question:
        raise LessonError(f"{path} must start with '# title' and '> question'.")
    sections: dict[str, Section] = {}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found = _HEADING.match(lines[start])
        if found is None or found["key"] in sections:
            raise LessonError(
                f"{path}, line {start + 1}: a section starts with '## Heading <!-- key -->', "
                f"each key once; this is {lines[start]!r}."
            )
        text = "\n".join(lines[start + 1 : end]).strip()
        sections[found["key"]] = Section(found["heading"], text)
    return Lesson(page_title, page_question, MappingProxyType(sections))


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise LessonError(f"No language {language!r}: there are {', '.join(LANGUAGES)}.")


def _section(page: str, section: str, language: str) -> Section:
    sections = read_lesson(page, language).sections
    if section not in sections:
        raise LessonError(
            f"No section {section!r} in lesson {page!r} in {language!r}: "
            f"there are {', '.join(sections)}."
        )
    return sections[section]


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == SOURCE:
        return gettext.NullTranslations()
    path = ASSETS / "locale" / language / "LC_MESSAGES" / "resnet_lab.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)  # leaves out fuzzy and empty translations
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
