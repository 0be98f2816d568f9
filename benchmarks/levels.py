"""A category of very many levels: what it is worth, and what it costs.

A million rows of a number and a company, one of 50,000; a few companies have many rows and most have few
(Zipf, exponent 0.7), and the log-odds of each company are moved by a standard normal. Each contender
runs in a process of its own, one thread, on the same file:

  leadscore           `train` with its defaults: levels beyond the most frequent by their rates
  leadscore, plain    `train --plain`: 200 levels, the others together
  leadscore, without  `train --drop company`
  target encoding     scikit-learn's TargetEncoder (cross-fitted) before a logistic regression
  lightgbm            LightGBM's defaults, the company as a categorical
  best                the posterior means of the companies' log-odds given the training rows, by one who
                      knows everything else: no model can rank better

CPU is user and system time of the whole process. All hold out a fifth at random.

Rerun:  cargo build --release
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/levels.py
"""

import argparse
import json
import sys
from pathlib import Path

from measure import measured  # before numpy: it pins the threads

ROOT = Path(__file__).resolve().parents[1]
INTERCEPT, SLOPE = -3.0, 0.12


def write_table(path, rows, levels):
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(4)
    weights = 1 / np.arange(1, levels + 1) ** 0.7
    company = random.choice(levels, rows, p=weights / weights.sum())
    moved = random.normal(0, 1, levels)
    visits = random.integers(0, 20, rows)
    p = 1 / (1 + np.exp(-(INTERCEPT + SLOPE * visits + moved[company])))
    won = np.where(random.random(rows) < p, "yes", "no")
    names = np.char.add("company ", company.astype(str))
    pd.DataFrame({"visits": visits, "company": names, "won": won}).to_csv(path, index=False)


def held_out(path):
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(path)
    labels = frame["won"] == "yes"
    signals = frame.drop(columns="won")
    return train_test_split(signals, labels, test_size=0.2, random_state=0, stratify=labels)


def report(labels, p):
    from sklearn.metrics import log_loss, roc_auc_score

    print(json.dumps({"auc": roc_auc_score(labels, p), "log_loss": log_loss(labels, p)}))


def target_encoding(path):
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler, TargetEncoder

    train, test, y_train, y_test = held_out(path)
    encoded = make_pipeline(TargetEncoder(random_state=0), StandardScaler())
    columns = ColumnTransformer(
        [("number", StandardScaler(), ["visits"]), ("company", encoded, ["company"])]
    )
    model = make_pipeline(columns, LogisticRegression()).fit(train, y_train)
    report(y_test, model.predict_proba(test)[:, 1])


def lightgbm(path):
    import pandas as pd
    from lightgbm import LGBMClassifier

    train, test, y_train, y_test = held_out(path)
    train["company"] = train["company"].astype("category")
    test["company"] = pd.Categorical(test["company"], train["company"].cat.categories)
    model = LGBMClassifier(n_jobs=1, verbose=-1).fit(train, y_train)
    report(y_test, model.predict_proba(test)[:, 1])


def best(path):
    import numpy as np

    train, test, y_train, y_test = held_out(path)
    codes = {name: code for code, name in enumerate(train["company"].unique())}
    grid = np.linspace(-4, 4, 41)
    # A company that nobody had is at the end.
    log = np.tile(-grid * grid / 2, (len(codes) + 1, 1))
    of_train = train["company"].map(codes).to_numpy()
    of_test = test["company"].map(codes).fillna(len(codes)).to_numpy().astype(int)
    z_train, z_test = (INTERCEPT + SLOPE * side["visits"].to_numpy() for side in (train, test))
    sign = np.where(y_train, 1.0, -1.0)
    for column, moved in enumerate(grid):
        gained = -np.logaddexp(0, -sign * (z_train + moved))
        log[:, column] += np.bincount(of_train, gained, len(codes) + 1)
    posterior = np.exp(log - log.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    p = sum(
        posterior[of_test, column] / (1 + np.exp(-(z_test + moved)))
        for column, moved in enumerate(grid)
    )
    report(y_test, p)


PEERS = {"target encoding": target_encoding, "lightgbm": lightgbm, "best": best}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--levels", type=int, default=50_000)
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/benchmark-levels")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    args = parser.parse_args()
    path = args.folder / f"levels-{args.rows}-{args.levels}.csv"
    if args.run == "table":
        return write_table(path, args.rows, args.levels)
    if args.run:
        return PEERS[args.run](path)
    if not args.leadscore.exists():
        parser.error("no leadscore binary: cargo build --release, or give --leadscore")
    here = [sys.executable, __file__, "--folder", args.folder, "--rows", args.rows]
    here += ["--levels", args.levels, "--run"]
    args.folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        measured([*here, "table"])
    train = [args.leadscore.resolve(), "train", path, "--target", "won", "--threads", "1"]
    train += ["--folds", "0", "--json", "--out", path.with_suffix(".bundle")]
    commands = {
        "leadscore": train,
        "leadscore, plain": [*train, "--plain"],
        "leadscore, without": [*train, "--drop", "company"],
        **{name: [*here, name] for name in PEERS},
    }
    print(f"{'':19} {'CPU':>9} {'memory':>10} {'AUC':>7} {'log loss':>9}")
    for name, command in commands.items():
        output, used = measured(command)
        found = json.loads(output)
        if "training" in found:
            evaluation = found["training"]["evaluation"]
            found = {"auc": evaluation["auc"]["value"], "log_loss": evaluation["log_loss"]}
        print(
            f"{name:19} {used['cpu']:7.1f} s {used['memory_mib']:6.0f} MiB"
            f" {found['auc']:7.4f} {found['log_loss']:9.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
