"""Schema: the JSON schema of an answer, and its validation."""

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
    """A JSON schema, or a pydantic model, that an answer has to match.

    Args:
        of: the schema as an object, or a class with `model_json_schema()`.
        name: what the vendor is to call it; other characters than letters, digits, `_`
            and `-` become `_`. Default `answer`.

    Raises:
        TypeError: if `of` is neither.
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
        """Return the schema as the vendors require it: objects allow no additional
        properties, unless the schema says so."""
        made = self.of.model_json_schema() if self._is_class else self.of
        closed: dict[str, Any] = _close(made)
        return closed

    @property
    def strict(self) -> bool:
        """Whether every property of its objects is required, which OpenAI demands of a
        schema that it enforces."""
        return _all_required(self.as_json())

    def read(self, text: str) -> Any:
        """Return the answer as a value; as an instance if the schema is a class.

        Raises:
            AnswerInvalid: if the text has no JSON, or it does not match the schema.
        """
        value = read_json(text)
        if self._is_class:
            try:
                # From JSON, of which a strict model converts a string to a date.
                return self.of.model_validate_json(json.dumps(value))
            except ValueError as error:
                raise AnswerInvalid(
                    f"an answer of {self.name}", _describe(error)
                ) from None
        from jsonschema import ValidationError, validate

        try:
            validate(value, dict(self.of))
        except ValidationError as error:
            raise AnswerInvalid(
                f"an answer of {self.name}", f"at {error.json_path}: {error.message}"
            ) from None
        return value


def _describe(error: ValueError) -> str:
    """Return what pydantic found wrong, and where."""
    found = [
        f"at {''.join(['$', *map(_step, one['loc'])])}: {one['msg']}"
        for one in getattr(error, "errors", list)()
    ]
    return "; ".join(found) or str(error)


def _step(place: str | int) -> str:
    return f"[{place}]" if isinstance(place, int) else f".{place}"


def _close(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        closed = {key: _close(value) for key, value in schema.items()}
        if closed.get("type") == "object" and "properties" in closed:
            closed.setdefault("additionalProperties", False)
        return closed
    return [_close(item) for item in schema] if isinstance(schema, list) else schema


def _all_required(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        keys = schema.get("properties")
        if isinstance(keys, Mapping) and set(keys) != set(schema.get("required", ())):
            return False
        return all(map(_all_required, schema.values()))
    return not isinstance(schema, list) or all(map(_all_required, schema))
