"""Expected values of signals over events, computed by DuckDB from the documentation of the measures.

Input, made once by `leadscore simulate --leads 230 --seed 11 --format csv --no-truth`:
signals/leads.csv and signals/events.csv. Every lead has two snapshots: 30 and 150 days after it was
created. Output: signals/expected_plain.csv (no filter) and signals/expected_filtered.csv (every
filter). An empty cell is a missing value. `*` is left out of the check: events at the same instant,
known at the same instant, have different values, and which of them is the last is not documented
in terms that SQL can express.

    python tests/oracle/signals.py        # DuckDB 1.0 or later
"""

import csv
from pathlib import Path

import duckdb

HERE = Path(__file__).parent / "signals"
AGES = (30, 150)
SECOND = 1_000_000
DAY = 86_400 * SECOND
ANY = "kind <> 'set'"
# What the lead does: messages are sent to it.
DONE = f"({ANY} AND kind <> 'email_sent')"


def of(*kinds):
    return "kind IN (%s)" % ", ".join(f"'{kind}'" for kind in kinds)


def within(days):
    """The window (as_of - w, as_of]; the cut has taken what is later."""
    return "true" if days is None else f"happened > as_of - {days * DAY}"


def count(which, days):
    return f"count(*) FILTER ({which} AND {within(days)})"


def aggregate(call, which, days):
    return f"{call} FILTER ({which} AND {within(days)})"


def last(field, which, days):
    """The value in the last event that has one, by `at`, then known_at."""
    return ("LAST", field, f"{which} AND {within(days)} AND {field} IS NOT NULL")


def rate(which, days):
    """Over the window, or the age of the lead where that is shorter, at least one day."""
    age = f"(any_value(as_of) - any_value(created)) / {DAY}::DOUBLE"
    days_ = age if days is None else f"least({days}::DOUBLE, {age})"
    return f"{count(which, days)} / greatest(1.0::DOUBLE, {days_})"


def decayed(which, days, half_life):
    # DuckDB's own sum of doubles is plain; fsum compensates.
    call = f"fsum(pow(2.0::DOUBLE, -((as_of - happened)::DOUBLE / ({half_life}::DOUBLE * {DAY}))))"
    return f"coalesce({aggregate(call, which, days)}, 0)"


def trend(which, days):
    before = f"happened > as_of - {2 * days * DAY} AND happened <= as_of - {days * DAY}"
    return f"{count(which, days)} - count(*) FILTER ({which} AND {before})"


def ratio(which, over, days):
    return f"{count(which, days)}::DOUBLE / nullif({count(over, days)}, 0)"


def since(which, days, end):
    return f"(any_value(as_of) - {end}(happened) FILTER ({which} AND {within(days)})) / {DAY}::DOUBLE"


def active(which, days):
    return aggregate("count(DISTINCT make_timestamp(happened)::DATE)", which, days)


def gap(which, days):
    """The longest time without one, from the first to as_of."""
    return ("GAP", which, days)


def then(first, second, days, seconds=None):
    """Followed strictly later, both in the window."""
    return ("THEN", first, second, days, seconds)


def changed(attribute):
    return last('"to"', f"kind = 'set' AND attribute = '{attribute}'", None)


PV, OPEN, SENT = of("page_view"), of("email_opened"), of("email_sent")
PRICING = f"{PV} AND page LIKE '/pricing%'"

