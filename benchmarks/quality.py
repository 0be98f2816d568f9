"""Quality of leadscore with `train`'s defaults beside its peers, on the same folds.

Five folds, stratified and shuffled (seed 0), each row scored by a model that did not see it. Every
contender gets the same columns, codes as categories (peers.py says how each is fitted); leadscore is
run through its command line, on the training rows as CSV. Nothing is tuned to a data set.

  AUC        mean of the folds
  log loss   over all rows
  ECE        expected calibration error: all rows by score into 20 parts of equal size, as `train`
             does it, the mean over the rows of |share converted - mean probability| of their part
  slope      calibration slope: logistic regression of the outcome on the log-odds, all rows
  CPU        seconds of a fit, one thread, mean of the folds; reading and writing files is part of
             leadscore's

With --repeats these are of the first shuffle. Differences are leadscore - peer, the mean over all folds
of all shuffles: above 0 is better for AUC, below 0 for log loss. Two 95 % intervals:

  rows       other rows of the same kind, the fitted models as they are: for the AUC DeLong's paired
             variance within each fold, for log loss the spread of the rows' differences
  folds      other training rows too: the spread over the folds, by Student's t with the variance
             corrected for folds that share training rows (Nadeau and Bengio, 2003, Inference for the
             generalization error)

Predictions of the peers are kept in benchmarks/.cache by data, peer, version, parameters and
shuffle, since the EBM takes a quarter of an hour a data set; --fresh computes them again.

Rerun:  cargo build --release
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/quality.py

Any other table, with the same defaults:

        python benchmarks/quality.py --csv deals.csv --target status --positive won
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from measure import cpu_seconds, measured  # before numpy: it pins the threads

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm, rankdata, t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from datasets import DATA, ROOT, Data, typed
from peers import PEERS

CACHE = ROOT / "benchmarks/.cache"
FOLDS = 5
BINS = 20
ID = "row_id"


def out_of_fold(data, splits, fit_and_score):
    """The probability of every row by the model of its fold, and the CPU seconds of each fit."""
    p, cpu = np.full(sum(len(test) for _, test in splits), np.nan), []
    for train, test in splits:
        p[test], seconds = fit_and_score(train, test)
        cpu.append(seconds)
    return {"p": p, "cpu": np.array(cpu)}


def peer_predictions(peer, data, seed, splits, fresh):
    key = json.dumps([data.hash(), peer.name, peer.version(), peer.options, FOLDS, seed])
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    path = CACHE / f"{data.name}-{peer.name}-{seed}-{digest}.npz"
    if path.exists() and not fresh:
        return dict(np.load(path))
    signals, answers = data.read()
    frame = typed(signals, data.categories)
    labels = (answers == data.positive).to_numpy(int)

    def fit_and_score(train, test):
        start = cpu_seconds()
        score = peer.fit(frame.iloc[train], labels[train], peer.options)
        seconds = cpu_seconds() - start
        return score(frame.iloc[test]), seconds

    found = out_of_fold(data, splits, fit_and_score)
    CACHE.mkdir(exist_ok=True)
    np.savez(path, **found, key=key)
    return found


def leadscore_predictions(binary, data, splits):
    signals, answers = data.read()

    def fit_and_score(train, test):
        with tempfile.TemporaryDirectory() as folder:
            converted = np.where(answers.iloc[train] == data.positive, "yes", "no")
            rows = signals.iloc[train].assign(**{data.target: converted})
            rows.to_csv(f"{folder}/train.csv", index_label=ID)
            signals.iloc[test].to_csv(f"{folder}/test.csv", index_label=ID)  # without the answer
            command = [binary, "train", "train.csv", "--target", data.target, "--id", ID]
            # The folds are out here.
            command += ["--positive", "yes", "--folds", "0", "--out", "m.bundle", "--json"]
            if data.categories:
                command += ["--category", ",".join(data.categories)]
            _, used = measured(command, cwd=folder)
            command = [binary, "predict", "test.csv", "--model", "m.bundle", "--out", "p.csv"]
            measured(command, cwd=folder)
            scored = pd.read_csv(f"{folder}/p.csv").set_index("id")["probability"]
        # By id, not by position: the output may well be sorted by score.
        return scored.loc[signals.index[test]].to_numpy(), used["cpu"]

    return out_of_fold(data, splits, fit_and_score)


def expected_calibration_error(labels, p):
    order = np.argsort(p, kind="stable")
    parts = np.array_split(np.arange(len(p)), BINS)
    gaps = [abs(labels[order[part]].sum() - p[order[part]].sum()) for part in parts]
    return sum(gaps) / len(p)


def calibration_slope(labels, p):
    x = logit(np.clip(p, 1e-12, 1 - 1e-12))[:, None]
    return LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(x, labels).coef_[0, 0]


def row_losses(labels, p):
    return -np.log(np.where(labels == 1, p, 1 - p).clip(np.finfo(float).eps))


def placements(labels, p):
    """For each positive the share of negatives below it, for each negative of positives above it."""
    positive = labels == 1
    m, n = positive.sum(), (~positive).sum()
    ranks = rankdata(p)
    above = (ranks[positive] - rankdata(p[positive])) / n
    below = 1 - (ranks[~positive] - rankdata(p[~positive])) / m
    return above, below


def auc_difference(labels, p, other):
    """The difference of two AUCs on the same rows, and DeLong's variance of it."""
    pairs = zip(placements(labels, p), placements(labels, other), strict=True)
    differences = [mine - theirs for mine, theirs in pairs]
    return differences[0].mean(), sum(d.var(ddof=1) / len(d) for d in differences)


