"""Runs every notebook beside this file from scratch, and fails when a cell fails.

The committed files stay as they are: a notebook is read, cleared and run in memory. Also
fails when a committed notebook lacks the outputs of a complete run, when they name a folder
of the machine that made them, and when what they say differs from what this run says. Text is
compared to the letter: the same input gives the same bytes. Of pictures only that they are
there, since fonts differ.

Rerun:  cargo build --release
        pip install -r notebooks/requirements.txt
        python notebooks/check.py
"""

import difflib
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
MACHINE = re.compile(r"/(tmp|root|home|Users|work|var)/|site-packages")
SHOWN = ("text/markdown", "text/plain")


def told(cell):
    """What a cell says: all it printed, then its tables and what stands for pictures."""
    printed = {}
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":
            # How a stream is cut into pieces hangs on the clock.
            printed[output.name] = printed.get(output.name, "") + output.text
        data = output.get("data", {})
        shown += [f"{kind}\n{data[kind]}\n" for kind in SHOWN if kind in data]
        shown += [f"{kind}\n" for kind in data if kind.startswith("image/")]
    return "".join(f"{name}\n{text}\n" for name, text in sorted(printed.items())) + "".join(shown)


def code(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def complaints(notebook):
    """What is wrong with the outputs as committed."""
    cells = code(notebook)
    if [c.execution_count for c in cells] != list(range(1, len(cells) + 1)):
        yield "was not run from top to bottom"
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"holds an error: {output.ename}"
        if MACHINE.search(told(cell)):
            yield f"names a folder of the machine it was made on, in cell {cell.id}"


def differences(committed, notebook):
    """Where the outputs of this run are not those that are committed."""
    for (name, before), cell in zip(committed, code(notebook)):
        after = told(cell)
        if before != after:
            lines = difflib.unified_diff(
                before.splitlines(), after.splitlines(), "committed", "this run", lineterm="", n=0
            )
            yield "\n".join([f"says something else in cell {name}", *lines])


def check(path):
    notebook = nbformat.read(path, as_version=4)
    found = list(complaints(notebook))
    committed = [(cell.id, told(cell)) for cell in code(notebook)]
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(HERE)}})
    try:
        client.execute()
    except CellExecutionError as error:
        return [*found, f"failed\n{error}"]
    return [*found, *differences(committed, notebook)]


def main():
    failed = False
    for path in sorted(HERE.glob("*.ipynb")):
        found = check(path)
        for text in found:
            print(f"{path.name}: {text}", file=sys.stderr)
        if not found:
            print(f"{path.name}: every cell ran, and says what is committed")
        failed |= bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main()
