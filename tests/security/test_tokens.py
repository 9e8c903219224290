"""R5 and R3 through the door: tokens that others sign, what they may do, and what forged ones get."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until

ISSUER, AUDIENCE = "https://id.example", "adbacus"
SECRET = bytes(range(32))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**more):
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 300, "sub": "anna", "tenant_id": "1", **more}


def token(payload, header=None, sign=lambda text: hmac.new(SECRET, text, hashlib.sha256).digest()):
    text = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode()) + "." + b64(json.dumps(payload).encode())
    return text + "." + b64(sign(text.encode()))


def settings(**more):
    return {"ADBACUS_ACCESS__JWT_ISSUER": ISSUER, "ADBACUS_ACCESS__JWT_AUDIENCE": AUDIENCE, **more}


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(env=settings(ADBACUS_ACCESS__JWT_HS256_SECRET=b64(SECRET)))
        cls.server.start()
        cls.server.ready()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def call(self, text, target="/v1/campaigns", method="GET", body=None):
        headers = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
        return self.server.request(method, target, body, headers, key=False)

    def test_a_role_opens_what_the_table_says(self):
        report = "/v1/report?metrics=clicks&from=2026-01-01&to=2026-02-01"
        allowed = {
            "owner": {"read", "csv", "write", "keys", "send"}, "admin": {"read", "csv", "write", "keys", "send"},
            "analyst": {"read", "csv"}, "viewer": {"read"}, "sender": {"send"}}
        for role, expected in allowed.items():
            text = token(claims(role=role))
            found = set()
            for name, target, method, body in (
                    ("read", report, "GET", None), ("csv", report + "&format=csv", "GET", None),
                    ("write", "/v1/campaigns", "POST", b'{"name":"x"}'), ("keys", "/v1/keys", "GET", None),
                    ("send", "/v1/events", "POST", b'{"event_type":"click"}')):
                answer = self.call(text, target, method, body)
                if answer.status < 300:
                    found.add(name)
                else:
                    self.assertEqual((answer.status, answer.json()["code"]), (403, "missing_scope"), (role, name))
            self.assertEqual(found, expected, role)

    def test_a_limited_caller_reaches_nothing_that_is_not_limited(self):
        for claim, own in (("advertiser_id", "/v1/campaigns"), ("publisher_id", "/v1/placements")):
            limited = token(claims(role="owner", **{claim: "7"}))
            self.assertEqual(self.call(limited, own).json()["data"], [])
            for target in ("/v1/experiments", "/v1/keys", "/v1/audit"):
                answer = self.call(limited, target)
                self.assertEqual((answer.status, answer.json()["code"]), (403, "limited_caller"))

    def test_forged_tokens_are_unauthorized(self):
        good = token(claims(role="viewer"))
        self.assertEqual(self.call(good).status, 200)
        self.assertEqual(self.server.get("/v1/campaigns", headers={"X-Api-Key": good, "Authorization": ""}).status, 200)
        head, body, signature = good.split(".")
        other = token(claims(role="owner")).split(".")[1]
        past = int(time.time()) - 1000
        forged = [f"{head}.{other}.{signature}", f"{head}.{body}.", f"{head}.{body}", good + "A", good[:-2],
                  token(claims(role="owner"), {"alg": "none"}, lambda text: b""),
                  token(claims(role="owner"), {"alg": "nOnE"}, lambda text: b""),
                  token(claims(role="owner"), {"alg": "HS256", "kid": "../../dev/null"}),
                  token(claims(role="owner"), {"alg": "HS256", "kid": "' OR 1=1 --"}),
                  token(claims(role="owner"), sign=lambda text: hmac.new(b"", text, hashlib.sha256).digest()),
                  token(claims(role="viewer", exp=past)), token(claims(role="viewer", nbf=past + 9000)),
                  token(claims(role="viewer", iss="https://evil.example")), token(claims(role="viewer", aud="other")),
                  token(claims(role="viewer", tenant_id="2")), token(claims(role="root")), token(claims())]
        for missing in ("iss", "aud", "exp", "iat", "tenant_id"):
            forged.append(token({k: v for k, v in claims(role="viewer").items() if k != missing}))
        for text in forged:
            answer = self.call(text)
            self.assertEqual((answer.status, answer.json()["code"]), (401, "unauthorized"), text)
        self.assertEqual(self.server.get(f"/v1/campaigns?key={good}", key=False).status, 401)

    def test_a_denied_token_ends_at_once_and_stays_denied(self):
        text, other = token(claims(role="viewer", jti="stolen")), token(claims(role="viewer", jti="fine"))
        self.assertEqual((self.call(text).status, self.call(other).status), (200, 200))
        for wrong in ({}, {"jti": ""}, {"jti": 1}, {"jti": "x", "tenant_id": "2"}, {"jti": "x", "expires_at": "soon"}):
            self.assertEqual(self.server.post("/v1/denied-tokens", wrong).status, 422, wrong)
        self.assertEqual(self.server.post("/v1/denied-tokens", {"jti": "stolen"}).status, 201)
        self.assertEqual((self.call(text).status, self.call(other).status), (401, 200))
        listed = self.server.get("/v1/denied-tokens").json()["data"]
        self.assertEqual([(t["jti"], t["iss"], t["expires_at"]) for t in listed], [("stolen", ISSUER, None)])
        entry = self.server.get("/v1/audit?kind=token").json()["data"][0]
        self.assertEqual((entry["action"], entry["object_id"]), ("revoke", "stolen"))
        self.server.stop()
        self.server.start()
        self.assertEqual((self.call(text).status, self.call(other).status), (401, 200))

    def test_the_secret_is_nowhere_to_be_seen(self):
        secret = b64(SECRET).encode()
        self.call("eyJ.e30.AAAA")
        self.assertNotIn(secret.decode(), self.server.log_tail(100_000))
        printed = self.server.command("check-config", "--print-config", env=self.server.env, check=False)
        self.assertNotIn(secret.decode(), printed.stdout + printed.stderr)
        for file in self.server.data.rglob("*"):
            if file.is_file():
                self.assertNotIn(secret, file.read_bytes(), file)

    def test_what_contradicts_itself_is_refused_at_the_start(self):
        for env in (settings(), {"ADBACUS_ACCESS__JWT_HS256_SECRET": b64(SECRET)},
                    settings(ADBACUS_ACCESS__JWT_HS256_SECRET=b64(b"too short"))):
            done = self.server.command("check-config", env=env, check=False)
            self.assertNotEqual(done.returncode, 0, env)
            self.assertIn("access.jwt_", (done.stdout + done.stderr).lower().replace("access__", "access."))


class KeyFile(unittest.TestCase):
    def test_keys_come_and_go_with_their_file(self):
        with Server() as server:
            server.stop()

            def make(name):
                pem = server.folder / f"{name}.pem"
                subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pem], check=True)
                public = subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"], check=True,
                                        capture_output=True).stdout
                jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": name, "x": b64(public[-32:])}

                def sign(text):
                    message = server.folder / "message"
                    message.write_bytes(text)
                    return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", pem, "-rawin", "-in", message],
                                          check=True, capture_output=True).stdout
                return jwk, lambda: token(claims(role="viewer"), {"alg": "EdDSA", "kid": name}, sign)

            old, old_token = make("old")
            new, new_token = make("new")
            keys = server.folder / "keys.json"

            def publish(*jwks):
                temporary = server.folder / "keys.new"
                temporary.write_text(json.dumps({"keys": jwks}))
                temporary.rename(keys)

            def status(text):
                return server.get("/v1/campaigns", headers={"Authorization": f"Bearer {text}"}).status

            publish(old)
            server.env = settings(ADBACUS_ACCESS__JWT_KEYS_FILE=str(keys))
            server.start()
            self.assertEqual((status(old_token()), status(new_token())), (200, 401))
            publish(old, new)
            wait_until("the new key is known", lambda: status(new_token()) == 200, 5)
            self.assertEqual(status(old_token()), 200)
            keys.write_text("{")
            wait_until("a broken file is told", lambda: "checked with what was read before" in server.log_tail(), 5)
            self.assertEqual((status(old_token()), status(new_token())), (200, 200))
            publish(new)
            wait_until("the old key is gone", lambda: status(old_token()) == 401, 5)
            self.assertEqual(status(new_token()), 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
