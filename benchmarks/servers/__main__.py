"""Follow real servers of many frameworks, and print how each is understood.

python -m benchmarks.servers
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .following import Notebook, Seen, notebook
from .row import Row, Rows
from .rows import TABLE
from .running import NotRunning, run_server

CACHE = Path(tempfile.gettempdir()) / "nbstream-servers"
SHOWN = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="", metavar="WORD", help="servers with this in their name"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help=f"where to install the servers; by default {CACHE}",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="after which a cell is interrupted; by default 10",
    )
    options = parser.parse_args()
    chosen = [rows for rows in TABLE if options.only in rows.server.name]
    print("| server | method | state | shown | as | understood |")
    print("|---|---|---|---|---|---|", flush=True)
    understood = total = 0
    with notebook(options.patience) as cells:
        for rows in chosen:
            for row, seen in follow_streams(rows, cells, options.cache):
                total += 1
                ok = isinstance(seen, Seen) and row.is_understood(seen)
                understood += ok
                print(format_row(row, seen, ok), flush=True)
    print(f"\n{understood} of {total} understood")


def follow_streams(
    rows: Rows, cells: Notebook, cache: Path
) -> Iterator[tuple[Row, Seen | str]]:
    """Follow each stream of a server; yield the reason if it does not run."""
    try:
        with run_server(rows.server, cache) as origins:
            for row in rows.rows:
                origin = origins[row.port]
                try:
                    path = row.find(origin) if row.find else row.path
                except OSError as error:
                    yield row, f"could not be reached: {error}"
                    continue
                yield row, cells.see(f"{origin}{path}", row.body)
    except NotRunning as reason:
        for row in rows.rows:
            yield row, str(reason)


def format_row(row: Row, seen: Seen | str, ok: bool) -> str:
    """Format a row of the table, in Markdown."""
    method = "GET" if row.body is None else "POST"
    if isinstance(seen, str):
        return f"| {row.label} | {method} | {format_cell(seen)} | | | |"
    plain, views = format_cell(seen.plain), ", ".join(seen.views)
    answer = "yes" if ok else "**no**"
    return f"| {row.label} | {method} | {seen.state} | {plain} | {views} | {answer} |"


def format_cell(text: str) -> str:
    """Truncate a text, and format it as code in a cell of a table."""
    short = " ".join(text.split())
    short = short if len(short) <= SHOWN else short[: SHOWN - 1] + "…"
    short = short.replace("|", "\\|").replace("`", "'")
    return f"`{short}`" if short else ""


if __name__ == "__main__":
    main()
