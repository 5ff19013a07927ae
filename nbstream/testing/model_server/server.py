"""A server that speaks the vendors' APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ..connection import Connection
from ..server import SSEServer
from . import vendor_anthropic, vendor_openai
from .answer import Answer
from .chat import Chat
from .faults import BadRequest, Broken, NotFound, Refusal
from .messages import Messages
from .question import Api, Question
from .responses import Responses
from .telling import send_json, tell
from .wire import Format

Reply = Answer | Broken | Refusal
"""What a question gets."""

Replying = Reply | Callable[[Question], Reply]
"""What a question gets, or what decides by the question."""

_FORMATS: Mapping[Api, Format] = {
    "messages": Messages(),
    "chat": Chat(),
    "responses": Responses(),
}
_PATHS: Mapping[str, Api] = {
    "/v1/messages": "messages",
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
}


class ModelServer(SSEServer):
    """A model on loopback: Anthropic's Messages, OpenAI's Chat Completions and
    Responses, streamed or at once, and the list of models. No key is needed to run it,
    but a client must send one, as to the real APIs.

        with ModelServer(Answer("Hello")) as server:
            client = AsyncAnthropic(base_url=server.anthropic_base_url, api_key="any")
            ...
            server.questions[0].prompt

    It is an `SSEServer`, so a test can wait for what it sees and let answers go on
    that wait at a `Gate`. What it refuses by itself, for want of a key, a field or a
    model, it refuses in the vendor's words, and takes none of the replies for it.

    Args:
        replies: what the first question gets, the second, and so on; the last one goes
            for all that follow. Each is an answer, one that breaks off, a refusal, or
            a function from the question to one of these.
        key: the only key that is let in; default: any.
        models: the names of the only models there are; default: any.

    Attributes:
        questions: everything that was asked, what was refused included.
    """

    def __init__(
        self, *replies: Replying, key: str | None = None, models: Sequence[str] = ()
    ) -> None:
        super().__init__(self._play)
        self.questions: list[Question] = []
        self._replies = replies
        self._replied = 0
        self._key = key
        self._models = list(models)

    @property
    def anthropic_base_url(self) -> str:
        """For `ANTHROPIC_BASE_URL`."""
        return self.origin

    @property
    def openai_base_url(self) -> str:
        """For `OPENAI_BASE_URL`."""
        return f"{self.origin}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which both vendors' clients find this server and a key."""
        return {
            "ANTHROPIC_API_KEY": self._key or "any",
            "ANTHROPIC_BASE_URL": self.anthropic_base_url,
            "OPENAI_API_KEY": self._key or "any",
            "OPENAI_BASE_URL": self.openai_base_url,
        }

    # -- one connection ----------------------------------------------------------

    async def _play(self, connection: Connection) -> None:
        request = connection.request
        path = request.path.partition("?")[0]
        if request.method == "GET" and path == "/v1/models":
            of_anthropic = "anthropic-version" in request.headers
            vendor = vendor_anthropic if of_anthropic else vendor_openai
            return await send_json(connection, 200, {}, vendor.models(self._models))
        if request.method != "POST" or path not in _PATHS:
            known = ", ".join(f"POST {path}" for path in _PATHS)
            told = f"There is no {request.method} {path} here; there are {known}."
            return await send_json(connection, 404, {}, {"error": {"message": told}})
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        known_body = body if isinstance(body, dict) else {}
        question = Question(len(self.questions), _PATHS[path], known_body, connection)
        self.questions.append(question)
        self._notify()  # a test may wait for a question, too
        speaks = _FORMATS[question.api]
        refusal = speaks.vendor.lock(question, self._key)
        if refusal is None and not isinstance(body, dict):
            refusal = BadRequest("We could not parse the JSON body of your request.")
        refusal = refusal or speaks.mistake(question)
        if refusal is None and self._models and question.model not in self._models:
            refusal = NotFound()
        await tell(connection, question, speaks, refusal or self._next(question))

    def _next(self, question: Question) -> Reply:
        if not self._replies:
            raise AssertionError("This server has no reply, but was asked.")
        reply = self._replies[min(self._replied, len(self._replies) - 1)]
        self._replied += 1
        return reply(question) if callable(reply) else reply


class StartModelServer(Protocol):
    """The type of the fixture `model_server`."""

    def __call__(
        self, *replies: Replying, key: str | None = None, models: Sequence[str] = ()
    ) -> ModelServer:
        """Start a server, which stops with the test."""
