"""/v1/campaigns and all other objects of the catalog: made, changed, listed and deleted while the server runs."""
import json
import random
import re
import sys
import threading
import unittest
import urllib.parse

from harness import Server, wait_until

KINDS = ("advertisers", "publishers", "campaigns", "placements", "line-items", "creatives", "ads", "experiments",
         "attribution-rules", "conversion-types", "users")


class Catalog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.server.ready()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def call(self, method, target, body=None, status=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        answer = self.server.request(method, target, data, headers)
        if status is not None:
            self.assertEqual(answer.status, status, (method, target, str(body)[:300], answer.body[:500], self.server.log_tail(800)))
        return answer

    def make(self, kind, **fields):
        return self.call("POST", f"/v1/{kind}", fields, 201).json()

    def test_a_campaign_with_all_that_hangs_on_it(self):
        advertiser = self.make("advertisers", name="Acme", domain="Acme.Example")
        self.assertEqual(advertiser["domain"], "acme.example")
        publisher = self.make("publishers", name="News", domain="news.example")
        campaign = self.make("campaigns", name="Spring", advertiser_id=advertiser["id"], daily_budget_cents=5000,
                             start_at="2026-03-01T00:00:00+01:00", caps=[{"count": 3, "period_hours": 24}])
        self.assertEqual((campaign["status"], campaign["daily_budget_micros"], campaign["start_at"]),
                         ("DRAFT", 50_000_000, "2026-02-28T23:00:00Z"))
        self.assertEqual(campaign["tenant_id"], "1")
        self.assertRegex(campaign["id"], r"^\d+$")
        placement = self.make("placements", key="visualizer_native_1", publisher_id=publisher["id"])
        item = self.make("line-items", campaign_id=int(campaign["id"]), placement_id=placement["id"], bid_cents=12.5,
                         targeting_json={"country": ["DE", "AT"], "room_type": "bedroom"})
        self.assertEqual((item["bid_micros"], item["pricing"], item["pacing_mode"]), (125_000, "cpc", "STANDARD"))
        self.assertEqual(item["targeting_json"], {"country": ["DE", "AT"], "room_type": "bedroom"})
        creative = self.make("creatives", line_item_id=item["id"], landing_url="https://acme.example/?c={click_id}",
                             product_sku="SKU-123")
        ad = self.make("ads", id="ad 7/ü", campaign_id=campaign["id"], creative_id=creative["id"])
        there = self.call("GET", "/v1/ads/" + urllib.parse.quote(ad["id"], safe=""), status=200)
        self.assertEqual(there.json(), ad)
        self.make("experiments", level="campaign", variants=[{"key": "a"}, {"key": "b", "target": campaign["id"]}])
        self.make("attribution-rules", campaign_id=campaign["id"], click_window_hours=72, model="linear")
        self.make("conversion-types", key="purchase", default_value_cents=100)
        self.make("users", email="Ann@Acme.example", role="analyst", advertiser_id=advertiser["id"])
        for kind in KINDS:
            listed = self.call("GET", f"/v1/{kind}", status=200).json()
            self.assertFalse(listed["has_more"])
            self.assertTrue(listed["data"], kind)
        refused = self.call("DELETE", f"/v1/campaigns/{campaign['id']}", status=409).json()
        self.assertEqual(refused["code"], "in_use")

    def test_changes_are_conditional_and_tagged(self):
        answer = self.call("POST", "/v1/campaigns", {"name": "v"}, 201)
        path, tag = answer.headers["location"], answer.headers["etag"]
        self.assertEqual(self.call("GET", path, status=304, If_None_Match=tag).body, b"")
        changed = self.call("PATCH", path, {"status": "ACTIVE"}, 200, If_Match=tag)
        self.assertNotEqual(changed.headers["etag"], tag)
        self.call("GET", path, status=200, If_None_Match=tag)
        for stale in (tag, '"99"', "W/" + changed.headers["etag"], "nonsense"):
            self.assertEqual(self.call("PATCH", path, {"name": "w"}, 412, If_Match=stale).json()["code"], "version_differs")
            self.call("PUT", path, {"name": "w"}, 412, If_Match=stale)
            self.call("DELETE", path, status=412, If_Match=stale)
        self.assertEqual(self.call("PATCH", path, {"name": "w"}, 428, X_Strict_Mode="1").json()["code"],
                         "precondition_required")
        self.call("PATCH", path, {"name": "w"}, 200, If_Match="*")
        replaced = self.call("PUT", path, {"name": "x", "status": "PAUSED"}, 200)
        self.assertEqual(replaced.json()["version"], 4)
        same = self.call("PUT", path, {"name": "x", "status": "PAUSED"}, 200)
        self.assertEqual(same.headers["etag"], replaced.headers["etag"], "nothing changed, no version")
        self.assertEqual(self.call("PATCH", path, {"status": "DRAFT"}, 409).json()["code"], "invalid_transition")
        self.call("DELETE", path, status=204, If_Match=same.headers["etag"])
        for method, body in (("GET", None), ("PATCH", {}), ("PUT", {"name": "x"}), ("DELETE", None)):
            self.call(method, path, body, 404)
        self.assertEqual(self.call("POST", "/v1/campaigns", {"id": path.rsplit("/", 1)[1], "name": "x"}, 409).json()["code"],
                         "id_taken")

    def test_what_is_wrong_is_told_with_its_place(self):
        for kind, body, status, code, pointers in (
                ("campaigns", {}, 422, "invalid_body", ["/name"]),
                ("campaigns", {"name": "x", "spent": 1, "version": 2, "created_at": "2026-01-01"}, 422, "invalid_body",
                 ["/spent", "/version", "/created_at"]),
                ("campaigns", {"name": "x", "role": "owner"}, 422, "invalid_body", ["/role"]),
                ("campaigns", {"name": "x", "status": "ENDED"}, 422, "invalid_body", ["/status"]),
                ("campaigns", {"name": "x", "tenant_id": "2"}, 403, "tenant_mismatch", []),
                ("campaigns", [], 422, "invalid_body", [""]),
                ("campaigns", b"{", 400, "invalid_json", []),
                ("campaigns", b'{"name":"a","name":"b"}', 400, "invalid_json", []),
                ("campaigns", b"", 400, "invalid_json", []),
                ("line-items", {"campaign_id": 98, "placement_id": 99, "bid_cents": 1}, 404, "reference_not_found",
                 ["/campaign_id", "/placement_id"]),
                ("line-items", {"campaign_id": 98}, 422, "invalid_body", ["/placement_id", "/bid_cents"]),
                ("creatives", {"line_item_id": 1, "landing_url": "javascript:alert(1)"}, 422, "invalid_body",
                 ["/landing_url"])):
            answer = self.call("POST", f"/v1/{kind}", body, status)
            self.assertEqual(answer.headers["content-type"], "application/problem+json")
            problem = answer.json()
            self.assertEqual((problem["code"], [e["pointer"] for e in problem.get("errors", [])]), (code, pointers), body)
        self.call("POST", "/v1/campaigns", b"<x/>", 415, Content_Type="application/xml")
        self.assertEqual(self.call("GET", "/v1/campaigns?colour=red", status=422).json()["code"], "unknown_parameter")
        self.assertEqual(self.call("GET", "/v1/campaigns?status=RED", status=422).json()["code"], "invalid_parameter")
        self.call("GET", "/v1/campaigns?limit=1001", status=422)
        self.call("PUT", "/v1/campaigns", status=405)
        self.assertEqual(self.call("POST", "/v1/campaigns", {"name": "own", "tenant_id": "1"}).status, 201)

    def test_the_same_request_again_makes_nothing(self):
        body = {"name": "once"}
        first = self.call("POST", "/v1/campaigns", body, 201, Idempotency_Key="k 1".replace(" ", "-"))
        again = self.call("POST", "/v1/campaigns", body, 201, Idempotency_Key="k-1")
        self.assertEqual((again.body, again.headers["etag"], again.headers["location"]),
                         (first.body, first.headers["etag"], first.headers["location"]))
        self.assertEqual(again.headers["idempotent-replayed"], "true")
        self.assertEqual(self.call("POST", "/v1/campaigns", {"name": "twice"}, 422, Idempotency_Key="k-1").json()["code"],
                         "idempotency_key_reused")
        self.assertNotEqual(self.call("POST", "/v1/advertisers", body, 201, Idempotency_Key="k-1").body, first.body)
        self.call("POST", "/v1/campaigns", {}, 422, Idempotency_Key="k-2")
        self.call("POST", "/v1/campaigns", body, 201, Idempotency_Key="k-2")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            self.call("POST", "/v1/campaigns", body, 201, Idempotency_Key="k-3").json()["id"])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(answers)), 1, answers)

    def test_pages_are_complete_while_others_write(self):
        seed = random.randrange(1 << 32)
        print("seed", seed)
        rng = random.Random(seed)
        items = [{"id": f"p{i}", "key": f"key {i}"} for i in range(230)]
        done = self.call("POST", "/v1/placements/bulk", items, 200).json()
        self.assertEqual((done["created"], done["failed"]), (230, 0))
        seen, cursor = [], ""
        while True:
            page = self.call("GET", f"/v1/placements?limit={rng.randrange(1, 60)}{cursor}", status=200)
            seen += [o["id"] for o in page.json()["data"]]
            if not page.json()["has_more"]:
                self.assertNotIn("link", page.headers)
                break
            cursor = "&cursor=" + page.json()["next_cursor"]
            self.assertRegex(page.headers["link"], r'^</v1/placements\?cursor=.*>; rel="next"$')
            self.call("PATCH", f"/v1/placements/p{rng.randrange(230)}", {"name": str(rng.random())}, 200)
        self.assertEqual([i for i in seen if re.match(r"p\d", i)], [i["id"] for i in items])
        cursor = self.call("GET", "/v1/placements?limit=1").json()["next_cursor"]
        for wrong in (cursor[:-1] + ("0" if cursor[-1] != "0" else "1"), "1.00", "", cursor.replace(".", "0.")):
            self.assertEqual(self.call("GET", f"/v1/placements?cursor={wrong}", status=422).json()["code"], "invalid_cursor")
        self.assertEqual(self.call("GET", f"/v1/campaigns?cursor={cursor}", status=422).json()["code"], "invalid_cursor")

    def test_bulk_upserts_judge_each_object_or_take_all_or_nothing(self):
        items = [{"id": "b1", "name": "one"}, {"id": "b2", "name": 2}, {"id": "b1", "name": "one again"}, 5,
                 {"name": "no id"}]
        answer = self.call("POST", "/v1/advertisers/bulk", {"items": items}, 200).json()
        self.assertEqual([r["status"] for r in answer["results"]], [201, 422, 200, 422, 201])
        self.assertEqual(answer["results"][1]["errors"][0]["pointer"], "/items/1/name")
        self.assertEqual(self.call("GET", "/v1/advertisers/b1").json()["name"], "one again")
        refused = self.call("POST", "/v1/advertisers/bulk", [{"id": "c1"}, {"id": "c2", "x": 1}], 422, X_Strict_Mode="1")
        self.assertEqual((refused.json()["code"], refused.json()["errors"][0]["pointer"]), ("bulk_refused", "/1/x"))
        self.call("GET", "/v1/advertisers/c1", status=404)
        self.call("POST", "/v1/advertisers/bulk", [], 422)
        self.call("POST", "/v1/advertisers/bulk", [{}] * 1001, 422)

    def test_what_was_acknowledged_survives_a_kill(self):
        with Server() as server:
            server.ready()
            made = [server.post("/v1/campaigns", {"name": f"c{i}"}).json() for i in range(20)]
            server.kill()
            server.start()
            server.ready()
            listed = server.get("/v1/campaigns").json()["data"]
            self.assertEqual(listed, made)


    def test_the_copy_of_the_catalog_stays_fresh(self):
        def age():
            text = self.server.get("/metrics").body.decode()
            return float(re.search(r"^adbacus_catalog_snapshot_age_seconds (\S+)$", text, re.M).group(1))
        wait_until("the copy is renewed by itself", lambda: age() < 0.4)
        wait_until("the copy ages", lambda: age() > 0.05)
        wait_until("the copy is renewed again", lambda: age() < 0.05)


