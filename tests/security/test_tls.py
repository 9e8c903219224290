"""R25: TLS in the process: which versions and ciphers, what a certificate's renewal does, and who waits for whom."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BINARY, Server, wait_until


def make_certificate(folder, name, *more, address="IP:127.0.0.1"):
    """A self-signed certificate for this address with this common name; returns the paths of it and its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName={address}", "-keyout", key, "-out", certificate,
                    *more], check=True, capture_output=True)
    return certificate, key


class Tls(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.certificate, self.key = self.server.folder / "now.crt", self.server.folder / "now.key"
        self.use(*make_certificate(self.server.folder, "first"))
        self.server.env = {"ADBACUS_SERVER__TLS_CERTIFICATE_FILE": str(self.certificate),
                           "ADBACUS_SERVER__TLS_KEY_FILE": str(self.key), "ADBACUS_SERVER__HEADER_TIMEOUT_S": "2",
                           "ADBACUS_SERVER__OPS_LISTEN": "127.0.0.1:0"}
        self.start()

    def start(self):
        port_file, ops_file = self.server.data / "port", self.server.data / "ops_port"
        ops_file.unlink(missing_ok=True)
        self.server.start(wait=False)
        wait_until("the server listens", lambda: self.server.exited() or
                   port_file.exists() and port_file.read_text().strip() and ops_file.exists())
        self.assertFalse(self.server.exited(), self.server.log_tail())
        self.server.port = int(port_file.read_text())
        self.ops_port = int(ops_file.read_text())
        wait_until("all is served", lambda: self.ops("/readyz").status == 200)

    def use(self, certificate, key):
        """As a renewal does it: each file is exchanged at once, one after the other."""
        for source, target in ((key, self.key), (certificate, self.certificate)):
            temporary = target.with_suffix(".new")
            temporary.write_bytes(source.read_bytes())
            os.replace(temporary, target)

    def ops(self, target):
        connection = http.client.HTTPConnection("127.0.0.1", self.ops_port, timeout=10)
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def context(self, trusted=None):
        return ssl.create_default_context(cafile=str(trusted or self.certificate))

    def connect(self, context=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=30,
                                                 context=context or self.context())
        self.addCleanup(connection.close)
        return connection

    def call(self, connection, method, target, body=None, **headers):
        connection.request(method, target, body, {"Authorization": f"Bearer {self.server.key}", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def common_name(self):
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as raw:
            with self.unverified().wrap_socket(raw) as session:
                text = ssl.DER_cert_to_PEM_cert(session.getpeercert(True))
        subject = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=text, capture_output=True, text=True,
                                 check=True).stdout
        return re.search(r"CN\s*=\s*(\S+)", subject).group(1)

    @staticmethod
    def unverified():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def test_demo_traffic_comes_by_tls_whatever_the_certificates_name(self):
        self.assertEqual(self.server.stop(), 0)
        self.use(*make_certificate(self.server.folder, "ads.example", address="DNS:ads.example"))
        self.server.args = ["--demo"]
        self.start()
        self.assertIn(f"adbacus serves https://127.0.0.1:{self.server.port}\n", self.server.log_tail())
        self.assertNotIn("http://", self.server.log_tail())
        wait_until("demo traffic is taken", lambda: re.search(
            r'adbacus_ingest_events_total\{result="accepted",source="native"\} [1-9]', self.ops("/metrics").text))

    def test_requests_of_all_sizes_pass_on_one_connection(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            connection = self.connect(context)
            for count in (1, 500, 9_000):
                events = [{"event_id": f"{version}-{count}-{i}", "event_type": "click", "url": "https://x.example/" + "y" * 100}
                          for i in range(count)]
                status, body = self.call(connection, "POST", "/v1/events", json.dumps(events))
                self.assertEqual((status, json.loads(body)["accepted"]), (202, count))
                status, body = self.call(connection, "GET", "/openapi.json")
                self.assertEqual(status, 200)
                self.assertGreater(len(json.loads(body)["paths"]), 40)
            # Refused before the body is read, which is dropped then.
            status, _ = self.call(connection, "POST", "/v1/campaigns/none/none", b"x" * 3_000_000)
            self.assertEqual(status, 404)
            connection.close()

    def test_versions_and_ciphers(self):
        def agreed(*options):
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", *options],
                                  input="", capture_output=True, text=True, timeout=30)
            found = re.search(r"(?:New|Reused), (TLSv[\d.]+), Cipher is (\S+)", done.stdout)
            return found.groups() if done.returncode == 0 and found else None, done.stdout
        for cipher in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
            self.assertEqual(agreed("-tls1_3", "-ciphersuites", cipher)[0], ("TLSv1.3", cipher))
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            got, text = agreed("-tls1_2", "-cipher", cipher)
            self.assertEqual(got, ("TLSv1.2", cipher))
            self.assertIn("Compression: NONE", text)
        for options in (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
                        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"), ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
                        ("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"), ("-tls1", "-cipher", "DEFAULT:@SECLEVEL=0")):
            self.assertIsNone(agreed(*options)[0], options)
        self.assertIn("ALPN protocol: http/1.1", agreed("-alpn", "h2,http/1.1")[1])

    def test_what_is_no_tls_gets_no_answer_and_holds_up_nobody(self):
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as raw:
            raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                self.assertNotIn(b"200", raw.recv(1000))
            except ConnectionResetError:
                pass
        silent = [socket.create_connection(("127.0.0.1", self.server.port), 10) for _ in range(50)]
        begin = time.monotonic()
        self.assertEqual(self.call(self.connect(), "GET", "/healthz")[0], 200)
        self.assertLess(time.monotonic() - begin, 2)
        for raw in silent:
            raw.settimeout(20)
            self.assertEqual(raw.recv(1), b"", "closed after the time for a header")
            raw.close()

    def test_a_renewed_certificate_is_used_without_a_pause(self):
        self.assertEqual(self.common_name(), "first")
        old = self.connect()
        self.assertEqual(self.call(old, "GET", "/healthz")[0], 200)
        self.use(*make_certificate(self.server.folder, "second"))
        wait_until("the new certificate is shown", lambda: self.common_name() == "second", 10, 0.2)
        self.assertEqual(self.call(old, "GET", "/healthz")[0], 200, "what is open goes on")
        self.assertEqual(self.call(self.connect(), "GET", "/healthz")[0], 200)
        self.certificate.write_text("broken")
        wait_until("the broken one is told", lambda: "certificate is not exchanged" in self.server.log_tail(), 10)
        self.server.signal(signal.SIGHUP)
        self.assertEqual(self.common_name(), "second")
        third = make_certificate(self.server.folder, "third")
        self.key.write_bytes(third[1].read_bytes())  # of another certificate
        self.assertEqual(self.common_name(), "second")
        self.use(*third)
        wait_until("the mended one is shown", lambda: self.common_name() == "third", 10, 0.2)

    def test_many_at_once(self):
        def work(number):
            connection = self.connect()
            for i in range(20):
                body = json.dumps({"event_id": f"{number}-{i}", "event_type": "click"})
                statuses.append(self.call(connection, "POST", "/v1/events", body)[0])
            connection.close()
        statuses = []
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [202] * 160)

    def test_browsers_are_told_to_come_by_tls_only(self):
        connection = self.connect()
        for target in ("/healthz", "/nothing"):
            connection.request("GET", target)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.headers["Strict-Transport-Security"], "max-age=2592000")
        self.assertIsNone(self.ops("/healthz").headers["Strict-Transport-Security"])

    def test_commands_believe_the_authorities_they_are_told_and_nobody_else(self):
        def run(*arguments):
            return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "ADBACUS_KEY": self.server.key})
        url = f"https://127.0.0.1:{self.server.port}"
        self.assertEqual(run("health", "--url", url, "--ca-file", str(self.certificate)).returncode, 0)
        listed = run("keys", "list", "--data", str(self.server.data), "--url", url, "--ca-file", str(self.certificate))
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        stranger = make_certificate(self.server.folder, "stranger")[0]
        for more in ((), ("--ca-file", str(stranger))):
            refused = run("health", "--url", url, *more)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("certificate", refused.stderr)
        refused = run("health", "--url", f"https://localhost:{self.server.port}", "--ca-file", str(self.certificate))
        self.assertEqual(refused.returncode, 1, "the certificate is for another name")

    def test_cookies_are_for_tls_only_then(self):
        connection = self.connect()
        made = self.call(connection, "POST", "/v1/users", json.dumps({"email": "a@a.example", "role": "viewer"}),
                         **{"Content-Type": "application/json"})
        user = json.loads(made[1])["id"]
        password = {"password": "a long enough password"}
        self.assertEqual(self.call(connection, "PUT", f"/v1/users/{user}/password", json.dumps(password))[0], 204)
        connection.request("POST", "/v1/session", json.dumps({"email": "a@a.example", **password}))
        answer = connection.getresponse()
        self.assertTrue(answer.headers["Set-Cookie"].endswith("; Secure"), answer.headers["Set-Cookie"])
        answer.read()


class Start(unittest.TestCase):
    def test_without_a_usable_certificate_the_server_does_not_start(self):
        server = Server()
        self.addCleanup(server.close)
        good, key = make_certificate(server.folder, "good")
        other = make_certificate(server.folder, "other")[1]
        broken = server.folder / "broken"
        broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for certificate, its_key in ((good, other), (broken, key), (good, broken), (server.folder / "absent", key), (good, "")):
            server.env = {"ADBACUS_SERVER__TLS_CERTIFICATE_FILE": str(certificate), "ADBACUS_SERVER__TLS_KEY_FILE": str(its_key)}
            server.start(wait=False)
            self.assertNotEqual(server.process.wait(30), 0, (certificate, its_key))
            self.assertNotIn("PRIVATE KEY", server.log_tail())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
