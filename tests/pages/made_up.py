"""Pages of made-up data: what the page must bear, without a Rust build.

    python tests/pages/made_up.py CASE out.html [--lang es] [--json out.json]

CASE is one of CASES below. The data follow the schema that `leadscore compare` writes; the figures
in them are those of figures.py. `page` fills the skeleton of src/pages as the binary does.
"""

import argparse
import hashlib
import html
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import figures

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "src" / "pages"
REPLICATES = 200
SEED = 0
LISTED, REASONED = 100_000, 20_000


@dataclass
class Ranking:
    """A model or a rule set, and what it gave every lead."""

    kind: str
    name: str
    scores: np.ndarray
    bands: list  # (name, from), lowest first
    parts: list = field(default_factory=list)  # names of signals, or of rules
    effects: np.ndarray = None  # per lead and part: what the probability would lose, or points
    values: list = None  # texts of signals' values
    value_at: np.ndarray = None  # per lead and part: a position in values
    version: str = None
    hand_off: float = None
    unused: list = None
    path: str = None

    @property
    def model(self):
        return self.kind == "model"

    @property
    def hash(self):
        return hashlib.sha256(f"{self.kind}{self.name}{self.version}".encode()).hexdigest()

    @property
    def file(self):
        return self.path or f"{self.name}.{'bundle' if self.model else 'toml'}"


@dataclass
class Leads:
    """Leads with their outcomes, and all rankings of them."""

    ids: list
    converted: np.ndarray
    rankings: list
    as_of: list = None  # ISO days
    groups: np.ndarray = None
    segments: dict = field(default_factory=dict)  # column -> value of each lead
    basis: str = "held_out"
    sensitive: dict = field(default_factory=dict)  # column -> what it says of people
    warnings: list = field(default_factory=list)
    dropped: list = field(default_factory=lambda: ["day"])
    command: str = "leadscore compare leads.csv --model bank.bundle --points rules.toml --html compare.html"


def capacities(leads):
    """At most 200 rising numbers of leads: all up to 20, then ever farther apart."""
    steps = np.unique(np.round(np.geomspace(1, leads, 160)).astype(int))
    even = np.unique(np.round(np.linspace(leads / 40, leads, 40)).astype(int))
    every = np.unique(np.concatenate([steps, even, [leads]]))
    return [int(k) for k in every if k >= 1]


def ranking_report(r, leads, ks, weights):
    y, total = leads.converted, int(leads.converted.sum())
    value = figures.conversions_at(r.scores, y, ks)
    draws = [figures.conversions_at(r.scores, y, ks, w) for w in weights] if weights else None
    made = [float((w * y).sum()) for w in weights] if weights else None
    n, base = len(y), total / len(y)

    def band(scale, scales):
        return figures.bands_of(value * scale, None if draws is None else [d * s for d, s in zip(draws, scales)])

    threshold, reach = figures.reach(r.scores, ks)
    some = weights or []
    return {
        "kind": r.kind,
        "name": r.name,
        "version": r.version,
        "file": r.file,
        "hash": r.hash,
        "auc": figures.surely(figures.delong(r.scores, y), y),
        "average_precision": figures.average_precision(r.scores, y),
        "conversions": band(1.0, [1.0 for _ in some]),
        "precision": band(1 / np.array(ks), [1 / np.array(ks) for _ in some]),
        "recall": band(1 / total, [1 / m for m in made or []]) if total else None,
        "lift": band(1 / np.array(ks) / base, [n / np.array(ks) / m for m in made or []]) if total else None,
        "threshold": threshold.tolist(),
        "reach": reach.tolist(),
        "above": [int((r.scores > t).sum()) for t in threshold],
        "bands": band_rates(r, leads),
        "mean_probability": float(r.scores.mean()) if r.model else None,
        "calibration": figures.calibration(r.scores, y) if r.model else None,
        "thresholds": None if r.model else thresholds(r, leads),
        "rules": None if r.model else rules(r, leads),
        "unused": r.unused if r.model else None,
    }


def first_model(leads):
    return next((r for r in leads.rankings if r.model), None)


def band_of(r):
    starts = np.array([-np.inf if start is None else start for _, start in r.bands])
    return np.searchsorted(starts, r.scores, side="right") - 1


def band_rates(r, leads):
    at, model = band_of(r), first_model(leads)
    found = []
    for position, (name, start) in enumerate(r.bands):
        mask = at == position
        count, conversions = int(mask.sum()), int(leads.converted[mask].sum())
        mean = float(model.scores[mask].mean()) if model and count else None
        found.append(
            {"band": name, "from": start, "leads": count, "conversions": conversions,
             "rate": figures.rate(conversions, count), "mean_probability": mean}
        )
    return found


