"""What both notebooks need: the program, tables, and how figures look."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import polars as pl
from IPython.display import Markdown

DATA = Path(__file__).resolve().parent.parent / "data"
MODEL, POINTS, CHALLENGER, QUIET = "#1f5fa8", "#d9822b", "#7a5aa6", "#9aa3ad"
UP, DOWN = "#3b8c66", "#b5495b"

plt.rcParams.update({
    "figure.dpi": 90, "font.size": 10, "axes.titlesize": 11, "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "axes.axisbelow": True, "grid.color": "#e6e8eb", "legend.frameon": False,
    "figure.constrained_layout.use": True,
})


def program():
    """LEADSCORE, or what `cargo build --release` made."""
    built = Path(__file__).resolve().parent.parent / "target/release/leadscore"
    found = shutil.which(os.environ.get("LEADSCORE", str(built)))
    if found is None:
        raise FileNotFoundError("no leadscore: run `cargo build --release`, or set LEADSCORE")
    return Path(found).resolve()


class Workplace:
    """A folder of its own for what a notebook writes; gone when it is closed."""

    def __init__(self):
        self.program = program()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)

    def leadscore(self, *arguments):
        """Runs a command in the folder, and returns what its --json says."""
        command = [str(a) for a in arguments]
        print("$ leadscore " + " ".join(command).replace(str(DATA), "data"))
        done = subprocess.run(
            [self.program, *command, "--json"], cwd=self.path, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr.replace(str(DATA), "data").strip())
        return json.loads(done.stdout)

    def close(self):
        self.folder.cleanup()


def table(rows, **options):
    """Rows as a Markdown table."""
    with pl.Config(
        tbl_formatting="MARKDOWN", tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True,
        tbl_cell_numeric_alignment="RIGHT", tbl_rows=-1, tbl_cols=-1, tbl_width_chars=10_000,
        fmt_str_lengths=200, float_precision=3, thousands_separator=",",
    ):
        return Markdown(str(pl.DataFrame(rows, **options)))


def percent(share, _=None, digits=0):
    return f"{100 * share:.{digits}f} %"


def interval(figure, form=".3f"):
    """A figure with its 95 % interval: 0.794 (0.774 to 0.814)."""
    value, low, high = (
        None if figure[end] is None else f"{figure[end]:{form}}".replace("%", " %") for end in ("value", "low", "high")
    )
    return value if low is None else f"{value} ({low} to {high})"


def edges(steps):
    """Where the steps of a number begin and end, from their names: `below 3`, `3 to 7`, `from 7`."""
    number = r"-?[\d,]*\.?\d+(?:e-?\d+)?"
    inner = [float(re.search(number, s["name"])[0].replace(",", "")) for s in steps[1:]]
    span = inner[-1] - inner[0]
    return [inner[0] - 0.06 * span, *inner, inner[-1] + 0.06 * span]


def auc(score, converted):
    """How often a lead that converted stands before one that did not; ties count half."""
    rank = pl.Series(score).rank("average").to_numpy()
    won = int(converted.sum())
    return (rank[converted].sum() - won * (won + 1) / 2) / (won * (len(converted) - won))
