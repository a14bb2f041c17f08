"""The other ends of the agent's lines, small but true: a server with the real job rules, and printers."""

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from print_agent import wire
from server.printing import job
from server.printing.job import Job, Refused, apply

KEY = "the station's key"
PADDING = "00" * 3000
LABEL = re.compile(rb"\^XA\^FX(j-\d+) (a\d+) (c\d+) (marked|first)\^FS.*?\^XZ", re.DOTALL)


def payload(job_id: str, attempt: int, copy: int, is_marked: bool, language: str) -> bytes:
    """A label that says which it is, in either language, long enough to be cut in the middle."""
    words = f"{job_id} a{attempt} c{copy} {'marked' if is_marked else 'first'}"
    zpl = f"^XA^FX{words}^FS^GFA,{PADDING}^XZ\n".encode()
    return zpl if language == "zpl" else b"\x89PNG\r\n\x1a\n" + zpl


class Paper(msgspec.Struct, frozen=True):
    """One label that came out, whole."""

    job: str
    attempt: str
    copy: str
    is_marked: bool


def papers(data: bytes) -> list[Paper]:
    """The labels a printer makes of these bytes: half a label is none."""
    return [
        Paper(name.decode(), attempt.decode(), copy.decode(), mark == b"marked")
        for name, attempt, copy, mark in LABEL.findall(data)
    ]


