"""Dify's apps: chats, agents, completions and workflows.

One JSON object an event, named by its own `event` field. Nodes of a workflow are shown
as progress. Results of tools, files, speech and questions to a person have no view, and
are kept raw. Source: docs.dify.ai, "Send Chat Message" and "Execute Workflow".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Citation,
    Ending,
    LogLine,
    Progress,
    Raw,
    Reasoning,
    Row,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import UnknownFields, count, message_of, obj, objects, text
from .json.growth import Growth
from .parts.call_indexes import CallIndexes
from .parts.named_objects import NamedObjects, Reader
from .parts.stop_reasons import classify_failure, make_cut_off, make_stop
from .parts.thinking_tags import ThinkingTags

_KNOWN = """
    event task_id id message_id conversation_id workflow_run_id created_at answer mode
    from_variable_selector metadata files position thought observation tool tool_labels
    tool_input message_files reason data status code message type url belongs_to audio
"""
_KNOWN_DATA = """
    id node_id node_type title index status error outputs inputs text reasoning is_final
    from_variable_selector message_id node_execution_id workflow_id sequence_number
    predecessor_node_id created_at finished_at elapsed_time execution_metadata
    process_data extras files total_tokens total_steps created_by retry_index
    exceptions_count reason inputs_truncated outputs_truncated process_data_truncated
    parallel_id parallel_start_node_id parent_parallel_id agent_strategy iteration_id
    parent_parallel_start_node_id parallel_run_id loop_id provider_icon provider_type
    paused_nodes reasons workflow_run_id provider_id
"""
_IDS = ("task_id", "message_id", "conversation_id", "workflow_run_id")
_MAX_COMPARED = 100_000
"""Characters of the answer that a thought may repeat."""


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event."""
    fields = obj(value)
    if not any(isinstance(fields.get(id), str) for id in _IDS):
        return False
    match fields.get("event"):
        case "message" | "agent_message" | "message_replace":
            return isinstance(fields.get("answer"), str)
        case "agent_thought":
            return "thought" in fields
        case "error":
            return "code" in fields and isinstance(fields.get("message"), str)
        case "message_end":
            return "metadata" in fields
        case "text_chunk" | "workflow_started" | "node_started" | "workflow_finished":
            return isinstance(fields.get("data"), dict)
    return False


