"""Read the questions to ask from a line and the prompt below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    fill_prompt,
    parse_vendor,
)
from ..models.request import merge_params
from ..specs import AnswerSpec, Defaults
from .line.options import ModelWords, StreamLine
from .line.suggestions import suggest_source
from .template import fill, fill_value


def find_models(
    line: StreamLine, namespace: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return the vendors and models that a line names; empty if it names something
    else.

    Raises:
        UsageError: if it has options that only one of the two takes.
    """
    words = [fill(word, namespace) for word in line.source]
    named = [found for word in words if (found := parse_vendor(word)) is not None]
    if len(named) != len(words):
        named = []
    wrong = line.only_for_urls if named else line.only_for_models
    if wrong:
        if not named and (meant := suggest_source(line.source)) is not None:
            raise UsageError(meant)
        kind = "a URL" if named else "a model, such as claude,"
        raise UsageError(f"Only {kind} takes {', '.join(wrong)}.")
    return named


def open_answers(
    named: Sequence[tuple[str, str]],
    line: StreamLine,
    namespace: Mapping[str, Any],
    defaults: Defaults,
    chat: Chat | None,
    cell: str | None,
) -> list[ModelStream]:
    """Return the answers as new streams, one a model, not started.

    Args:
        named: the vendors and models.
        line: the line, and the prompt below it.
        namespace: what `{name}`s stand for.
        defaults: what holds where the line gives nothing.
        chat: the conversation that it belongs to.
        cell: the notebook's cell.

    Raises:
        UsageError: if something is missing or wrong.
    """
    if not line.body.strip():
        raise UsageError("Expected the prompt as the cell's body, under %%stream.")
    text, notes = fill_prompt(line.body.strip(), namespace)
    system = fill(line.model.system, namespace)
    messages: list[Message] = [{"role": "user", "content": text}]
    if chat is not None:
        _check_chat(chat, named, cell)
        system = system or chat.system
        messages = chat.messages_for(text, cell)
    access = defaults.fill_access(_read_access(named, line, namespace))
    options = defaults.build_options(
        view=line.view,
        name=line.name if len(named) == 1 else None,
        max_time=line.max_time,
        max_event_size=line.max_event_size,
    )
    record = _read_record(line, namespace, named)
    specs = [
        AnswerSpec(
            vendor=vendor,
            question=ModelRequest(
                model=model or line.model.model or _read_default(vendor, defaults),
                messages=tuple(messages),
                system=system,
                max_tokens=line.model.max_tokens,
                temperature=line.model.temperature,
                thinking=line.model.thinking,
                schema=_read_schema(line.model.json_schema, namespace),
                params=_read_params(line.model, namespace),
            ),
            access=access,
            notes=tuple(notes),
            record=record,
            options=options,
        )
        for vendor, model in named
    ]
    # Build every request before sending any, so that a failing cell has paid for none.
    try:
        streams = [spec.open() for spec in specs]
    except KeyMissing as error:
        raise UsageError(str(error)) from None
    if chat is not None:
        chat.system = system
        streams[0].on_end = chat.ask(text, cell)
    return streams


def _check_chat(chat: Chat, named: Sequence[tuple[str, str]], cell: str | None) -> None:
    if len(named) > 1:
        raise UsageError("A chat goes on with one model at a time, not several.")
    if chat.waits(cell):
        raise UsageError(
            f"The last question of {chat.name} is still being answered, and this "
            "one is to know the answer. Run this cell when it has come."
        )


def _read_access(
    named: Sequence[tuple[str, str]], line: StreamLine, namespace: Mapping[str, Any]
) -> Access:
    vendors = {vendor for vendor, _ in named}
    words, key_env = line.model, line.request.key_env
    if len(vendors) > 1 and (words.base_url or key_env):
        raise UsageError(
            "--base-url and --key-env are for one vendor. Beside another, set "
            "ANTHROPIC_BASE_URL or OPENAI_BASE_URL, and the key's own variable."
        )
    if words.api is not None and "openai" not in vendors:
        raise UsageError("Only openai takes --api.")
    return Access(
        base_url=words.base_url and fill(words.base_url, namespace),
        api=words.api or "chat",
        key_env=key_env,
        retries=line.request.retries,
        idle_timeout=line.request.idle_timeout,
    )


def _read_default(vendor: str, defaults: Defaults) -> str:
    if model := defaults.find_model(vendor):
        return model
    raise UsageError(
        f"Expected a model: %%stream {vendor} -m MODEL. For a default, "
        f"%config StreamMagics.{vendor}_model = 'MODEL'."
    )


def _read_params(words: ModelWords, namespace: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for given in words.param:
        params = merge_params(params, fill_value(given, namespace))
    return params


def _read_schema(name: str | None, namespace: Mapping[str, Any]) -> Schema | None:
    if name is None:
        return None
    if name not in namespace:
        raise UsageError(f"Expected a variable with a schema, got {name!r}.")
    try:
        return Schema(namespace[name], name)
    except TypeError as error:
        raise UsageError(str(error)) from None


def _read_record(
    line: StreamLine,
    namespace: Mapping[str, Any],
    named: Sequence[tuple[str, str]],
) -> str | None:
    if line.record is None:
        return None
    if len(named) > 1:
        raise UsageError("--record is for one stream, not for several side by side.")
    return fill(line.record, namespace)
