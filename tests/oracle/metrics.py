"""Makes metrics.json, the reference figures the evaluation tests compare with.

Six seeded cases of probabilities, labels and integer points, each with what
scikit-learn, scipy or a plain rewriting of the definition says of them.

Rerun, with benchmarks/requirements.txt installed:  python tests/oracle/metrics.py

Conventions, where a definition leaves a choice:
- Ties. A row's label is replaced by the mean label of the rows with its score: the
  expected value when ties are put in random order. Counts may therefore be fractions.
- Parts. Part b of n rows in `parts` covers the sorted positions floor(b*n/parts) up to
  floor((b+1)*n/parts); empty parts are left out.
- Top. The first k = max(1, n*share rounded half up) rows by descending score.
- Lift is against the share of conversions over all rows.
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

OUT = Path(__file__).resolve().parent / "metrics.json"
Z95 = 1.959963984540054
SHARES = [Fraction(5, 100), Fraction(10, 100), Fraction(20, 100)]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def auc(label, score):
    return None if len(set(label)) < 2 else float(roc_auc_score(label, score))


def delong(label, score):
    """DeLong's 95 % interval on the logit scale, in the plain form: all pairs at once."""
    value = auc(label, score)
    if value is None:
        return None, None
    positive, negative = score[label == 1], score[label == 0]
    wins = positive[:, None] > negative[None, :]
    ties = positive[:, None] == negative[None, :]
    kernel = wins + 0.5 * ties
    assert abs(kernel.mean() - value) < 1e-12
    m, n = kernel.shape
    # A sample variance needs two rows; one row of a class adds none.
    v10 = kernel.mean(axis=1).var(ddof=1) if m > 1 else 0.0
    v01 = kernel.mean(axis=0).var(ddof=1) if n > 1 else 0.0
    se = np.sqrt(v10 / m + v01 / n)
    if value in (0.0, 1.0) or se == 0:
        return value, value
    logit, half = np.log(value / (1 - value)), Z95 * se / (value * (1 - value))
    return float(sigmoid(logit - half)), float(sigmoid(logit + half))


def delong_difference(label, score, other):
    """DeLong's 95 % interval of a difference, in the plain form: the covariances of both."""
    positive, negative = label == 1, label == 0

    def kernel(of):
        a, b = of[positive][:, None], of[negative][None, :]
        return (a > b) + 0.5 * (a == b)

    kernels = [kernel(score), kernel(other)]
    m, n = kernels[0].shape
    s10 = np.cov([k.mean(axis=1) for k in kernels]) if m > 1 else np.zeros((2, 2))
    s01 = np.cov([k.mean(axis=0) for k in kernels]) if n > 1 else np.zeros((2, 2))
    contrast = np.array([1, -1])
    half = Z95 * np.sqrt(max(contrast @ (s10 / m + s01 / n) @ contrast, 0))
    value = kernels[0].mean() - kernels[1].mean()
    return float(value), float(value - half), float(value + half)


def expected_labels(score, label):
    """Each row's label replaced by the mean label of the rows that tie with it."""
    _, group = np.unique(score, return_inverse=True)
    return (np.bincount(group, weights=label) / np.bincount(group))[group]


