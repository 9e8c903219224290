"""T25: between client and server the network cuts, resets, hangs, repeats and trickles."""
import http.client
import json
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from fault_proxy import MODES, FaultProxy
from harness import LONG, Server, wait_until
from traffic import Sender, merge

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))


class ImpatientSender(Sender):
    """Goes through a proxy, a new connection for each request, and gives up on an answer after 1 s."""

    def __init__(self, server, proxy, seed):
        super().__init__(server, seed)
        self.proxy, self.unknown = proxy, 0

    def post(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=1)
        try:
            connection.request("POST", "/v1/events", body, {
                "Content-Type": "application/json", "Authorization": f"Bearer {self.server.key}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.unknown += 1
            return None
        finally:
            connection.close()


class Network(unittest.TestCase):
    def test_t25_every_event_counts_once_over_a_bad_network(self):
        print("seed", SEED, flush=True)
        with Server() as server:
            server.ready()
            proxy = FaultProxy(server.port, SEED)
            senders = [ImpatientSender(server, proxy, SEED + i) for i in range(3)]
            try:
                for sender in senders:
                    sender.start()
                wait_until("each fault happened often enough", lambda: any(s.error for s in senders) or
                           min(proxy.used.values()) >= (60 if LONG else 6), 240)
            finally:
                for sender in senders:
                    sender.stopping.set()
                for sender in senders:
                    sender.stop()
                proxy.close()
            self.assertEqual(sorted(proxy.used), sorted(MODES))
            self.assertGreater(sum(s.unknown for s in senders), 0)
            self.assertGreater(sum(s.acked_batches for s in senders), 0)
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_all(server, merge(*(s.ledger for s in senders)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
