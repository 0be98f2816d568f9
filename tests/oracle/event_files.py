"""signals/events.csv as Parquet files of pyarrow's, in the encodings that logs come in.

crates/train/tests/signals.rs reads each: the signals over it must be those over the CSV file, which
DuckDB has checked.

    python tests/oracle/event_files.py        # pyarrow 15 or later
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

HERE = Path(__file__).parent / "signals"
TIMES = ("at", "known_at")
NUMBERS = ("depth", "value")


def main():
    names = (HERE / "events.csv").open().readline().strip().split(",")
    options = csv.ConvertOptions(
        column_types={name: pa.float64() if name in NUMBERS else pa.string() for name in names},
        strings_can_be_null=True,
        null_values=[""],
    )
    texts = csv.read_csv(HERE / "events.csv", convert_options=options)

    def timed(kind):
        table = texts
        for name in TIMES:
            moments = pc.cast(table[name], pa.timestamp("us", "UTC")).cast(kind)
            table = table.set_column(table.schema.get_field_index(name), name, moments)
        return table

    micros = timed(pa.timestamp("us", "UTC"))
    files = {
        # Codes throughout, several groups and pages.
        "coded": (micros, {"row_group_size": 2000, "data_page_size": 512, "compression": "zstd"}),
        # Codes at first, then values; leads too.
        "fallback": (micros, {"dictionary_pagesize_limit": 500, "data_page_size": 600}),
        # No codes.
        "plain": (micros, {"use_dictionary": False, "data_page_version": "2.0"}),
        # Encodings that polars is left with, and times of another unit.
        "delta": (
            timed(pa.timestamp("ns", "UTC")),
            {
                "use_dictionary": ["kind"],
                "column_encoding": {"lead_id": "DELTA_BYTE_ARRAY", "page": "DELTA_LENGTH_BYTE_ARRAY"},
            },
        ),
        # Times as text.
        "texts": (texts, {}),
    }
    for name, (table, how) in files.items():
        how = {"compression": "zstd", "write_batch_size": 64} | how
        pq.write_table(table, HERE / f"events_{name}.parquet", **how)


if __name__ == "__main__":
    main()
