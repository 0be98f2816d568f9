"""Batch scoring from Parquet to Parquet, beside scikit-learn's pipeline and ONNX Runtime.

10 million rows of 20 columns (leads.py: a table of one million, ten times, with ids of their own), no
reasons and no intervals. All models are learnt from the same 200,000 rows. One thread, in turn:

  leadscore         `predict` with the model of `train`'s defaults
  leadscore, plain  `predict` with the model of `train` with --plain-arguments
  plain             read_parquet, predict_proba of SimpleImputer + StandardScaler, OneHotEncoder,
                    LogisticRegression, to_parquet
  onnx              the same pipeline, converted by skl2onnx, in ONNX Runtime with 32-bit floats; the
                    columns go from Arrow to the runtime without pandas
  onnx, folded      the same model as a graph written for speed: skl2onnx makes a dense column of
                    every category (2,600 here), this looks a category's coefficient up instead

CPU is user and system time: of leadscore's whole process, which also ranks all rows; of the peers
without the start of Python, imports and loading the model. They work in pieces of a million rows, so
that they need not hold everything; memory is the largest that was resident.

Exits 1 when ONNX Runtime and scikit-learn differ by more than 1e-4, when a copy of a row is scored
otherwise than the row, or when `predict` on the first rows alone gives other bits. leadscore's plain
model is another encoding of the same columns, so it is near scikit-learn's, not equal: the mean
difference and the correlation are printed.

Rerun:  cargo build --release
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/score.py
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median

from measure import cpu_seconds, measured  # before numpy: it pins the threads

ROOT = Path(__file__).resolve().parents[1]
PIECE = 1_000_000
FIRST = 1000
NEAR = 1e-4


def write_tables(folder, rows):
    """train.parquet, leads.parquet, and its first rows as first.parquet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from leads import ID, table

    pq.write_table(
        pa.Table.from_pandas(table(200_000, 1), preserve_index=False), folder / "train.parquet"
    )
    piece = min(rows, PIECE)
    once = pa.Table.from_pandas(table(piece, 2).drop(columns=["converted"]), preserve_index=False)
    pq.write_table(once.slice(0, FIRST), folder / "first.parquet")
    with pq.ParquetWriter(folder / "leads.parquet", once.schema) as out:
        for start in range(0, rows, piece):
            ids = np.char.add("lead-", np.arange(start, start + piece).astype(str))
            copy = once.set_column(
                0, once.schema.field(ID), pa.array(ids, once.schema.field(ID).type)
            )
            out.write_table(copy.slice(0, rows - start), row_group_size=piece)


def fit_peers(folder):
    """scikit-learn's pipeline, and the same as ONNX."""
    import joblib
    import pandas as pd
    from datasets import text_columns
    from leads import ID, TARGET
    from peers import plain_pipeline
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    frame = pd.read_parquet(folder / "train.parquet")
    signals = frame.drop(columns=[ID, TARGET])
    text = text_columns(signals)
    numbers = [n for n in signals.columns if n not in text]
    signals = signals.astype(dict.fromkeys(numbers, float)).fillna(dict.fromkeys(text, ""))
    model = plain_pipeline(numbers, text, max_iter=1000).fit(signals, frame[TARGET] == "yes")
    joblib.dump((model, numbers, text), folder / "plain.joblib")
    kinds = [
        (n, StringTensorType([None, 1]) if n in text else FloatTensorType([None, 1]))
        for n in signals.columns
    ]
    converted = to_onnx(model, initial_types=kinds, options={"zipmap": False})
    (folder / "onnx.onnx").write_bytes(converted.SerializeToString())
    (folder / "onnx, folded.onnx").write_bytes(folded(model, numbers, text).SerializeToString())


