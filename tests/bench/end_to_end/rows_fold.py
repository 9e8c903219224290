"""P3, P5: the rate that every stage keeps up with, and how soon an event is in a report."""
import http.client
import json
import random
import time
import urllib.parse

import metrics
from figures import Figure, Measured
from load import Load, complaints, run_load
from machine import quantile
from rows_ingest import BATCH

LAG_MAX_S = 5.0    # in a run of a minute; a shorter one would hide what does not keep up
ROUNDS_MAX = 6     # loads that P5 waits for its probes
STEP = 0.05  # of the closed loop's rate, between two rates that are tried

P3 = [Figure("P3", "events_per_s", "through every stage, lag < 5 s all the time", "events/s",
             target=1.0e6, floor=0.7e6)]
P5 = [Figure("P5", "p50_ms", "acknowledged to visible in a report, load at half of P3, p50", "ms",
             less_is_better=True),
      Figure("P5", "p99_ms", "same, p99", "ms", target=1000, less_is_better=True)]


def lag_limit_s(bench):
    return min(LAG_MAX_S, max(1.0, LAG_MAX_S * bench.seconds / 60))


def attempt(bench, rate):
    """One load through all roles; whether the fold kept up with it."""
    with bench.server(need_gib=15) as server, metrics.MetricsSampler(server) as sampler:
        result = run_load(server, bench.seconds, mode="batch", batch=BATCH, connections=128, rate=rate)
        lag_at_end_s = metrics.read_metrics(server)[metrics.LAG]
    lag_s = max(sampler.largest(metrics.LAG), lag_at_end_s)
    reached = rate == 0 or result["events_per_s"] >= 0.99 * rate
    tried = {"rate": rate, "events_per_s": result["events_per_s"], "lag_max_s": lag_s,
             "folded_per_s": sampler.rate(metrics.FOLDED), "samples": len(sampler.samples),
             "samples_failed": sampler.failures, "load": result,
             "resident_max_bytes": sampler.largest(metrics.RESIDENT)}
    tried["counts"] = (reached and lag_s < lag_limit_s(bench) and not sampler.failures and
                       len(sampler.samples) > bench.seconds / 2 and
                       not any(result[name] for name in
                               ("errors", "status_429", "status_503", "status_other")))
    how = "closed loop" if rate == 0 else f"open loop at {rate:.0f}/s"
    bench.say(f"P3 {how}: {result['events_per_s']:.0f} events/s, folded {tried['folded_per_s']:.0f}/s, "
              f"lag at most {lag_s:.1f} s: {'counts' if tried['counts'] else 'does not count'}")
    return tried


def search(bench, tries):
    """Greatest open-loop rate on the grid of steps below the closed loop's that counts."""
    top = tries[0]["events_per_s"]
    low, high = 0, round(1 / STEP)  # low counts (at 0 trivially), high does not
    best = None
    while high - low > 1:
        middle = (low + high) // 2
        tries.append(attempt(bench, round(top * middle * STEP)))
        if tries[-1]["counts"]:
            low, best = middle, tries[-1]
        else:
            high = middle
    return best


def step_down(bench, tries, rate):
    """From a rate that counted in an earlier run down until one does again."""
    for step in range(10):
        tries.append(attempt(bench, round(rate * (1 - step * STEP))))
        if tries[-1]["counts"]:
            return tries[-1]
    return None


def measure_p3(bench):
    tries = []
    earlier = bench.outcomes["P3"].runs if "P3" in bench.outcomes else []
    best = None
    if earlier and earlier[-1].detail["best_rate"] > 0:
        best = step_down(bench, tries, earlier[-1].detail["best_rate"])
    else:
        tries.append(attempt(bench, 0))
        best = tries[0] if tries[0]["counts"] else search(bench, tries)
    if best is None:
        seen = ", ".join(f"{tried['rate'] or 'closed'}: lag {tried['lag_max_s']:.1f} s" for tried in tries)
        raise RuntimeError(f"no rate was sustained ({seen})")
    conditions = bench.conditions(
        f"batch of {BATCH}, 128 connections, {bench.seconds:.0f} s, lag from /metrics each second; closed "
        f"loop if the lag stays under {lag_limit_s(bench):.0f} s, else the greatest rate (steps of 5 %) of an "
        "open loop with which it does")
    closed = [tried for tried in tries if tried["rate"] == 0]
    notes = [f"closed loop took in {tried['events_per_s']:.0f} events/s, folded "
             f"{tried['folded_per_s']:.0f}/s, lag at most {tried['lag_max_s']:.1f} s"
             for tried in closed]
    notes.append(f"at the figure: folded {best['folded_per_s']:.0f}/s while it came in, lag at most "
                 f"{best['lag_max_s']:.2f} s, resident memory at most "
                 f"{best['resident_max_bytes'] / 2**30:.2f} GiB")
    return Measured({"events_per_s": best["events_per_s"]}, conditions,
                    {"best_rate": best["rate"], "tries": tries}, notes)


