"""A retrying client with a ledger: what a careful sender does, so that `check` can judge the server."""
import http.client
import json
import random
import threading
import time
import uuid

from check import Ledger


def make_event(rng, now_ms, campaigns=20, disorder_s=600):
    kind = rng.choices(["impression", "click", "conversion"], [88, 9, 3])[0]
    event = {
        "event_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "event_type": kind,
        "user_id": f"u-{rng.randrange(20_000)}",
        "ts": now_ms - rng.randrange(disorder_s * 1000),
        "campaign_id": str(rng.randrange(campaigns)),
        "placement_id": str(rng.randrange(5)),
        "metadata": {"device": rng.choice(["mobile", "desktop"]), "country": rng.choice(["DE", "AT"])},
    }
    if kind == "conversion":
        event["value_cents"] = rng.randrange(10000)
        event["type"] = "purchase"
        event["transaction_id"] = "t-" + event["event_id"]
    return event


class Sender(threading.Thread):
    """Sends batches until stop() or `batches` are acknowledged; repeats a batch whose fate is unknown."""

    def __init__(self, server, seed, batch_events=20, duplicate_share=0.05, batches=None):
        super().__init__(daemon=True)
        self.server, self.rng = server, random.Random(seed)
        self.batch_events, self.duplicate_share, self.batches = batch_events, duplicate_share, batches
        self.ledger = Ledger()
        self.acked_batches = 0
        self.refusals = 0
        self.position = None
        self.error = None
        self.stopping = threading.Event()
        self.going = threading.Event()  # cleared: it rests after the batch at hand
        self.going.set()
        self.old = []
        self.connection = None

    def stop(self):
        self.stopping.set()
        self.going.set()
        self.join(60)
        assert not self.is_alive(), "sender did not stop"
        if self.error:
            raise self.error

    def run(self):
        try:
            while not self.stopping.is_set() and (self.batches is None or self.acked_batches < self.batches):
                self.send(self.make_batch())
                self.going.wait()
        except Exception as error:  # handed to the test by stop()
            self.error = error
        finally:
            if self.connection is not None:
                self.connection.close()

    def make_batch(self):
        now_ms = int(time.time() * 1000)
        events = []
        for _ in range(self.batch_events):
            if self.old and self.rng.random() < self.duplicate_share:
                events.append(self.rng.choice(self.old))
            else:
                event = make_event(self.rng, now_ms)
                events.append(event)
                self.old.append(event)
        self.old = self.old[-2000:]
        return events

    def send(self, events):
        for event in events:
            self.ledger.send(event)
        body = json.dumps(events).encode()
        while not self.stopping.is_set():
            answer = self.post(body)
            if answer is None:
                time.sleep(0.01)  # the server is away; the loop is bounded by stop()
                continue
            status, value = answer
            if status == 202:
                refused = {r["index"] for r in value["rejected"]}
                for index, event in enumerate(events):
                    (self.ledger.reject if index in refused else self.ledger.ack)(event["event_id"])
                self.position = value["position"]
                self.acked_batches += 1
                return
            if status in (429, 503):
                self.refusals += 1
                time.sleep(0.05)
                continue
            raise AssertionError(f"unexpected answer {status}: {value}")

    def post(self, body):
        """(status, json), or None when the request's fate is unknown."""
        try:
            if self.connection is None or self.connection.port != self.server.port:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
            self.connection.request("POST", "/v1/events", body, {
                "Content-Type": "application/json", "Authorization": f"Bearer {self.server.key}"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return None


def merge(*ledgers):
    merged = Ledger()
    for ledger in ledgers:
        merged.sent.update(ledger.sent)
        merged.state.update(ledger.state)
    return merged
