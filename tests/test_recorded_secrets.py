"""Secrets that were split between events are removed from recordings, even if the file
was moved, and no other file is touched."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import nbstream
from nbstream.sources import Source
from nbstream.sources.iterables import IterableSource
from nbstream.sources.recorded import RecordedSource

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

KEY = "tr0ub4dorx9Zz42q"
HALVES = (f"The key is {KEY[:6]}", f"{KEY[6:]}, or so.")


class SourceWithSecret(IterableSource):
    """A source that has a secret."""

    def secrets(self) -> list[str]:
        return [KEY]


def recorded(items: AsyncIterator[str], path: str | Path) -> Source:
    return RecordedSource(SourceWithSecret(items, label="test"), path)


async def halves() -> AsyncIterator[str]:
    for half in HALVES:
        yield half


def assert_redacted(path: Path) -> None:
    text = path.read_text()
    assert "The key is ***" in text and KEY[6:] not in text


async def test_the_users_files_in_the_same_folder_stay(tmp_path: Path) -> None:
    own = tmp_path / "run.jsonl.redacted"
    own.write_text("of the user")
    await nbstream.Stream(recorded(halves(), tmp_path / "run.jsonl"))
    assert_redacted(tmp_path / "run.jsonl")
    assert own.read_text() == "of the user"
    assert sorted(os.listdir(tmp_path)) == ["run.jsonl", own.name]


async def test_behind_a_link_it_is_the_file_that_is_rewritten(tmp_path: Path) -> None:
    link, real = tmp_path / "link.jsonl", tmp_path / "elsewhere" / "real.jsonl"
    real.parent.mkdir()
    link.symlink_to(real)
    await nbstream.Stream(recorded(halves(), link))
    assert link.is_symlink()
    assert_redacted(real)


async def test_another_working_directory_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)

    async def moving() -> AsyncIterator[str]:
        async for half in halves():
            yield half
            monkeypatch.chdir(tmp_path / "other")

    stream = await nbstream.Stream(recorded(moving(), "run.jsonl"))
    assert_redacted(tmp_path / "run.jsonl")
    assert "could not be checked" not in str(stream.mimebundle())


async def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    async def replacing() -> AsyncIterator[str]:
        async for half in halves():
            yield half
        path.rename(tmp_path / "moved.jsonl")
        path.write_text(KEY)

    stream = await nbstream.Stream(recorded(replacing(), path))
    assert path.read_text() == KEY
    assert "Do not share it" in str(stream.mimebundle())


def test_a_file_that_a_full_disk_has_cut_is_checked_too(tmp_path: Path) -> None:
    """The limit on a file's size fails a write in its middle, as a full disk does."""
    path = tmp_path / "run.jsonl"
    code = f"""
        import asyncio, resource, signal
        import nbstream
        from tests.test_recorded_secrets import halves, recorded
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))

        async def job():
            async for half in halves():
                yield half
            for _ in range(10):
                yield "x" * 1000

        async def main():
            stream = await nbstream.Stream(recorded(job(), {str(path)!r}))
            print("has stopped after event" in str(stream.mimebundle()))

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert done.stdout.strip() == "True"
    assert_redacted(path)


async def test_the_id_of_an_event_is_without_secrets() -> None:
    async def echoing() -> AsyncIterator[nbstream.ServerSentEvent]:
        yield nbstream.ServerSentEvent(data="hello", id=f"run-{KEY}")

    stream = nbstream.Stream(SourceWithSecret(echoing(), label="test"))
    assert [event.id async for event in stream.events()] == ["run-***"]
