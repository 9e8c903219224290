"""GET /v1/reconcile: what is served is the recount of the raw events, also while events arrive."""
import sys
import time
import unittest
import urllib.parse

import duckdb
from harness import Server, wait_until
from traffic import Sender


class Reconcile(unittest.TestCase):
    def ask(self, server, **params):
        now = int(time.time() * 1000)
        query = {"from": now - 7_200_000, "to": now + 3_600_000, **params}
        return server.get("/v1/reconcile?" + urllib.parse.urlencode(query))

    def test_agrees_while_events_arrive_and_answers_what_it_is_asked(self):
        with Server() as server:
            server.ready()
            sender = Sender(server, 11)
            sender.start()
            wait_until("some traffic", lambda: sender.acked_batches > 30)
            for granularity in ("hour", "minute", "hour"):
                answer = self.ask(server, granularity=granularity, wait_ms=30000)
                self.assertEqual(answer.status, 200, answer.body)
                result = answer.json()
                self.assertEqual((result["differences"], result["shown"]), (0, []), result)
                self.assertGreater(result["aggregates"], 20)
                self.assertEqual(result["granularity"], granularity)
            sender.stop()
            position = sender.position
            result = self.ask(server, after=position, wait_ms=30000).json()
            self.assertGreaterEqual(int(result["position"].split("-")[1]), int(position.split("-")[1]))
            self.assertEqual(result["differences"], 0)
            empty = server.get("/v1/reconcile?from=2020-01-01&to=2020-01-02").json()
            self.assertEqual((empty["aggregates"], empty["differences"]), (0, 0))
            self.assertEqual(empty["from"], "2020-01-01T00:00:00Z")
            self.assertIn("/v1/reconcile", server.get("/openapi.json").json()["paths"])

            for bad, status, code in (
                    ({"from": "soon"}, 422, "invalid_time"), ({"to": "2020-01-01"}, 422, "invalid_range"),
                    ({"from": "2020-01-01"}, 422, "range_too_long"), ({"after": "00000000-1"}, 422, "bad_position"),
                    ({"granularity": "week"}, 422, "unknown_granularity"), ({"wait_ms": "-1"}, 422, "invalid_number"),
                    ({"tenant_id": "2"}, 403, "tenant_mismatch"), ({"nosuch": "1"}, 422, "unknown_parameter")):
                answer = self.ask(server, **bad)
                self.assertEqual((answer.status, answer.json()["code"]), (status, code), (bad, answer.body))
            self.assertEqual(server.get("/v1/reconcile?to=2020-01-01").json()["code"], "missing_parameter")
            self.assertEqual(server.get("/v1/reconcile", key=False).status, 401)
            self.assertEqual(server.stop(), 0)

    def test_names_the_aggregate_that_differs(self):
        with Server() as server:
            server.ready()
            now = int(time.time() * 1000) // 3_600_000 * 3_600_000
            sent = server.post("/v1/events", [
                {"event_id": f"e{i}", "event_type": "click", "ts": now, "campaign_id": "a|b%"}
                for i in range(3)])
            self.assertEqual(sent.status, 202)
            self.assertEqual(self.ask(server, after=sent.json()["position"]).json()["differences"], 0)
            self.assertEqual(server.stop(), 0)
            # Somebody takes an event out of a lake file behind the server's back.
            [path] = (server.data / "lake/events").rglob("*.parquet")
            changed = server.folder / "changed.parquet"
            with duckdb.connect() as db:
                db.execute(f"copy (select * from '{path}' where event_id <> 'e1') to '{changed}' (format parquet)")
            server.start()
            server.ready()
            path.write_bytes(changed.read_bytes())
            result = self.ask(server).json()
            self.assertEqual(result["differences"], 2, result)  # traffic and breakdown
            shown = result["shown"][0]
            self.assertEqual(shown["dimensions"], {"campaign_id": "a|b%"})
            self.assertEqual((shown["served"], shown["counted"]),
                             ({"clicks": 3, "events": 3}, {"clicks": 2, "events": 2}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
