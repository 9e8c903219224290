"""T01 and the README's promises: what goes in comes out, exactly, and survives restarts."""
import sys
import time
import unittest

import check
from harness import LONG, Server, wait_until
from traffic import Sender, merge


class Baseline(unittest.TestCase):
    def test_every_event_counts_once_and_reports_equal_the_recount(self):
        with Server() as server:
            server.ready()
            batches = 600 if LONG else 100
            senders = [Sender(server, seed, batch_events=100, batches=batches) for seed in (1, 2, 3)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(120)
                sender.stop()
            ledger = merge(*(s.ledger for s in senders))
            positions = [s.position for s in senders]
            for position in positions:
                server.report(**check.WIDE, metrics="impressions", after=position, wait_ms=30000)
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_all(server, ledger)

    def test_reads_its_own_writes_and_answers_as_the_compatibility_endpoints_promise(self):
        with Server() as server:
            server.ready()
            now = int(time.time() * 1000) // 60000 * 60000
            events = [{"event_id": f"e{i}", "tenant_id": 1, "user_id": f"u{i}", "ts": now,
                       "event_type": kind, "campaign_id": 7, "placement_id": 3, "value_cents": value}
                      for i, (kind, value) in enumerate(
                          [("IMPRESSION", 0)] * 8 + [("CLICK", 0)] * 4 + [("CONVERSION", 1999)])]
            first = server.post("/api/events/", events)
            self.assertEqual(first.status, 202, first.body)
            self.assertEqual(first.json()["status"], "queued")
            self.assertEqual((first.json()["accepted"], first.json()["duplicates"]), (13, 0))
            again = server.post("/api/events/", events, compress=True)
            self.assertEqual((again.json()["accepted"], again.json()["duplicates"]), (13, 13))
            target = (f"/api/report/summary/?tenant_id=1&from={now - 60000}&to={now + 60000}"
                      f"&campaign_id=7&after={again.json()['position']}")
            summary = server.get(target).json()
            self.assertEqual({k: summary[k] for k in ("impressions", "clicks", "conversions", "revenue_cents")},
                             {"impressions": 8, "clicks": 4, "conversions": 1, "revenue_cents": 1999})
            self.assertEqual((summary["ctr"], summary["conversion_rate"]), (0.5, 0.25))

    def test_load_verifies_beside_events_that_are_not_visible_yet(self):
        # The fold sleeps over the first event, so the load begins before that one is in reports.
        with Server(env={"FAILPOINTS": "fold.before_record=1*sleep(1500)"}) as server:
            server.ready()
            event = {"event_id": "before", "event_type": "click", "campaign_id": 1, "user_id": "u"}
            self.assertEqual(server.post("/v1/events", event).status, 202)
            done = server.command("load", "--url", f"http://127.0.0.1:{server.port}", "--verify",
                                  "--seconds", "1", "--rate", "5000", "--quiet", check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_second_process_is_refused_while_the_first_runs(self):
        with Server() as server:
            server.ready()
            done = server.command("verify", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("belongs to a running adbacus", done.stderr)

    def test_kill_9_loses_nothing_that_was_acknowledged(self):
        with Server() as server:
            server.ready()
            sender = Sender(server, 9, batches=50)
            sender.start()
            sender.join(60)
            sender.stop()
            server.kill()
            server.start()
            server.ready()
            server.report(**check.WIDE, metrics="impressions", after=sender.position, wait_ms=30000)
            self.assertEqual(server.stop(), 0)
            check.check_all(server, sender.ledger)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
