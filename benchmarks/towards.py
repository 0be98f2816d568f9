"""What leaning on a rule set gains where conversions are few, on real and on simulated data.

    python benchmarks/towards.py [--binary target/release/leadscore] [--draws 8]

Random samples with so many conversions train a model, with `--towards` the rule set that ships for the
data and without; up to 10,000 others, which neither saw, judge both and the points themselves
(`compare`). The mean AUC over the draws, and how often leaning was better. The simulated leads are
a project: the leads of the one part train, those of the other judge.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "data/rules"
FLAT = [
    # A small sample of `previous` and `default` looks like another kind of column.
    ("bank-marketing/bank-additional-full.csv", "y", "bank-marketing.toml",
     ["--drop", "duration,previous,default"], ["default", "previous"]),
    ("online-shoppers/online_shoppers_intention.csv", "Revenue", "online-shoppers.toml", [], []),
]
LEADS = 30_000
CONVERSIONS = [12, 30, 100, 1000]
MOST_JUDGED = 10_000


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def aucs(binary, folder, train, judge, rules, more):
    """The AUC without leaning, with it, and of the points."""
    found = []
    for lean in ([], ["--towards", rules]):
        bundle = folder / "m.bundle"
        run(binary, "train", train, "--folds", 0, "--out", bundle, "--json", *more, *lean)
        said = run(binary, "compare", judge, "--model", bundle, "--points", rules, "--json")
        model, points = (ranking["auc"]["value"] for ranking in json.loads(said)["rankings"])
        found.append(model)
    return *found, points


def sample(positive, conversions, draw):
    """Rows with so many conversions at the rate of all, and others."""
    rng = np.random.default_rng([draw, conversions])
    order = rng.permutation(len(positive))
    rows = round(conversions / positive.mean())
    won, lost = order[positive[order]], order[~positive[order]]
    first = np.sort(np.concatenate([won[:conversions], lost[:rows - conversions]]))
    return first, rng.permutation(np.setdiff1d(order, first))[:MOST_JUDGED]


def flat(case):
    file, target, rules, more, odd = case
    header, *lines = (ROOT / "data" / file).read_text().splitlines()
    positive = np.array([line.strip('"').lower().endswith(("yes", "true")) for line in lines])

    def judged(binary, conversions, draw):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            first, *blocks = (RULES / rules).read_text().split("[[rule]]")
            kept = [block for block in blocks if not any(f'"{name}"' in block for name in odd)]
            (folder / "rules.toml").write_text("[[rule]]".join([first, *kept]))
            parts = zip(["train.csv", "judge.csv"], sample(positive, conversions, draw), strict=True)
            for part, rows in parts:
                text = "\n".join([header, *(lines[row] for row in rows)]) + "\n"
                (folder / part).write_text(text)
            return aucs(binary, folder, folder / "train.csv", folder / "judge.csv",
                        folder / "rules.toml", ["--target", target, *more])

    return Path(file).parent.name, positive.mean(), judged


def simulated(binary, whole):
    run(binary, "simulate", "--leads", LEADS, "--seed", 11, "--out", whole, "--no-truth")
    run(binary, "signals", whole / "leadscore.toml", "--out", whole / "values.csv")
    header, *lines = (whole / "values.csv").read_text().splitlines()
    at, of = (header.split(",").index(name) for name in ("converted", "lead"))
    cells = [line.split(",") for line in lines]
    ids = [row[of] for row in cells]
    positive = np.array([row[at].lower() in ("1", "yes", "true") for row in cells])
    header, *lines = (whole / "leads.csv").read_text().splitlines()
    line_of = {line.split(",", 1)[0]: line for line in lines}

    def judged(binary, conversions, draw):
        with tempfile.TemporaryDirectory() as name:
            parts = zip(["train", "judge"], sample(positive, conversions, draw), strict=True)
            for part, rows in parts:
                folder = Path(name) / part
                folder.mkdir()
                for file in whole.iterdir():
                    (folder / file.name).symlink_to(file)
                (folder / "leads.csv").unlink()
                text = "\n".join([header, *(line_of[ids[row]] for row in rows)]) + "\n"
                (folder / "leads.csv").write_text(text)
            return aucs(binary, Path(name), Path(name) / "train/leadscore.toml",
                        Path(name) / "judge/leadscore.toml", RULES / "simulated.toml", [])

    return "simulated", positive.mean(), judged


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / "target/release/leadscore", type=Path)
    parser.add_argument("--draws", type=int, default=8)
    given = parser.parse_args()
    binary = given.binary.resolve()
    print("| data | rows | conversions | alone | leaning | points | better |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as whole:
        for name, rate, judged in [simulated(binary, Path(whole)), *map(flat, FLAT)]:
            for conversions in CONVERSIONS:
                found = [judged(binary, conversions, draw) for draw in range(given.draws)]
                alone, leaning, points = np.mean(found, axis=0)
                better = sum(one[1] > one[0] for one in found)
                print(f"| {name} | {conversions / rate:.0f} | {conversions} | {alone:.3f} "
                      f"| {leaning:.3f} | {points:.3f} | {better} of {given.draws} |", flush=True)


if __name__ == "__main__":
    main()
