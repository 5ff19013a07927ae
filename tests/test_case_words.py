"""The package contains no words of the cases: it has to recognise kinds of streams."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream

from .metamorphic_renaming import CONSTANTS, SHARED_WORDS
from .stream_cases import CASES, Case

PACKAGE = Path(nbstream.__file__).parent

ORDINARY = {
    *("chat.completion.chunk", "from", "limit", "loss", "over", "search"),
    "shell",  # a channel of the kernel
}
"""Words of the cases that the package contains for other reasons."""


@pytest.fixture(scope="module")
def sources() -> dict[Path, str]:
    """Return the package's source files."""
    found = [*PACKAGE.rglob("*.py"), *(PACKAGE / "frontend" / "src").rglob("*.ts")]
    assert len(found) > 100
    return {
        path.relative_to(PACKAGE): path.read_text("utf-8")
        for path in found
        if "node_modules" not in path.parts
    }


def test_no_sentence_of_a_case_is_in_the_package(sources: dict[Path, str]) -> None:
    phrases = {text for case in CASES.values() for text in texts(case) if " " in text}
    assert len(phrases) > 50
    found = [
        (p, text) for p, code in sources.items() for text in phrases if text in code
    ]
    assert found == []


def test_no_word_of_a_case_is_looked_for(sources: dict[Path, str]) -> None:
    """A word that a case streams is no string in the code, except those with the same
    meaning everywhere."""
    words = {text for case in CASES.values() for text in texts(case)}
    words -= SHARED_WORDS | ORDINARY
    assert len(words) > 100
    found = [
        (p, word) for p, code in sources.items() for word in words & strings(p, code)
    ]
    assert found == []


def texts(case: Case) -> Iterator[str]:
    """Return the content that a case streams and expects, of four letters or more."""
    found = [*inner_texts(dict(case.expect))]
    for body in case.bodies:
        for line in re.split(r"[\r\n]+", body.decode()):
            data = line.removeprefix("data:").strip()
            if data[:1] in ("{", "["):
                found += inner_texts(json.loads(data)) if data != "[DONE]" else []
            elif line.startswith("data:") or case.content_type == "text/plain":
                found.append(data)
    for text in found:
        stripped = text.strip(" .,\n")
        if re.search(r"[^\W\d_]{4}", stripped) and not stripped.startswith(":"):
            yield stripped


def inner_texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from inner_texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from inner_texts(inner, name)
    elif isinstance(value, str) and name not in {*CONSTANTS, "state"}:
        yield value


def strings(path: Path, code: str) -> set[str]:
    """Return the strings in a file's code."""
    if path.suffix == ".py":
        nodes = ast.walk(ast.parse(code))
        found = [node.value for node in nodes if isinstance(node, ast.Constant)]
        return {text.strip() for text in found if isinstance(text, str)}
    quoted = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", code)
    return {text.strip() for texts in quoted for text in texts}