def folds_half_width(differences):
    """Nadeau and Bengio's corrected resampled t-test, as half an interval."""
    k = len(differences)
    variance = (1 / k + 1 / (FOLDS - 1)) * np.var(differences, ddof=1)
    return t.ppf(0.975, k - 1) * np.sqrt(variance)


def compare(labels, shuffles, name, peer):
    """Differences of AUC and log loss, with the half widths of both intervals."""
    aucs, auc_errors, losses, loss_errors = [], [], [], []
    for splits, found in shuffles:
        mine, theirs = found[name]["p"], found[peer]["p"]
        for_auc = [auc_difference(labels[test], mine[test], theirs[test]) for _, test in splits]
        aucs += [difference for difference, _ in for_auc]
        auc_errors.append(np.sqrt(sum(variance for _, variance in for_auc)) / FOLDS)
        of_rows = row_losses(labels, mine) - row_losses(labels, theirs)
        losses += [of_rows[test].mean() for _, test in splits]
        loss_errors.append(of_rows.std(ddof=1) / np.sqrt(len(of_rows)))
    return {
        metric: {
            "difference": np.mean(folds),
            "rows": norm.ppf(0.975) * np.mean(errors),
            "folds": folds_half_width(folds),
        }
        for metric, folds, errors in (
            ("auc", aucs, auc_errors),
            ("log_loss", losses, loss_errors),
        )
    }


def figures(labels, splits, found):
    p = found["p"]
    return {
        "auc": np.mean([roc_auc_score(labels[test], p[test]) for _, test in splits]),
        "log_loss": log_loss(labels, p),
        "ece": expected_calibration_error(labels, p),
        "slope": calibration_slope(labels, p),
        "cpu": found["cpu"].mean(),
    }


def show(data, results, differences, mine):
    print(f"\n{data.name}")
    print(f"{'':15} {'AUC':>8} {'log loss':>9} {'ECE':>8} {'slope':>7} {'CPU':>8}")
    for name, own in results.items():
        print(
            f"{name:15} {own['auc']:8.4f} {own['log_loss']:9.4f} {own['ece']:8.4f}"
            f" {own['slope']:7.3f} {own['cpu']:7.1f}s"
        )
    for name in mine:
        print(f"\n{name + ' -':15} {'':8} {'AUC':>9} {'+- rows':>8} {'+- folds':>9}"
              f"   {'log loss':>9} {'+- rows':>8} {'+- folds':>9}")  # fmt: skip
        for peer, found in differences[name].items():
            cells = "   ".join(
                f"{f['difference']:+9.5f} {f['rows']:8.5f} {f['folds']:9.5f}"
                for f in found.values()
            )
            print(f"{peer:24} {cells}")


