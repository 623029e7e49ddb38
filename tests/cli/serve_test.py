import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest

from atelier_test import ENDLESS, PROGRAM, AtelierTest


class Serve(AtelierTest):
    def serve(self, *words):
        """Starts the server and returns it with its port."""
        process = subprocess.Popen([PROGRAM, "serve", *words, "--port", "0"], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
        self.addCleanup(self.end, process)
        address = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", process.stdout.readline())
        self.assertIsNotNone(address)
        return process, int(address.group(1))

    @staticmethod
    def ask(port, path, method="GET", **headers):
        """Status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body

    def json_of(self, port, path):
        status, headers, body = self.ask(port, path)
        self.assertEqual((status, headers["content-type"]), (200, "application/json"), body)
        return json.loads(body)

    def test_the_page_the_runs_and_their_pictures(self):
        for seed in (1, 2):
            self.train(f"seed={seed}")
        self.write("runs/broken.h5", "no log\n")
        process, port = self.serve()
        status, headers, page = self.ask(port, "/")
        self.assertEqual(status, 200)
        self.assertIn(b'<script type="application/json" id="data">{"live":true}', page)
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        self.assertNotIn("access-control-allow-origin", headers)
        runs = self.json_of(port, "/runs")
        self.assertEqual([run["state"] for run in runs], ["broken", "finished", "finished"])
        self.assertEqual(runs[0]["key"], "")
        keys = [run["key"] for run in runs[1:]]
        run = self.json_of(port, f"/run?run={keys[0]}")
        self.assertEqual((run["seed"], run["state"]), ("1", "finished"))
        compared = self.json_of(port, f"/comparison?runs={','.join(keys)}")
        self.assertEqual((compared["labels"], compared["groups"]), (keys, [0, 0]))
        step = run["samples"][0]["steps"][-1]
        status, headers, picture = self.ask(port, f"/picture?run={keys[0]}&series=generated&step={step}")
        self.assertEqual((status, headers["content-type"], picture[:8]), (200, "image/png", b"\x89PNG\r\n\x1a\n"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 0)

    def test_what_has_not_changed_is_not_sent_again(self):
        self.train()
        _, port = self.serve("runs")
        key = self.json_of(port, "/runs")[0]["key"]
        _, headers, _ = self.ask(port, f"/run?run={key}")
        self.assertEqual(headers["etag"], self.json_of(port, "/runs")[0]["tag"])
        status, _, body = self.ask(port, f"/run?run={key}", If_None_Match=headers["etag"])
        self.assertEqual((status, body), (304, b""))

    def test_rows_appear_while_a_run_writes_them(self):
        run, _ = self.start(*ENDLESS)
        _, port = self.serve()
        listed = self.json_of(port, "/runs")[0]
        self.assertEqual(listed["state"], "running")
        rows = lambda: self.json_of(port, f"/run?run={listed['key']}")["cadences"][0]["rows"]
        first, until = rows(), time.monotonic() + 60
        while rows() == first and time.monotonic() < until:
            time.sleep(0.2)
        self.assertGreater(rows(), first)
        self.cut_off(run)
        self.end(run)
        self.assertEqual(self.json_of(port, "/runs")[0]["state"], "killed")

    def test_only_its_own_pages_are_answered(self):
        self.train()
        _, port = self.serve()
        for host in ("example.org", f"example.org:{port}", "127.0.0.1", f"localhost.example.org:{port}", f"127.0.0.1:{port + 1}"):
            self.assertEqual(self.ask(port, "/runs", Host=host)[0], 403, host)
        self.assertEqual(self.ask(port, "/runs", Host=f"localhost:{port}")[0], 200)
        for origin in ("http://example.org", "null", f"https://127.0.0.1:{port}"):
            status, headers, _ = self.ask(port, "/runs", Origin=origin)
            self.assertEqual(status, 403, origin)
            self.assertNotIn("access-control-allow-origin", headers)
        self.assertEqual(self.ask(port, "/runs", Sec_Fetch_Site="cross-site")[0], 403)
        self.assertEqual(self.ask(port, "/runs", Origin=f"http://127.0.0.1:{port}", Sec_Fetch_Site="same-origin")[0], 200)

    def test_it_only_reads(self):
        log = self.train()
        before = os.stat(self.path(log)).st_mtime_ns
        _, port = self.serve()
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            self.assertIn(self.ask(port, "/runs", method)[0], (400, 405), method)
        status, _, body = self.ask(port, "/", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(os.stat(self.path(log)).st_mtime_ns, before)

    def test_no_request_names_a_path(self):
        self.train()
        self.write("secret.h5", "secret")
        _, port = self.serve()
        for path in ("/../secret.h5", "/%2e%2e/secret.h5", "/runs/../../secret.h5", "/secret.h5", "/etc/passwd", "//etc/passwd"):
            self.assertEqual(self.ask(port, path)[0], 404, path)
        for key in ("../secret", "secret.h5", "%2e%2e%2fsecret.h5", "/etc/passwd", "", "%00"):
            status, _, body = self.ask(port, f"/run?run={key}")
            self.assertEqual(status, 400, key)
            self.assertNotIn(b"secret\n", body)
        key = self.json_of(port, "/runs")[0]["key"]
        for words in (f"run={key}", f"run={key}&series=generated", f"run={key}&series=..&step=4", f"run={key}&series=generated&step=5",
                      f"run={key}&series=generated&step=x"):
            self.assertEqual(self.ask(port, f"/picture?{words}")[0], 400, words)

    def test_requests_that_are_none(self):
        self.train()
        _, port = self.serve()
        for request in (b"GET\r\n\r\n", b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"G" * 20000):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                self.assertNotIn(b" 200 ", connection.recv(4096).split(b"\r\n")[0])
        self.assertEqual(self.ask(port, "/runs")[0], 200)

    def test_a_port_that_is_taken(self):
        self.train()
        _, port = self.serve()
        self.assert_error(["serve", "--port", str(port)],
                          f"127.0.0.1:{port}: cannot be listened on: Address already in use; hint: --port 0 takes one that is free")
        self.assert_error(["serve", "--port", "70000"], "--port: got '70000', expected an integer of at least 0 and at most 65535")

    def test_folders(self):
        self.run_atelier("serve", "nothing", "--port", "0", code=2)
        os.mkdir(self.path("empty"))
        process, port = self.serve("empty")
        self.assertEqual(self.json_of(port, "/runs"), [])
        self.train("--out", "empty")
        self.assertEqual(len(self.json_of(port, "/runs")), 1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main()
