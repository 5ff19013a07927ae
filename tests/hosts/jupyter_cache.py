"""jupyter-cache: runs the notebooks of a book and keeps what they show."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nbformat

from ..channel_server import Source
from .base import COLUMNS, Answer, Rig, Row
from .environments import versions_of


class JupyterCache:
    name = "jupyter-cache"
    requirements = ("jupyter-cache", "ipykernel")
    sentence = "No page: cells wait, and the output is in the file, once."

    def run(self, rig: Rig) -> list[Row]:
        python = rig.make_python(self.name, self.requirements)
        folder = rig.folder_of(self.name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        source = Source()
        source.text("/stream", "alpha ", "omega ")
        source.end("/stream")
        try:
            outputs = self._execute(python, folder, f"{source.url}/stream")
        finally:
            source.close()
        is_whole = len(outputs) == 1 and "alpha omega" in str(outputs)
        kept = Answer(is_whole and "widget" not in str(outputs))
        nothing = Answer(None)
        answers = dict.fromkeys(COLUMNS, nothing) | {
            "saved": kept,
            "reopened": kept,
        }
        return [
            Row(
                name=self.name,
                versions=versions_of(
                    python, ["jupyter-cache", "nbclient", "ipykernel"]
                ),
                stream=answers,
                widget=dict.fromkeys(COLUMNS, nothing),
                sentence=self.sentence,
                issues={},
            )
        ]

    def _execute(self, python: Path, folder: Path, url: str) -> list[object]:
        """Run a notebook through the cache; return the outputs that it kept."""
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_code_cell("%load_ext nbstream"),
                nbformat.v4.new_code_cell(f"%stream {url}"),
            ],
            metadata={
                "kernelspec": {
                    "name": "python3",
                    "display_name": "python3",
                    "language": "python",
                }
            },
        )
        path = folder / "hosts.ipynb"
        nbformat.write(notebook, path)
        environment = {
            **os.environ,
            "JUPYTERCACHE": str(folder / "cache"),
            "IPYTHONDIR": str(folder / "ipython"),
            "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]),
        }
        merged = folder / "merged.ipynb"
        for command in (
            ["notebook", "add", str(path)],
            ["project", "execute"],
            ["notebook", "merge", str(path), str(merged)],
        ):
            subprocess.run(
                [python.parent / "jcache", *command],
                env=environment,
                cwd=folder,
                check=True,
                input="y\n",
                text=True,
                stdout=subprocess.DEVNULL,
            )
        return list(nbformat.read(merged, as_version=4).cells[1].outputs)
