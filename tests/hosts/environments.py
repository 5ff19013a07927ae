"""Make virtual environments that have nbstream's requirements and this checkout."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make_environment(folder: Path, requirements: Sequence[str]) -> Path:
    """Return the Python of a virtual environment with these requirements, and make it
    unless it exists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *requirements]
    python = folder / "bin" / "python"
    stamp = folder / "requirements.json"
    if stamp.is_file() and json.loads(stamp.read_text()) == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True
    )
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "--quiet"]
    subprocess.run([*pip, "install", *wanted], check=True)
    _add_checkout(next((folder / "lib").glob("python3*/site-packages")))
    stamp.write_text(json.dumps(wanted))
    return python


def _add_checkout(packages: Path) -> None:
    """Make the checkout importable, with its front end as it is built there: an
    installation would build it again for each environment."""
    version = importlib.metadata.version("nbstream")
    (packages / "nbstream.pth").write_text(f"{ROOT}\n")
    information = packages / f"nbstream-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: nbstream\nVersion: {version}\n"
    )


def versions_of(python: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the versions of these distributions, of those that are installed."""
    code = (
        "import importlib.metadata as metadata, json, sys\n"
        "found = {d.metadata['Name'].replace('_', '-'): d.version\n"
        "         for d in metadata.distributions()}\n"
        "names = sys.argv[1:]\n"
        "print(json.dumps({n: found[n] for n in names if n in found}))"
    )
    found = subprocess.run(
        [python, "-c", code, *names], check=True, capture_output=True, text=True
    )
    versions: dict[str, str] = json.loads(found.stdout)
    return versions
