"""Ids beyond the bound of keys: counted in the row (other), the same after kills, replays and recounts."""
import collections
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
COMMITS = ("--set", "store.commit_interval_ms=20")


class KeyBound(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)
        self.random = random.Random(SEED)
        self.sent = collections.Counter()  # campaign -> clicks
        self.number = 0
        self.position = None
        self.days = {time.gmtime().tm_yday}

    def post(self, server, campaigns):
        events = []
        for campaign in campaigns:
            self.number += 1
            events.append({"event_id": f"k{self.number}", "event_type": "click", "campaign_id": campaign,
                           "user_id": f"u{self.number % 50}"})
            self.sent[campaign] += 1
        answer = server.post("/v1/events", events)
        self.assertEqual(answer.status, 202, answer.body)
        self.position = answer.json()["position"]

    def report(self, server, **params):
        return server.report(**check.WIDE, metrics="clicks", after=self.position, wait_ms=60000,
                             limit=100000, **params)

    def check_report(self, server, keys_max):
        self.assertEqual(self.report(server)["totals"]["clicks"], self.sent.total())
        rows = self.report(server, dimensions="campaign_id")["rows"]
        self.assertEqual(sum(row["clicks"] for row in rows), self.sent.total())
        own = {row["campaign_id"]: row["clicks"] for row in rows if "other" not in row}
        others = [row for row in rows if "other" in row]
        self.assertEqual([(r["campaign_id"], r["other"]) for r in others], [("(other)", True)])
        self.days.add(time.gmtime().tm_yday)
        self.assertLessEqual(len(own), keys_max * len(self.days))
        self.assertEqual({c: self.sent[c] for c in ("7", "(other)")}, {c: own[c] for c in ("7", "(other)")})
        for campaign, clicks in own.items():
            self.assertEqual(clicks, self.sent[campaign], campaign)
        rest = self.report(server, filter="campaign_id:ne:7")["totals"]["clicks"]
        self.assertEqual(rest, sum(own.values()) - own["7"])
        return own, others[0]["clicks"]

    def test_totals_are_whole_and_every_key_keeps_its_row(self):
        server = Server("--set", "processor.keys_max=50", *COMMITS)
        try:
            server.start()
            server.ready()
            self.post(server, ["7", "(other)"])
            own = None
            for _ in range(8 if LONG else 4):
                for _ in range(4):
                    self.post(server, ["7", "(other)"] + [str(self.random.randrange(100, 900)) for _ in range(60)])
                    if self.random.randrange(2):
                        self.report(server)
                server.kill()
                server.start()
                server.ready()
                now, _ = self.check_report(server, 50)
                self.assertLessEqual(set(own or {}), set(now))
                own = now
            self.assertGreaterEqual(len(own), 50)
            self.check_tools(server)
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_verify(server)
            check.check_replay(server)
            self.grow(server, own)
        finally:
            server.close()

    def check_tools(self, server):
        found = server.get("/v1/reconcile?from={from}&to={to}&wait_ms=60000&after={after}".format(
            **{"from": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - 86400)),
               "to": time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 86400)),
               "after": self.position})).json()
        self.assertEqual(found["differences"], 0, found)
        self.assertGreater(found["other_events"]["traffic"], 0)
        day = time.gmtime().tm_yday
        metrics = server.get("/metrics").body.decode()
        self.post(server, [str(self.random.randrange(10_000, 20_000)) for _ in range(500)])
        self.report(server)
        after = server.get("/metrics").body.decode()

        def value(text, name):
            return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

        if time.gmtime().tm_yday != day:  # the new day has places
            return
        name = 'adbacus_processor_other_events_total{cube="traffic"}'
        self.assertEqual(value(after, name) - value(metrics, name), 500)
        self.assertGreater(value(after, "adbacus_processor_other_keys"), 400)

    def grow(self, server, own):
        """A larger bound acts from where it is said in the log; a replay and a recount know where that was."""
        server.args = [COMMITS[0], COMMITS[1]]
        server.start()
        server.ready()
        self.post(server, [f"new{i}" for i in range(100)])
        rows = self.report(server, dimensions="campaign_id")["rows"]
        self.assertEqual(len(rows), len(own) + 100 + 1)
        self.assertEqual(sum(row["clicks"] for row in rows), self.sent.total())
        self.assertEqual(server.stop(), 0, server.log_tail())
        check.check_verify(server)
        check.check_replay(server)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
