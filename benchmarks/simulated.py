"""How near the fitted model comes to the best possible score, on simulated leads.

    python benchmarks/simulated.py [--leads 100000] [--seeds 3]

For each seed: `leadscore simulate`, then `leadscore train leadscore.toml`, whose held-out part is
the newest fifth. The same snapshots are found in truth.csv, which has the probability that each
lead really had and the best that any score could know; both must agree on how many snapshots and
conversions there are. AUC of the best score is computed by scikit-learn.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.metrics import roc_auc_score

parser = argparse.ArgumentParser()
parser.add_argument("--leads", type=int, default=100_000)
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--binary", default="target/release/leadscore")
parser.add_argument("--train", default="", help="further options of train, as one text")
options = parser.parse_args()
binary = str(Path(options.binary).resolve())

print("seed  held out  converted  AUC fitted  AUC best     gap  slope (+- 95 %)")
for seed in range(1, options.seeds + 1):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        command = [binary, "simulate", "--leads", str(options.leads), "--seed", str(seed)]
        subprocess.run([*command, "--out", data], check=True, capture_output=True)
        command = [binary, "train", data / "leadscore.toml", "--out", folder / "m.bundle", "--json"]
        command += options.train.split()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        training = json.loads(done.stdout)["training"]
        split, found = training["split"], training["evaluation"]
        truth = pd.read_csv(data / "truth.csv").dropna(subset=["converted"])
        # As text: every time is written to the same precision or fewer digits, in UTC.
        moments = pd.to_datetime(truth.as_of, format="ISO8601")
        held_out = truth[moments >= pd.Timestamp(split["from"])]
        converted = held_out.converted == "yes"
        assert (len(held_out), converted.sum()) == (found["rows"], found["conversions"]), (
            len(held_out), converted.sum(), found["rows"], found["conversions"])
        best = roc_auc_score(converted, held_out.best)
        fitted, slope = found["auc"]["value"], found["slope"]
        print(
            f"{seed:4}  {found['rows']:8}  {found['conversions']:9}  {fitted:10.4f}  {best:8.4f}"
            f"  {best - fitted:6.4f}  {slope['slope']:.3f} (+- {1.96 * slope['slope_error']:.3f})"
        )
