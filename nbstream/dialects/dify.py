"""Read Dify's apps: chats, agents, completions and workflows.

Each event is one JSON object, named by its `event` field. Nodes of a workflow are shown
as progress. Tool results, files, speech and requests for human input have no view, and
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
"""Characters of the answer that are compared with a thought, which may repeat them."""


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
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
    """Read the stream of one message or one run."""

    def __init__(self) -> None:
        self._unknown_data = UnknownFields(_KNOWN_DATA)
        self._calls = CallIndexes()
        self._thoughts = Growth()
        self._thinking = ThinkingTags()
        # The text of the answer since the last thought; the next thought may repeat it.
        self._text_since_thought = ""
        self._has_text = self._is_answering = False
        readers: dict[str, Reader] = {
            "ping": lambda message: [],
            "message": lambda message: self._read_text(message.get("answer")),
            "agent_message": self._read_agent_text,
            "message_replace": lambda message: self._read_replacement(
                message.get("answer")
            ),
            "text_chunk": lambda message: self._read_text(
                _data_of(message).get("text")
            ),
            "text_replace": lambda message: self._read_replacement(
                _data_of(message).get("text")
            ),
            "reasoning_chunk": self._read_reasoning,
            "agent_thought": self._read_thought,
            "message_end": self._read_message_end,
            "workflow_started": lambda message: [],
            "node_started": _read_node_started,
            "node_retry": _read_node_retry,
            "node_finished": _read_node_finished,
            "workflow_finished": self._read_workflow_finished,
            "workflow_paused": self._read_paused,
            "error": _read_error,
        }
        self._objects = NamedObjects("event", readers, _KNOWN)

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        updates = self._thinking.read(self._objects.read(event))
        raw = Raw(event.event, event.data)
        has_unknown = self._unknown_data.has_new(_data_of(message_of(event.data) or {}))
        return [raw, *updates] if has_unknown and raw not in updates else updates

    def end(self) -> Sequence[Update]:
        """Return the text that was held back, and a truncated answer's `Stopped`."""
        cut = (make_cut_off(),) if self._is_answering else ()
        return (*self._thinking.end(), *cut)

    # -- each type of event: its updates, or None if it is not understood --------------

    def _read_text(self, piece: Any) -> list[Update] | None:
        if not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._has_text = self._is_answering = True
        return [Text(piece)]

    def _read_agent_text(self, message: dict[str, Any]) -> list[Update] | None:
        self._text_since_thought += text(message.get("answer"))
        if len(self._text_since_thought) > 2 * _MAX_COMPARED:
            self._text_since_thought = self._text_since_thought[-_MAX_COMPARED:]
        return self._read_text(message.get("answer"))

    def _read_replacement(self, whole: Any) -> list[Update] | None:
        """Return the text with which moderation replaces the answer. The text shown so
        far remains, and the replacement is a new paragraph."""
        separator = "\n\n" if self._has_text else ""
        return self._read_text(separator + whole) if isinstance(whole, str) else None

    def _read_reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        piece = _data_of(message).get("reasoning")
        if not isinstance(piece, str):
            return None
        self._is_answering = self._is_answering or bool(piece)
        return [Reasoning(piece)] if piece else []

    def _read_thought(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the new part of an agent's step. A step is sent again with each part
        that it gets: a thought, a call, a tool result."""
        id, thought = text(message.get("id")), text(message.get("thought"))
        updates: list[Update] = []
        if thought and thought.strip() not in self._text_since_thought:
            if new := self._thoughts.new_in(id, thought):
                updates.append(Reasoning(new))
        else:
            self._thoughts.new_in(id, thought)
        tool = text(message.get("tool"))
        if tool and not self._calls.has_arguments(id):
            self._calls.note_arguments(id)
            arguments = text(message.get("tool_input"))
            updates.append(ToolCall(self._calls.index_of(id), id, tool, arguments))
            self._text_since_thought = ""
        self._is_answering = self._is_answering or bool(updates)
        # The result of the tool has no view.
        return None if message.get("observation") and not updates else updates

    def _read_message_end(self, message: dict[str, Any]) -> list[Update]:
        self._is_answering = False
        metadata = obj(message.get("metadata"))
        usage = obj(metadata.get("usage"))
        used = Usage(
            input_tokens=count(usage.get("prompt_tokens")),
            output_tokens=count(usage.get("completion_tokens")),
        )
        cited = [
            Citation(text(item.get("document_name")), quote=text(item.get("content")))
            for item in objects(metadata.get("retriever_resources"))
        ]
        # In a chat with a workflow, the end of the workflow follows.
        return [*([used] if used != Usage() else []), *cited, Ending()]

    def _read_workflow_finished(self, message: dict[str, Any]) -> list[Update] | None:
        data = _data_of(message)
        status = text(data.get("status"))
        if not status:
            return None
        self._is_answering = False
        if status == "failed":
            return [classify_failure(text(data.get("error")) or "the workflow failed")]
        updates: list[Update] = []
        outputs = obj(data.get("outputs"))
        if outputs and not self._has_text:
            values = list(outputs.values())
            if len(values) == 1 and isinstance(values[0], str):
                updates += self._read_text(values[0]) or []
                self._is_answering = False
            else:
                updates.append(Row(outputs))
        if status not in ("succeeded", "partial-succeeded"):
            updates.append(make_stop(status))
        return [*updates, Ending()]

    def _read_paused(self, message: dict[str, Any]) -> list[Update]:
        self._is_answering = False
        return [
            make_stop("paused", "It waits for what a person has to enter."),
            Ending(),
        ]


def _data_of(message: dict[str, Any]) -> dict[str, Any]:
    return obj(message.get("data"))


def _title_of(message: dict[str, Any]) -> str:
    data = _data_of(message)
    return text(data.get("title")) or text(data.get("node_type"))


def _read_node_started(message: dict[str, Any]) -> list[Update] | None:
    title = _title_of(message)
    return [Progress(title, message="running")] if title else None


def _read_node_retry(message: dict[str, Any]) -> list[Update] | None:
    title, index = _title_of(message), count(_data_of(message).get("retry_index"))
    return [Progress(title, message=f"retry {index or ''}".rstrip())] if title else None


def _read_node_finished(message: dict[str, Any]) -> list[Update] | None:
    title, data = _title_of(message), _data_of(message)
    if not title:
        return None
    status = text(data.get("status")) or "done"
    done = 100.0 if status == "succeeded" else None
    error = text(data.get("error"))
    failure = [LogLine(f"{title}: {error}", "error")] if error else []
    return [Progress(title, percent=done, message=status), *failure]


def _read_error(message: dict[str, Any]) -> list[Update]:
    error = text(message.get("message")) or text(message.get("code"))
    error = error or "the server sent an error without a message"
    return [classify_failure(error, message.get("code"))]
