"""R5, R7, R9, R10, R18: people sign in with the organisation's provider (OpenID Connect). The provider here is a small one
that can be told to answer wrongly."""
import base64
import hashlib
import http.server
import json
import pathlib
import secrets
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until
from test_tls import make_certificate
from test_tokens import b64

CLIENT, SECRET = "adbacus client", "a secret: with/odd+signs%"
REDIRECT = "https://ads.example/v1/session/oidc/callback"


class SigningKey:
    """An RSA key, by the openssl of the machine."""

    def __init__(self, folder, kid):
        self.path, self.kid = folder / f"{secrets.token_hex(8)}.pem", kid
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)

    def sign(self, header, claims):
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(), capture_output=True,
                              check=True)
        return text + "." + b64(done.stdout)

    def jwk(self):
        done = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], capture_output=True, text=True,
                              check=True)
        modulus = bytes.fromhex(done.stdout.strip().split("=")[1])
        return {"kty": "RSA", "kid": self.kid, "alg": "RS256", "use": "sig", "n": b64(modulus), "e": "AQAB"}


class Provider:
    """Keeps to the standard unless `wrong` says otherwise: a function of (header, claims) of the next id token, which may
    change both and return the token itself."""

    def __init__(self, folder):
        self.key = SigningKey(folder, "first")
        self.person = {"sub": "sub-anna", "email": "Anna@A.example", "email_verified": True}
        self.wrong = None
        self.issuer_shown = None
        self.token_answer = None  # (status, headers, body) instead of a token
        self.codes = {}
        self.asked = []
        certificate, key = make_certificate(folder, "provider")
        self.ca_file = certificate
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(*outer.get(self.path))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(*outer.post(self.path, dict(self.headers), body))

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that has heard enough goes away
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def get(self, path):
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {}, json.dumps({"issuer": self.issuer_shown or self.issuer,
                                        "authorization_endpoint": self.issuer + "/authorize?kind=people",
                                        "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys"}).encode()
        if path == "/keys":
            return 200, {}, json.dumps({"keys": [self.key.jwk()]}).encode()
        return 404, {}, b""

    def authorize(self, url):
        """What the person's browser does there: signs in, and is sent back with the code and the state."""
        parts = urllib.parse.urlsplit(url)
        asked = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
        assert url.startswith(self.issuer + "/authorize?kind=people&"), url
        assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, REDIRECT), asked
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split(), asked
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def post(self, path, headers, body):
        self.asked.append(path)
        if self.token_answer:
            return self.token_answer
        form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        credential = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        client = tuple(urllib.parse.unquote(part) for part in credential.split(":"))
        asked = self.codes.pop(form["code"], None)  # a code is good once
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (path != "/token" or client != (CLIENT, SECRET) or asked is None or asked["code_challenge"] != b64(verifier) or
                form["grant_type"] != "authorization_code" or form["redirect_uri"] != REDIRECT):
            return 400, {}, b'{"error":"invalid_grant"}'
        now = int(time.time())
        header = {"alg": "RS256", "kid": self.key.kid, "typ": "JWT"}
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        token = self.wrong(header, claims) if self.wrong else None
        token = token or self.key.sign(header, {k: v for k, v in claims.items() if v is not None})
        return 200, {}, json.dumps({"access_token": "not for us", "token_type": "Bearer", "id_token": token}).encode()


