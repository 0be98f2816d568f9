"""The figures of a comparison, computed anew with numpy, scipy and scikit-learn.

Nothing here looks at how leadscore computes them. test_figures.py holds what `leadscore compare`
writes against these; made_up.py makes pages of odd data with them.

Conventions, where a definition leaves a choice:
- Ties stand in random order, each ranking's by itself, and every count is its expected value.
- A resample draws as many groups as there are, with replacement; a group is a lead or an account
  with all its rows, and a row where nothing is said of groups.
- An interval of the bootstrap is from the 2.5 % to the 97.5 % quantile.
"""

import numpy as np
from scipy.stats import rankdata, spearmanr
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score, roc_auc_score

Z95 = 1.959963984540054
FEWEST_CONVERSIONS = 10
PRECISIONS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FEWEST_BY_THRESHOLD = 10
SLICE_SHARE = 0.2
FEWEST_OF_SLICE = (30, 5)  # leads, conversions


def rate(conversions, leads):
    """A rate with Wilson's interval (E. B. Wilson, 1927; statsmodels' method "wilson")."""
    if leads == 0:
        return None
    p, n, z2 = conversions / leads, leads, Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return {
        "value": p,
        "low": float(min(max(centre - half, 0), p)),
        "high": float(max(min(centre + half, 1), p)),
    }


def rate_difference(a, of_a, b, of_b):
    """Newcombe's interval of a difference of two rates (R. G. Newcombe, 1998, method 10)."""
    p, q = rate(a, of_a), rate(b, of_b)
    if p is None or q is None:
        return None
    value = p["value"] - q["value"]
    down = np.hypot(p["value"] - p["low"], q["high"] - q["value"])
    up = np.hypot(p["high"] - p["value"], q["value"] - q["low"])
    return {"value": value, "low": float(value - down), "high": float(value + up)}


def ranks(scores):
    """1 is the best; ties share the mean of theirs."""
    return rankdata(-np.asarray(scores, float), method="average")


def staircase(scores, labels, weights=None):
    """Leads and conversions up to the end of every group of ties, best first."""
    weights = np.ones(len(scores)) if weights is None else weights
    _, group = np.unique(-np.asarray(scores, float), return_inverse=True)
    leads = np.cumsum(np.bincount(group, weights=weights))
    conversions = np.cumsum(np.bincount(group, weights=weights * labels))
    return np.concatenate([[0], leads]), np.concatenate([[0], conversions])


def too_few(converted):
    """The outcome that too few leads have for intervals."""
    made = int(np.sum(converted))
    others = len(converted) - made
    if min(made, others) >= FEWEST_CONVERSIONS:
        return None
    return "converted" if made <= others else "not"


def surely(interval, converted):
    """An interval, without its ends where too few leads have one of the outcomes."""
    if interval is None or too_few(converted) is None:
        return interval
    return interval | {"low": None, "high": None}


def conversions_at(scores, labels, capacities, weights=None):
    """Conversions among the first k: within a group of ties they come at the group's rate."""
    return np.interp(capacities, *staircase(scores, labels, weights))


def inclusion(scores, k):
    """How likely each lead is to stand among the first k."""
    scores = np.asarray(scores, float)
    edge = np.sort(scores)[::-1][k - 1]
    above, tied = scores > edge, scores == edge
    return above + tied * (k - above.sum()) / tied.sum()


def quadrants(first, second, labels, capacities):
    """Leads and conversions by who would call them, per capacity."""
    found = {n: {"leads": [], "conversions": []} for n in ("both", "only_first", "only_second", "neither")}
    for k in capacities:
        p, q = inclusion(first, k), inclusion(second, k)
        shares = (p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q))
        for share, of in zip(shares, found.values()):
            of["leads"].append(float(share.sum()))
            of["conversions"].append(float((share * labels).sum()))
    return found


def delong(scores, labels, other=None):
    """The AUC, or the difference of two, with DeLong's interval (of an AUC on the logit scale)."""
    labels = np.asarray(labels, bool)
    if labels.all() or not labels.any():
        return None
    m, n = labels.sum(), (~labels).sum()

    def placements(of):
        # Sun and Xu (2014): the placement of a row in the other class, by mid-ranks.
        of = np.asarray(of, float)
        every, a, b = rankdata(of), rankdata(of[labels]), rankdata(of[~labels])
        return (every[labels] - a) / n, 1 - (every[~labels] - b) / m

    def variance(parts, size):
        return parts.var(ddof=1) / size if size > 1 else 0.0

    a, b = placements(scores)
    if other is not None:
        c, d = placements(other)
        value = float(roc_auc_score(labels, scores) - roc_auc_score(labels, other))
        half = Z95 * np.sqrt(variance(a - c, m) + variance(b - d, n))
        return {"value": value, "low": value - float(half), "high": value + float(half)}
    value = float(roc_auc_score(labels, scores))
    error = np.sqrt(variance(a, m) + variance(b, n))
    if value in (0.0, 1.0) or error == 0:
        return {"value": value, "low": value, "high": value}
    logit, half = np.log(value / (1 - value)), Z95 * error / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-x))) for x in (logit - half, logit + half))
    return {"value": value, "low": low, "high": high}


