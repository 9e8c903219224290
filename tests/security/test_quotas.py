"""R15: quotas of keys, tenants and addresses; what a stranger says of his address changes nothing."""
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until


class Quotas(unittest.TestCase):
    def test_nothing_is_limited_or_told_unless_asked_for(self):
        with Server() as server:
            for _ in range(300):
                answer = server.get("/v1/position")
                self.assertEqual(answer.status, 200)
                self.assertNotIn("ratelimit", answer.headers)

    def test_a_key_has_its_own_quota_from_the_answer_that_made_it(self):
        with Server() as server:
            made = server.post("/v1/keys", {"scopes": ["read", "ingest"], "quota": 5, "quota_period_s": 3600}).json()
            self.assertEqual((made["quota"], made["quota_period_s"]), (5, 3600))
            headers = {"Authorization": f"Bearer {made['key']}"}
            for left in (4, 3, 2, 1):
                answer = server.get("/v1/campaigns", headers=headers)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["ratelimit-policy"], '"key";q=5;w=3600')
                self.assertTrue(answer.headers["ratelimit"].startswith(f'"key";r={left};t='), answer.headers)
            event = {"event_type": "click", "event_id": "a"}
            self.assertEqual(server.post("/v1/events", event, headers=headers).status, 202)
            refused = server.post("/v1/events", event, headers=headers)
            self.assertEqual((refused.status, refused.json()["code"]), (429, "rate_limited"))
            self.assertEqual(refused.headers["content-type"], "application/problem+json")
            self.assertTrue(1 <= int(refused.headers["retry-after"]) <= 720)
            self.assertEqual(server.get("/v1/position").status, 200)
            for wrong in ({"quota": -1}, {"quota": "x"}, {"quota": 1, "quota_period_s": 100_000}):
                self.assertEqual(server.post("/v1/keys", {"scopes": ["read"], **wrong}).status, 422, wrong)
            # It survives a restart with the key.
            server.stop()
            listed = server.command("keys", "list", "--json").stdout
            self.assertIn('"quota":5,"quota_period_s":3600', listed)

    def test_a_forwarded_address_counts_only_from_a_trusted_proxy(self):
        settings = {"ADBACUS_ACCESS__ADDRESS_REQUESTS": "4", "ADBACUS_ACCESS__WINDOW_S": "3600"}
        for trusted, last in (("", 429), ("127.0.0.1", 200)):
            with Server(env={**settings, "ADBACUS_SERVER__TRUSTED_PROXIES": trusted}) as server:
                statuses = [server.get("/v1/position", headers={"X-Forwarded-For": f"198.51.100.{i}"}).status
                            for i in range(6)]
                self.assertEqual(statuses[:4], [200] * 4)
                self.assertEqual(statuses[4:], [last] * 2, trusted)
                self.assertEqual(server.get("/healthz", key=False).status, 200)
                # Guesses at keys count, too.
                guess = {"Authorization": "Bearer adb_aaaaaaaa." + "A" * 43, "X-Forwarded-For": "198.51.100.200"}
                answers = [server.get("/v1/position", headers=guess, key=False).status for _ in range(5)]
                self.assertEqual(answers[-1], 429)
                self.assertEqual(answers[0], 401 if trusted else 429)

    def test_clicks_beyond_an_addresses_quota_lead_on_but_do_not_count(self):
        settings = {"ADBACUS_ACCESS__ADDRESS_REQUESTS": "6", "ADBACUS_ACCESS__WINDOW_S": "3600",
                    "ADBACUS_SERVER__TRUSTED_PROXIES": "127.0.0.1"}
        with Server(env=settings) as server:
            from_one = {"X-Forwarded-For": "198.51.100.1"}
            made = server.post("/v1/links", {"destination": "https://shop.example/"}, headers=from_one)
            self.assertEqual(made.status, 201, made.body)
            answers = [server.get(made.json()["path"], headers=from_one, key=False) for _ in range(9)]
            self.assertEqual({(a.status, a.headers["location"]) for a in answers}, {(302, "https://shop.example/")})
            self.assertEqual([a.headers.get("x-adbacus-error") for a in answers], [None] * 5 + ["rate_limited"] * 4)
            forged = server.get("/v1/c/forged", headers=from_one, key=False)
            self.assertEqual((forged.status, forged.json()["code"]), (429, "rate_limited"))
            other = server.get(made.json()["path"], headers={"X-Forwarded-For": "198.51.100.2"}, key=False)
            self.assertEqual((other.status, other.headers.get("x-adbacus-error")), (302, None))
            wait_until("six clicks are counted", lambda: 'adbacus_click_redirects_total{result="counted"} 6' in
                       server.get("/metrics", headers={"X-Forwarded-For": "198.51.100.3"}).body.decode())
            self.assertIn('adbacus_click_redirects_total{result="limited"} 4',
                          server.get("/metrics", headers={"X-Forwarded-For": "198.51.100.3"}).body.decode())

    def test_quotas_change_while_the_server_runs(self):
        with Server() as server:
            config = server.folder / "a.yaml"
            config.write_text("access:\n  window_s: 3600\n  tenant_requests: 3\n")
            server.stop()
            server.args = ["--config", str(config)]
            server.start()
            self.assertEqual([server.get("/v1/position").status for _ in range(4)], [200, 200, 200, 429])
            config.write_text("access:\n  tenant_requests: 0\n")
            server.signal(signal.SIGHUP)
            wait_until("the quota is gone", lambda: server.get("/v1/position").status == 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