def thresholds(r, leads):
    named = {start: name for name, start in r.bands if start is not None}
    if r.hand_off is not None:
        named.setdefault(r.hand_off, "hand_off")
    y, model, found = leads.converted, first_model(leads), []
    for points in sorted({*named, 40.0, 60.0, 80.0}):
        mask = r.scores >= points
        count = int(mask.sum())
        row = {"points": points, "name": named.get(points), "leads": count,
               "rate": figures.rate(int(y[mask].sum()), count), "mean_probability": None,
               "stands_for": None, "matching_probability": None, "model_rate": None}
        if y.sum() >= figures.FEWEST_CONVERSIONS:
            row["stands_for"] = figures.isotonic_at(r.scores, y, points, 60, SEED, groups_of(leads))
        if model and count:
            row["mean_probability"] = float(model.scores[mask].mean())
            row["matching_probability"] = float(figures.reach(model.scores, [count])[0][0])
            row["model_rate"] = float(figures.conversions_at(model.scores, y, [count])[0] / count)
        found.append(row)
    return found


def rules(r, leads):
    found, y = [], leads.converted
    for part, name in enumerate(r.parts):
        points = r.effects[:, part]
        hit = points != 0
        n, c, rest = int(hit.sum()), int(y[hit].sum()), int(y[~hit].sum())
        difference = figures.rate_difference(c, n, rest, len(y) - n)
        if n == 0:
            verdict = "never"
        elif n < 30 or y.sum() < figures.FEWEST_CONVERSIONS or difference is None:
            verdict = "too_few"
        else:
            sure = difference["low"] > 0 or difference["high"] < 0
            agrees = (points[hit].mean() > 0) == (difference["value"] > 0)
            verdict = "unclear" if not sure else "earns" if agrees else "against"
        found.append(
            {"rule": name, "leads": n, "mean_points": float(points[hit].mean()) if n else None,
             "rate": figures.rate(c, n), "others": figures.rate(rest, len(y) - n),
             "difference": difference, "verdict": verdict}
        )
    return found


def groups_of(leads):
    return np.arange(len(leads.converted)) if leads.groups is None else leads.groups


def pair_report(a, b, leads, ks, weights):
    first, second = leads.rankings[a], leads.rankings[b]
    y, groups = leads.converted, groups_of(leads)
    gap = figures.conversions_at(first.scores, y, ks) - figures.conversions_at(second.scores, y, ks)
    draws = [
        figures.conversions_at(first.scores, y, ks, w) - figures.conversions_at(second.scores, y, ks, w)
        for w in weights or []
    ]
    model = first_model(leads)
    probability = model.scores if model else None

    def slices(values):
        def one(value):
            mask = np.array([v == value for v in values])
            return {"value": value} | figures.part(
                mask, first.scores, second.scores, y, probability, groups, REPLICATES, SEED
            )

        return [one(value) for value in sorted(set(values), key=lambda v: (v is None, str(v)))]

    months = [day[:7] for day in leads.as_of] if leads.as_of else None
    return {
        "first": a,
        "second": b,
        "rank_correlation": figures.spearman(first.scores, second.scores),
        "auc_difference": figures.surely(figures.delong(first.scores, y, second.scores), y),
        "difference": figures.bands_of(gap, draws if weights else None),
        **figures.quadrants(first.scores, second.scores, y, ks),
        "segments": [{"column": c, "sensitive": leads.sensitive.get(c), "values": slices(v)} for c, v in leads.segments.items()],
        "months": slices(months) if months else None,
    }


def period(leads):
    if not leads.as_of:
        return None
    first, last = min(leads.as_of), max(leads.as_of)
    weeks = (np.datetime64(last) - np.datetime64(first)).astype(int) / 7
    return {"from": f"{first}T00:00:00Z", "to": f"{last}T00:00:00Z", "weeks": float(weeks)}


def report(leads):
    n, total = len(leads.converted), int(leads.converted.sum())
    ks = capacities(n)
    few = figures.too_few(leads.converted)
    enough = few is None
    weights = list(figures.resamples(groups_of(leads), REPLICATES, SEED)) if enough else None
    tenth = int(np.argmin([abs(k - max(1, n / 10)) for k in ks]))
    rows = [(r, figures.conversions_at) for r in leads.rankings]
    return {
        "leadscore": "0.1.0",
        "basis": leads.basis,
        "leads": n,
        "conversions": total,
        "base_rate": figures.rate(total, n),
        "too_few": few,
        "groups": None if leads.groups is None else len(set(leads.groups)),
        "period": period(leads),
        "warnings": leads.warnings,
        "left_out": {"seen": 4 * n, "new": 0, "held_out": 0, "no_outcome": 3},
        "bootstrap": {"replicates": REPLICATES, "seed": SEED},
        "capacities": ks,
        "capacity": tenth,
        "rankings": [ranking_report(r, leads, ks, weights) for r, _ in rows],
        "for_precision": [
            {"precision": p, "of": [figures.for_precision(r.scores, leads.converted, p) for r, _ in rows]}
            for p in figures.PRECISIONS
        ],
        "pairs": [
            pair_report(a, b, leads, ks, weights)
            for a in range(len(rows))
            for b in range(a + 1, len(rows))
        ],
        "made": made(leads, n, total),
    }


