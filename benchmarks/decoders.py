"""Measure decoding, bytes to events: nbstream beside its peers, in one run.

    python benchmarks/decoders.py            # prints the table
    python benchmarks/decoders.py --rounds 5 # quicker, rougher

UTF-8 decoding is included. Each round runs every decoder once on each load, so that a
busy machine slows all of them. Figures are medians over the rounds; a ratio is the
median of the rounds' ratios. Each decoder's events are counted and checked.
"""

from __future__ import annotations

import argparse
import codecs
import platform
import statistics
import time
from collections.abc import Callable, Iterable

from anthropic._streaming import SSEDecoder as AnthropicDecoder
from httpx2._sse import _SSEParser
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from ld_eventsource.actions import Event
from ld_eventsource.reader import _BufferedLineReader, _SSEReader

from nbstream.sse import EventStreamDecoder

Chunks = list[bytes]


def decode_text(chunks: Iterable[bytes]) -> Iterable[str]:
    """Decode UTF-8 as `httpx.Response.iter_text` does."""
    utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    return map(utf8.decode, chunks)


def nbstream(chunks: Chunks) -> int:
    decoder = EventStreamDecoder(max_event_size=1 << 40)
    count = 0
    for chunk in chunks:
        for _ in decoder.feed(chunk):
            count += 1
    return count


def httpx_sse(chunks: Chunks) -> int:
    lines, events = SSELineDecoder(), SSEDecoder()
    count = 0
    for text in decode_text(chunks):
        for line in lines.decode(text):
            if events.decode(line) is not None:
                count += 1
    return count


def httpx2(chunks: Chunks) -> int:
    parser = _SSEParser()
    count = 0
    for text in decode_text(chunks):
        for _ in parser.decode(text):
            count += 1
    return count


def anthropic(chunks: Chunks) -> int:
    return sum(1 for _ in AnthropicDecoder().iter_bytes(iter(chunks)))


def launchdarkly(chunks: Chunks) -> int:
    reader = _SSEReader(_BufferedLineReader.lines_from(chunks))
    return sum(isinstance(item, Event) for item in reader.events_and_comments())


DECODERS: dict[str, Callable[[Chunks], int]] = {
    "nbstream": nbstream,
    "httpx-sse": httpx_sse,
    "httpx2": httpx2,
    "anthropic SDK": anthropic,  # the openai SDK has the same generated code
    "launchdarkly": launchdarkly,
}


def split(stream: bytes, size: int) -> Chunks:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def make_small_event(n: int) -> bytes:
    return b'id: %d\nevent: token\ndata: {"text": "hello world %d"}\n\n' % (n, n)


def make_loads() -> dict[str, tuple[int, Chunks]]:
    """Return each load by name: its number of events, and its chunks."""
    small = [make_small_event(n) for n in range(20_000)]
    plain = [b'data: {"text": "hello world %d"}\n\n' % n for n in range(20_000)]
    several = [
        b"id: %d\ndata: first line\ndata: second line\n\n" % n for n in range(20_000)
    ]
    large = [b"id: %d\ndata: %b\n\n" % (n, b"x" * 65_500) for n in range(300)]
    return {
        "small events, 64 KB chunks": (20_000, split(b"".join(small), 65536)),
        "small events, one a chunk": (20_000, small),
        "data only, 64 KB chunks": (20_000, split(b"".join(plain), 65536)),
        "two data lines, 64 KB chunks": (20_000, split(b"".join(several), 65536)),
        "64 KB events, 64 KB chunks": (300, split(b"".join(large), 65536)),
    }


def time_decoder(
    decoder: Callable[[Chunks], int], chunks: Chunks, expected: int
) -> float:
    started = time.perf_counter()
    count = decoder(chunks)
    took = time.perf_counter() - started
    assert count == expected, f"{decoder.__name__}: {count} events, not {expected}"
    return took


def compare(load: str, count: int, chunks: Chunks, rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in DECODERS}
    for _ in range(rounds):
        for name, decoder in DECODERS.items():
            times[name].append(time_decoder(decoder, chunks, count))
    cells = []
    for name in DECODERS:
        rate = count / statistics.median(times[name])
        ratios = [a / b for a, b in zip(times["httpx-sse"], times[name], strict=True)]
        cells.append(f"{rate:,.0f}/s ({statistics.median(ratios):.2f}×)")
    print(f"| {load} | " + " | ".join(cells) + " |")


def compare_line_lengths(rounds: int) -> None:
    """Print the time for a line over that for half of it: 2 is linear, 4 quadratic."""
    size, chunk = 4_000_000, 1000
    once = [b"data: ", *[b"x" * chunk] * (size // chunk), b"\n\n"]
    twice = [b"data: ", *[b"x" * chunk] * (2 * size // chunk), b"\n\n"]
    cells = []
    for decoder in DECODERS.values():
        ratios, times = [], []
        for _ in range(rounds):
            short = time_decoder(decoder, once, 1)
            times.append(time_decoder(decoder, twice, 1))
            ratios.append(times[-1] / short)
        cells.append(
            f"{statistics.median(times) * 1000:,.0f} ms "
            f"({statistics.median(ratios):.2f})"
        )
    print("| one line of 8 MB, 1 KB chunks | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(
        f"Python {platform.python_version()}, {platform.machine()}, medians of", end=""
    )
    print(f" {rounds} rounds; in brackets the rate over that of httpx-sse, and in the")
    print("last row the time over that for half the line.\n")
    print("| load | " + " | ".join(DECODERS) + " |")
    print("|---" * (len(DECODERS) + 1) + "|")
    for load, (count, chunks) in make_loads().items():
        compare(load, count, chunks, rounds)
    compare_line_lengths(min(rounds, 3))


if __name__ == "__main__":
    main()
