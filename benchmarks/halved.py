"""How many conversions halve the intervals, beside what `train` says that it would take at least.

    python benchmarks/halved.py [--models 6] [--binary target/release/leadscore]

Leads are drawn from known models of eight numbers, one a sum of straight lines and one that bends. A model is fitted
to few rows, and to 2, 4, 8 ... times as many; where its mean width passes half of the first lies between two of these,
on a straight line of logarithms. By the standard library alone.
"""

import argparse
import csv
import json
import math
import random
import subprocess
import tempfile
from pathlib import Path
from statistics import median

SLOPES = [1.0, 0.7, -0.6, 0.5, -0.4, 0.3, 0.0, 0.0]
MOST = 128


def straight(x):
    return sum(value * slope for value, slope in zip(x, SLOPES)) - 1.6


def bent(x):
    return abs(x[0]) + 0.8 * math.sin(2 * x[1]) - 0.6 * x[2] + (0.7 if x[3] > 0.5 else 0) - 2.2


def drawn(count, seed, truth):
    """More rows begin with the fewer of the same seed."""
    draw = random.Random(seed)
    for at in range(count):
        x = [draw.gauss(0, 1) for _ in SLOPES]
        yield [at, *(f"{value:.4f}" for value in x), int(draw.random() < 1 / (1 + math.exp(-truth(x))))]


def trained(binary, folder, rows, more):
    """The conversions, the mean width of intervals, and what it says would halve it."""
    with open(folder / "fitted.csv", "w", newline="") as file:
        csv.writer(file).writerows([["id", *(f"x{at}" for at in range(8)), "won"], *rows])
    train = [binary, "train", "fitted.csv", "--target", "won", "--id", "id", "--out", "m.bundle", "--json", *more]
    done = subprocess.run([str(part) for part in train], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    sure = json.loads(done.stdout)["training"]["uncertainty"]
    return sum(row[-1] for row in rows), sure["mean_width"], sure.get("halved_at")


def reached(binary, folder, count, seed, truth, more):
    """With how many conversions the width is half of that of `count` rows."""
    conversions, width, said = trained(binary, folder, list(drawn(count, seed, truth)), more)
    last, times = (conversions, width), 2
    while times <= MOST:
        then = trained(binary, folder, list(drawn(count * times, seed, truth)), more)[:2]
        if then[1] <= width / 2:
            share = math.log(last[1] / (width / 2)) / math.log(last[1] / then[1])
            return conversions, width, said, round(last[0] * (then[0] / last[0]) ** share)
        last, times = then, 2 * times
    return conversions, width, said, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=int, default=6)
    parser.add_argument("--binary", type=Path, default=Path("target/release/leadscore"))
    asked = parser.parse_args()
    print("Medians\n\n| truth, model | conversions | mean width | said, at least | reached with |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for truth in (straight, bent):
            for model, more in (("default", []), ("plain", ["--plain"])):
                for count in (50, 200):
                    of = asked.binary.resolve(), Path(name), count
                    found = [reached(*of, seed, truth, more) for seed in range(asked.models)]
                    conversions, width, said, halved = (
                        [one[at] for one in found if one[at] is not None] for at in range(4)
                    )
                    beyond = "" if len(halved) == len(found) else f" (of {len(halved)} models)"
                    print(
                        f"| {truth.__name__}, {model} | {median(conversions):.0f} | {median(width):.3f}"
                        f" | {median(said) if said else 0:.0f} | {median(halved) if halved else 0:.0f}{beyond} |",
                        flush=True,
                    )


main()
