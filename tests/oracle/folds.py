"""Makes folds.json, the reference figures of blocks of time and of rows sampled by outcome.

The rows are those of bank.csv, beside this script, in time order: the newest fifth is held
out. Every figure comes from scikit-learn's fit (penalty 1) over the encoding of `encoding.py`,
fitted anew on what comes before each block. The interval of a mean is Nadeau and Bengio's.

Rerun, with benchmarks/requirements.txt installed:  python tests/oracle/folds.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from coefficients import fit, read
from encoding import Encoder, kinds_of

HERE = Path(__file__).resolve().parent
BLOCKS = 6
LEAST = 10  # of either outcome, to learn from
RATE = 0.03  # of the population, where rows were sampled by outcome


def logit(p):
    return np.log(p / (1 - p))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def log_odds(signals, y, kinds, fitted, tested):
    encoder = Encoder(signals.iloc[fitted], kinds)
    w, b, _, _ = fit(encoder.encode(signals.iloc[fitted]), y[fitted], 1.0)
    return encoder.encode(signals.iloc[tested]) @ w + b


def weights_of(label, sample):
    """What each row stands for, when rows of such a rate are of a population of another."""
    return np.where(label == 1, RATE / sample, (1 - RATE) / (1 - sample))


def weighted_loss(label, z, sample):
    moved = sigmoid(z + logit(RATE) - logit(sample))
    return log_loss(label, moved, sample_weight=weights_of(label, sample))


def mean_over(folds, figure, most=np.inf):
    values = np.array([fold[figure] for fold in folds])
    ratio = sum(f["rows"] for f in folds) / sum(f["fitted"] for f in folds)
    half = t.ppf(0.975, len(values) - 1) * np.sqrt((1 / len(values) + ratio) * values.var(ddof=1))
    low, high = values.mean() - half, values.mean() + half
    return {"value": values.mean(), "low": max(low, 0.0), "high": min(high, most)}


def blocks(signals, y, kinds, rows):
    out = []
    edges = [block * rows // BLOCKS for block in range(BLOCKS + 1)]
    for begin, end in zip(edges[1:], edges[2:]):
        fitted, tested = np.arange(begin), np.arange(begin, end)
        rate = y[fitted].mean()
        if min(y[fitted].sum(), begin - y[fitted].sum()) < LEAST:
            continue
        z = log_odds(signals, y, kinds, fitted, tested)
        out.append({
            "fitted": begin,
            "rows": end - begin,
            "conversions": int(y[tested].sum()),
            "auc": roc_auc_score(y[tested], z),
            "log_loss": log_loss(y[tested], sigmoid(z)),
            "base_log_loss": log_loss(y[tested], np.full(end - begin, rate)),
            "weighted_log_loss": weighted_loss(y[tested], z, rate),
        })
    return out


def held_out(signals, y, kinds, rows):
    fitted, tested = np.arange(rows), np.arange(rows, len(y))
    rate, label = y[fitted].mean(), y[tested]
    z = log_odds(signals, y, kinds, fitted, tested) + logit(RATE) - logit(rate)
    weights = weights_of(label, rate)
    line = LogisticRegression(C=1e12, solver="newton-cholesky", tol=1e-12)
    line.fit(z[:, None], label, sample_weight=weights)
    return {
        "base_rate": np.average(label, weights=weights),
        "log_loss": log_loss(label, sigmoid(z), sample_weight=weights),
        "brier": brier_score_loss(label, sigmoid(z), sample_weight=weights),
        "average_precision": average_precision_score(label, z, sample_weight=weights),
        "slope": line.coef_[0, 0],
        "intercept": line.intercept_[0],
        "moved": logit(RATE) - logit(rate),
    }


def main():
    frame = read(HERE / "bank.csv", ",")
    signals = frame.drop(columns="y")
    kinds = kinds_of(signals, [])
    y = (frame["y"] == "yes").to_numpy(float)
    rows = len(y) - len(y) // 5
    folds = blocks(signals, y, kinds, rows)
    out = {
        "each": folds,
        "auc": mean_over(folds, "auc", 1.0),
        "log_loss": mean_over(folds, "log_loss"),
        "sampled": held_out(signals, y, kinds, rows),
    }
    for fold in folds:
        print({name: round(float(value), 5) for name, value in fold.items()})
    (HERE / "folds.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
