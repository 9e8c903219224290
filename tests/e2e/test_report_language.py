"""The language of reports against a running server: random filter trees give what a recount of the events gives,
from memory and from raw events alike; formats agree; unchanged answers are 304; wrong requests are told what is wrong."""
import csv
import io
import json
import os
import random
import re
import tempfile
import time
import unittest
import urllib.parse

import duckdb
from harness import LONG, Server

HOUR_MS = 3_600_000
TEXTS = {"campaign_id": ["1", "2", "10", "c"], "source": ["facebook", "ios_app", "x"], "country": ["DE", "AT", "US"],
         "device": ["mobile", "desktop"], "metadata.room": ["bed", "bath", "9.5", "10"]}
VALUES = ["", "1", "2", "9", "10", "c", "facebook", "DE", "at", "mobile", "bed", "b", "x"]
PATTERNS = ["^[a-d1]", "[0-9]+$", "^(DE|x|bed)$", "e?d", "[^a]"]
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
RAW = {"field": "event_type", "op": "exists"}  # true for every event, and only in raw events


def leaf_holds(text, op, values):
    if op in ("eq", "in"):
        return text in values
    if text == "":
        return False
    if op in ("ne", "not_in"):
        return text not in values
    if op == "exists":
        return True
    if op in ("contains", "starts_with", "regex"):
        test = {"contains": lambda v: v in text, "starts_with": text.startswith, "regex": lambda v: re.search(v, text)}
        return any(test[op](v) for v in values)
    if all(NUMBER.fullmatch(v) for v in values):
        if not NUMBER.fullmatch(text):
            return False
        text, values = float(text), [float(v) for v in values]
    low, high = values[0], values[-1]
    return {"lt": text < low, "lte": text <= low, "gt": text > low, "gte": text >= low,
            "between": low <= text <= high}[op]


def holds(event, node):
    if "all" in node:
        return all(holds(event, child) for child in node["all"])
    if "any" in node:
        return any(holds(event, child) for child in node["any"])
    if "not" in node:
        children = node["not"] if isinstance(node["not"], list) else [node["not"]]
        return not any(holds(event, child) for child in children)
    value = node.get("value", [])
    values = [str(v) for v in (value if isinstance(value, list) else [value])]
    if node["field"] == "country" and node["op"] in ("eq", "ne", "in", "not_in"):
        values = [v.upper() if len(v) == 2 else v for v in values]
    return leaf_holds(event.get(node["field"], ""), node["op"], values)


