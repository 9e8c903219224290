"""P8: how many ads a second are decided on, and how fast at a given rate."""
import http.client
import json
import random

from figures import Figure, Measured
from load import complaints, run_load

LINE_ITEMS = 1_000
MANY_ITEMS = 10_000
BULK = 1_000

P8 = [Figure("P8", "decisions_per_s", "ad decisions, 1,000 line items, closed loop", "decisions/s", target=80e3),
      Figure("P8", "p50_ms", "same, open loop at 70 %, p50", "ms", less_is_better=True),
      Figure("P8", "p99_ms", "same, p99", "ms", target=2, less_is_better=True),
      Figure("P8", "many_per_s", "same, 10,000 line items, closed loop", "decisions/s", target=68e3)]  # 15 % less

VALUES = {"device": ["mobile", "desktop", "tablet"], "country": ["DE", "AT", "CH"],
          "os": ["ios", "android", "windows", "macos"], "browser": ["chrome", "safari", "firefox", "edge"],
          "language": ["en", "de"], "room_type": ["bedroom", "kitchen", "living", "bath", "hall"]}


class Catalog:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}

    def post(self, path, body):
        self.connection.request("POST", path, json.dumps(body).encode(), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def bulk(self, kind, objects):
        for begin in range(0, len(objects), BULK):
            answer = self.post(f"/v1/{kind}/bulk", objects[begin:begin + BULK])
            wrong = [r for r in answer["results"] if r["status"] not in (200, 201)]
            if wrong:
                raise RuntimeError(f"{kind}: {wrong[0]}")


def make_catalog(server, count):
    """One placement, `count` campaigns of a line item each: six targeted fields, a budget, caps and pacing."""
    rng = random.Random(8)
    catalog = Catalog(server)
    catalog.post("/v1/placements", {"id": "1", "key": "load"})
    numbers = range(1, count + 1)
    catalog.bulk("campaigns", [{"id": str(i), "name": f"c{i}", "status": "ACTIVE", "daily_budget_cents": 10_000_000,
                                "caps": [{"count": 50, "period_hours": 24}]} for i in numbers])
    catalog.bulk("line-items", [
        {"id": str(i), "campaign_id": str(i), "placement_id": "1", "bid_cents": rng.randint(1, 100), "pricing": "cpm",
         "pacing_mode": rng.choice(["STANDARD", "FRONTLOADED", "ACCELERATED"]),
         "targeting_json": {field: rng.sample(values, rng.randint(max(1, len(values) - 2), len(values)))
                            for field, values in VALUES.items()}} for i in numbers])
    catalog.bulk("creatives", [{"line_item_id": str(i), "landing_url": f"https://shop.example/{i}",
                                "image_url": f"https://cdn.example/{i}.png"} for i in numbers])


def measure_p8(bench):
    results = {}
    with bench.server(need_gib=10) as server:
        make_catalog(server, LINE_ITEMS)
        closed = results["closed"] = run_load(server, bench.seconds / 2, mode="decision", connections=64)
        rate = round(0.7 * closed["requests_per_s"])
        results["open"] = run_load(server, bench.seconds, mode="decision", connections=64, rate=rate)
    with bench.server(need_gib=10) as server:
        make_catalog(server, MANY_ITEMS)
        results["many"] = run_load(server, bench.seconds / 2, mode="decision", connections=64)
    conditions = bench.conditions(
        f"POST /v1/decision for one placement with {LINE_ITEMS} line items, then {MANY_ITEMS}, each with six targeted "
        f"fields, a daily budget, pacing and caps; 1 M users, trace off, every decision logged; 64 connections; closed "
        f"loop {bench.seconds / 2:.0f} s, open loop {bench.seconds:.0f} s at {rate} decisions/s, latency from the "
        "intended time")
    notes = [f"{how}: the generator saw {complaints(result)}" for how, result in results.items() if complaints(result)]
    return Measured({"decisions_per_s": results["closed"]["requests_per_s"],
                     "p50_ms": results["open"]["p50_us"] / 1e3, "p99_ms": results["open"]["p99_us"] / 1e3,
                     "many_per_s": results["many"]["requests_per_s"]},
                    conditions, results, notes)