class Oidc(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.provider = Provider(self.server.folder)
        self.addCleanup(self.provider.close)
        self.server.env = {
            "ADBACUS_ACCESS__OIDC_ISSUER": self.provider.issuer, "ADBACUS_ACCESS__OIDC_CLIENT_ID": CLIENT,
            "ADBACUS_ACCESS__OIDC_CLIENT_SECRET": SECRET, "ADBACUS_ACCESS__OIDC_REDIRECT_URL": REDIRECT,
            "ADBACUS_OUTBOUND__ALLOWED": self.provider.issuer, "ADBACUS_OUTBOUND__CA_FILE": str(self.provider.ca_file)}
        self.server.start()
        self.server.ready()

    def user(self, name="anna", role="analyst", **fields):
        made = self.server.post("/v1/users", {"email": f"{name}@a.example", "role": role, **fields})
        self.assertEqual(made.status, 201, made.body)
        return made.json()["id"]

    def get(self, target, cookie=None):
        return self.server.request("GET", target, None, {"Cookie": cookie} if cookie else {}, key=False)

    def begin(self, **query):
        target = "/v1/session/oidc?" + urllib.parse.urlencode(query)
        wait_until("the provider is known", lambda: self.get(target).status != 503)
        answer = self.get(target)
        self.assertEqual(answer.status, 302, answer.body)
        return answer.headers["location"], answer.headers["set-cookie"].split(";")[0]

    def finish(self, cookie, **query):
        return self.get("/v1/session/oidc/callback?" + urllib.parse.urlencode(query), cookie)

    def sign_in(self, **query):
        url, cookie = self.begin(**query)
        return self.finish(cookie, **self.provider.authorize(url))

    def session(self, answer):
        """The cookie of the session that `answer` opens; None if it opens none."""
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie" and "adbacus_session=" in value:
                return "adbacus_session=" + value.split("adbacus_session=")[1].split(";")[0]
        return None

    def assert_refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.json()["code"]), (status, code), answer.body)
        self.assertIsNone(self.session(answer))
        return answer.json()["detail"]

    def test_from_the_dashboard_to_the_provider_and_back(self):
        user = self.user()
        answer = self.sign_in(return_to="/dashboard?tab=1")
        self.assertEqual((answer.status, answer.headers["location"]), (303, "/dashboard?tab=1"), answer.body)
        self.assertIn("no-store", answer.headers["cache-control"])
        who = self.get("/v1/session", self.session(answer))
        self.assertEqual((who.status, who.json()["user_id"], who.json()["tenant_id"]), (200, user, "1"))
        self.assertIn("csrf_token", who.json())
        entries = self.server.get("/v1/audit?kind=session").json()["data"]
        self.assertEqual([(e["action"], e["actor"]) for e in entries], [("sign_in", f"user:{user}")])
        log = self.server.log_path.read_text()
        for secret in (SECRET, urllib.parse.quote(SECRET, safe=""), self.session(answer), "eyJ"):
            self.assertNotIn(secret, log)

    def test_only_the_browser_that_began_comes_back(self):
        self.user()
        url, cookie = self.begin()
        other_url, other_cookie = self.begin()
        query = self.provider.authorize(url)
        for wrong in (None, other_cookie, cookie + "A", cookie.replace("=", "=A", 1), "adbacus_oidc=", "adbacus_oidc=a.1.MQ.Lw",
                      cookie + "; " + other_cookie):
            self.assert_refused(self.finish(wrong, **query), 400, "oidc_state_wrong")
        for state in ("", query["state"][:-1], query["state"] + "0", self.provider.authorize(other_url)["state"]):
            self.assert_refused(self.finish(cookie, code=query["code"], state=state), 400, "oidc_state_wrong")
        twice = f"/v1/session/oidc/callback?code={query['code']}&state={query['state']}&state={query['state']}"
        self.assert_refused(self.get(twice, cookie), 400, "oidc_state_wrong")
        # A cookie that says another tenant, another path or another time has another state.
        secret, begun, tenant, path = cookie.removeprefix("adbacus_oidc=").split(".")
        for changed in ((secret, begun, b64(b"2"), path), (secret, begun, tenant, b64(b"/x")),
                        (secret, str(int(begun) + 1), tenant, path), (secret, str(int(begun) - 601), tenant, path)):
            self.assert_refused(self.finish("adbacus_oidc=" + ".".join(changed), **query), 400, "oidc_state_wrong")
        self.assertEqual(self.provider.asked.count("/token"), 0)
        self.assertEqual(self.finish(cookie, **query).status, 303)

    def test_a_code_is_worth_something_once_and_in_its_own_sign_in_only(self):
        self.user()
        url, cookie = self.begin()
        query = self.provider.authorize(url)
        self.assertEqual(self.finish(cookie, **query).status, 303)
        self.assert_refused(self.finish(cookie, **query), 401, "oidc_code_refused")
        # Somebody else's code, put into this browser's answer: the verifier is another (PKCE).
        stolen = self.provider.authorize(self.begin()[0])["code"]
        url, cookie = self.begin()
        state = self.provider.authorize(url)["state"]
        self.assert_refused(self.finish(cookie, code=stolen, state=state), 401, "oidc_code_refused")

    def test_every_part_of_the_id_token_counts(self):
        self.user()
        now = int(time.time())
        stranger = SigningKey(self.server.folder, "first")  # of the same name
        hs256 = {"alg": "HS256", "kid": "first", "typ": "JWT"}

        def by_secret(_, claims):
            import hmac
            text = b64(json.dumps(hs256).encode()) + "." + b64(json.dumps(claims).encode())
            return text + "." + b64(hmac.new(SECRET.encode(), text.encode(), "sha256").digest())

        def unsigned(_, claims):
            return b64(b'{"alg":"none","kid":"first"}') + "." + b64(json.dumps(claims).encode()) + "."

        faults = {"issuer": lambda h, c: c.update(iss="https://id.example"), "audience": lambda h, c: c.update(aud="another"),
                  "expired": lambda h, c: c.update(exp=now - 60, iat=now - 600), "exp": lambda h, c: c.update(exp=None),
                  "another sign-in": lambda h, c: c.update(nonce="0" * 64), "of another sign-in": lambda h, c: c.update(nonce=None),
                  "another client": lambda h, c: c.update(azp="another"),
                  "made for another": lambda h, c: c.update(aud=[CLIENT, "another"]), "sub": lambda h, c: c.update(sub=None),
                  "nbf nor iat": lambda h, c: c.update(iat=None), "not valid yet": lambda h, c: c.update(iat=now + 600),
                  "known key": lambda h, c: stranger.sign(h, c), "by a known key": by_secret, "a known key": unsigned,
                  "signed by a known key": lambda h, c: h.update(kid="other")}
        for why, fault in faults.items():
            self.provider.wrong = fault
            detail = self.assert_refused(self.sign_in(), 401, "oidc_token_refused")
            self.assertIn(why, detail)
        self.provider.wrong = lambda h, c: c.update(aud=[CLIENT, "another"], azp=CLIENT)
        self.assertEqual(self.sign_in().status, 303)
        refused = self.server.get("/v1/audit?kind=session&limit=100").json()["data"]
        self.assertEqual(sum(e["action"] == "sign_in_refused" for e in refused), len(faults))

    def test_only_users_of_the_tenant_whom_the_provider_vouches_for(self):
        self.assert_refused(self.sign_in(), 403, "oidc_user_unknown")
        self.assertEqual(self.server.get("/v1/users").json()["data"], [], "nobody is made")
        user = self.user()
        self.assertEqual(self.sign_in().status, 303)
        for unverified in (False, None, "true"):
            self.provider.person["email_verified"] = unverified
            self.assert_refused(self.sign_in(), 403, "oidc_user_unknown")
        self.provider.person["email_verified"] = True
        self.assertEqual(self.patch(user, {"status": "PAUSED"}).status, 200)
        self.assert_refused(self.sign_in(), 403, "oidc_user_unknown")
        self.assertEqual(self.patch(user, {"status": "ACTIVE"}).status, 200)
        # Once the provider's own name for the person is known, an address alone is not enough, nor needed.
        self.assertEqual(self.patch(user, {"oidc_subject": "another sub"}).status, 200)
        self.assert_refused(self.sign_in(), 403, "oidc_user_unknown")
        self.assertEqual(self.patch(user, {"oidc_subject": "sub-anna"}).status, 200)
        self.provider.person.update(email="new@a.example", email_verified=False)
        answer = self.sign_in()
        self.assertEqual(self.get("/v1/session", self.session(answer)).json()["user_id"], user)

    def patch(self, user, change):
        return self.server.request("PATCH", f"/v1/users/{user}", json.dumps(change).encode(),
                                   {"Content-Type": "application/json"})

    def test_another_tenants_users_are_not_this_tenants(self):
        self.user()
        for tenant in ("2", "nobody", "1\n"):
            self.assert_refused(self.sign_in(tenant_id=tenant), 403, "oidc_user_unknown")
        self.assertEqual(self.sign_in(tenant_id="1").status, 303)

    def test_no_redirect_to_somewhere_else(self):
        self.begin()
        for path in ("//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nX: y", "javascript:alert(1)",
                     "\\/evil", "/" + "a" * 600):
            answer = self.get("/v1/session/oidc?" + urllib.parse.urlencode({"return_to": path}))
            self.assertEqual(answer.status, 422, path)

    def test_what_the_provider_says_is_told_but_not_repeated(self):
        self.user()
        url, cookie = self.begin()
        state = self.provider.authorize(url)["state"]
        detail = self.assert_refused(self.finish(cookie, state=state, error="access_denied"), 403, "oidc_refused")
        self.assertIn("access_denied", detail)
        detail = self.assert_refused(self.finish(cookie, state=state, error="<script>"), 403, "oidc_refused")
        self.assertNotIn("script", detail)
        self.assert_refused(self.finish(cookie, state=state, code="x", iss="https://id.example"), 400, "oidc_issuer_wrong")
        self.assert_refused(self.finish(cookie, state=state), 400, "oidc_code_missing")

    def test_a_provider_that_is_down_or_leads_elsewhere_opens_nothing(self):
        self.user()
        for answer in ((500, {}, b""), (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""), (200, {}, b"{}"),
                       (200, {}, b"<html>"), (200, {}, b"x" * 300_000)):
            self.provider.token_answer = answer
            self.assert_refused(self.sign_in(), 503, "oidc_provider_unavailable")
        self.provider.token_answer = None
        self.assertEqual(self.sign_in().status, 303)
        self.assertEqual(self.server.get("/v1/campaigns").status, 200)

    def test_tries_are_counted(self):
        _, cookie = self.begin()
        state = self.provider.authorize(self.begin()[0])["state"]
        statuses = set()
        for _ in range(40):
            url, cookie = self.begin()
            answer = self.finish(cookie, state=self.provider.authorize(url)["state"], error="access_denied")
            statuses.add(answer.status)
        self.assertEqual(statuses, {403, 429})