def predictions_file(path, labels, shuffles):
    columns = {"row": np.arange(len(labels)), "label": labels}
    for seed, (splits, found) in enumerate(shuffles):
        fold = np.empty(len(labels), int)
        for number, (_, test) in enumerate(splits):
            fold[test] = number
        columns[f"fold_{seed}"] = fold
        columns |= {f"{name}_{seed}": own["p"] for name, own in found.items()}
    pd.DataFrame(columns).to_parquet(path)


def run(data, binaries, peers, args):
    signals, answers = data.read()
    labels = (answers == data.positive).to_numpy(int)
    print(f"{data.name}: {len(labels):,} rows, {labels.mean():.2%} converted", file=sys.stderr)
    shuffles = []
    for seed in range(args.repeats):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        splits = list(folds.split(signals, labels))
        found = {}
        for name, binary in binaries.items():
            found[name] = leadscore_predictions(binary, data, splits)
            print(f"  shuffle {seed}: {name}", file=sys.stderr)
        for peer in peers:
            found[peer.name] = peer_predictions(peer, data, seed, splits, args.fresh)
            print(f"  shuffle {seed}: {peer.name}", file=sys.stderr)
        shuffles.append((splits, found))
    results = {name: figures(labels, shuffles[0][0], own) for name, own in shuffles[0][1].items()}
    differences = {
        name: {other: compare(labels, shuffles, name, other) for other in results if other != name}
        for name in binaries
    }
    show(data, results, differences, binaries)
    if args.predictions:
        path = args.predictions
        if len(args.data) > 1:
            path = path.with_stem(f"{path.stem}-{data.name}")
        predictions_file(path, labels, shuffles)
    return {"figures": results, "differences": differences}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument(
        "--also", action="append", default=[], metavar="NAME=PATH", help="another leadscore binary"
    )
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", default=",".join(names), help="[default: %(default)s]")
    parser.add_argument("--peers-only", action="store_true", help="leave leadscore out")
    parser.add_argument("--repeats", type=int, default=1, help="shuffles, of seeds 0, 1, ...")
    parser.add_argument("--fresh", action="store_true", help="do not use kept predictions")
    parser.add_argument("--data", help="bank or shoppers [default: both]")
    parser.add_argument("--csv", type=Path, help="another table")
    parser.add_argument("--target", help="its column that says whether a lead converted")
    parser.add_argument("--positive", help="the value that means converted; all others do not")
    parser.add_argument("--negative", help="the value that means not; other rows are left out")
    parser.add_argument("--sep", default=",", help="what stands between its cells")
    parser.add_argument("--drop", default="", metavar="A,B", help="columns to leave out")
    parser.add_argument("--category", default="", metavar="A,B", help="columns of codes")
    parser.add_argument("--predictions", type=Path, help="write all out-of-fold predictions here")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    if unknown := set(filter(None, args.peers.split(","))) - set(names):
        parser.error(f"no such peer: {', '.join(unknown)}")
    if args.csv:
        if args.target is None or args.positive is None:
            parser.error("--csv needs --target and --positive")
        drop, category = ([n for n in s.split(",") if n] for s in (args.drop, args.category))
        of_target = args.target, args.positive
        args.data = [
            Data(
                args.csv.stem,
                args.csv.resolve(),
                args.sep,
                *of_target,
                drop,
                category,
                args.negative,
            )
        ]
    else:
        args.data = [data for data in DATA if args.data in (None, data.name)]
    args.binaries = {}
    if not args.peers_only:
        named = dict(text.split("=", 1) for text in args.also)
        # They are run from another folder.
        args.binaries = {
            n: Path(p).resolve() for n, p in {"leadscore": args.leadscore, **named}.items()
        }
        if missing := [p for p in args.binaries.values() if not p.exists()]:
            parser.error(f"no binary {missing[0]}: cargo build --release, or give --leadscore")
    return args


def main():
    args = arguments()
    peers = [peer for peer in PEERS if peer.name in args.peers.split(",")]
    print(", ".join(dict.fromkeys(f"{peer.package} {peer.version()}" for peer in peers)))
    results = {data.name: run(data, args.binaries, peers, args) for data in args.data}
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
