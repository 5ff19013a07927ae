"""`%streams chat …`: list, show, clear and export conversations."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError

from ..models import Chat
from ..notebook.session import Session
from ..text.visible import harmless
from .template import fill


def act_on_chat(
    options: argparse.Namespace,
    chats: dict[str, Chat],
    namespace: dict[str, Any],
    notebook: Session,
) -> None:
    """Do what the words after `%streams chat` say.

    Args:
        options: of the line.
        chats: the conversations by name; a cleared one is removed.
        namespace: what `{name}` stands for.
        notebook: where a conversation is shown.

    Raises:
        UsageError: if there is no such conversation, or the file cannot be written.
    """
    if options.name is None:
        print("\n".join(chats) or "No conversations yet.")
        return
    chat = chats.get(options.name)
    if chat is None:
        known = ", ".join(chats) or "none"
        raise UsageError(
            f"Expected a conversation's name, got {options.name}. There are: {known}"
        )
    if options.what == "clear":
        del chats[chat.name]
    elif options.what == "export" and options.file:
        path = Path(fill(options.file, namespace))
        try:
            path.write_text(chat.as_json(), "utf-8")
        except OSError as error:
            raise UsageError(f"Expected a file to write to: {error}") from None
    elif options.what == "export":
        print(harmless(chat.as_json()))
    else:
        notebook.show_chat(chat)
