"""What the benchmarks measure with: one thread everywhere, CPU time and memory of a process.

Import it before numpy, since libraries read these variables when they are loaded.
"""

import os
import resource
import subprocess
import sys
import time

ONE_THREAD = {
    name: "1"
    for name in (
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    )
}
os.environ.update(ONE_THREAD)


def cpu_seconds():
    """User and system time of this process, all its threads, and its children that have ended."""
    mine, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


def measured(command, **options):
    """Runs a command in a process of its own: its output, and its time and largest memory.

    The system counts the memory of this process as the other's until that has started, so this one
    must be small where memory is looked at.
    """
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, **options
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nfailed with status {process.returncode}")
    return output, {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.monotonic() - start,
        "memory_mib": usage.ru_maxrss / 1024,
    }
