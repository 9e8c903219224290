"""Runs `adbacus load` against a server and reads its result; measures the size of what it sends."""
import json
import os
import socket
import subprocess
import threading

from harness import BINARY


class Load:
    """A load that runs beside us; leaving the block ends it, whatever happened."""

    def __init__(self, server, mode="batch", rate=0, connections=64, seconds=60, **flags):
        self.rate = rate
        command = [str(BINARY), "load", "--json", "--url", server.url,
                   "--key-file", str(server.data / "admin.key"), "--mode", mode,
                   "--rate", str(rate), "--connections", str(connections),
                   "--seconds", str(seconds)]
        for name, value in flags.items():
            command += ["--" + name, str(value)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def is_running(self):
        return self.process.poll() is None

    def result(self, timeout_s):
        out, err = self.process.communicate(timeout=timeout_s)
        try:
            return json.loads(out)
        except ValueError:
            raise RuntimeError(f"adbacus load: exit {self.process.returncode}: {err[-1000:]}") from None


def run_load(server, seconds, **options):
    with Load(server, seconds=seconds, **options) as load:
        return load.result(seconds + 120)


def complaints(result):
    """What went wrong in a load, for people; empty if nothing did."""
    counts = [(name, result[name]) for name in
              ("errors", "status_429", "status_503", "status_other", "rejected", "unsent", "unsettled")]
    return ", ".join(f"{count} {name}" for name, count in counts if count)


class OneRequest(threading.Thread):
    """Takes one HTTP request, keeps its head and the length of its body, and answers 202."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20)
        self.port = self.listener.getsockname()[1]
        self.body_bytes = None

    def run(self):
        with self.listener, self.listener.accept()[0] as connection:
            connection.settimeout(20)
            got = b""
            while b"\r\n\r\n" not in got:
                got += connection.recv(65536)
            head, _, body = got.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            size_bytes = int(fields[b"content-length"])
            while len(body) < size_bytes:
                body += connection.recv(65536)
            self.body_bytes = size_bytes
            answer = b'{"accepted":1000,"duplicates":0,"rejected":[],"position":"x-1"}'
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
                               b"Connection: close\r\nContent-Length: %d\r\n\r\n%s"
                               % (len(answer), answer))


def event_bytes():
    """Mean size of an event as the load generator sends it."""
    events = 1000
    sink = OneRequest()
    sink.start()
    command = [str(BINARY), "load", "--json", "--url", f"http://127.0.0.1:{sink.port}",
               "--batch", str(events), "--events", str(events), "--connections", "1",
               "--seconds", "5", "--drain", "1"]
    subprocess.run(command, capture_output=True, timeout=60, check=False,
                   env={**os.environ, "ADBACUS_KEY": "unused"})
    sink.join(20)
    if sink.body_bytes is None:
        raise RuntimeError("adbacus load sent nothing")
    return round(sink.body_bytes / events)
