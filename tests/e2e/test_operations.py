"""The listener for operations, SIGHUP, and a start that fails before it leaves anything behind."""
import http.client
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from harness import BINARY, Answer, Server, wait_until


def get(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Operations(unittest.TestCase):
    def test_a_port_in_use_leaves_no_data_folder(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="adbacus-test-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for flags in (("--listen", address), ("--listen", "127.0.0.1:0", "--ops-listen", address)):
                done = subprocess.run([str(BINARY), "serve", "--data", str(folder / "data"), *flags],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(address, done.stderr)
                self.assertIn("in use", done.stderr)
                self.assertEqual(list(folder.iterdir()), [], flags)
        for flags in (("--listen", "nowhere:8080"), ("--ops-listen", "8080"),
                      ("--listen", "127.0.0.1:1", "--ops-listen", "127.0.0.1:1")):
            done = subprocess.run([str(BINARY), "serve", "--data", str(folder / "data"), *flags],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(list(folder.iterdir()), [], flags)

    def test_the_listener_for_operations_serves_only_them(self):
        with Server("--ops-listen", "127.0.0.1:0") as server:
            server.ready()
            port = int((server.data / "ops_port").read_text())
            self.assertNotEqual(port, server.port)
            for target in ("/healthz", "/readyz", "/metrics", "/version", "/openapi.json"):
                self.assertEqual(get(port, target).status, 200, target)
            self.assertIn(b"adbacus_build_info", get(port, "/metrics").body)
            for target in ("/v1/events", "/v1/report", "/v1/keys", "/api/v1/stats"):
                self.assertEqual(get(port, target).status, 404, target)
            self.assertEqual(server.stop(), 0)

    def test_an_id_that_is_no_number_is_no_dead_letter(self):
        with Server() as server:
            server.ready()
            for method, target in (("GET", "abc"), ("GET", "0x1"), ("POST", "abc/fix"), ("POST", "-1/drop")):
                answer = server.request(method, f"/v1/dead-letters/{target}", b"{}" if method == "POST" else None)
                self.assertEqual((answer.status, answer.json()["code"]), (404, "not_found"), target)
                self.assertNotIn("letter 0", answer.json()["detail"])

    def test_readyz_beyond_loopback_needs_a_key_but_not_on_the_listener_for_operations(self):
        # A trusted proxy on loopback speaks for a caller from elsewhere.
        with Server("--set", "server.trusted_proxies=127.0.0.1", "--ops-listen", "127.0.0.1:0") as server:
            server.ready()
            far = {"X-Forwarded-For": "203.0.113.9"}
            for target in ("/readyz", "/metrics"):
                self.assertEqual(server.request("GET", target, None, far, key=False).status, 401)
                self.assertEqual(server.request("GET", target, None, far).status, 200)
                self.assertEqual(server.request("GET", target, None, far | {"X-Api-Key": "x"}).status, 400)

    def test_sighup_reads_the_file_again_and_a_broken_one_changes_nothing(self):
        server = Server()
        self.addCleanup(server.close)
        server.folder.mkdir(exist_ok=True)
        file = server.folder / "adbacus.yaml"
        file.write_text("ingest:\n  events_max: 3\nlogging:\n  level: info\n")
        server.args = ["--config", str(file)]
        server.start()
        server.ready()

        def events_taken(count):
            events = [{"event_id": f"e{i}", "event_type": "click"} for i in range(count)]
            return server.post("/v1/events?dry_run=1", events).status == 200

        def configuration():
            return server.get("/readyz").json()["configuration"]

        self.assertTrue(events_taken(3))
        self.assertFalse(events_taken(4))
        self.assertEqual(configuration(), {"reloads": 0, "refused": 0, "waiting_for_restart": []})

        file.write_text("ingest:\n  events_max: 4\nlog:\n  segment_mb: 7\n")
        server.signal(signal.SIGHUP)
        wait_until("the new file is in effect", lambda: configuration()["reloads"] == 1)
        self.assertTrue(events_taken(4))
        self.assertEqual(configuration()["waiting_for_restart"], ["log.segment_mb"])

        for broken, what in (("ingest: [", "adbacus.yaml"), ("ingest:\n  events_max: 5\n  bogus: 1\n", "bogus"),
                             ("ingest:\n  events_max: 5\n  age_max_hours: 240\n", "log.live_window_hours")):
            refused = configuration()["refused"]
            file.write_text(broken)
            server.signal(signal.SIGHUP)
            wait_until("the broken file is refused", lambda: configuration()["refused"] == refused + 1)
            self.assertIn(what, configuration()["error"])
            self.assertTrue(events_taken(4))
            self.assertFalse(events_taken(5), "nothing of a broken file is taken")
            answer = server.get("/readyz")
            self.assertEqual(answer.status, 200, "the old configuration serves")
            self.assertTrue(answer.json()["degraded"])
            metrics = server.get("/metrics").body.decode()
            self.assertRegex(metrics, r"(?m)^adbacus_config_refused 1$")
        self.assertIn("configuration refused", server.log_tail())

        file.unlink()
        server.signal(signal.SIGHUP)
        wait_until("a missing file is refused", lambda: configuration()["refused"] == 4)
        file.write_text("ingest:\n  events_max: 5\nlogging:\n  format: json\n")
        server.signal(signal.SIGHUP)
        wait_until("the mended file is in effect", lambda: configuration()["reloads"] == 2)
        self.assertTrue(events_taken(5))
        self.assertNotIn("error", configuration())
        self.assertFalse(server.get("/readyz").json()["degraded"])
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
