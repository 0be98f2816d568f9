"""Whether the intervals of `leadscore compare` hold the true difference of two rankings.

    python benchmarks/differences.py [--histories 300] [--leads 2000]

A model is trained once, on a simulated history of its own. Then for each of many other histories (other
seeds): `leadscore simulate`, and `leadscore compare` of the model with data/rules/simulated.toml, whose
report gives the difference of the conversions among the first tenth of the leads and its interval. The
true difference is that of the probabilities that the leads of truth.csv really had, per lead called,
over all histories: 300 of them leave a standard error of a fifteenth of a history's. An interval of 95 %
should hold it in 95 % of them; with 300 histories a right one is found between 92.5 and 97.5 %.

The training history's leads get other ids, or those of the others would count as known to the model.
Accounts of several leads are drawn together, as in any comparison.
"""

import argparse
import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "data/rules/simulated.toml"
SHARES = (0.05, 0.1, 0.2)


def run(binary, *args):
    """What a command prints."""
    done = subprocess.run([binary, *map(str, args)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"leadscore {args}: {done.stderr}")
    return done.stdout


def other_ids(folder):
    """Gives the leads and accounts of a history names that no other has."""
    for name, columns in (("leads.csv", ("lead_id", "account")), ("outcomes.csv", ("lead_id",))):
        frame = pd.read_csv(folder / name, dtype=str)
        for column in columns:
            frame[column] = "T" + frame[column]
        frame.to_csv(folder / name, index=False)
    events = pd.read_parquet(folder / "events.parquet")
    events["lead_id"] = "T" + events["lead_id"]
    events.to_parquet(folder / "events.parquet", index=False)


def expected(scores, truth, called):
    """What the first so many are expected to convert; ties as expected values."""
    order = np.argsort(-scores, kind="stable")
    edge = scores[order[called - 1]]
    above, tied = scores > edge, scores == edge
    return truth[above].sum() + truth[tied].mean() * (called - above.sum())


def history(binary, model, seed, leads):
    """For each share: the leads called, the difference with its interval, and the true one."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run(binary, "simulate", "--leads", leads, "--seed", seed, "--out", folder / "s")
        out = folder / "leads.parquet"
        report = json.loads(
            run(binary, "compare", folder / "s/leadscore.toml", "--model", model, "--points", RULES, "--json",
                "--out", out, "--seed", seed)
        )  # fmt: skip
        assert report["basis"] == "new" and not report["left_out"]["seen"], report["left_out"]
        compared = pd.read_parquet(out)
        truth = pd.read_csv(folder / "s/truth.csv")
        compared = compared.merge(truth, left_on="id", right_on="lead_id", validate="one_to_one")
        assert len(compared) == report["leads"]
        names = [ranking["name"] for ranking in report["rankings"]]
        scores = [compared[f"probability_{names[0]}"], compared[f"points_{names[1]}"]]
        found = []
        for share in SHARES:
            called = max(1, int(np.floor(share * report["leads"] + 0.5)))
            at = report["capacities"].index(called)
            band = report["pairs"][0]["difference"]
            true = [expected(s.to_numpy(), compared["probability"].to_numpy(), called) for s in scores]
            found.append([called, band["value"][at], band["low"][at], band["high"][at], true[0] - true[1]])
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=ROOT / "target/release/leadscore", type=Path)
    parser.add_argument("--histories", default=300, type=int)
    parser.add_argument("--leads", default=2000, type=int)
    parser.add_argument("--training-leads", default=10_000, type=int)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run(args.binary, "simulate", "--leads", args.training_leads, "--seed", 0, "--out", folder / "t")
        other_ids(folder / "t")
        model = folder / "t.bundle"
        run(args.binary, "train", folder / "t/leadscore.toml", "--folds", 0, "--out", model)
        seeds = range(1, args.histories + 1)
        with ThreadPoolExecutor(2) as pool:
            found = np.array(list(pool.map(lambda s: history(args.binary, model, s, args.leads), seeds)))
    print(f"{args.histories} histories of {args.leads} leads; differences of the first leads called")
    print("| share | called | true difference | found, mean | spread | holds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for at, share in enumerate(SHARES):
        called, value, low, high, true = found[:, at].T
        # Histories differ a little in how many leads are called.
        truth = true.sum() / called.sum()
        holds = np.mean((low <= truth * called) & (truth * called <= high))
        print(
            f"| {share:.0%} | {called.mean():.0f} | {truth * called.mean():.2f} | {value.mean():.2f} "
            f"| {value.std(ddof=1):.2f} | {holds:.1%} |"
        )


if __name__ == "__main__":
    main()
