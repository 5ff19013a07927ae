"""Access to Claude through the SDK: keys, profiles, tokens, and redirects."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from nbstream.testing import StartModelServer

from .ipython_shell import Shell


def test_without_a_key_the_sdk_sends_nothing(
    shell: Shell, vendor_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    printed = shell.run("%%stream claude\nHi")
    assert "KeyMissing: Expected a key in the environment variable" in printed
    assert "ANTHROPIC_API_KEY" in printed
    assert "getpass" in printed
    assert "Traceback" not in printed
    assert not server.questions


@pytest.mark.new_sdk
def test_a_broken_profile_of_the_sdk_is_reported(
    shell: Shell,
    vendor_server: StartModelServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The SDK resolves its own credentials, and its error is shown."""
    vendor_server()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "work")
    printed = shell.run("%%stream claude\nHi")
    assert "KeyMissing: " in printed
    assert "Nor is there another: " in printed
    assert "work" in printed
    assert "Traceback" not in printed


def test_a_token_in_place_of_a_key(
    shell: Shell, vendor_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-the-test")
    shell.run("%%stream claude\nHi")
    assert server.questions[0].headers["authorization"] == "Bearer token-of-the-test"


def test_a_redirect_does_not_get_the_key(
    shell: Shell,
    vendor_server: StartModelServer,
    sse_server: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = vendor_server()

    async def to_another_host(connection: Any) -> None:
        location = f"{elsewhere.anthropic_base_url}/v1/messages"
        await connection.head(307, {"Location": location}, length=0)

    here = sse_server(to_another_host)
    printed = shell.run(f"%%stream claude --base-url {here.origin}\nHi")
    assert "was redirected" in printed
    assert not elsewhere.connections


def test_a_redirect_within_the_origin_is_reported(
    shell: Shell, vendor_server: StartModelServer, sse_server: Any
) -> None:
    vendor_server()

    async def to_another_path(connection: Any) -> None:
        await connection.head(308, {"Location": "/v2/messages"}, length=0)

    here = sse_server(to_another_path)
    printed = shell.run(f"%%stream claude --base-url {here.origin}\nHi")
    assert f"was redirected to {here.origin}/v2/messages" in printed
    assert len(here.connections) == 1


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_refusal_is_not_decompressed_without_bound(
    shell: Shell, vendor_server: StartModelServer, sse_server: Any, coding: str
) -> None:
    """The SDK would inflate a few bytes of any server that a --base-url names into
    thirty million. Nor does it request a coding that is not supported."""
    vendor_server()
    words = {"error": {"type": "billing_error", "message": "no credit " * 3_000_000}}
    body = gzip.compress(json.dumps(words).encode(), 9)
    body = gzip.compress(body, 9) if coding == "gzip, gzip" else body

    async def refuses(connection: Any) -> None:
        await connection.head(
            402, {"Content-Encoding": coding}, content_type="application/json"
        )
        await connection.send(body)

    here = sse_server(refuses)
    tracemalloc.start()
    try:
        printed = shell.run(f"%%stream claude --base-url {here.origin}\nHi")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    words_shown = "no credit" if coding == "gzip" else "its words have Content-Encoding"
    assert words_shown in printed
    assert here.requests[0].headers["accept-encoding"] == "gzip, deflate"
