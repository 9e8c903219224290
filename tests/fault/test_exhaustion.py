"""T14: no file descriptors, no memory. Refused is fine, lost or stuck is not."""
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server, wait_until
from traffic import Sender

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))


class Descriptors(unittest.TestCase):
    def test_t14_sockets_beyond_the_limit_are_refused_and_the_rest_goes_on(self):
        print("seed", SEED, flush=True)
        server = Server("--set", "log.segment_mb=1", "--set", "log.free_floor_mb=1",
                        wrapper=["prlimit", "--nofile=64:64"])
        idle = []
        try:
            server.start()
            server.ready()
            sender = Sender(server, SEED, batch_events=200)
            sender.start()
            wait_until("traffic", lambda: sender.acked_batches > 2)
            for _ in range(100):
                idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            # The connection that was there goes on: it needs no descriptor for its requests.
            acked = sender.acked_batches
            wait_until("traffic among idle sockets", lambda: sender.error or server.exited() or
                       sender.acked_batches > acked + (200 if LONG else 40), 60)
            self.assertFalse(server.exited(), server.log_tail())
            for connection in idle:
                connection.close()
            server.ready(30)
            acked = sender.acked_batches
            wait_until("traffic flows again", lambda: sender.acked_batches > acked + 2)
            sender.stop()
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.wrapper = []
            check.check_all(server, sender.ledger)
        finally:
            for connection in idle:
                connection.close()
            server.close()


class Memory(unittest.TestCase):
    """Allocations fail at random once the server is up, for as long as it stands it."""

    def fail_allocations(self, server, probability):
        pid = next(server.folder.glob("fiu-*.in")).name[len("fiu-"):-len(".in")]
        subprocess.run(["fiu-ctrl", "-f", str(server.folder / "fiu"), "-c",
                        f"enable_random name=libc/mm/malloc,probability={probability}", pid], check=True)

    def test_t14_fold_and_commit_go_on_after_moments_without_memory(self):
        print("seed", SEED, flush=True)
        server = Server("--set", "store.commit_interval_ms=20", "--set", "processor.keys_max=30", env={
            "FAILPOINTS": "fold.before_record=2%40*no_memory;store.before_commit=20%20*no_memory"})
        sender = Sender(server, SEED)
        try:
            server.start()
            server.ready()
            sender.start()
            wait_until("traffic", lambda: sender.error or sender.acked_batches > (2000 if LONG else 200), 60)
            sender.stop()
            # Without memory the store opens its database anew: a report meanwhile is refused for a moment.
            query = urllib.parse.urlencode({**check.WIDE, "metrics": "impressions", "after": sender.position,
                                            "wait_ms": 30000})
            wait_until("a report of all", lambda: server.get(f"/v1/report?{query}", timeout_s=40).status == 200, 60)
            metrics = server.get("/metrics").body.decode()
            self.assertIn("adbacus_processor_no_memory_total", metrics, "the failpoint was never hit")
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.env = {}
            check.check_verify(server)
            check.check_replay(server)
            check.check_stopped(server.data, sender.ledger)
        finally:
            sender.stopping.set()
            server.close()

    def test_t14_failed_allocations_lose_nothing(self):
        print("seed", SEED, flush=True)
        for round_number in range(8 if LONG else 2):
            with self.subTest(round=round_number):
                server = Server()
                server.wrapper = ["fiu-run", "-x", "-f", str(server.folder / "fiu")]
                sender = Sender(server, SEED + round_number)
                try:
                    server.start()
                    server.ready()
                    sender.start()
                    wait_until("traffic", lambda: sender.acked_batches > 5)
                    self.fail_allocations(server, 10 ** -(4 + round_number % 3))
                    end = time.monotonic() + (20 if LONG else 6)
                    while time.monotonic() < end and not server.exited():
                        time.sleep(0.05)
                    print("died" if server.exited() else "lived", server.process.returncode,
                          sender.acked_batches, sender.refusals, server.log_tail(1500), flush=True)
                    server.kill()
                    server.wrapper = []
                    server.start()
                    server.ready()
                    acked = sender.acked_batches
                    wait_until("traffic flows again", lambda: sender.error or sender.acked_batches > acked + 2)
                    sender.stop()
                    self.assertEqual(server.stop(), 0, server.log_tail())
                    check.check_all(server, sender.ledger, replay=False)
                finally:
                    sender.stopping.set()
                    server.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
