"""Compares `leadscore signals` with one DuckDB query: 20 counts over a log of about 23 million events.

Both read the same events.parquet and leads.parquet on two threads and write a Parquet file of one
row per lead, as of the last day, so that every event counts. The query is the simplest there is: one
scan, one aggregate, no join but for the leads that there are. Prints the wall time, the CPU time and the largest memory of both, and
checks that every count of every lead agrees; exits 1 when one does not.

Rerun:  cargo build --release
        pip install duckdb
        python benchmarks/events.py            # --leads 100000 for a quick look; --duplicates to
                                               # count every event id once
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2025-12-31T00:00:00Z"
THREADS = 2

# Name: kind, property and pattern where there is one, window in days (None: all).
SIGNALS = {
    "page_views_7d": ("page_view", None, 7),
    "page_views_14d": ("page_view", None, 14),
    "page_views": ("page_view", None, None),
    "pricing_7d": ("page_view", ("page", "/pricing*"), 7),
    "pricing_30d": ("page_view", ("page", "/pricing*"), 30),
    "docs_30d": ("page_view", ("page", "/docs*"), 30),
    "blog_30d": ("page_view", ("page", "/blog*"), 30),
    "demo_page_30d": ("page_view", ("page", "/demo"), 30),
    "downloads_30d": ("download", None, 30),
    "webinars_30d": ("webinar", None, 30),
    "demo_requests_30d": ("demo_request", None, 30),
    "trial_requests_30d": ("trial_request", None, 30),
    "calls_30d": ("call", None, 30),
    "meetings_30d": ("meeting", None, 30),
    "sent_30d": ("email_sent", None, 30),
    "opened_7d": ("email_opened", None, 7),
    "opened_30d": ("email_opened", None, 30),
    "newsletters_opened_30d": ("email_opened", ("email_type", "newsletter"), 30),
    "clicked_30d": ("email_clicked", None, 30),
    "replied_30d": ("email_replied", None, 30),
}


def configuration(folder, duplicates):
    """The simulation's configuration with other filters and signals."""
    text = (folder / "leadscore.toml").read_text()
    text = re.split(r"(?m)^\[events.history\]|^# The export has", text)[0].replace("leads.csv", "leads.parquet")
    text = re.sub(r"(?m)^drop = .*$", "", text)
    lines = [
        "[filters]",
        f"duplicates = {str(duplicates).lower()}",
        "[signals]",
    ]
    for name, (kind, where, days) in SIGNALS.items():
        parts = [f'count = "{kind}"']
        if where:
            parts.append('where = { %s = "%s" }' % where)
        if days:
            parts.append(f'window = "{days}d"')
        lines.append("%s = { %s }" % (name, ", ".join(parts)))
    path = folder / "benchmark.toml"
    path.write_text(text + "\n".join(lines) + "\n")
    return path


def query(folder, out, duplicates):
    counts = []
    for name, (kind, where, days) in SIGNALS.items():
        test = [f"kind = '{kind}'"]
        if where:
            test.append("%s LIKE '%s'" % (where[0], where[1].replace("*", "%")))
        if days:
            test.append(f"\"at\" > TIMESTAMPTZ '{AS_OF}' - INTERVAL {days * 24} HOUR")
        counts.append(f"count(*) FILTER ({' AND '.join(test)}) AS {name}")
    once = (
        'QUALIFY row_number() OVER (PARTITION BY lead_id, event_id ORDER BY known_at, "at") = 1'
        if duplicates
        else ""
    )
    return f"""
        SET threads = {THREADS}; SET TimeZone = 'UTC';
        COPY (
            WITH seen AS (
                SELECT * FROM read_parquet('{folder / "events.parquet"}')
                WHERE "at" <= TIMESTAMPTZ '{AS_OF}' AND known_at <= TIMESTAMPTZ '{AS_OF}'
                  AND lead_id IN (SELECT lead_id FROM read_parquet('{folder / "leads.parquet"}'))
                {once}
            )
            SELECT lead_id, {", ".join(counts)} FROM seen GROUP BY lead_id
        ) TO '{out}' (FORMAT parquet)"""


def measured(name, command):
    """Runs a command in a process of its own."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, "RAYON_NUM_THREADS": str(THREADS)})
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{name} failed with status {status}")
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{name:<10} {wall:8.1f} s wall {cpu:8.1f} s CPU {usage.ru_maxrss / 1024:8.0f} MiB")
    return {"wall": wall, "cpu": cpu, "memory_mib": usage.ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "target/benchmark-events")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--duplicates", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    args = parser.parse_args()
    folder = args.folder / str(args.leads)
    if not (folder / "leadscore.toml").exists():
        simulate = ["simulate", "--leads", str(args.leads), "--seed", "1", "--no-truth"]
        subprocess.run([args.binary, *simulate, "--out", folder], check=True)
    events = folder / "events.parquet"
    leads = folder / "leads.parquet"
    if not leads.exists():
        csv = folder / "leads.csv"
        # What the signals need of leads, and no more: the comparison is of events.
        columns = "lead_id, account, created_at"
        duckdb.execute(f"COPY (SELECT {columns} FROM read_csv('{csv}')) TO '{leads}' (FORMAT parquet)")
    rows = duckdb.sql(f"SELECT count(*) FROM read_parquet('{events}')").fetchall()[0][0]
    print(f"{rows:,} events of {args.leads:,} leads, {len(SIGNALS)} signals, {THREADS} threads\n")

    ours, theirs = folder / "leadscore.parquet", folder / "duckdb.parquet"
    project = configuration(folder, args.duplicates)
    sql = query(folder, theirs, args.duplicates)
    # Once before the clock runs, so that both find the file in the page cache.
    events.read_bytes()
    figures = {
        "leadscore": measured("leadscore", [args.binary, "signals", project, "--out", ours]),
        "duckdb": measured(
            "duckdb", [sys.executable, "-c", f"import duckdb; duckdb.execute({sql!r})"]
        ),
    }
    if args.json:
        args.json.write_text(json.dumps({"events": rows, **figures}, indent=2) + "\n")

    # Ours has a row for every lead, theirs one for every lead that has events.
    names = duckdb.sql(f"SELECT * FROM read_parquet('{ours}') LIMIT 0").columns
    id_ = next(name for name in ("lead_id", "id", "lead") if name in names)
    wrong = ", ".join(
        f"count(*) FILTER (o.{name} <> coalesce(d.{name}, 0)) AS {name}" for name in SIGNALS
    )
    found = duckdb.sql(
        f"SELECT count(*), {wrong} FROM read_parquet('{ours}') o "
        f"LEFT JOIN read_parquet('{theirs}') d ON d.lead_id = o.{id_}"
    ).fetchall()[0]
    compared, wrong = found[0], dict(zip(SIGNALS, found[1:]))
    differing = {name: number for name, number in wrong.items() if number}
    print(f"\n{compared:,} leads compared: " + (f"DIFFERENT {differing}" if differing else "equal"))
    if differing or compared == 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
