"""P1, P2, P4: how many events a second are durably acknowledged, and how fast at a given rate."""
import disk_use
from figures import Figure, Measured
from load import complaints, run_load

BATCH = 100

P1 = [Figure("P1", "events_per_s", "durable acknowledgement, 100 events a request", "events/s",
             target=2.0e6, floor=1.2e6),
      Figure("P1", "log_bytes", "P11: log on disk per event, ids included", "B",
             target=100, less_is_better=True)]
P2 = [Figure("P2", "requests_per_s", "durable acknowledgement, 1 event a request", "requests/s",
             target=100e3, floor=70e3)]
P4 = [Figure("P4", "p50_ms", "latency, open loop at 70 % of P2, p50", "ms", less_is_better=True),
      Figure("P4", "p99_ms", "same, p99", "ms", target=10, floor=15, less_is_better=True),
      Figure("P4", "p999_ms", "same, p99.9", "ms", less_is_better=True)]


def notes_of(result):
    found = complaints(result)
    return [f"the generator saw {found}"] if found else []


def measure_p1(bench):
    with bench.server("--roles", "ingest", need_gib=25) as server:
        result = run_load(server, bench.seconds, mode="batch", batch=BATCH, connections=128)
        use = disk_use.log_use(server.data)  # a stop would give spare space back
    events = max(1, result["accepted"])
    parts = {name: size / events for name, size in use.items()}
    conditions = bench.conditions(f"batch of {BATCH}, closed loop, 128 connections, "
                                  f"{bench.seconds:.0f} s", roles="ingest")
    note = (f"log per event: {parts['segment_bytes']:.1f} B of segments, {parts['id_bytes']:.1f} B of "
            f"id sidecars; apart from that {parts['zero_fill_bytes']:.1f} B of zeros in segments, "
            f"{parts['spare_bytes']:.1f} B of spare segment")
    return Measured({"events_per_s": result["events_per_s"],
                     "log_bytes": parts["segment_bytes"] + parts["id_bytes"]},
                    conditions, {"load": result, "log": use}, [note, *notes_of(result)])


def measure_p2(bench):
    with bench.server(need_gib=5) as server:
        result = run_load(server, bench.seconds, mode="single", connections=256)
    conditions = bench.conditions(f"single, closed loop, 256 connections, {bench.seconds:.0f} s")
    return Measured({"requests_per_s": result["requests_per_s"]}, conditions, {"load": result},
                    notes_of(result))


def measure_p4(bench):
    closed = bench.median_of("P2", "requests_per_s")
    if closed is None:
        bench.say("P4 needs P2: one run of it")
        closed = bench.given["P2"] = measure_p2(bench).values["requests_per_s"]
    rate = round(0.7 * closed)
    with bench.server(need_gib=5) as server:
        result = run_load(server, bench.seconds, mode="single", connections=256, rate=rate)
    conditions = bench.conditions(f"single, open loop at {rate} requests/s, latency from the intended "
                                  f"time, 256 connections, {bench.seconds:.0f} s")
    values = {f"p{name}_ms": result[f"p{name}_us"] / 1e3 for name in ("50", "99", "999")}
    return Measured(values, conditions, {"load": result, "rate": rate}, notes_of(result))
