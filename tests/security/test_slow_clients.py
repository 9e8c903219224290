"""R14: clients that send a head byte by byte, or a body, or never read, do not slow the healthy ones."""
import pathlib
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import LONG, Server, wait_until

SOCKETS = 500


class SlowSockets(threading.Thread):
    """Opens SOCKETS connections of three kinds and gives each a byte now and then."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.sockets, self.closed = server, [], 0
        self.stopping = threading.Event()

    def open(self):
        head = f"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self.server.key}\r\n"
        starts = [head[:20].encode(),  # a head that never ends
                  (head + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n[").encode(),
                  b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 20]  # answers that nobody reads
        for i in range(SOCKETS):
            connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
            connection.sendall(starts[i % 3])
            connection.setblocking(False)
            self.sockets.append(connection)

    def run(self):
        while not self.stopping.is_set():
            for i, connection in enumerate(self.sockets):
                if self.stopping.is_set():
                    return
                try:
                    if connection.fileno() >= 0 and i % 3 != 2:
                        connection.send(b" ")
                except BlockingIOError:
                    pass
                except OSError:  # the server was right to close it
                    connection.close()
                    self.closed += 1
            self.stopping.wait(0.5)

    def close(self):
        self.stopping.set()
        self.join(10)
        for connection in self.sockets:
            connection.close()


class SlowClients(unittest.TestCase):
    def times(self, server, count):
        taken = []
        for i in range(count):
            began = time.monotonic()
            answer = server.post("/v1/events", {"event_id": f"h{began}-{i}", "event_type": "click"})
            self.assertEqual(answer.status, 202, answer.body)
            taken.append(time.monotonic() - began)
        return sorted(taken)

    def test_r14_500_slow_sockets_leave_the_healthy_ones_alone(self):
        with Server("--set", "server.connections_per_ip=1000", "--set", "server.header_timeout_s=5") as server:
            server.ready()
            count = 1000 if LONG else 200
            alone = self.times(server, count)
            slow = SlowSockets(server)
            slow.open()
            slow.start()
            try:
                among = self.times(server, count)
                p99 = count * 99 // 100
                print(f"p99 alone {alone[p99] * 1e3:.1f} ms, among slow sockets {among[p99] * 1e3:.1f} ms")
                self.assertLess(among[p99], max(5 * alone[p99], 0.5))
                # Heads that do not end are cut off after the time they have.
                wait_until("unfinished heads are closed", lambda: slow.closed >= SOCKETS // 3, 40)
            finally:
                slow.close()
            server.ready()
            self.assertEqual(server.stop(), 0, server.log_tail())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
