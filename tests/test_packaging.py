"""The wheel, built as a user's machine would: from the files in git, without Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

# Building downloads the build requirements, including Node: some 60 MB when new.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    checkout, out, path = folder / "checkout", folder / "out", folder / "path"
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)

    # npm starts a shell; no other program of the machine is on the path.
    path.mkdir()
    shell = shutil.which("sh")
    assert shell is not None
    (path / "sh").symlink_to(shell)
    assert shutil.which("node", path=str(path)) is None
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "-w", str(out)],
        cwd=checkout,
        env={**os.environ, "PATH": str(path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = out.iterdir()
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel's files, laid out like an installation."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_with(site: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python with this installation before the checkout's."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=site,
        capture_output=True,
        text=True,
    )


def files_in(site: Path) -> set[str]:
    return {
        path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()
    }


def metadata_in(site: Path) -> Message:
    (path,) = site.glob("nbstream-*.dist-info/METADATA")
    return Parser().parsestr(path.read_text("utf-8"))


def test_it_fits_every_platform(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_it_holds_what_a_user_needs(installed: Path) -> None:
    assert {
        "nbstream/py.typed",
        "nbstream/static/runtime.js",
        "nbstream/static/panel.js",
        "nbstream/static/mathml.js",
        "nbstream/notebooks/tour.ipynb",
        "nbstream/notebooks/models.ipynb",
    } <= files_in(installed)
    for name in ("tour.ipynb", "models.ipynb"):
        published = (ROOT / "notebooks" / name).read_bytes()
        assert (installed / "nbstream/notebooks" / name).read_bytes() == published


def test_it_holds_every_module_and_no_test_or_front_end_source(installed: Path) -> None:
    modules = subprocess.check_output(
        ["git", "ls-files", "nbstream/*.py"], cwd=ROOT, text=True
    ).split()
    expected = {name for name in modules if not name.startswith("nbstream/frontend/")}
    files = files_in(installed)
    assert {name for name in files if name.endswith(".py")} == expected
    workshop = re.compile(
        r"frontend|node_modules|\.ts$|\.css$|\.map$|tests/|package.*json"
    )
    assert [name for name in files if workshop.search(name)] == []
    assert {name.split("/")[0].partition("-")[0] for name in files} == {"nbstream"}


def test_its_metadata_describe_it(installed: Path) -> None:
    metadata = metadata_in(installed)
    assert metadata["Name"] == "nbstream"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert (
        str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text().strip()
    )
    requirements = metadata.get_all("Requires-Dist") or []
    always = {re.split(r"[^\w-]", r)[0] for r in requirements if "extra ==" not in r}
    assert always == {
        "anthropic",
        "anyio",
        "anywidget",
        "httpx",
        "httpx-sse",
        "ipython",
        "ipywidgets",
        "jsonschema",
        "markdown-it-py",
        "pygments",
    }
    in_browser = {"sys_platform": "emscripten"}
    elsewhere = {
        one.name
        for one in map(Requirement, requirements)
        if one.marker and "extra" not in str(one.marker)
        if not one.marker.evaluate(in_browser)
    }
    assert elsewhere == {"anthropic"}, "its SDK has compiled parts"
    assert set(metadata.get_all("Provides-Extra") or []) == {"demo", "hub", "test"}
    (folder,) = installed.glob("nbstream-*.dist-info")
    assert (folder / "licenses" / "LICENSE").is_file()
    commands = (folder / "entry_points.txt").read_text()
    assert "nbstream = nbstream.cli:main" in commands


def test_its_front_end_loads_nothing_from_other_origins(installed: Path) -> None:
    for name in ("runtime.js", "panel.js", "mathml.js"):
        code = (installed / "nbstream" / "static" / name).read_text("utf-8")
        assert len(code) > 200
        # The namespaces of SVG and MathML, and links in licences and warnings: nothing
        # is loaded from them.
        named = (
            "www.w3.org/",
            "github.com/babel/babel/blob/",
            "github.com/highlightjs/highlight.js/",
            "github.com/markdown-it/markdown-it",
        )
        for place in re.findall(r"(?:https?|wss?):?//([\w.-]+/?[\w./-]*)", code):
            assert place.startswith(named), place
        # A grammar for colouring contains these words; code that loads starts a
        # statement. The one that does loads what the kernel has sent, from a blob.
        assert not re.search(r"""(?:^|[;\n])import[\s{*"'`]""", code)
        from_blob = r"(\w+)=URL\.createObjectURL\(new Blob\(.{,60}await import\(\1\)"
        imports, of_blobs = re.findall(r"\bimport\(", code), re.findall(from_blob, code)
        assert len(imports) == len(of_blobs) == (name == "runtime.js")
        assert "@import" not in code
    assert "export" in code


def test_its_front_end_is_the_one_that_pages_get(installed: Path) -> None:
    ran = run_with(
        installed,
        "from nbstream.display.widget import runtime\n"
        "print(runtime.__file__)\n"
        "print(len(runtime.Runtime().get_state()['_esm']))",
    )
    assert ran.returncode == 0, ran.stderr
    module, size = ran.stdout.split()
    assert Path(module).is_relative_to(installed)
    bundle = (installed / "nbstream/static/runtime.js").read_text("utf-8")
    assert int(size) == len(bundle)


def test_without_the_front_end_the_error_shows_how_to_build_it(
    installed: Path, tmp_path: Path
) -> None:
    shutil.copytree(installed, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "nbstream" / "static")
    ran = run_with(
        tmp_path,
        "from nbstream.errors import BundleMissing\n"
        "from nbstream.display.widget.runtime import Runtime\n"
        "try:\n    Runtime()\nexcept BundleMissing as error:\n    print(error)",
    )
    assert ran.returncode == 0, ran.stderr
    # As seen from where it runs: an error may end in a notebook that is shared.
    assert " ./nbstream/static/runtime.js," in ran.stdout
    assert "`pip install .`" in ran.stdout
    assert "npm ci && npm run build" in ran.stdout


def test_the_demo_finds_the_tour_in_it(installed: Path, tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    shutil.copytree(installed, site)
    (site / "jupyter.py").write_text("")  # in place of JupyterLab
    ran = run_with(
        site,
        f"from nbstream.cli import main; main(['demo', '--dir', {str(work)!r}])",
    )
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in work.iterdir()} == {"tour.ipynb", "models.ipynb"}
