"""The client side of event streams: EventSource and its parts.

The path of a request: `event_source` → `reader` (over many connections) → `connection`
(one of them) → `requests.redirects` → the HTTP client. `responses` has what a response
needs, `retry` decides about the next connection, and `liveness` detects a dead one.

Departures from WHATWG HTML 9.2, each on purpose:

1. Requests other than GET are possible; they are repeated only if that is safe.
2. 408, 425, 429 and 5xx are retried, where a browser fails for good: a server that
   restarts is the ordinary case here. `strict=True` fails as browsers do.
3. Delays grow with failures; the standard leaves that to the client.
4. A silent connection is given up after `idle_timeout`.
5. A stream that cannot be resumed, for it has neither `id:` nor `retry:`, has ended
   after a clean end of its connection, where a browser connects again for ever.
   `strict=True` does as browsers do.
6. Other formats that servers stream are read as well; see
   `responses.format_selection`. Not with `strict=True`.
7. An end marker without data, such as `event: end` alone, is an event with empty
   data; the standard dispatches it to nobody. Not with `strict=True`.
"""
