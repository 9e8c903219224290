"""T03, T04, T07, T29: the process dies or is stopped at any moment, nothing acknowledged is lost."""
import os
import pathlib
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server, wait_until
from injection import run_with_fault
from traffic import Sender, merge

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))


class KillLoop(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)

    def test_t03_kill_9_at_random_moments(self):
        rng = random.Random(SEED)
        with Server() as server:
            server.ready()
            senders = [Sender(server, SEED + i) for i in range(3)]
            for sender in senders:
                sender.start()
            for _ in range(50 if LONG else 8):
                time.sleep(rng.uniform(0.005, 0.5))  # the moment of death is the random input
                server.kill()
                server.start()
                server.ready(30)  # I8
            acked = senders[0].acked_batches
            wait_until("traffic flows again", lambda: senders[0].acked_batches > acked + 3)
            for sender in senders:
                sender.stop()
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_all(server, merge(*(s.ledger for s in senders)))

    def test_t29_rolling_restarts_only_ever_refuse(self):
        with Server() as server:
            server.ready()
            senders = [Sender(server, SEED + 10 + i) for i in range(2)]
            for sender in senders:
                sender.start()
            for _ in range(20 if LONG else 4):
                acked = senders[0].acked_batches
                wait_until("some traffic", lambda: senders[0].acked_batches > acked + 2)
                began = time.monotonic()
                self.assertEqual(server.stop(), 0, server.log_tail())
                self.assertLess(time.monotonic() - began, 30)
                server.start()
                server.ready()
            for sender in senders:
                sender.stop()
            self.assertEqual(server.stop(), 0)
            check.check_all(server, merge(*(s.ledger for s in senders)))


class Strace(unittest.TestCase):
    """Faults at the Nth call of a system call, injected by strace."""

    def test_t04_killed_at_the_nth_system_call(self):
        calls = {"pwrite64": range(1, 41), "fdatasync": range(1, 41), "rename": range(1, 10)}
        for call, counts in calls.items():
            for n in counts if LONG else [counts[len(counts) // 3], counts[-1]]:
                with self.subTest(call=call, n=n):
                    run_with_fault(f"{call}:signal=KILL:when={n}", SEED + n)

    def test_t07_failed_fdatasync_is_never_acknowledged_or_repeated(self):
        for k in (3, 9, 17) if LONG else (9,):
            with self.subTest(k=k):
                died, code = run_with_fault(f"fdatasync:error=EIO:when={k}+", SEED + k)
                self.assertTrue(died, "the server must exit after a failed sync")
                self.assertNotEqual(code, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
