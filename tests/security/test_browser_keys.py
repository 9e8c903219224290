"""Public browser keys: from pages of their origins only, into ingest only; secret keys never in a URL; no key in any log."""
import datetime
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BINARY, Server  # noqa: E402

PAGE = "https://shop.example"


class BrowserKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.server.ready()
        made = subprocess.run([str(BINARY), "keys", "create", "--public", "--origin", "https://Shop.Example:443",
                               "--origin", "http://localhost:3000", "--name", "pages", "--json",
                               "--url", cls.server.url, "--data", str(cls.server.data)],
                              capture_output=True, text=True, timeout=60, check=True)
        cls.made = json.loads(made.stdout)
        cls.key = cls.made["key"]
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def beacon(self, headers, target="/v1/events", key=None, event=None):
        """As navigator.sendBeacon(url, string) sends it."""
        type(self).count += 1
        event = event or {"event_id": f"b-{self.count}", "event_type": "click", "campaign_id": 7}
        return self.server.request("POST", f"{target}?key={key or self.key}", json.dumps(event),
                                   {"Content-Type": "text/plain;charset=UTF-8", **headers}, key=False)

    def code(self, answer):
        return answer.status, answer.json().get("code")

    def test_the_key_is_made_as_asked(self):
        self.assertEqual(self.made["scopes"], ["ingest"])
        self.assertTrue(self.made["public"])
        self.assertEqual(self.made["origins"], [PAGE, "http://localhost:3000"])
        for wrong in ({"public": True, "scopes": ["ingest"]},
                      {"public": True, "scopes": ["ingest", "read"], "origins": [PAGE]},
                      {"public": True, "scopes": ["ingest", "decide"], "origins": [PAGE]},
                      {"public": True, "scopes": ["ingest"], "origins": [PAGE], "placements": ["p"]},
                      {"public": True, "scopes": ["ingest"], "origins": ["shop.example"]},
                      {"public": True, "scopes": ["ingest"], "origins": ["*"]},
                      {"scopes": ["ingest"], "origins": [PAGE]}):
            self.assertEqual(self.code(self.server.post("/v1/keys", wrong)), (422, "invalid_body"), wrong)
        answer = self.server.post("/v1/keys", {"public": True, "scopes": ["ingest"], "origins": [PAGE]})
        self.assertEqual(answer.status, 201)

    def test_a_beacon_of_its_page_is_taken_and_counted(self):
        answer = self.beacon({"Origin": PAGE, "User-Agent": "browser"})
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.headers["access-control-allow-origin"], PAGE)
        self.assertEqual(answer.headers["access-control-allow-credentials"], "true")
        self.assertIn("Origin", answer.headers["vary"])
        today = datetime.datetime.now(datetime.timezone.utc).date()
        around = {"from": today - datetime.timedelta(days=1), "to": today + datetime.timedelta(days=2)}
        report = self.server.report(metrics="clicks", after=answer.json()["position"], **around)
        self.assertGreaterEqual(report["totals"]["clicks"], 1)
        for target in ("/api/events/", "/api/v1/events", "/click"):
            self.assertEqual(self.beacon({"Origin": "http://localhost:3000"}, target).status, 202, target)

    def test_other_pages_and_no_page_are_refused(self):
        for origin in ("https://evil.example", "null", "http://shop.example", PAGE + ".evil.example", PAGE + "/"):
            answer = self.beacon({"Origin": origin})
            self.assertEqual(self.code(answer), (403, "origin_not_allowed"), origin)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(self.code(self.beacon({})), (403, "origin_required"))
        self.assertEqual(self.code(self.beacon({"Referer": PAGE + "/cart"})), (403, "origin_required"))

    def test_the_key_only_ingests(self):
        page = {"Origin": PAGE, "Authorization": f"Bearer {self.key}"}
        for method, target in (("GET", "/v1/report?metrics=clicks"), ("GET", "/v1/keys"), ("GET", "/v1/dead-letters"),
                               ("GET", "/api/v1/stats"), ("POST", "/v1/keys")):
            answer = self.server.request(method, target, None, page, key=False)
            self.assertEqual(answer.status, 403, (target, answer.body))
        refused = self.server.request("POST", f"/v1/events?import=x&key={self.key}", "{}", {"Origin": PAGE}, key=False)
        self.assertEqual(self.code(refused), (403, "missing_scope"))
        self.assertEqual(refused.headers["access-control-allow-origin"], PAGE, "the page may read why")

    def test_secret_keys_do_not_belong_into_a_url(self):
        answer = self.beacon({"Origin": PAGE}, key=self.server.key)
        self.assertEqual(self.code(answer), (401, "secret_key_in_query"))
        elsewhere = self.server.request("GET", f"/v1/keys?key={self.server.key}", key=False)
        self.assertEqual(self.code(elsewhere), (401, "key_in_query"))

    def test_two_credentials_are_one_too_many(self):
        other = {"X-Api-Key": self.key, "Origin": PAGE}
        for headers in ({**other, "Authorization": f"Bearer {self.server.key}"},):
            answer = self.server.request("POST", "/v1/events", "{}", headers, key=False)
            self.assertEqual(self.code(answer), (400, "ambiguous_credential"))
        same = self.server.request("POST", "/v1/events?dry_run=1", '{"event_type":"click"}',
                                   {"Authorization": f"Bearer {self.server.key}", "X-Api-Key": self.server.key},
                                   key=False)
        self.assertEqual(same.status, 200)

    def test_preflights(self):
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        answer = self.server.request("OPTIONS", f"/v1/events?key={self.key}", None, {"Origin": PAGE, **asks}, key=False)
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.headers["access-control-allow-origin"], PAGE)
        self.assertEqual(answer.headers["access-control-allow-methods"], "POST")
        self.assertIn("Content-Type", answer.headers["access-control-allow-headers"])
        self.assertGreater(int(answer.headers["access-control-max-age"]), 0)
        self.assertEqual(answer.headers["vary"], "Origin")
        evil = self.server.request("OPTIONS", f"/v1/events?key={self.key}", None,
                                   {"Origin": "https://evil.example", **asks}, key=False)
        self.assertEqual(evil.status, 403)
        self.assertNotIn("access-control-allow-origin", evil.headers)
        report = self.server.request("OPTIONS", "/v1/report", None, {"Origin": PAGE, **asks}, key=False)
        self.assertNotIn("access-control-allow-origin", report.headers)

    def test_a_page_cannot_say_where_it_is(self):
        event = {"event_id": "forged", "event_type": "click", "ip": "203.0.113.9"}
        answer = self.beacon({"Origin": PAGE, "X-Device-IP": "203.0.113.9"}, event=event)
        self.assertEqual(answer.status, 202)
        self.assertEqual([w["code"] for w in answer.json()["warnings"]], ["device_ignored"])

    def test_no_key_in_logs_and_answers(self):
        secret = self.key.split(".")[1]
        answers = [self.beacon({}), self.beacon({"Origin": "https://evil.example"}), self.beacon({"Origin": PAGE}),
                   self.beacon({"Origin": PAGE}, event={"event_type": "bogus"}),
                   self.beacon({"Origin": PAGE, "Content-Type": "image/png"}),
                   self.server.request("POST", f"/v1/events?key={self.key}&bogus=1", "{}", {"Origin": PAGE}, key=False),
                   self.server.request("GET", f"/nosuch?key={self.key}", key=False),
                   self.server.request("GET", f"/v1/events?key={self.key}%zz", key=False),
                   self.server.request("GET", f"/v1/report?key={self.key}&metrics=x"),
                   self.server.request("POST", f"/v1/events?key={self.key}x", "{}", {"Origin": PAGE}, key=False),
                   self.server.get("/v1/keys"), self.server.get("/metrics")]
        for answer in answers:
            self.assertNotIn(secret.encode(), answer.body)
            self.assertNotIn(secret, str(answer.headers))
        self.assertNotIn(secret, self.server.log_path.read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
