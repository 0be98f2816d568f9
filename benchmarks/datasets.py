"""The data that the benchmarks run on: the two sets of data/, or any other table."""

import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/oracle"))
from encoding import kinds_of  # noqa: E402


@dataclass
class Data:
    name: str
    path: str
    sep: str
    target: str
    positive: str
    drop: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    negative: str | None = None  # where it is given, rows of other values are left out

    def read(self):
        """The signals and the answers, every cell as text."""
        path = ROOT / "data" / self.path
        frame = pd.read_csv(path, sep=self.sep, dtype=str, keep_default_na=False)
        if self.negative is not None:
            frame = frame[frame[self.target].isin([self.positive, self.negative])]
            frame = frame.reset_index(drop=True)
        return frame.drop(columns=[self.target, *self.drop]), frame[self.target]

    def hash(self):
        """Of the file and of how it is read."""
        how = [self.sep, self.target, self.positive, self.negative, self.drop, self.categories]
        content = (ROOT / "data" / self.path).read_bytes()
        return hashlib.sha256(json.dumps(how).encode() + content).hexdigest()[:16]


DATA = [
    Data(
        "bank", "bank-marketing/bank-additional-full.csv", ";", "y", "yes",
        drop=["duration"],  # known only once the call is over
        # pdays stays a number for every contender, its 999 ("not called before") included.
    ),
    Data(
        "shoppers", "online-shoppers/online_shoppers_intention.csv", ",", "Revenue", "TRUE",
        categories=["OperatingSystems", "Browser", "Region", "TrafficType"],
    ),
]  # fmt: skip


def typed(signals, categories):
    """Numbers as floats, their empty cells as NaN; all else as text, empty cells included."""
    numbers = [n for n, kind in kinds_of(signals, categories).items() if kind == "number"]
    as_numbers = {n: pd.to_numeric(signals[n], errors="coerce").astype(float) for n in numbers}
    return signals.astype(object).assign(**as_numbers)


def text_columns(frame):
    """Those of a typed frame that hold text."""
    return [n for n in frame.columns if not pd.api.types.is_numeric_dtype(frame[n])]
