"""What leaning on a rule set gains where conversions are few, on the real data.

    python benchmarks/towards.py [--binary target/release/leadscore] [--draws 8]

Random samples of the rows train a model, with `--towards` the rule set that ships for the data and
without; the other rows, which neither saw, judge both and the points themselves (`compare`). The mean
AUC over the draws, and how often leaning was better.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CASES = [
    # data, target, rules, more of train
    ("data/bank-marketing/bank-additional-full.csv", "y", "data/rules/bank-marketing.toml",
     ["--drop", "duration"]),
    ("data/online-shoppers/online_shoppers_intention.csv", "Revenue",
     "data/rules/online-shoppers.toml", []),
]
CONVERSIONS = [12, 30, 100, 1000]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def auc(binary, folder, rows, rest, case, towards):
    _, target, rules, more = case
    bundle = folder / "m.bundle"
    lean = ["--towards", ROOT / rules] if towards else []
    run(binary, "train", rows, "--target", target, "--folds", 0, "--out", bundle, "--json",
        *more, *lean)
    found = json.loads(run(binary, "compare", rest, "--model", bundle, "--points", ROOT / rules,
                           "--json"))
    return found["model"]["auc"]["value"], found["rule_sets"][0]["auc"]["value"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / "target/release/leadscore", type=Path)
    parser.add_argument("--draws", type=int, default=8)
    given = parser.parse_args()
    binary = given.binary.resolve()
    print("| data | rows | conversions | alone | leaning | points | better |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for case in CASES:
        header, *lines = (ROOT / case[0]).read_text().splitlines()
        positive = np.array([line.strip('"').lower().endswith(("yes", "true")) for line in lines])
        for conversions in CONVERSIONS:
            rows = round(conversions / positive.mean())
            found = []
            for draw in range(given.draws):
                order = np.random.default_rng([draw, conversions]).permutation(len(lines))
                with tempfile.TemporaryDirectory() as name:
                    folder = Path(name)
                    parts = {"rows.csv": order[:rows], "rest.csv": order[rows:rows + 10_000]}
                    for file, which in parts.items():
                        text = "\n".join([header, *(lines[i] for i in which)]) + "\n"
                        (folder / file).write_text(text)
                    of = [auc(binary, folder, folder / "rows.csv", folder / "rest.csv", case, lean)
                          for lean in (False, True)]
                found.append((of[0][0], of[1][0], of[0][1]))
            alone, leaning, points = np.mean(found, axis=0)
            better = sum(one[1] > one[0] for one in found)
            print(f"| {Path(case[0]).parent.name} | {rows} | {conversions} | {alone:.3f} "
                  f"| {leaning:.3f} | {points:.3f} | {better} of {given.draws} |", flush=True)


if __name__ == "__main__":
    main()