class Start(unittest.TestCase):
    def test_a_document_of_another_issuer_is_not_believed(self):
        server = Server()
        self.addCleanup(server.close)
        provider = Provider(server.folder)
        self.addCleanup(provider.close)
        provider.issuer_shown = "https://id.example"
        server.env = {"ADBACUS_ACCESS__OIDC_ISSUER": provider.issuer, "ADBACUS_ACCESS__OIDC_CLIENT_ID": CLIENT,
                      "ADBACUS_ACCESS__OIDC_REDIRECT_URL": REDIRECT, "ADBACUS_OUTBOUND__ALLOWED": provider.issuer,
                      "ADBACUS_OUTBOUND__CA_FILE": str(provider.ca_file)}
        server.start()
        wait_until("it is told", lambda: "is of another issuer" in server.log_path.read_text())
        answer = server.request("GET", "/v1/session/oidc", None, {}, key=False)
        self.assertEqual((answer.status, answer.json()["code"]), (503, "oidc_provider_unavailable"))

    def test_without_a_provider_there_is_nothing_to_sign_in_with(self):
        with Server() as server:
            for path in ("/v1/session/oidc", "/v1/session/oidc/callback?code=a&state=b"):
                answer = server.request("GET", path, None, {}, key=False)
                self.assertEqual((answer.status, answer.json()["code"]), (404, "oidc_not_configured"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
