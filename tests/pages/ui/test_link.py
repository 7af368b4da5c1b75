"""How a link's text becomes a value, and what is said when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pages.ui.frame import literal
from pages.ui.link import choice, integer, number, show_switch, switch
from resnet_core.errors import SpecError

READERS: dict[str, Callable[[str], Any]] = {
    "integer": integer("steps", 1, 100),
    "number": number("lr", 0.1, 10),
    "choice": choice("data", ["digits", "mnist"]),
    "switch": switch("flip"),
}


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        ("integer", "1", 1),
        ("integer", "100", 100),
        ("number", "0.1", 0.1),
        ("number", "1e1", 10.0),
        ("choice", "mnist", "mnist"),
        ("switch", "1", True),
        ("switch", "0", False),
    ],
)
def test_what_makes_sense_is_read(reader: str, text: str, value: object) -> None:
    assert READERS[reader](text) == value


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("integer", "0"),
        ("integer", "101"),
        ("integer", "1.5"),
        ("integer", ""),
        ("integer", "9" * 5000),
        ("number", "0.09"),
        ("number", "nan"),
        ("number", "inf"),
        ("number", "-inf"),
        ("number", "one"),
        ("choice", "MNIST"),
        ("choice", ""),
        ("switch", "2"),
        ("switch", "true"),
    ],
)
def test_what_makes_none_is_refused_with_what_would_be_right(reader: str, text: str) -> None:
    with pytest.raises(
        SpecError, match=r"The link asks for .*(would be right|take one of)"
    ) as told:
        READERS[reader](text)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_is_read_as_it_is_written(value: bool) -> None:
    assert switch("flip")(show_switch(value)) is value


@pytest.mark.parametrize(
    "text",
    ["![x](http://example.org/x.png)", "<b>", "*a*", "_a_", "`a`", "$a$", ":red[a]", "~~a~~", "#a"],
)
def test_markdown_is_kept_from_reading_a_links_words(text: str) -> None:
    escaped = literal(text)
    assert escaped.replace("\\", "") == text
    for place, character in enumerate(escaped):
        if character in "*_[]<>$:~#!`":
            assert escaped[place - 1] == "\\"
