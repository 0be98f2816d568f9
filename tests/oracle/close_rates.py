"""Makes close_rates.json, the close rates that the tests of `points suggest` compare with.

For columns of bank-marketing and online-shoppers: of each value with at least 30 rows, and of the
ranges below, how many rows have it, how many of them converted, Wilson's 95 % interval by
scipy, and the points at 10 for each doubling of the rate of all. The points are those of
docs and of suggest.rs: rounded 10 log2(shrunk / all), where shrunk counts one more row that
converted with the rate of all; none where the rate of all lies within the interval.

Rerun, with benchmarks/requirements.txt installed:  python tests/oracle/close_rates.py
"""

import csv
import json
from math import inf, log2
from pathlib import Path

from scipy.stats import binomtest

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"
LEAST = 30
MISSING = {"", "unknown"}
SETS = {
    "bank": {
        "file": DATA / "bank-marketing" / "bank-additional-full.csv",
        "delimiter": ";",
        "won": lambda row: row["y"] == "yes",
        "categories": ["job", "marital", "month", "poutcome", "contact", "day_of_week"],
        "ranges": {
            "duration": [80, 127, 181, 260, 418],
            "previous": [1],
            "pdays": [900],
            "nr.employed": [5090, 5100, 5195, 5200],
        },
    },
    "shoppers": {
        "file": DATA / "online-shoppers" / "online_shoppers_intention.csv",
        "delimiter": ",",
        "won": lambda row: row["Revenue"] == "TRUE",
        "categories": ["Month", "VisitorType"],
        "ranges": {},
    },
}


def told(rows, won, wins, total):
    """What is said of some rows: `wins` of all `total` converted."""
    overall = wins / total
    low, high = map(float, binomtest(won, rows).proportion_ci(0.95, method="wilson"))
    points = None
    if rows >= LEAST and (low > overall or high < overall):
        points = round(10 * log2((won + overall) / (rows + 1) / overall)) or None
    return {"obtained": rows, "won": won, "low": low, "high": high, "points": points}


def of_set(spec):
    with open(spec["file"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=spec["delimiter"]))
    labels = [spec["won"](row) for row in rows]
    wins, total = sum(labels), len(rows)
    signals = {}
    for column in spec["categories"]:
        values = {}
        for row, label in zip(rows, labels):
            value = "(missing)" if row[column] in MISSING else row[column]
            counts = values.setdefault(value, [0, 0])
            counts[0] += 1
            counts[1] += label
        kept = {value: counts for value, counts in values.items() if counts[0] >= LEAST}
        signals[column] = {v: told(*counts, wins, total) for v, counts in sorted(kept.items())}
    for column, cuts in spec["ranges"].items():
        edges = [-inf, *cuts, inf]
        signals[column] = {}
        for low, high in zip(edges, edges[1:]):
            inside = [low <= float(row[column]) < high for row in rows]
            won = sum(label for label, here in zip(labels, inside) if here)
            if low == -inf:
                name = f"below {high:g}"
            elif high == inf:
                name = f"{low:g} and more"
            else:
                name = f"{low:g} to below {high:g}"
            signals[column][name] = told(sum(inside), won, wins, total)
    return {"leads": total, "won": wins, "signals": signals}


found = {name: of_set(spec) for name, spec in SETS.items()}
(HERE / "close_rates.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