class Tenants(unittest.TestCase):
    """A tenant is changed by its administrators, made and deleted by operators only."""

    def test_operators_make_tenants_and_nobody_else(self):
        with Server() as server:
            operator = server.command("keys", "create", "--operator", "--scopes", "all").stdout.strip() \
                if server.stop() == 0 else None
            server.start()
            server.ready()

            def call(key, method, target, body=None, **more):
                headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **more}
                return server.request(method, target, json.dumps(body).encode() if body is not None else None, headers,
                                      key=False)

            own = server.key
            self.assertEqual([t["id"] for t in call(own, "GET", "/v1/tenants").json()["data"]], ["1"])
            self.assertEqual(call(own, "POST", "/v1/tenants", {"name": "x"}).json()["code"], "operator_only")
            self.assertEqual(call(own, "DELETE", "/v1/tenants/1").json()["code"], "operator_only")
            made = call(operator, "POST", "/v1/tenants", {"name": "Two", "currency": "EUR", "timezone": "Europe/Berlin"})
            self.assertEqual((made.status, made.json()["id"], made.json()["currency"]), (201, "2", "EUR"), made.body)
            self.assertEqual(call(operator, "POST", "/v1/tenants", {"id": "acme", "currency": "XX1"}).status, 422)
            self.assertEqual(call(operator, "POST", "/v1/tenants", {"id": "acme"}).status, 201)
            self.assertEqual([t["id"] for t in call(operator, "GET", "/v1/tenants").json()["data"]], ["1", "2", "acme"])
            for method in ("GET", "PATCH", "PUT"):
                self.assertEqual(call(own, method, "/v1/tenants/2", None if method == "GET" else {}).status, 404)
            key = call(operator, "POST", "/v1/keys", {"scopes": ["admin", "read"], "tenant_id": "acme"}).json()["key"]
            self.assertEqual(call(key, "PATCH", "/v1/tenants/acme", {"currency": "JPY"}).json()["currency"], "JPY")
            campaign = call(key, "POST", "/v1/campaigns", {"name": "c"}).json()
            self.assertEqual(campaign["tenant_id"], "acme")
            self.assertEqual(call(operator, "GET", "/v1/campaigns").json()["code"], "tenant_required")
            self.assertEqual(call(operator, "DELETE", "/v1/tenants/acme").json()["code"], "in_use")
            self.assertEqual(call(key, "DELETE", "/v1/campaigns/" + campaign["id"]).status, 204)
            self.assertEqual(call(operator, "DELETE", "/v1/tenants/acme").status, 204)
            self.assertEqual(call(key, "GET", "/v1/campaigns").status, 401, "its keys end with it")
            self.assertEqual(call(operator, "POST", "/v1/tenants", {"id": "acme"}).json()["code"], "id_taken")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
