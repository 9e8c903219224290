"""P9: how soon a killed server takes events again, and how soon its reports are current."""
import http.client
import json
import time

import metrics
from figures import Figure, Measured
from harness import wait_until
from load import run_load
from rows_ingest import BATCH

EVENTS = 10_000_000  # folded and committed, and as many again that are only in the log

P9 = [Figure("P9", "first_202_s", "start after kill -9 to first 202", "s", target=1, floor=1,
             less_is_better=True),
      Figure("P9", "current_s", "same start to a report that includes that event", "s", target=15,
             floor=15, less_is_better=True)]


def first_position(server, began, timeout_s=120):
    """Posts an event until it is acknowledged; (seconds since `began`, its position)."""
    body = json.dumps({"event_id": f"restart-{time.time_ns()}", "event_type": "impression",
                       "ts": int(time.time() * 1000), "campaign_id": "987654321"})
    port_file = server.data / "port"

    def post():
        if server.exited():
            raise RuntimeError(f"the server ended: {server.log_tail(1000)}")
        try:
            server.port = int(port_file.read_text() or 0)
            answer = server.post("/v1/events", body.encode(), timeout_s=30)
        except (OSError, ValueError, http.client.HTTPException):
            return None
        return answer.json()["position"] if answer.status == 202 else None

    position = wait_until("an event is acknowledged", post, timeout_s, 0.002)
    return time.monotonic() - began, position


def wait_visible(server, position, timeout_s=300):
    now_ms = int(time.time() * 1000)
    target = (f"/v1/report?metrics=impressions&filter=campaign_id:eq:987654321&after={position}"
              f"&wait_ms=60000&from={now_ms - 3_600_000}&to={now_ms + 3_600_000}")

    def ask():
        answer = server.get(target, timeout_s=90)
        if answer.status not in (200, 503):
            raise RuntimeError(f"the report got {answer.status}: {answer.body[:300]}")
        return answer.status == 200 and answer.json()

    report = wait_until("a report includes the event", ask, timeout_s, 0.005)
    if report["totals"]["impressions"] != 1:
        raise RuntimeError(f"the report should have one impression: {report['totals']}")


def restart_with_roles(server, *args):
    server.args = list(args)
    server.start()
    server.ready()


def send(server, events):
    """At least so many events with different ids, acknowledged."""
    result = run_load(server, 1800, mode="batch", batch=BATCH, connections=64, events=events)
    if result["accepted"] < events:
        raise RuntimeError(f"only {result['accepted']} of {events} events were taken")
    return result["accepted"]


def measure_p9(bench):
    events = bench.events(EVENTS)
    with bench.server(need_gib=12) as server:
        send(server, events)
        server.wait_folded()
        code = server.stop(120)
        if code != 0:
            raise RuntimeError(f"a clean stop ended with {code}: {server.log_tail(1000)}")
        bench.say(f"P9: {events} events are committed")
        restart_with_roles(server, "--roles", "ingest")
        send(server, events)
        server.kill()
        bench.say(f"P9: {events} more are in the log, killed")
        server.args = []
        began = time.monotonic()
        server.start(wait=False)
        first_202_s, position = first_position(server, began)
        wait_visible(server, position)
        current_s = time.monotonic() - began
        seen = metrics.read_metrics(server)
    conditions = bench.conditions(
        f"{events} events folded, committed and stopped cleanly; with --roles ingest {events} more, "
        "kill -9, start with all roles; warm page cache; time from the start of the process")
    note = f"{seen[metrics.IDS]:.0f} ids in the windows after the start"
    return Measured({"first_202_s": first_202_s, "current_s": current_s}, conditions,
                    {"events": events, "ids": seen[metrics.IDS]}, [note])
