"""What an answer has to be: a JSON schema, and the check that it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import AnswerInvalid
from .answer import read_json

_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Schema:
    """A JSON schema, or a pydantic model, that an answer follows.

    Args:
        of: the schema as an object, or a class with `model_json_schema()`.
        name: what to call it to the vendor.
    """

    of: Any
    name: str = "answer"

    def __post_init__(self) -> None:
        if not isinstance(self.of, Mapping) and not self._is_class:
            raise TypeError(
                f"Expected {self.name} to be a JSON schema, as a dict, or a pydantic "
                f"model, got {type(self.of).__name__}."
            )
        object.__setattr__(self, "name", _NAME.sub("_", self.name)[:64])

    @property
    def _is_class(self) -> bool:
        return hasattr(self.of, "model_json_schema")

    def as_json(self) -> dict[str, Any]:
        """The schema as the vendors want it: objects allow no other keys, unless it
        says so itself."""
        made = self.of.model_json_schema() if self._is_class else self.of
        closed: dict[str, Any] = _closed(made)
        return closed

    @property
    def strict(self) -> bool:
        """Whether every key of its objects is required: what OpenAI asks of a schema
        that it is to hold an answer to."""
        return _all_required(self.as_json())

    def read(self, text: str) -> Any:
        """The answer as a value: of the class, where the schema is one.

        Raises:
            AnswerInvalid: if it is not what the schema asks for.
        """
        value = read_json(text)
        if self._is_class:
            try:
                # From JSON, where a strict model takes a date's text for a date.
                return self.of.model_validate_json(json.dumps(value))
            except ValueError as error:
                raise AnswerInvalid(
                    f"an answer of {self.name}", _in_words(error)
                ) from None
        from jsonschema import ValidationError, validate

        try:
            validate(value, dict(self.of))
        except ValidationError as error:
            raise AnswerInvalid(
                f"an answer of {self.name}", f"at {error.json_path}: {error.message}"
            ) from None
        return value


def _in_words(error: ValueError) -> str:
    """What pydantic found wrong, and where."""
    found = [
        f"at {''.join(['$', *map(_step, one['loc'])])}: {one['msg']}"
        for one in getattr(error, "errors", list)()
    ]
    return "; ".join(found) or str(error)


def _step(place: str | int) -> str:
    return f"[{place}]" if isinstance(place, int) else f".{place}"


def _closed(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        closed = {key: _closed(value) for key, value in schema.items()}
        if closed.get("type") == "object" and "properties" in closed:
            closed.setdefault("additionalProperties", False)
        return closed
    return [_closed(item) for item in schema] if isinstance(schema, list) else schema


def _all_required(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        keys = schema.get("properties")
        if isinstance(keys, Mapping) and set(keys) != set(schema.get("required", ())):
            return False
        return all(map(_all_required, schema.values()))
    return not isinstance(schema, list) or all(map(_all_required, schema))
