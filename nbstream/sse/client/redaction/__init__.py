"""Secrets taken out of what is shown or written.

`names` says which headers, parameters and fields hold a secret, `shapes` what looks
like one, `forms` how one may come back, and `redactor` takes them out. `across_events`
finds those that were cut between two events.
"""

from .redactor import Redactor, redacted, redactor_of

__all__ = ["Redactor", "redacted", "redactor_of"]
