"""Redact secrets in what is shown or written.

`credentials` finds the secrets of a request, by the names of headers, parameters and
fields (`names`) and by their shape (`shapes`). `redactor` replaces them in text and
JSON, in every encoding that `forms` lists. `across_events` finds those that are split
between events, and `client_logs` redacts the log lines of HTTP clients.
"""

from .redactor import Redactor, redact_data, redactor_of

__all__ = ["Redactor", "redact_data", "redactor_of"]