def parts(order, count):
    """The rows of each non-empty part of `order`."""
    n = len(order)
    cuts = [b * n // count for b in range(count + 1)]
    return [order[a:b] for a, b in zip(cuts, cuts[1:]) if b > a]


def calibration(score, label):
    expected = expected_labels(score, label)
    bins = [
        {
            "count": len(rows),
            "mean_score": float(score[rows].mean()),
            "mean_label": float(expected[rows].mean()),
        }
        for rows in parts(np.argsort(score, kind="stable"), 20)
    ]
    gaps = [b["count"] * abs(b["mean_label"] - b["mean_score"]) for b in bins]
    return sum(gaps) / len(score), bins


def deciles(score, label):
    expected, base = expected_labels(score, label), label.mean()
    out = []
    for rows in parts(np.argsort(-score, kind="stable"), 10):
        found = float(expected[rows].sum())
        lift = found / len(rows) / base
        out.append({"count": len(rows), "conversions": found, "lift": float(lift)})
    return out


def top_size(n, share):
    return max(1, int(n * share + Fraction(1, 2)))  # fractions: n*0.05 may miss a half


def inclusion(score, k):
    """Each row's chance to be among the first k when ties are put in random order."""
    edge = np.sort(score)[::-1][k - 1]
    above, tied = score > edge, score == edge
    return above + tied * (k - above.sum()) / tied.sum()


def top(score, label):
    out = []
    for share in SHARES:
        k = top_size(len(score), share)
        found = float(inclusion(score, k) @ label)
        out.append({
            "share": float(share),
            "k": k,
            "conversions": found,
            "precision": found / k,
            "recall": float(found / label.sum()),
            "lift": float(found / k / label.mean()),
        })
    return out


def overlap(score, points):
    out = []
    for share in SHARES:
        k = top_size(len(score), share)
        both = float(inclusion(score, k) @ inclusion(points, k))
        out.append({"share": float(share), "k": k, "overlap": both / k})
    return out


def spearman(score, points):
    if len(set(score)) < 2 or len(set(points)) < 2:
        return None
    return float(spearmanr(score, points).statistic)


def expect(score, label, points):
    low, high = delong(label, score)
    ece, bins = calibration(score, label)
    difference = delong_difference(label, score, points)
    return {
        "auc": auc(label, score),
        "auc_low": low,
        "auc_high": high,
        "log_loss": float(log_loss(label, score)),
        "brier": float(brier_score_loss(label, score)),
        "average_precision": float(average_precision_score(label, score)),
        "ece": ece,
        "bins": bins,
        "deciles": deciles(score, label),
        "top": top(score, label),
        "points_top": top(points, label),
        "spearman": spearman(score, points),
        "overlap": overlap(score, points),
        "auc_points": auc(label, points),
        "auc_less_points": dict(zip(["value", "low", "high"], difference)),
    }


def make(name, rng, n, shift, digits=6):
    """Noisy probabilities around a base rate; `digits` decides how many of them tie."""
    truth = rng.normal(size=n) + shift
    label = (rng.random(n) < sigmoid(truth)).astype(int)
    z = 0.8 * truth + 0.4 * rng.normal(size=n)
    score = np.clip(np.round(sigmoid(z), digits), 0.001, 0.999)
    points = np.round(5 * (z + rng.normal(scale=0.3, size=n))).astype(int)
    return name, score, label, points


def cases():
    rng = np.random.default_rng(20240608)
    yield make("no ties", rng, 503, -1.0)
    yield make("heavy ties", rng, 1000, -1.5, digits=1)
    yield make("3 % positives", rng, 2000, -4.0)
    yield make("97 % positives", rng, 400, 4.0)
    name, score, label, points = make("all scores tied", rng, 40, -0.5)
    yield name, np.full(len(score), 0.35), label, points
    yield (
        "tiny",
        np.array([0.9, 0.7, 0.7, 0.4, 0.35, 0.2, 0.1]),
        np.array([1, 0, 1, 0, 1, 0, 0]),
        np.array([9, 7, 9, 4, 4, 4, -1]),
    )


def main():
    out = []
    for name, score, label, points in cases():
        if name == "no ties":
            assert len(set(score)) == len(score)
        expected = expect(score, label, points)
        out.append({
            "name": name,
            "score": score.tolist(),
            "label": label.tolist(),
            "points": points.tolist(),
            "expected": expected,
        })
        auc_text = "{auc:.4f} [{auc_low:.4f}, {auc_high:.4f}]".format(**expected)
        print(f"{name:16} n {len(score):4} positives {label.mean():.3f} auc {auc_text}")
    # By hand: json would put each case on one line, or each number on its own.
    lines = []
    for case in out:
        fields = [f'  "{k}": {json.dumps(v)}' for k, v in case.items() if k != "expected"]
        values = [f'   "{k}": {json.dumps(v)}' for k, v in case["expected"].items()]
        fields.append('  "expected": {\n' + ",\n".join(values) + "\n  }")
        lines.append(" {\n" + ",\n".join(fields) + "\n }")
    OUT.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
