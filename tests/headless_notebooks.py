"""Write small notebooks, run them by nbclient, and read their text."""

from __future__ import annotations

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook


def notebook_of(*cells: str) -> NotebookNode:
    """A notebook of these cells, after one that loads the extension."""
    sources = ["%load_ext nbstream\nimport nbstream", *cells]
    notebook: NotebookNode = new_notebook(
        cells=[new_code_cell(source) for source in sources]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


def execute(*cells: str) -> list[NotebookNode]:
    """Run the cells with nbclient; returns them with their outputs."""
    notebook = notebook_of(*cells)
    NotebookClient(notebook, timeout=60).execute()
    ran: list[NotebookNode] = notebook.cells[1:]
    return ran


def only_text(cell: NotebookNode) -> str:
    """The text of the cell's one output, which no widget takes part in."""
    (output,) = cell.outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {"text/plain", "text/markdown", "text/html"}
    return str(output.data["text/plain"])


def printed(cell: NotebookNode) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")
