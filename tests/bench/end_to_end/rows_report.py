"""P6: how fast summaries of one campaign over 24 hours are answered while events come in."""
import http.client
import json
import time

from figures import Figure, Measured
from load import Load, complaints, run_load
from rows_fold import sustained_rate
from rows_ingest import BATCH

CAMPAIGNS = 1_000
DAY_MINUTES = 1_440
ASKED_PER_S = 5_000

P6 = [Figure("P6", "p50_ms", "report over HTTP at 5,000 q/s, p50", "ms", target=1,
             less_is_better=True),
      Figure("P6", "p99_ms", "same, p99", "ms", target=5, floor=10, less_is_better=True),
      Figure("P6", "open_per_s", "same, reached", "q/s", target=ASKED_PER_S * 0.99),
      Figure("P6", "closed_per_s", "report over HTTP, closed loop", "q/s", target=ASKED_PER_S)]


def minute_of_events(minute_ms):
    """One event of each campaign, every tenth a click."""
    lines = []
    for campaign in range(1, CAMPAIGNS + 1):
        kind = "click" if (minute_ms // 60_000 + campaign) % 10 == 0 else "impression"
        lines.append(f'{{"event_id":"day-{minute_ms}-{campaign}","event_type":"{kind}",'
                     f'"ts":{minute_ms},"user_id":"u-{campaign * 7}","campaign_id":{campaign},'
                     f'"placement_id":{campaign % 10},"metadata":{{"country":"DE"}}}}')
    return ("[" + ",".join(lines) + "]").encode()


def fill_day(server, every_minutes):
    """Events of the 24 hours before now, in the reports when this returns; how many."""
    now_minute = int(time.time()) // 60
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    events = 0
    for back in range(DAY_MINUTES, 0, -every_minutes):
        connection.request("POST", "/v1/events", minute_of_events((now_minute - back) * 60_000),
                           headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 202 or b'"rejected":[]' not in body:
            raise RuntimeError(f"events of the day before got {answer.status}: {body[:300]}")
        events += CAMPAIGNS
    position = json.loads(body)["position"]
    report = server.report(**{"metrics": "impressions,clicks", "filter": "campaign_id:eq:7",
                              "from": (now_minute - DAY_MINUTES) * 60_000, "to": now_minute * 60_000,
                              "after": position, "wait_ms": 60_000})
    if sum(report["totals"].values()) != events // CAMPAIGNS:
        raise RuntimeError(f"the day's report has {report['totals']}, sent were {events // CAMPAIGNS}")
    return events


def measure_p6(bench):
    rate = max(BATCH, round(sustained_rate(bench) / 10))
    every_minutes = 10 if bench.quick else 1
    closed_s = bench.seconds / 3
    with bench.server(need_gib=10) as server:
        filled = fill_day(server, every_minutes)
        server.wait_folded()
        bench.say(f"P6: {filled} events of 24 h are loaded")
        with Load(server, mode="batch", batch=BATCH, connections=16, rate=rate,
                  seconds=bench.seconds + closed_s + 30) as ingest:
            reports = {"mode": "report", "connections": 64, "campaigns": CAMPAIGNS}
            opened = run_load(server, bench.seconds, rate=ASKED_PER_S, **reports)
            closed = run_load(server, closed_s, **reports)
            if not ingest.is_running():
                raise RuntimeError("the ingesting load ended before the reports were measured")
    conditions = bench.conditions(
        f"GET /api/report/summary/ of one of {CAMPAIGNS} campaigns (Zipf) over the last 24 h, 64 "
        f"connections; open loop {bench.seconds:.0f} s at {ASKED_PER_S} q/s with latency from the intended "
        f"time, then closed loop {closed_s:.0f} s; {filled} events of 24 h loaded before; a second "
        f"generator ingests {rate} events/s in batches of {BATCH}; there is no cache of answers (hit "
        "rate 0 %)")
    notes = [f"{how}: the generator saw {complaints(result)}"
             for how, result in (("open loop", opened), ("closed loop", closed)) if complaints(result)]
    notes.append(f"closed loop: p50 {closed['p50_us'] / 1e3:.2f} ms, p99 {closed['p99_us'] / 1e3:.2f} ms")
    return Measured({"p50_ms": opened["p50_us"] / 1e3, "p99_ms": opened["p99_us"] / 1e3,
                     "open_per_s": opened["requests_per_s"],
                     "closed_per_s": closed["requests_per_s"]},
                    conditions, {"open": opened, "closed": closed, "ingest_rate": rate}, notes)
