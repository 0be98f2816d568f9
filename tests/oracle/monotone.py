"""Makes the reference minimum that tables in order are compared with.

Two tables of bins, the last cell of each for what is missing; one must rise along its bins and
one must fall. Penalties are a random walk along the bins, their bends, and a ridge on all cells.

Objective: sum of log losses + sum over tables of (walk/2 sum of squared differences of neighbours
+ bend/2 sum of squared second differences + ridge/2 sum of squares), intercept unpenalised. The order is made a matter of bounds by fitting
the differences of neighbours (cumulative coding): L-BFGS-B finds which of them are 0, Newton's
method then fits the others, and the conditions of Karush, Kuhn and Tucker are checked.

Rerun, with benchmarks/requirements.txt installed:  python tests/oracle/monotone.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import expit

HERE = Path(__file__).resolve().parent
ROWS = 600
TABLES = [
    {"bins": 12, "rising": True, "walk": 0.7, "bend": 1.3, "ridge": 0.2},
    {"bins": 9, "rising": False, "walk": 0.05, "bend": 0.4, "ridge": 0.5},
]


def draw(rng):
    codes, z = [], np.full(ROWS, -0.7)
    for table in TABLES:
        bins = table["bins"]
        code = rng.integers(0, bins + 1, ROWS)
        # A curve that goes the wrong way in places.
        curve = np.append(np.sin(np.arange(bins) * 0.9) * 1.2, 0.3)
        z += curve[code] + np.where(code < bins, 0.1 * code, 0) * (1 if table["rising"] else -1)
        codes.append(code)
    return codes, (rng.random(ROWS) < expit(z)).astype(float)


def coding():
    """The matrix from (intercept, first cell, differences..., missing cell, ...) to coefficients,
    and which of those coordinates must not be below 0."""
    size = 1 + sum(table["bins"] + 1 for table in TABLES)
    matrix, bounded, first = np.zeros((size, size)), np.zeros(size, bool), 1
    matrix[0, 0] = 1
    for table in TABLES:
        bins, sign = table["bins"], 1 if table["rising"] else -1
        for cell in range(bins):
            matrix[first + cell, first] = 1
            matrix[first + cell, first + 1:first + cell + 1] = sign
        bounded[first + 1:first + bins] = True
        matrix[first + bins, first + bins] = 1
        first += bins + 1
    return matrix, bounded


def penalty():
    size = 1 + sum(table["bins"] + 1 for table in TABLES)
    matrix, first = np.zeros((size, size)), 1
    for table in TABLES:
        bins = table["bins"]
        for a in range(first, first + bins - 1):
            matrix[a:a + 2, a:a + 2] += table["walk"] * np.array([[1, -1], [-1, 1]])
        second = np.array([1, -2, 1])
        for a in range(first, first + bins - 2):
            matrix[a:a + 3, a:a + 3] += table["bend"] * np.outer(second, second)
        cells = np.arange(first, first + bins + 1)
        matrix[cells, cells] += table["ridge"]
        first += bins + 1
    return matrix


def main():
    codes, y = draw(np.random.default_rng(20240612))
    x, first = [np.ones((ROWS, 1))], 1
    for table, code in zip(TABLES, codes, strict=True):
        x.append(np.eye(table["bins"] + 1)[code])
    x = np.hstack(x)
    (turn, bounded), held = coding(), penalty()
    x, held = x @ turn, turn.T @ held @ turn

    def loss(v):
        z = x @ v
        return np.logaddexp(0, z).sum() - y @ z + v @ held @ v / 2

    def gradient(v):
        return x.T @ (expit(x @ v) - y) + held @ v

    bounds = [(0, None) if is_bounded else (None, None) for is_bounded in bounded]
    found = minimize(loss, np.zeros(len(bounded)), jac=gradient, method="L-BFGS-B", bounds=bounds,
                     options={"maxiter": 100_000, "maxfun": 1_000_000, "ftol": 0, "gtol": 1e-10})
    free = ~(bounded & (found.x < 1e-7))
    v = np.where(free, found.x, 0)
    for _ in range(30):
        p = expit(x @ v)
        hessian = (x.T * (p * (1 - p))) @ x + held
        v[free] -= np.linalg.solve(hessian[np.ix_(free, free)], gradient(v)[free])
    g = gradient(v)
    assert np.abs(g[free]).max() < 1e-10 and (g[~free] > 0).all() and (v[bounded] >= 0).all()
    print(f"loss {loss(v):.6f}, {(~free).sum()} of {bounded.sum()} differences are 0")
    (HERE / "monotone.json").write_text(json.dumps({
        "source": f"scipy {scipy.__version__} L-BFGS-B, then Newton's method on what is free",
        "tables": [table | {"codes": code.tolist()} for table, code in
                   zip(TABLES, codes, strict=True)],
        "targets": y.tolist(),
        "coefficients": (turn @ v).tolist(),
    }) + "\n")


if __name__ == "__main__":
    main()
