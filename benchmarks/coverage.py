"""How often the intervals of probabilities hold what they are of, on simulated leads.

    python benchmarks/coverage.py [--leads 200000] [--binary target/release/leadscore]

One large simulation; `leadscore signals` gives the values of all signals at every snapshot, and
truth.csv the best possible score of each. Models are trained on disjoint random samples of the rows, with
the defaults of `train`, and give rows that none of them saw a probability with its interval of 95 %.
How many of the intervals hold

  signals  the probability that leads with these values convert: what the interval is of. The simulator
           does not know it, so LightGBM learns it from the best scores themselves (cross entropy,
           half of all rows), which are free of the luck of outcomes.
  best     the best possible score, which knows more of a lead than its signals tell (the whole log,
           the hidden model): no interval of a fit narrows to that, so with many rows fewer hold it.

By tenths of the predicted probability, too: the mean hides where it is off.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLES = {2_000: 10, 5_000: 6, 10_000: 4, 20_000: 2}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


def with_truth(binary, folder, leads, seed):
    """The values of all signals at every snapshot, the outcome, and the best score."""
    run(binary, "simulate", "--leads", leads, "--seed", seed, "--out", folder)
    run(binary, "signals", folder / "leadscore.toml", "--out", folder / "values.parquet")
    values = pd.read_parquet(folder / "values.parquet")
    truth = pd.read_csv(folder / "truth.csv").dropna(subset=["converted"])
    values["key"] = values.iloc[:, 0].astype(str)
    truth["key"] = truth.lead_id.astype(str)
    joined = values.merge(truth[["key", "best", "converted"]], on="key", suffixes=("", "_true"))
    assert len(joined) == len(values) == len(truth), (len(joined), len(values), len(truth))
    return joined.drop(columns=["key"])


def of_signals(rows, inputs, best, asked):
    """E[best | signals], by LightGBM."""
    import lightgbm

    def encoded(table):
        table = table[inputs].copy()
        for name in inputs:
            if not pd.api.types.is_numeric_dtype(table[name]):
                table[name] = pd.Categorical(table[name], categories=levels[name])
        return table

    levels = {
        name: sorted(rows[name].dropna().unique(), key=str)
        for name in inputs
        if not pd.api.types.is_numeric_dtype(rows[name])
    }
    half = len(rows) * 9 // 10
    fit, check = encoded(rows[:half]), encoded(rows[half:])
    model = lightgbm.train(
        {
            "objective": "cross_entropy",
            "learning_rate": 0.03,
            "num_leaves": 31,
            "min_data_in_leaf": 200,
            "num_threads": 2,
            "verbose": -1,
        },
        lightgbm.Dataset(fit, best[:half]),
        2000,
        [lightgbm.Dataset(check, best[half:])],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )
    return model.predict(encoded(asked))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", type=Path, default=Path("target/release/leadscore"))
    options = parser.parse_args()
    binary = options.binary.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = with_truth(binary, folder / "data", options.leads, options.seed)
        rows = rows.sample(frac=1, random_state=0).reset_index(drop=True)
        best = rows.pop("best").to_numpy()
        rows.pop("converted_true")
        notes = [c for c in rows.columns if c in ("lead", "as_of", "account", "converted")]
        inputs = [c for c in rows.columns if c not in notes]
        rows["converted"] = rows["converted"].map(
            lambda value: "yes" if str(value).lower() in ("yes", "true", "1") else "no"
        )
        asked, half = 10_000, len(rows) // 2
        wanted = of_signals(
            rows[asked : asked + half], inputs, best[asked : asked + half], rows[:asked]
        )
        rows[inputs][:asked].to_csv(folder / "asked.csv", index=False)
        print(f"{len(rows):,} snapshots, {len(inputs)} signals; {asked:,} are asked for")
        print(f"spread of the best score around that of the signals: "
              f"{np.sqrt(np.mean((best[:asked] - wanted) ** 2)):.4f}")  # fmt: skip
        print("\n   rows  models  mean width  holds signals     best   by tenths of the probability")
        for size, models in SAMPLES.items():
            held, held_best, widths, tenths = [], [], [], []
            for number in range(models):
                start = asked + half + number * size
                if start + size > len(rows):
                    break
                sample = rows[[*inputs, "converted"]][start : start + size]
                sample.to_csv(folder / "sample.csv", index=False)
                run(binary, "train", folder / "sample.csv", "--target", "converted",
                    "--out", folder / "m.bundle")  # fmt: skip
                run(binary, "predict", folder / "asked.csv", "--model", folder / "m.bundle",
                    "--intervals", "--out", folder / "out.csv")  # fmt: skip
                out = pd.read_csv(folder / "out.csv")
                low, high = out.probability_low.to_numpy(), out.probability_high.to_numpy()
                holds = (low <= wanted) & (wanted <= high)
                order = np.argsort(out.probability.to_numpy())
                tenths.append([holds[part].mean() for part in np.array_split(order, 10)])
                held.append(holds.mean())
                held_best.append(((low <= best[:asked]) & (best[:asked] <= high)).mean())
                widths.append((high - low).mean())
            by_tenth = " ".join(f"{100 * t:3.0f}" for t in np.mean(tenths, axis=0))
            print(f"{size:7,}  {len(held):6}  {np.mean(widths):10.4f}  {100 * np.mean(held):11.1f} %"
                  f"  {100 * np.mean(held_best):5.1f} %   {by_tenth}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
