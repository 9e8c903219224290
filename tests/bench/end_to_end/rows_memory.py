"""P10 and the lake's part of P11: memory with 100 M event ids, bytes of an event in the lake."""
import pathlib
import time

import disk_use
import metrics
from figures import Figure, Measured
from harness import wait_until
from load import complaints, run_load
from rows_ingest import BATCH

EVENTS = 100_000_000
FREE_GIB = 30
GIB = 2**30
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")

P10 = [Figure("P10", "peak_gib", "resident memory with 100 M event ids, greatest", "GiB", target=3,
              floor=4, less_is_better=True),
       Figure("P10", "end_gib", "same, when all is folded", "GiB", less_is_better=True),
       Figure("P10", "lake_bytes", "P11: lake per event, after compaction", "B", target=40,
              less_is_better=True)]


def compact_lake(server, quiet_s=20):
    """Starts the server two hours later, so that the hours of the load are closed, and waits until
    it has merged what it wants to merge. How many merges that were; None if it is not possible."""
    if not FAKETIME.exists():
        return None
    server.env = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+2h", "DONT_FAKE_MONOTONIC": "1"}
    server.start()
    server.ready()
    later_ms = int(time.time() * 1000) + 2 * 3_600_000
    position = server.post_event({"event_id": "later", "event_type": "impression", "ts": later_ms,
                                  "campaign_id": "1"})
    # A raw query has the lake cut what it holds, and merges are looked for after a cut.
    server.report(**{"metrics": "events", "dimensions": "event_type", "from": later_ms - 60_000,
                     "to": later_ms + 60_000, "after": position, "wait_ms": 60_000})
    seen = {"merges": -1.0, "since": time.monotonic()}

    def is_quiet():
        merges = metrics.read_metrics(server).get("adbacus_lake_merges_total", 0.0)
        if merges != seen["merges"]:
            seen.update(merges=merges, since=time.monotonic())
        return time.monotonic() - seen["since"] > quiet_s

    wait_until("the lake is merged", is_quiet, 900, 0.5)
    server.stop(300)
    return int(seen["merges"])


def per_row(lake):
    return lake["bytes"] / max(1, lake["rows"])


def measure_p10(bench):
    events = bench.events(EVENTS)
    with bench.server(need_gib=FREE_GIB) as server:
        with metrics.MetricsSampler(server) as sampler:
            result = run_load(server, 7200, mode="batch", batch=BATCH, connections=64, events=events,
                              users=1_000_000, campaigns=1_000)
            drain_s = server.wait_folded(1800)
        end = metrics.read_metrics(server)
        peak_bytes = server.peak_resident_bytes()
        bench.say(f"P10: {end[metrics.IDS]:.0f} ids, folded {drain_s:.1f} s after the load")
        code = server.stop(300)
        if code != 0:
            raise RuntimeError(f"a clean stop ended with {code}: {server.log_tail(1000)}")
        cut = disk_use.lake_use(server.data)
        merges = compact_lake(server)
        lake = disk_use.lake_use(server.data)
        log = disk_use.log_use(server.data)
    per_event = (log["segment_bytes"] + log["id_bytes"]) / max(1, result["accepted"])
    conditions = bench.conditions(f"{events} events in batches of {BATCH} at full speed (closed loop, 64 "
                                  "connections), 1 M users, 1,000 campaigns, 2 % duplicates")
    notes = [f"{end[metrics.IDS]:.0f} ids at the end; {result['events_per_s']:.0f} events/s; the load "
             f"took {result['elapsed_s']:.0f} s, lag at most {sampler.largest(metrics.LAG):.1f} s, folded "
             f"{drain_s:.1f} s later" +
             (f"; the generator saw {complaints(result)}" if complaints(result) else ""),
             f"log {per_event:.1f} B an event; lake as cut: {cut['files']} files, {per_row(cut):.1f} B",
             f"compaction: started again with a clock two hours ahead, so that the hour is closed: "
             f"{merges} merges, then {lake['files']} files, {lake['rows']} rows"
             if merges is not None else "not compacted: libfaketime is not installed"]
    return Measured({"peak_gib": peak_bytes / GIB, "end_gib": end[metrics.RESIDENT] / GIB,
                     "lake_bytes": per_row(lake)},
                    conditions, {"load": result, "lake": lake, "lake_as_cut": cut, "merges": merges,
                                 "log": log, "ids": end[metrics.IDS],
                                 "events": events}, notes)
