"""GET /v1/p.gif: events as images, filled in from the catalog, counted once they are acknowledged and after a kill -9."""
import datetime
import json
import subprocess
import unittest
import urllib.parse

from harness import BINARY, Server, wait_until

PAGE = "https://shop.example"


class Pixel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.server.ready()
        made = subprocess.run([str(BINARY), "keys", "create", "--public", "--origin", PAGE, "--json",
                               "--url", cls.server.url, "--data", str(cls.server.data)],
                              capture_output=True, text=True, timeout=60, check=True)
        cls.key = json.loads(made.stdout)["key"]
        for kind, fields in (("publishers", {"id": "pub"}), ("campaigns", {"id": "spring", "name": "Spring"}),
                             ("placements", {"id": "pl", "key": "top", "publisher_id": "pub"}),
                             ("line-items", {"id": "li", "campaign_id": "spring", "placement_id": "pl", "bid_cents": 1}),
                             ("creatives", {"id": "cr", "line_item_id": "li", "landing_url": "https://shop.example/bed"})):
            answer = cls.server.post(f"/v1/{kind}", fields)
            assert answer.status == 201, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def pixel(self, method="GET", headers=None, **fields):
        query = urllib.parse.urlencode({"key": self.key, **fields})
        answer = self.server.request(method, f"/v1/p.gif?{query}", headers=headers, key=False)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "image/gif")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(len(answer.body), 0 if method == "HEAD" else 43)
        self.assertEqual(answer.headers["content-length"], "43")
        return answer.headers.get("x-adbacus-error", "")

    def counts(self, **params):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        after = self.server.get("/v1/position").json()["position"]
        return self.server.report(after=after, **{"from": today - datetime.timedelta(days=1),
                                                  "to": today + datetime.timedelta(days=2)}, **params)["rows"]

    def test_images_are_events_of_the_campaign_they_show(self):
        self.assertEqual(self.pixel(creative_id="cr", event_id="p-1", country="de", device="mobile"), "")
        self.assertEqual(self.pixel(creative_id="cr", event_id="p-1"), "", "again")
        self.assertEqual(self.pixel(placement_key="top", e="click", headers={"Referer": PAGE + "/x"}), "")
        self.assertEqual(self.pixel("HEAD", creative_id="cr"), "")
        self.assertEqual(self.pixel(creative_id="cr", headers={"Sec-Purpose": "prefetch"}), "")
        self.assertEqual(self.pixel(creative_id="cr", headers={"Referer": "https://evil.example/"}), "origin_not_allowed")
        self.assertEqual(self.pixel(e="nonsense"), "unknown_event_type")
        self.server.kill()
        self.server.start().ready()
        rows = self.counts(metrics="impressions,clicks", dimensions="publisher_id,placement_id")
        self.assertEqual(rows, [{"publisher_id": "pub", "placement_id": "pl", "impressions": 1, "clicks": 1}])
        rows = self.counts(metrics="impressions", dimensions="campaign_id,country,device", filter="campaign_id:eq:spring")
        self.assertEqual(rows, [{"campaign_id": "spring", "country": "DE", "device": "mobile", "impressions": 1}])

    def test_a_secret_key_does_not_belong_into_an_image(self):
        self.assertEqual(self.pixel(key=self.server.key), "secret_key_in_query")
        self.assertEqual(self.pixel(key="nope"), "unauthorized")
        self.assertNotIn(self.server.key, self.server.log_path.read_text())


class References(unittest.TestCase):
    """What becomes of events that name what the tenant does not have."""

    def codes(self, answer):
        return [w["code"] for w in answer.json()["warnings"]]

    def test_flagged_by_default_refused_if_asked_for(self):
        with Server() as server:
            server.ready()
            click = {"event_type": "click", "campaign_id": "nope"}
            self.assertEqual(self.codes(server.post("/v1/events", {"event_id": "1", **click})), [])
            self.assertEqual(server.post("/v1/campaigns", {"id": "c1", "name": "one"}).status, 201)
            answer = server.post("/v1/events", [{"event_id": "2", **click}, {"event_id": "3", **click, "campaign_id": "c1"},
                                                {"event_id": "4", **click}])
            self.assertEqual(answer.json()["warnings"], [{"code": "unknown_ref", "count": 2, "first_index": 0}])
            self.assertEqual(server.request("DELETE", "/v1/campaigns/c1").status, 204)
            self.assertEqual(self.codes(server.post("/v1/events", {"event_id": "5", **click, "campaign_id": "c1"})), [])
            server.stop()
            server.env = {"ADBACUS_INGEST__UNKNOWN_REFS": "reject"}
            server.start().ready()
            answer = server.post("/v1/events", [{"event_id": "6", **click}, {"event_id": "7", **click, "campaign_id": "c1"}])
            self.assertEqual([(r["index"], r["code"], r["pointer"]) for r in answer.json()["rejected"]],
                             [(0, "unknown_ref", "/0/campaign_id")])
            body = json.dumps({"unknown_refs": "flag"})
            patched = server.request("PATCH", "/v1/tenants/1", body, {"Content-Type": "application/json"})
            self.assertEqual((patched.status, patched.json()["unknown_refs"]), (200, "flag"), "the tenant's word wins")
            wait_until("the tenant's word is heard", lambda: server.post("/v1/events", click).status == 202)
            server.stop()
            server.command("verify")


if __name__ == "__main__":
    unittest.main()
