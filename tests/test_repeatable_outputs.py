"""Outputs under tools that run notebooks: the same in each run, fast or slow."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .headless_notebooks import notebook_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

# Every kind of content, the answers of models, and what lists or repeats them.
CELLS = [
    "import asyncio, os\n"
    "from nbstream.testing import Answer, ModelServer\n"
    "pause = float(os.environ.get('PAUSE', '0'))\n"
    "call = ('look_up', {'town': 'Bonn'})\n"
    "answer = Answer('It rains.', thinking='Why?', tool_calls=[call])\n"
    "server = ModelServer(*[answer] * 9).__enter__()\n"
    "os.environ |= server.environment",
    "%%stream -n all\n"
    "for update in [\n"
    "    {'type': 'content', 'data': 'Some *text*, $a^2$. '},\n"
    "    {'type': 'reasoning', 'data': 'Because.'},\n"
    "    {'type': 'progress', 'current': 1, 'total': 3},\n"
    "    {'type': 'progress', 'current': 2, 'total': 3},\n"
    "    {'type': 'metric', 'name': 'loss', 'step': 1, 'value': 0.5},\n"
    "    {'type': 'metric', 'name': 'loss', 'step': 2, 'value': 0.4},\n"
    "    {'type': 'log', 'level': 'info', 'message': 'started'},\n"
    "    {'type': 'item', 'data': {'town': 'Bonn', 'rain': 3}},\n"
    "    {'type': 'usage', 'input_tokens': 20, 'output_tokens': 300},\n"
    "    {'type': 'gap', 'lost': 12},\n"
    "]:\n"
    "    yield update\n"
    "    await asyncio.sleep(pause)",
    "%%stream claude:m -n first\nWhat is the weather?",
    "%%stream claude:m openai:m -n both\nWhat is the weather?",
    "%%stream claude:m --chat trip\nWhat is the weather?",
    "%streams chat trip",
    "%streams show all",
    "both",
    "%stream ['a', 'b'] --max-time 9",
    "%streams",
    "_ = server.__exit__(None, None, None)",
]


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")


def test_the_table_holds_no_times_and_counts_but_in_its_metadata() -> None:
    notebook = notebook_of("%stream ['a', 'b'] -n s", "%streams")
    NotebookClient(notebook, timeout=60).execute()
    (output,) = notebook.cells[2].outputs
    assert output.data["text/plain"].split() == [
        *("name", "state", "source"),
        *("s", "finished", "['a',", "'b']"),
    ]
    (facts,) = output.metadata.nbstream
    assert (facts.state, facts.events) == ("finished", 2)
    assert facts.seconds >= 0


def test_a_slower_run_leaves_the_same_for_strict_nbval(tmp_path: Path) -> None:
    path = tmp_path / "all.ipynb"
    notebook = notebook_of(*CELLS)
    NotebookClient(notebook, timeout=60).execute()
    nbformat.write(notebook, path)
    for pause in ("0", "0.05"):
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval", path, "-p", "no:cacheprovider"],
            env=os.environ | {"PAUSE": pause},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=100,
        )
        assert ran.returncode == 0, ran.stdout
        assert f"{len(CELLS) + 1} passed" in ran.stdout
    data = [output.get("data") for cell in notebook.cells for output in cell.outputs]
    assert not re.search(r"[0-9a-f]{8}-?[0-9a-f]{4}", json.dumps(data)), "a random id"