def resamples(groups, replicates, seed):
    """Weights of the rows, one vector a resample."""
    rng = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    count = group.max() + 1
    for _ in range(replicates):
        yield np.bincount(rng.integers(0, count, count), minlength=count)[group].astype(float)


def interval(value, draws):
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"value": float(value), "low": float(low), "high": float(high)}


def bands_of(values, draws):
    """A value per capacity and, where there are draws, its ends."""
    if draws is None:
        return {"value": list(map(float, values)), "low": None, "high": None}
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    return {"value": list(map(float, values)), "low": low.tolist(), "high": high.tolist()}


def reach(scores, capacities):
    """The score of the last of the first k, and how many have as much."""
    ordered = np.sort(np.asarray(scores, float))[::-1]
    thresholds = ordered[np.asarray(capacities) - 1]
    return thresholds, np.searchsorted(-ordered, -thresholds, side="right")


def spearman(first, second):
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(spearmanr(first, second).statistic)


def average_precision(scores, labels):
    return float(average_precision_score(labels, scores)) if labels.any() else None


def isotonic(scores, labels):
    """The conversion rate at a score, never falling as the score rises."""
    fitted = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    return lambda points: float(fitted.predict([points])[0])


def isotonic_at(scores, labels, points, replicates, seed, groups):
    value = isotonic(scores, labels)(points)
    draws = []
    for weights in resamples(groups, replicates, seed):
        fit = IsotonicRegression(out_of_bounds="clip").fit(scores, labels, sample_weight=weights + 1e-12)
        draws.append(float(fit.predict([points])[0]))
    return interval(value, draws)


def calibration(probabilities, labels, bins=10):
    """Bins of equal count, ties in each at their own rate (expected values), and the ECE."""
    order = np.argsort(probabilities, kind="stable")
    p, y = np.asarray(probabilities, float)[order], np.asarray(labels, float)[order]
    _, group = np.unique(p, return_inverse=True)
    y = (np.bincount(group, weights=y) / np.bincount(group))[group]
    n, found = len(p), []
    for b in range(bins):
        low, high = b * n // bins, (b + 1) * n // bins
        if low == high:
            continue
        mean = float(y[low:high].mean())
        found.append(
            {
                "count": high - low,
                "mean_score": float(p[low:high].mean()),
                "mean_label": mean,
                "rate": rate(mean * (high - low), high - low),
            }
        )
    ece = sum(b["count"] * abs(b["mean_label"] - b["mean_score"]) for b in found) / n
    return {"bins": found, "ece": ece}


def for_precision(scores, labels, wanted):
    """The most leads, by a threshold, of whom at least so large a share converts; from 10 leads on."""
    leads, conversions = staircase(scores, labels)
    enough = leads[1:] >= FEWEST_BY_THRESHOLD
    fits = np.flatnonzero(enough & (conversions[1:] >= wanted * leads[1:] - 1e-9))
    if len(fits) == 0:
        return None
    at = fits[-1] + 1
    distinct = np.unique(scores)[::-1]
    return {
        "threshold": float(distinct[at - 1]),
        "leads": int(round(leads[at])),
        "conversions": float(conversions[at]),
    }


def first_fifth(leads):
    return max(1, int(np.floor(leads * SLICE_SHARE + 0.5)))


def part(mask, first, second, labels, probability, groups, replicates, seed):
    """One slice of the leads: both rankings within it, among its first fifth."""
    leads, conversions = int(mask.sum()), int(labels[mask].sum())
    k = first_fifth(leads)
    a = float(conversions_at(first[mask], labels[mask], [k])[0])
    b = float(conversions_at(second[mask], labels[mask], [k])[0])
    found = {
        "leads": leads,
        "conversions": conversions,
        "rate": rate(conversions, leads),
        "mean_probability": None if probability is None else float(probability[mask].mean()),
        "k": k,
        "first": a,
        "second": b,
        "difference": None,
        "verdict": "too_few",
    }
    if leads < FEWEST_OF_SLICE[0] or conversions < FEWEST_OF_SLICE[1]:
        return found
    draws = []
    for w in resamples(groups[mask], replicates, seed):
        draws.append(
            conversions_at(first[mask], labels[mask], [k], w)[0]
            - conversions_at(second[mask], labels[mask], [k], w)[0]
        )
    found["difference"] = interval(a - b, draws)
    low, high = found["difference"]["low"], found["difference"]["high"]
    found["verdict"] = "first" if low > 0 else "second" if high < 0 else "unclear"
    return found
