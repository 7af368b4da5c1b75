"""Which texts does the code say? Babel asks here (``babel.cfg``) when ``make words`` collects them.

Babel's own reader works on tokens and misses a ``t("…")`` inside an f-string or another call's
argument; this one reads the syntax tree. To make another function's first argument a text, add
its name to ``KEYWORDS``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import IO, Any

from resnet_core.errors import ERRORS

KEYWORDS = frozenset(
    {
        "t",
        "RunFailed",
        "Choice",
        "DataSet",
        "Probe",
        "ShortcutCase",
        "Sentence",
        "check_between",
        "check_choice",
        *ERRORS,
    }
)
"""Functions and classes whose first argument, or the one named ``template``, is a text."""


def said(source: str) -> Iterator[tuple[int, ast.expr]]:
    """Give line and expression of every text in a module, in the order of its lines."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = [keyword.value for keyword in node.keywords if keyword.arg == "template"]
            if name in KEYWORDS and (node.args or named):
                found.append((node.lineno, (node.args or named)[0]))
    yield from sorted(found, key=lambda pair: pair[0])


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Give line and text of every text that is written out."""
    for line, text in said(source):
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield line, text.value


def extract(
    file: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Answer Babel; the signature is Babel's."""
    for line, text in texts(file.read().decode("utf-8")):
        yield line, None, text, []
