"""Typing errors are answered by a line that suggests the right word."""

from __future__ import annotations

import pytest

from .ipython_shell import Shell

OLLAMA = "--base-url http://localhost:11434/v1"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("%%stream claud", "%%stream claude"),
        ("%%stream claud -m x", "%%stream claude"),
        ("%%stream anthropic", "%%stream claude"),
        ("%%stream anthropic:some-model", "%%stream claude:some-model"),
        ("%%stream claude-some-4", "%%stream claude:claude-some-4"),
        ("%%stream gpt-5", "%%stream openai:gpt-5"),
        ("%%stream gpt-4o", "%%stream openai:gpt-4o"),
        ("%%stream o3", "%%stream openai:o3"),
        ("%%stream opnai:x", "%%stream openai:x"),
        ("%%stream ollama:llama3", f"%%stream openai:llama3 {OLLAMA}"),
        ("%%stream llama3", f"%%stream openai:llama3 {OLLAMA}"),
        ("%%stream gpt-oss:20b", f"%%stream openai:gpt-oss:20b {OLLAMA}"),
        ("%%stream ollama", f"%%stream openai:MODEL {OLLAMA}"),
        ("%%stream gemini", "v1beta/openai --key-env GEMINI_API_KEY"),
        ("%%stream mistral:large", "api.mistral.ai/v1 --key-env MISTRAL_API_KEY"),
        ("%%stream claude gpt-5", "openai:gpt-5"),
        ("%stream claude Hello", "%%stream claude, and the prompt below it."),
        ("%stream claude:m What's new", "%%stream claude:m, and the prompt below it."),
        ("%stream localhost:8000/events", "http://localhost:8000/events"),
        ("%stream 127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("%stream api.host.org/v1/events", "https://api.host.org/v1/events"),
        ("%stream http:/host/x", "http://host/x"),
        ("%stream [] --wiat", "--wait"),
        ("%stream [] --veiw=table", "--view"),
        ("%stream [] --idle 3", "--idle-timeout"),
        ("%stream [] --view tabel", "table"),
        ("%stream [] --dialect openia", "openai"),
        ("%streams cancle all", "cancel"),
        ("%streams --hlep", "--help"),
    ],
)
def test_a_suggestion_is_made_in_one_line(shell: Shell, typed: str, meant: str) -> None:
    cell = f"{typed}\nHi" if typed.startswith("%%") else typed
    printed = shell.run(cell)
    assert printed.startswith("UsageError: ")
    assert printed.endswith(f"{meant}\n")
    assert printed.count("\n") == 1


def test_a_module_is_no_model(shell: Shell) -> None:
    """Users of the vendor's SDK have the key under that name."""
    shell.run("import anthropic")
    assert shell.run("%%stream anthropic\nHi").endswith("mean: %%stream claude\n")
    assert shell.run("%stream anthropic").endswith("mean: %%stream claude\n")


def test_a_variable_is_what_it_is(shell: Shell) -> None:
    """Under any name; and an unlike name gets no suggestion."""
    shell.ip.user_ns |= {"o3": ["three"], "gemini": ["two"]}
    assert shell.run("%stream o3") == "three\n"
    assert shell.run("%stream gemini") == "two\n"
    assert "Did you mean" not in shell.run("%stream my_stream")
    assert "Did you mean" not in shell.run("%stream run.events(")


def test_help_for_streams(shell: Shell) -> None:
    printed = shell.run("%streams --help")
    assert "usage: %streams" in printed
    assert "%streams chat NAME export FILE" in printed
