"""Which parts of a request are secrets, and that they are redacted from everything
received: in every encoding, and nothing else."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbstream
from nbstream.display import snapshot
from nbstream.sources import RecordedSource
from nbstream.sse import ConnectionChange, EventSource, ServerSentEvent
from nbstream.streams.handle import Stream
from nbstream.streams.pipeline import Redaction
from nbstream.testing import Answer, StartModelServer
from nbstream.updates import Metric, Progress, Reasoning, Row, Text

from .ipython_shell import Shell

pytestmark = pytest.mark.anyio

PLAIN = "correct horse"
RANDOM = "a8Kx09dQ2mZpL3vT"


def secrets_of(url: str, **options: Any) -> list[str]:
    return EventSource(url, **options).secrets()


# -- which names ---------------------------------------------------------------------

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


# -- in what comes back --------------------------------------------------------------

SECRET = 'tr0ub4dor+/=&"\\x9 Zz'
FORMS = {
    "as it is": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "as a path": quote(SECRET),
    "as a form": quote_plus(SECRET),
    "in lower case": quote(SECRET, safe="").replace("%2B", "%2b").replace("%2F", "%2f")
    .replace("%3D", "%3d").replace("%5C", "%5c"),
    "in JSON": json.dumps({"quoted": SECRET}),
    "in JSON as PHP writes it": json.dumps(SECRET).replace("/", "\\/"),
    "in JSON in JSON": json.dumps({"a": json.dumps({"b": SECRET})}),
    "in HTML": html.escape(SECRET),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "as a login": base64.b64encode(f"joe:{SECRET}".encode()).decode(),
    "as another login": base64.b64encode(f"anne:{SECRET}:x".encode()).decode(),
}  # fmt: skip


class Echo:
    """A source of given events, with given secrets."""

    label = "echo"
    bytes_received = 0
    leftover = None

    def __init__(self, events: Sequence[ServerSentEvent], *secrets: str) -> None:
        self._events = events
        self._secrets = [*secrets]

    def secrets(self) -> list[str]:
        return self._secrets

    def stop_reconnecting(self) -> None:
        pass

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        for event in self._events:
            yield [event]


def event(value: Any) -> ServerSentEvent:
    return ServerSentEvent(data=value if isinstance(value, str) else json.dumps(value))


async def written(events: Sequence[ServerSentEvent], path: Path, *secrets: str) -> str:
    """Return everything that a stream with these secrets leaves: events, recording and
    live updates."""
    stream = Stream(RecordedSource(Echo(events, *secrets), path))
    updates = [update async for update in stream]
    bundle, metadata = snapshot.bundle(stream)
    kept = [event.data async for event in stream.events()]
    patches = [patch.payload for patch in stream.transcript.snapshot()]
    return "\n".join(
        map(
            str,
            (updates, stream.text, bundle, metadata, kept, patches, stream.tool_calls,
             *bundle.values(), *kept, path.read_text("utf-8")),
        )
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_a_secret_is_taken_out_in_every_form(form: str, tmp_path: Path) -> None:
    text = FORMS[form]
    pieces = [
        event({"type": "content", "data": f"Your key is {text}, or was."}),
        event({"type": "reasoning", "data": text}),
        event({"type": "log", "message": text}),
        event({"type": "progress", "current": 1, "total": 2, "message": text}),
        event({"type": "item", "data": {"nested": [{"value": text}]}}),
        event({"type": "tool_call", "name": "f", "arguments": json.dumps({"a": text})}),
        event({"type": "unknown", "what": text}),
        event(f"plain {text}"),
    ]
    left = await written(pieces, tmp_path / "r.jsonl", SECRET)
    assert "Your key is " in left and "***" in left
    for each in FORMS.values():
        assert each not in left
    core = base64.b64encode(f"joe:{SECRET}".encode()).decode()[8:-8]
    assert core not in left


class Renewed(Echo):
    """A source whose connections have a different key each, and one event."""

    asked = 0

    def secrets(self) -> list[str]:
        self.asked += 1
        return [*self._secrets]

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        for number, event in enumerate(self._events):
            self._secrets.append(f"key-{number:010}")
            on_change(ConnectionChange("open"))
            yield [event] * 1_000
            on_change(ConnectionChange("connecting", "the server closed"))


async def test_secrets_are_computed_for_each_connection_not_each_event() -> None:
    """The secrets of a request are computed once for a connection, not for each
    event."""
    both = event({"type": "content", "data": "key-0000000000 key-0000000001 "})
    source = Renewed([both, both])
    stream = Stream(source)
    await stream
    assert stream.text == "*** *** " * 2_000, "what came before a key was one, too"
    async with Stream(Renewed([both, both])) as live:
        texts = [update.text async for update in live if isinstance(update, Text)]
    assert texts == ["*** key-0000000001 "] * 1_000 + ["*** *** "] * 1_000
    assert source.asked < 20


async def test_a_secret_that_is_a_word_breaks_no_event(tmp_path: Path) -> None:
    """Types, keys and names stay, so that each event is still understood; a number that
    equals the secret is no secret."""
    payloads = [
        event({"type": "progress", "current": 12345678, "total": 24691356}),
        event({"type": "metric", "name": "progress", "value": 12345678}),
        event({"type": "item", "data": {"progress": 12345678, "note": "progress"}}),
        event({"type": "content", "data": "no 912345678, and 12345678."}),
    ]
    path = tmp_path / "r.jsonl"
    stream = Stream(RecordedSource(Echo(payloads, "progress", "12345678"), path))
    updates = [update async for update in stream]
    assert updates == [
        Progress(current=12345678, total=24691356, percent=50.0),
        Metric("progress", 12345678),
        Row({"progress": 12345678, "note": "***"}),
        Text("no 912345678, and ***."),
    ]
    recorded = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["data"] for line in recorded[1:3]] == [e.data for e in payloads[:2]]


# -- events of every kind ------------------------------------------------------------

KEY = "tok-9f8e7d6c/5b=4a"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4)
    ),
    max_leaves=12,
)
kinds = st.sampled_from(["content", "log", "progress", "metric", "item", "x", "error"])
objects = st.dictionaries(words, values, max_size=4) | st.fixed_dictionaries(
    {"type": kinds},
    optional={"data": values, "message": words, "name": words, "value": st.integers(),
              "current": st.integers(), "total": st.integers()},
)  # fmt: skip
QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICK
@given(st.lists(objects, max_size=5))
async def test_events_without_the_secret_are_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[Any]
) -> None:
    events = [event(value) for value in payloads]
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    plain, redacting = (
        Stream(RecordedSource(Echo(events, *secrets), path), name="s")
        for secrets in ([], [KEY])
    )
    found = []
    for stream in (plain, redacting):
        await stream.wait()
        updates: list[Any] = []
        kept: list[Any] = []
        try:
            updates.extend([update async for update in stream])
            kept.extend([each async for each in stream.events()])
        except nbstream.StreamFailed as error:
            updates.append(str(error))
        lines = path.read_text("utf-8").splitlines()[1:]
        times = [{**json.loads(line), "t": 0} for line in lines]
        found.append(repr((updates, kept, times, stream.mimebundle())))
    assert found[0] == found[1]


def with_secret(value: Any, suffix: str) -> Any:
    """Return the value with a suffix on its strings that are not keys."""
    if isinstance(value, str):
        return f"{value}{suffix}"
    if isinstance(value, list):
        return [with_secret(each, suffix) for each in value]
    if isinstance(value, dict):
        return {
            key: each if key == "type" else with_secret(each, suffix)
            for key, each in value.items()
        }
    return value


@QUICK
@given(st.lists(objects, min_size=1, max_size=5), st.booleans())
async def test_events_with_the_secret_are_the_same_without_it(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[Any], quoted: bool
) -> None:
    form = quote(KEY, safe="") if quoted else KEY
    events = [event(with_secret(value, f"<{form}>")) for value in payloads]
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    stream = Stream(RecordedSource(Echo(events, KEY), path))
    await stream.wait()
    left = repr((stream.mimebundle(), stream.error, stream.reason, stream.text))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
    assert KEY not in left and quote(KEY, safe="") not in left
    kept = [json.loads(line["data"]) for line in lines if "data" in line]
    assert kept == [with_secret(value, "<***>") for value in payloads[: len(kept)]]


# -- cut between events --------------------------------------------------------------


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 5, 11])
@pytest.mark.parametrize("kind", ["content", "reasoning"])
async def test_a_secret_that_comes_in_pieces_is_not_in_what_is_joined(
    tmp_path: Path, size: int, kind: str
) -> None:
    """Live text is not delayed for it."""
    text = f"The key {KEY} is refused; {quote(KEY, safe='')}, too. 12"
    payloads = [event({"type": kind, "data": piece}) for piece in cut(text, size)]
    path = tmp_path / "r.jsonl"
    stream = Stream(RecordedSource(Echo(payloads, KEY), path))
    live = "".join([u.text async for u in stream if isinstance(u, Text | Reasoning)])
    if size < 11:
        assert KEY in live
    else:
        assert live.startswith("The key tok")
    expected = "The key *** is refused; ***, too. 12"
    assert [patch.payload["text"] for patch in stream.transcript.snapshot()] == [
        expected
    ]
    bundle = stream.mimebundle()
    assert "*** is refused; ***, too. 12" in bundle["text/html"]
    assert KEY not in str(bundle)
    if kind == "content":
        assert stream.text == expected

    replayed = nbstream.stream(f"replay:{path}", speed=math.inf)
    again = [u.text async for u in replayed if isinstance(u, Text | Reasoning)]
    assert "".join(again) == expected
    header, *lines, end = path.read_text("utf-8").splitlines()
    assert "source" in header
    assert len(lines) == len(payloads)
    assert "finished" in end


async def test_a_secret_in_pieces_of_a_tool_call_and_of_plain_text(
    tmp_path: Path,
) -> None:
    arguments = cut(json.dumps({"key": KEY, "n": 1}), 7)
    payloads = [
        event({"type": "tool_call", "name": "f", "arguments": a}) for a in arguments
    ]
    stream = Stream(RecordedSource(Echo(payloads, KEY), tmp_path / "calls.jsonl"))
    await stream
    (call,) = stream.tool_calls
    assert call["arguments"] == {"key": "***", "n": 1}
    assert KEY not in str(stream.mimebundle())

    payloads = [event(piece) for piece in cut(f"my key {KEY} is", 6)]
    stream = Stream(RecordedSource(Echo(payloads, KEY), tmp_path / "text.jsonl"))
    await stream
    for path in ("calls.jsonl", "text.jsonl"):
        lines = (tmp_path / path).read_text("utf-8").splitlines()[1:-1]
        data = [json.loads(line)["data"] for line in lines]
        joined = "".join(
            json.loads(d)["arguments"] if d[:1] == "{" else d for d in data
        )
        assert joined in ('{"key": "***", "n": 1}', "my key *** is")


async def test_separate_parts_are_not_searched_together(tmp_path: Path) -> None:
    """Otherwise innocent parts of different things would be joined to one."""
    payloads = [
        event({"type": "log", "message": KEY[:9]}),
        event({"type": "content", "data": KEY[9:]}),
        event({"type": "log", "level": KEY[9:]}),
    ]
    path = tmp_path / "r.jsonl"
    await Stream(RecordedSource(Echo(payloads, KEY), path))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:-1]]
    assert [line["data"] for line in lines] == [each.data for each in payloads]


@pytest.mark.usefixtures("no_vendor")
def test_an_exported_conversation_is_without_a_key_that_was_split(
    shell: Shell,
    model_server: StartModelServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    key = "a-key-of-no-vendor-" + "x1y2" * 8
    server = model_server(Answer(f"You sent {key} to me."))
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    shell.run("%%stream openai:m --chat trip -n s\nWhat did I send?")
    shell.run(f"%streams chat trip export {tmp_path / 'trip.json'}")
    exported = (tmp_path / "trip.json").read_text("utf-8")
    assert "You sent *** to me." in exported
    assert key not in exported + shell["s"].text + str(shell["s"].messages)


def test_readers_wait_for_new_secrets_that_are_being_added() -> None:
    """A page's thread reads the text of a stream that runs in another's."""

    class Secrets(list[str]):
        asked = False

        def __iter__(self) -> Iterator[str]:
            if not self.asked:
                self.asked = True
                seen.append(redaction.redactor.text("it is hunter2-hunter2"))
            return super().__iter__()

    seen: list[str] = []
    secrets: list[str] = []
    redaction = Redaction(lambda: secrets)
    secrets = Secrets(["hunter2-hunter2"])
    seen.append(redaction.redactor.text("it is hunter2-hunter2"))
    assert seen == ["it is ***", "it is ***"]
