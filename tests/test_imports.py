"""The direction of imports between packages, as CONTRIBUTING describes it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbstream

PACKAGE = Path(nbstream.__file__).parent

# From the lowest: a package may import those before it, and itself.
ROOMS = [
    {"limits", "platforms"},
    {"text"},
    {"errors", "updates"},
    {"sse"},
    {"recordings"},
    {"sources", "dialects", "rendering"},
    {"content"},
    {"streams"},
    {"models"},
    {"specs"},
    {"display"},
    {"notebook"},
    {"magics", "api"},
    {"__init__"},
]
# Outside the data flow: they import it, and nothing in it imports them.
BESIDE = {
    "demo": {"sse"},
    "testing": {"sse", "errors", "updates"},
    "cli": {"demo", "platforms"},
    "__main__": {"cli"},
}

OF_SOME_SYSTEMS = {"ctypes", "fcntl", "msvcrt", "platform", "resource", "termios"}
SYSTEM_CHECK = re.compile(
    r"sys\.platform$|os\.name$|(get|has)attr\((os|signal|socket|sys|time), "
)

OWNERS = {
    "httpx": {"sse/client/requests/client_options.py", "sse/client/requests/tls.py"},
    "httpx_sse": {"sse/client/requests/redirects.py"},
    "anthropic": {"models/vendors/claude.py"},
    "anywidget": {"display/widget/front_end.py"},
    "ipywidgets": {"display/widget/panel.py"},
    "traitlets": {
        "display/widget/front_end.py",
        "display/widget/panel.py",
        "display/widget/runtime.py",
        "magics/stream_magics.py",
        "magics/size_trait.py",
    },
    "IPython": {
        "magics/stream_magics.py",
        "magics/keys.py",
        "magics/source_line.py",
        "magics/question_line.py",
        "magics/chat_action.py",
        "magics/line/parsers.py",
        "magics/line/line_parser.py",
        "magics/line/curl_options.py",
        "magics/request_line.py",
        "magics/request_headers.py",
        "notebook/session.py",
        "notebook/cells/requests.py",
        "notebook/capabilities.py",
        "notebook/cells/current_cell.py",
        "notebook/outputs/displays.py",
        "__init__.py",
    },
    "marimo": {"notebook/marimo.py"},
    "starlette": set(),
    "redis": set(),
    "uvicorn": {"demo.py"},
    "jsonschema": {"models/schema.py"},
    "pandas": {"models/comparison.py"},
    "markdown_it": {
        "rendering/markdown.py",
        "rendering/safe_markdown.py",
        "rendering/grammar.py",
        "rendering/rules/emphasis.py",
        "rendering/rules/footnotes.py",
        "rendering/rules/links.py",
        "rendering/rules/math.py",
        "rendering/rules/tags.py",
    },
    "pygments": {"rendering/highlighting.py"},
}


def modules() -> Iterator[Path]:
    for path in PACKAGE.rglob("*.py"):
        if "frontend" not in path.parts:
            yield path


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[bool, str]]:
    """Each import: whether it is our own, and the room or library it enters."""
    tree = ast.parse(path.read_text("utf-8"))
    package = ("nbstream", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from entered(name.name)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from entered(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            for name in node.names:
                target = ".".join((*base, *filter(None, [node.module]), name.name))
                yield from entered(target)


def entered(name: str) -> Iterator[tuple[bool, str]]:
    parts = name.split(".")
    if parts[0] == "nbstream":
        yield True, parts[1] if len(parts) > 1 else "__init__"
    else:
        yield False, parts[0]


def floor(room: str) -> int:
    return next(i for i, rooms in enumerate(ROOMS) if room in rooms)


def test_imports_point_one_way() -> None:
    """A module imports only packages below its own; outside the data flow, only those
    that are listed."""
    wrong = []
    for path in modules():
        room = room_of(path)
        for ours, target in imports_of(path):
            if not ours or target == room:
                continue
            if room in BESIDE:
                allowed = target in BESIDE[room]
            elif target in BESIDE:
                allowed = False
            else:
                allowed = floor(target) < floor(room)
            if not allowed:
                wrong.append(f"{path.relative_to(PACKAGE)} → {target}")
    assert not wrong


def test_each_foreign_library_has_one_owner() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} → {library}"
        for path in modules()
        for ours, library in imports_of(path)
        if not ours
        and library in OWNERS
        and room_of(path) != "testing"
        and path.relative_to(PACKAGE).as_posix() not in OWNERS[library]
    ]
    assert not wrong


def test_one_room_checks_the_operating_system() -> None:
    """By its name, or by what a module of Python has only in some systems."""
    wrong = []
    for path in modules():
        if room_of(path) == "platforms":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = (
                ast.unparse(node) if isinstance(node, ast.Attribute | ast.Call) else ""
            )
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [name.name for name in node.names]
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                if OF_SOME_SYSTEMS & {*names}:
                    wrong.append(f"{path.relative_to(PACKAGE)}: {ast.unparse(node)}")
            elif SYSTEM_CHECK.match(text):
                wrong.append(f"{path.relative_to(PACKAGE)}: {text}")
    assert not wrong


def test_importing_loads_nothing_heavy() -> None:
    """`import nbstream` is for scripts too: no SDK, no server, no data frames, no
    widgets before the first panel, and no HTTP client before the first connection."""
    heavy = ["anthropic", "starlette", "redis", "pandas", "uvicorn", "anywidget"]
    heavy += ["httpx", "ipywidgets", "IPython", "pytest", "markdown_it", "jsonschema"]
    heavy += ["marimo"]
    code = f"import sys, nbstream; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert list(nbstream.__all__) == sorted(nbstream.__all__)
    assert all(hasattr(nbstream, name) for name in nbstream.__all__)
