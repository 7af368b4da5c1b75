"""A sentence that a page can translate: ``Sentence``, a template and its values, apart.

As with errors (``errors``): the template is the key of the translation, and is filled in after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, init=False)
class Sentence:
    """What is said: ``Sentence("{n} runs", n=3)``.

    Attributes:
        template: The sentence with ``{names}`` where values go; the key of its translation.
        values: The values by name: plain numbers and strings.
    """

    template: str
    values: Mapping[str, Any] = field(hash=False)

    def __init__(self, template: str, **values: Any) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return self.template.format(**self.values)
