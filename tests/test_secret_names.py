"""Which parts of a request are secrets: by their names, their form, and the option."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from nbstream.sse import EventSource

pytestmark = pytest.mark.anyio

PLAIN = "correct horse"
RANDOM = "a8Kx09dQ2mZpL3vT"


def secrets_of(url: str, **options: Any) -> list[str]:
    return EventSource(url, **options).secrets()


STRONG = [
    "Authorization", "Proxy-Authorization", "X-Authorization", "X-Api-Key", "api_key",
    "apikey", "api-key", "apiKey", "APIKey", "x-goog-api-key", "access_token",
    "accessToken", "refresh_token", "id_token", "auth_token", "X-Auth-Token", "token",
    "github_token", "PRIVATE-TOKEN", "X-Vault-Token", "bearer", "client_secret",
    "secret", "app_secret", "secret_key", "aws_secret_access_key", "password", "passwd",
    "passphrase", "userPassword", "password2", "private_key", "access_key", "jwt",
    "Ocp-Apim-Subscription-Key", "x-functions-key", "CF-Access-Client-Secret",
    "CF-Access-Jwt-Assertion", "X-JWT-Assertion", "client_assertion",
    "X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-Credential", "signature", "sig",
    "X-Hub-Signature-256",
]  # fmt: skip
WEAK = [
    "key", "code", "sid", "ticket", "pass", "session_id", "sessionId", "session", "pwd",
    "pat", "pin", "nonce", "state", "otp", "auth", "X-Auth", "X-Session", "X-PAT",
    "Mcp-Session-Id", "connect.sid", "PHPSESSID", "auth_code", "X-Whatever-Key",
]  # fmt: skip
OTHER = [
    "max_tokens", "max-tokens", "maxTokens", "tokens", "tokenizer", "author",
    "X-Author", "authority", "authors", "sort_key", "partition_key", "primary_key",
    "cache_key", "idempotency-key", "public_key", "token_type", "key_size", "keyword",
    "keywords", "keyboard", "monkey", "cookie_policy", "password_length", "secret_name",
    "signature_version", "next_token", "pageToken", "continuation_token", "eos_token",
    "country_code", "status_code", "zip_code", "state_dict", "pinned", "passage",
    "sessions_per_user", "codec", "model", "page", "q", "id", "run",
]  # fmt: skip


@pytest.mark.parametrize("name", STRONG)
def test_any_value_of_a_strong_name_is_a_secret(name: str) -> None:
    assert PLAIN in secrets_of("http://h/", headers={name: PLAIN})
    assert PLAIN in secrets_of(f"http://h/?{name}={quote_plus(PLAIN)}")
    assert PLAIN in secrets_of("http://h/", json={"config": [{name: PLAIN}]})
    assert PLAIN in secrets_of("http://h/", content=f"a=b&{name}={quote_plus(PLAIN)}")
    assert secrets_of("http://h/", headers={name: "letmein"}) == [], "too short"
    assert (
        EventSource(f"http://h/?{name}=abc&page=2").url
        == f"http://h/?{name}=***&page=2"
    )


@pytest.mark.parametrize("name", WEAK)
def test_the_value_of_a_weak_name_is_a_secret_if_it_looks_like_one(name: str) -> None:
    for value in OPAQUE:
        assert value in secrets_of("http://h/", headers={name: value}), value
        assert value in secrets_of(f"http://h/?{name}={quote(value, safe='')}"), value
    for value in (*WORDS, PLAIN):
        assert secrets_of("http://h/", headers={name: value}) == [], value
        assert secrets_of(f"http://h/?{name}={quote(value, safe='')}") == [], value


@pytest.mark.parametrize("name", OTHER)
def test_the_value_of_another_name_is_never_searched_for(name: str) -> None:
    for value in (PLAIN, RANDOM, "1000", *OPAQUE):
        assert secrets_of("http://h/", headers={name: value}) == []
        assert secrets_of(f"http://h/?{name}={quote(value, safe='')}") == []
    assert EventSource(f"http://h/?{name}=llama").url == f"http://h/?{name}=llama"
    assert EventSource(f"http://h/?{name}={RANDOM}").url == f"http://h/?{name}=***"


OPAQUE = [
    RANDOM,
    "sk-proj-" + "a1B2" * 10,
    "ghp_" + "a1B2" * 9,
    "xoxb-123456789012-abcdefABCDEF",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "8b1a9953c4611296a827abf8c47804d7",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "q7Wm2Zx9Lp4Rt8Ky1Nb6",
    "s%3Aq7Wm2Zx9Lp4Rt8.Ky1Nb6".replace("%3A", "."),
]
WORDS = [
    "loss", "data", "open", "validation_loss", "val/accuracy_top_5", "2024-11-22T13:00",
    "llama3.1-70b-instruct", "resnet50v2imagenet", "gpt4o20241120", "step1000epoch12",
    "validateCheckpointName", "1000", "12345678901234567890.5", "projects/demo/runs/17",
    "the-quick-brown-fox-jumps", "MAX_LEARNING_RATE_2", "sk-learn-contrib-models",
]  # fmt: skip


def test_credentials_are_taken_apart() -> None:
    basic = base64.b64encode(b"joe:hunter2secret").decode()
    assert {basic, "hunter2secret"} <= {
        *secrets_of("http://h/", headers={"Authorization": f"Basic {basic}"})
    }
    assert {basic, "hunter2secret"} <= {*secrets_of("http://joe:hunter2secret@h/")}
    assert RANDOM in secrets_of(
        "http://h/", headers={"Authorization": f"Bearer {RANDOM}"}
    )
    assert RANDOM in secrets_of("http://h/", headers={"X-Api-Key": f"Token {RANDOM}"})
    cookies = {"Cookie": "theme=dark; sid=a-long-value; csrf=another-one"}
    assert secrets_of("http://h/", headers=cookies) == ["a-long-value", "another-one"]
    signed = "AWS4-HMAC-SHA256 Credential=AKIA/2024, Signature=0123456789abcdef"
    assert "0123456789abcdef" in secrets_of(
        "http://h/", headers={"Authorization": signed}
    )
    proxied = secrets_of("http://h/", proxy="http://joe:hunter2secret@proxy:3128")
    assert "hunter2secret" in proxied


def test_what_the_user_calls_a_secret_may_be_shorter() -> None:
    assert secrets_of("http://h/", secrets=["4321", "abc"]) == ["4321"]
