"""Public keys that ask for ads: from pages of their origins and for their placements only, answered without what is
not for those who look into a page."""
import base64
import datetime
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until  # noqa: E402

PAGE = "https://shop.example"
QUOTA = 60
BID_MICROS = 87_654_320  # of a click
NOT_FOR_PAGES = {"advertiser_id", "placement_id", "priority", "pricing", "cap_unenforced", "trace", "bid_micros"}


class PageDecisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(env={"ADBACUS_SERVER__TRUSTED_PROXIES": "127.0.0.1",
                                 "ADBACUS_ACCESS__PAGE_REQUESTS": str(QUOTA)}).start()
        cls.server.ready()
        cls.address = 0
        cls.make("advertisers", id="adv", name="Adv")
        cls.make("campaigns", id="c", name="c", status="ACTIVE", advertiser_id="adv",
                 caps=[])
        for name, targeting in (("top", None), ("side", None), ("near", {"all": [{
                "field": "ip", "op": "cidr", "value": ["203.0.113.0/24"]}]}),
                ("fans", {"all": [{"field": "segment", "op": "in", "value": ["fan"]}]})):
            cls.make("placements", id=name, key=f"{name}-key")
            cls.make("line-items", id=name, campaign_id="c", placement_id=name, bid_micros=BID_MICROS, pricing="cpc",
                     **({"targeting_json": targeting} if targeting else {}))
            cls.make("creatives", id=name, line_item_id=name, landing_url="https://shop.example/p")
        cls.key = cls.make("keys", public=True, scopes=["decide"], origins=[PAGE], name="ads")["key"]
        cls.some = cls.make("keys", public=True, scopes=["decide"], origins=[PAGE], placements=["top", "near"])

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def make(cls, kind, **fields):
        answer = cls.server.post(f"/v1/{kind}", fields)
        assert answer.status == 201, answer.body
        return answer.json()

    def ask(self, body, target="/v1/decision", key=None, address=None, origin=PAGE, **headers):
        """As a page's fetch() with a text body does: no preflight; every call from another address."""
        type(self).address += 1
        where = address or f"198.51.{self.address // 250}.{self.address % 250}"
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.server.request("POST", f"{target}?key={key or self.key}", json.dumps(body), key=False, headers={
            "Content-Type": "text/plain", "X-Forwarded-For": where, **({"Origin": origin} if origin else {}), **named})

    def code(self, answer):
        return answer.status, answer.json().get("code")

    def test_a_page_of_the_key_gets_an_ad_and_may_read_it(self):
        for target in ("/v1/decision", "/api/decision/", "/api/decision"):
            answer = self.ask({"placement_key": "top-key", "user_id": target}, target)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.headers["access-control-allow-origin"], PAGE)
            self.assertIn("Origin", answer.headers["vary"])
            self.assertEqual(answer.headers["cache-control"], "no-store")
            self.assertEqual(answer.json()["line_item_id"], "top")
        none = self.ask({"placement_key": "nowhere"})
        self.assertEqual((none.status, none.body), (204, b""))
        self.assertNotIn("x-adbacus-no-ad", none.headers)
        self.assertEqual(none.headers["access-control-allow-origin"], PAGE)

    def test_other_pages_and_no_page_are_refused(self):
        for origin in ("https://evil.example", "null", "http://shop.example", PAGE + ".evil.example", PAGE + "/"):
            answer = self.ask({"placement_key": "top-key"}, origin=origin)
            self.assertEqual(self.code(answer), (403, "origin_not_allowed"), origin)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(self.code(self.ask({"placement_key": "top-key"}, origin=None)), (403, "origin_required"))

    def test_preflights(self):
        asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for target in ("/v1/decision", "/api/decision/", f"/v1/decision?key={self.key}"):
            answer = self.server.request("OPTIONS", target, headers=asks, key=False)
            self.assertEqual((answer.status, answer.headers["access-control-allow-origin"]), (204, PAGE))
            self.assertEqual(answer.headers["access-control-allow-methods"], "POST")
            self.assertIn("Authorization", answer.headers["access-control-allow-headers"])
        for target in ("/openrtb2/auction", "/v1/line-items/top/delivery", "/v1/campaigns"):
            answer = self.server.request("OPTIONS", target, headers=asks, key=False)
            self.assertNotIn("access-control-allow-origin", answer.headers, target)
        evil = self.server.request("OPTIONS", f"/v1/decision?key={self.key}", key=False,
                                   headers={**asks, "Origin": "https://evil.example"})
        self.assertEqual(evil.status, 403)

    def test_the_key_only_asks_for_ads(self):
        head = {"Origin": PAGE, "Authorization": f"Bearer {self.key}"}
        for method, target, code in (("POST", "/openrtb2/auction", "not_for_pages"), ("POST", "/v1/events", "missing_scope"),
                                     ("GET", "/v1/report?metrics=clicks", "missing_scope"),
                                     ("GET", "/v1/line-items/top/delivery", "missing_scope"),
                                     ("GET", "/v1/position", "missing_scope"), ("GET", "/v1/keys", "missing_scope")):
            answer = self.server.request(method, target, "{}" if method == "POST" else None, head, key=False)
            self.assertEqual(self.code(answer), (403, code), target)
        write = self.make("keys", public=True, scopes=["ingest"], origins=[PAGE])["key"]
        self.assertEqual(self.code(self.ask({"placement_key": "top-key"}, key=write)), (403, "missing_scope"))
        for wrong in ({"scopes": ["decide", "ingest"]}, {"scopes": ["decide", "read"]}, {"scopes": ["decide"], "origins": []},
                      {"scopes": ["decide"], "placements": ["nobody"]}, {"scopes": ["decide"], "public": False, "origins": [],
                                                                       "placements": ["top"]}):
            answer = self.server.post("/v1/keys", {"public": True, "origins": [PAGE], **wrong})
            self.assertEqual(self.code(answer), (422, "invalid_body"), wrong)
        secret = self.make("keys", scopes=["decide"])["key"]
        self.assertEqual(self.code(self.ask({"placement_key": "top-key"}, key=secret)), (401, "secret_key_in_query"))

    def test_a_key_with_placements_asks_for_those(self):
        key = self.some["key"]
        self.assertEqual(self.some["placements"], ["top", "near"])
        self.assertEqual(self.ask({"placement_key": "top-key"}, key=key).status, 200)
        self.assertEqual(self.ask({"placement_id": "top"}, key=key).status, 200)
        for body in ({"placement_key": "side-key"}, {"placement_id": "side"}, {"placement_key": "nowhere"},
                     {"placements": [{"placement_key": "top-key"}, {"placement_key": "side-key"}]}):
            for target in ("/v1/decision", "/api/decision/"):
                refused = self.ask(body, target, key=key)
                self.assertEqual(self.code(refused), (403, "placement_not_allowed"), body)
        rotated = self.server.post(f"/v1/keys/{self.some['id']}/rotate", {}).json()
        self.assertEqual(rotated["placements"], ["top", "near"])

    def test_the_answer_holds_nothing_that_is_not_for_the_page(self):
        many = {"placements": [{"name": "a", "placement_key": "top-key"}, {"name": "b", "placement_key": "side-key"}]}
        for body, target in (({"placement_key": "top-key"}, "/v1/decision"), ({"placement_key": "top-key"}, "/api/decision/"),
                             (many, "/v1/decision")):
            answer = self.ask(body, target)
            self.assertEqual(answer.status, 200, answer.body)
            found = answer.json()
            text = answer.body.decode()
            for name in NOT_FOR_PAGES:
                self.assertNotIn(f'"{name}"', text)
            self.assertNotIn(str(BID_MICROS), text)
            for one in [found] if "decision_id" in found else [d[0] for d in found["decisions"].values()]:
                raw = base64.urlsafe_b64decode(one["decision_id"] + "==")
                zigzag, price = BID_MICROS << 1, b""
                while zigzag >= 0x80:
                    price, zigzag = price + bytes([zigzag & 0x7F | 0x80]), zigzag >> 7
                price += bytes([zigzag])
                self.assertNotIn(price, raw)
                self.assertNotIn(BID_MICROS.to_bytes(8, "little"), raw)
                secret = self.server.post(target, {"placement_key": "top-key"}).json()
                self.assertIn(price, base64.urlsafe_b64decode(secret["decision_id"] + "=="))
        for body in ({"placement_key": "top-key", "trace": True}, {"placement_key": "top-key", "seed": 7}):
            self.assertEqual(self.ask(body).status, 403, body)
        traced = self.server.request("POST", f"/v1/decision?trace=1&key={self.key}", '{"placement_key":"top-key"}',
                                     {"Origin": PAGE}, key=False)
        self.assertEqual(traced.status, 403)

    def test_what_comes_of_it_costs_what_was_bid(self):
        got = self.ask({"placement_key": "side-key", "user_id": "buyer"}).json()
        click = self.server.request("GET", got["click_url"].removeprefix(self.server.url), key=False,
                                    headers={"User-Agent": "Mozilla/5.0"})
        self.assertEqual((click.status, click.headers["location"]), (302, "https://shop.example/p"))
        today = datetime.datetime.now(datetime.timezone.utc).date()

        def cost():
            report = self.server.report(metrics="clicks,cost_micros", filter="line_item_id:eq:side",
                                        **{"from": today - datetime.timedelta(days=1),
                                           "to": today + datetime.timedelta(days=2)})
            return report["totals"]
        wait_until("the click is counted", lambda: cost()["clicks"] == 1)
        self.assertEqual(int(cost()["cost_micros"]), BID_MICROS)

    def test_a_page_cannot_say_where_it_is_nor_ignore_an_opt_out(self):
        asked = {"placement_key": "near-key"}
        self.assertEqual(self.ask(asked, address="203.0.113.99").status, 200)
        for lie in ({"ip": "203.0.113.99"}, {"context": {"ip": "203.0.113.99"}}):
            self.assertEqual(self.ask({**asked, **lie}, address="198.51.100.7").status, 204, lie)
            self.assertEqual(self.ask({**asked, "ip": "198.51.100.7"}, address="203.0.113.98").status, 200)
        fan = {"placement_key": "fans-key", "segments": ["fan"]}
        self.assertEqual(self.ask(fan).status, 200)
        self.assertEqual(self.ask(fan, Sec_GPC="1").status, 204)

    def test_one_address_has_its_quota(self):
        answers = [self.ask({"placement_key": "nowhere"}, address="192.0.2.200") for _ in range(QUOTA + 5)]
        self.assertEqual([a.status for a in answers[:QUOTA]], [204] * QUOTA)
        self.assertEqual(answers[-1].status, 429)
        self.assertGreater(int(answers[-1].headers["retry-after"]), 0)
        self.assertEqual(answers[-1].headers["access-control-allow-origin"], PAGE)
        self.assertEqual(self.ask({"placement_key": "nowhere"}, address="192.0.2.201").status, 204)

    def test_a_revoked_key_ends_within_five_seconds(self):
        made = self.make("keys", public=True, scopes=["decide"], origins=[PAGE])
        self.assertEqual(self.ask({"placement_key": "nowhere"}, key=made["key"]).status, 204)
        self.assertEqual(self.server.request("DELETE", f"/v1/keys/{made['id']}").status, 200)
        wait_until("the key is refused", lambda: self.ask({"placement_key": "nowhere"}, key=made["key"]).status == 401, 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
