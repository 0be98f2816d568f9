"""The default model beside `--plain` where rows are few, on made-up leads.

    python benchmarks/few.py [--models 12] [--leadscore target/release/leadscore] [--also NAME=PATH]

Eight numbers, three of them as skewed as amounts and counts are. Of four the log-odds are a sum: of lines
(in the logarithm of the amount), or of curves. Each model gives 4,000 new leads their probability; the loss
is the expected log loss by the leads' true probabilities, which give the best that there is.
"""

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np

NEW = 4_000


def leads(draw, count, truth):
    """The numbers of some leads, and the probability of each."""
    x = draw.normal(size=(count, 8))
    calls = draw.poisson(3, count)
    if truth == "lines":
        z = -2 + 0.8 * x[:, 0] + 0.6 * x[:, 1] - 0.3 * (calls - 3) + 0.3 * x[:, 3]
    else:
        z = -1.6 + 0.9 * np.minimum(x[:, 0], 0.3) - 0.35 * (x[:, 1] ** 2 - 1) - 0.5 * (calls > 3)
        z += 0.5 * np.sin(2 * x[:, 3])
    x[:, 1], x[:, 2], x[:, 5] = np.exp(x[:, 1]), calls, np.exp(x[:, 5])
    return x, 1 / (1 + np.exp(-z))


def write(path, x, outcome=None):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        names = [f"x{at}" for at in range(x.shape[1])]
        rows.writerow(["id", *names] + ([] if outcome is None else ["won"]))
        for at, row in enumerate(x):
            cells = [f"{value:.6g}" for value in row]
            rows.writerow([at, *cells] + ([] if outcome is None else [int(outcome[at])]))


def scored(binary, folder, more):
    """The probability of each new lead."""
    train = [binary, "train", "fitted.csv", "--target", "won", "--id", "id", "--folds", "0", "--out", "m.bundle"]
    predict = [binary, "predict", "new.csv", "--model", "m.bundle", "--out", "scored.csv"]
    for command in (train + more, predict):
        done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
    (folder / "m.bundle").unlink()
    with open(folder / "scored.csv") as file:
        found = {int(row["id"]): float(row["probability"]) for row in csv.DictReader(file)}
    return np.array([found[at] for at in range(NEW)])


def loss(truth, given):
    return -(truth * np.log(given) + (1 - truth) * np.log(1 - given)).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=int, default=12)
    parser.add_argument("--leadscore", default="target/release/leadscore")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH", help="another binary")
    asked = parser.parse_args()
    binary = Path(asked.leadscore).resolve()
    contenders = {"default": (binary, [])}
    contenders |= {name: (Path(path).resolve(), []) for name, path in (a.split("=", 1) for a in asked.also)}
    contenders["plain"] = (binary, ["--plain"])
    print("| truth | leads | conversions |", " | ".join(contenders), "| base rate | best |")
    print("| --- " * (len(contenders) + 5) + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for truth in ("lines", "curves"):
            for count in (120, 250, 500, 1_000):
                losses, converted = [], []
                for seed in range(asked.models):
                    draw = np.random.default_rng([count, seed])
                    x, p = leads(draw, count, truth)
                    outcome = draw.random(count) < p
                    write(folder / "fitted.csv", x, outcome)
                    x, p = leads(draw, NEW, truth)
                    write(folder / "new.csv", x)
                    of_each = [loss(p, scored(of, folder, more)) for of, more in contenders.values()]
                    losses.append([*of_each, loss(p, np.full(NEW, p.mean())), loss(p, p)])
                    converted.append(outcome.sum())
                cells = " | ".join(f"{value:.4f}" for value in np.mean(losses, axis=0))
                print(f"| {truth} | {count:,} | {np.mean(converted):.0f} | {cells} |", flush=True)


main()
