"""The errors of nbstream, one tree of classes.

NbstreamError                 base; catch this
├── ConnectionFailed          a retry would not help: bad URL, status, content type
├── ConnectionLost            the connection broke, and the retries are used up
├── EventTooLarge             one event exceeds the size limit
├── StreamFailed              the stream itself reported an error, or its body raised
├── BodiesStillRunning        too many cancelled bodies have not reached a `yield`
├── KeyMissing                the API key of a model is not set
├── AnswerInvalid             an answer is not the JSON that was requested
├── RecordingInvalid          a file to replay is not a recording
├── RecordingUnavailable      a file cannot be recorded to, or replayed from
├── StreamClosed              used after it was closed
└── BundleMissing             the front end was not built

Each message states the expected, the actual, and what to do; the facts are attributes
of the error. No error holds a header or a request, so that a printed error cannot show
a secret.
"""

from __future__ import annotations

from .text.invisible_characters import sanitise_for_terminal
from .text.paths import shorten_paths
from .text.sentences import end_sentence, join_sentences

__all__ = [
    "AnswerInvalid",
    "BodiesStillRunning",
    "BundleMissing",
    "ConnectionFailed",
    "ConnectionLost",
    "EventTooLarge",
    "KeyMissing",
    "NbstreamError",
    "RecordingInvalid",
    "RecordingUnavailable",
    "StreamClosed",
    "StreamFailed",
]


class NbstreamError(Exception):
    """Base of every error that nbstream raises."""

    def _render_traceback_(self) -> list[str]:
        # IPython calls this in place of its traceback, which would only hide the
        # message: the user's code is not at fault. Messages quote servers, so they are
        # sanitised.
        return [sanitise_for_terminal(f"{type(self).__name__}: {self}")]


class ConnectionFailed(NbstreamError):
    """Raised when a connection fails and a retry would not help.

    Attributes:
        url: the URL, without credentials.
        status_code: the HTTP status, if the server answered.
        content_type: the Content-Type header, if the server answered.
        body: the beginning of the response body.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status_code: int | None = None,
        content_type: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status_code = status_code
        self.content_type = content_type
        self.body = body


class ConnectionLost(NbstreamError):
    """Raised when a connection broke, and reconnecting is not allowed or failed.

    Attributes:
        url: the URL, without credentials.
        attempts: how many connections failed in a row.
        last_event_id: the id to resume from; empty if the server sent none.
        status_code: the HTTP status of the last response, if there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        attempts: int,
        last_event_id: str = "",
        status_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.url = url
        self.attempts = attempts
        self.last_event_id = last_event_id
        self.status_code = status_code


class EventTooLarge(NbstreamError):
    """Raised when one event, or one line, exceeds the limit.

    Attributes:
        limit: the limit in characters.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Expected events of at most {limit:,} characters, but one is larger. "
            "If it is meant to be, raise max_event_size."
        )
        self.limit = limit


class StreamFailed(NbstreamError):
    """Raised when the stream itself reports that it failed.

    Everything received before it is kept in the stream.
    """


class BodiesStillRunning(NbstreamError):
    """Raised when a body cannot start because too many cancelled ones still run.

    Attributes:
        count: how many.
    """

    def __init__(self, count: int, line: str) -> None:
        place = f" at `{line}`" if line else ""
        super().__init__(
            f"Expected few cancelled bodies that still run, but there are {count}, the "
            f"oldest{place}. A thread cannot be stopped from outside: wait until they "
            "come to a `yield`, or restart the kernel. A body that awaits, such as "
            "`await asyncio.sleep(60)`, is stopped at once."
        )
        self.count = count


class KeyMissing(NbstreamError):
    """Raised when there is no API key for a model.

    Attributes:
        variable: the environment variable that should hold it.
    """

    def __init__(self, variable: str, also: str = "") -> None:
        super().__init__(
            join_sentences(
                f"Expected a key in the environment variable {variable}, which is not "
                "set",
                f"Nor is there another: {also}" if also else "",
                "Set it before Jupyter starts, or for this kernel with "
                f"`os.environ[{variable!r}] = getpass.getpass()`, which keeps it out "
                "of the notebook. --key-env NAME takes it from another variable.",
            )
        )
        self.variable = variable


class AnswerInvalid(NbstreamError):
    """Raised when a model's answer is not the JSON that was requested. The answer
    itself is kept in the stream.

    Attributes:
        reason: what is wrong with it.
    """

    def __init__(self, expected: str, reason: str) -> None:
        super().__init__(
            join_sentences(
                f"Expected {expected}, but it is not: {reason}",
                "What came is in `.text`.",
            )
        )
        self.reason = reason


class RecordingInvalid(NbstreamError):
    """Raised when a file to replay is not a recording.

    Attributes:
        path: the file.
        line_number: the line with the error, from 1; 0 if it is not a file at all.
    """

    def __init__(self, path: str, line_number: int, what: str) -> None:
        super().__init__(
            join_sentences(
                f"Expected a recording in {shorten_paths(path)}, but {what}",
                "Recordings are made with `%stream … --record FILE`.",
            )
        )
        self.path = path
        self.line_number = line_number


class RecordingUnavailable(NbstreamError):
    """Raised when a file cannot be recorded to, or replayed from.

    Attributes:
        path: the file.
    """

    def __init__(self, path: str, why: OSError | str) -> None:
        if isinstance(why, OSError):
            why = why.strerror or str(why)
        at = shorten_paths(path)
        super().__init__(
            end_sentence(f"Expected a file that can be used at {at}, but: {why}")
        )
        self.path = path


class StreamClosed(NbstreamError):
    """Raised when a stream or reader is used after it was closed."""


class BundleMissing(NbstreamError):
    """Raised when the panel's JavaScript is not installed."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"Expected the panel's front end at {shorten_paths(path)}, but it has "
            "not been built. "
            "Build it with `pip install .` in the checkout (no Node needed), "
            "or with `npm ci && npm run build` in nbstream/frontend."
        )
        self.path = path
