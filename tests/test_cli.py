"""The command line: `nbstream demo`, in separate processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbstream.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "nbstream", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        cwd="/",
    )


def code_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# -- demo --check ----------------------------------------------------------------


@pytest.mark.timeout(150)
def test_check_passes_the_notebooks_and_fails_another_tour(tmp_path: Path) -> None:
    # A checkout whose tour was published with another text than its streams send.
    shutil.copytree(
        ROOT / "nbstream", tmp_path / "nbstream", ignore=lambda *_: ["frontend"]
    )
    tour = nbformat.read(ROOT / "notebooks" / "tour.ipynb", as_version=4)
    code = code_of(tour)
    models = nbformat.read(ROOT / "notebooks" / "models.ipynb", as_version=4)
    cells = len(code) + len(code_of(models))
    chats = [
        n for n, cell in enumerate(code, 1) if cell.source == "%stream {demo}/chat"
    ]
    code[chats[0] - 1].outputs[0].data["text/plain"] = "A stream is a river."
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "models.ipynb", tmp_path / "notebooks")
    nbformat.write(tour, tmp_path / "notebooks" / "tour.ipynb")

    works, differs = (
        start("demo", "--check"),
        start("demo", "--check", PYTHONPATH=str(tmp_path)),
    )
    out, err = works.communicate(timeout=140)
    assert works.returncode == 0, out + err
    assert out.count("\nok ") == cells
    assert f"tour.ipynb works: all {len(code)} cells" in out
    assert "models.ipynb works" in out

    out, err = differs.communicate(timeout=140)
    assert differs.returncode == 1, out + err
    assert out.count("\nok ") == cells - 1
    assert f"tour.ipynb failed: 1 of {len(code)} cells" in out
    assert "models.ipynb works" in out
    (failed,) = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert failed.split()[1] == str(chats[0])
    assert "expected ['A stream is a river.'], got ['A stream is a promise" in failed


@pytest.mark.parametrize("name", ["tour.ipynb", "models.ipynb"])
def test_notebooks_are_published_with_outputs_and_no_widget(name: str) -> None:
    path = ROOT / "notebooks" / name
    assert "widget-view" not in path.read_text()
    for cell in nbformat.read(path, as_version=4).cells:
        shows = cell.source.startswith(("%stream ", "%%stream"))
        if shows and "--background" not in cell.source:
            text = cell.outputs[0].data["text/plain"]
            assert len(text) > 20, cell.source
            assert "127.0.0.1" not in json.dumps(cell.outputs)  # no temporary port


# -- demo ------------------------------------------------------------------------


@pytest.fixture
def jupyter(tmp_path: Path) -> dict[str, str]:
    """Install a replacement for JupyterLab that records its arguments."""
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / "jupyter.py").write_text("import sys\nprint('jupyter', *sys.argv[1:])\n")
    return {"PYTHONPATH": str(folder)}


def test_demo_opens_a_fresh_copy_of_the_tour(
    jupyter: dict[str, str], tmp_path: Path
) -> None:
    process = start("demo", "--no-browser", "--port=1", TMPDIR=str(tmp_path), **jupyter)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    program, command, notebook, *options = out.splitlines()[-1].split()
    assert (program, command) == ("jupyter", "lab")
    assert {"--no-browser", "--port=1"} <= set(options)
    assert ("--allow-root" in options) == (os.geteuid() == 0)

    copy = Path(notebook)
    assert copy.parent.parent == tmp_path
    copies = {path.name for path in copy.parent.iterdir()}
    assert copies == {"tour.ipynb", "models.ipynb"}
    published = nbformat.read(ROOT / "notebooks" / "tour.ipynb", as_version=4)
    copied = nbformat.read(copy, as_version=4)
    assert [c.source for c in copied.cells] == [c.source for c in published.cells]
    assert not any(cell.get("outputs") for cell in copied.cells)


def test_demo_keeps_a_tour_that_is_already_in_the_folder(
    jupyter: dict[str, str], tmp_path: Path
) -> None:
    work = tmp_path / "work" / "tour.ipynb"
    for _ in range(2):
        process = start("demo", "--dir", str(work.parent), **jupyter)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert str(work) in out.splitlines()[-1]
        if "Already there" not in out:
            work.write_text("mine")
    assert work.read_text() == "mine"


def test_a_missing_extra_shows_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for command in (["demo"], ["demo", "--check"]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "uvicorn" in error
        assert "pip install 'nbstream[demo]'" in error


def test_check_refuses_options_it_would_ignore(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--check", "--no-browser"]) == 1
    assert "--check takes no --no-browser" in capsys.readouterr().err