def random_node(rng, depth):
    if depth and rng.random() < 0.5:
        word = rng.choice(["all", "any", "not"])
        children = [random_node(rng, depth - 1) for _ in range(rng.randint(1, 3))]
        return {word: children if word != "not" or rng.random() < 0.5 else children[0]}
    node = {"field": rng.choice(list(TEXTS)), "op": rng.choice(
        ["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "contains", "starts_with", "regex", "exists"])}
    filled = [v for v in VALUES if v]
    if node["op"] in ("in", "not_in"):
        node["value"] = rng.sample(VALUES, 3)
    elif node["op"] == "between":
        numbers = rng.random() < 0.5
        chosen = [v for v in filled if bool(NUMBER.fullmatch(v)) == numbers]
        node["value"] = sorted(rng.sample(chosen, 2), key=float if numbers else str)
    elif node["op"] == "regex":
        node["value"] = rng.choice(PATTERNS)
    elif node["op"] in ("eq", "ne"):
        node["value"] = rng.choice(VALUES)
    elif node["op"] != "exists":
        node["value"] = rng.choice(filled)
    return node


class ReportLanguage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.server.ready()
        cls.seed = int(os.environ.get("ADBACUS_SEED", time.time_ns()))
        print("seed", cls.seed, flush=True)
        cls.rng = random.Random(cls.seed)
        cls.start = int(time.time() * 1000) // HOUR_MS * HOUR_MS - 3 * HOUR_MS
        cls.events = []
        bodies = []
        for i in range(300):
            event = {name: cls.rng.choice(texts) for name, texts in TEXTS.items() if cls.rng.random() < 0.8}
            event["event_type"] = cls.rng.choice(["impression", "click"])
            event["hour"] = cls.rng.randrange(3)
            cls.events.append(event)
            body = {k: v for k, v in event.items() if k not in ("hour", "metadata.room")}
            body |= {"event_id": f"e{i}", "ts": cls.start + event["hour"] * HOUR_MS + cls.rng.randrange(HOUR_MS)}
            if "metadata.room" in event:
                body["metadata"] = {"room": event["metadata.room"]}
            bodies.append(body)
        answer = cls.server.post("/v1/events", bodies)
        assert answer.status == 202 and answer.json()["accepted"] == 300, answer.body
        cls.position = answer.json()["position"]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def query(self, **more):
        return {"metrics": "impressions,clicks", "dimensions": "campaign_id", "from": self.start,
                "to": self.start + 3 * HOUR_MS, "after": self.position, "wait_ms": 30000, **more}

    def get(self, headers=None, **more):
        return self.server.get("/v1/report?" + urllib.parse.urlencode(self.query(**more), doseq=True), headers=headers)

    def post(self, filters, **more):
        body = self.query(**more)
        body["metrics"] = body["metrics"].split(",")
        return self.server.post("/v1/report", {**body, "filters": filters})

    def counted(self, filters):
        rows = {}
        for event in self.events:
            if all(holds(event, node) for node in filters):
                row = rows.setdefault(event.get("campaign_id"), [0, 0])
                row[0 if event["event_type"] == "impression" else 1] += 1
        return rows

    def rows(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        return {row["campaign_id"]: [row["impressions"], row["clicks"]] for row in answer.json()["rows"]}

    def test_filter_trees_give_what_a_recount_gives_from_every_source(self):
        for i in range(400 if LONG else 60):
            filters = [random_node(self.rng, 3) for _ in range(self.rng.randint(1, 2))]
            wanted = self.counted(filters)
            text = f"seed {self.seed} round {i}: {json.dumps(filters)}"
            posted = self.post(filters)
            self.assertEqual(self.rows(posted), wanted, text)
            raw = self.post([*filters, RAW])
            self.assertEqual(self.rows(raw), wanted, text)
            self.assertEqual(raw.json()["freshness"]["source"], "raw")
            got = self.get(filter=[json.dumps(node) for node in filters])
            self.assertEqual(got.json()["rows"], posted.json()["rows"], text)
            if "metadata.room" not in text:
                self.assertEqual(posted.json()["freshness"]["source"], "index", text)

    def test_order_takes_the_columns_of_a_comparison(self):
        earlier = {"from": self.start + HOUR_MS, "to": self.start + 2 * HOUR_MS}
        for column in ("clicks_delta", "clicks_previous", "impressions_delta_pct"):
            rows = self.get(compare="previous_period", order=f"-{column}", **earlier).json()["rows"]
            values = [row[column] for row in rows]
            self.assertEqual(values, sorted(values, key=lambda v: (v is None, -(v or 0))))
            self.assertGreater(len(set(values)), 1)

    def test_short_json_filters_are_read(self):
        for text, node in (('{"country":"DE"}', {"field": "country", "op": "eq", "value": "DE"}),
                           ('["source:eq:x"]', {"field": "source", "op": "eq", "value": "x"}),
                           ('{"country":["DE"]}', {"field": "country", "op": "in", "value": ["DE"]})):
            self.assertEqual(self.rows(self.get(filter=text)), self.counted([node]))
        self.assertEqual(self.get(filter='{"not":[]}').json()["errors"][0]["detail"], "at least one filter expected")

    def test_hours_and_weekdays_are_filters_in_the_zone(self):
        for zone in ("UTC", "Asia/Kolkata"):
            by_hour = self.get(dimensions="hour_of_day", timezone=zone).json()["rows"]
            for row in by_hour:
                one = self.get(dimensions="hour_of_day", filter=f"hour_of_day:eq:{row['hour_of_day']}", timezone=zone)
                self.assertEqual(one.json()["rows"], [row])
        days = self.get(dimensions="weekday", filter="weekday:between:1,7").json()
        self.assertEqual(days["rows"], self.get(dimensions="weekday").json()["rows"])

    def test_all_formats_have_the_same_rows(self):
        more = {"metrics": "clicks,revenue,ctr", "dimensions": "hour,day,campaign_id,weekday"}
        rows = self.get(**more).json()["rows"]
        self.assertGreater(len(rows), 5)
        lines = self.get(format="ndjson", **more)
        self.assertEqual([json.loads(line) for line in lines.body.splitlines()], rows)
        table = self.get(format="csv", **more)
        cells = list(csv.DictReader(io.StringIO(table.body.decode())))
        self.assertEqual([row["campaign_id"] or None for row in cells], [row["campaign_id"] for row in rows])
        self.assertEqual([int(row["clicks"]) for row in cells], [row["clicks"] for row in rows])
        columns = self.get(headers={"Accept": "application/vnd.apache.parquet"}, **more)
        self.assertEqual(columns.headers["content-type"], "application/vnd.apache.parquet")
        self.assertEqual(columns.headers["x-adbacus-position"].split("-")[0], self.position.split("-")[0])
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(columns.body)
            file.flush()
            found = duckdb.sql(f"SELECT epoch_ms(hour), CAST(day AS VARCHAR), campaign_id, weekday, clicks, "
                               f"CAST(revenue AS DOUBLE), ctr FROM read_parquet('{file.name}')").fetchall()
            types = [row[1] for row in duckdb.sql(f"DESCRIBE FROM read_parquet('{file.name}')").fetchall()]
        wanted = [(int(duckdb.sql(f"SELECT epoch_ms(TIMESTAMPTZ '{r['hour']}')").fetchone()[0]), r["day"],
                   r["campaign_id"], r["weekday"], r["clicks"], r["revenue"], r["ctr"]) for r in rows]
        self.assertEqual(found, wanted)
        self.assertEqual(types, ["TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR", "BIGINT", "BIGINT", "DECIMAL(38,6)",
                                 "DOUBLE"])
        empty = self.get(format="parquet", filter="source:eq:nosuch")
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(empty.body)
            file.flush()
            self.assertEqual(duckdb.sql(f"FROM read_parquet('{file.name}')").fetchall(), [])

    def test_an_unchanged_answer_is_304(self):
        stats = f"/api/v1/stats?start_date=2026-01-01&end_date=2026-01-02&after={self.position}"
        summary = f"/api/report/summary/?from={self.start}&to={self.start + HOUR_MS}&after={self.position}"
        report = "/v1/report?" + urllib.parse.urlencode(self.query(format="csv"))
        for target in (stats, summary, report):
            first = self.server.get(target)
            self.assertEqual(first.status, 200, first.body)
            tag = first.headers["etag"]
            self.assertRegex(tag, '^"[^"]+"$')
            self.assertEqual(first.headers["cache-control"], "private, no-cache")
            self.assertIn("Authorization", first.headers["vary"])
            same = self.server.get(target, headers={"If-None-Match": f'"x", {tag}'})
            self.assertEqual((same.status, same.body, same.headers["etag"]), (304, b"", tag))
            head = self.server.request("HEAD", target)
            self.assertEqual((head.status, head.headers["etag"]), (200, tag))
            self.assertEqual(self.server.get(target, headers={"If-None-Match": '"x"'}).status, 200)
            packed = self.server.get(target, headers={"Accept-Encoding": "gzip"})
            self.assertNotEqual(packed.headers["etag"], tag)
        tag = self.server.get(report).headers["etag"]
        event = {"event_type": "click", "event_id": "later", "ts": self.start - HOUR_MS}
        later = self.server.post("/v1/events", event).json()["position"]
        report = report.replace(self.position, later)
        again = self.server.get(report, headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.headers["x-adbacus-position"]), (304, later))
        self.assertEqual(self.post([]).headers["cache-control"], "no-store")

    def test_wrong_requests_are_told_what_is_wrong(self):
        start = f"from={self.start}&to={self.start + HOUR_MS}"
        cases = [line.split(" | ") for line in WRONG.strip().splitlines()]
        for target, status, code, pointer, says in cases:
            answer = self.server.get(target.strip().replace("RANGE", start).replace(" ", "%20"))
            text = f"{target}: {answer.status} {answer.body}"
            self.assertEqual(answer.status, int(status), text)
            problem = answer.json()
            self.assertEqual(answer.headers["content-type"], "application/problem+json", text)
            self.assertEqual(problem["code"], code, text)
            if pointer != "-":
                self.assertIn(pointer, [item["pointer"] for item in problem["errors"]], text)
            said = problem["detail"] + " ".join(item["detail"] for item in problem.get("errors", []))
            for words in says.split(" & "):
                self.assertIn(words, said, text)


# target | status | code | pointer | words that the details say
WRONG = """
/v1/report | 422 | missing_parameter | ?metrics | from & to & metrics
/v1/report?RANGE | 422 | missing_parameter | ?metrics | impressions
/v1/report?metrics=clicks | 422 | missing_parameter | ?from | start_date
/v1/report?RANGE&metrics=click | 422 | unknown_metric | ?metrics | did you mean 'clicks'
/v1/report?RANGE&metrics=Clicks | 422 | unknown_metric | ?metrics | did you mean 'clicks'
/v1/report?RANGE&metrics=clicks;ctr | 422 | unknown_metric | ?metrics | comma
/v1/report?RANGE&metrics=country | 422 | unknown_metric | ?metrics | dimension
/v1/report?RANGE&metrics=clicks&dimensions=clicks | 422 | unknown_dimension | ?dimensions | metric
/v1/report?RANGE&metrics=clicks&dimensions=campaign | 422 | unknown_dimension | ?dimensions | did you mean 'campaign_id'
/v1/report?RANGE&metrics=clicks&dimensions=date | 422 | unknown_dimension | ?dimensions | day
/v1/report?RANGE&metrics=clicks&group_by=day | 422 | unknown_parameter | ?group_by | dimensions
/v1/report?RANGE&metric=clicks | 422 | unknown_parameter | ?metric | did you mean 'metrics'
/v1/report?RANGE&metrics=clicks&filters=country:eq:DE | 422 | unknown_parameter | ?filters | did you mean 'filter'
/v1/report?RANGE&metrics=clicks&campaign_id=7 | 422 | unknown_parameter | ?campaign_id | filter=campaign_id:eq:
/v1/report?RANGE&metrics=clicks&granularity=daily | 422 | unknown_granularity | ?granularity | day
/v1/report?RANGE&metrics=clicks&timezone=Berlin | 422 | invalid_timezone | ?timezone | Europe/Berlin
/v1/report?RANGE&metrics=clicks&timezone=CEST | 422 | invalid_timezone | ?timezone | IANA
/v1/report?from=yesterday&to=today&metrics=clicks | 422 | invalid_time | ?from | ISO 8601
/v1/report?from=01.11.2026&to=02.11.2026&metrics=clicks | 422 | invalid_time | ?to | 2026-11-21
/v1/report?from=1767225600&to=1767312000&metrics=clicks | 422 | invalid_time | ?from | milliseconds
/v1/report?from=2026-02-30&to=2026-03-01&metrics=clicks | 422 | invalid_time | ?from | 2026-11-21
/v1/report?from=2026-03-02&to=2026-03-01&metrics=clicks | 422 | invalid_range | ?to | later than from
/v1/report?from=2026-03-01&to=2026-03-01&metrics=clicks | 422 | invalid_range | ?to | start_date
/v1/report?start_date=2026-03-02&metrics=clicks | 422 | missing_parameter | ?end_date | end_date
/v1/report?start_date=2026-03-02&end_date=2026-03-01&metrics=clicks | 422 | invalid_range | ?end_date | before
/v1/report?start_date=2026-03-02T00:00&end_date=2026-03-03&metrics=clicks | 422 | invalid_date | ?start_date | 2026-11-21
/v1/report?from=2000-01-01&to=2026-01-01&metrics=clicks | 422 | range_too_long | ?to | days
/v1/report?RANGE&metrics=clicks&filter=campaign_id:in:1, | 422 | invalid_filter | ?filter | comma
/v1/report?start_date=2011-12-30&end_date=2011-12-30&timezone=Pacific/Apia&metrics=clicks | 422 | invalid_range | ?start_date | no such day
/v1/report?RANGE&metrics=clicks&filter=country=DE | 422 | invalid_filter | ?filter | field:op:value
/v1/report?RANGE&metrics=clicks&filter=country:is:DE | 422 | unknown_operator | ?filter | eq, ne, in
/v1/report?RANGE&metrics=clicks&filter=county:eq:DE | 422 | unknown_field | ?filter | did you mean 'country'
/v1/report?RANGE&metrics=clicks&filter=clicks:gt:10 | 422 | unknown_field | ?filter | is a metric
/v1/report?RANGE&metrics=clicks&filter=event_type:eq:clik | 422 | invalid_value | ?filter | did you mean 'click'
/v1/report?RANGE&metrics=clicks&filter=hour_of_day:gt:24 | 422 | invalid_value | ?filter | 0 to 23
/v1/report?RANGE&metrics=clicks&filter=source:regex:( | 422 | invalid_pattern | ?filter | RE2
/v1/report?RANGE&metrics=clicks&order=-impressions | 422 | unknown_column | ?order | clicks
/v1/report?RANGE&metrics=clicks&order=clicks:desc | 422 | unknown_column | ?order | -clicks
/v1/report?RANGE&metrics=clicks&limit=0 | 422 | invalid_number | ?limit | 1 to 100000
/v1/report?RANGE&metrics=clicks&format=excel | 422 | unknown_format | ?format | csv
/v1/report?RANGE&metrics=clicks&compare=last_year | 422 | unknown_comparison | ?compare | previous_year
/v1/report?RANGE&metrics=clicks&currency=euro | 422 | invalid_currency | ?currency | EUR
/v1/report?RANGE&metrics=clicks&fill=1 | 422 | invalid_combination | ?fill | time dimension
/v1/report?RANGE&metrics=clicks&after=5 | 422 | bad_position | ?after | position
/v1/report?RANGE&metrics=clicks&tenant_id=2 | 403 | tenant_mismatch | - | tenant_id
/api/report/summary/?from=2026-01-01 | 422 | missing_parameter | ?to | to is required
/api/report/summary/?RANGE&metrics=clicks | 422 | unknown_parameter | ?metrics | group_by
/api/v1/stats?start_date=2026-01-01&end_date=2026-01-02&interval=day | 422 | unknown_interval | ?interval | daily
/api/v1/stats?from=2026-01-01&to=2026-01-02 | 422 | unknown_parameter | ?from | start_date
"""


if __name__ == "__main__":
    unittest.main()
