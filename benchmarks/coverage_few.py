"""How often the intervals of probabilities hold what they are of, where rows are few: of levels among thousands, and
of models that lean on a rule set.

    python benchmarks/coverage_few.py [--models 8] [--binary target/release/leadscore]

Leads are drawn from a known logistic model, so that the probability of each is known. Intervals of 95 % are those of
leads that no model saw. By the standard library alone.
"""

import argparse
import csv
import math
import random
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

SLOPES = [1.0, 0.7, -0.6, 0.5, -0.4, 0.3, 0.0, 0.0]
# The way that each rule thinks its signal goes, 0 for none.
RULES = {
    "none": None,
    "all right": [1, 1, -1, 1, -1, 1, 0, 0],
    "half wrong": [1, 0, 1, 0, -1, 0, 1, 0],
    "all wrong": [-1, 0, 1, 0, 1, 0, 1, 1],
}


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def held(binary, folder, fitted, new, truth, more):
    """For each new lead, whether its interval holds the truth, and how wide it is."""
    for name, rows in (("fitted.csv", fitted), ("new.csv", new)):
        with open(folder / name, "w", newline="") as file:
            csv.writer(file).writerows(rows)
    train = [binary, "train", "fitted.csv", "--target", "won", "--id", "id", "--out", "m.bundle", *more]
    predict = [binary, "predict", "new.csv", "--model", "m.bundle", "--intervals", "--out", "s.csv"]
    for command in (train, predict):
        done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
    with open(folder / "s.csv") as file:
        for row, of in zip(csv.DictReader(file), truth):
            low, high = (next(float(row[name]) for name in row if end in name) for end in ("low", "high"))
            yield low <= of <= high, high - low


def told(title, found):
    holds, widths = zip(*found)
    print(f"| {title} | {sum(widths) / len(found):.3f} | {100 * sum(holds) / len(found):.1f} % |", flush=True)


def levels(binary, folder, models):
    """10,000 rows of 3,000 companies, each with an effect of its own."""
    print("| effect of a company, rows of it | mean width | holds |\n| --- | --- | --- |")
    for spread in (0.0, 0.5, 1.0):
        found = defaultdict(list)
        for seed in range(models):
            draw = random.Random(seed)
            effects = [draw.gauss(0, spread) for _ in range(3_000)]
            shares = [(company + 20) ** -0.9 for company in range(3_000)]

            def lead(name, company):
                numbers = [draw.gauss(0, 1) for _ in range(3)]
                p = sigmoid(0.8 * numbers[0] - 0.5 * numbers[1] + effects[company] - 1.5)
                return [name, *(f"{x:.4f}" for x in numbers), f"company {company}"], p

            companies = draw.choices(range(3_000), shares, k=10_000)
            rows = [["id", "a", "b", "c", "company", "won"]]
            for at, company in enumerate(companies):
                row, p = lead(f"f{at}", company)
                rows.append([*row, int(draw.random() < p)])
            asked = [draw.choice(companies) if at % 2 else draw.randrange(3_000) for at in range(2_000)]
            new, truth = zip(*(lead(f"n{at}", company) for at, company in enumerate(asked)))
            counts = Counter(companies)
            more = ["--category", "company", "--keep", "company"]
            each = held(binary, folder, rows, [rows[0][:-1], *new], truth, more)
            for company, of in zip(asked, each):
                ends = [(0, "none"), (2, "1 or 2"), (9, "3 to 9"), (49, "10 to 49"), (10_000, "50 and more")]
                found[next((end, name) for end, name in ends if counts[company] <= end)].append(of)
        for (_, name), of in sorted(found.items()):
            told(f"{spread}, {name}", of)


def towards(binary, folder, models):
    """Eight numbers, of which six say something, and rules of them."""
    print("| rows, rules, model | mean width | holds |\n| --- | --- | --- |")
    for count in (200, 500, 1_000, 3_000):
        for plain in (False, True):
            for name, signs in RULES.items():
                found = []
                for seed in range(3 * models):
                    draw = random.Random(seed)

                    def lead(name):
                        numbers = [draw.gauss(0, 1) for _ in SLOPES]
                        p = sigmoid(sum(x * slope for x, slope in zip(numbers, SLOPES)) - 2)
                        return [name, *(f"{x:.4f}" for x in numbers)], p

                    rows = [["id", *(f"x{at}" for at in range(8)), "won"]]
                    for at in range(count):
                        row, p = lead(f"f{at}")
                        rows.append([*row, int(draw.random() < p)])
                    new, truth = zip(*(lead(f"n{at}") for at in range(400)))
                    more = ["--plain"] if plain else []
                    if signs:
                        more += ["--towards", "rules.toml"]
                        text = 'name = "rules"\nversion = "1"\n[bands]\nwarm = 10\nhot = 20\n'
                        for at, sign in enumerate(signs):
                            end = "at_least = 0.5" if sign > 0 else "at_most = -0.5"
                            when = f'{{ signal = "x{at}", {end} }}'
                            text += f'[[rule]]\nname = "x{at}"\npoints = 10\nwhen = {when}\n' if sign else ""
                        (folder / "rules.toml").write_text(text)
                    found += held(binary, folder, rows, [rows[0][:-1], *new], truth, more)
                told(f"{count:,}, {name}, {'plain' if plain else 'default'}", found)


def edges(binary, folder, models):
    """Four numbers: of one the log-odds have a step, or of the signs of two."""
    print("| truth, rows | mean width | holds | within 0.1 of an edge |\n| --- | --- | --- | --- |")
    truths = {
        "a step of one number": lambda x: 1.5 if x[0] > 0.3 else -1.5,
        "the signs of two": lambda x: 1.5 if x[0] * x[1] > 0 else -1.5,
    }
    near = {
        "a step of one number": lambda x: abs(x[0] - 0.3) < 0.1,
        "the signs of two": lambda x: min(abs(x[0]), abs(x[1])) < 0.1,
    }
    for name, truth in truths.items():
        for count in (2_000, 5_000, 10_000):
            found, at_edge = [], []
            for seed in range(models):
                draw = random.Random(seed)

                def lead(name):
                    numbers = [draw.gauss(0, 1) for _ in range(4)]
                    return [name, *(f"{x:.4f}" for x in numbers)], numbers

                names = [f"x{at}" for at in range(4)]
                rows = [["id", *names, "won"]]
                for at in range(count):
                    row, x = lead(f"f{at}")
                    rows.append([*row, int(draw.random() < sigmoid(truth(x) - 2))])
                new, numbers = zip(*(lead(f"n{at}") for at in range(2_000)))
                each = held(binary, folder, rows, [["id", *names], *new], [sigmoid(truth(x) - 2) for x in numbers], [])
                for x, of in zip(numbers, each):
                    found.append(of)
                    at_edge += [of[0]] if near[name](x) else []
            holds, widths = zip(*found)
            print(f"| {name}, {count:,} | {sum(widths) / len(found):.3f} | {100 * sum(holds) / len(holds):.1f} % "
                  f"| {100 * sum(at_edge) / len(at_edge):.0f} % |", flush=True)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=int, default=8)
    parser.add_argument("--binary", type=Path, default=Path("target/release/leadscore"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        of = asked.binary.resolve(), Path(folder), asked.models
        levels(*of)
        towards(*of)
        edges(*of)


main()
