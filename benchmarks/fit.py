"""CPU time of fitting one dense logistic regression, beside scikit-learn's solvers and glum.

500,000 rows of 60 columns (seeded), the same penalty for all: the least of

    sum of log(1 + exp(z)) - y z  +  l2 / 2 * |w|^2,    z = intercept + X w

The columns are correlated by 8 shared factors; --factors 0 makes them independent, which is the best
case of lbfgs: it then needs half as many iterations, while a Newton method needs as many as before.

Each fit runs in a process of its own, one thread, in turn for several rounds. CPU time is that of the
fit alone: reading the matrix is not part of it, nor, for glum, putting it in the order of columns that
it is faster on. Every solver's objective is computed here in float64, and counts as equal where it is
at most 1e-9 (relative) above the least that any found; a solver whose usual tolerance does not reach
that is also run at a smaller one. The last figure is CPU time of the best peer that reached it over
leadscore's, of the medians of all rounds.

leadscore's fit is run through a small program that is built with its examples:

    fit_dense X.f64 Y.u8 --l2 L2 --threads N --out COEFFICIENTS.f64

X is row-major, little-endian, as wide as it has values for each byte of Y. It writes the intercept and
then the coefficients, and prints {"cpu_seconds", "wall_seconds", "iterations", "objective", "gradient"}.

Rerun:  cargo build --release --examples
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/fit.py
"""

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from measure import cpu_seconds, measured  # before numpy: it pins the threads

import numpy as np

from datasets import ROOT

EQUAL = 1e-9


def problem(rows, columns, factors, seed):
    """Standardised columns, correlated by some shared factors, or independent."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    x += rng.normal(size=(rows, factors)) @ rng.normal(size=(factors, columns)) / 4
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    z = x @ rng.normal(size=columns) * 0.2 - 2.7
    return x, (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(np.uint8)


def objective(x, y, coefficients, l2):
    z = coefficients[0] + x @ coefficients[1:]
    return np.sum(np.logaddexp(0, z) - y * z) + l2 / 2 * np.sum(coefficients[1:] ** 2)


def scikit_learn(x, y, l2, **options):
    from sklearn.linear_model import LogisticRegression

    start = cpu_seconds(), time.monotonic()
    model = LogisticRegression(C=1 / l2, max_iter=10_000, **options).fit(x, y)
    used = cpu_seconds() - start[0], time.monotonic() - start[1]
    return np.append(model.intercept_, model.coef_), used, int(model.n_iter_[0])


def glum(x, y, l2, **options):
    from glum import GeneralizedLinearRegressor

    x, y = np.asfortranarray(x), y.astype(float)
    start = cpu_seconds(), time.monotonic()
    model = GeneralizedLinearRegressor(
        family="binomial", alpha=l2 / len(y), l1_ratio=0, max_iter=1000, **options
    ).fit(x, y)
    used = cpu_seconds() - start[0], time.monotonic() - start[1]
    return np.append(model.intercept_, model.coef_), used, int(model.n_iter_)


PEERS = {
    "lbfgs, tol 1e-6": (scikit_learn, {"solver": "lbfgs", "tol": 1e-6}),
    "newton-cholesky": (scikit_learn, {"solver": "newton-cholesky"}),
    "newton-cholesky, tol 1e-6": (scikit_learn, {"solver": "newton-cholesky", "tol": 1e-6}),
    "glum": (glum, {}),
    "glum, gradient_tol 1e-6": (glum, {"gradient_tol": 1e-6}),
}


def solve(name, folder, l2):
    """One peer's fit, in this process; what `fit_dense` is for leadscore."""
    y = np.fromfile(folder / "y.u8", np.uint8)
    x = np.fromfile(folder / "x.f64").reshape(len(y), -1)
    fit, options = PEERS[name]
    coefficients, (cpu, wall), iterations = fit(x, y, l2, **options)
    coefficients.tofile(folder / "coefficients.f64")
    print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall, "iterations": iterations}))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--factors", type=int, default=8, help="0: independent columns")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--l2", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--fit-dense", type=Path, default=ROOT / "target/release/examples/fit_dense"
    )
    parser.add_argument("--peers-only", action="store_true", help="leave leadscore out")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/benchmark-fit")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--solve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder = args.folder
    if args.solve:
        return solve(args.solve, folder, args.l2)
    if not args.peers_only and not args.fit_dense.exists():
        parser.error("no fit_dense: cargo build --release --examples, or give --fit-dense")

    folder.mkdir(parents=True, exist_ok=True)
    x, y = problem(args.rows, args.columns, args.factors, args.seed)
    x.tofile(folder / "x.f64")
    y.tofile(folder / "y.u8")
    commands = {
        name: [sys.executable, __file__, "--folder", folder, "--l2", args.l2, "--solve", name]
        for name in PEERS
    }
    if not args.peers_only:
        command = [args.fit_dense.resolve(), folder / "x.f64", folder / "y.u8", "--l2", args.l2]
        command += ["--threads", 1, "--out", folder / "coefficients.f64"]
        commands = {"leadscore": command, **commands}
    print(
        f"{args.rows:,} x {args.columns}, {args.factors} factors, {y.mean():.1%} converted, l2 {args.l2:g};",
        end=" ",
    )
    print(", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "glum")))

    found = {name: [] for name in commands}
    for number in range(args.rounds):
        for name, command in commands.items():
            output, _ = measured(command)
            coefficients = np.fromfile(folder / "coefficients.f64")
            run = json.loads(output) | {"loss": objective(x, y, coefficients, args.l2)}
            found[name].append(run)
            print(f"  round {number + 1}: {name}: {run['cpu_seconds']:.2f} s", file=sys.stderr)

    least = min(run["loss"] for runs in found.values() for run in runs)
    print(
        f"\n{'':26} {'CPU, median':>11} {'all rounds':>20} {'iterations':>10} {'above least':>12}"
    )
    figures = {}
    for name, runs in found.items():
        cpu = [run["cpu_seconds"] for run in runs]
        above = max(run["loss"] for run in runs) / least - 1
        figures[name] = {"cpu": cpu, "above": above, "runs": runs, "equal": bool(above <= EQUAL)}
        print(
            f"{name:26} {median(cpu):9.2f} s {' '.join(f'{c:.2f}' for c in cpu):>20}"
            f" {runs[0]['iterations']:10} {above:12.1e}{'' if above <= EQUAL else '  not equal'}"
        )
    best = min((n for n in PEERS if figures[n]["equal"]), key=lambda n: median(figures[n]["cpu"]))
    print(f"\nbest peer at equal loss: {best}")
    if "leadscore" in figures:
        ratio = median(figures[best]["cpu"]) / median(figures["leadscore"]["cpu"])
        print(f"its CPU time over leadscore's: {ratio:.2f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
