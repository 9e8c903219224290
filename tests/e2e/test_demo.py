"""adbacus demo fills the tenant demo and no other, whatever key it is given."""
import os
import subprocess
import sys
import unittest

from harness import BINARY, Server

RANGE = {"from": "2020-01-01T00:00:00Z", "to": "2028-12-31T00:00:00Z"}
ALL = "/v1/report?metrics=gross_impressions,duplicates&from={from}&to={to}".format(**RANGE)


class Demo(unittest.TestCase):
    def demo(self, server, *args, env=None):
        environment = {k: v for k, v in os.environ.items() if k != "ADBACUS_KEY"}
        return subprocess.run([str(BINARY), "demo", "--url", server.url, "--backfill-hours", "1",
                               "--backfill-events", "50", "--rate", "1", "--seconds", "1", *args],
                              capture_output=True, text=True, timeout=60, env={**environment, **(env or {})})

    def impressions(self, server, key):
        server.caught_up()
        answer = server.get(ALL, headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["totals"]["gross_impressions"]

    def test_the_tenant_demo_is_made_beside_a_running_server_and_is_the_only_one_filled(self):
        with Server() as server:
            server.ready()
            done = self.demo(server, "--data", str(server.data))
            self.assertEqual(done.returncode, 0, done.stderr)
            key_file = server.data / "demo.key"
            self.assertEqual(key_file.stat().st_mode & 0o777, 0o600)
            self.assertEqual(self.impressions(server, server.key), 0)
            first = self.impressions(server, key_file.read_text().strip())
            self.assertGreaterEqual(first, 50)
            key = key_file.read_text()
            done = self.demo(server, "--data", str(server.data), "--seed", "2")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(key_file.read_text(), key, "the key is kept")
            self.assertGreaterEqual(self.impressions(server, key.strip()), first + 50)
            self.assertEqual(self.impressions(server, server.key), 0)

    def test_another_tenants_key_is_refused_with_advice_and_nothing_is_sent(self):
        with Server() as server:
            server.ready()
            for args, env in ((("--key-file", str(server.data / "admin.key")), {}),
                              ((), {"ADBACUS_KEY": server.key}),
                              (("--data", str(server.folder / "other")), {})):
                done = self.demo(server, *args, env=env)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("keys create --new-tenant --tenant demo", done.stderr)
            self.assertEqual(self.impressions(server, server.key), 0)
            self.assertFalse((server.data / "demo.key").exists())

    def test_an_operators_key_fills_the_tenant_demo(self):
        server = Server()
        self.addCleanup(server.close)
        operator = server.command("keys", "create", "--operator").stdout.strip()
        server.command("keys", "create", "--new-tenant", "--tenant", "demo", "--scopes", "ingest,read")
        server.start()
        server.ready()
        done = self.demo(server, "--data", str(server.folder), env={"ADBACUS_KEY": operator})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.impressions(server, server.key), 0)
        headers = {"Authorization": f"Bearer {operator}", "X-Adbacus-Tenant": "demo"}
        self.assertGreaterEqual(server.get(ALL, headers=headers).json()["totals"]["gross_impressions"], 50)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
