"""The command line: `nbstream demo` opens the tour in JupyterLab.

    nbstream demo              a fresh folder with the tour, open in JupyterLab
    nbstream demo --check      runs the notebooks without a page; exits by the result

Each command is one function that takes its options and returns an exit code.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# The tour, which is opened, and what it points to.
_NOTEBOOKS = ("tour.ipynb", "models.ipynb")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_CELL_TIMEOUT = 60

# A cell whose output differs from run to run says so, in nbval's words.
_DIFFERS = "nbval-ignore-output"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="nbstream", description="Live streams in notebooks."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    options, rest = parser.parse_known_args(arguments)
    if rest and not options.passes_rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        code: int = options.run(options)
    except _Unable as error:
        print(f"nbstream: {error}", file=sys.stderr)
        return 1
    return code


class _Unable(Exception):
    """What keeps a command from running, in a sentence for the user."""


def _require(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise _Unable(
            f"This needs {', '.join(missing)}, not installed for {sys.executable}. "
            "Install it with: pip install 'nbstream[demo]'  "
            "(in a checkout: pip install '.[demo]')"
        )


# -- demo ------------------------------------------------------------------------


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="open the tour notebook in JupyterLab",
        description="Copies the notebooks into a fresh folder and opens JupyterLab on "
        "the tour. Other options go to JupyterLab, such as --no-browser.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run the notebooks without a page instead, and exit by the result",
    )
    parser.add_argument(
        "--dir", type=Path, help="the folder to use; by default a new temporary one"
    )
    parser.set_defaults(run=_demo, passes_rest=True)


def _demo(options: argparse.Namespace) -> int:
    # Else a kernel of that name in the user's home, of another Python, comes first.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    if options.check:
        if options.rest:
            raise _Unable(f"--check takes no {' '.join(options.rest)}")
        _require("nbclient", "ipykernel", "uvicorn", "pandas")
        # Each of them, whatever became of those before it.
        return max([_check(notebook) for notebook in _published()])
    _require("jupyterlab", "ipykernel", "uvicorn", "pandas")
    return _open(_published(), options.dir, options.rest)


def _published() -> list[Path]:
    """The notebooks: within an installed package, or beside it in a checkout."""
    package = Path(str(resources.files("nbstream")))
    places = [folder / "notebooks" for folder in (package.parent, package)]
    for place in places:
        if (place / _NOTEBOOKS[0]).is_file():
            return [place / name for name in _NOTEBOOKS]
    raise _Unable(f"The tour is missing; it should be in {places[-1]}")


def _open(published: list[Path], folder: Path | None, rest: list[str]) -> int:
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="nbstream-tour-"))
    folder.mkdir(parents=True, exist_ok=True)
    tour, *others = [_copied(notebook, folder.resolve()) for notebook in published]
    print(f"The tour is {tour}, and beside it {', '.join(o.name for o in others)}")
    command = [sys.executable, "-m", "jupyter", "lab", str(tour)]
    # The address it prints is then the tour's too.
    command += [f"--LabApp.default_url=/lab/tree/{tour.name}", *rest]
    # JupyterLab refuses to run as root, as in most containers, unless told to.
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in rest:
        command.append("--allow-root")
    sys.stdout.flush()
    if os.name == "nt":  # there, exec leaves the terminal to the shell
        return subprocess.call(command)
    os.execv(sys.executable, command)


def _copied(published: Path, folder: Path) -> Path:
    """A copy without outputs, so that what the reader sees is the reader's own; one
    that is already there is the reader's, too, and stays."""
    copied = folder / published.name
    if copied.exists():
        print(f"Already there: {copied}")
        return copied
    notebook: dict[str, Any] = json.loads(published.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    copied.write_text(json.dumps(notebook, indent=1) + "\n", "utf-8")
    return copied


# -- demo --check ----------------------------------------------------------------


def _check(notebook: Path) -> int:
    """Run a notebook in a kernel, as nbconvert would, and compare what it left with
    what it was published with."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    expected = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    ran = copy.deepcopy(expected)
    for cell in _code(ran):
        cell.update(outputs=[], execution_count=None)
    print(f"Running {notebook} without a page …", flush=True)
    broken = ""
    with tempfile.TemporaryDirectory(prefix="nbstream-check-") as folder:
        client = NotebookClient(
            ran,
            timeout=_CELL_TIMEOUT,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        try:
            with warnings.catch_warnings():
                # zmq's, about Windows' event loop; nothing the reader could do.
                warnings.simplefilter("ignore", RuntimeWarning)
                asyncio.run(client.async_execute())
        except (CellExecutionError, CellTimeoutError, RuntimeError) as error:
            broken = str(error).strip()
    failures = 0
    for number, (cell, model) in enumerate(
        zip(_code(ran), _code(expected), strict=True), 1
    ):
        fault, found = _compare(cell, model)
        failures += bool(fault)
        first = cell["source"].splitlines()[0]
        print(f"{'FAILED' if fault else 'ok':<7} {number:>2}  {first:<52.52}  ", end="")
        print(fault or found)
    if broken:
        print(f"\n{broken}")
    cells = sum(1 for _ in _code(ran))
    if failures or broken:
        print(
            f"\n{notebook.name} failed: {failures} of {cells} cells are not as they "
            "should be.\n"
        )
        return 1
    print(
        f"\n{notebook.name} works: all {cells} cells ran and left what they should.\n"
    )
    return 0


def _code(notebook: Any) -> Iterator[Any]:
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _compare(cell: Any, model: Any) -> tuple[str, str]:
    """What is wrong with a cell that ran, if anything, and what it left."""
    texts, expected = _texts(cell), _texts(model)
    if cell["execution_count"] is None:
        return "did not run", ""
    if _WIDGET in json.dumps(cell["outputs"]):
        return "left a widget, which nothing can show later", ""
    left = f"{sum(map(len, texts)):,} characters" if texts else "nothing to show"
    if _DIFFERS in cell["metadata"].get("tags", []):
        if bool(texts) != bool(expected):
            return f"expected some output, got {texts!r:.200}", ""
        return "", f"{left}, other in each run"
    if texts != expected:
        return f"expected {expected!r:.200}, got {texts!r:.200}", ""
    return "", f"{left}, as expected" if texts else left


def _texts(cell: Any) -> list[str]:
    """The text of each output; printed text counts as one, however it was cut."""
    texts: list[str] = []
    printing = ""
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            if printing == output["name"]:
                texts[-1] += output["text"]
            else:
                texts.append(output["text"])
            printing = output["name"]
            continue
        printing = ""
        if output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        else:
            texts.append(output["data"].get("text/plain", ""))
    return texts
