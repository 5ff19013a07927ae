"""The client's end of event streams: EventSource and what it is made of.

Departures from WHATWG HTML 9.2, each on purpose:

1. Requests other than GET may be made; they are repeated only where that is safe.
2. 408, 425, 429 and 5xx are retried, where a browser fails for good, because a
   server that restarts is the ordinary case here. `strict=True` fails as browsers do.
3. Delays grow with failures; the standard leaves that to the client.
4. A silent connection is given up after `idle_timeout`.
5. A stream that shows no way to resume, neither `id:` nor `retry:`, has ended when its
   connection ends properly, where a browser asks for it again for ever.
   `strict=True` does as browsers do.
6. Other formats that servers stream are read as well; see `media_types`. Not with
   `strict=True`.
7. An end in a word that has no data, such as `event: end` alone, is an event with empty
   data: the standard dispatches it to nobody. Not with `strict=True`.
"""
