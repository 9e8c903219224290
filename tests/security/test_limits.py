"""Callers who are limited to an advertiser or a publisher: they see and change their own objects, get the owner's
reports with one more filter, and reach nothing else. ADBACUS_SEED repeats a run."""
import datetime
import json
import os
import pathlib
import random
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server  # noqa: E402
from test_tokens import SECRET, b64, claims, settings, token  # noqa: E402

SEED = int(os.environ.get("ADBACUS_SEED") or random.SystemRandom().randrange(1 << 32))
SIDES = ("a", "b")
ADVERTISERS = ("campaigns", "line-items", "creatives", "ads")
READABLE = {"advertiser": {*ADVERTISERS, "advertisers"}, "publisher": {"publishers", "placements"}, "both": set()}
DAY = datetime.datetime.now(datetime.timezone.utc).date()
RANGE = {"from": str(DAY - datetime.timedelta(days=1)), "to": str(DAY + datetime.timedelta(days=2))}
REPORTS = ("/v1/report", "/api/report/summary", "/api/v1/stats", "/stats")


def body(kind, side, suffix=""):
    """What a new object of that side holds; its id is <kind>-<side><suffix>."""
    own = {"advertisers": {"name": side}, "publishers": {"name": side},
           "campaigns": {"name": side, "advertiser_id": f"advertisers-{side}"},
           "placements": {"key": f"key-{side}{suffix}", "publisher_id": f"publishers-{side}"},
           "line-items": {"campaign_id": f"campaigns-{side}", "placement_id": f"placements-{side}", "bid_cents": 5},
           "creatives": {"line_item_id": f"line-items-{side}", "landing_url": "https://shop.example/"},
           "ads": {"campaign_id": f"campaigns-{side}", "creative_id": f"creatives-{side}"},
           "users": {"email": f"{side}{suffix}@x.example"}, "experiments": {"name": side},
           "attribution-rules": {"campaign_id": f"campaigns-{side}"}, "conversion-types": {"key": side + suffix}}
    return {"id": f"{kind}-{side}{suffix}", **own[kind]}


