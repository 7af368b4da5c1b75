"""What every plan is: frozen, refused with a sentence when wrong, and equal to its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from resnet_core.errors import SpecError

FORMAT = 1
"""Raised by one when the same plan would give other numbers: old runs then no longer match."""


class Plan(BaseModel):
    """A frozen plan. Building one that makes no sense raises ``SpecError`` with a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_with_a_sentence(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise _sentence(cls, error) from None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a plan back.

        Raises:
            SpecError: The text is not JSON, or not a plan of this kind.
        """
        try:
            data = json.loads(text)
        except ValueError:
            raise SpecError(
                "A plan was asked for as JSON, but the text is not JSON: {text}",
                text=repr(text)[:80],
            ) from None
        return cls.model_validate(data)

    def to_json(self) -> str:
        """Write the plan as canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Hash of everything that influences the numbers: 16 hexadecimal digits."""
        text = f"{FORMAT}/{type(self).__name__}/{self.to_json()}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def one_of(options: Iterable[object]) -> str:
    """List options for a sentence: ``'A', 'B' or 'C'``."""
    words = [repr(option) for option in options]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside ``[low, high]``.

    Raises:
        SpecError: With name, value and both ends in the sentence.
    """
    if not low <= value <= high:
        raise SpecError(
            "{name} {value} was asked for, but it must lie between {low} and {high}.",
            name=name,
            value=value,
            low=low,
            high=high,
        )


def check_choice(name: str, value: str, options: Iterable[str]) -> None:
    """Refuse a key that is not in a table.

    Raises:
        SpecError: With the key asked for and the keys there are.
    """
    options = list(options)
    if value not in options:
        raise SpecError(
            "{name} {value} was asked for, but there is no such choice: take {options}.",
            name=name,
            value=repr(value),
            options=one_of(options),
        )


def _sentence(cls: type[BaseModel], error: ValidationError) -> SpecError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or cls.__name__
    if first["type"] == "extra_forbidden":
        return SpecError(
            "{name} was asked for, but a {plan} has no such setting: it has {options}.",
            name=repr(name),
            plan=cls.__name__,
            options=one_of(cls.model_fields),
        )
    return SpecError(
        "{name} was asked to be {value}, but that is not valid: {reason}.",
        name=name,
        value=repr(first["input"])[:60],
        reason=first["msg"],
    )