# The names are those of crates/train/tests/signals.rs.
SIGNALS = {
    "pv_7d": count(PV, 7),
    "pv_30d": count(PV, 30),
    "pv_90d": count(PV, 90),
    "pv_all": count(PV, None),
    "any_30d": count(ANY, 30),
    "any_all": count(ANY, None),
    "acts_all": count(of("download", "webinar", "demo_request", "trial_request"), None),
    "sets_all": count(of("set"), None),
    "pricing_30d": count(PRICING, 30),
    "demo_page_30d": count(f"{PV} AND page = '/demo'", 30),
    "pages_90d": count(f"{PV} AND (page IN ('/pricing', '/demo') OR page GLOB '/docs*')", 90),
    "one_character_all": count(f"{ANY} AND page LIKE '/dem_'", None),
    "deep_30d": count(f"{PV} AND depth >= 5", 30),
    "middle_90d": count(f"{PV} AND depth >= 3 AND depth < 7", 90),
    "shallow_blog_all": count(f"{PV} AND page LIKE '/blog%' AND depth < 4", None),
    "newsletters_opened_90d": count(f"{OPEN} AND email_type = 'newsletter'", 90),
    "depth_is_2_all": count(f"{ANY} AND depth = 2", None),
    "pages_seen_30d": aggregate("count(DISTINCT page)", PV, 30),
    "channels_90d": aggregate("count(DISTINCT channel)", ANY, 90),
    "depths_all": aggregate("count(DISTINCT depth)", PV, None),
    "messages_opened_all": aggregate("count(DISTINCT message)", OPEN, None),
    "depth_sum_30d": f"coalesce({aggregate('fsum(depth)', PV, 30)}, 0)",
    "value_sum_all": f"coalesce({aggregate('fsum(value)', ANY, None)}, 0)",
    "depth_mean_30d": aggregate("favg(depth)", PV, 30),
    "value_mean_all": aggregate("favg(value)", of("survey", "purchase"), None),
    "depth_min_90d": aggregate("min(depth)", PV, 90),
    "depth_max_90d": aggregate("max(depth)", PV, 90),
    "value_max_all": aggregate("max(value)", ANY, None),
    "page_last_all": last("page", PV, None),
    "depth_last_30d": last("depth", PV, 30),
    "channel_last_7d": last("channel", ANY, 7),
    "since_first_pv_all": since(PV, None, "min"),
    "since_first_pv_30d": since(PV, 30, "min"),
    "since_last_any_90d": since(ANY, 90, "max"),
    "since_last_sent_all": since(SENT, None, "max"),
    "active_any_30d": active(ANY, 30),
    "active_pv_all": active(PV, None),
    "gap_any_all": gap(ANY, None),
    "gap_pv_90d": gap(PV, 90),
    "rate_any_7d": rate(ANY, 7),
    "rate_pv_90d": rate(PV, 90),
    "rate_any_all": rate(ANY, None),
    "decayed_pv_30d": decayed(PV, 30, 7),
    "decayed_any_all": decayed(ANY, None, 14),
    "trend_pv_7d": trend(PV, 7),
    "trend_any_30d": trend(ANY, 30),
    "opened_of_sent_30d": ratio(OPEN, SENT, 30),
    "pricing_of_pv_all": ratio(PRICING, PV, None),
    "sent_then_opened_90d": then(SENT, OPEN, 90, 86_400),
    "opened_then_clicked_all": then(OPEN, of("email_clicked"), None, 3_600),
    "pricing_then_demo_all": then(PRICING, of("demo_request"), None),
    "pricing_then_any_7d": then(PRICING, ANY, 7, 600),
    "employees": changed("employees"),
    "job_title": changed("job_title"),
    "lifecycle": changed("lifecycle"),
}

db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'; SET threads = 1")
read = "read_csv('%s', header = true, all_varchar = true)"
db.execute(
    "CREATE TABLE snapshots AS "
    "SELECT lead_id, created, days, created + days * %d::BIGINT AS as_of FROM "
    "(SELECT lead_id, epoch_us(created_at::TIMESTAMPTZ) AS created FROM %s), "
    "(SELECT unnest(%s) AS days)" % (DAY, read % (HERE / "leads.csv"), list(AGES))
)
db.execute(
    "CREATE TABLE log AS SELECT * EXCLUDE (\"at\") REPLACE ("
    "epoch_us(coalesce(known_at, \"at\")::TIMESTAMPTZ) AS known_at, depth::DOUBLE AS depth, "
    "value::DOUBLE AS value), epoch_us(\"at\"::TIMESTAMPTZ) AS happened "
    "FROM " + read % (HERE / "events.csv")
)
# The cut: both when it happened and when it was known.
db.execute(
    "CREATE TABLE plain AS SELECT s.lead_id, s.days, s.as_of, s.created, log.* EXCLUDE (lead_id) "
    "FROM snapshots s JOIN log ON log.lead_id = s.lead_id "
    "WHERE log.happened <= s.as_of AND log.known_at <= s.as_of"
)
# Each filter looks at what the ones before it left. History is no act of a person: but for
# duplicates and clocks it stays.
db.execute(
    f"""
CREATE TABLE filtered AS
WITH once AS (
    SELECT * FROM plain QUALIFY event_id IS NULL OR
        row_number() OVER (PARTITION BY lead_id, days, event_id ORDER BY known_at, happened) = 1
), existing AS (
    SELECT * FROM once WHERE NOT ({ANY} AND happened < created)
), happened AS (
    SELECT * FROM existing WHERE happened - known_at <= {5 * 60 * SECOND}
), outside AS (
    SELECT * FROM happened WHERE NOT ({ANY} AND ip IS NOT NULL AND ip LIKE '10.%')
), human AS (
    SELECT * FROM outside o WHERE NOT (kind IN ('email_opened', 'email_clicked') AND EXISTS (
        SELECT 1 FROM outside sent WHERE sent.lead_id = o.lead_id AND sent.days = o.days
            AND sent.kind = 'email_sent' AND sent.happened <= o.happened AND o.happened - sent.happened <= {5 * SECOND}))
), begun AS (
    SELECT *, coalesce(lead(happened, 19) OVER (acts ORDER BY happened) - happened <= {10 * SECOND}, false)
        AND {DONE} AS begins
    FROM human WINDOW acts AS (PARTITION BY lead_id, days, {DONE})
), bursts AS (
    SELECT DISTINCT lead_id, days, happened AS start FROM begun WHERE begins
)
SELECT * EXCLUDE (begins) FROM begun b WHERE NOT ({DONE} AND EXISTS (
    SELECT 1 FROM bursts WHERE bursts.lead_id = b.lead_id AND bursts.days = b.days
        AND b.happened >= start AND b.happened - start <= {10 * SECOND}))
"""
)