class Dify:
    """Reads the stream of one message or one run."""

    def __init__(self) -> None:
        self._unknown_data = UnknownFields(_KNOWN_DATA)
        self._calls = CallIndexes()
        self._thoughts = Growth()
        self._thinking = ThinkingTags()
        # What the answer said since the last thought, which may only repeat it.
        self._since_thought = ""
        self._answered = self._answering = False
        readers: dict[str, Reader] = {
            "ping": lambda message: [],
            "message": lambda message: self._said(message.get("answer")),
            "agent_message": self._agent_said,
            "message_replace": lambda message: self._replaced(message.get("answer")),
            "text_chunk": lambda message: self._said(_data(message).get("text")),
            "text_replace": lambda message: self._replaced(_data(message).get("text")),
            "reasoning_chunk": self._reasoning,
            "agent_thought": self._thought,
            "message_end": self._message_end,
            "workflow_started": lambda message: [],
            "node_started": _node_started,
            "node_retry": _node_retried,
            "node_finished": _node_finished,
            "workflow_finished": self._workflow_finished,
            "workflow_paused": self._paused,
            "error": _error,
        }
        self._objects = NamedObjects("event", readers, _KNOWN)

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        updates = self._thinking.read(self._objects.read(event))
        raw = Raw(event.event, event.data)
        news = self._unknown_data.has_new(_data(message_of(event.data) or {}))
        return [raw, *updates] if news and raw not in updates else updates

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        cut = (make_cut_off(),) if self._answering else ()
        return (*self._thinking.end(), *cut)

    # -- each type of event: its updates, or None where it is not understood -----------

    def _said(self, piece: Any) -> list[Update] | None:
        if not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._answered = self._answering = True
        return [Text(piece)]

    def _agent_said(self, message: dict[str, Any]) -> list[Update] | None:
        self._since_thought += text(message.get("answer"))
        if len(self._since_thought) > 2 * _MAX_COMPARED:
            self._since_thought = self._since_thought[-_MAX_COMPARED:]
        return self._said(message.get("answer"))

    def _replaced(self, whole: Any) -> list[Update] | None:
        """Return a text that takes the place of the answer, by moderation: what has
        been shown stays, and this is a paragraph of its own."""
        apart = "\n\n" if self._answered else ""
        return self._said(apart + whole) if isinstance(whole, str) else None

    def _reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        piece = _data(message).get("reasoning")
        if not isinstance(piece, str):
            return None
        self._answering = self._answering or bool(piece)
        return [Reasoning(piece)] if piece else []

    def _thought(self, message: dict[str, Any]) -> list[Update] | None:
        """Return a step of an agent, which is sent again with each thing that it has
        more: the thought, the call, what the tool observed."""
        id, thought = text(message.get("id")), text(message.get("thought"))
        updates: list[Update] = []
        if thought and thought.strip() not in self._since_thought:
            if new := self._thoughts.new_in(id, thought):
                updates.append(Reasoning(new))
        else:
            self._thoughts.new_in(id, thought)
        tool = text(message.get("tool"))
        if tool and not self._calls.has_arguments(id):
            self._calls.note_arguments(id)
            arguments = text(message.get("tool_input"))
            updates.append(ToolCall(self._calls.index_of(id), id, tool, arguments))
            self._since_thought = ""
        self._answering = self._answering or bool(updates)
        # What the tool observed has no view.
        return None if message.get("observation") and not updates else updates

    def _message_end(self, message: dict[str, Any]) -> list[Update]:
        self._answering = False
        metadata = obj(message.get("metadata"))
        told = obj(metadata.get("usage"))
        used = Usage(
            input_tokens=count(told.get("prompt_tokens")),
            output_tokens=count(told.get("completion_tokens")),
        )
        cited = [
            Citation(text(item.get("document_name")), quote=text(item.get("content")))
            for item in objects(metadata.get("retriever_resources"))
        ]
        # A chat with a workflow tells the end of that after it.
        return [*([used] if used != Usage() else []), *cited, Ending()]

    def _workflow_finished(self, message: dict[str, Any]) -> list[Update] | None:
        data = _data(message)
        status = text(data.get("status"))
        if not status:
            return None
        self._answering = False
        if status == "failed":
            return [classify_failure(text(data.get("error")) or "the workflow failed")]
        updates: list[Update] = []
        outputs = obj(data.get("outputs"))
        if outputs and not self._answered:
            values = list(outputs.values())
            if len(values) == 1 and isinstance(values[0], str):
                updates += self._said(values[0]) or []
                self._answering = False
            else:
                updates.append(Row(outputs))
        if status not in ("succeeded", "partial-succeeded"):
            updates.append(make_stop(status))
        return [*updates, Ending()]

    def _paused(self, message: dict[str, Any]) -> list[Update]:
        self._answering = False
        return [
            make_stop("paused", "It waits for what a person has to enter."),
            Ending(),
        ]


def _data(message: dict[str, Any]) -> dict[str, Any]:
    return obj(message.get("data"))


def _title(message: dict[str, Any]) -> str:
    data = _data(message)
    return text(data.get("title")) or text(data.get("node_type"))


def _node_started(message: dict[str, Any]) -> list[Update] | None:
    title = _title(message)
    return [Progress(title, message="running")] if title else None


def _node_retried(message: dict[str, Any]) -> list[Update] | None:
    title, index = _title(message), count(_data(message).get("retry_index"))
    return [Progress(title, message=f"retry {index or ''}".rstrip())] if title else None


def _node_finished(message: dict[str, Any]) -> list[Update] | None:
    title, data = _title(message), _data(message)
    if not title:
        return None
    status = text(data.get("status")) or "done"
    done = 100.0 if status == "succeeded" else None
    error = text(data.get("error"))
    failure = [LogLine(f"{title}: {error}", "error")] if error else []
    return [Progress(title, percent=done, message=status), *failure]


def _error(message: dict[str, Any]) -> list[Update]:
    told = text(message.get("message")) or text(message.get("code"))
    told = told or "the server sent an error without a message"
    return [classify_failure(told, message.get("code"))]
