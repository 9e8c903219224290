"""Decision ids: made here from the server's key as docs/formats/decision_id.md says, used up once per event type, also
after a kill -9, and counted the same by verify."""
import base64
import datetime
import hashlib
import hmac
import os
import struct
import time
import unittest

from harness import Server, wait_until


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def text(value):
    if value.isdigit() and len(value) <= 18 and (value[0] != "0" or value == "0"):
        return varint(int(value) << 1 | 1)
    return varint(len(value.encode()) << 1) + value.encode()


class DecisionIds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.server.ready()
        cls.number = 0
        for kind, fields in (("campaigns", {"id": "spring", "name": "Spring"}), ("placements", {"id": "pl", "key": "top"}),
                             ("line-items", {"id": "li", "campaign_id": "spring", "placement_id": "pl", "bid_cents": 1}),
                             ("creatives", {"id": "cr", "line_item_id": "li", "landing_url": "https://shop.example/"})):
            answer = cls.server.post(f"/v1/{kind}", fields)
            assert answer.status == 201, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def decision(self, campaign, tenant="1", pricing=0, price=2_500, age_s=0, secret=None):
        number, key = (self.server.data / "signing.keys").read_text().split("\n")[0].split(" ")
        content = bytes([1, pricing]) + os.urandom(8) + bytes(8)
        for value in (int((time.time() - age_s) * 1e6), price):
            content += varint(value << 1)  # zigzag
        content += varint(3600)
        for value in (tenant, "pl", campaign, "li", "cr", "", ""):
            content += text(value)
        head = bytes([int(number)]) + content
        tag = hmac.new(secret or bytes.fromhex(key), b"decision\n" + head, hashlib.sha256).digest()[:16]
        return base64.urlsafe_b64encode(head + tag).rstrip(b"=").decode()

    def send(self, event_type, decision, **fields):
        type(self).number += 1
        answer = self.server.post("/v1/events", {"event_id": f"e-{self.number}", "event_type": event_type,
                                                 "decision_id": decision, **fields})
        self.assertEqual((answer.status, answer.json()["duplicates"]), (202, 0), answer.body)
        return answer.json()["position"]

    def totals(self, campaign, after):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        report = self.server.report(metrics="impressions,gross_impressions,repeat_impressions,clicks,repeat_clicks,conversions,cost",
                                    filter=f"campaign_id:eq:{campaign}", after=after,
                                    **{"from": today - datetime.timedelta(days=1), "to": today + datetime.timedelta(days=2)})
        return {name: float(value or 0) for name, value in report["totals"].items()}

    def test_a_decision_is_used_up_once_per_event_type_also_after_a_kill(self):
        decision = self.decision("1001")
        self.send("impression", decision)
        after = self.send("impression", decision)
        self.assertEqual(self.totals("1001", after)["repeat_impressions"], 1)
        self.server.kill()
        self.server.start().ready()
        self.send("impression", decision)
        self.send("click", decision)
        self.send("click", decision)
        after = self.send("conversion", decision)
        totals = self.totals("1001", after)
        self.assertEqual({name: totals[name] for name in ("impressions", "gross_impressions", "repeat_impressions", "clicks",
                                                          "repeat_clicks", "conversions")},
                         {"impressions": 1, "gross_impressions": 3, "repeat_impressions": 2, "clicks": 1,
                          "repeat_clicks": 1, "conversions": 1})
        self.assertAlmostEqual(totals["cost"], 0.0025, msg="billed once")
        self.server.stop()
        self.server.command("verify")
        self.server.command("replay")
        self.server.start().ready()
        self.assertEqual(self.totals("1001", after), totals, "the same out of the log")

    def test_a_click_link_uses_it_up_too(self):
        decision = self.decision("1002", pricing=1, price=300_000)
        for _ in range(3):
            answer = self.server.get(f"/v1/c/{decision}", key=False)
            self.assertEqual((answer.status, answer.headers["location"]), (302, "https://shop.example/"))
        after = self.send("click", decision)  # behind the others in the log
        totals = self.totals("1002", after)
        self.assertEqual((totals["clicks"], totals["repeat_clicks"]), (1, 3))
        self.assertAlmostEqual(totals["cost"], 0.3)

    def test_the_urls_of_a_real_decision_count_for_it_once(self):
        for kind, fields in (("campaigns", {"id": "2001", "name": "Live", "status": "ACTIVE"}),
                             ("placements", {"id": "p2", "key": "side"}),
                             ("line-items", {"id": "l2", "campaign_id": "2001", "placement_id": "p2",
                                             "bid_micros": 2_500_000, "pricing": "cpm"}),
                             ("creatives", {"id": "c2", "line_item_id": "l2", "landing_url": "https://shop.example/?c={click_id}"})):
            self.assertEqual(self.server.post(f"/v1/{kind}", fields).status, 201)
        ask = {"placement_key": "side", "user_id": "u-1"}
        wait_until("the line item is served", lambda: self.server.post("/v1/decision", ask).status == 200)
        decision = self.server.post("/v1/decision", ask).json()
        paths = [decision[name][decision[name].index("/v1/"):] for name in ("impression_url", "click_url")]
        for _ in range(2):
            shown, clicked = (self.server.get(path, key=False) for path in paths)
            self.assertEqual((shown.status, shown.headers.get("x-adbacus-error")), (200, None))
            self.assertRegex(clicked.headers["location"], r"^https://shop\.example/\?c=[0-9a-f-]{36}$")
        totals = self.totals("2001", self.send("page_view", decision["decision_id"]))
        self.assertEqual((totals["impressions"], totals["repeat_impressions"], totals["clicks"], totals["repeat_clicks"]),
                         (1, 1, 1, 1))
        self.assertAlmostEqual(totals["cost"], 0.0025)

    def test_its_impression_url_needs_no_key(self):
        decision = self.decision("1005")
        for _ in range(2):
            answer = self.server.get(f"/v1/p.gif?decision_id={decision}", key=False)
            self.assertEqual((answer.status, answer.headers.get("x-adbacus-error")), (200, None))
        totals = self.totals("1005", self.server.get("/v1/position").json()["position"])
        self.assertEqual((totals["impressions"], totals["repeat_impressions"]), (1, 1))
        answer = self.server.get(f"/v1/p.gif?decision_id={decision}&e=conversion&value=100", key=False)
        self.assertEqual(answer.headers.get("x-adbacus-error"), "key_required")

    def test_what_is_forged_or_anothers_says_nothing(self):
        for wrong in (self.decision("1003", tenant="2"), self.decision("1003", secret=bytes(32)),
                      self.decision("1003", age_s=3601), self.decision("1003")[:-1], "1003", "x" * 1_280):
            self.send("impression", wrong)
            after = self.send("impression", wrong)
            self.assertEqual(self.totals("1003", after)["gross_impressions"], 0)
        kept = self.send("impression", self.decision("1003", secret=bytes(32)), campaign_id="1004")
        self.assertEqual(self.totals("1004", kept)["impressions"], 1, "it counts for what it says itself")

    def test_events_that_name_their_line_item_cost_its_price(self):
        for kind, fields in (("campaigns", {"id": "2002", "name": "Loop", "status": "ACTIVE", "daily_budget_cents": 1_000}),
                             ("line-items", {"id": "loop", "campaign_id": "2002", "placement_id": "pl", "bid_cents": 20})):
            self.assertEqual(self.server.post(f"/v1/{kind}", fields).status, 201)
        for event_type in ("impression", "click", "click"):
            after = self.send(event_type, "our-own", line_item_id="loop")
        totals = self.totals("2002", after)
        self.assertEqual((totals["impressions"], totals["clicks"]), (1, 2))
        self.assertAlmostEqual(totals["cost"], 0.40, msg="two clicks; pricing is cpc where nothing is said")

        def delivered():
            budgets = self.server.get("/v1/line-items/loop/delivery").json()["budgets"]
            return [b["delivered_micros"] for b in budgets if b["of"] == "campaign"] == [400_000]
        wait_until("the budget knows", delivered)


if __name__ == "__main__":
    unittest.main()
