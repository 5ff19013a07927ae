"""A shared notebook reveals nothing of the machine it ran on."""

from __future__ import annotations

import getpass
import json
import math
import socket
import sys
import textwrap
from pathlib import Path

import pytest

import nbstream
from nbstream.display import snapshot
from nbstream.text.paths import shorten_path, shorten_paths

from .ipython_shell import Shell


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home directory, with the notebook in a project in it."""
    path = tmp_path / "home" / "joe-the-owner"
    (path / "project").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("USERPROFILE", str(path))
    monkeypatch.chdir(path / "project")
    return path


def test_paths_are_shown_relative_to_home_or_the_working_directory(home: Path) -> None:
    shown = {
        "runs/x.jsonl": "runs/x.jsonl",
        "../x.jsonl": "../x.jsonl",
        "~/x.jsonl": "~/x.jsonl",
        str(home / "x.jsonl"): "~/x.jsonl",
        str(home / "project" / "x.jsonl"): "./x.jsonl",
        "/mnt/of-joe/x.jsonl": "…/x.jsonl",
        f"{home}-2/x.jsonl": "…/x.jsonl",
    }
    assert {path: shorten_path(path) for path in shown} == shown


def test_text_without_local_paths_is_unchanged(home: Path) -> None:
    library = Path(json.__file__)
    changed = {
        f'File "{home}/train.py", line 3': 'File "~/train.py", line 3',
        f"No such file: '{home / 'project' / 'a.csv'}'": "No such file: './a.csv'",
        f'File "{library}", line 1': 'File "<python>/json/__init__.py", line 1',
        'File "/tmp/ipykernel_123/456.py", line 1': 'File "<cell>", line 1',
    }
    assert {text: shorten_paths(text) for text in changed} == changed
    for text in (
        "https://host/home/joe/x", "a/b", f"{home}ward", "/etc/passwd", "1/2 ~/x ./y",
        "the home is where joe is", f"x{home}", "",
    ):  # fmt: skip
        assert shorten_paths(text) == text


@pytest.mark.anyio
async def test_frozen_failures_reveal_nothing_of_the_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(home / "project")
    module = """
        import json
        from pathlib import Path

        def training():
            yield "epoch 1"
            json.loads((Path.home() / "missing.json").read_text())
        """
    (home / "project" / "jobs_of_joe.py").write_text(textwrap.dedent(module))
    from jobs_of_joe import training  # type: ignore[import-not-found]

    (home / "bad.jsonl").write_text("{}\n")
    recording = home / "run.jsonl"
    left: list[object] = []
    for source, options in (
        (training(), {"record": recording}),
        (f"replay:{recording}", {"speed": math.inf}),
        (f"replay:{home / 'none.jsonl'}", {}),
        (f"replay:{home / 'bad.jsonl'}", {}),
    ):
        stream = nbstream.stream(source, **options)
        await stream.wait()
        assert stream.state == "failed"
        left += [stream.label, repr(stream), stream.reason, *snapshot.bundle(stream)]
        left += [patch.payload for patch in stream.transcript.snapshot()]
    left.append(recording.read_text("utf-8"))
    text = "\n".join(map(str, left))
    assert "jobs_of_joe.py" in text, "the user's own line is there"
    assert "~/missing.json" in text
    assert "~/none.jsonl" in text and "~/bad.jsonl" in text
    names = [str(home), "joe-the-owner", socket.gethostname(), sys.prefix]
    names += [str(Path.home()), str(Path(nbstream.__file__).parent)]
    if len(getpass.getuser()) > 4:
        names.append(getpass.getuser())
    for name in names:
        assert name not in text


def test_a_body_that_raises_shows_no_path(shell: Shell, home: Path) -> None:
    shell.run(
        '%%stream -n s\nyield 1\nopen(f\'{__import__("os").path.expanduser("~")}/x\')'
    )
    bundle, metadata = snapshot.bundle(shell["s"])
    assert "FileNotFoundError" in str(bundle)
    assert "joe-the-owner" not in str((bundle, metadata, shell["s"].reason))


def test_a_long_word_is_searched_once() -> None:
    """As an error's message may quote one; quadratic time would block the kernel for
    hours."""
    word = "/" + "x" * 10_000_000
    assert shorten_paths(word) == word


def test_a_directory_that_was_deleted_is_not_the_streams_fault(home: Path) -> None:
    (home / "project").rmdir()
    assert shorten_paths(f"{home}/a.csv") == "~/a.csv"
    assert shorten_path(home / "a.csv") == "~/a.csv"
