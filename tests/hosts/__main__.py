"""Run hosts, and write what was observed into docs/hosts.md."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

from ..browser.conftest import ARGUMENTS, chromium
from . import HOSTS
from . import __doc__ as description
from .base import Rig
from .environments import ROOT
from .table import keep_rows, unexplained, write_page


def main() -> int:
    names = [host.name for host in HOSTS]
    parser = argparse.ArgumentParser(
        prog="python -m tests.hosts",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path.home() / ".cache" / "nbstream-hosts",
        help="where environments, screenshots and logs are kept (%(default)s)",
    )
    parser.add_argument(
        "--page",
        type=Path,
        default=ROOT / "docs" / "hosts.md",
        help="the page to write (%(default)s)",
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no such host: {', '.join(sorted(unknown))}")
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    with sync_playwright() as playwright:
        path = chromium()
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        rig = Rig(browser, options.folder.resolve())
        for host in HOSTS:
            if options.names and host.name not in options.names:
                continue
            print(f"{host.name}:", flush=True)
            try:
                rows = host.run(rig)
            except Exception:
                # One host that cannot be installed keeps none of the others from it.
                traceback.print_exc()
                failed = True
                continue
            for row in rows:
                print(f"  {row.name}")
                for column, answer in row.stream.items():
                    print(f"    {column}: {answer} (widget: {row.widget[column]})")
                for column in unexplained(row):
                    print(f"    {column}: no, although a plain widget does it")
            kept = keep_rows(rig.folder / "rows.json", rows)
            kept.sort(key=lambda row: names.index(row.name.split(",")[0]))
            write_page(options.page, kept)
        browser.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
