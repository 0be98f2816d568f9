"""`POST /predict` under load: requests a CPU-second of the server, and latency at half of that load.

One lead of 50 named fields in each request, 1,000 different leads in turn, the answer with its reasons
and the points of a rule set of 20 rules. wrk on the loopback, one thread, beside the server on the
same machine.

  greatest load  64 connections, each sends as soon as it has its answer: requests a second, and
                 requests over the CPU time of the server's process (user and system, so the kernel's
                 socket work is part of it; from /proc/PID/stat, wrk's own apart)
  nothing        the greatest load on /healthz, whose answer is one word: what hyper, the runtime and the
                 kernel take of any request
  half load      256 connections, each waits a random time (exponential, so requests come about as
                 from many independent senders) before it sends again, at half the greatest rate

wrk has no constant rate. A connection that waits for an answer does not send, so a stall holds some
requests back; with 256 that each send every 10 ms or so, few, and wrk adds samples for those that a
longer stall held back. It wakes once a millisecond, so requests come in small bursts, which makes the
latency greater than of the same rate evenly spread. Latency is from the first byte sent to the last
received, as wrk sees it, its own waiting for a core included.

A virtual machine does not always have its cores. Before each round a loop runs on each core with
nothing beside, and looks how long it was kept from going on: while that is near 1 % of the time, a p99
is the machine's, whatever the server does.

Rerun:  cargo build --release
        apt-get install wrk
        pip install -r benchmarks/requirements-peers.txt
        python benchmarks/load.py
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import numpy as np

from leads import ID, TARGET, table

ROOT = Path(__file__).resolve().parents[1]
BUSY, MANY = 64, 256
NOTHING = "/healthz"

REQUESTS = """
local requests, at = {}, 0
function init(args)
  for line in io.lines("bodies.jsonl") do
    requests[#requests + 1] =
      wrk.format("POST", "/predict", {["content-type"] = "application/json"}, line)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
"""
DONE = """
function done(summary, latency)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p99": %f, "p999": %f, "max": %f}',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    latency.max / 1e3))
end
"""
DELAY = "function delay() return math.floor(-%f * math.log(1 - math.random()) + 0.5) end"


def wide(rows, seed):
    """The table of leads with 30 columns more: 20 numbers and 10 categories."""
    rng = np.random.default_rng(seed)
    numbers = {f"metric_{i:02}": np.round(rng.lognormal(i / 5, 1, rows), 2) for i in range(20)}
    levels = {f"group_{i:02}": rng.integers(0, 3 + 4 * i, rows) for i in range(10)}
    levels = {name: np.char.add("level ", codes.astype(str)) for name, codes in levels.items()}
    return table(rows, seed).assign(**numbers, **levels)


def rules(frame):
    """Ten rules on numbers and ten on categories."""
    lines = ['name = "load"', 'version = "1"', "[bands]", "warm = 25", "hot = 50"]
    for number in range(10):
        metric, group = f"metric_{number:02}", f"group_{number:02}"
        for name, when in (
            (metric, f'signal = "{metric}", at_least = {frame[metric].median()}'),
            (group, f'signal = "{group}", in = ["level 0", "level 1"]'),
        ):
            lines += ["[[rule]]", f'name = "{name}"', "points = 5", f"when = {{ {when} }}"]
    return "\n".join(lines) + "\n"


def bodies(frame):
    """A request for each row; what is missing is left out by JSON's null."""
    signals = frame.drop(columns=[ID, TARGET])
    for row in json.loads(signals.to_json(orient="records")):
        yield json.dumps({"attributes": row})


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(url, server):
    for _ in range(200):
        if server.poll() is not None:
            sys.exit("leadscore serve has ended")
        try:
            return urllib.request.urlopen(url).status
        except OSError:
            time.sleep(0.05)
    sys.exit(f"no answer from {url}")


def check(url, body):
    """One answer has what is measured."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, body.encode(), headers)
    text = urllib.request.urlopen(request).read()
    answer = json.loads(text)["predictions"][0]
    assert answer["reasons"]["up"] or answer["reasons"]["down"], answer
    assert answer["points"][0]["breakdown"]["rules"], answer
    assert not answer["warnings"], answer["warnings"]
    return len(text)


def wrk(folder, url, server, connections, seconds, mean_delay=None):
    """A run of wrk: what it says, and what CPU time the server took."""
    asked = "" if url.endswith(NOTHING) else REQUESTS
    delay = DELAY % mean_delay if mean_delay else ""
    (folder / "load.lua").write_text(asked + delay + DONE)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", "load.lua", url]
    start = cpu_seconds(server.pid)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(done.stderr)
    if found["errors"]:
        sys.exit(f"{found['errors']} of {found['requests']} requests failed")
    cpu = cpu_seconds(server.pid) - start
    rates = {"rate": found["requests"] / found["seconds"], "per_cpu": found["requests"] / cpu}
    return found | rates | {"cores": cpu / found["seconds"]}


def at_rate(folder, url, server, rate, seconds):
    """A run at about the rate: a short one tells how much longer the wait must be."""
    delay = 1000 * MANY / rate
    short = wrk(folder, url, server, MANY, 3, delay)
    delay = max(delay + 1000 * MANY * (1 / rate - 1 / short["rate"]), 1)
    return wrk(folder, url, server, MANY, seconds, delay)


def kept(seconds):
    """What share of the time a loop was kept from going on, for a millisecond or longer."""
    lost, start = 0.0, time.perf_counter()
    last = start
    while (now := time.perf_counter()) - start < seconds:
        lost += now - last if now - last > 1e-3 else 0.0
        last = now
    return lost / seconds


def kept_cores(seconds):
    """The same of a loop on each core at once: the greatest share."""
    with Pool(os.cpu_count()) as pool:
        return max(pool.map(kept, [seconds] * os.cpu_count(), chunksize=1))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leadscore", type=Path, default=ROOT / "target/release/leadscore")
    parser.add_argument("--train-arguments", default="", help="of train, as one text")
    parser.add_argument("--seconds", type=int, default=15, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    if not args.leadscore.exists():
        parser.error("no leadscore binary: cargo build --release, or give --leadscore")
    if not shutil.which("wrk"):
        parser.error("wrk is not installed")
    binary = args.leadscore.resolve()
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        leads = wide(20_000, 1)
        leads.to_csv(folder / "leads.csv", index=False)
        (folder / "rules.toml").write_text(rules(leads))
        requests = list(bodies(leads.head(1000)))
        (folder / "bodies.jsonl").write_text("\n".join(requests) + "\n")
        train = [binary, "train", "leads.csv", "--target", TARGET, "--id", ID, "--out", "m.bundle"]
        train += args.train_arguments.split()
        subprocess.run(train, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        serve = [binary, "serve", "--model", "m.bundle", "--points", "rules.toml"]
        server = subprocess.Popen(
            [*serve, "--listen", address],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://{address}/readyz", server)
            url = f"http://{address}/predict"
            size = check(url, requests[0])
            print(f"50 fields, {len(requests[0])} bytes asked, {size} answered, 20 rules\n")
            wrk(folder, url, server, BUSY, 3)  # warm
            for _ in range(args.rounds):
                stalls = kept_cores(4)
                busy = wrk(folder, url, server, BUSY, args.seconds)
                half = at_rate(folder, url, server, busy["rate"] / 2, args.seconds)
                empty = wrk(folder, f"http://{address}{NOTHING}", server, BUSY, args.seconds)
                found = {"greatest": busy, "half": half, "nothing": empty}
                rounds.append({"kept": stalls, "load": found})
        finally:
            server.terminate()
            server.wait()

    print(f"{'':9} {'a second':>9} {'a CPU-second':>13} {'cores':>6}", end="")
    print(f" {'p50':>8} {'p99':>8} {'p99.9':>8} {'max':>8}")
    for found in rounds:
        for load, run in found["load"].items():
            latencies = " ".join(f"{run[key]:5.2f} ms" for key in ("p50", "p99", "p999", "max"))
            print(
                f"{load:9} {run['rate']:9,.0f} {run['per_cpu']:13,.0f} {run['cores']:6.2f} {latencies}"
            )
        print(f"a loop on each core and nothing else: kept for {found['kept']:.1%} of the time")
    per_cpu, floor = (
        median(found["load"][load]["per_cpu"] for found in rounds) for load in ("greatest", "nothing")
    )
    p99 = median(found["load"]["half"]["p99"] for found in rounds)
    print(f"\nmedian: {per_cpu:,.0f} requests a CPU-second, p99 at half load {p99:.2f} ms")
    print(f"{1e6 / per_cpu:.1f} us of CPU a request, {1e6 / floor:.1f} us of them what any costs")
    if args.json:
        args.json.write_text(json.dumps(rounds, indent=1) + "\n")


if __name__ == "__main__":
    main()
