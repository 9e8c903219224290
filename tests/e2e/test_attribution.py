"""Attribution against a plain model that shares no code with the product: whatever the order of
arrival, duplicates, crashes and replays, each conversion is the touches' that earned it."""
import collections
import datetime
import os
import random
import time
import unittest

from harness import LONG, Server, wait_until

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
HOUR_MS = 3_600_000
PARTS = 1_000_000
DEFAULT = {"model": "last_click", "click_window_hours": 24, "view_window_hours": 24, "half_life_hours": 168}
RULES = [
    {"id": "r1", "campaign_id": "c1", "model": "linear", "click_window_hours": 48, "view_window_hours": 6},
    {"id": "r2", "campaign_id": "c2", "model": "position_based", "click_window_hours": 36},
    {"id": "r3", "conversion_type": "lead", "model": "last_touch"},
    {"id": "r4", "campaign_id": "c3", "conversion_type": "purchase", "model": "time_decay", "half_life_hours": 5},
    {"id": "r5", "campaign_id": "c4", "model": "first_click"},
]
LEVELS = {"click": 2, "viewable_impression": 1, "impression": 0}


def shares(total, weights):
    """`total` in whole parts by weight, what is left to the largest remainders, the later one first."""
    exact = [total * w / sum(weights) for w in weights]
    parts = [int(x) for x in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: (exact[i] - parts[i], i), reverse=True)
    for i in by_rest[:total - sum(parts)]:
        parts[i] += 1
    return parts


class Model:
    """`events` in the order in which they were first acknowledged."""

    def __init__(self, events, rules):
        self.events, self.rules = events, rules

    def rule_for(self, touch, conversion_type):
        def find(campaign):
            for kind in (conversion_type, None):
                for rule in self.rules:
                    if rule.get("campaign_id") == campaign and rule.get("conversion_type") == kind:
                        return {**DEFAULT, **rule}
            return None
        return touch.get("campaign_id") and find(touch["campaign_id"]) or find(None) or DEFAULT

    def path(self, conversion):
        touches = []
        for place, e in enumerate(self.events):
            if e["event_type"] not in LEVELS:
                continue
            linked = (e["event_type"] == "click" and e.get("click_id") and
                      e["click_id"] == conversion.get("click_id"))
            if not linked and not (e.get("user_id") and e["user_id"] == conversion.get("user_id")):
                continue
            rule = self.rule_for(e, conversion["type"])
            hours = rule["click_window_hours" if e["event_type"] == "click" else "view_window_hours"]
            age = conversion["timestamp"] - e["timestamp"]
            if 0 <= age <= hours * HOUR_MS:
                touches.append((e["timestamp"], place, e, rule, linked, age))
        touches.sort(key=lambda t: t[:2])
        if not touches:
            return []
        level = max(LEVELS[t[2]["event_type"]] for t in touches)
        best = [t for t in touches if LEVELS[t[2]["event_type"]] == level]
        if touches[-1][3]["model"] == "last_touch":
            best = touches
        rule = best[-1][3]
        if rule["model"] in ("last_click", "last_touch"):
            named = [t for t in touches if t[4]]
            return [(named[-1] if named else best[-1])[2:3] + (PARTS,)]
        if rule["model"] == "first_click":
            weights = [1] + [0] * (len(best) - 1)
        elif rule["model"] == "linear":
            weights = [1] * len(best)
        elif rule["model"] == "time_decay":
            weights = [2 ** (-t[5] / (rule["half_life_hours"] * HOUR_MS)) for t in best]
        else:
            n = len(best)
            weights = [1] if n == 1 else [1, 1] if n == 2 else [2 * (n - 2), *[1] * (n - 2), 2 * (n - 2)]
        return [(t[2], part) for t, part in zip(best, shares(PARTS, weights)) if part]

    def totals(self):
        """(campaign, source, type) -> [conversions in parts, cents x parts]"""
        totals = collections.defaultdict(lambda: [0, 0])
        for conversion in self.events:
            if conversion["event_type"] != "conversion":
                continue
            for touch, part in self.path(conversion):
                key = (touch.get("campaign_id"), touch.get("source"), conversion["type"])
                totals[key][0] += part
                totals[key][1] += part * conversion["value_cents"]
        return totals


def history(rng, count, now_ms):
    """Users with fewer than 64 touches a day, in the order of sending: half of it late by up to 20 hours."""
    events = []
    for i in range(count):
        kind = rng.choice(["impression"] * 4 + ["viewable_impression"] + ["click"] * 3 + ["conversion"] * 2)
        event = {"event_id": f"a{SEED}-{i}", "event_type": kind,
                 "timestamp": now_ms - 48 * HOUR_MS + i * 48 * HOUR_MS // count - rng.choice([0, 1]) *
                 rng.randrange(20) * HOUR_MS}
        if rng.random() < 0.9:
            event["user_id"] = f"u{rng.randrange(count // 75)}"
        if kind in ("click", "conversion") and rng.random() < 0.3:
            event["click_id"] = f"k{rng.randrange(count // 10)}"
        if kind == "conversion":
            event.update(type=rng.choice(["purchase", "lead"]), value_cents=rng.randrange(100_000),
                         transaction_id=f"t{SEED}-{i}")
        else:
            event.update(campaign_id=rng.choice(["c1", "c2", "c3", "c4", "c5"]),
                         source=rng.choice(["facebook", "search"]))
        events.append(event)
    return events