KINDS = ("advertisers", "publishers", "campaigns", "placements", "line-items", "creatives", "ads", "users", "experiments",
         "attribution-rules", "conversion-types")


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"ADBACUS_SEED={SEED}", file=sys.stderr)
        cls.server = Server(env=settings(ADBACUS_ACCESS__JWT_HS256_SECRET=b64(SECRET)))
        cls.server.start()
        cls.server.ready()
        for kind in KINDS:
            for side in SIDES:
                answer = cls.server.post(f"/v1/{kind}", body(kind, side))
                assert answer.status == 201, (kind, answer.body)
        cls.tokens = {
            "advertiser": token(claims(role="owner", advertiser_id="advertisers-a")),
            "publisher": token(claims(role="owner", publisher_id="publishers-a")),
            "both": token(claims(role="owner", advertiser_id="advertisers-a", publisher_id="publishers-a")),
            "nobody": token(claims(role="owner", advertiser_id="advertisers-gone")),
            "viewer": token(claims(role="viewer", advertiser_id="advertisers-a"))}
        cls.send_events()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def send_events(cls):
        rng = random.Random(SEED)
        events = []
        for i in range(3_000):
            event = {"event_id": f"e{i}", "event_type": rng.choice(["impression", "impression", "click", "conversion"]),
                     "user_id": f"u{rng.randrange(200)}", "country": rng.choice(["DE", "AT", "US"]),
                     "cost_cents": rng.randrange(20)}
            if rng.random() < 0.8:
                event["campaign_id"] = rng.choice(["campaigns-a", "campaigns-b", "unknown", "advertisers-a"])
            if rng.random() < 0.8:
                event["placement_id"] = rng.choice(["placements-a", "placements-b", "unknown"])
            if event["event_type"] == "conversion":
                event["revenue_cents"] = rng.randrange(5_000)
            events.append(event)
        for start in range(0, len(events), 1_000):
            answer = cls.server.post("/v1/events", events[start:start + 1_000])
            assert answer.status == 202, answer.body
        cls.server.caught_up()

    def call(self, who, method, target, value=None):
        headers = {"Content-Type": "application/json"}
        if who != "owner":
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.server.request(method, target, None if value is None else json.dumps(value), headers,
                                   key=who == "owner")

    def code(self, answer):
        return answer.status, answer.json().get("code")

    def ids(self, who, target):
        answer = self.call(who, "GET", target)
        self.assertEqual(answer.status, 200, (who, target, answer.body))
        return [one["id"] for one in answer.json()["data"]]

    def test_every_collection_shows_the_own_and_nothing_else(self):
        for kind in KINDS:
            for who, readable in READABLE.items():
                with self.subTest(kind=kind, who=who):
                    if kind not in readable:
                        for target in (f"/v1/{kind}", f"/v1/{kind}/{kind}-a", f"/v1/{kind}/{kind}-b", f"/v1/{kind}/none"):
                            self.assertEqual(self.code(self.call(who, "GET", target)), (403, "limited_caller"))
                        continue
                    self.assertEqual(self.ids(who, f"/v1/{kind}"), [f"{kind}-a"])
                    self.assertEqual(self.call(who, "GET", f"/v1/{kind}/{kind}-a").status, 200)
                    foreign = self.call(who, "GET", f"/v1/{kind}/{kind}-b").json()
                    absent = self.call(who, "GET", f"/v1/{kind}/{kind}-c").json()
                    for same in ("type", "title", "status", "code"):
                        self.assertEqual(foreign[same], absent[same])
                    self.assertEqual(foreign["detail"].replace(f"{kind}-b", ""), absent["detail"].replace(f"{kind}-c", ""))
        for kind in READABLE["advertiser"]:
            self.assertEqual(self.ids("nobody", f"/v1/{kind}"), [])

    def test_filters_and_cursors_do_not_lead_around(self):
        for target in ("campaigns?advertiser_id=advertisers-b", "campaigns?advertiser_id=advertisers-b,x",
                       "line-items?campaign_id=campaigns-b", "line-items?placement_id=placements-b",
                       "creatives?line_item_id=line-items-b", "ads?creative_id=creatives-b", "ads?campaign_id=campaigns-b"):
            self.assertEqual(self.ids("advertiser", "/v1/" + target), [], target)
        self.assertEqual(self.ids("publisher", "/v1/placements?publisher_id=publishers-b"), [])
        self.assertEqual(self.ids("advertiser", "/v1/campaigns?advertiser_id=advertisers-b,advertisers-a"), ["campaigns-a"])
        for kind in ADVERTISERS:
            page = self.call("owner", "GET", f"/v1/{kind}?limit=1").json()
            self.assertEqual(self.ids("advertiser", f"/v1/{kind}?limit=1&cursor={page['next_cursor']}"), [])
        self.assertEqual(self.code(self.call("advertiser", "GET", "/v1/campaigns?tenant_id=2")), (403, "tenant_mismatch"))

    def test_what_is_not_his_he_neither_makes_nor_changes(self):
        for kind in KINDS:
            for who in READABLE:
                may = who == "advertiser" and kind in ADVERTISERS
                with self.subTest(kind=kind, who=who):
                    before = self.call("owner", "GET", f"/v1/{kind}/{kind}-b").json()
                    for method, value in (("PATCH", {"name": "x"}), ("PUT", body(kind, "b")), ("DELETE", None)):
                        answer = self.call(who, method, f"/v1/{kind}/{kind}-b", value)
                        self.assertEqual(self.code(answer), (404, "not_found") if may else (403, "limited_caller"))
                    bulk = self.call(who, "POST", f"/v1/{kind}/bulk", [body(kind, "b")])
                    made = self.call(who, "POST", f"/v1/{kind}", body(kind, "b", "-new"))
                    if may:
                        self.assertEqual(bulk.json()["results"][0]["code"], "id_taken")
                        self.assertEqual(made.status, 404, made.body)
                        self.assertEqual(made.json()["code"], "reference_not_found")
                    else:
                        self.assertEqual((self.code(bulk), self.code(made)), ((403, "limited_caller"),) * 2)
                    self.assertEqual(self.call("owner", "GET", f"/v1/{kind}/{kind}-b").json(), before)
                    self.assertEqual(self.call("owner", "GET", f"/v1/{kind}/{kind}-b-new").status, 404)

    def test_nothing_goes_to_somebody_else_nor_to_nobody(self):
        for kind, field, other in (("campaigns", "advertiser_id", "advertisers-b"), ("line-items", "campaign_id", "campaigns-b"),
                                   ("creatives", "line_item_id", "line-items-b"), ("ads", "campaign_id", "campaigns-b"),
                                   ("ads", "creative_id", "creatives-b")):
            answer = self.call("advertiser", "PATCH", f"/v1/{kind}/{kind}-a", {field: other})
            self.assertEqual(self.code(answer), (404, "reference_not_found"), (kind, answer.body))
            self.assertEqual(answer.json()["errors"][0]["pointer"], "/" + field)
        for value in (None, ""):
            answer = self.call("advertiser", "PATCH", "/v1/campaigns/campaigns-a", {"advertiser_id": value})
            self.assertEqual(self.code(answer), (422, "invalid_body"), answer.body)
        self.assertEqual(self.code(self.call("advertiser", "POST", "/v1/campaigns", {"name": "mine?"})), (422, "invalid_body"))
        self.assertEqual(self.code(self.call("advertiser", "POST", "/v1/ads", {"name": "mine?"})), (422, "invalid_body"))

    def test_he_manages_what_is_his(self):
        for kind in ADVERTISERS:
            made = self.call("advertiser", "POST", f"/v1/{kind}", body(kind, "a", "-2"))
            self.assertEqual(made.status, 201, made.body)
            target = f"/v1/{kind}/{kind}-a-2"
            self.assertEqual(self.call("advertiser", "PATCH", target, {"name": "mine"}).json()["name"], "mine")
            self.assertEqual(self.call("advertiser", "POST", f"/v1/{kind}/bulk", [body(kind, "a", "-2")]).json()["updated"], 1)
            self.assertEqual(self.ids("advertiser", f"/v1/{kind}"), [f"{kind}-a", f"{kind}-a-2"])
            self.assertEqual(self.code(self.call("viewer", "PATCH", target, {"name": "x"})), (403, "missing_scope"))
        only_creative = self.call("advertiser", "POST", "/v1/ads", {"id": "ads-a-3", "creative_id": "creatives-a-2"})
        self.assertEqual(only_creative.status, 201, only_creative.body)
        self.assertEqual(self.ids("advertiser", "/v1/ads"), ["ads-a", "ads-a-2", "ads-a-3"])
        # Its creative goes to another advertiser behind its back: an ad of two is of neither.
        self.assertEqual(self.call("owner", "PATCH", "/v1/creatives/creatives-a-2",
                                   {"line_item_id": "line-items-b"}).status, 200)
        self.assertEqual(self.ids("advertiser", "/v1/ads"), ["ads-a", "ads-a-2"])
        for target in ("/v1/ads/ads-a-3", "/v1/creatives/creatives-a-2"):
            self.assertEqual(self.call("advertiser", "DELETE", target).status, 404)
            self.assertEqual(self.call("owner", "DELETE", target).status, 204)
        for kind in ("ads", "line-items", "campaigns"):
            self.assertEqual(self.call("advertiser", "DELETE", f"/v1/{kind}/{kind}-a-2").status, 204)

    def test_no_other_route_lets_him_in(self):
        paths = json.loads(self.server.get("/openapi.json").body)["paths"]
        own = {f"/v1/{kind}{rest}" for kind in KINDS for rest in ("", "/{id}", "/bulk")}
        tried = 0
        for path, verbs in paths.items():
            if path.rstrip("/") in own or path in REPORTS or path.startswith("/v1/session"):
                continue
            for verb, operation in verbs.items():
                if verb not in ("get", "post", "put", "patch", "delete") or not operation.get("x-scopes"):
                    continue
                target = path
                while "{" in target:
                    target = target.split("{")[0] + "nothing" + target.split("}", 1)[1]
                for who in READABLE:
                    answer = self.call(who, verb.upper(), target, None if verb in ("get", "delete") else {})
                    self.assertEqual(self.code(answer), (403, "limited_caller"), (who, verb, path))
                tried += 1
        self.assertGreater(tried, 25)

    def compare(self, who, target, params, shape):
        """The limited caller's answer is the owner's with the filter that the limit stands for."""
        field, own = {"advertiser": ("campaign_id", "campaigns-a"), "publisher": ("placement_id", "placements-a")}[who]
        ask = lambda as_whom, more: self.call(as_whom, "GET", f"{target}?{urllib.parse.urlencode(params + more)}")  # noqa: E731
        limited, full = ask(who, []), ask("owner", [("filter", f"{field}:eq:{own}")])
        self.assertEqual(limited.status, full.status, (params, limited.body, full.body))
        if limited.status == 200:
            self.assertEqual(shape(limited.json()), shape(full.json()), params)
        return limited.status

    def test_a_report_is_the_owners_with_one_more_filter(self):
        rng = random.Random(SEED)
        metrics = ["impressions", "clicks", "conversions", "revenue", "cost", "ctr", "reach", "gross_events", "roas"]
        dimensions = ["campaign_id", "placement_id", "country", "day", "hour", "event_type", "line_item_id", "source"]
        leaves = [{"field": f, "op": op, "value": v} for f, op, v in (
            ("campaign_id", "eq", "campaigns-b"), ("campaign_id", "ne", "campaigns-a"), ("campaign_id", "in", ["campaigns-b", "unknown"]),
            ("campaign_id", "not_in", ["x"]), ("campaign_id", "contains", "b"), ("campaign_id", "exists", False),
            ("placement_id", "eq", "placements-b"), ("placement_id", "ne", "placements-a"), ("placement_id", "eq", ""),
            ("country", "in", ["DE", "US"]), ("country", "ne", "DE"))]

        def condition(depth=0):
            pick = rng.random()
            if depth == 3 or pick < 0.5:
                return rng.choice(leaves)
            if pick < 0.65:
                return {"not": condition(depth + 1)}
            return {rng.choice(["any", "all"]): [condition(depth + 1) for _ in range(rng.randrange(1, 4))]}

        answered = 0
        for _ in range(250):
            params = list(RANGE.items()) + [("metrics", ",".join(rng.sample(metrics, rng.randrange(1, 4))))]
            if rng.random() < 0.8:
                params.append(("dimensions", ",".join(rng.sample(dimensions, rng.randrange(1, 3)))))
            for _ in range(rng.randrange(0, 3)):
                params.append(("filter", json.dumps(condition())))
            if rng.random() < 0.3:
                params += [("limit", str(rng.randrange(1, 6))), ("other", "true")]
            if rng.random() < 0.2:
                params.append(("compare", "previous_period"))
            for who in ("advertiser", "publisher"):
                status = self.compare(who, "/v1/report", params, lambda r: (r["columns"], r["rows"], r["totals"], r["truncated"]))
                answered += status == 200
        self.assertGreater(answered, 250, "most of the reports are answered")

    def test_the_other_reports_keep_to_it_too(self):
        dates = [("start_date", RANGE["from"]), ("end_date", RANGE["to"])]
        both = {}
        for who in ("owner", "advertiser", "publisher", "both", "nobody"):
            summary = self.call(who, "GET", "/api/report/summary?" + urllib.parse.urlencode(RANGE)).json()
            for target in ("/api/v1/stats", "/stats"):
                stats = self.call(who, "GET", f"{target}?" + urllib.parse.urlencode(dates)).json()["data"]
                if who not in ("owner", "publisher"):
                    self.assertLessEqual({row["campaign_id"] for row in stats}, {"campaigns-a"}, (who, target))
                self.assertEqual(sum(row["clicks"] for row in stats), summary["clicks"], (who, target))
            both[who] = summary["clicks"]
        self.assertLess(0, both["both"])
        self.assertLess(both["both"], min(both["advertiser"], both["publisher"]))
        self.assertLess(max(both["advertiser"], both["publisher"]), both["owner"])
        self.assertEqual(both["nobody"], 0)
        for asked in ("campaign_id=campaigns-b", "campaign_id=unknown"):
            summary = self.call("advertiser", "GET", "/api/report/summary?" + urllib.parse.urlencode(RANGE) + "&" + asked).json()
            self.assertEqual((summary["clicks"], summary["impressions"], summary["conversions"]), (0, 0, 0))
        posted = self.call("advertiser", "POST", "/v1/report", {**RANGE, "metrics": ["clicks"], "dimensions": ["campaign_id"],
                                                                "filters": [{"any": [{"field": "campaign_id", "op": "eq", "value": "campaigns-b"},
                                                                                     {"field": "campaign_id", "op": "eq", "value": "campaigns-a"}]}]})
        self.assertEqual({row["campaign_id"] for row in posted.json()["rows"]}, {"campaigns-a"})
        self.assertEqual(self.code(self.call("viewer", "GET", "/v1/report?metrics=clicks&format=csv&" + urllib.parse.urlencode(RANGE))),
                         (403, "missing_scope"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
