"""POST /v1/decision and /api/decision/: which ad is chosen, what the answer holds, and what a restart remembers."""
import json
import re
import time
import unittest

from harness import Server, wait_until

ALLOWED_S = 1.0  # until a change acts on decisions


class Decisions(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.start()
        self.server.ready()
        self.addCleanup(self.server.close)

    def make(self, kind, **fields):
        answer = self.server.post(f"/v1/{kind}", fields)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def campaign(self, placement, bid_cents=10, creative=None, campaign=None, **item):
        """(campaign id, line item id, creative id) of something that can be shown."""
        made = self.make("campaigns", name="c", status="ACTIVE", **(campaign or {}))
        line = self.make("line-items", campaign_id=made["id"], placement_id=placement["id"], bid_cents=bid_cents, **item)
        shown = self.make("creatives", line_item_id=line["id"], landing_url="https://shop.example/p",
                          image_url="https://cdn.example/a.png", product_sku="SKU-123", **(creative or {}))
        return made["id"], line["id"], shown["id"]

    def decide(self, target="/v1/decision", status=200, **body):
        answer = self.server.post(target, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json() if answer.body else None

    def logged(self):
        """Decisions that are durable."""
        text = self.server.get("/metrics").body.decode()
        return sum(float(v) for v in re.findall(r"^adbacus_decision_log_written_total (\d+)", text, re.M))

    def test_the_compatible_request_and_answer(self):
        placement = self.make("placements", key="visualizer_native_1")
        ids = self.campaign(placement, targeting_json={"country": ["CA", "US"], "room_type": "bedroom"})
        asked = {"tenant_id": 1, "placement_key": "visualizer_native_1", "user_id": "u-123", "session_id": "s-456",
                 "context": {"room_type": "bedroom", "country": "CA"}}
        for target in ("/api/decision/", "/api/decision"):
            got = self.decide(target, **asked)
            self.assertEqual((got["campaign_id"], got["line_item_id"], got["creative"]["id"]), tuple(map(int, ids)))
            self.assertEqual(got["creative"], {"id": int(ids[2]), "image_url": "https://cdn.example/a.png",
                                               "landing_url": "https://shop.example/p", "product_sku": "SKU-123"})
            self.assertRegex(got["decision_id"], r"^[A-Za-z0-9_-]{40,200}$")
            self.assertTrue(got["impression_url"].startswith(self.server.url + "/v1/p.gif?"), got)
            self.assertTrue(got["click_url"].startswith(self.server.url + "/v1/c/"), got)
        native = self.decide(**asked)
        self.assertEqual((native["campaign_id"], native["line_item_id"], native["creative"]["id"]), ids)
        for context in ({"room_type": "kitchen", "country": "CA"}, {"country": "CA"}, {"room_type": "bedroom", "country": "DE"}):
            self.decide("/api/decision/", 204, **{**asked, "context": context})
        self.decide("/api/decision/", 403, **{**asked, "tenant_id": 2})
        self.decide("/api/decision/", 204, **{**asked, "placement_key": "nobody"})

    def test_the_sixth_of_a_day_is_refused_also_after_a_kill(self):
        placement = self.make("placements", key="p")
        self.campaign(placement)
        for _ in range(4):
            self.decide(placement_key="p", user_id="u")
        # A kill forgets what was decided in the last tenths of a second: each write of the log to wait for is one entry.
        wait_until("the decisions are in the log", lambda: self.logged() == 4)
        self.server.kill()
        self.server.start()
        self.server.ready()
        self.decide(placement_key="p", user_id="u")
        self.decide(placement_key="p", user_id="u", status=204)
        self.decide(placement_key="p", user_id="another")
        self.decide(placement_key="p", session_id="u-by-session")
        self.assertEqual(self.server.stop(), 0, self.server.log_tail())
        self.server.command("verify")
        self.server.command("replay")
        self.server.start()
        self.server.ready()
        self.decide(placement_key="p", user_id="u", status=204)

    def test_pause_and_budget_act_within_a_second(self):
        placement = self.make("placements", key="p")
        campaign, item, _ = self.campaign(placement, campaign={"daily_budget_cents": 100}, pricing="cpm", bid_cents=100,
                                          pacing_mode="ACCELERATED")
        self.decide(placement_key="p", user_id="a")

        def change(kind, ident, **fields):
            answer = self.server.request("PATCH", f"/v1/{kind}/{ident}", json.dumps(fields),
                                         {"Content-Type": "application/merge-patch+json"})
            self.assertEqual(answer.status, 200, answer.body)
            return time.monotonic()

        def until(status):
            begin = time.monotonic()
            wait_until(f"{status}", lambda: self.server.post(
                "/v1/decision", {"placement_key": "p", "user_id": str(time.monotonic())}).status == status)
            return time.monotonic() - begin

        change("line-items", item, status="PAUSED")
        self.assertLess(until(204), ALLOWED_S)
        change("line-items", item, status="ACTIVE")
        self.assertLess(until(200), ALLOWED_S)
        change("campaigns", campaign, daily_budget_micros=1)
        self.assertLess(until(204), ALLOWED_S)
        trace = self.decide(placement_key="p", user_id="b", trace=True)
        self.assertEqual([(t["line_item_id"], t["code"]) for t in trace["trace"]], [(item, "budget")])
        change("campaigns", campaign, status="ENDED")
        self.assertLess(until(204), ALLOWED_S)
        trace = self.decide(placement_key="p", user_id="b", trace=True)
        self.assertEqual(trace["trace"][0]["code"], "not_active")

    def test_spend_that_was_counted_ends_a_budget(self):
        placement = self.make("placements", key="p")
        campaign, item, creative = self.campaign(placement, campaign={"daily_budget_cents": 100}, pacing_mode="ACCELERATED")
        event = {"event_id": "e1", "event_type": "impression", "campaign_id": campaign, "line_item_id": item, "cost_cents": 100}
        self.assertEqual(self.server.post("/v1/events", event).status, 202)
        wait_until("the budget is used up", lambda: self.server.post(
            "/v1/decision", {"placement_key": "p", "user_id": str(time.monotonic())}).status == 204, 5)

    def test_the_loop_from_decision_to_spend_closes(self):
        placement = self.make("placements", key="p")
        campaign, item, creative = self.campaign(placement, pricing="cpm", bid_cents=250)
        got = self.decide(placement_key="p", user_id="u")
        path = got["impression_url"].removeprefix(self.server.url)
        for _ in range(3):  # the pixel is open to whoever has the decision, and counts once
            pixel = self.server.get(path, key=False)
            self.assertEqual((pixel.status, pixel.headers.get("x-adbacus-error")), (200, None), pixel.headers)
        click = self.server.get(got["click_url"].removeprefix(self.server.url), key=False)
        self.assertEqual((click.status, click.headers["location"]), (302, "https://shop.example/p"))
        conversion = {"event_id": "buy", "event_type": "conversion", "decision_id": got["decision_id"], "value_cents": 4200}
        self.assertEqual(self.server.post("/v1/events", conversion).status, 202)
        forged = {"event_id": "forged", "event_type": "impression", "decision_id": got["decision_id"][:-2] + "AA"}
        self.assertEqual(self.server.post("/v1/events", forged).status, 202)

        def report():
            return self.server.report(**{"from": "2026-01-01", "to": "2036-01-01", "dimensions": "campaign_id,line_item_id,creative_id",
                                         "metrics": "impressions,clicks,conversions,cost,revenue"})["rows"]
        want = {"campaign_id": campaign, "line_item_id": item, "creative_id": creative, "impressions": 1, "clicks": 1, "conversions": 1}
        wait_until("the loop is counted", lambda: any(want.items() <= row.items() for row in report()), 10)
        row = next(row for row in report() if row["campaign_id"] == campaign)
        self.assertEqual((float(row["cost"]), float(row["revenue"])), (0.0025, 42.0))

    def test_several_placements_and_their_reasons(self):
        first = self.make("placements", key="top", sizes=[{"w": 300, "h": 250}])
        second = self.make("placements", key="side")
        self.campaign(first, creative={"w": 300, "h": 250})
        wrong = self.campaign(first, creative={"w": 728, "h": 90})
        self.campaign(second)
        got = self.decide(placements=[{"name": "a", "placement_key": "top", "count": 3},
                                      {"name": "b", "placement_key": "side"}, {"name": "c", "placement_key": "none"}],
                          user={"key": "u1"}, trace=True)
        self.assertEqual(got["user"], {"key": "u1"})
        self.assertEqual((len(got["decisions"]["a"]), len(got["decisions"]["b"]), got["decisions"]["c"]), (1, 1, None))
        codes = {t["line_item_id"]: t["code"] for t in got["traces"]["a"]["trace"]}
        self.assertEqual(codes[wrong[1]], "size")
        self.assertEqual(codes[got["decisions"]["a"][0]["line_item_id"]], "selected")

    def test_a_spent_budget_stays_spent_over_a_kill(self):
        placement = self.make("placements", key="p")
        self.campaign(placement, campaign={"daily_budget_cents": 100}, pricing="cpm", bid_cents=10_000, pacing_mode="ACCELERATED")

        def ask():
            return self.server.post("/v1/decision", {"placement_key": "p", "user_id": str(time.monotonic())})

        def show(count):
            for _ in range(count):
                answer = ask()
                if answer.status == 204:
                    return
                self.server.get(answer.json()["impression_url"].removeprefix(self.server.url), key=False)
        show(100)
        self.assertEqual(ask().status, 204)
        self.server.kill()
        self.server.start()
        self.server.ready()
        show(100)
        self.assertEqual(ask().status, 204)
        self.server.caught_up()
        self.assertEqual(ask().status, 204)
        report = self.server.report(**{"from": "2026-01-01", "to": "2036-01-01", "metrics": "impressions,cost"})
        self.assertEqual((report["totals"]["impressions"], float(report["totals"]["cost"])), (10, 1.0))

    def test_a_page_cannot_use_up_a_budget(self):
        placement = self.make("placements", key="p")
        campaign, item, _ = self.campaign(placement, campaign={"daily_budget_cents": 100}, pricing="cpa", bid_cents=500,
                                          pacing_mode="ACCELERATED")
        got = self.decide(placement_key="p", user_id="u")
        public = self.server.post("/v1/keys", {"scopes": ["ingest"], "name": "page", "public": True,
                                               "origins": ["https://shop.example"]})
        self.assertEqual(public.status, 201, public.body)
        key = public.json()["key"]
        for query in (f"e=impression&campaign_id={campaign}&line_item_id={item}&cost=100000",
                      f"e=conversion&decision_id={got['decision_id']}"):
            pixel = self.server.get(f"/v1/p.gif?key={key}&{query}", key=False)
            self.assertIsNone(pixel.headers.get("x-adbacus-error"), pixel.headers)
        self.server.caught_up()
        report = self.server.report(**{"from": "2026-01-01", "to": "2036-01-01", "metrics": "conversions,cost"})
        self.assertEqual((report["totals"]["conversions"], float(report["totals"]["cost"] or 0)), (1, 0.0))

    def test_delivery_tells_what_kept_a_line_item_from_being_shown(self):
        placement = self.make("placements", key="p")
        _, shown, _ = self.campaign(placement, campaign={"daily_budget_cents": 100}, pacing_mode="ACCELERATED")
        _, other, _ = self.campaign(placement, targeting_json={"country": ["CH"]})
        decided = 300
        for i in range(decided):
            self.decide(placement_key="p", user_id=f"u{i}", context={"country": "DE"})

        def delivery(item):
            answer = self.server.get(f"/v1/line-items/{item}/delivery")
            self.assertEqual(answer.status, 200, answer.body)
            return answer.json()

        def counts(item):
            total = {}
            for hour in delivery(item)["hours"]:
                for code, count in hour["counts"].items():
                    total[code] = total.get(code, 0) + count
            return total
        # Each look stands for the decisions since the last one, so that all but the newest are there.
        wait_until("looks are counted", lambda: counts(shown).get("selected", 0) >= 1 and counts(other), 5)
        self.assertLessEqual(set(counts(other)), {"targeting"})
        self.assertLessEqual(sum(counts(other).values()), decided)
        budget = delivery(shown)["budgets"][0]
        points = budget["pacing_curve"]["points"]
        shares = [point["expected_share"] for point in points]
        self.assertEqual((len(points), shares[0], shares[-1]), (25, 0, 1))
        self.assertEqual(shares, sorted(shares))
        self.assertEqual((budget["of"], budget["metric"], budget["period"], budget["amount_micros"]),
                         ("campaign", "cost", "daily", 1_000_000))
        self.assertGreater(budget["reserved_micros"], 0)
        self.assertEqual(self.server.get("/v1/line-items/none/delivery").status, 404)
        self.assertEqual(self.server.get(f"/v1/line-items/{shown}/delivery?from=yesterday").status, 422)

    def test_contradictions_are_refused_and_nothing_is_guessed(self):
        one, other = (self.make("placements", id=key, key="key-" + key) for key in ("one", "other"))
        self.campaign(one)
        self.assertIsNotNone(self.decide(placement_key="key-one", placement_id="one", user_id="u", user={"key": "u"}))
        for body, pointer in (({"placement_id": "other"}, "/placement_id"), ({"placement_id": "nope"}, "/placement_id"),
                              ({"user_id": "a", "user": {"key": "b"}}, "/user/key"), ({"user_id": 1.5}, "/user_id"),
                              ({"user_id": -1}, "/user_id"), ({"session_id": True}, "/session_id"), ({"ip": "nope"}, "/ip")):
            refused = self.decide(status=422, placement_key="key-one", **body)
            self.assertEqual([error["pointer"] for error in refused["errors"]], [pointer], body)
        refused = self.decide(status=422, placements=[{"placement_key": "key-one", "placement_id": "other"}])
        self.assertEqual(refused["errors"][0]["pointer"], "/placements/0/placement_id")
        for target, size in (("/v1/decision", 70_000), ("/openrtb2/auction", 270_000)):
            answer = self.server.post(target, {"placement_key": "key-one", "url": "https://a.example/" + "x" * size})
            self.assertEqual((answer.status, answer.json()["code"]), (413, "body_too_large"), target)
        for target in ("/v1/decision", "/openrtb2/auction", "/v1/keys", "/v1/campaigns"):
            answer = self.server.post(target + "?tenant_id=2", {})
            self.assertEqual((answer.status, answer.json()["code"]), (403, "tenant_mismatch"), target)

    def test_wrong_requests_name_the_field(self):
        for body, code in (({}, "/placement_key"), ({"placement_key": "p", "contxt": {}}, "/contxt"),
                           ({"placement_key": {}}, "/placement_key"),
                           ({"placements": [{"name": str(i), "placement_key": "p", "count": 20} for i in range(6)]}, "/placements"),
                           ({"placements": [{"placement_key": "p", "count": 21}]}, "/placements/0/count"),
                           ({"placements": [{"placement_key": "p", "sizes": ["300y2"]}]}, "/placements/0/sizes/0")):
            answer = self.server.post("/v1/decision", body)
            self.assertEqual(answer.status, 422, answer.body)
            self.assertIn(code, [e["pointer"] for e in answer.json()["errors"]])
        twice = self.server.post("/v1/decision", b'{"placement_key":"p","placement_key":"q"}')
        self.assertEqual((twice.status, twice.json()["errors"][0]["code"]), (422, "duplicate_key"))
        self.assertEqual(self.server.post("/v1/decision", b"{").status, 400)
        self.assertEqual(self.server.request("POST", "/v1/decision", b"{}", key=False).status, 401)
        self.assertEqual(self.server.get("/v1/decision").status, 405)


if __name__ == "__main__":
    unittest.main()
