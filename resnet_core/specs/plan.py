"""What every plan is: frozen, refused with a sentence when wrong, and equal to its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from resnet_core.errors import SpecError

FORMAT = 1
"""Raised by one when the same plan would give other numbers: old runs then no longer match."""


class Plan(BaseModel):
    """A frozen plan. Building one that makes no sense raises ``SpecError`` with a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    added: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Settings that came after the first plans, with what every plan before them had. Such a value
    is not written: plans keep their digests, and what they gave is remembered."""

    @model_serializer(mode="wrap")
    def _leave_out_added(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        return {
            name: value
            for name, value in written.items()
            if name not in self.added or getattr(self, name) != self.added[name]
        }

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
        except (ValueError, RecursionError):
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


def shown(value: object) -> Any:
    """Give a value as it may stand in a sentence: a number as it is, the rest short and quoted."""
    if isinstance(value, int | float) and abs(value) < 10**15:
        return value
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # more digits, or deeper, than Python writes out
        return "…"
    return text if len(text) <= 60 else f"{text[:59]}…"


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
            value=shown(value),
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
        raise _no_such_choice(name, value, one_of(options))


def _no_such_choice(name: str, value: object, options: str) -> SpecError:
    return SpecError(
        "{name} {value} was asked for, but there is no such choice: take {options}.",
        name=name,
        value=shown(value),
        options=options,
    )


def _sentence(cls: type[BaseModel], error: ValidationError) -> SpecError:
    """Say what pydantic found, in the words of the other sentences."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    settings = ", ".join(cls.model_fields)
    asked = {
        "name": field.replace("_", " ").capitalize() or cls.__name__,
        "value": shown(first["input"]),
    }
    match first["type"]:
        case "extra_forbidden" | "invalid_key":
            return SpecError(
                "{name} was asked for, but a {plan} has no such setting: it has {options}.",
                name=shown(field),
                plan=cls.__name__,
                options=settings,
            )
        case "int_type" | "int_parsing" | "int_parsing_size" | "int_from_float":
            return SpecError(
                "{name} {value} was asked for, but a whole number would be right.", **asked
            )
        case "float_type" | "float_parsing" | "finite_number":
            return SpecError(
                "{name} {value} was asked for, but a finite number would be right.", **asked
            )
        case "bool_type" | "bool_parsing":
            return SpecError(
                "{name} {value} was asked for, but true or false would be right.", **asked
            )
        case "string_type" | "string_unicode":
            return SpecError("{name} {value} was asked for, but a word would be right.", **asked)
        case "tuple_type":
            return SpecError("{name} {value} was asked for, but a list would be right.", **asked)
        case "literal_error":
            return _no_such_choice(asked["name"], first["input"], first["ctx"]["expected"])
        case "model_type":
            return SpecError(
                "{name} {value} was asked for, but settings by name would be right: {options}.",
                options=settings,
                **asked,
            )
    return SpecError(
        "{name} was asked to be {value}, but that is not valid: {reason}.",
        reason=first["msg"],
        **asked,
    )
