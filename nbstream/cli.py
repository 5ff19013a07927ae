"""The command line: `nbstream demo` opens the tour in JupyterLab.

    nbstream demo              copy the tour to a new folder and open it in JupyterLab
    nbstream demo --check      run the notebooks headless; the exit code is the result

Each command is one function that takes its options and returns an exit code.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .platforms.consoles import never_fail_to_encode
from .platforms.processes import is_root, replace_process

# The tour, which is opened first, and the notebooks that it links to.
_NOTEBOOKS = ("tour.ipynb", "models.ipynb")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_CELL_TIMEOUT = 60

# nbval's tag of a cell whose output differs between runs.
_DIFFERS = "nbval-ignore-output"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    never_fail_to_encode()
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
    except _CommandError as error:
        print(f"nbstream: {error}", file=sys.stderr)
        return 1
    return code


class _CommandError(Exception):
    """A command cannot run; the message is for the user."""


def _require(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise _CommandError(
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
    # A kernelspec in the user's home, of another Python, would take precedence.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    if options.check:
        if options.rest:
            raise _CommandError(f"--check takes no {' '.join(options.rest)}")
        _require("nbclient", "ipykernel", "uvicorn", "pandas")
        # A list, so that all are checked even if one fails.
        return max([_check(notebook) for notebook in _find_notebooks()])
    _require("jupyterlab", "ipykernel", "uvicorn", "pandas")
    return _open(_find_notebooks(), options.dir, options.rest)


def _find_notebooks() -> list[Path]:
    """Return the notebooks' paths: in a checkout, or in the installed package."""
    package = Path(str(resources.files("nbstream")))
    places = [folder / "notebooks" for folder in (package.parent, package)]
    for place in places:
        if (place / _NOTEBOOKS[0]).is_file():
            return [place / name for name in _NOTEBOOKS]
    raise _CommandError(f"The tour is missing; it should be in {places[-1]}")


def _open(published: list[Path], folder: Path | None, rest: list[str]) -> int:
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="nbstream-tour-"))
    folder.mkdir(parents=True, exist_ok=True)
    tour, *others = [_copy(notebook, folder.resolve()) for notebook in published]
    print(f"The tour is {tour}, and beside it {', '.join(o.name for o in others)}")
    command = [sys.executable, "-m", "jupyter", "lab", str(tour)]
    # Makes the URL that JupyterLab prints open the tour.
    command += [f"--LabApp.default_url=/lab/tree/{tour.name}", *rest]
    # JupyterLab refuses to run as root, as in most containers, without this option.
    if is_root() and "--allow-root" not in rest:
        command.append("--allow-root")
    return replace_process(command)


def _copy(published: Path, folder: Path) -> Path:
    """Copy a notebook without its outputs, and return the copy's path; an existing
    copy is kept, since the reader may have changed it."""
    target = folder / published.name
    if target.exists():
        print(f"Already there: {target}")
        return target
    notebook: dict[str, Any] = json.loads(published.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    target.write_text(json.dumps(notebook, indent=1) + "\n", "utf-8")
    return target


# -- demo --check ----------------------------------------------------------------


def _check(notebook: Path) -> int:
    """Run a notebook in a kernel, as nbconvert does, and compare its outputs with the
    published ones. Return the exit code."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    expected = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    ran = copy.deepcopy(expected)
    for cell in _code_cells(ran):
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
                # pyzmq warns about Windows' event loop, which the reader cannot change.
                warnings.simplefilter("ignore", RuntimeWarning)
                asyncio.run(client.async_execute())
        except (CellExecutionError, CellTimeoutError, RuntimeError) as error:
            broken = str(error).strip()
    failures = 0
    for number, (cell, model) in enumerate(
        zip(_code_cells(ran), _code_cells(expected), strict=True), 1
    ):
        fault, summary = _compare(cell, model)
        failures += bool(fault)
        first = cell["source"].splitlines()[0]
        print(f"{'FAILED' if fault else 'ok':<7} {number:>2}  {first:<52.52}  ", end="")
        print(fault or summary)
    if broken:
        print(f"\n{broken}")
    cells = sum(1 for _ in _code_cells(ran))
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


def _code_cells(notebook: Any) -> Iterator[Any]:
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _compare(cell: Any, model: Any) -> tuple[str, str]:
    """Return a cell's fault, empty if there is none, and a summary of its outputs."""
    texts, expected = _texts(cell), _texts(model)
    if cell["execution_count"] is None:
        return "did not run", ""
    if _WIDGET in json.dumps(cell["outputs"]):
        return "left a widget, which nothing can show later", ""
    summary = f"{sum(map(len, texts)):,} characters" if texts else "nothing to show"
    if _DIFFERS in cell["metadata"].get("tags", []):
        if bool(texts) != bool(expected):
            return f"expected some output, got {texts!r:.200}", ""
        return "", f"{summary}, other in each run"
    if texts != expected:
        return f"expected {expected!r:.200}, got {texts!r:.200}", ""
    return "", f"{summary}, as expected" if texts else summary


def _texts(cell: Any) -> list[str]:
    """Return the text of each output; consecutive printed chunks are joined."""
    texts: list[str] = []
    last_stream = ""
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            if last_stream == output["name"]:
                texts[-1] += output["text"]
            else:
                texts.append(output["text"])
            last_stream = output["name"]
            continue
        last_stream = ""
        if output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        else:
            texts.append(output["data"].get("text/plain", ""))
    return texts
