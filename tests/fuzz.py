"""Fuzz the package with coverage: arbitrary bytes through a decoder, a dialect, the
transcript and the frozen output. Run by hand, since it takes minutes and a library:

    python -m pip install atheris
    python -m tests.fuzz [SECONDS]        by default 600

It stops with an error at the first crash, at an input that takes over 10 s, or when
memory grows past 1 GB, and leaves that input in a file whose name it prints. The seeds
are the streams of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["nbstream"]):
    from nbstream.content.projections import VIEWS
    from nbstream.content.transcript import Transcript
    from nbstream.dialects import dialect_names
    from nbstream.errors import EventTooLarge, StreamFailed
    from nbstream.sse.decoder import EventStreamDecoder
    from nbstream.sse.ndjson import NdjsonDecoder
    from nbstream.sse.plain_text import PlainTextDecoder
    from nbstream.streams.intake import Intake
    from nbstream.streams.pipeline import Pipeline

_DECODERS = (EventStreamDecoder, NdjsonDecoder, PlainTextDecoder)
_DIALECTS = tuple(dialect_names())
_HERE = Path(__file__).parent
_SECONDS, _MEGABYTES = 600, 1024
_SLOWEST = 10


def play(data: bytes) -> None:
    """Replay one input. Its first bytes choose the decoder, the dialect, the view and
    how the rest is cut."""
    if len(data) < 4:
        return
    decoder = _DECODERS[data[0] % len(_DECODERS)]()
    view = VIEWS[data[2] % len(VIEWS)] if data[2] > 127 else "auto"
    transcript = Transcript()
    received = Intake(Pipeline(_DIALECTS[data[1] % len(_DIALECTS)], view), transcript)
    step = data[3] or 256
    body, seq = data[4:], 0
    try:
        for start in range(0, len(body), step):
            for event in decoder.feed(body[start : start + step]):
                received.take(event)
                if received.finished:
                    return
            if transcript.changes_after(seq) is None:
                transcript.snapshot()
            seq = transcript.seq
        for event in decoder.finish():
            received.take(event)
        received.end()
    except (StreamFailed, EventTooLarge):
        pass
    finally:
        received.flush()
    transcript.snapshot()
    for text in transcript.mimebundle().values():
        text.encode()  # what cannot be written cannot be saved


def write_seeds(folder: Path) -> None:
    """Write the streams of the tests as inputs, each for several dialects."""
    streams = [*_HERE.glob("cases/**/*.sse"), *_HERE.glob("samples/**/*.sse")]
    for number, path in enumerate(sorted(streams)):
        for dialect in {0, _DIALECTS.index("auto"), number % len(_DIALECTS)}:
            head = bytes([0, dialect, 0, 64])
            body = path.read_bytes()[:20_000]
            (folder / f"{number}-{dialect}").write_bytes(head + body)


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else str(_SECONDS)
    with tempfile.TemporaryDirectory() as seeds:
        write_seeds(Path(seeds))
        options = {
            "max_total_time": seconds,
            "timeout": _SLOWEST,
            "rss_limit_mb": _MEGABYTES,
            "max_len": 32_768,
        }
        arguments = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup([sys.argv[0], *arguments, seeds], play)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
