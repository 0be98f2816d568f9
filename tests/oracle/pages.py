"""Parquet files of pyarrow's, of the types, encodings, pages and compressions that exports come in.

crates/features/tests/columns.rs reads each twice: page by page, and as a table, through polars. The
cells must be the same.

    python tests/oracle/pages.py        # pyarrow 15 or later
"""

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent / "pages"
ROWS = 700
EXTREMES = [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0, 1]
DOUBLES = [float("nan"), -0.0, 0.0, float("inf"), float("-inf"), 5e-324, 0.1 + 0.2, 1e300]


def table(seed):
    rng = random.Random(seed)

    def column(make, kind, missing=0.2):
        values = [None if rng.random() < missing else make(i) for i in range(ROWS)]
        return pa.array(values, kind)

    start = datetime(1969, 12, 30, tzinfo=timezone.utc)
    moment = lambda _: start + timedelta(microseconds=rng.randrange(10**15))  # noqa: E731
    word = lambda _: rng.choice(["", " a ", "b", "né", "N/A", "x" * 40, "3.0"])  # noqa: E731
    return pa.table(
        {
            "id": pa.array([f"lead-{i}" for i in range(ROWS)]),
            "word": column(word, pa.string()),
            "long_word": column(word, pa.large_string()),
            "category": column(word, pa.string()).dictionary_encode(),
            "free": column(lambda i: f"text {rng.random()} {i}", pa.string()),
            "small": column(lambda _: rng.choice([-128, 0, 127]), pa.int8()),
            "int": column(lambda _: rng.choice([-(2**31), 2**31 - 1, 3]), pa.int32()),
            "unsigned": column(lambda _: rng.choice([0, 2**32 - 1, 7]), pa.uint32()),
            "huge": column(lambda _: rng.choice([0, 2**63 - 1, 7]), pa.uint64()),
            "long": column(lambda _: rng.choice(EXTREMES), pa.int64()),
            "single": column(lambda _: rng.choice([0.1, -2.5, float("nan")]), pa.float32()),
            "double": column(lambda _: rng.choice(DOUBLES), pa.float64()),
            "measure": column(lambda _: rng.random(), pa.float64()),
            "flag": column(lambda _: rng.random() < 0.4, pa.bool_()),
            "day": column(lambda i: (start + timedelta(days=i * 37)).date(), pa.date32()),
            "moment": column(moment, pa.timestamp("us", "UTC")),
            "millis": column(lambda _: rng.randrange(-(10**9), 10**12), pa.timestamp("ms")),
            "nanos": column(lambda _: rng.randrange(-(10**9), 10**17), pa.timestamp("ns")),
            "runs": pa.array([i // 100 for i in range(ROWS)], pa.int64()),
            "late": pa.array([None] * (ROWS - 50) + [1.5] * 50, pa.float64()),
            "empty": pa.array([None] * ROWS, pa.float64()),
            "never": pa.array([None] * ROWS, pa.string()),
        }
    )


def main():
    HERE.mkdir(exist_ok=True)
    required = table(1)
    fields = [
        f.with_nullable(bool(required[f.name].null_count)) for f in required.schema
    ]
    required = required.cast(pa.schema(fields))
    delta = {n: "DELTA_BINARY_PACKED" for n in ("int", "long", "runs")}
    delta |= {n: "DELTA_BYTE_ARRAY" for n in ("word", "free")} | {"measure": "BYTE_STREAM_SPLIT"}
    files = {
        "snappy": {},
        "plain": {"use_dictionary": False, "compression": "none"},
        "pages": {"data_page_size": 512, "compression": "zstd", "row_group_size": 300},
        "second": {"data_page_version": "2.0", "data_page_size": 700, "compression": "gzip"},
        "second_plain": {"data_page_version": "2.0", "use_dictionary": False, "compression": "none"},
        "fallback": {"dictionary_pagesize_limit": 300, "data_page_size": 400},
        "delta": {"use_dictionary": False, "column_encoding": delta},
    }
    for seed, (name, options) in enumerate(files.items()):
        of = required if name == "pages" else table(seed)
        pq.write_table(of, HERE / f"{name}.parquet", write_batch_size=50, **options)


if __name__ == "__main__":
    main()