def folded(model, numbers, text):
    """The fitted pipeline as ONNX: numbers times coefficients, plus what is looked up of the text."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    columns, regression = model[0], model[-1]
    imputer, scaler = columns.named_transformers_["numbers"]
    levels = columns.named_transformers_["text"].categories_
    weights = regression.coef_[0]
    slopes = weights[: len(numbers)] / scaler.scale_
    constants = {
        "means": imputer.statistics_[None, :],
        "slopes": slopes[:, None],
        "intercept": regression.intercept_ - [scaler.mean_ @ slopes],
    }
    nodes = [
        helper.make_node("Concat", numbers, ["numbers"], axis=1),
        helper.make_node("IsNaN", ["numbers"], ["missing"]),
        helper.make_node("Where", ["missing", "means", "numbers"], ["known"]),
        helper.make_node("MatMul", ["known", "slopes"], ["of_numbers"]),
    ]
    at = len(numbers)
    for name, known in zip(text, levels, strict=True):
        looked_up = weights[at : at + len(known)].tolist()
        at += len(known)
        nodes.append(
            helper.make_node(
                "LabelEncoder", [name], [f"of_{name}"], domain="ai.onnx.ml",
                keys_strings=list(known), values_floats=looked_up, default_float=0.0,
            )
        )  # fmt: skip
    parts = ["of_numbers", "intercept", *(f"of_{name}" for name in text)]
    nodes += [
        helper.make_node("Sum", parts, ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["probability"]),
    ]
    kinds = dict.fromkeys(numbers, TensorProto.FLOAT) | dict.fromkeys(text, TensorProto.STRING)
    graph = helper.make_graph(
        nodes,
        "plain",
        [helper.make_tensor_value_info(n, kind, [None, 1]) for n, kind in kinds.items()],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(np.float32(value), name) for name, value in constants.items()],
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


def pieces(folder):
    import pyarrow.parquet as pq

    file = pq.ParquetFile(folder / "leads.parquet")
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, use_threads=False)


def plain(folder):
    import joblib
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from leads import ID

    model, numbers, text = joblib.load(folder / "plain.joblib")
    model.predict_proba(pd.DataFrame({n: [0.0] for n in numbers} | {n: [""] for n in text}))
    schema = pa.schema([(ID, pa.string()), ("probability", pa.float64())])
    start = cpu_seconds()
    with pq.ParquetWriter(folder / "plain.parquet", schema) as out:
        for piece in pieces(folder):
            frame = piece.to_pandas()
            frame = frame.fillna(dict.fromkeys(text, ""))
            p = model.predict_proba(frame)[:, 1]
            out.write_table(pa.table([piece[ID], p], schema=schema))
    print(json.dumps({"cpu": cpu_seconds() - start}))


def onnx(folder, name="onnx"):
    import numpy as np
    import onnxruntime
    import pyarrow as pa
    import pyarrow.parquet as pq
    from leads import ID

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
    )
    inputs = {i.name: i.type for i in session.get_inputs()}
    output = session.get_outputs()[-1].name  # skl2onnx's first is the class
    schema = pa.schema([(ID, pa.string()), ("probability", pa.float32())])

    def column(values, kind):
        if kind == "tensor(string)":
            return values.fill_null("").to_numpy(zero_copy_only=False)[:, None]
        return values.to_numpy(zero_copy_only=False).astype(np.float32)[:, None]

    start = cpu_seconds()
    with pq.ParquetWriter(folder / f"{name}.parquet", schema) as out:
        for piece in pieces(folder):
            for batch in piece.to_batches(max_chunksize=10_000):
                feed = {n: column(batch[n], kind) for n, kind in inputs.items()}
                p = session.run([output], feed)[0][:, -1]
                out.write_batch(pa.record_batch([batch[ID], p], schema=schema))
    print(json.dumps({"cpu": cpu_seconds() - start}))


PEERS = {
    "plain": plain,
    "onnx": onnx,
    "onnx, folded": lambda folder: onnx(folder, "onnx, folded"),
}
STEPS = {"fit_peers": fit_peers, **PEERS}


def check(folder, names):
    """What must be equal, or near; the wrongs, in words."""
    import numpy as np
    import pyarrow.parquet as pq

    def read(name, id_):
        columns = pq.read_table(folder / f"{name}.parquet", columns=[id_, "probability"])
        return columns[id_].to_numpy(), columns["probability"].to_numpy().astype(float)

    wrong, scores = [], {}
    for name in names:
        ids, p = read(name, "id" if name.startswith("leadscore") else "lead_id")
        if not (ids == np.char.add("lead-", np.arange(len(ids)).astype(str))).all():
            wrong.append(f"{name} has other ids, or another order")
        for start in range(0, len(p), PIECE):
            copy = p[start : start + PIECE]
            if not np.array_equal(copy, p[: len(copy)]):
                wrong.append(f"{name} scores the copy at row {start} otherwise")
        scores[name] = p[:PIECE]
        if name.startswith("leadscore"):
            _, first = read(f"{name}-first", "id")
            if not np.array_equal(first, p[: len(first)]):
                wrong.append(f"{name} scores the first rows otherwise on their own")
    for name, p in scores.items():
        if name == "plain":
            continue
        apart = np.abs(p - scores["plain"])
        together = np.corrcoef(p, scores["plain"])[0, 1]
        print(
            f"{name} - plain: {apart.max():.1e} apart at most, {apart.mean():.1e} on average,"
            f" correlation {together:.4f}"
        )
        if name in PEERS and apart.max() > NEAR:
            wrong.append(f"{name} is {apart.max():.1e} from plain")
    return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10 * PIECE)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--plain-arguments", default="--plain", help="of train, as one text")
    parser.add_argument("--peers-only", action="store_true", help="leave leadscore out")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/benchmark-score")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder = args.folder / str(args.rows)
    if args.run == "write_tables":
        return write_tables(folder, args.rows)
    if args.run:
        return STEPS[args.run](folder)
    if not args.peers_only and not args.leadscore.exists():
        parser.error("no leadscore binary: cargo build --release, or give --leadscore")

    here = [sys.executable, __file__, "--folder", args.folder, "--rows", args.rows, "--run"]
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "leads.parquet").exists():
        measured([*here, "write_tables"])
    measured([*here, "fit_peers"])
    commands = {name: [*here, name] for name in PEERS}
    if not args.peers_only:
        binary = args.leadscore.resolve()
        train = [binary, "train", folder / "train.parquet", "--target", "converted"]
        train += ["--id", "lead_id", "--json", "--out"]
        models = {"leadscore": [], "leadscore, plain": args.plain_arguments.split()}
        for name, options in models.items():
            bundle = folder / f"{name}.bundle"
            measured([*train, bundle, *options])
            predict = [binary, "predict", "--model", bundle, "--json", "--out"]
            measured([*predict, folder / f"{name}-first.parquet", folder / "first.parquet"])
            command = [*predict, folder / f"{name}.parquet", folder / "leads.parquet"]
            commands = {**commands, name: command}

    with (folder / "leads.parquet").open("rb") as file:
        while file.read(1 << 24):  # so that all find it in memory
            pass
    found = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            output, used = measured(command)
            if name in PEERS:
                used |= json.loads(output)
            found[name].append(used)

    print(
        f"{args.rows:,} rows, 20 columns, {(folder / 'leads.parquet').stat().st_size / 1e6:.0f} MB\n"
    )
    print(f"{'':17} {'CPU':>9} {'rows a CPU-second':>18} {'memory':>10}")
    rates = {}
    for name, runs in found.items():
        cpu = median(run["cpu"] for run in runs)
        memory = max(run["memory_mib"] for run in runs)
        rates[name] = args.rows / cpu
        print(f"{name:17} {cpu:7.1f} s {rates[name]:18,.0f} {memory:6.0f} MiB")
    print()
    for name, peer in ((n, p) for n in rates for p in PEERS if n not in PEERS):
        print(f"{name} over {peer}: {rates[name] / rates[peer]:.2f} times the rows")
    wrong = check(folder, list(found))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
