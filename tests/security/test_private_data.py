"""R22: an address that was sent, in whatever place, is nowhere on the disk and in no log line."""
import os
import pathlib
import random
import re
import socket
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
import duckdb
from harness import Server

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))


class PrivateData(unittest.TestCase):
    def canaries(self, rng):
        """Addresses whose text and bytes are unlikely to be anywhere by chance."""
        v4 = [f"{rng.randrange(11, 100)}.{rng.randrange(100, 250)}.{rng.randrange(100, 250)}.{rng.randrange(100, 250)}"
              for _ in range(18)]
        v6 = [":".join(f"{rng.randrange(0x1000, 0x10000):x}" for _ in range(8)) for _ in range(4)]
        return v4, v6

    def send_everywhere(self, server, v4, v6):
        """Each address in another place that may carry one."""
        spots = []
        for name in ("ip", "ip_address", "client_ip", "remote_addr"):
            spots.append(lambda e, a, n=name: e.update({n: a}))
            spots.append(lambda e, a, n=name: e.setdefault("metadata", {}).update({n: a}))
        spots += [
            lambda e, a: e.setdefault("metadata", {}).update({"device": {"clientIp": a}}),
            lambda e, a: e.setdefault("metadata", {}).update({"IPs": ["x", a]}),
            lambda e, a: e.update({"context": {"ip": a}}),
            lambda e, a: e.update({"x_forwarded_for": f"{a}, 192.0.2.1"}),
            lambda e, a: e.update({"url": f"https://shop.example/p?a=1&user_ip={a}"}),
            lambda e, a: e.update({"referrer": f"https://shop.example/#ip={a}&b"}),
        ]
        headers = [None] * len(spots) + ["X-Forwarded-For", "X-Device-IP", "X-Real-IP", "Forwarded"]
        spots += [lambda e, a: None] * 4
        position = None
        for number, address in enumerate(v4 + v6):
            event = {"event_id": f"canary-{number}", "event_type": "click", "user_id": f"u{number}",
                     "campaign_id": "7"}
            spots[number % len(spots)](event, address)
            header = headers[number % len(headers)]
            send = {header: f"for={address}" if header == "Forwarded" else address} if header else {}
            answer = server.post("/v1/events", event, headers=send)
            self.assertEqual(answer.status, 202, answer.body)
            position = answer.json()["position"]
        # What is refused must not be kept or logged either.
        for address in v4 + v6:
            server.post("/v1/events", {"event_type": "nonsense", "ip": address})
            server.post("/v1/events", ('{"ip":"%s",' % address).encode())
            server.post("/v1/events", {"event_type": "click", "ip": address}, key=False,
                        headers={"Authorization": "Bearer adb_no.key", "X-Forwarded-For": address})
            server.get(f"/v1/report?metrics=clicks&from=bad&{address}")
        return position

    def packed(self, address):
        if ":" in address:
            return [socket.inet_pton(socket.AF_INET6, address)]
        whole = socket.inet_aton(address)
        return [whole, whole[::-1]]

    def test_r22_no_address_is_stored_or_logged(self):
        print("seed", SEED, flush=True)
        v4, v6 = self.canaries(random.Random(SEED))
        with Server("--set", "server.trusted_proxies=127.0.0.1", "--set", "logging.level=debug",
                    "--set", "log.segment_mb=1") as server:
            server.ready()
            position = self.send_everywhere(server, v4, v6)
            report = server.report(**check.WIDE, metrics="gross_clicks", after=position, wait_ms=20000)
            self.assertEqual(report["totals"]["gross_clicks"], len(v4 + v6))
            self.assertEqual(server.stop(), 0, server.log_tail())
            self.look_through(server, v4 + v6, len(v4 + v6))

    def test_r22_no_address_of_a_pixel_or_a_click_link_is_stored_or_logged(self):
        print("seed", SEED, flush=True)
        v4, v6 = self.canaries(random.Random(SEED + 1))
        with Server("--set", "server.trusted_proxies=127.0.0.1", "--set", "logging.level=debug") as server:
            server.ready()
            link = server.post("/v1/links", {"destination": "https://shop.example/"}).json()["path"]
            fields = ("ip", "client_ip", "sub_ip", "url", "referrer")
            for number, address in enumerate(v4 + v6):
                said = address if number % 5 < 3 else f"https://shop.example/?ip={address}"
                query = urllib.parse.urlencode({fields[number % 5]: said, "user_id": f"u{number}"})
                for target in (f"/v1/p.gif?{query}", f"{link}?{query}"):
                    if "/c/" in target and "url=" in target:
                        continue
                    answer = server.get(target, headers={"X-Forwarded-For": address,
                                                         "Referer": f"https://shop.example/?client_ip={address}"})
                    self.assertIn(answer.status, (200, 302))
                    self.assertNotIn("x-adbacus-error", answer.headers)
                server.get(f"/v1/p.gif?e=nonsense&{query}")  # what is refused is not kept either
                self.assertEqual(server.get(f"/v1/c/{address.replace(':', '.')}").status, 400)
            server.caught_up()
            self.assertEqual(server.stop(), 0, server.log_tail())
            self.look_through(server, v4 + v6, None)

    def look_through(self, server, addresses, rows):
        self.look_through_lake(server, addresses, rows)
        for path in [p for p in server.folder.rglob("*") if p.is_file()]:
            content = path.read_bytes()
            for address in addresses:
                for form in [address.encode(), address.upper().encode(), *self.packed(address)]:
                    self.assertNotIn(form, content, f"{address} in {path}")

    def look_through_lake(self, server, addresses, expected):
        """Parquet pages are compressed: every cell as text."""
        files = [str(f) for f in (server.data / "lake" / "events").rglob("*.parquet")]
        with duckdb.connect() as db:
            rows = db.execute("select columns(*)::varchar from read_parquet(?)", [files]).fetchall()
        self.assertEqual(len(rows), expected or len(rows))
        self.assertGreater(len(rows), 0)
        text = repr(rows)
        for address in addresses:
            self.assertNotIn(address, text)
        self.assertTrue(re.search(r"\.0/24|::/48|\.0'|/24", text), "the prefixes are kept")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
