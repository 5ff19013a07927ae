"""Measure the CPU of one small event, from ServerSentEvent to content and readers.

    python -m benchmarks.small_events

Prints microseconds of CPU time, which depend little on other load: the median of
several rounds. To compare two versions, run them in turn.
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


def make_message(**fields: Any) -> str:
    return json.dumps(fields)


def make_openai_chunk(n: int) -> str:
    choice = {"index": 0, "delta": {"content": f"w{n} "}, "finish_reason": None}
    return make_message(object="chat.completion.chunk", model="m", choices=[choice])


KINDS = {
    "standard content": (
        "standard",
        lambda n: make_message(type="content", data=f"w {n} "),
    ),
    "the same, dialect not named": (
        "auto",
        lambda n: make_message(type="content", data=f"w {n} "),
    ),
    "OpenAI's chunk": ("auto", make_openai_chunk),
    "bare text": ("auto", lambda n: f"word{n} "),
    "log line": ("standard", lambda n: make_message(type="log", message=f"line {n}")),
    "metric": (
        "standard",
        lambda n: make_message(type="metric", name="loss", step=n, value=n / 3),
    ),
    "row": (
        "standard",
        lambda n: make_message(type="item", data={"id": n, "v": n / 7}),
    ),
    "progress": (
        "standard",
        lambda n: make_message(type="progress", name="train", percent=n % 100),
    ),
}


def main() -> None:
    print("| event | µs |\n|---|---|")
    for name, (dialect, make_data) in KINDS.items():
        events = [ServerSentEvent(data=make_data(n), id="1") for n in range(EVENTS)]
        rounds = []
        for _ in range(ROUNDS):
            intake = Intake(Pipeline(dialect, stages=(make_redaction(),)), Transcript())
            gc.collect()
            gc.disable()
            started = time.process_time()
            for event in events:
                if not intake.is_large(event):
                    intake.take(event)
            rounds.append((time.process_time() - started) / EVENTS * 1e6)
            gc.enable()
        print(f"| {name} | {statistics.median(rounds):.1f} |", flush=True)


def make_redaction() -> Redaction:
    return Redaction(lambda: [])


if __name__ == "__main__":
    main()
