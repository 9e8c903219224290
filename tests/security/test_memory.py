"""R11: bodies that become huge when they are unpacked are refused, and cost no memory worth mention."""
import gzip
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server

MIB = 1 << 20
ROOM = 32 * MIB


def zeros(mib, fill=b" "):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for _ in range(mib):
            file.write(fill * MIB)
    return packed.getvalue()


def zstd_of_one_byte(blocks):
    """A zstd frame of RLE blocks of 128 KiB each, written by hand (RFC 8878): 4 bytes become 131,072."""
    block = (1 << 17 << 3 | 1 << 1).to_bytes(3, "little") + b" "
    last = (1 << 17 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b" "
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * (blocks - 1) + last


def bombs():
    huge = zeros(1024)
    yield "a gibibyte of spaces", "gzip", huge, (413,)
    yield "gzip in gzip", "gzip", gzip.compress(gzip.compress(huge)), (400, 413)
    yield "a thousand members of a MiB", "gzip", zeros(1) * 1000, (413,)
    yield "cut short", "gzip", zeros(20, b"[")[:-9], (400, 413)
    yield "a length that is a lie", "gzip", zeros(1)[:-4] + b"\xff\xff\xff\xff", (400,)
    yield "a gibibyte in zstd", "zstd", zstd_of_one_byte(8192), (413,)
    yield "a window of 2 GiB", "zstd", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x01\x00\x00", (400, 413)
    yield "no end", "zstd", zstd_of_one_byte(4)[:-4], (400, 413)


class Bombs(unittest.TestCase):
    def memory(self, server, name):
        with open(f"/proc/{server.process.pid}/status") as status:
            return int(next(line for line in status if line.startswith(name)).split()[1]) * 1024

    def test_r11_bombs_are_refused_and_cost_no_memory(self):
        with Server("--roles", "ingest") as server:
            # Both I/O threads have their buffers then.
            for _ in range(20):
                server.post("/v1/events", [{"event_type": "click", "campaign_id": 1}] * 1000, compress=True)
            for name, coding, body, wanted in bombs():
                with self.subTest(name):
                    before = self.memory(server, "VmRSS")
                    with open(f"/proc/{server.process.pid}/clear_refs", "w") as peak:
                        peak.write("5")  # the peak begins anew
                    for _ in range(3):
                        answer = server.request("POST", "/v1/events", body, {
                            "Content-Type": "application/json", "Content-Encoding": coding})
                        self.assertIn(answer.status, wanted, answer.body[:300])
                    self.assertLess(self.memory(server, "VmHWM") - before, ROOM)
            event = {"event_type": "click", "campaign_id": 1}
            self.assertEqual(server.post("/v1/events", event).status, 202)


if __name__ == "__main__":
    unittest.main()
