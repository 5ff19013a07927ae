"""Keys in a cell: notebooks are saved and shared, so they are refused there."""

from __future__ import annotations

from IPython.core.error import UsageError

from ..models import key_in


def refuse_keys(line: str, cell: str | None) -> None:
    """Refuse a cell with what looks like the key of a model's vendor.

    Raises:
        UsageError: if there is one.
    """
    found = key_in(line) or key_in(cell or "")
    if found:
        raise UsageError(
            f"This cell holds what looks like a key ({found}), and notebooks are saved "
            "and shared. Delete it here, put it into an environment variable before "
            "Jupyter starts, or for this kernel with os.environ['NAME'] = "
            "getpass.getpass(), and write --key-env NAME, or {name} in a header."
        )