def values(table, name, signal):
    """The value of a signal for every snapshot, in order."""
    join = f"FROM snapshots s LEFT JOIN {table} e ON e.lead_id = s.lead_id AND e.days = s.days"
    order = "GROUP BY s.lead_id, s.days ORDER BY s.lead_id, s.days"
    source = (
        f"(SELECT e.* EXCLUDE (lead_id, days, as_of, created), s.lead_id, s.days, s.as_of, "
        f"s.created {join}) s"
    )
    if isinstance(signal, str):
        sql = f"SELECT {signal} FROM {source} {order}"
    elif signal[0] == "LAST":
        _, field, condition = signal
        sql = f"""
            WITH ranked AS (
                SELECT lead_id, days, {field} AS v,
                    rank() OVER (PARTITION BY lead_id, days ORDER BY happened DESC, known_at DESC) AS r
                FROM {table} WHERE {condition}
            )
            SELECT CASE WHEN count(DISTINCT v) > 1 THEN '*' ELSE any_value(v)::VARCHAR END
            FROM snapshots s LEFT JOIN ranked e
                ON e.lead_id = s.lead_id AND e.days = s.days AND r = 1 {order}"""
    elif signal[0] == "GAP":
        _, which, days = signal
        sql = f"""
            WITH gaps AS (
                SELECT lead_id, days,
                    coalesce(lead(happened) OVER (PARTITION BY lead_id, days ORDER BY happened), as_of) - happened AS g
                FROM {table} WHERE {which} AND {within(days)}
            )
            SELECT max(g) / {DAY}::DOUBLE FROM snapshots s LEFT JOIN gaps e
                ON e.lead_id = s.lead_id AND e.days = s.days {order}"""
    else:
        _, first, second, days, seconds = signal
        soon = "true" if seconds is None else f"b.happened - a.happened <= {seconds * SECOND}"
        sql = f"""
            SELECT CASE WHEN EXISTS (
                SELECT 1 FROM (SELECT * FROM {table} WHERE {first} AND {within(days)}) a,
                              (SELECT * FROM {table} WHERE {second} AND {within(days)}) b
                WHERE a.lead_id = s.lead_id AND a.days = s.days
                  AND b.lead_id = s.lead_id AND b.days = s.days
                  AND b.happened > a.happened AND {soon}) THEN 'yes' ELSE 'no' END
            FROM snapshots s ORDER BY s.lead_id, s.days"""
    return [row[0] for row in db.execute(sql).fetchall()]


def written(value):
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


snapshots = db.execute("SELECT lead_id, days FROM snapshots ORDER BY lead_id, days").fetchall()
for table in ("plain", "filtered"):
    columns = {name: values(table, name, signal) for name, signal in SIGNALS.items()}
    with open(HERE / f"expected_{table}.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["lead_id", "days", *columns])
        for row, (lead, days) in enumerate(snapshots):
            out.writerow([lead, days, *(written(column[row]) for column in columns.values())])
    events = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    left_out = sum(column.count("*") for column in columns.values())
    print(f"{table}: {events} events seen, {left_out} values left out")
    for name, column in columns.items():
        filled = [value for value in column if value not in (None, 0, "no", "*")]
        print(f"  {name:24} {len(filled):4} of {len(column)}, {len(set(column)):4} different")
