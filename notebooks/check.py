"""Runs every notebook beside this file from scratch, and fails when a cell fails.

The committed files stay as they are: a notebook is read, cleared and run in memory.
Also fails when a committed notebook lacks the outputs of a complete run, or when they
name a folder of the machine that made them.

Rerun:  cargo build --release
        pip install -r notebooks/requirements.txt
        python notebooks/check.py
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
MACHINE = re.compile(r"/(tmp|root|home|Users|work|var)/|site-packages")


def complaints(notebook):
    """What is wrong with the outputs as committed."""
    code = [c for c in notebook.cells if c.cell_type == "code"]
    if [c.execution_count for c in code] != list(range(1, len(code) + 1)):
        yield "was not run from top to bottom"
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"holds an error: {output.ename}"
            texts = [output.get("text", "")]
            texts += [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
            if any(MACHINE.search(text) for text in texts):
                yield f"names a folder of the machine it was made on, in cell {cell.id}"


def main():
    failed = False
    for path in sorted(HERE.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        found = list(complaints(notebook))
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(HERE)}})
        try:
            client.execute()
        except CellExecutionError as error:
            found.append(f"failed\n{error}")
        for text in found:
            print(f"{path.name}: {text}", file=sys.stderr)
        if not found:
            print(f"{path.name}: every cell ran")
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main()
