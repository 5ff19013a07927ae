"""From what was typed to a question, and whom it goes to."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

from ..errors import KeyMissing
from ..models import (
    Access,
    Chat,
    Message,
    ModelRequest,
    ModelStream,
    Schema,
    ask,
    fill_prompt,
    parse_vendor,
)
from ..models.request import merge_params
from .suggestions import suggest_source
from .template import fill, fill_value

_ONLY_URLS = {
    "request": "-X",
    "header": "-H",
    "data": "-d",
    "json": "--json",
    "get": "-G",
    "user": "-u",
    "cookie": "-b",
    "user_agent": "-A",
    "referer": "-e",
    "proxy": "-x",
    "cacert": "--cacert",
    "insecure": "-k",
    "header_from": "--header-from",
    "speed": "--speed",
    "dialect": "--dialect",
    "field": "--field",
    "follow": "--follow",
}
_ONLY_MODELS = {
    "model": "-m",
    "system": "--system",
    "max_tokens": "--max-tokens",
    "temperature": "--temperature",
    "thinking": "--thinking",
    "json_schema": "--json-schema",
    "param": "--param",
    "chat": "--chat",
    "api": "--api",
    "base_url": "--base-url",
}


def models_typed(
    options: argparse.Namespace, namespace: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """The vendors and models that a line names; none if it names something else.

    Raises:
        UsageError: if it has options that only one of the two takes.
    """
    words = [fill(word, namespace) for word in options.source]
    named = [found for word in words if (found := parse_vendor(word)) is not None]
    if len(named) != len(words):
        named = []
    wrong = _ONLY_URLS if named else _ONLY_MODELS
    given = [
        option
        for name, option in wrong.items()
        if getattr(options, name) not in (None, [])
    ]
    if given:
        if not named and (meant := suggest_source(options.source)) is not None:
            raise UsageError(meant)
        kind = "a URL" if named else "a model, such as claude,"
        raise UsageError(f"Only {kind} takes {', '.join(given)}.")
    return named


def read_question(
    named: list[tuple[str, str]],
    options: argparse.Namespace,
    prompt: str | None,
    namespace: Mapping[str, Any],
    defaults: Mapping[str, Any],
    chat: Chat | None,
    cell: str | None,
) -> list[ModelStream]:
    """Return the answers as new streams, one a model.

    Args:
        named: the vendors and models.
        options: of the line.
        prompt: the cell's body.
        namespace: what `{name}`s stand for.
        defaults: `models`, the default model of each vendor; `retries` and
            `idle_timeout`; `view`; `max_event_size`.
        chat: the conversation that it belongs to.
        cell: the notebook's cell.

    Raises:
        UsageError: if something of it is missing or wrong.
    """
    if not prompt or not prompt.strip():
        raise UsageError("Expected the prompt as the cell's body, under %%stream.")
    text, notes = fill_prompt(prompt.strip(), namespace)
    system = fill(options.system or "", namespace)
    messages: list[Message] = [{"role": "user", "content": text}]
    if chat is not None:
        if len(named) > 1:
            raise UsageError("A chat goes on with one model at a time, not several.")
        if chat.waits(cell):
            raise UsageError(
                f"The last question of {chat.name} is still being answered, and this "
                "one is to know the answer. Run this cell when it has come."
            )
        system = system or chat.system
        messages = chat.messages_for(text, cell)
    access = _access(named, options, namespace, defaults)
    params: dict[str, Any] = {}
    for given in options.param:
        params = merge_params(params, fill_value(given, namespace))
    # Every request is built before any is sent: a cell that fails has paid for none.
    streams = []
    for vendor, model in named:
        question = ModelRequest(
            model=model or options.model or _default(vendor, defaults),
            messages=tuple(messages),
            system=system,
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            thinking=options.thinking,
            schema=_schema(options.json_schema, namespace),
            params=params,
        )
        try:
            stream = ask(
                vendor,
                question,
                access,
                record=_record(options, namespace, named),
                notes=notes,
                view=options.view or defaults["view"],
                max_time=options.max_time,
                max_event_size=options.max_event_size or defaults["max_event_size"],
                name=options.name if len(named) == 1 else None,
            )
        except KeyMissing as error:
            raise UsageError(str(error)) from None
        streams.append(stream)
    if chat is not None:
        chat.system = system
        streams[0].on_end = chat.ask(text, cell)
    return streams


def _access(
    named: list[tuple[str, str]],
    options: argparse.Namespace,
    namespace: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> Access:
    vendors = {vendor for vendor, _ in named}
    if len(vendors) > 1 and (options.base_url or options.key_env):
        raise UsageError(
            "--base-url and --key-env are for one vendor. Beside another, set "
            "ANTHROPIC_BASE_URL or OPENAI_BASE_URL, and the key's own variable."
        )
    if options.api and "openai" not in vendors:
        raise UsageError("Only openai takes --api.")

    def chosen(name: str) -> Any:
        given = getattr(options, name)
        return defaults[name] if given is None else given

    return Access(
        base_url=options.base_url and fill(options.base_url, namespace),
        api=options.api or "chat",
        key_env=options.key_env,
        retries=chosen("retries"),
        idle_timeout=chosen("idle_timeout"),
    )


def _default(vendor: str, defaults: Mapping[str, Any]) -> str:
    model: str = defaults["models"][vendor]
    if not model:
        raise UsageError(
            f"Expected a model: %%stream {vendor} -m MODEL. For a default, "
            f"%config StreamMagics.{vendor}_model = 'MODEL'."
        )
    return model


def _schema(name: str | None, namespace: Mapping[str, Any]) -> Schema | None:
    if name is None:
        return None
    if name not in namespace:
        raise UsageError(f"Expected a variable with a schema, got {name!r}.")
    try:
        return Schema(namespace[name], name)
    except TypeError as error:
        raise UsageError(str(error)) from None


def _record(
    options: argparse.Namespace,
    namespace: Mapping[str, Any],
    named: list[tuple[str, str]],
) -> str | None:
    if options.record is None:
        return None
    if len(named) > 1:
        raise UsageError("--record is for one stream, not for several side by side.")
    file: str = fill(options.record, namespace)
    return file
