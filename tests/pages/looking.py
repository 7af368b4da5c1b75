"""What page tests see of a page: its charts, its warnings, its buttons."""

from __future__ import annotations

import json
import re
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.ui.chart import NAME as CHART
from pages.ui.drawing import NAME as DRAWING


def charts(page: AppTest) -> list[dict[str, Any]]:
    """What each chart was given."""
    return _given(page, CHART)


def drawings(page: AppTest) -> dict[str, Any]:
    """What the drawings of networks were given."""
    (found,) = _given(page, DRAWING)
    return found


def _given(page: AppTest, component: str) -> list[dict[str, Any]]:
    return [
        json.loads(one.proto.json)[0]
        for one in page.get("bidi_component")
        if one.proto.component_name == component
    ]


def figures(page: AppTest) -> list[dict[str, Any]]:
    return [figure for chart in charts(page) for figure in chart["figures"]]


def series(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The traces of a figure by uid."""
    return {trace["uid"]: trace for trace in figure["data"]}


def said(page: AppTest) -> list[str]:
    """What the page says of its link, a sentence each, as a visitor reads it."""
    return [line for warning in page.warning for line in readable(warning.value).split("\n")]


def errors(page: AppTest) -> list[str]:
    return [readable(error.value) for error in page.error]


def readable(markdown: str) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", markdown.removeprefix("- ").replace("\n- ", "\n"))


def all_words(page: AppTest) -> str:
    return "\n".join(text.value for kind in (page.markdown, page.caption) for text in kind)


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def link(page: AppTest) -> dict[str, str]:
    """The settings in the page's address."""
    return {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in page.query_params.items()
    }


def goes_on_in_spite_of(page: AppTest, sentence: str) -> None:
    """The link asked for one thing that cannot be: the page says so, and takes its default."""
    assert not page.exception
    (line,) = said(page)
    assert sentence in line
    assert "This page goes on with" in line
    assert link(page) == {"lang": "en"}
