"""`%streams chat …`: list, show, clear and export conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.error import UsageError

from ..display.terminal import print_text
from ..models import Chat
from ..notebook.session import Session
from .line.options import StreamsLine
from .template import fill


def act_on_chat(
    line: StreamsLine,
    chats: dict[str, Chat],
    namespace: dict[str, Any],
    session: Session,
) -> None:
    """List, show, clear or export a conversation.

    Args:
        line: the words after `%streams`.
        chats: the conversations by name; a cleared one is removed.
        namespace: what `{name}` stands for.
        session: where a conversation is shown.

    Raises:
        UsageError: if there is no such conversation, or the file cannot be written.
    """
    if line.name is None:
        print("\n".join(chats) or "No conversations yet.")
        return
    chat = chats.get(line.name)
    if chat is None:
        known = ", ".join(chats) or "none"
        raise UsageError(
            f"Expected a conversation's name, got {line.name}. There are: {known}"
        )
    if line.chat_action == "clear":
        del chats[chat.name]
    elif line.chat_action == "export" and line.file:
        path = Path(fill(line.file, namespace))
        try:
            path.write_text(chat.as_json(), "utf-8")
        except OSError as error:
            raise UsageError(f"Expected a file to write to: {error}") from None
    elif line.chat_action == "export":
        print_text(chat.as_json())
    else:
        session.show_chat(chat)
