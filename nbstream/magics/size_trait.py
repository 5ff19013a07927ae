"""A size as `%config` takes it."""

from __future__ import annotations

from typing import Any

from traitlets import Int

from ..text.sizes import parse_size


class Size(Int[int, int]):
    """A size in characters: a number, or such as `4M`."""

    info_text = "a size such as 4M, 512K or 100000"

    def validate(self, obj: Any, value: Any) -> int:
        """Return the number.

        Raises:
            TraitError: if it is not a size.
        """
        try:
            return parse_size(value)
        except ValueError:
            self.error(obj, value)

    def from_string(self, s: str) -> int:
        """Return the number that a word on a command line stands for."""
        return parse_size(s)
