"""The project's encoding of signals into numbers, written a second time in plain numpy.

Not a script: `coefficients.py` (beside it) and `benchmarks/crossval.py` import it.
It shares no code with the Rust crates and uses none of scikit-learn's encoders, so
that an agreement between the two means something.

A signal is a column of text cells, as read with `pandas.read_csv(dtype=str,
keep_default_na=False)`. Its kind is "number", "category" or "yesno".
"""

from collections import Counter

import numpy as np

STAND_INS = {"", "unknown", "select", "n/a", "na", "null", "none", "nan", "-", "?"}
YES_NO = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
MIN_COUNT = 10
MAX_LEVELS = 200


def cell(text):
    """A trimmed cell, or None where the value is missing."""
    text = text.strip()
    return None if text.lower() in STAND_INS else text


class Number:
    def __init__(self, name, cells):
        known = np.array([float(c) for c in cells if c is not None])
        self.mean = known.mean() if known.size else 0.0
        self.scale = (known.std() if known.size else 0.0) or 1.0  # population sd
        self.slots = [name, f"{name} is missing"]

    def encode(self, cells):
        out = np.zeros((len(cells), 2))
        for row, c in enumerate(cells):
            if c is None:
                out[row, 1] = 1.0
            else:
                out[row, 0] = (float(c) - self.mean) / self.scale
        return out


class Category:
    def __init__(self, name, cells, yes_no=False):
        self.yes_no = yes_no
        counts = Counter(self.level(c) for c in cells if c is not None)
        if yes_no:
            kept = ["no", "yes"]
        else:
            frequent = [level for level, n in counts.items() if n >= MIN_COUNT]
            kept = sorted(frequent, key=lambda level: (-counts[level], level))[:MAX_LEVELS]
        kept = sorted(kept, key=lambda level: level.encode())
        self.index = {level: i for i, level in enumerate(kept)}
        self.seen = set(counts)
        self.slots = [f"{name} = {level}" for level in kept]
        self.slots += [f"{name} is {state}" for state in ("rare", "missing", "unseen")]

    def level(self, c):
        return YES_NO[c.lower()] if self.yes_no else c

    def encode(self, cells):
        rare = len(self.index)
        out = np.zeros((len(cells), rare + 3))
        for row, c in enumerate(cells):
            if c is None:
                slot = rare + 1
            else:
                level = self.level(c)
                slot = self.index.get(level, rare if level in self.seen else rare + 2)
            out[row, slot] = 1.0
        return out


class Encoder:
    """Fitted on the rows of `frame`; `kinds` maps each signal to its kind, in slot order."""

    def __init__(self, frame, kinds):
        self.parts = {}
        for name, kind in kinds.items():
            cells = [cell(text) for text in frame[name]]
            if kind == "number":
                self.parts[name] = Number(name, cells)
            else:
                self.parts[name] = Category(name, cells, yes_no=kind == "yesno")
        self.slots = [slot for part in self.parts.values() for slot in part.slots]

    def encode(self, frame):
        columns = [p.encode([cell(t) for t in frame[n]]) for n, p in self.parts.items()]
        return np.hstack(columns)


def kinds_of(frame, categories):
    """The kind of every column: forced categories, then what all known cells can be read as."""
    kinds = {}
    for name in frame.columns:
        known = {c for c in map(cell, frame[name].unique()) if c is not None}
        if name in categories:
            kinds[name] = "category"
        elif all(c.lower() in YES_NO for c in known):
            kinds[name] = "yesno"
        else:
            try:
                [float(c) for c in known]
                kinds[name] = "number"
            except ValueError:
                kinds[name] = "category"
    return kinds
