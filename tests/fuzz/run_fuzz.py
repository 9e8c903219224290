"""Runs one libFuzzer target for 5 s (30 s with ADBACUS_LONG=1) on seeds that it makes itself.

Usage: run_fuzz.py <binary>. Prints the seed; a failing input is printed as hex before it is removed.
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SECONDS = 30 if os.environ.get("ADBACUS_LONG") == "1" else 5
SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000)) or 1


def event(**more):
    return {"event_id": "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11", "event_type": "click", "user_id": "u-1",
            "ts": "2026-11-21T12:00:00Z", "campaign_id": 42, **more}


def http_head():
    yield b"GET /v1/report?metrics=clicks HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, zstd;q=0.5\r\n\r\n"
    yield b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    yield b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n"
    body = gzip.compress(b"[]" * 50)
    yield b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    yield b"POST / HTTP/1.1\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: x\r\n\r\n"


def consent():
    tcf = b"CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA"
    for text in (tcf, b"DBABM~" + tcf, b"DBACNYA~" + tcf + b"~1YNN", b"DBABjw~x~1YYN", b"DBABLA~BVVqAAAACA.QA",
                 b"DBABTA~1---"):
        yield text + b"\n[2,6]"


def traffic_rules():
    rule = {"id": "user_velocity", "version": 2, "class": "sivt", "mode": "shadow", "weight": 5, "clicks": 3,
            "window_s": 60}
    yield b"\x00" + json.dumps({"name": "a", "version": 1, "suspect_from": 50, "invalid_from": 80, "click_keys": 8,
                                "rules": [rule, {"id": "vpn"}]}).encode()
    yield b"\x01# a\n203.0.113.0/24\n!203.0.113.9\r\n2001:db8::/32 ; b\n0.0.0.0/0\n::/0"
    yield b"\x02# a\nGooglebot/\n^curl\nSSL Labs$\n"
    yield b"\x03" + bytes(32) + b"\xff" * 8 * 37
    one = (1).to_bytes(8, "little")
    yield b"\x03" + bytes(32) + b"\xff" * 8 * 15 + one * 5 + b"\xff" * 8 * 22


def json_event():
    bodies = [event(), [event(), event(event_type="conversion", value="12.34", currency="EUR")],
              {"events": [event(metadata={"a": {"b": [1, 2.5, None, True]}, "ip": "203.0.113.9"})]},
              event(consent={"gdpr": True, "tcf": "CP"}, url="https://a.example/?q=%41", ts=1795262400123)]
    for flags, body in enumerate(bodies):
        yield bytes([flags]) + json.dumps(body).encode()
    yield b"\x00" + b"\n".join(json.dumps(b).encode() for b in (event(), event(user_id="\u00e9\u20ac")))
    yield b'\x01{"event_id":"\\ud800","ts":1e400,"value":-0.0000000001,"x":[[[[[]]]]]}'


def log_record():
    yield b"\x00\x00" + bytes.fromhex("b5ad01001a0000000100000000000000" "7850a319c8600600" "01002000787a867b"
                                      "01000000a0010101" "0120f699d2dfbf68170131026531017502" "3432")
    yield b"\x01\x02" + bytes.fromhex("01010120f699d2dfbf681701310265310175023432")
    yield b"\x00\x09" + bytes(64)


def compressed_body():
    plain = json.dumps([event()] * 20).encode()
    yield b"\x01\x00" + gzip.compress(plain)
    yield b"\x01\x10" + gzip.compress(b"a") + gzip.compress(b"b")
    yield b"\x01\x40" + gzip.compress(bytes(500_000))
    # A zstd frame of one raw block: magic, single segment of 5 bytes, last raw block.
    yield b"\x00\x01" + bytes.fromhex("28b52ffd" "2005" "290000") + b"hello"
    yield b"\x00\x00" + plain


def bid_request():
    native = json.dumps({"ver": "1.2", "assets": [{"id": 1, "required": 1, "title": {"len": 25}},
                                                  {"id": 2, "img": {"type": 3, "wmin": 600, "hmin": 300}}]})
    yield json.dumps({"id": "r", "at": 2, "tmax": 100, "test": 0, "cur": ["USD"], "bcat": ["IAB25"], "badv": ["A.example"],
                      "imp": [{"id": "1", "tagid": "top", "bidfloor": 0.5, "bidfloorcur": "USD", "secure": 1,
                               "banner": {"w": 300, "h": 250, "format": [{"w": 728, "h": 90}]}},
                              {"id": "2", "tagid": 7, "native": {"request": native}, "pmp": {"private_auction": 0}}],
                      "site": {"page": "https://news.example/a?b", "keywords": "a, b"},
                      "device": {"ip": "192.0.2.7", "devicetype": 4, "lmt": 0, "geo": {"country": "DEU", "lat": 1, "lon": 2}},
                      "user": {"id": "u", "data": [{"segment": [{"id": "s"}]}]}, "regs": {"coppa": 0, "ext": {"gdpr": 1}}}).encode()
    yield b'{"id":"r","imp":[{"id":"1","native":{"request":"{\\"native\\":{\\"ver\\":\\"1.1\\",\\"assets\\":[{}]}}"}}]}'


def jwt():
    header = {"alg": "HS256", "kid": "k", "typ": "JWT"}
    claims = {"iss": "i", "aud": ["a"], "exp": 2000, "nbf": 1, "jti": "j", "role": "viewer"}
    yield "\n".join(json.dumps(part) for part in (header, claims)).encode()
    yield b'{"alg":"HS256"}\n{"iss":"i","aud":"a","exp":1e3,"iat":0.5}'
    yield b"eyJhbGciOiJub25lIn0.eyJpc3MiOiJpIiwiYXVkIjoiYSJ9."
    yield json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
                               {"kty": "oct", "k": "c3" * 22}, {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "PS256"},
                               {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "key_ops": ["verify"]}]}).encode()


def main(binary):
    name = pathlib.Path(binary).name.removesuffix("_fuzz")
    with tempfile.TemporaryDirectory(prefix="adbacus-test-") as folder:
        corpus = pathlib.Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(globals()[name]()):
            (corpus / str(number)).write_bytes(seed)
        print("seed", SEED, flush=True)
        done = subprocess.run(
            [binary, str(corpus), f"-max_total_time={SECONDS}", f"-seed={SEED}", "-timeout=10",
             "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={folder}/"], timeout=SECONDS + 120)
        for path in pathlib.Path(folder).glob("*-*"):
            print(path.name, path.read_bytes().hex(), flush=True)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
