"""A scripted server that implements the vendors' APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ..connection import Connection
from ..server import SSEServer
from . import vendor_anthropic, vendor_openai
from .chat_completions import ChatCompletionsApi
from .faults import BadRequest, NotFound
from .messages import MessagesApi
from .question import ApiName, Question
from .replies import Reply, send_json, send_reply
from .responses import ResponsesApi
from .vendor_api import VendorApi

ReplyOrFunction = Reply | Callable[[Question], Reply]
"""A reply, or a function that chooses it by the question."""

_APIS: Mapping[ApiName, VendorApi] = {
    "messages": MessagesApi(),
    "chat": ChatCompletionsApi(),
    "responses": ResponsesApi(),
}
_PATHS: Mapping[str, ApiName] = {
    "/v1/messages": "messages",
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
}


class ModelServer(SSEServer):
    """Serve a model on loopback: Anthropic's Messages, OpenAI's Chat Completions and
    Responses, streamed or at once, and the list of models. No key is needed to run it,
    but a client must send one, as to the real APIs.

        with ModelServer(Answer("Hello")) as server:
            client = AsyncAnthropic(base_url=server.anthropic_base_url, api_key="any")
            ...
            server.questions[0].prompt

    It is an `SSEServer`, so a test can wait for connections and signal an answer that
    waits at a `Gate`. A request without a key, a required field or a known model is
    refused with the vendor's error, and uses up no reply.

    Args:
        replies: for the first question, the second, and so on; the last one repeats.
            Each is an answer, one that breaks off, a refusal, or a function from the
            question to one of these.
        key: the only key that is accepted; default: any.
        models: the only models that exist; default: any.

    Attributes:
        questions: every request for an answer, refused ones included.
    """

    def __init__(
        self,
        *replies: ReplyOrFunction,
        key: str | None = None,
        models: Sequence[str] = (),
    ) -> None:
        super().__init__(self._play)
        self.questions: list[Question] = []
        self._replies = replies
        self._replied = 0
        self._key = key
        self._models = list(models)

    @property
    def anthropic_base_url(self) -> str:
        """The value for `ANTHROPIC_BASE_URL`."""
        return self.origin

    @property
    def openai_base_url(self) -> str:
        """The value for `OPENAI_BASE_URL`."""
        return f"{self.origin}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that give both vendors' clients this server and a
        key."""
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
            is_anthropic = "anthropic-version" in request.headers
            vendor = vendor_anthropic if is_anthropic else vendor_openai
            return await send_json(
                connection, 200, {}, vendor.list_models(self._models)
            )
        if request.method != "POST" or path not in _PATHS:
            known = ", ".join(f"POST {path}" for path in _PATHS)
            message = f"There is no {request.method} {path} here; there are {known}."
            return await send_json(connection, 404, {}, {"error": {"message": message}})
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        known_body = body if isinstance(body, dict) else {}
        question = Question(len(self.questions), _PATHS[path], known_body, connection)
        self.questions.append(question)
        self._notify()  # a test may wait for a question
        api = _APIS[question.api]
        refusal = api.vendor.check_key(question, self._key)
        if refusal is None and not isinstance(body, dict):
            refusal = BadRequest("We could not parse the JSON body of your request.")
        refusal = refusal or api.validate(question)
        if refusal is None and self._models and question.model not in self._models:
            refusal = NotFound()
        await send_reply(
            connection, question, api, refusal or self._next_reply(question)
        )

    def _next_reply(self, question: Question) -> Reply:
        if not self._replies:
            raise AssertionError("This server has no reply, but was asked.")
        reply = self._replies[min(self._replied, len(self._replies) - 1)]
        self._replied += 1
        return reply(question) if callable(reply) else reply


class StartModelServer(Protocol):
    """The type of the fixture `model_server`."""

    def __call__(
        self,
        *replies: ReplyOrFunction,
        key: str | None = None,
        models: Sequence[str] = (),
    ) -> ModelServer:
        """Start a server, which stops with the test."""