def made(leads, n, total):
    named = [{"name": r.name, "version": r.version, "hash": r.hash, "file": r.file} for r in leads.rankings]
    split = {"by": "time", "column": "created_at", "from": leads.as_of[0]} if leads.as_of else {"by": "random", "seed": 0}
    trained = {
        "target": "y", "positive": "yes", "horizon": "90d" if leads.as_of else None, "split": split,
        "training_rows": 4 * n, "training_conversions": 4 * total, "held_out_rows": n,
        "held_out_conversions": total, "set_aside": ["duration"], "dropped": leads.dropped, "kept": [], "codes": [],
        "missing": ["pdays=999"], "trained_with": "leadscore 0.1.0", "bytes": 12345,
        "command": "leadscore train leads.csv --target y --drop duration",
    }
    return {
        "command": leads.command,
        "files": [{"file": "leads.csv", "hash": hashlib.sha256(b"leads").hexdigest(), "bytes": 1234567}],
        "models": [
            {k: v for k, v in of.items() if k != "version"} | trained
            for of, r in zip(named, leads.rankings) if r.model
        ],
        "rule_sets": [of | {"bytes": 2345} for of, r in zip(named, leads.rankings) if not r.model],
    }


def reasons(r, lead, most=8):
    """A lead's reasons by one ranking, strongest first."""
    if r.effects is None:
        return []
    effects = r.effects[lead]
    order = [i for i in np.argsort(-np.abs(effects), kind="stable") if effects[i] != 0]
    if not r.model:
        return [[int(i), float(effects[i])] for i in order]
    return [[int(i), int(r.value_at[lead, i]), round(float(effects[i]), 4)] for i in order[:most]]


def listing(leads):
    ranks = [figures.ranks(r.scores) for r in leads.rankings]
    order = np.argsort(np.min(ranks, axis=0), kind="stable")[:LISTED]
    bands = [band_of(r) for r in leads.rankings]
    compact = lambda values: [int(v) if v == int(v) else v for v in map(float, values)]  # noqa: E731
    return {
        "leads": len(order),
        "id": [leads.ids[i] for i in order],
        "as_of": [leads.as_of[i] for i in order] if leads.as_of else None,
        "converted": [int(leads.converted[i]) for i in order],
        "score": [compact(np.round(r.scores[order], 6)) for r in leads.rankings],
        "rank": [compact(k[order]) for k in ranks],
        "band": [b[order].tolist() for b in bands],
        "reasoned": min(len(order), REASONED),
        "inputs": [list(r.parts) for r in leads.rankings],
        "values": [list(r.values) if r.model else None for r in leads.rankings],
        "reasons": [[reasons(r, i) for i in order[:REASONED]] for r in leads.rankings],
    }


def data(leads):
    return {"report": report(leads), "list": listing(leads)}


def in_script(value):
    """JSON that can stand in a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def scripts(page="compare"):
    """The parts of a page's script: those of all pages and its own, in the order of their names."""
    parts = [part for folder in ("common", page) for part in sorted((PAGES / folder).glob("*.js"))]
    return "\n".join(part.read_text("utf-8") for part in parts)


def words(lang, page="compare"):
    """The words of a page: those of all pages, and its own."""
    return [json.loads((PAGES / folder / f"{lang}.json").read_text("utf-8")) for folder in ("common", page)]


def page(content, lang="en", title="A <made-up> comparison"):
    """The page, its marks replaced at once: what is put in is not looked at again."""
    marks = {
        "lang": lang,
        "title": html.escape(title),
        "style": (PAGES / "style.css").read_text("utf-8"),
        "script": scripts(),
        "words": in_script(words(lang)),
        "data": in_script(content),
    }
    skeleton = (PAGES / "page.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: marks[mark[1]], skeleton)


def main():
    from cases import CASES

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("out", type=Path)
    parser.add_argument("--lang", default="en", choices=["en", "es"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    content = data(CASES[args.case]())
    args.out.write_text(page(content, args.lang), "utf-8")
    if args.json:
        args.json.write_text(json.dumps(content), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
