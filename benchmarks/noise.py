"""What `train` makes of noise: numbers that say something beside many that say nothing, and noise alone.

    cargo build --release
    pip install -r benchmarks/requirements.txt
    python benchmarks/noise.py

Beside signals: 6 numbers of a linear log-odds and 34 of noise, so many rows, and 20,000 other leads of the same kind that
judge. Noise alone: 15 numbers and 5 categories of 8 levels that say nothing, 4,000 rows of which 15 % convert; what the
log loss on the held-out fifth is above that of the base rate. Pairs are those that the model keeps. Means over --seeds
seeds; --leadscore takes another program.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

ROOT = Path(__file__).resolve().parents[1]
SLOPES = np.array([0.8, -0.6, 0.5, 0.4, -0.3, 0.3])


def linear(rng, rows, noise):
    x = rng.normal(size=(rows, len(SLOPES) + noise))
    converts = rng.random(rows) < 1 / (1 + np.exp(1.8 - x[:, : len(SLOPES)] @ SLOPES))
    frame = pd.DataFrame(x.round(3), columns=[f"n{i}" for i in range(x.shape[1])])
    return frame, converts.astype(int)


def nothing(rng, rows):
    frame = pd.DataFrame(rng.normal(size=(rows, 15)).round(2), columns=[f"n{i}" for i in range(15)])
    for category in range(5):
        frame[f"k{category}"] = rng.choice(list("abcdefgh"), rows)
    return frame, (rng.random(rows) < 0.15).astype(int)


def train(binary, folder, frame, converts, *options):
    frame.assign(converted=converts).to_csv(folder / "deals.csv", index=False)
    command = [binary, "train", "deals.csv", "--target", "converted", "--folds", "0", "--json", "--out", "m.bundle"]
    said = subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True, text=True).stdout
    training = json.loads(said)["training"]
    tables = (training.get("shape") or {}).get("tables", [])
    return training, sum(len(table["signals"]) == 2 for table in tables)


def judged(binary, folder, frame, converts):
    frame.to_csv(folder / "leads.csv", index=False)
    command = [binary, "predict", "leads.csv", "--model", "m.bundle", "--out", "scores.csv"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    scores = pd.read_csv(folder / "scores.csv")["probability"].to_numpy()
    return roc_auc_score(converts, scores), log_loss(converts, scores)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    binary = args.leadscore.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("beside signals        pairs      AUC  log loss")
        for rows in (2_000, 5_000, 20_000):
            for label, options in (("", ()), (", plain", ("--plain",))):
                found = []
                for seed in range(args.seeds):
                    rng = np.random.default_rng([rows, seed])
                    _, pairs = train(binary, folder, *linear(rng, rows, 34), *options)
                    found.append((pairs, *judged(binary, folder, *linear(rng, 20_000, 34))))
                pairs, auc, loss = np.mean(found, axis=0)
                print(f"{rows:,} rows{label}".ljust(20), f"{pairs:6.1f}   {auc:.4f}    {loss:.4f}")
        found = []
        for seed in range(args.seeds):
            training, pairs = train(binary, folder, *nothing(np.random.default_rng([1, seed]), 4_000))
            evaluation = training["evaluation"]
            found.append((pairs, evaluation["log_loss"] - evaluation["base_log_loss"]))
        pairs, above = np.mean(found, axis=0)
        print(f"noise alone           {pairs:4.1f} pairs, log loss {above:+.4f} beside the base rate")


if __name__ == "__main__":
    main()
