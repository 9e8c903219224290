"""--accept-loss: what is given up is in no count any more, counts once when it is sent again, and stays visible."""
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import Server, wait_until

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
BATCH = 10  # events of one log record: one user's events of one request
LOST = {"first": 101, "last": 110}
ACCEPT = "--accept-loss=101-110"


class AcceptedLoss(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)
        self.server = Server()
        self.server.start().ready()
        for start in range(0, 200, BATCH):
            self.assertEqual(self.send(range(start, start + BATCH)), 0)
        self.server.caught_up()

    def tearDown(self):
        self.server.close()

    def send(self, numbers):
        """Answers the number of duplicates."""
        answer = self.server.post("/v1/events", [
            {"event_id": f"L{i}", "event_type": "conversion", "value": 1, "user_id": "u", "campaign_id": i % 3}
            for i in numbers])
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json()["duplicates"]

    def damage(self):
        """One byte inside the record that holds L100."""
        path = self.server.data / "log/00000000000000000001.seg"
        data = bytearray(path.read_bytes())
        data[data.index(b"L100")] ^= 1 << SEED % 8
        path.write_bytes(data)

    def refuses(self):
        with self.assertRaisesRegex(AssertionError, "101-110"):
            self.server.start()

    def dies_at(self, failpoint):
        self.server.env, self.server.args = {"FAILPOINTS": f"{failpoint}=panic"}, [ACCEPT]
        self.server.start(wait=False)
        self.assertLess(self.server.process.wait(60), 0, self.server.log_tail())
        self.server.env, self.server.args = {}, []

    def start(self, *args):
        before, self.server.args = self.server.args, [*self.server.args, *args]
        self.server.start().ready()
        self.server.args = before
        self.server.caught_up()
        return self.server.get("/readyz").json()

    def counted(self):
        totals = self.server.report(**check.WIDE, metrics="conversions,revenue")["totals"]
        self.assertEqual(totals["conversions"], totals["revenue"])
        return totals["conversions"]

    def reconciles(self):
        now = int(time.time() * 1000)
        answer = self.server.get(f"/v1/reconcile?from={now - 7_200_000}&to={now + 3_600_000}&wait_ms=20000").json()
        self.assertEqual(answer["differences"], 0, answer)

    def expect_whole_again(self):
        """The sender repeats everything: each id counts once, in reports, in the lake and in the recount."""
        self.assertEqual(self.counted(), 190)
        self.assertEqual(self.send(range(200)), 190)
        self.server.caught_up()
        self.assertEqual(self.counted(), 200)
        self.reconciles()

    def expect_visible_for_good(self):
        ready = self.server.get("/readyz").json()
        self.assertEqual(ready["accepted_losses"], {"events": 10, "ranges": [LOST]})
        self.assertIn("adbacus_log_lost_events 10", self.server.get("/metrics").body.decode())
        self.assertEqual(self.server.stop(), 0, self.server.log_tail())
        self.assertEqual(check.check_verify(self.server)["accepted_losses"], [LOST])
        self.assertIn("events 101-110 were lost", self.server.command("verify").stdout)
        ready = self.start()
        self.assertEqual(ready["accepted_losses"], {"events": 10, "ranges": [LOST]})
        self.assertEqual(ready["rebuilt"], [], "once is enough")
        self.assertEqual(self.server.stop(), 0, self.server.log_tail())
        check.check_replay(self.server)

    def test_a_lost_event_is_in_no_count_and_counts_once_when_it_is_sent_again(self):
        self.assertEqual(self.server.stop(), 0)
        self.damage()
        self.refuses()
        ready = self.start(ACCEPT)
        self.assertEqual([r["part"] for r in ready["rebuilt"]], ["store", "lake"])
        self.assertIn("101-110 were lost", ready["rebuilt"][0]["reason"])
        self.expect_whole_again()
        wait_until("not degraded", lambda: not self.server.get("/readyz").json()["degraded"])
        self.expect_visible_for_good()

    def test_a_crash_between_the_gap_and_its_entry_changes_nothing(self):
        self.assertEqual(self.server.stop(), 0)
        self.damage()
        self.refuses()
        self.dies_at("node.before_loss_entry")
        self.start()
        self.expect_whole_again()
        self.expect_visible_for_good()

    def test_a_crash_amid_the_rebuild_changes_nothing(self):
        self.assertEqual(self.server.stop(), 0)
        self.damage()
        self.dies_at("node.before_rebuild")
        done = self.server.command("verify", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("adbacus replay", done.stderr)
        self.start()
        self.expect_whole_again()
        self.expect_visible_for_good()

    def test_an_unneeded_order_is_told(self):
        self.assertEqual(self.server.stop(), 0)
        ready = self.start("--accept-loss=5-10")
        self.assertEqual((ready["accepted_losses"]["events"], ready["rebuilt"]), (0, []))
        self.assertIn("--accept-loss has no effect", self.server.log_tail())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
