"""POST /openrtb2/auction against a real server: bids, refusals, and what an exchange may say of them."""
import concurrent.futures
import datetime
import gzip
import html
import json
import random
import re
import unittest

from harness import Server, wait_until

BANNER = {"w": 300, "h": 250}


class Exchange:
    """A server with one placement `top`, and requests for it as an exchange sends them."""

    def __init__(self, test, **settings):
        self.server = Server(env={f"ADBACUS_{name.upper()}": str(value) for name, value in settings.items()})
        self.server.start()
        self.server.ready()
        test.addCleanup(self.server.close)
        self.placement = self.make("placements", key="top")["id"]

    def make(self, kind, **fields):
        answer = self.server.post(f"/v1/{kind}", fields)
        assert answer.status == 201, answer.body
        return answer.json()

    def line_item(self, bid_cents=250, pricing="cpm", campaign=None, creative=None, advertiser=None, ad_type=None, **item):
        if advertiser:
            advertiser = self.make("advertisers", **{"name": "Shop", **advertiser})["id"]
        made = self.make("campaigns", name="c", status="ACTIVE", advertiser_id=advertiser, **(campaign or {}))
        line = self.make("line-items", campaign_id=made["id"], placement_id=self.placement, bid_cents=bid_cents,
                         pricing=pricing, **item)
        shown = self.make("creatives", line_item_id=line["id"], **{"landing_url": "https://www.shop.example/p",
                          "image_url": "https://cdn.example/a.png", "w": 300, "h": 250, **(creative or {})})
        if ad_type:
            self.make("ads", campaign_id=made["id"], creative_id=shown["id"], ad_type=ad_type)
        return {"campaign": made["id"], "line_item": line["id"], "creative": shown["id"], "advertiser": advertiser}

    def post(self, body, target="/openrtb2/auction", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.request("POST", target, body, {"Content-Type": "application/json", **headers})

    def bid(self, imp=None, target="/openrtb2/auction", **more):
        answer = self.post({"id": "r1", "imp": [{"id": "1", "tagid": "top", "banner": BANNER, **(imp or {})}], **more}, target)
        assert answer.headers["x-openrtb-version"] == "2.6", answer.headers
        if answer.status == 204:
            return None
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def only_bid(self, *args, **more):
        answer = self.bid(*args, **more)
        assert answer is not None, "no bid"
        (seat,) = answer["seatbid"]
        (bid,) = seat["bid"]
        return bid

    def path(self, url, **macros):
        assert url.startswith(self.server.url), url
        for name, value in macros.items():
            url = url.replace("${AUCTION_%s}" % name, value)
        return url[len(self.server.url):]

    def totals(self, campaign):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        after = self.server.get("/v1/position").json()["position"]
        report = self.server.report(metrics="impressions,gross_impressions,clicks,cost", filter=f"campaign_id:eq:{campaign}",
                                    after=after, **{"from": today - datetime.timedelta(days=1),
                                                    "to": today + datetime.timedelta(days=2)})
        return {name: float(value or 0) for name, value in report["totals"].items()}


class Auctions(unittest.TestCase):
    def test_a_banner_is_bid_on(self):
        exchange = Exchange(self)
        ids = exchange.line_item(advertiser={"domain": "shop.example", "categories": ["IAB22"]})
        answer = exchange.bid()
        self.assertEqual((answer["id"], answer["cur"], answer["seatbid"][0]["seat"]), ("r1", "USD", ids["advertiser"]))
        bid = answer["seatbid"][0]["bid"][0]
        self.assertEqual({name: bid[name] for name in ("impid", "price", "adomain", "cid", "crid", "iurl", "cat", "w", "h",
                                                       "mtype", "exp")},
                         {"impid": "1", "price": 2.5, "adomain": ["shop.example"], "cid": ids["campaign"],
                          "crid": ids["creative"], "iurl": "https://cdn.example/a.png", "cat": ["IAB22"], "w": 300, "h": 250,
                          "mtype": 1, "exp": 60})
        self.assertIn(f'<a href="{exchange.server.url}/v1/c/', bid["adm"])
        self.assertIn('<img src="https://cdn.example/a.png" width="300" height="250"', bid["adm"])
        self.assertNotEqual(exchange.only_bid()["id"], bid["id"])

    def test_a_native_ad_is_bid_on(self):
        exchange = Exchange(self)
        markup = {"assets": [{"title": {"text": "Ten shoes"}}, {"data": {"type": 2, "value": "The best of them"}}]}
        exchange.line_item(ad_type="native", creative={"markup": json.dumps(markup), "w": 1200, "h": 627})
        asked = {"ver": "1.2", "assets": [{"id": 1, "required": 1, "title": {"len": 25}},
                                          {"id": 2, "required": 1, "img": {"type": 3, "wmin": 600, "hmin": 300}},
                                          {"id": 3, "data": {"type": 2}}]}
        imp = {"banner": None, "native": {"request": json.dumps(asked), "ver": "1.2"}}
        bid = exchange.only_bid(imp)
        self.assertEqual((bid["mtype"], bid["exp"], "w" in bid), (4, 600, False))
        native = json.loads(bid["adm"])
        self.assertEqual(native["assets"], [{"id": 1, "required": 1, "title": {"text": "Ten shoes"}},
                                            {"id": 2, "required": 1, "img": {"url": "https://cdn.example/a.png", "w": 1200, "h": 627}},
                                            {"id": 3, "data": {"value": "The best of them"}}])
        self.assertTrue(native["link"]["url"].startswith(exchange.server.url + "/v1/c/"))
        self.assertEqual([t["event"] for t in native["eventtrackers"]], [1])
        asked["assets"][0]["title"]["len"] = 5
        self.assertIsNone(exchange.bid({**imp, "native": {"request": json.dumps(asked)}}), "the title is too long")
        self.assertIsNone(exchange.bid(), "a native ad is no banner")

    def test_whom_to_bid_for_is_looked_at(self):
        exchange = Exchange(self)
        exchange.line_item(advertiser={"domain": "www.shop.example", "categories": ["IAB25-3"]},
                           targeting_json={"country": "DE", "host": "news.example", "device": "mobile"})
        asked = {"site": {"page": "https://news.example/a"}, "device": {"geo": {"country": "DEU"}, "devicetype": 4}}
        self.assertIsNotNone(exchange.bid(**asked))
        for change in ({"site": {"page": "https://other.example/"}}, {"device": {"geo": {"country": "FRA"}, "devicetype": 4}},
                       {"device": {"geo": {"country": "DEU"}, "devicetype": 2}}, {"bcat": ["IAB25"]}, {"badv": ["Shop.Example"]},
                       {"wseat": ["nobody"]}, {"cur": ["EUR"]}):
            self.assertIsNone(exchange.bid(**{**asked, **change}), change)
        for imp in ({"banner": {"w": 728, "h": 90}}, {"bidfloor": 2.51}, {"bidfloor": 0.1, "bidfloorcur": "EUR"},
                    {"tagid": "other"}, {"tagid": None}, {"banner": None, "video": {"mimes": ["video/mp4"]}},
                    {"pmp": {"private_auction": 1}}):
            self.assertIsNone(exchange.bid(imp, **asked), imp)
        for imp in ({"banner": {"format": [{"w": 728, "h": 90}, {"w": 300, "h": 250}]}}, {"bidfloor": 2.5}, {"secure": 1}):
            self.assertIsNotNone(exchange.bid(imp, **asked), imp)
        for more in ({"badv": ["other.example"], "bcat": ["IAB2"], "cur": ["EUR", "USD"]}, {"at": 2, "tmax": 500}):
            self.assertIsNotNone(exchange.bid(**asked, **more), more)

    def test_a_user_is_capped_if_nothing_forbids_to_know_him(self):
        exchange = Exchange(self)
        exchange.line_item(caps=[{"count": 1, "period_hours": 1}])
        self.assertIsNotNone(exchange.bid(user={"id": "u"}))
        self.assertIsNone(exchange.bid(user={"id": "u"}))
        self.assertIsNotNone(exchange.bid(user={"id": "u", "buyeruid": "b"}))
        self.assertIsNone(exchange.bid(user={"id": "v", "buyeruid": "b"}))
        for hidden in ({"regs": {"gdpr": 1}}, {"regs": {"coppa": 1}}, {"device": {"lmt": 1}}):
            for _ in range(2):
                self.assertIsNotNone(exchange.bid(user={"id": "u"}, **hidden), hidden)

    def test_why_there_is_no_bid_is_told_to_who_asks(self):
        exchange = Exchange(self)
        for target, imp, reason in (("/openrtb2/auction?nbr=1", {}, 505), ("/openrtb2/auction?nbr=1", {"tagid": "x"}, 501),
                                    ("/openrtb2/auction?nbr=1", {"banner": None}, 514)):
            self.assertEqual(exchange.bid(imp, target), {"id": "r1", "seatbid": [], "nbr": reason})
        exchange.line_item(caps=[{"count": 1, "period_hours": 1}])
        exchange.bid(user={"id": "u"})
        self.assertEqual(exchange.bid({}, "/openrtb2/auction?nbr=1", user={"id": "u"})["nbr"], 9)
        self.assertEqual(exchange.bid({}, "/openrtb2/auction?nbr=1", cur=["EUR"])["nbr"], 503)
        answer = exchange.post({"id": "r", "imp": [{"id": "1"}]})
        self.assertEqual((answer.status, answer.headers["x-adbacus-no-ad"]), (204, "unsupported"))

    def test_several_impressions_are_bid_on_at_once(self):
        exchange = Exchange(self)
        for _ in range(2):
            exchange.line_item()
        imps = [{"id": str(i), "tagid": "top", "banner": BANNER} for i in range(3)]
        answer = exchange.post({"id": "r", "imp": imps}).json()
        bids = [bid for seat in answer["seatbid"] for bid in seat["bid"]]
        self.assertEqual([bid["impid"] for bid in bids], ["0", "1"], "no line item twice")
        self.assertEqual(len({bid["crid"] for bid in bids}), 2)

    def test_what_is_malformed_is_refused(self):
        exchange = Exchange(self)
        for body, code in ((b"", 400), (b"{", 400), (b"[]", 400), (b'{"id":"r"}', 400), (b'{"id":"r","imp":[]}', 400),
                           (b'{"imp":[{"id":"1"}]}', 400), (b'{"id":"r","imp":[{"id":"1","bidfloor":"x"}]}', 400),
                           (b" " * 300_000, 413)):
            answer = exchange.post(body)
            self.assertEqual((answer.status, answer.headers["content-type"], answer.headers["x-openrtb-version"]),
                             (code, "application/problem+json", "2.6"), body[:40])
            self.assertEqual(answer.json()["code"], "body_too_large" if code == 413 else "invalid_bid_request")
        exchange.line_item()
        good = json.dumps({"id": "r", "imp": [{"id": "1", "tagid": "top", "banner": BANNER}], "future": {"x": [1]}}).encode()
        answer = exchange.post(gzip.compress(good), **{"Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(exchange.server.request("POST", "/openrtb2/auction", good, key=False).status, 401)
        reader = exchange.make("keys", scopes=["read"])["key"]
        answer = exchange.server.request("POST", "/openrtb2/auction", good, {"Authorization": f"Bearer {reader}"}, key=False)
        self.assertEqual(answer.status, 403)

    def test_a_test_spends_and_counts_nothing(self):
        exchange = Exchange(self)
        ids = exchange.line_item(campaign={"budget_micros": 2_500}, caps=[{"count": 1, "period_hours": 1}],
                                 creative={"markup": "<a href='{click_url}' price='${AUCTION_PRICE}'>x</a>"})
        for _ in range(3):
            bid = exchange.only_bid(test=1, user={"id": "u"})
            self.assertIn("<a href='https://www.shop.example/p' price='AUDIT'>", bid["adm"])
        self.assertIsNotNone(exchange.bid(user={"id": "u"}), "all of the budget and the cap are left")
        self.assertIsNone(exchange.bid(user={"id": "v"}))
        self.assertEqual(exchange.totals(ids["campaign"])["gross_impressions"], 0)

    def test_a_bid_per_click_is_its_expected_value(self):
        exchange = Exchange(self)
        exchange.line_item(bid_cents=30, pricing="cpc")
        self.assertEqual(exchange.only_bid()["price"], 3.0, "at one click in a hundred impressions")
        exchange.line_item(bid_cents=0)
        self.assertEqual(exchange.only_bid()["price"], 3.0, "who bids nothing has no part in auctions")


class Notices(unittest.TestCase):
    """What an exchange says after an auction."""

    def logged(self, exchange):
        text = exchange.server.get("/metrics").body.decode()
        return sum(float(v) for v in re.findall(r"^adbacus_decision_log_written_total (\d+)", text, re.M))

    def tell(self, exchange, url, status=200, method="GET", **macros):
        answer = exchange.server.request(method, exchange.path(url, **macros), key=False)
        self.assertEqual(answer.status, status, (url, answer.body))
        return answer

    def pixel(self, bid):
        return html.unescape(re.search(r'<img src="([^"]+/openrtb2/impression/[^"]+)"', bid["adm"]).group(1))

    def test_all_that_tell_of_one_impression_bill_it_once(self):
        exchange = Exchange(self)
        ids = exchange.line_item()
        bid = exchange.only_bid()
        self.tell(exchange, bid["nurl"], PRICE="2.10")
        self.assertEqual(exchange.totals(ids["campaign"])["gross_impressions"], 0, "a win is no impression")
        calls = [bid["burl"], self.pixel(bid)] * 20
        random.shuffle(calls)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda url: self.tell(exchange, url, PRICE="2.10"), calls))
        self.assertFalse([a.headers for a in answers if "x-adbacus-error" in a.headers])
        totals = exchange.totals(ids["campaign"])
        self.assertEqual((totals["impressions"], totals["gross_impressions"], totals["cost"]), (1, 1, 0.0021))
        # The id of the decision stands in the click's URL: with it the pixel of other pages says nothing more.
        decision = re.search(r"/v1/c/([^\"]+)", bid["adm"]).group(1)
        self.assertEqual(exchange.server.get(f"/v1/p.gif?decision_id={decision}", key=False).status, 200)
        totals = exchange.totals(ids["campaign"])
        self.assertEqual((totals["impressions"], totals["cost"]), (1, 0.0021))
        self.assertEqual(exchange.server.get(f"/v1/c/{decision}", key=False).status, 302)
        # The redirect does not wait for the log.
        wait_until("the click is counted", lambda: exchange.totals(ids["campaign"])["clicks"] == 1)

    def test_it_is_billed_once_also_after_a_kill(self):
        exchange = Exchange(self)
        ids = exchange.line_item()
        first, second = exchange.only_bid(), exchange.only_bid()
        self.tell(exchange, first["burl"], PRICE="1.5")
        exchange.server.kill()
        exchange.server.start()
        exchange.server.ready()
        url = exchange.server.url
        for notice in (first["burl"], self.pixel(first), first["burl"], second["burl"], second["burl"]):
            moved = url + re.sub(r"^http://[^/]+", "", notice)
            self.tell(exchange, moved, PRICE="1.5")
        totals = exchange.totals(ids["campaign"])
        self.assertEqual((totals["impressions"], totals["gross_impressions"], totals["cost"]), (2, 2, 0.003))
        self.assertEqual(exchange.server.stop(), 0)
        exchange.server.command("verify")

    def test_a_price_is_believed_only_within_what_was_agreed(self):
        exchange = Exchange(self)
        ids = exchange.line_item()
        billed = 0
        for price, cost in (("2.5", 2500), ("1.25", 1250), ("0.5", 500), ("0.49", 2500), ("2.51", 2500), ("1000000", 2500),
                            ("-1", 2500), ("0", 2500), ("", 2500), ("%24%7BAUCTION_PRICE%7D", 2500), ("dGVzdA", 2500)):
            self.tell(exchange, exchange.only_bid({"bidfloor": 0.5})["burl"], PRICE=price)
            billed += cost
            self.assertAlmostEqual(exchange.totals(ids["campaign"])["cost"], billed / 1e6, msg=price)
        bid = exchange.only_bid()
        self.tell(exchange, bid["burl"].split("?")[0])
        self.assertAlmostEqual(exchange.totals(ids["campaign"])["cost"], (billed + 2500) / 1e6)

    def test_a_click_is_what_a_bid_per_click_pays_for(self):
        exchange = Exchange(self)
        ids = exchange.line_item(bid_cents=30, pricing="cpc")
        bid = exchange.only_bid()
        self.tell(exchange, bid["burl"], PRICE="1")
        totals = exchange.totals(ids["campaign"])
        self.assertEqual((totals["impressions"], totals["cost"]), (1, 0))

    def test_a_lost_auction_gives_back_once(self):
        exchange = Exchange(self)
        # Enough for one impression, and one a user.
        exchange.line_item(campaign={"budget_micros": 2_500}, caps=[{"count": 1, "period_hours": 1}])
        for _ in range(5):
            bid = exchange.only_bid(user={"id": "u"})
            self.assertIsNone(exchange.bid(user={"id": "v"}), "the budget is reserved")
            for _ in range(3):
                self.tell(exchange, bid["lurl"], LOSS="102")
            wait_until("the budget is free again", lambda: exchange.bid(test=1, user={"id": "v"}))
        last = exchange.only_bid(user={"id": "u"})
        self.tell(exchange, bid["lurl"], LOSS="102")
        self.assertIsNone(exchange.bid(user={"id": "v"}), "an old notice frees nothing of a new bid")
        self.tell(exchange, last["nurl"], PRICE="2")
        self.tell(exchange, last["lurl"], LOSS="102")
        self.assertIsNone(exchange.bid(user={"id": "v"}), "what was won is not lost")
        self.tell(exchange, last["burl"], PRICE="2")

    def test_many_notices_of_a_loss_at_once_give_back_one_bid(self):
        exchange = Exchange(self)
        exchange.line_item(campaign={"budget_micros": 5_000})
        lost, kept = exchange.only_bid(), exchange.only_bid()
        self.assertIsNone(exchange.bid())
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda url: self.tell(exchange, url), [lost["lurl"]] * 64))
        wait_until("one is free again", lambda: exchange.bid(test=1))
        self.assertIsNotNone(exchange.bid())
        self.assertIsNone(exchange.bid(), "only one")
        self.tell(exchange, kept["burl"])

    def test_a_lost_bid_is_forgotten_by_caps_also_after_a_kill(self):
        exchange = Exchange(self)
        exchange.line_item(caps=[{"count": 1, "period_hours": 1}])
        self.tell(exchange, exchange.only_bid(user={"id": "u"})["lurl"])
        self.assertIsNotNone(exchange.bid(user={"id": "v"}))
        wait_until("all is in the log", lambda: self.logged(exchange) >= 3)
        exchange.server.kill()
        exchange.server.start()
        exchange.server.ready()
        self.assertIsNotNone(exchange.bid(user={"id": "u"}))
        self.assertIsNone(exchange.bid(user={"id": "v"}))

    def test_a_rendering_that_nobody_sees_counts_nothing(self):
        exchange = Exchange(self)
        ids = exchange.line_item()
        bid = exchange.only_bid()
        test = exchange.only_bid(test=1)
        for url in (bid["burl"], self.pixel(bid), bid["nurl"]):
            self.tell(exchange, url, PRICE="AUDIT")
            self.tell(exchange, url, PRICE="1", method="HEAD")
        for url in (test["burl"], self.pixel(test), test["nurl"], test["lurl"]):
            self.assertIn("=AUDIT", url)
            self.tell(exchange, url.replace("AUDIT", "1"))
        self.assertEqual(exchange.totals(ids["campaign"])["gross_impressions"], 0)

    def test_only_what_this_server_signed_is_taken(self):
        exchange = Exchange(self)
        ids = exchange.line_item()
        bid = exchange.only_bid()
        decision = re.search(r"/v1/c/([^\"]+)", bid["adm"]).group(1)
        token = bid["burl"].split("?")[0].split("/")[-1]
        for wrong in (decision, token[:-1], "x", token[:40] + ("A" if token[40] != "A" else "B") + token[41:]):
            for kind in ("billing", "win", "loss"):
                answer = self.tell(exchange, f"{exchange.server.url}/openrtb2/{kind}/{wrong}?price=1", 400)
                self.assertEqual(answer.json()["code"], "bad_token")
            answer = self.tell(exchange, f"{exchange.server.url}/openrtb2/impression/{wrong}?price=1")
            self.assertEqual((answer.headers["content-type"], answer.headers["x-adbacus-error"]), ("image/gif", "bad_token"))
        self.assertEqual(exchange.totals(ids["campaign"])["gross_impressions"], 0)

    def test_two_tenants_never_mix(self):
        exchange = Exchange(self)
        mine = exchange.line_item()
        exchange.server.stop()
        other = exchange.server.command("keys", "create", "--tenant", "2", "--new-tenant", "--scopes", "all").stdout.strip()
        exchange.server.start()
        exchange.server.ready()
        body = json.dumps({"id": "r", "imp": [{"id": "1", "tagid": "top", "banner": BANNER}]}).encode()

        def as_other(method, target, data=None):
            return exchange.server.request(method, target, data, {"Authorization": f"Bearer {other}"}, key=False)
        self.assertEqual(as_other("POST", "/openrtb2/auction", body).status, 204)
        self.tell(exchange, exchange.only_bid()["burl"])
        report = "/v1/report?metrics=gross_impressions&dimensions=campaign_id&from=2026-01-01&to=2036-01-01"
        exchange.server.caught_up()
        self.assertEqual(as_other("GET", report).json()["rows"], [])
        self.assertEqual(exchange.totals(mine["campaign"])["impressions"], 1)


if __name__ == "__main__":
    unittest.main()