class Attribution(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)

    def send(self, server, events):
        answer = server.post("/v1/events", events)
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["position"]

    def attributed(self, server, position):
        report = server.report(metrics="attributed_conversions,attributed_revenue",
                               dimensions="campaign_id,source,conversion_type", after=position, wait_ms=20000,
                               **{"from": "2019-01-01T00:00:00Z", "to": "2028-12-31T00:00:00Z"})
        self.assertTrue(report["freshness"]["exact"])
        return {(r["campaign_id"], r["source"], r["conversion_type"]):
                (r["attributed_conversions"], r["attributed_revenue"]) for r in report["rows"]}

    def agree(self, found, model):
        wanted = {key: (parts / PARTS, cents / PARTS / 100) for key, (parts, cents) in model.totals().items()
                  if parts}
        self.assertEqual(found.keys(), wanted.keys())
        for key, (conversions, revenue) in wanted.items():
            # The model's weights of time_decay are floating; the rest is exact.
            near = 1e-3 if key[0] == "c3" else 1e-6
            self.assertAlmostEqual(found[key][0], conversions, delta=near, msg=key)
            self.assertAlmostEqual(found[key][1], revenue, delta=1000 * near, msg=key)

    def test_the_click_of_the_same_user_within_24_hours_earns_the_conversion(self):
        with Server() as server:
            now_ms = int(time.time() * 1000)
            click = {"event_type": "click", "event_id": "k-1", "user_id": "user-123", "ad_id": "ad-456",
                     "campaign_id": "camp-789", "source": "facebook", "timestamp": now_ms - 2 * HOUR_MS}
            conversion = {"event_type": "conversion", "event_id": "v-1", "user_id": "user-123",
                          "type": "purchase", "value": 19.99, "source": "ios_app",
                          "timestamp": now_ms - HOUR_MS}
            self.send(server, [conversion])
            position = self.send(server, [click])  # later than what it earned
            old = {**click, "event_id": "k-2", "user_id": "b", "timestamp": now_ms - 30 * HOUR_MS}
            position = self.send(server, [old, {**conversion, "event_id": "v-2", "user_id": "b"}])
            days = [datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).date().isoformat()
                    for ms in (now_ms - 40 * HOUR_MS, now_ms)]
            stats = server.get(f"/api/v1/stats?start_date={days[0]}&end_date={days[1]}&after={position}"
                               "&wait_ms=20000").json()
            sums = collections.Counter()
            for row in stats["data"]:
                self.assertEqual((row["campaign_id"], row["source"]), ("camp-789", "facebook"))
                sums.update(clicks=row["clicks"], conversions=row["conversions"], revenue=row["revenue"])
            self.assertEqual(sums, {"clicks": 2, "conversions": 1, "revenue": 19.99})
            # By their own ids conversions belong to no campaign.
            own = server.report(metrics="conversions,revenue", dimensions="campaign_id,source", after=position,
                                wait_ms=20000, **{"from": days[0], "to": "2028-01-01"})
            self.assertEqual([r for r in own["rows"] if r["conversions"]],
                             [{"campaign_id": None, "source": "ios_app", "conversions": 2, "revenue": 39.98}])
            self.assertEqual(server.stop(), 0)
            server.command("verify")

    def run_history(self, rng, count):
        with Server("--set", "log.segment_mb=1") as server:
            for campaign in sorted({rule["campaign_id"] for rule in RULES if "campaign_id" in rule}):
                answer = server.post("/v1/campaigns", {"id": campaign, "name": campaign})
                self.assertEqual(answer.status, 201, answer.body)
            for rule in RULES:
                answer = server.post("/v1/attribution-rules", rule)
                self.assertEqual(answer.status, 201, answer.body)
            # Five rules may be said in several entries.
            wait_until("the rules are in force", lambda: "rules=5" in server.log_tail())
            events = history(rng, count, int(time.time() * 1000))
            rng.shuffle(events[count // 2:])
            at = 0
            crashes = 0
            while at < len(events):
                size = rng.randrange(1, 120)
                batch = events[at:at + size]
                at += size
                again = rng.sample(events[:at], min(at, rng.randrange(5)))  # delivered twice
                position = self.send(server, batch + again)
                if rng.random() < 0.05 and crashes < 3:
                    crashes += 1
                    server.kill()
                    server.start()
            model = Model(events, RULES)
            self.agree(self.attributed(server, position), model)
            self.assertEqual(server.stop(), 0)
            server.command("verify")
            server.command("replay")
            server.start()
            self.agree(self.attributed(server, position), model)

    def test_random_histories_agree_with_a_plain_model(self):
        rng = random.Random(SEED)
        for _ in range(20 if LONG else 2):
            self.run_history(rng, 10_000 if LONG else 3_000)


if __name__ == "__main__":
    unittest.main()
