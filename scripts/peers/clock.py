"""What the scripts that measure peers share: the workloads, and how they are timed and their memory read."""

import json
import pathlib
import resource
import statistics
import sys
import time

WORKLOADS = json.loads((pathlib.Path(__file__).resolve().parent / "workloads.json").read_text())


def timed(run, rule, steps=0):
    """Median and shortest milliseconds of many runs, by a rule of workloads.json, as Lectern's own timing does it.

    steps: how many are timed; 0 for enough of them. run returns when what it does has been computed.
    """
    warm_up, enough = WORKLOADS["timing"][rule]["warmUp"], WORKLOADS["timing"][rule]["timed"]

    def once():
        begin = time.perf_counter()
        run()
        return (time.perf_counter() - begin) * 1e3

    runs, total = 0, 0.0
    while runs < warm_up["runs"] or (not steps and total < warm_up["ms"]):
        total += once()
        runs += 1
    times, total = [], 0.0
    while len(times) < (steps or enough["runs"]) or (not steps and total < enough["ms"]):
        times.append(once())
        total += times[-1]
    return {"ms": statistics.median(times), "minMs": min(times)}


def resident_peak_mb():
    """The most memory this process had resident; VmHWM, unlike getrusage, knows nothing of who started it."""
    try:
        for line in pathlib.Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
