"""OAuth 2.0 client credentials: a key becomes a token for a quarter of an hour, and takes it along when it ends."""
import base64
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until


class Oauth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.server.ready()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def key(self, *scopes, **more):
        return self.server.post("/v1/keys", {"scopes": scopes, **more}).json()["key"]

    def token(self, key=None, basic=None, **form):
        form = {"grant_type": "client_credentials", **form}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key:
            form["client_id"], form["client_secret"] = key.split(".")
        if basic:
            text = ":".join(urllib.parse.quote(part, safe="") for part in basic.split("."))
            headers["Authorization"] = "Basic " + base64.b64encode(text.encode()).decode()
        body = urllib.parse.urlencode({k: v for k, v in form.items() if v is not None}).encode()
        return self.server.request("POST", "/oauth/token", body, headers, key=False)

    def call(self, token, target="/v1/campaigns", method="GET", body=None):
        return self.server.request(method, target, body, {"Authorization": f"Bearer {token}"}, key=False)

    def test_a_key_becomes_a_token(self):
        key = self.key("read", "ingest")
        for given in ({"key": key}, {"basic": key}):
            answer = self.token(**given)
            self.assertEqual(answer.status, 200, answer.body)
            made = answer.json()
            self.assertEqual((made["token_type"], made["expires_in"], made["scope"]), ("Bearer", 900, "ingest read"))
            self.assertEqual(answer.headers["cache-control"], "no-store")
            self.assertEqual(self.call(made["access_token"]).status, 200)
            self.assertEqual(self.call(made["access_token"], "/v1/events", "POST", b'{"event_type":"click"}').status, 202)
            self.assertEqual(self.call(made["access_token"], "/v1/keys").json()["code"], "missing_scope")
        reader = self.token(key, scope="read").json()["access_token"]
        self.assertEqual(self.call(reader).status, 200)
        self.assertEqual(self.call(reader, "/v1/events", "POST", b"{}").json()["code"], "missing_scope")
        self.assertEqual(self.server.get("/v1/session", headers={"Authorization": f"Bearer {reader}"}).json()["scopes"],
                         ["read", "export"])

    def test_a_token_ends_with_its_key_and_outlives_the_server(self):
        key = self.key("read")
        token = self.token(key).json()["access_token"]
        self.server.stop()
        self.server.start()
        self.assertEqual(self.call(token).status, 200)
        self.assertEqual(self.server.request("DELETE", f"/v1/keys/{key.split('.')[0]}").status, 200)
        wait_until("the token has ended", lambda: self.call(token).status == 401, 5)
        self.assertEqual(self.token(key).status, 401)

    def test_refusals_are_those_of_the_standard(self):
        key = self.key("read")
        page = self.key("ingest", public=True, origins=["https://shop.example"])
        for given, status, error in (
                ({"key": key, "grant_type": None}, 400, "invalid_request"),
                ({"key": key, "grant_type": "password"}, 400, "unsupported_grant_type"),
                ({}, 401, "invalid_client"), ({"key": key[:-1] + ("A" if key[-1] != "A" else "B")}, 401, "invalid_client"),
                ({"key": "adb_aaaaaaaa." + "A" * 43}, 401, "invalid_client"),
                ({"key": key, "basic": key}, 401, "invalid_client"), ({"basic": "x.y"}, 401, "invalid_client"),
                ({"key": key, "scope": "admin"}, 400, "invalid_scope"), ({"key": key, "scope": "read nosuch"}, 400, "invalid_scope"),
                ({"key": key, "scope": "all"}, 400, "invalid_scope"), ({"key": page}, 400, "unauthorized_client")):
            answer = self.token(**given)
            self.assertEqual((answer.status, answer.json()["error"]), (status, error), given)
        twice = "grant_type=client_credentials&grant_type=client_credentials&client_id=a&client_secret=b".encode()
        self.assertEqual(self.server.request("POST", "/oauth/token", twice, key=False).status, 400)
        for text in ("eyJhbGciOiJIUzI1NiIsImtpZCI6ImFkYmFjdXMtMSJ9.e30.AAAA", "eyJraWQiOiJhZGJhY3VzLTEifQ.e30."):
            self.assertEqual(self.call(text).status, 401)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
