"""Compares leadscore with scikit-learn's usual pipeline, five-fold, on both data sets.

Prints the AUC (mean of the folds) and the log loss (all rows, each scored out of fold)
of every contender on the same folds, and the differences from scikit-learn's pipeline:

  scikit-learn   StandardScaler + OneHotEncoder + LogisticRegression(C=1)
  leadscore      the command line, `train` and `predict`, with --l2 1
  encoding       with --mine: leadscore's encoding rewritten in numpy (the one in
                 tests/oracle/encoding.py) + LogisticRegression(C=1)

Exits 1 when a difference is over 0.0005 either way.

Rerun:  cargo build --release
        pip install -r benchmarks/requirements.txt
        python benchmarks/crossval.py
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from datasets import DATA, ROOT, kinds_of  # and makes tests/oracle importable
from encoding import Encoder
from peers import plain_pipeline

TOLERANCE = 0.0005
ID = "row_id"


def scikit_learn(data, train, answers, test, _args):
    """What most would write: "unknown" is a level like any other."""
    text = [n for n, kind in kinds_of(train, data.categories).items() if kind != "number"]
    numbers = [n for n in train.columns if n not in text]
    model = plain_pipeline(numbers, text, C=1, max_iter=10_000)
    typed = {name: float for name in numbers}
    model.fit(train.astype(typed), answers == data.positive)
    return model.predict_proba(test.astype(typed))[:, 1]


def encoding(data, train, answers, test, _args):
    encoder = Encoder(train, kinds_of(train, data.categories))
    model = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-8)
    model.fit(encoder.encode(train), answers == data.positive)
    return model.predict_proba(encoder.encode(test))[:, 1]


def leadscore(data, train, answers, test, args):
    with tempfile.TemporaryDirectory() as folder:
        train.assign(**{data.target: answers}).to_csv(f"{folder}/train.csv", index_label=ID)
        test.to_csv(f"{folder}/test.csv", index_label=ID)  # without the answer
        command = ["train", "train.csv", "--target", data.target, "--id", ID]
        command += ["--l2", "1", "--out", "m.bundle", "--json"]
        if data.categories:
            command += ["--category", ",".join(data.categories)]
        run(args.leadscore, command, folder)
        command = ["predict", "test.csv", "--model", "m.bundle", "--out", "p.csv"]
        run(args.leadscore, command, folder)
        scored = pd.read_csv(f"{folder}/p.csv").set_index("id")["probability"]
    # By id, not by position: the output may well be sorted by score.
    return scored.loc[test.index].to_numpy()


def run(program, arguments, folder):
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"leadscore {' '.join(arguments)}\n{done.stderr}")


def crossval(data, contenders, args):
    """{contender: {"auc", "log_loss"}}"""
    signals, answers = data.read()
    labels = (answers == data.positive).to_numpy(int)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    p = {c.__name__: np.full(len(labels), np.nan) for c in contenders}
    aucs = {c.__name__: [] for c in contenders}
    for train, test in folds.split(signals, labels):
        for c in contenders:
            scored = c(data, signals.iloc[train], answers.iloc[train], signals.iloc[test], args)
            p[c.__name__][test] = scored
            aucs[c.__name__].append(roc_auc_score(labels[test], scored))
    return {
        name: {"auc": float(np.mean(aucs[name])), "log_loss": float(log_loss(labels, p[name]))}
        for name in p
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--peers-only", action="store_true", help="leave leadscore out")
    parser.add_argument("--mine", action="store_true", help="add leadscore's encoding in numpy")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    args.leadscore = args.leadscore.resolve()  # it is run from another folder
    contenders = [scikit_learn]
    if args.mine:
        contenders.append(encoding)
    if not args.peers_only:
        if not args.leadscore.exists():
            parser.error("no leadscore binary: cargo build --release, or give --leadscore")
        contenders.append(leadscore)

    results, worst = {}, 0.0
    print(f"{'data':9} {'contender':13} {'AUC':>8} {'log loss':>9} {'d AUC':>9} {'d loss':>9}")
    for data in DATA:
        results[data.name] = figures = crossval(data, contenders, args)
        peer = figures["scikit_learn"]
        for name, own in figures.items():
            line = f"{data.name:9} {name:13} {own['auc']:8.4f} {own['log_loss']:9.4f}"
            if own is not peer:
                own["auc_difference"] = own["auc"] - peer["auc"]
                own["log_loss_difference"] = own["log_loss"] - peer["log_loss"]
                differences = own["auc_difference"], own["log_loss_difference"]
                worst = max(worst, *map(abs, differences))
                line += " {:+9.5f} {:+9.5f}".format(*differences)
            print(line, flush=True)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")
    if worst > TOLERANCE:
        sys.exit(f"a difference of {worst:.5f} is over {TOLERANCE}")


if __name__ == "__main__":
    main()
