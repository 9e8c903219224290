"""Sums of money that leave 64 bits are refused, not wrapped around; nobody else notices."""
import pathlib
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import Server

HUGE = 1_000_000_000_000  # the greatest amount that is taken, in major units


class LargeSums(unittest.TestCase):
    def setUp(self):
        now_ms = int(time.time() * 1000)
        self.range = {"from": now_ms - 86_400_000, "to": now_ms + 86_400_000}

    def send(self, server, campaign, count, value):
        events = [{"event_id": f"{campaign}-{i}", "event_type": "conversion", "campaign_id": campaign,
                   "user_id": f"u{i}", "value": value} for i in range(count)]
        answer = server.post("/v1/events", events)
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["position"]

    def ask(self, server, position, **more):
        return self.get(server, "/v1/report", metrics="conversions,revenue", after=position, wait_ms=30000, **more)

    def get(self, server, path, **params):
        return server.get(path + "?" + urllib.parse.urlencode({**self.range, **params}))

    def test_a_sum_that_does_not_fit_is_refused_and_the_proof_goes_on(self):
        with Server() as server:
            self.send(server, "fits", 9, HUGE)
            self.send(server, "small", 3, 2)
            position = self.send(server, "huge", 25, HUGE)
            for more in ({}, {"dimensions": "browser"}):  # from memory, from the lake
                answer = self.ask(server, position, filter="campaign_id:eq:huge", **more)
                self.assertEqual(answer.status, 422, answer.body)
                self.assertEqual(answer.json()["code"], "sum_too_large")
                self.assertEqual(self.ask(server, position, **more).status, 422)
            fits = self.ask(server, position, filter="campaign_id:eq:fits").json()["rows"]
            self.assertEqual(fits, [{"conversions": 9, "revenue": 9 * HUGE}])
            small = self.ask(server, position, filter="campaign_id:eq:small").json()["rows"]
            self.assertEqual(small, [{"conversions": 3, "revenue": 6}])
            counts = self.get(server, "/v1/report", metrics="conversions", after=position)
            self.assertEqual(counts.json()["totals"], {"conversions": 37})
            self.assertEqual(self.get(server, "/v1/reconcile").status, 200)
            server.stop()
            server.command("verify")
            server.start()  # from the store now
            again = self.ask(server, position, filter="campaign_id:eq:huge")
            self.assertEqual(again.json()["code"], "sum_too_large", again.body)


if __name__ == "__main__":
    unittest.main()