def sustained_rate(bench):
    rate = bench.median_of("P3", "events_per_s")
    if rate is None:
        bench.say("P3 is needed first: one run of it")
        rate = bench.given["P3"] = measure_p3(bench).values["events_per_s"]
    return rate


class Probe:
    """Posts one event of a campaign of its own and waits until a report counts it."""

    campaign = "987654321"

    def __init__(self, server, sent_before):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)
        self.headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
        self.sent = sent_before

    def ask(self, method, target, body=None):
        self.connection.request(method, target, body, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def measure_ms(self):
        now_ms = int(time.time() * 1000)
        event = {"event_id": f"probe-{now_ms}-{self.sent}", "event_type": "impression", "ts": now_ms,
                 "campaign_id": self.campaign}
        status, answer = self.ask("POST", "/v1/events", json.dumps(event))
        acknowledged = time.monotonic()
        if status != 202:
            raise RuntimeError(f"a probe got {status}: {answer}")
        self.sent += 1
        query = urllib.parse.urlencode({
            "metrics": "impressions", "filter": f"campaign_id:eq:{self.campaign}",
            "from": now_ms // 60_000 * 60_000 - 3_600_000, "to": now_ms // 60_000 * 60_000 + 3_600_000,
            "after": answer["position"], "wait_ms": 60_000})
        status, report = self.ask("GET", "/v1/report?" + query)
        elapsed_ms = (time.monotonic() - acknowledged) * 1e3
        if status != 200:
            raise RuntimeError(f"the report after a probe got {status}: {report}")
        if report["totals"]["impressions"] != self.sent:
            raise RuntimeError(f"{self.sent} probes were sent, the report has {report['totals']}")
        return elapsed_ms


def probe_under_load(bench, server, rate, times_ms):
    """Adds a time for each probe that was answered during one load; the load's result."""
    pauses = random.Random(len(times_ms))  # probes shall not keep step with the server's intervals
    probe = Probe(server, len(times_ms))
    with Load(server, mode="batch", batch=BATCH, connections=64, rate=rate,
              seconds=bench.seconds) as load:
        while load.is_running():
            times_ms.append(probe.measure_ms())
            time.sleep(pauses.uniform(0, 0.2))
        return load.result(60)


def measure_p5(bench):
    rate = round(sustained_rate(bench) / 2)
    probes_min = 20 if bench.quick else 200
    times_ms, loads = [], []
    with bench.server(need_gib=20) as server:
        while len(times_ms) < probes_min and len(loads) < ROUNDS_MAX:
            loads.append(probe_under_load(bench, server, rate, times_ms))
    if len(times_ms) < probes_min:
        raise RuntimeError(f"only {len(times_ms)} probes were answered during {ROUNDS_MAX} loads")
    conditions = bench.conditions(
        f"open loop of {rate} events/s in batches of {BATCH} over 64 connections, for "
        f"{bench.seconds:.0f} s and again until there are {probes_min} probes; a probe is one event "
        "posted alone, and /v1/report with after=position, from the 202 to the report, client in "
        "Python on the same cores")
    notes = [f"{len(times_ms)} probes, at most {max(times_ms):.0f} ms"]
    notes += [f"the load reached {load['events_per_s']:.0f} events/s" +
              (f" and saw {complaints(load)}" if complaints(load) else "") for load in loads]
    return Measured({"p50_ms": quantile(times_ms, 0.5), "p99_ms": quantile(times_ms, 0.99)},
                    conditions, {"probes": len(times_ms), "rate": rate, "loads": loads}, notes)
