"""Makes the reference coefficients the training tests compare with.

Writes, beside itself, for each of the two data sets: NAME.csv, a seeded sample of
2,000 rows, and NAME.json, the coefficients that scikit-learn and, with another method of its
own, glum find on that sample (all of its rows) at three strengths of the penalty, over the
encoding of `encoding.py`.

Objective: sum of log losses + l2/2 * |w|^2, intercept unpenalised; "loss" is its value.

Rerun, with benchmarks/requirements.txt installed:  python tests/oracle/coefficients.py
"""

import json
from pathlib import Path

import glum
import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LogisticRegression

from encoding import Encoder, kinds_of

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"
ROWS = 2000
# scikit-learn's tolerance is on the mean gradient, ours below on the summed one.
TOL = 1e-12
L2 = [0.1, 1.0, 30.0]


def read(path, sep):
    return pd.read_csv(path, sep=sep, dtype=str, keep_default_na=False)


def sample(frame, rng, keep=()):
    """ROWS rows in file order, the rows numbered in `keep` among them."""
    others = np.setdiff1d(np.arange(len(frame)), keep)
    drawn = rng.choice(others, ROWS - len(keep), replace=False)
    return frame.iloc[np.sort(np.concatenate([drawn, keep]).astype(int))].copy()


def bank(rng):
    frame = read(DATA / "bank-marketing/bank-additional-full.csv", ";")
    frame = frame.drop(columns="duration")  # known only once the call is over
    # The only three rows in default stay: without them `default` would hold one value.
    frame = sample(frame, rng, keep=np.flatnonzero(frame["default"] == "yes"))
    for name in ("age", "euribor3m"):  # the source has no missing number
        frame.loc[rng.random(len(frame)) < 0.03, name] = ""
    return frame


def shoppers(rng):
    frame = read(DATA / "online-shoppers/online_shoppers_intention.csv", ",")
    return sample(frame, rng)


def fit(x, y, l2):
    # A slot that is 0 in every row has the optimum 0, but leave the solver no say in it.
    used = x.any(axis=0)
    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=TOL, max_iter=1000)
    model.fit(x[:, used], y)
    w = np.zeros(x.shape[1])
    w[used] = model.coef_[0]
    b = float(model.intercept_[0])

    z = x @ w + b
    loss = np.logaddexp(0, np.where(y == 1, -z, z)).sum() + l2 / 2 * (w @ w)
    gradient = gradient_of(x, y, l2, w, b)
    assert gradient < 1e-6, gradient
    return w, b, float(loss), gradient


def gradient_of(x, y, l2, w, b):
    residual = 1 / (1 + np.exp(-(x @ w + b))) - y
    return float(max(abs(residual.sum()), np.abs(x.T @ residual + l2 * w).max()))


def fit_glum(x, y, l2):
    used = x.any(axis=0)
    # Its loss is the mean, and so is its penalty.
    model = glum.GeneralizedLinearRegressor(
        family="binomial", alpha=l2 / len(y), l1_ratio=0, solver="irls-ls",
        gradient_tol=1e-13, max_iter=1000,
    )
    model.fit(x[:, used], y)
    w = np.zeros(x.shape[1])
    w[used] = model.coef_
    b = float(model.intercept_)
    gradient = gradient_of(x, y, l2, w, b)
    assert gradient < 1e-6, gradient
    return w, b, gradient


def write(name, frame, target, positive, categories):
    signals = frame.drop(columns=target)
    encoder = Encoder(signals, kinds_of(signals, categories))
    x = encoder.encode(signals)
    y = (frame[target] == positive).to_numpy(float)
    fits, of_glum = [], []
    for l2 in L2:
        w, b, loss, gradient = fit(x, y, l2)
        coefficients = dict(zip(encoder.slots, w.tolist(), strict=True))
        fits.append({"l2": l2, "intercept": b, "coefficients": coefficients, "loss": loss})
        w_glum, b_glum, gradient_glum = fit_glum(x, y, l2)
        coefficients = dict(zip(encoder.slots, w_glum.tolist(), strict=True))
        of_glum.append({"l2": l2, "intercept": b_glum, "coefficients": coefficients})
        apart = max(abs(b - b_glum), np.abs(w - w_glum).max())
        print(f"{name:8} glum gradient {gradient_glum:.1e}, {apart:.1e} apart")
        print(f"{name:8} l2 {l2:4} slots {len(w)} loss {loss:.6f} gradient {gradient:.1e}")
    oracle = {
        "target": target,
        "positive": positive,
        "categories": categories,
        "source": f"scikit-learn {sklearn.__version__} newton-cholesky tol={TOL:g}",
        "fits": fits,
        "glum": {"source": f"glum {glum.__version__} irls-ls", "fits": of_glum},
    }
    frame.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")
    (HERE / f"{name}.json").write_text(json.dumps(oracle, indent=1) + "\n")


def main():
    rng = np.random.default_rng(20240607)
    write("bank", bank(rng), "y", "yes", [])
    codes = ["OperatingSystems", "Browser", "Region", "TrafficType"]
    write("shoppers", shoppers(rng), "Revenue", "TRUE", codes)


if __name__ == "__main__":
    main()
