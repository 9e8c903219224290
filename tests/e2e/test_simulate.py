"""adbacus simulate: what was decided is decided again exactly, and changes move delivery the right way."""
import csv
import io
import json
import random
import unittest

from harness import Server, wait_until

SEED = 20261122


class Simulate(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.start()
        self.server.ready()
        self.addCleanup(self.server.close)
        self.random = random.Random(SEED)
        print("seed", SEED)

    def make(self, kind, **fields):
        answer = self.server.post(f"/v1/{kind}", fields)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def line_item(self, placement, bid_cents, creatives=1, campaign=None, **item):
        """(campaign, line item)"""
        owner = self.make("campaigns", name="c", status="ACTIVE", **(campaign or {}))
        line = self.make("line-items", campaign_id=owner, placement_id=placement, bid_cents=bid_cents, **item)
        for i in range(creatives):
            self.make("creatives", line_item_id=line, landing_url="https://shop.example/p", weight=1 + i)
        return owner, line

    def logged(self):
        text = self.server.get("/metrics").body.decode()
        return sum(int(line.split()[1]) for line in text.splitlines()
                   if line.startswith("adbacus_decision_log_written_total"))

    def decide(self, requests, placements, **more):
        """Requests of random users, one or several placements each; how many rows the log gets."""
        rows = 0
        for _ in range(requests):
            asked = [{"name": key, "placement_key": key, "count": self.random.choice((1, 1, 2))}
                     for key in self.random.sample(placements, self.random.randint(1, len(placements)))]
            body = {"placements": asked, "context": {"country": self.random.choice(("DE", "CH"))}, **more}
            if self.random.random() < 0.9:
                body["user_id"] = f"u{self.random.randrange(25)}"
            answer = self.server.post("/v1/decision", body)
            self.assertEqual(answer.status, 200, answer.body)
            rows += sum(len(ads or []) or 1 for ads in answer.json()["decisions"].values())
        return rows

    def impression(self, decision):
        self.assertEqual(self.server.get(decision["impression_url"][len(self.server.url):], key=False).status, 200)

    def simulate(self, *args, check=True):
        done = self.server.command("simulate", *args, check=check)
        return json.loads(done.stdout) if "--json" in args and check else done

    def stop(self, rows):
        wait_until("all decisions are in the log", lambda: self.logged() == rows)
        self.assertEqual(self.server.stop(), 0)

    @staticmethod
    def row(result, kind, ident=""):
        return next(row for row in result["rows"] if (row["kind"], row["id"]) == (kind, ident))

    def test_a_replay_is_what_was_logged_and_a_higher_bid_wins_more(self):
        placements = [self.make("placements", key=key) for key in ("p", "q")]
        owner, low = self.line_item(placements[0], 10, creatives=3)
        _, high = self.line_item(placements[0], 40, caps=[{"count": 7, "period_hours": 24}])
        self.line_item(placements[0], 20, targeting_json={"country": ["CH"]})
        self.line_item(placements[1], 30, campaign={"caps": [{"count": 2, "period_hours": 24}]})
        self.line_item(placements[1], 5, priority=16)
        self.decide(250, ["p", "q"])
        self.assertEqual(self.server.stop(), 0)
        self.server.start()  # caps come back from the log
        self.server.ready()
        self.decide(150, ["p", "q"])
        self.assertEqual(self.server.stop(), 0)

        same = self.simulate("--json")
        self.assertGreater(same["replay"]["slots"], 300)
        self.assertEqual((same["replay"]["differing"], same["replay"]["differing_max"]), (0, 0), same["replay"])
        for row in same["rows"]:
            self.assertEqual(row["logged_decisions"], row["without"]["decisions"], row)
            self.assertEqual(row["without"], row["with"], row)
        self.assertGreater(same["slots_without_ad"]["without"].get("frequency_cap", 0), 0)
        self.assertEqual(self.simulate("--json"), same)

        more = self.simulate("--json", "--change", f"line_item.{low}.bid_cents=400")
        self.assertEqual(more["replay"], same["replay"])
        before, after = (self.row(more, "line_item", low)[run] for run in ("without", "with"))
        self.assertGreater(after["decisions"], before["decisions"])
        self.assertGreater(after["spend_micros"], 10 * before["spend_micros"])
        other = self.row(more, "line_item", high)
        self.assertLess(other["with"]["decisions"], other["without"]["decisions"])

        paused = self.simulate("--json", "--change", f"campaign.{owner}.status=PAUSED")
        self.assertEqual(self.row(paused, "campaign", owner)["with"]["decisions"], 0)
        capped = self.simulate("--json", "--frequency-cap", "1/24")
        self.assertLess(self.row(capped, "all")["with"]["decisions"], self.row(capped, "all")["without"]["decisions"])

    def test_the_tenants_ranking_is_replayed_and_can_be_another(self):
        placement = self.make("placements", key="p")
        campaign = {"caps": [{"count": 1000, "period_hours": 24}]}
        _, low = self.line_item(placement, 1, creatives=2, campaign=campaign)
        _, high = self.line_item(placement, 1000, campaign=campaign)
        answer = self.server.request("PATCH", "/v1/tenants/1", json.dumps({"ranking": "priority"}),
                                     {"Content-Type": "application/merge-patch+json"})
        self.assertEqual(answer.status, 200, answer.body)

        def shown():
            answer = self.server.post("/v1/decision", {"placement_key": "p"})
            return answer.json()["line_item_id"] if answer.status == 200 else None

        wait_until("the tenant's ranking is used", lambda: [shown() for _ in range(20)].count(low) > 2)
        self.assertEqual(self.server.stop(), 0)

        same = self.simulate("--json", "--ranking", "priority")
        self.assertEqual(self.row(same, "all")["without"], self.row(same, "all")["with"])
        by_bid = self.simulate("--json", "--ranking", "weighted_bid")
        self.assertLess(self.row(by_bid, "line_item", low)["with"]["decisions"],
                        self.row(by_bid, "line_item", low)["without"]["decisions"])
        for ranking in ("ecpm", "thompson"):
            learned = self.simulate("--json", "--ranking", ranking)
            self.assertEqual(learned["replay"], same["replay"])
            self.assertGreater(self.row(learned, "line_item", high)["with"]["decisions"],
                               self.row(learned, "line_item", high)["without"]["decisions"])

    def test_a_smaller_budget_is_spent_and_not_more(self):
        placement = self.make("placements", key="p")
        owner, line = self.line_item(placement, 1000, pricing="cpm", pacing_mode="ACCELERATED",
                                     campaign={"daily_budget_cents": 100_000})
        shown = 0
        for i in range(300):
            decision = self.server.post("/v1/decision", {"placement_key": "p", "user_id": f"u{i}"}).json()
            self.impression(decision)
            shown += 1
        self.server.caught_up()
        self.stop(shown)
        # 1 cent an impression: 100 of 300 can be paid.
        result = self.simulate("--json", "--change", f"campaign.{owner}.daily_budget_cents=100")
        replay = result["replay"]
        self.assertLessEqual(replay["differing"], replay["differing_max"])
        row = self.row(result, "line_item", line)
        self.assertEqual((row["logged_decisions"], row["without"]["decisions"]), (300, 300))
        self.assertAlmostEqual(row["without"]["spend_micros"], 3_000_000, delta=1_000)
        # What was shown is held twice while its reservation lasts, so that a part waits for it.
        self.assertTrue(40 <= row["with"]["decisions"] <= 100, row["with"])
        campaign = self.row(result, "campaign", owner)["with"]
        self.assertLessEqual(campaign["spend_micros"], 1_000_000)
        self.assertGreater(result["slots_without_ad"]["with"].get("budget", 0), 0)

    def test_forms_files_and_mistakes(self):
        placement = self.make("placements", key="p")
        _, line = self.line_item(placement, 10)
        self.decide(20, ["p"])
        done = self.simulate("--json", check=False)
        self.assertEqual(done.returncode, 1)  # the server has the folder
        self.assertIn("stop the server", done.stderr)
        self.assertEqual(self.server.stop(), 0)

        changes = self.server.folder / "changes.yaml"
        changes.write_text(f"line_item:\n  {line}:\n    bid_cents: 25\n    caps: [{{count: 3, period_hours: 24}}]\n")
        from_file = self.simulate("--json", "--changes", str(changes))
        self.assertLessEqual(self.row(from_file, "line_item", line)["with"]["decisions"],
                             self.row(from_file, "line_item", line)["without"]["decisions"])
        rows = list(csv.DictReader(io.StringIO(self.simulate("--csv").stdout)))
        self.assertEqual({row["run"] for row in rows}, {"without", "with"})
        self.assertIn("expected values", self.simulate("--ranking", "ecpm").stdout)

        for args, message in (((f"--change=line_item.{line}.bid_cents=-3",), "bid_cents"),
                              ((f"--change=line_item.{line}.colour=red",), "colour"),
                              (("--change=line_item.none.bid_cents=3",), "no line_item none"),
                              (("--change=house.1.bid_cents=3",), "house"),
                              (("--change=bid_cents",), "KIND.ID.FIELD=VALUE"),
                              (("--from=yesterday",), "--from"),
                              (("--frequency-cap=3",), "ADS/HOURS"),
                              (("--from=2026-01-02T00:00:00Z", "--to=2026-01-01T00:00:00Z"), "before --to")):
            done = self.simulate(*args, check=False)
            self.assertEqual(done.returncode, 2, (args, done.stderr))
            self.assertIn(message, done.stderr)
        changes.write_text("line_item:\n  x: 3\n")
        done = self.simulate("--changes", str(changes), check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/line_item/x", done.stderr)
        done = self.simulate("--tenant", "nobody", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no tenant nobody", done.stderr)


if __name__ == "__main__":
    unittest.main()
