"""How does the state of a page become a link, and a link the state of a page?

Every setting of a page stands in the address, unless it has its default value. A link with
nonsense in it opens all the same, with a sentence about what was asked, what was wrong, and what
was taken instead. Streamlit's own binding drops such values without a word, and loses step with
buttons that set several values at once; hence these few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.ui.translate import Translate, translate_error
from resnet_core.errors import ResNetLabError, SpecError

T = TypeVar("T")

RUNS_AGAIN = "_runs_again"
"""In the session while a page runs again by itself: what it said of the link still holds."""


class Link:
    """The settings of one page, for one run of its script.

    Use ``setting`` for each, then draw the widget with the key it gives, and ``write`` at the end.
    """

    def __init__(self, page: str, t: Translate) -> None:
        self.page = page
        self.t = t
        self.problems: list[str] = []
        self._defaults: dict[str, Any] = {}
        self._show: dict[str, Callable[[Any], str]] = {}

    def again(self) -> None:
        """Forget what was declared: a fragment that holds all settings declares them each time."""
        self.problems.clear()
        self._defaults.clear()
        self._show.clear()

    def setting(
        self,
        name: str,
        default: T,
        read: Callable[[str], T],
        show: Callable[[T], str] = str,
    ) -> str:
        """Declare a setting and give the session key of its widget.

        Args:
            name: In the link.
            default: When neither link nor session says otherwise.
            read: From the link's text; raises ``ResNetLabError`` with a sentence.
            show: Back to text.
        """
        key = self.key(name)
        self._defaults[name], self._show[name] = default, show
        kept = f"_{key}"
        if key not in st.session_state:
            value = st.session_state.get(kept, default)
            asked = st.query_params.get(name)
            if asked is not None:
                try:
                    value = read(asked)
                except ResNetLabError as error:
                    said = translate_error(error, self.t)
                    if taken := show(default):
                        said = self.t(
                            "{problem} This page goes on with {value}.", problem=said, value=taken
                        )
                    self.problems.append(said)
                    value = default
            st.session_state[key] = value
        # Streamlit forgets a widget's value when another page is opened; this copy stays.
        st.session_state[kept] = st.session_state[key]
        return key

    def key(self, name: str) -> str:
        """Give the session key of a setting."""
        return f"{self.page}.{name}"

    def get(self, name: str) -> Any:
        """Give a setting's value."""
        return st.session_state[self.key(name)]

    def write(self, **more: str | None) -> None:
        """Put what is not default into the address; ``more`` are values without a widget."""
        wanted = {
            name: self._show[name](self.get(name))
            for name, default in self._defaults.items()
            if self.get(name) != default
        } | {name: value for name, value in more.items() if value is not None}
        known = {*self._defaults, *more, "lang"}
        unknown = [name for name in st.query_params if name not in known]
        for name in unknown:
            # A setting that was here a moment ago, such as another data set's, just goes.
            if f"_{self.key(name)}" not in st.session_state:
                self.problems.append(
                    self.t(
                        "The link asks for {name}, but this page has no such setting.",
                        name=repr(name)[:40],
                    )
                )
            del st.query_params[name]
        for name in known - {"lang"}:
            if name in wanted and st.query_params.get(name) != wanted[name]:
                st.query_params[name] = wanted[name]
            elif name not in wanted and name in st.query_params:
                del st.query_params[name]
        said = f"_{self.page}.problems"
        if st.session_state.pop(RUNS_AGAIN, False):
            self.problems = [*st.session_state.get(said, []), *self.problems]
        st.session_state[said] = self.problems

    def set(self, values: Mapping[str, Any]) -> None:
        """Set several settings from a button's callback; their widgets follow."""
        for name, value in values.items():
            st.session_state[self.key(name)] = value


def integer(name: str, low: int, high: int) -> Callable[[str], int]:
    """Read a whole number between two ends."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise SpecError(
                "The link asks for {name} {value}, but a whole number from {low} to {high} would "
                "be right.",
                name=name,
                value=repr(text)[:40],
                low=low,
                high=high,
            )
        return value

    return read


def number(name: str, low: float, high: float) -> Callable[[str], float]:
    """Read a number between two ends."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise SpecError(
                "The link asks for {name} {value}, but a number from {low} to {high} would be "
                "right.",
                name=name,
                value=repr(text)[:40],
                low=low,
                high=high,
            )
        return value

    return read


def choice(name: str, options: Sequence[str]) -> Callable[[str], str]:
    """Read one of some keys."""

    def read(text: str) -> str:
        if text not in options:
            raise SpecError(
                "The link asks for {name} {value}, but there is no such choice: take one of "
                "{options}.",
                name=name,
                value=repr(text)[:40],
                options=", ".join(options),
            )
        return text

    return read


def switch(name: str) -> Callable[[str], bool]:
    """Read yes or no: ``1`` or ``0``."""
    return lambda text: choice(name, ("0", "1"))(text) == "1"


def show_switch(value: bool) -> str:
    """Write yes or no."""
    return "1" if value else "0"
