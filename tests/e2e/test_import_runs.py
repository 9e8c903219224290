"""Import runs: listed online and offline, and dropped so that every count is as if they had never been."""
import json
import sys
import time
import unittest

import check
from harness import Server

DAY = 86_400_000
PANIC = "node.before_rebuild=panic"


class ImportRuns(unittest.TestCase):
    def setUp(self):
        self.now = int(time.time() * 1000)  # one for all servers that are compared
        self.position = {}                  # by server, of what was sent last

    def send(self, server, name, count, run=None, age_days=0, **fields):
        events = [{"event_id": f"{name}-{i}", "event_type": ("impression", "click", "conversion")[i % 3],
                   "ts": self.now - age_days * DAY - i * 1000, "campaign_id": i % 4, "user_id": f"{name}-u{i % 9}",
                   "metadata": {"batch": name}, **({"type": "purchase", "value_cents": 100 + i} if i % 3 == 2 else {}),
                   **fields} for i in range(count)]
        answer = server.post("/v1/events" + (f"?import={run}" if run else ""), events)
        self.assertEqual(answer.status, 202, answer.body)
        self.position[server] = answer.json()["position"]
        return answer.json()

    def totals(self, server):
        """Rollups, reach and raw events."""
        server.caught_up()
        metrics = "impressions,clicks,conversions,revenue,duplicates,reach"
        raw = {"from": self.now - 390 * DAY, "to": self.now + DAY}
        return (server.report(**check.WIDE, metrics=metrics, dimensions="day,campaign_id", limit=10000)["rows"],
                server.report(**raw, metrics="impressions,clicks,conversions,revenue,duplicates",
                              dimensions="metadata.batch", after=self.position[server], wait_ms=20000)["rows"])

    def list(self, server, *args):
        return json.loads(server.command("import", "list", "--json", *args).stdout)["items"]

    def test_runs_are_listed_by_the_server_and_from_the_folder(self):
        with Server() as server:
            server.ready()
            self.assertEqual(server.command("import", "list", "--url", server.url).stdout, "no import runs\n")
            self.send(server, "live", 30)
            self.send(server, "old", 40, run="spring", age_days=400)
            self.send(server, "old", 40, run="spring", age_days=400)
            self.send(server, "new", 5, run="fall-2", age_days=30)
            server.caught_up()
            items = server.get("/v1/imports").json()["items"]
            self.assertEqual([(r["run"], r["events"], r["duplicates"]) for r in items],
                             [("fall-2", 5, 0), ("spring", 80, 40)])
            self.assertEqual(self.list(server, "--url", server.url), items)
            self.assertEqual(server.get("/v1/imports?x=1").status, 422)
            refused = server.command("import", "list", check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("belongs to a running adbacus", refused.stderr)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(self.list(server), items)
            table = server.command("import", "list").stdout.splitlines()
            self.assertTrue(table[0].startswith("RUN "))
            self.assertEqual(len(table), 3)

    def test_a_dropped_run_is_in_no_number_and_stays_out_of_them(self):
        with Server() as never, Server() as server:
            never.ready()
            server.ready()
            for each in (never, server):
                self.send(each, "live", 60)
                self.send(each, "good", 50, run="good", age_days=200)
            expected = self.totals(never)
            self.send(server, "bad", 90, run="bad", age_days=200, user_id="someone else")
            self.send(server, "bad", 90, run="bad", age_days=200)
            server.caught_up()
            self.assertEqual(server.stop(), 0)
            done = server.command("import", "drop", "bad", "--json")
            self.assertEqual(json.loads(done.stdout)["items"][0]["events"], 180)
            self.assertEqual([r["run"] for r in self.list(server)], ["good"])
            result = check.check_verify(server)
            self.assertEqual((result["events"], result["dropped"], result["lake_rows"]), (110, 180, 110))
            check.check_replay(server)
            again = server.command("import", "drop", "bad", check=False)
            self.assertEqual(again.returncode, 1)
            self.assertIn("no import run bad", again.stderr)
            server.start().ready()
            self.assertEqual(self.totals(server), expected)
            # The run's ids stay known in it; under another name they count.
            self.assertEqual(self.send(server, "bad", 90, run="bad", age_days=200)["duplicates"], 90)
            self.assertEqual(self.send(server, "bad", 90, run="better", age_days=200)["duplicates"], 0)
            server.caught_up()
            self.assertEqual(server.stop(), 0)
            self.assertEqual([(r["run"], r["events"], r["duplicates"]) for r in self.list(server)],
                             [("bad", 90, 90), ("better", 90, 0), ("good", 50, 0)])
            check.check_verify(server)

    def test_a_drop_that_dies_halfway_is_completed_by_the_next_start(self):
        with Server() as server:
            server.ready()
            self.send(server, "live", 20)
            before = self.totals(server)
            self.send(server, "bad", 30, run="bad", age_days=3)
            server.caught_up()
            self.assertEqual(server.stop(), 0)
            died = server.command("import", "drop", "bad", check=False, env={"FAILPOINTS": PANIC})
            self.assertLess(died.returncode, 0, "the order is in the log, nothing is rebuilt yet")
            stale = server.command("verify", check=False)
            server.start().ready()
            self.assertEqual(self.totals(server), before)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(check.check_verify(server)["dropped"], 30, stale.stdout + stale.stderr)

    def test_a_drop_needs_a_run_and_a_stopped_server(self):
        with Server() as server:
            server.ready()
            self.send(server, "a", 3, run="a")
            for args, code, words in ((("drop", "a"), 1, "belongs to a running adbacus"), (("drop",), 2, "run"),
                                      (("drop", "a", "--url", server.url), 2, "--url"), ((), 2, "name files to import")):
                done = server.command("import", *args, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
            self.assertEqual(server.stop(), 0)
            other = server.command("import", "drop", "a", "--tenant", "2", check=False)
            self.assertEqual(other.returncode, 1)
            self.assertIn("tenant 2 has no import run a", other.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
