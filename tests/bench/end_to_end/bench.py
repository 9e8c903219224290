"""What all rows of the benchmark share: its options, servers with a fresh folder each, progress."""
import contextlib
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile
import time

from harness import Server, wait_until

GIB = 2**30


class Skipped(Exception):
    """A row cannot be measured here; the text says why."""


class BenchServer(Server):
    """A server whose folder lies where the benchmark wants it."""

    def is_folded(self):
        """Everything durable is in the reports and committed."""
        state = self.get("/readyz", key=False).json()
        return (state["processor"]["lag_events"] == 0 and
                state["store"]["committed"] >= state["log"]["synced"])

    def wait_folded(self, timeout_s=900):
        begin = time.monotonic()
        wait_until("all events are folded and committed", self.is_folded, timeout_s, 0.1)
        return time.monotonic() - begin

    def peak_resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the kernel does not tell the peak of resident memory")

    def post_event(self, event, timeout_s=30):
        answer = self.post("/v1/events", event, timeout_s=timeout_s)
        if answer.status != 202:
            raise RuntimeError(f"an event got {answer.status}: {answer.body[:300]}")
        return answer.json()["position"]


@dataclasses.dataclass
class Bench:
    folder: pathlib.Path
    cores: int
    event_bytes: int
    quick: bool = False
    seconds: float = 60
    outcomes: dict = dataclasses.field(default_factory=dict)  # RowOutcome by name
    given: dict = dataclasses.field(default_factory=dict)     # rates told by the caller: P2, P3

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def events(self, count):
        return count // 20 if self.quick else count

    @contextlib.contextmanager
    def server(self, *args, need_gib=0):
        """A ready server on an empty folder that is removed at the end."""
        free = shutil.disk_usage(self.folder).free / GIB
        need_gib = need_gib / 20 if self.quick else need_gib
        if free < need_gib:
            raise Skipped(f"needs {need_gib:.0f} GiB of free disk, {free:.0f} are there")
        folder = tempfile.mkdtemp(prefix="server-", dir=self.folder)
        server = BenchServer(*args, data=folder)
        try:
            with server:
                yield server.ready()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def conditions(self, *parts, roles="ingest,process,report"):
        return "; ".join([*parts, f"{self.event_bytes} bytes an event",
                          "202 after fdatasync (every group)",
                          f"generator (1 thread) and server on the same {self.cores} cores",
                          f"roles {roles}"])

    def median_of(self, row, key):
        """Of a row measured in this run, or what the caller gave; None if there is neither."""
        if row in self.given:
            return self.given[row]
        outcome = self.outcomes.get(row)
        return outcome.median(key) if outcome and outcome.runs else None


def write_json(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    draft.replace(path)
