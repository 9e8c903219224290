"""Reads a server's /metrics, once or every second beside a load."""
import threading
import time

LAG = "adbacus_processor_lag_seconds"
LAG_EVENTS = "adbacus_processor_lag_events"
FOLDED = "adbacus_processor_events_total"
RESIDENT = "adbacus_process_resident_bytes"
IDS = "adbacus_dedupe_ids"


def read_metrics(server):
    """Values of the metrics without labels."""
    answer = server.get("/metrics", key=False, timeout_s=30)
    if answer.status != 200:
        raise RuntimeError(f"/metrics answered {answer.status}")
    values = {}
    for line in answer.body.decode().splitlines():
        name, _, value = line.partition(" ")
        if not line.startswith("#") and "{" not in name:
            values[name] = float(value)
    return values


class MetricsSampler(threading.Thread):
    """Samples each second between entering and leaving the block."""

    def __init__(self, server, interval_s=1.0):
        super().__init__(daemon=True)
        self.server, self.interval_s = server, interval_s
        self.samples = []  # (monotonic seconds, metrics), after the block
        self.failures = 0  # samples that got no answer
        self.ending = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.ending.set()
        self.join(60)

    def run(self):
        due = time.monotonic()
        while True:
            try:
                self.samples.append((time.monotonic(), read_metrics(self.server)))
            except (OSError, RuntimeError):
                self.failures += 1
            due = max(due + self.interval_s, time.monotonic())
            if self.ending.wait(due - time.monotonic()):
                return

    def largest(self, name):
        return max((values[name] for _, values in self.samples), default=0.0)

    def rate(self, name):
        """Growth a second over the samples."""
        if len(self.samples) < 2:
            return 0.0
        (t0, first), (t1, last) = self.samples[0], self.samples[-1]
        return (last.get(name, 0.0) - first.get(name, 0.0)) / (t1 - t0)
