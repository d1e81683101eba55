"""Object stores for tests: one in memory, a real server in a process, and a network with faults."""

from __future__ import annotations

import http.client
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "a-secret-of-ours"}
BUCKET = "books"
START_SECONDS = 60.0


@contextmanager
def s3_server(*buckets: str) -> Iterator[int]:
    """A server of the protocol in a process of its own, with these buckets; its port."""
    pytest.importorskip("moto.server", reason="moto is not installed")
    port = _free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p"]
    process = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for bucket in buckets or (BUCKET,):
            _make_bucket(port, bucket)
        yield port
    finally:
        process.kill()
        process.wait()


def _make_bucket(port: int, name: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("PUT", f"/{name}", headers={"Authorization": "AWS test"})
            answer = connection.getresponse()
            connection.close()
            assert answer.status == 200
            return
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.1)


def name_server(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """The environment says where it is, and how to be let in."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    for name, value in {**KEYS, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class Network:
    """What lies between client and server. `faults` are spent one a request, as `chance` says."""

    port: int
    faults: list[str] = field(default_factory=list)
    chance: float = 0.0
    done: list[str] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    changing: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self) -> str | None:
        with self.changing:
            if self.faults and self.dice.random() < self.chance:
                self.done.append(self.faults.pop())
                return self.done[-1]
        return None


class _Between(BaseHTTPRequestHandler):
    """Passes requests on to the server, or does to them what a network does."""

    protocol_version = "HTTP/1.1"
    told: Network
    server_port: int

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.told.next_fault()
        if fault in ANSWERED:
            self._answer(ANSWERED[fault], {}, b"")
        elif fault == "cut-before":
            self._cut()
        else:
            self._forward(body, fault)

    def _forward(self, body: bytes, fault: str | None) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        headers = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in ("connection", "transfer-encoding", "content-length")
        }
        connection.close()
        if fault == "timeout":  # done, and nobody is told in time
            time.sleep(1.5)
            self._cut()
        elif fault == "cut-after":
            self._cut()
        elif fault == "half":
            self._answer(answer.status, headers, data, sent=len(data) // 2)
        else:
            self._answer(answer.status, headers, data)

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, sent: int | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        self.wfile.write(data[:sent])
        self.wfile.flush()
        if sent is not None:
            self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told."""


@contextmanager
def network(server_port: int) -> Iterator[Network]:
    """A proxy in front of the server."""
    told = Network(0)

    class Handler(_Between):
        pass

    Handler.told, Handler.server_port = told, server_port
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    told.port = int(proxy.server_address[1])
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        proxy.shutdown()
        proxy.server_close()


ANSWERED = {"500": 500, "503": 503, "throttled": 429}
FAULTS = ("500", "503", "throttled", "cut-before", "cut-after", "half", "timeout")
