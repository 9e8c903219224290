"""T22: the catalog cannot be written; decisions and events go on with the last copy, management answers 503."""
import concurrent.futures
import json
import pathlib
import re
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import Server, wait_until


class CatalogDown(unittest.TestCase):
    def setUp(self):
        self.server = Server("--set", "catalog.busy_timeout_ms=200")
        self.server.start()
        self.server.ready()
        self.addCleanup(self.server.close)
        placement = self.make("placements", key="p")
        self.campaign = self.make("campaigns", name="c", status="ACTIVE")
        item = self.make("line-items", campaign_id=self.campaign["id"], placement_id=placement["id"], bid_cents=10)
        self.make("creatives", line_item_id=item["id"], landing_url="https://shop.example/")

    def make(self, kind, **fields):
        answer = self.server.post(f"/v1/{kind}", fields)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def age_s(self):
        text = self.server.get("/metrics").body.decode()
        return float(re.search(r"^adbacus_catalog_snapshot_age_seconds (\S+)", text, re.M)[1])

    def decide(self, user):
        return self.server.post("/v1/decision", {"placement_key": "p", "user_id": user})

    def test_t22_decisions_go_on_while_the_catalog_is_locked(self):
        ledger = check.Ledger()
        lock = sqlite3.connect(self.server.data / "catalog.sqlite", isolation_level=None)
        try:
            wait_until("the lock is ours", lambda: self.try_lock(lock))
            for i in range(50):
                self.assertEqual(self.decide(f"u{i}").status, 200)
                event = {"event_id": f"e{i}", "event_type": "click", "campaign_id": self.campaign["id"]}
                ledger.send(event)
                self.assertEqual(self.server.post("/v1/events", event).status, 202)
                ledger.ack(event["event_id"])
            refused = self.server.post("/v1/campaigns", {"name": "new"})
            self.assertEqual(refused.status, 503, refused.body)
            self.assertIn("retry-after", refused.headers)
            self.assertEqual(self.server.get("/healthz").status, 200)
        finally:
            lock.close()
        made = self.server.post("/v1/campaigns", {"name": "new"})
        self.assertEqual(made.status, 201, made.body)
        paused = self.server.request("PATCH", f"/v1/campaigns/{self.campaign['id']}", json.dumps({"status": "PAUSED"}),
                                     {"Content-Type": "application/merge-patch+json"})
        self.assertEqual(paused.status, 200, paused.body)
        wait_until("the pause is seen", lambda: self.decide("later").status == 204, 5)
        self.assertLess(self.age_s(), 5)
        self.assertEqual(self.server.stop(), 0, self.server.log_tail())
        check.check_all(self.server, ledger)

    def test_whoever_waits_for_the_lock_holds_up_no_reader_and_hardly_another_writer(self):
        server = Server("--set", "catalog.busy_timeout_ms=3000")
        server.start().ready()
        self.addCleanup(server.close)
        made = server.post("/v1/campaigns", {"name": "c"}).json()
        lock = sqlite3.connect(server.data / "catalog.sqlite", isolation_level=None)
        self.addCleanup(lock.close)
        wait_until("the lock is ours", lambda: self.try_lock(lock))
        target = f"/v1/campaigns/{made['id']}"
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            writers = [pool.submit(server.request, "PATCH", target, json.dumps({"name": f"n{i}"}),
                                   {"Content-Type": "application/json"}) for i in range(30)]
            reads = 0
            while not all(writer.done() for writer in writers):
                asked = time.monotonic()
                for path in (target, "/v1/campaigns", "/v1/audit", "/v1/keys"):
                    answer = server.get(path)
                    self.assertEqual(answer.status, 200, (path, answer.body))
                reads += 1
                self.assertLess(time.monotonic() - asked, 2, "readers wait for no writer")
            self.assertEqual({writer.result().status for writer in writers}, {503})
        self.assertGreater(reads, 3)
        self.assertLess(time.monotonic() - began, 8, "one waits the 3 s, not each")
        lock.execute("ROLLBACK")
        changed = server.request("PATCH", target, '{"name":"free"}', {"Content-Type": "application/json"})
        self.assertEqual(changed.status, 200, changed.body)
        self.assertEqual(server.get(target).json()["name"], "free")

    def try_lock(self, lock):
        try:
            lock.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError:
            return False


if __name__ == "__main__":
    unittest.main()
