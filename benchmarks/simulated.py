"""How near the fitted model comes to the best possible score, on simulated leads.

    python benchmarks/simulated.py [--leads 100000] [--seeds 3]

For each seed: `leadscore simulate`, then `leadscore train leadscore.toml`, whose held-out part is
the newest fifth. The same snapshots are found in truth.csv, which has the probability that each
lead really had and the best that any score could know; both must agree on how many snapshots and
conversions there are. AUC of the best score is computed by scikit-learn.

The calibration slope is a logistic regression of the outcome on the log-odds (Cox, 1958, Two further
applications of a model for binary regression). It is given three times:

  outcomes   of the fitted model, on what became of the held-out leads: what `train` reports. With
             some hundreds of conversions it is blurred by the luck of these leads.
  best       the same of the best possible score, which is calibrated by construction: what it is
             off 1 is that luck.
  exact      of the fitted model, on the best score in place of the outcomes. The fitted score is a
             function of what was known, so E[outcome | score] = E[best | score]: the same slope in
             the limit, without the luck of the outcomes (Rao-Blackwell). What it is off 1 is the
             model's: shrinkage, overfitting, and what changed since the training rows.

The mean over the seeds stands last, with 1.96 standard errors of it.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from blake3 import blake3
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

# Where a bundle's manifest begins and where its length stands: crates/model/src/bundle/format.rs.
MANIFEST, MANIFEST_LENGTH = 52, slice(12, 20)
LEDGER_ROW = np.dtype([("row", "<u8"), ("log_odds", "<f8"), ("converted", "u1")])


def held_out_scores(bundle):
    """The held-out rows of a bundle, by their hash: log-odds of the evaluated model, and outcome."""
    data = bundle.read_bytes()
    end = MANIFEST + int.from_bytes(data[MANIFEST_LENGTH], "little")
    at = end
    for section in json.loads(data[MANIFEST:end])["sections"]:
        if section["name"] == "ledger":
            count = int.from_bytes(data[at : at + 8], "little")
            return pd.DataFrame(np.frombuffer(data, LEDGER_ROW, count, at + 8)).set_index("row")
        at += section["length"]
    raise ValueError(f"{bundle} has no ledger")


def row_hash(lead, micros, converted):
    """What the ledger knows a snapshot by: crates/model/src/hash.rs, of a lead's only snapshot."""
    lead, moment = lead.encode(), int(micros).to_bytes(8, "little", signed=True)
    content = bytes([int(converted), 3]) + len(lead).to_bytes(8, "little") + lead + b"\4" + moment
    return int.from_bytes(blake3(content + bytes(4)).digest(8), "little")


def slope(log_odds, target):
    """The calibration slope, where a target is an outcome or its probability, and its error.

    A target between 0 and 1 counts as a part of both outcomes. The error is the sandwich (White,
    1982, Maximum likelihood estimation of misspecified models), which holds for both.
    """
    x = np.column_stack([np.ones_like(log_odds), log_odds])
    twice = np.concatenate([log_odds, log_odds])[:, None]
    outcome = np.repeat([1, 0], len(log_odds))
    weight = np.concatenate([target, 1 - target])
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    fit.fit(twice, outcome, sample_weight=weight)
    found = expit(x @ [fit.intercept_[0], fit.coef_[0, 0]])
    bread = np.linalg.inv(x.T @ (x * (found * (1 - found))[:, None]))
    scores = x * (target - found)[:, None]
    return fit.coef_[0, 0], np.sqrt((bread @ (scores.T @ scores) @ bread)[1, 1])


parser = argparse.ArgumentParser()
parser.add_argument("--leads", type=int, default=100_000)
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--binary", default="target/release/leadscore")
parser.add_argument("--train", default="", help="further options of train, as one text")
options = parser.parse_args()
binary = str(Path(options.binary).resolve())

print("                                                         calibration slope (+- 95 %)")
print("seed  held out  converted  AUC fitted  AUC best     gap"
      "  outcomes         best             exact            penalty")  # fmt: skip
found_slopes = []
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
        # Every time is written to the same precision or fewer digits, in UTC.
        truth["as_of"] = pd.to_datetime(truth.as_of, format="ISO8601").astype("datetime64[us, UTC]")
        held_out = truth[truth.as_of >= pd.Timestamp(split["from"])]
        converted = (held_out.converted == "yes").to_numpy()
        assert (len(held_out), converted.sum()) == (found["rows"], found["conversions"]), (
            len(held_out), converted.sum(), found["rows"], found["conversions"])
        # A row of the ledger has its outcome in its hash: a row that is found is the same row.
        named = map(row_hash, held_out.lead_id, held_out.as_of.astype("int64"), converted)
        log_odds = held_out_scores(folder / "m.bundle").loc[list(named), "log_odds"].to_numpy()
        best = held_out.best.to_numpy()
        # Junk leads never convert, and the best score knows it: they have no log-odds.
        some = best > 0
        slopes = [
            slope(log_odds, converted.astype(float)),
            slope(logit(best[some]), converted[some].astype(float)),
            slope(log_odds, best),
        ]
        # scikit-learn agrees with the slope that was reported.
        assert abs(slopes[0][0] - found["slope"]["slope"]) < 1e-3, (slopes[0], found["slope"])
        found_slopes.append([value for value, _ in slopes])
        fitted, top = found["auc"]["value"], roc_auc_score(converted, best)
        shown = "  ".join(f"{value:.3f} (+- {1.96 * error:.3f})" for value, error in slopes)
        print(
            f"{seed:4}  {found['rows']:8}  {found['conversions']:9}  {fitted:10.4f}  {top:8.4f}"
            f"  {top - fitted:6.4f}  {shown}  {training['penalty']['l2']:.3g}",
            flush=True,
        )
if len(found_slopes) > 1:
    means = np.mean(found_slopes, axis=0)
    errors = np.std(found_slopes, axis=0, ddof=1) / np.sqrt(len(found_slopes))
    shown = "  ".join(f"{m:.3f} (+- {1.96 * e:.3f})" for m, e in zip(means, errors, strict=True))
    print(f"{'mean':53}  {shown}")
