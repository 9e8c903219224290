"""R1, R2, I7: two tenants whose objects have the same ids never mix. The routes come from the server's own table."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server

CANARY = "canary-of-tenant-one"
ID = "7"
# In an order in which references exist.
OBJECTS = (
    ("advertisers", {"name": CANARY}),
    ("publishers", {"name": CANARY}),
    ("campaigns", {"name": CANARY, "advertiser_id": ID}),
    ("placements", {"key": CANARY, "publisher_id": ID}),
    ("line-items", {"name": CANARY, "campaign_id": ID, "placement_id": ID, "bid_cents": 1,
                    "targeting_json": {"room_type": CANARY}}),
    ("creatives", {"line_item_id": ID, "landing_url": f"https://{CANARY}.example/", "product_sku": CANARY}),
    ("ads", {"name": CANARY, "campaign_id": ID, "creative_id": ID}),
    ("experiments", {"name": CANARY, "variants": [{"key": "a", "target": ID}]}),
    ("attribution-rules", {"name": CANARY, "campaign_id": ID}),
    ("conversion-types", {"key": CANARY}),
    ("users", {"email": f"{CANARY}@one.example", "advertiser_id": ID}),
)


class Isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.server.ready()
        cls.server.stop()
        cls.other = cls.server.command("keys", "create", "--tenant", "2", "--new-tenant", "--scopes", "all").stdout.strip()
        cls.server.start()
        cls.server.ready()
        for kind, fields in OBJECTS:
            answer = cls.server.post(f"/v1/{kind}", {"id": ID, **fields})
            assert answer.status == 201, (kind, answer.body)
        event = {"event_id": CANARY, "event_type": "click", "campaign_id": CANARY, "user_id": CANARY}
        assert cls.server.post("/v1/events", event).status == 202
        cls.server.caught_up()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def as_other(self, method, target, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.other}", "Content-Type": "application/json", **headers}
        answer = self.server.request(method, target, data, headers, key=False)
        self.assertNotIn(CANARY.encode(), answer.body, (method, target))
        self.assertFalse([v for v in answer.headers.values() if CANARY in v], (method, target))
        return answer

    def decide(self, *as_whom, key=CANARY):
        body = {"placement_key": key, "user_id": "u", "context": {"room_type": CANARY}}
        return self.as_other("POST", "/v1/decision", body) if as_whom else self.server.post("/v1/decision", body)

    def test_decisions_are_made_of_the_own_catalog_with_caps_of_their_own(self):
        activated = self.server.request("PATCH", f"/v1/campaigns/{ID}", b'{"status":"ACTIVE"}',
                                        {"Content-Type": "application/merge-patch+json"})
        self.assertEqual(activated.status, 200, activated.body)
        mine = self.decide()
        self.assertEqual(mine.status, 200, mine.body)
        self.assertEqual(self.decide("other").status, 204)
        self.assertEqual(self.as_other("POST", "/v1/decision", {"placement_id": ID, "user_id": "u"}).status, 204)
        # The same ids in the other tenant: five of a day each, and neither knows the other's user.
        for kind, fields in (("placements", {"key": "own"}), ("campaigns", {"name": "own", "status": "ACTIVE"}),
                             ("line-items", {"campaign_id": "77", "placement_id": "77", "bid_cents": 1}),
                             ("creatives", {"line_item_id": "77", "landing_url": "https://own.example/"})):
            made = self.as_other("POST", f"/v1/{kind}", {"id": "77", **fields})
            self.assertEqual(made.status, 201, made.body)
        statuses = [self.decide("other", key="own").status for _ in range(6)]
        self.assertEqual(statuses, [200] * 5 + [204])
        self.assertEqual([self.decide().status for _ in range(5)], [200] * 4 + [204])
        # An id of one tenant says nothing about events of the other.
        stolen = {"event_id": "stolen", "event_type": "impression", "decision_id": mine.json()["decision_id"]}
        self.assertEqual(self.as_other("POST", "/v1/events", stolen).status, 202)
        self.server.caught_up()
        report = self.as_other("GET", "/v1/report?metrics=impressions,cost&dimensions=campaign_id&from=2026-01-01&to=2036-01-01")
        self.assertFalse([row for row in report.json()["rows"] if row["campaign_id"] == ID], report.body)

    def state_of_one(self):
        return {kind: self.server.get(f"/v1/{kind}").json() for kind, _ in OBJECTS}

    def test_no_route_shows_or_changes_what_belongs_to_another_tenant(self):
        before = self.state_of_one()
        paths = json.loads(self.server.get("/openapi.json").body)["paths"]
        self.assertGreater(len(paths), 40)
        tried = 0
        for path, methods in paths.items():
            target = path.replace("{id}", ID)
            if "{" in target:
                target = target.split("{")[0] + ID
            for method, operation in methods.items():
                if not operation.get("x-scopes"):
                    continue  # open to everybody, so nothing of a tenant is in it
                queries = [""]
                if any(p["name"] == "from" for p in operation["parameters"]):
                    queries = ["?from=2026-01-01&to=2027-12-31", "?from=2026-01-01&to=2027-12-31&tenant_id=1",
                               "?start_date=2026-01-01&end_date=2026-12-31"]
                for query in queries:
                    body = {"id": ID} if method in ("post", "put", "patch") else None
                    self.assertLess(self.as_other(method.upper(), target + query, body).status, 500, (method, target))
                    foreign = {"X-Adbacus-Tenant": "1"}
                    self.assertEqual(self.as_other(method.upper(), target + query, body, **foreign).status, 403)
                    tried += 2
        self.assertGreater(tried, 100)
        self.assertEqual(self.state_of_one(), before)

    def test_objects_of_another_tenant_are_not_there(self):
        for kind, fields in OBJECTS:
            self.as_other("DELETE", f"/v1/{kind}/{ID}")
        for kind, fields in OBJECTS:
            for method, body in (("GET", None), ("PUT", fields), ("PATCH", {}), ("DELETE", None)):
                data = json.dumps(body).encode() if body is not None else None
                answer = self.server.request(method, f"/v1/{kind}/{ID}", data, key=False, headers={
                    "Authorization": f"Bearer {self.other}", "Content-Type": "application/json"})
                self.assertEqual(answer.status, 404, (method, kind, answer.body))
                self.assertEqual(answer.json()["code"], "not_found")

    def test_links_across_tenants_are_refused_as_links_to_nothing(self):
        for kind, fields in OBJECTS:
            links = {k: v for k, v in fields.items() if k.endswith("_id")}
            if not links:
                continue
            mine = json.loads(json.dumps(fields).replace(CANARY, "mine"))
            answer = self.as_other("POST", f"/v1/{kind}", mine)
            nothing = self.as_other("POST", f"/v1/{kind}", {**mine, **{name: "none" for name in links}})
            self.assertEqual((answer.status, nothing.status), (404, 404), (kind, answer.body))
            self.assertEqual((answer.json()["code"], answer.json()["errors"]),
                             (nothing.json()["code"], nothing.json()["errors"]), kind)

    def test_the_same_ids_are_free_for_everybody(self):
        made = self.as_other("POST", "/v1/campaigns", {"id": "shared", "name": "two"})
        self.assertEqual(made.status, 201)
        self.assertEqual(self.server.get("/v1/campaigns/shared").status, 404)
        self.assertEqual(self.server.post("/v1/campaigns", {"id": "shared", "name": "one"}).status, 201)
        self.assertEqual(self.as_other("GET", "/v1/campaigns/shared").json()["name"], "two")
        page = self.server.get("/v1/campaigns?limit=1").json()["next_cursor"]
        self.assertEqual(self.as_other("GET", f"/v1/campaigns?limit=1&cursor={page}").json()["code"], "invalid_cursor")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
