"""Retention: old segments go, what is served stays, and nothing is rebuilt from half a log."""
import json
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import BINARY, Server, wait_until

DAYS_AGO = 100
SMALL = ("--set", "log.segment_mb=1", "--set", "log.free_floor_mb=1",
         "--set", "store.commit_interval_ms=1000")


def send(server, first, count, at_s, run=None):
    events = [{"event_id": f"e{i}", "event_type": "click" if i % 10 == 0 else "impression",
               "ts": int(at_s * 1000), "user_id": f"u{i % 50}", "campaign_id": str(i % 7),
               "url": "https://example.com/" + "x" * 1000} for i in range(first, first + count)]
    target = "/v1/events" + (f"?import={run}" if run else "")
    answer = server.post(target, events)
    assert answer.status == 202, answer.body
    return answer.json()


def segments(server):
    return sorted(p.name for p in (server.data / "log").glob("*.seg"))


class Retention(unittest.TestCase):
    def test_old_segments_go_and_what_they_held_is_still_served_and_proved(self):
        with Server(*SMALL) as server:
            now = time.time()
            then = now - DAYS_AGO * 86400
            self.assertEqual(server.stop(), 0)
            server.env = {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
                          "FAKETIME": f"-{DAYS_AGO}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            server.start()
            server.ready()
            for i in range(5):
                send(server, i * 500, 500, then - 60)
            send(server, 0, 400, then - 86400, run="history")
            self.assertEqual(server.stop(), 0, server.log_tail())
            before = segments(server)
            self.assertGreater(len(before), 3)
            server.env = {}
            server.start()
            server.ready()
            send(server, 10_000, 500, now - 60)
            send(server, 10_500, 500, now - 60)
            server.report(**check.WIDE, metrics="impressions")
            wait_until("store and lake are behind the old events", lambda: server.get("/readyz").json()
                       ["store"]["committed"] >= 3000)
            self.assertEqual(server.stop(), 0)
            server.command("verify", "--set", "log.segment_mb=1")  # brings the lake up as well
            dump = server.command("verify", "--dump").stdout
            server.args += ["--set", "log.retention_days=91"]
            server.start()
            wait_until("old segments are gone", lambda: before[0] not in segments(server))
            again = send(server, 0, 400, then - 86400, run="history")
            self.assertEqual(again["duplicates"], 400, "a dropped import run is still known")
            self.assertEqual(server.stop(), 0)
            first = int(segments(server)[0][:20])
            self.assertGreater(first, 1)
            result = check.check_verify(server)
            self.assertEqual(result["from_lake_up_to"], first - 1)
            self.assertEqual(result["events"], 4300)
            served = [line for line in server.command("verify", "--dump").stdout.splitlines()
                      if "duplicate_" not in line]
            self.assertEqual(served, [l for l in dump.splitlines() if "duplicate_" not in l])
            refused = server.command("replay", check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"events 1-{first - 1} were dropped from the log", refused.stderr)
            check.check_verify(server)  # nothing was wiped
            backup = subprocess.run([str(BINARY), "backup", "--data", str(server.data), "--to",
                                     str(server.folder / "b")], capture_output=True, text=True, timeout=60)
            self.assertEqual(backup.returncode, 1)
            self.assertIn("--with-store", backup.stderr)
            backup = subprocess.run([str(BINARY), "backup", "--data", str(server.data), "--to",
                                     str(server.folder / "b"), "--with-store", "--with-lake", "--json"],
                                    capture_output=True, text=True, timeout=60)
            self.assertEqual(backup.returncode, 0, backup.stderr)
            self.assertEqual(json.loads(backup.stdout)["first_seq"], first)
            (server.folder / "copy").mkdir()
            copy = Server(data=server.folder / "copy")
            done = subprocess.run([str(BINARY), "restore", "--from", str(server.folder / "b"), "--data",
                                   str(copy.data)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(check.check_verify(copy)["events"], 4300)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
