"""Asserts the invariants from three independent sources: what a client noted down (ledger), the raw
rows in the lake, and the served aggregates. Shares no code with the product.

I1 every acknowledged event is in the raw store      I2 each event id counts at most once
I3 nothing is stored that was not sent               I4 every aggregate is the recount of raw
I6 offsets never run ahead of the log
"""
import collections
import json

import duckdb

NET = ("valid", "suspect")
WIDE = {"from": "2019-01-01T00:00:00Z", "to": "2028-12-31T00:00:00Z"}  # within the longest range allowed


class Ledger:
    """Event ids a client sent, with what it knows of each: 'unknown' until 'acked' or 'rejected'."""

    def __init__(self):
        self.sent = {}     # id -> (type, campaign, value_cents)
        self.state = {}    # id -> unknown | acked | rejected

    def send(self, event):
        self.sent[event["event_id"]] = (event["event_type"].lower(), str(event.get("campaign_id", "")),
                                        event.get("value_cents", 0))
        if self.state.get(event["event_id"]) != "acked":
            self.state[event["event_id"]] = "unknown"

    def ack(self, event_id):
        self.state[event_id] = "acked"

    def reject(self, event_id):
        if self.state.get(event_id) != "acked":
            self.state[event_id] = "rejected"

    @classmethod
    def read(cls, path):
        """The file `adbacus load --ledger` writes: S id type campaign value, A id, R id code."""
        ledger = cls()
        with open(path) as lines:
            for line in lines:
                part = line.split()
                if not line.endswith("\n"):
                    break  # the writer was killed inside this line
                if part[0] == "S":
                    ledger.send({"event_id": part[1], "event_type": part[2], "campaign_id": part[3],
                                 "value_cents": int(part[4])})
                elif part[0] == "A":
                    ledger.ack(part[1])
                elif part[0] == "R":
                    ledger.reject(part[1])
        return ledger


def raw_rows(data):
    """(event_id, event_type, campaign_id, value_micros, disposition, traffic_class) of the whole lake."""
    files = sorted(str(f) for f in (data / "lake" / "events").rglob("*.parquet"))
    if not files:
        return []
    query = ("select event_id, event_type, coalesce(campaign_id, ''), coalesce(value_micros, 0), "
             "disposition, traffic_class from read_parquet(?) where tenant_id = ?")
    with duckdb.connect() as db:
        return db.execute(query, [files, "1"]).fetchall()


def check_stopped(data, ledger):
    """I1-I3 on a stopped server's folder."""
    rows = raw_rows(data)
    counted = collections.Counter(r[0] for r in rows if r[4] in ("counted", "repeat", "transition"))
    stored = {r[0] for r in rows}
    missing = [i for i, s in ledger.state.items() if s == "acked" and i not in stored]
    assert not missing, f"I1: {len(missing)} acknowledged events are not stored, e.g. {missing[:3]}"
    twice = [i for i, n in counted.items() if n > 1]
    assert not twice, f"I2: {len(twice)} ids counted more than once, e.g. {twice[:3]}"
    only_duplicate = [i for i in stored if i not in counted]
    assert not only_duplicate, f"I2: {len(only_duplicate)} ids have only duplicates, e.g. {only_duplicate[:3]}"
    phantom = [i for i in stored if i not in ledger.sent]
    assert not phantom, f"I3: {len(phantom)} stored events were never sent, e.g. {phantom[:3]}"
    refused = [i for i, s in ledger.state.items() if s == "rejected" and i in stored]
    assert not refused, f"I3: {len(refused)} rejected events are stored, e.g. {refused[:3]}"
    return rows


def expected_by_campaign(rows):
    totals = collections.defaultdict(collections.Counter)
    column = {"impression": "impressions", "click": "clicks", "conversion": "conversions"}
    for _, event_type, campaign, value, disposition, traffic_class in rows:
        if disposition == "counted" and traffic_class in NET and event_type in column:
            totals[campaign][column[event_type]] += 1
            if event_type == "conversion":
                totals[campaign]["revenue"] += value
        elif disposition.startswith("duplicate"):
            totals[campaign]["duplicates"] += 1
    return totals


def check_serving(server, rows, after=None):
    """I4: what the running server reports equals the recount of `rows`."""
    params = {**WIDE, "metrics": "impressions,clicks,conversions,revenue,duplicates",
              "dimensions": "campaign_id", "limit": 100000}
    if after:
        params["after"] = after
        params["wait_ms"] = 60000
    else:
        server.caught_up(60)
    report = server.report(**params)
    assert not report.get("truncated"), "I4: report truncated"
    served = {}
    for row in report["rows"]:
        served[row["campaign_id"] or ""] = {
            "impressions": row["impressions"], "clicks": row["clicks"],
            "conversions": row["conversions"], "duplicates": row["duplicates"],
            "revenue": round(float(row["revenue"] or 0) * 1_000_000)}
    expected = expected_by_campaign(rows)
    for campaign in sorted(set(served) | set(expected)):
        for metric in ("impressions", "clicks", "conversions", "revenue", "duplicates"):
            want = expected[campaign][metric]
            got = served.get(campaign, {}).get(metric, 0)
            assert got == want, f"I4: campaign {campaign!r} {metric}: served {got}, raw {want}"


def check_verify(server):
    """The product's own recount from the log, on a stopped folder."""
    done = server.command("verify", "--json")
    result = json.loads(done.stdout)
    assert result["differences"] == 0, f"I4: verify found {result}"
    return result


def check_replay(server):
    """I5: derived data wiped and rebuilt from the log is byte-identical. Server stopped."""
    before = server.command("verify", "--dump").stdout
    server.command("replay")
    after = server.command("verify", "--dump").stdout
    assert before == after, "I5: aggregates differ after replay"


def check_all(server, ledger, replay=True):
    """Every invariant on a stopped server; starts it once more to compare what it serves."""
    assert server.exited()
    check_verify(server)  # also brings the lake and the store up to the log's end
    rows = check_stopped(server.data, ledger)
    if replay:
        check_replay(server)
        replayed = check_stopped(server.data, ledger)
        assert sorted(rows) == sorted(replayed), "I5: lake rows differ after replay"
    server.start()
    server.ready()
    check_serving(server, rows)
    assert server.stop() == 0, server.log_tail()