class Desk:
    """A server with one station: what may happen to a job is decided by the product's own rules."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.jobs: dict[str, Job] = {}
        self.told: list[tuple[str, wire.Report, bool]] = []
        self.backend: wire.Backend = "png"
        self.address = ""
        self.lease = job.LEASE
        self.lose_answers: set[str] = set()
        self.is_down = False
        self.is_revoked = False
        self.portal = False
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def ask_for(self, copies: int = 1, ttl_s: float = 1800) -> str:
        """Put a label in the queue."""
        with self.lock:
            name = f"j-{len(self.jobs) + 1}"
            expires_at = int((time.time() + ttl_s) * job.SECOND)
            self.jobs[name] = self._must(Job(expires_at=expires_at, copies=copies), job.Prepared())
            self.lock.notify_all()
        return name

    def decide(self, name: str, event: job.Event) -> Job | Refused:
        """A person's, or the clock's, word; a new attempt is prepared at once."""
        with self.lock:
            following = apply(self.jobs[name], event)
            if isinstance(following, Job):
                self.jobs[name] = following
                if following.state == "draft":
                    self.jobs[name] = self._must(following, job.Prepared())
                self.lock.notify_all()
            return following

    def wait_until(self, name: str, *states: wire.State, seconds: float = 20) -> Job:
        """The job, once it is in one of these states."""
        with self.lock:
            is_there = self.lock.wait_for(lambda: self.jobs[name].state in states, seconds)
            assert is_there, f"{name} is {self.jobs[name]}, told: {self.told}"
            return self.jobs[name]

    def wait_for_trouble(self, name: str, seconds: float = 20) -> Job:
        """The job, once its agent has told of something in its way."""
        with self.lock:
            assert self.lock.wait_for(lambda: bool(self.jobs[name].trouble), seconds), self.told
            return self.jobs[name]

    @staticmethod
    def _must(before: Job, event: job.Event) -> Job:
        following = apply(before, event)
        assert isinstance(following, Job), following
        return following

    # --- what the agent asks

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        match [method, *path.strip("/").split("/")]:
            case ["POST", "print", "pair"]:
                pairing = json.loads(body)
                if pairing["code"] != "GOODCODE":
                    return 404, {"detail": "no such code"}
                return 201, wire.Paired("s-1", KEY, pairing["name"])
            case ["GET", "print", "jobs"]:
                return 200, self._offers(query)
            case ["POST", "print", "jobs", name, "claim"]:
                return self._claim(name, msgspec.json.decode(body, type=wire.Taking))
            case ["GET", "print", "jobs", name, "payload"]:
                here = self.jobs[name]
                copy = int(query["copy"])
                return 200, payload(name, here.attempt, copy, job.is_marked(here, copy), query["language"])
            case ["POST", "print", "jobs", name, "report"]:
                return self._report(name, msgspec.json.decode(body, type=wire.Report))
        return 404, {"detail": path}

    def _offers(self, query: dict[str, str]) -> wire.Offers:
        def found() -> list[wire.Offer]:
            return [
                wire.Offer(name, f"request {name}", here.attempt)
                for name, here in self.jobs.items()
                if here.state == "queued" or (here.state == "claimed" and here.token == query["token"])
            ]

        with self.lock:
            self.lock.wait_for(lambda: bool(found()), min(2, float(query["wait"])))
            return wire.Offers(found())

    def _claim(self, name: str, taking: wire.Taking) -> tuple[int, Any]:
        now = int(time.time() * job.SECOND)
        with self.lock:
            following = apply(self.jobs[name], job.Claimed(taking.attempt, taking.token, now, self.lease))
            if isinstance(following, Refused):
                return 409, {"detail": following.reason}
            self.jobs[name] = following
            ttl_s = (following.expires_at - now) / job.SECOND
        target = wire.Target("p-1", "printer", self.backend, self.address)
        return 200, wire.Claim(
            name,
            f"request {name}",
            taking.attempt,
            following.first_copy,
            following.copies,
            target,
            ttl_s=ttl_s,
        )

    def _report(self, name: str, report: wire.Report) -> tuple[int, Any]:
        if name not in self.jobs:
            return 404, {"detail": name}
        event = job.Reported(
            report.attempt, report.state, report.number, report.token, int(time.time() * job.SECOND),
            report.evidence, report.copy, report.error,
        )  # fmt: skip
        with self.lock:
            following = apply(self.jobs[name], event)
            is_taken = isinstance(following, Job)
            if isinstance(following, Job):
                self.jobs[name] = following
            self.told.append((name, report, is_taken))
            self.lock.notify_all()
        return 200, job.answer(following, report.state)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                """Tests read what was told, not a log."""

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if desk.is_down:
                    self.close_connection = True
                    return
                if desk.portal:
                    self._send(200, b"<html>Please accept the terms of this hotel</html>")
                    return
                is_known = url.path == "/print/pair" or self.headers["Authorization"] == f"Bearer {KEY}"
                if desk.is_revoked or not is_known:
                    self._send(401, b'{"detail": "revoked"}')
                    return
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                status, answer = desk.answer(self.command, url.path, query, body)
                last = url.path.rsplit("/", 1)[-1]
                if last in desk.lose_answers:
                    desk.lose_answers.discard(last)
                    self.close_connection = True
                    return
                self._send(status, answer if isinstance(answer, bytes) else msgspec.json.encode(answer))

            def _send(self, status: int, content: bytes) -> None:
                # An agent that was just killed cannot listen any more.
                with contextlib.suppress(ConnectionError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

        return Handler


class Sink:
    """A label printer on a loopback port; its mood decides how it treats a connection."""

    def __init__(self, mood: Literal["good", "stalling", "resetting", "keeping"] = "good") -> None:
        self.mood = mood
        self.received: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    @property
    def paper(self) -> list[Paper]:
        """What lies in the tray."""
        return [label for data in self.received for label in papers(data)]

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            if self.mood == "stalling":
                time.sleep(5)
                return
            if self.mood == "resetting":
                connection.recv(600)
                # A zero linger makes close() a reset, as when a printer is switched off in the middle.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            data = b""
            while part := self._receive(connection):
                data += part
            self.received.append(data)
            if self.mood == "keeping":
                time.sleep(5)

    @staticmethod
    def _receive(connection: socket.socket) -> bytes:
        try:
            return connection.recv(65536)
        except ConnectionError:
            return b""


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def opened() -> Iterator[Desk]:
    """A desk for one test."""
    desk = Desk()
    try:
        yield desk
    finally:
        desk.close()
