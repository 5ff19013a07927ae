"""What does one small event cost, from a ServerSentEvent into content and to readers?

    python -m benchmarks.small_events

Microseconds of the processor's time, which other work on the machine does not change
much: the median of several rounds. For two versions, run them in turn.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from typing import Any

from nbstream.content.transcript import Transcript
from nbstream.sse import ServerSentEvent
from nbstream.streams.intake import Intake
from nbstream.streams.pipeline import Pipeline, Redaction

EVENTS = 2_000
ROUNDS = 10


def message(**fields: Any) -> str:
    return json.dumps(fields)


def chunk(n: int) -> str:
    choice = {"index": 0, "delta": {"content": f"w{n} "}, "finish_reason": None}
    return message(object="chat.completion.chunk", model="m", choices=[choice])


KINDS = {
    "standard content": ("standard", lambda n: message(type="content", data=f"w {n} ")),
    "the same, dialect not named": (
        "auto",
        lambda n: message(type="content", data=f"w {n} "),
    ),
    "OpenAI's chunk": ("auto", chunk),
    "bare text": ("auto", lambda n: f"word{n} "),
    "log line": ("standard", lambda n: message(type="log", message=f"line {n}")),
    "metric": (
        "standard",
        lambda n: message(type="metric", name="loss", step=n, value=n / 3),
    ),
    "row": ("standard", lambda n: message(type="item", data={"id": n, "v": n / 7})),
    "progress": (
        "standard",
        lambda n: message(type="progress", name="train", percent=n % 100),
    ),
}


def main() -> None:
    print("| event | µs |\n|---|---|")
    for name, (dialect, made) in KINDS.items():
        events = [ServerSentEvent(data=made(n), id="1") for n in range(EVENTS)]
        rounds = []
        for _ in range(ROUNDS):
            received = Intake(Pipeline(dialect, stages=(no_secrets(),)), Transcript())
            gc.collect()
            gc.disable()
            began = time.process_time()
            for event in events:
                if not received.is_large(event):
                    received.take(event)
            rounds.append((time.process_time() - began) / EVENTS * 1e6)
            gc.enable()
        print(f"| {name} | {statistics.median(rounds):.1f} |", flush=True)


def no_secrets() -> Redaction:
    return Redaction(lambda: [])


if __name__ == "__main__":
    main()
