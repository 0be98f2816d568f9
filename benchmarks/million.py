"""From a CSV file of 1 million simulated leads to a saved model, beside pandas with two peers.

The table has 20 columns (leads.py). Each contender runs in a process of its own, one thread, in turn:

  leadscore, plain  `train` with --plain-arguments: the plain model
  leadscore         `train` with its defaults
  plain             pandas.read_csv, StandardScaler + OneHotEncoder + LogisticRegression, joblib.dump
  lightgbm          pandas.read_csv, text as categoricals, LightGBM's defaults, save_model

CPU is user and system time of the whole process, the start of Python included; memory is the largest
that was resident. All hold out a fifth at random and score it; the peers fit once, on the other rows,
while leadscore also fits again on all of them. AUC is of the held-out fifth, which leadscore chooses
itself: with 200,000 rows its standard error is 0.0015.

Rerun:  cargo build --release
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/million.py
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median

from measure import measured  # before numpy: it pins the threads

ROOT = Path(__file__).resolve().parents[1]


def write_table(path, rows, seed):
    from leads import table

    part = path.with_suffix(".part")
    table(rows, seed).to_csv(part, index=False)
    part.rename(path)


def held_out(path):
    """The table in two: training rows, their labels, held-out rows, their labels."""
    import pandas as pd
    from leads import ID, TARGET
    from sklearn.model_selection import train_test_split

    frame = pd.read_csv(path)
    labels = frame[TARGET] == "yes"
    signals = frame.drop(columns=[ID, TARGET])
    train, test, y_train, y_test = train_test_split(
        signals, labels, test_size=0.2, random_state=0, stratify=labels
    )
    return train, y_train, test, y_test


def report(labels, p):
    from sklearn.metrics import log_loss, roc_auc_score

    print(json.dumps({"auc": roc_auc_score(labels, p), "log_loss": log_loss(labels, p)}))


def plain(path):
    import joblib
    from datasets import text_columns
    from peers import plain_pipeline

    train, y_train, test, y_test = held_out(path)
    text = text_columns(train)
    numbers = [n for n in train.columns if n not in text]
    model = plain_pipeline(numbers, text, max_iter=1000).fit(train, y_train)
    report(y_test, model.predict_proba(test)[:, 1])
    joblib.dump(model, path.with_suffix(".joblib"))


def lightgbm(path):
    from datasets import text_columns
    from lightgbm import LGBMClassifier

    train, y_train, test, y_test = held_out(path)
    kinds = dict.fromkeys(text_columns(train), "category")
    model = LGBMClassifier(n_jobs=1, verbose=-1).fit(train.astype(kinds), y_train)
    report(y_test, model.predict_proba(test.astype(kinds))[:, 1])
    model.booster_.save_model(path.with_suffix(".lightgbm"))


PEERS = {"plain": plain, "lightgbm": lightgbm}


def scores_of(output):
    """AUC and log loss on the held-out fifth, of a peer or of `train --json`."""
    found = json.loads(output)
    if "training" not in found:
        return found
    evaluation = found["training"]["evaluation"]
    return {"auc": evaluation["auc"]["value"], "log_loss": evaluation["log_loss"]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--plain-arguments", default="--plain", help="of train, as one text")
    parser.add_argument("--peers-only", action="store_true", help="leave leadscore out")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/benchmark-leads")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    args = parser.parse_args()
    path = args.folder / f"leads-{args.rows}-{args.seed}.csv"
    if args.run == "table":
        return write_table(path, args.rows, args.seed)
    if args.run:
        return PEERS[args.run](path)
    if not args.peers_only and not args.leadscore.exists():
        parser.error("no leadscore binary: cargo build --release, or give --leadscore")

    here = [sys.executable, __file__, "--folder", args.folder, "--rows", args.rows]
    here += ["--seed", args.seed, "--run"]
    args.folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        measured([*here, "table"])
    commands = {name: [*here, name] for name in PEERS}
    if not args.peers_only:
        train = [args.leadscore.resolve(), "train", path, "--target", "converted", "--id", "lead_id"]
        # Its peers do not cross-validate either.
        train += ["--folds", "0", "--json", "--out", path.with_suffix(".bundle")]
        plain_too = [*train, *args.plain_arguments.split()]
        commands = {"leadscore, plain": plain_too, "leadscore": train, **commands}

    path.read_bytes()  # so that all find the file in memory
    found = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            output, used = measured(command)
            found[name].append(used | scores_of(output))

    print(f"{args.rows:,} leads, 20 columns, {path.stat().st_size / 1e6:.0f} MB of CSV\n")
    print(f"{'':17} {'CPU':>9} {'wall':>9} {'memory':>10} {'AUC':>7} {'log loss':>9}")
    for name, runs in found.items():
        cpu, wall = (median(run[key] for run in runs) for key in ("cpu", "wall"))
        memory = max(run["memory_mib"] for run in runs)
        print(
            f"{name:17} {cpu:7.1f} s {wall:7.1f} s {memory:6.0f} MiB"
            f" {runs[0]['auc']:7.4f} {runs[0]['log_loss']:9.4f}"
        )
    if not args.peers_only:
        print()
        for mine, peer in ("leadscore, plain", "plain"), ("leadscore", "lightgbm"):
            of_peer, own = (median(run["cpu"] for run in found[n]) for n in (peer, mine))
            print(f"CPU of {peer} over {mine}: {of_peer / own:.2f}")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
