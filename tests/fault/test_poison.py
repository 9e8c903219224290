"""T31: one log entry that the fold cannot take, or that kills it, costs nothing but itself."""
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import Server, wait_until

NOW_MS = int(time.time() * 1000)


def impression(number, **more):
    return {"event_id": f"e{number}", "event_type": "impression", "user_id": "u", "campaign_id": "c",
            "ts": NOW_MS, **more}


def impressions(server, position):
    report = server.report(**check.WIDE, metrics="impressions", after=position, wait_ms=30000)
    return report["totals"]["impressions"]


def send(server, *events):
    answer = server.post("/v1/events", list(events))
    assert answer.status == 202, answer.body
    return answer.json()["position"]


class Poison(unittest.TestCase):
    # One user, so one partition: the places in the log are those in the batch.
    POISON = 5

    def dead_letters(self, server):
        return server.get("/readyz").json()["dead_letters"]

    def verify(self, server):
        result = check.check_verify(server)
        check.check_replay(server)
        return result

    def test_an_entry_that_fails_is_skipped_after_three_tries_and_in_every_replay(self):
        with Server(env={"FAILPOINTS": f"fold.record.{self.POISON}=return(corrupt)"}) as server:
            server.ready()
            position = send(server, *[impression(i) for i in range(1, 11)])
            self.assertEqual(impressions(server, position), 9)
            self.assertEqual(self.dead_letters(server), {"total": 1, "open": 1})
            self.assertEqual(server.get("/readyz").status, 200)
            self.assertIn("adbacus_processor_skipped_total 1", server.get("/metrics").body.decode())
            self.assertEqual(server.log_tail().count("a log entry cannot be folded "), 3)
            # The id stays known: sending the event again does not bring it back by chance.
            answer = server.post("/v1/events", [impression(self.POISON)])
            self.assertEqual(answer.json()["duplicates"], 1)
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.env = {}  # a program that could fold it passes it over all the same
            server.start().ready()
            position = send(server, impression(11))
            self.assertEqual(impressions(server, position), 10)
            self.assertEqual(self.dead_letters(server), {"total": 1, "open": 1})
            self.assertEqual(server.stop(), 0, server.log_tail())
            result = self.verify(server)
            self.assertEqual((result["events"], result["dead_letters"]), (11, 1))

    def test_an_entry_that_kills_the_process_is_found_and_skipped(self):
        with Server(env={"FAILPOINTS": f"fold.record.{self.POISON}=panic"}) as server:
            server.ready()
            try:
                send(server, *[impression(i) for i in range(1, 11)])
            except OSError:
                pass  # it may die before it answers; the events are durable or sent again below
            deaths = 0
            while deaths < 8:
                end = time.monotonic() + 30
                while time.monotonic() < end and not server.exited():
                    if self.skipped(server):
                        break
                    time.sleep(0.02)
                if not server.exited():
                    break
                deaths += 1
                server.start(wait=False)
                wait_until("listens or dies", lambda: server.exited() or self.listens(server))
            # Once amid its record, twice alone; the count outlived every one of them.
            self.assertEqual(deaths, 3, server.log_tail())
            server.ready()
            position = send(server, *[impression(i) for i in range(1, 11)])
            self.assertEqual(impressions(server, position), 9)
            self.assertEqual(server.stop(), 0, server.log_tail())
            result = self.verify(server)
            self.assertEqual(result["dead_letters"], 1)

    def one_letter(self, server):
        """A server that runs with POISON in the dead letters, and its position."""
        server.ready()
        position = send(server, *[impression(i) for i in range(1, 11)])
        self.assertEqual(impressions(server, position), 9)
        return position

    def test_a_fixed_letter_counts_once_whatever_is_repeated(self):
        with Server(env={"FAILPOINTS": f"fold.record.{self.POISON}=return(corrupt)"}) as server:
            self.one_letter(server)
            page = server.get("/v1/dead-letters?state=open").json()
            self.assertIsNone(page["next_cursor"])
            [letter] = page["items"]
            self.assertEqual((letter["id"], letter["state"], letter["tries"], letter["event_id"]),
                             (str(self.POISON), "open", 3, f"e{self.POISON}"))
            self.assertIn("fold.record", letter["reason"])
            path = f"/v1/dead-letters/{letter['id']}"
            event = server.get(path).json()["event"]
            self.assertEqual((event["event_id"], event["campaign_id"]), (f"e{self.POISON}", "c"))
            self.assertEqual(server.post(path + "/fix", {**event, "event_id": "other"}).status, 422)
            self.assertEqual(server.post(path + "/fix", {**event, "event_type": "nonsense"}).status, 422)
            self.assertEqual(server.post(path + "/fix", [event, event]).status, 422)
            fixed = server.post(path + "/fix", {**event, "campaign_id": "fixed"})
            self.assertEqual(fixed.status, 200, fixed.body)
            self.assertEqual(fixed.json()["letter"]["state"], "fixed")
            for order in ("fix", "replay", "drop"):
                self.assertEqual(server.post(f"{path}/{order}", event).status, 409)
            self.assertEqual(impressions(server, fixed.json()["position"]), 10)
            rows = server.report(**check.WIDE, metrics="impressions", dimensions="campaign_id")["rows"]
            self.assertEqual({r["campaign_id"]: r["impressions"] for r in rows}, {"c": 9, "fixed": 1})
            self.assertEqual(self.dead_letters(server), {"total": 1, "open": 0})
            self.assertEqual(server.get("/v1/dead-letters?state=open").json()["items"], [])
            self.assertEqual(server.get("/v1/dead-letters/77").status, 404)
            self.assertEqual(server.get("/v1/dead-letters", key=False).status, 401)
            paths = server.get("/openapi.json").json()["paths"]
            self.assertIn("/v1/dead-letters/{id}/fix", paths)
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.env = {}
            result = self.verify(server)
            self.assertEqual((result["events"], result["dead_letters"]), (10, 0))
            rows = check.raw_rows(server.data)
            self.assertEqual(sorted(r[0] for r in rows), sorted(f"e{i}" for i in range(1, 11)))

    def test_a_replay_that_fails_leaves_the_letter_open_and_one_that_works_settles_it(self):
        env = {"FAILPOINTS": f"fold.record.{self.POISON}=return(corrupt);fold.record.12=return(corrupt)"}
        with Server(env=env) as server:
            self.one_letter(server)  # the skip is entry 11
            path = f"/v1/dead-letters/{self.POISON}"
            again = server.post(path + "/replay", {})
            self.assertEqual((again.status, again.json()["code"]), (409, "failed_again"))
            wait_until("the letter is open again",
                       lambda: server.get(path).json()["failed_restores"] == 1)
            self.assertEqual(self.dead_letters(server), {"total": 1, "open": 1})
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.env = {}
            self.assertIn(f"\n{self.POISON} ", server.command("dlq", "list").stdout)
            [letter] = json.loads(server.command("dlq", "list", "--json", "--state", "open").stdout)["items"]
            self.assertEqual(letter["id"], str(self.POISON))
            done = json.loads(server.command("dlq", "replay", "--json", letter["id"]).stdout)
            self.assertEqual(done["state"], "replayed")
            self.assertNotEqual(server.command("dlq", "replay", letter["id"], check=False).returncode, 0)
            result = self.verify(server)
            self.assertEqual((result["events"], result["dead_letters"]), (10, 0))

    def test_a_dropped_letter_is_never_counted_and_other_tenants_see_none(self):
        with Server(env={"FAILPOINTS": f"fold.record.{self.POISON}=return(corrupt)"}) as server:
            self.one_letter(server)
            url = ["--url", server.url]
            shown = json.loads(server.command("dlq", "show", "--json", str(self.POISON), *url).stdout)
            self.assertEqual(shown["event"]["event_id"], f"e{self.POISON}")
            self.assertEqual(server.stop(), 0, server.log_tail())
            made = server.command("keys", "create", "--tenant", "2", "--new-tenant", "--scopes", "all")
            other = {"Authorization": "Bearer " + made.stdout.split()[-1]}
            server.start().ready()
            path = f"/v1/dead-letters/{self.POISON}"
            self.assertEqual(server.get("/v1/dead-letters", headers=other).json()["items"], [])
            self.assertEqual(server.get(path, headers=other).status, 404)
            self.assertEqual(server.post(path + "/drop", {}, headers=other).status, 404)
            url = ["--url", server.url]
            server.command("dlq", "drop", str(self.POISON), "--reason", "test & more", *url)
            letter = server.get(path).json()
            self.assertEqual((letter["state"], letter["note"]), ("dropped", "test & more"))
            self.assertEqual(self.dead_letters(server), {"total": 1, "open": 0})
            self.assertEqual(server.stop(), 0, server.log_tail())
            result = self.verify(server)
            self.assertEqual((result["events"], result["dead_letters"]), (9, 1))

    def listens(self, server):
        port = server.data / "port"
        if not port.exists() or not port.read_text().strip():
            return False
        server.port = int(port.read_text())
        return True

    def skipped(self, server):
        try:
            return self.listens(server) and self.dead_letters(server)["open"] == 1
        except (OSError, json.JSONDecodeError):
            return False


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
