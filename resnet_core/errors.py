"""Every error resnet_core raises on purpose, as a tree.

* ResNetLabError
  - SpecError      a plan that cannot be built
  - DataError      images that are missing, or not what they should be
  - LimitError     a plan that is valid but too large for this machine or this visitor
  - RunError       a run that is unknown, or not in the state asked for
  - StoreError     the database or the disk refuses
  - LabError       the lab cannot be reached, or cannot do its work

A message is a sentence for the visitor: what was asked, what was wrong, what would be right.
It is given as a template and its values, apart, so that the pages can translate the template
before they fill it in: ``SpecError("Depth {depth} is …", depth=9)``. This file stands alone to
keep imports free of circles.
"""

from __future__ import annotations

from typing import Any


class ResNetLabError(Exception):
    """The root of the tree.

    Attributes:
        template: The sentence, with ``{names}`` where values go; the key of its translation.
        values: The values by name: plain numbers and strings.
    """

    def __init__(self, template: str, **values: Any) -> None:
        self.template = template
        self.values = values
        super().__init__(template.format(**values))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.template, self.values))


class SpecError(ResNetLabError):
    """A plan that cannot be built."""


class DataError(ResNetLabError):
    """Images that are missing, or not what they should be."""


class LimitError(ResNetLabError):
    """A plan that is valid but too large for this machine or this visitor."""


class RunError(ResNetLabError):
    """A run that is unknown, or not in the state asked for."""


class StoreError(ResNetLabError):
    """The database or the disk refuses."""


class LabError(ResNetLabError):
    """The lab cannot be reached, or cannot do its work."""


ERRORS: dict[str, type[ResNetLabError]] = {
    kind.__name__: kind
    for kind in (ResNetLabError, SpecError, DataError, LimitError, RunError, StoreError, LabError)
}


def to_message(error: ResNetLabError) -> dict[str, Any]:
    """Write an error as JSON, to carry it from one process to another."""
    return {"error": type(error).__name__, "template": error.template, "values": error.values}


def from_message(message: dict[str, Any]) -> ResNetLabError:
    """Read an error back from ``to_message``."""
    return ERRORS[message["error"]](message["template"], **message["values"])


def _rebuild(kind: type[ResNetLabError], template: str, values: dict[str, Any]) -> ResNetLabError:
    return kind(template, **values)
