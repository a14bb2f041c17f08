"""Throw-away PostgreSQL and Redis servers: own folder, free loopback port, gone when the tests end."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 30


class NotInstalled(RuntimeError):
    """A server program that the tests start is missing on this machine."""


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server; gives its address without a database name: `postgresql://stockhand@127.0.0.1:5433`.

    It keeps nothing: no fsync, trust for everybody on loopback. Our durability is tested on real servers
    that are killed (tests/kill), not here.
    """
    # initdb refuses to run as root, so root lends the folder to the postgres user.
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with folder("stockhand-postgres-", owner="postgres" if account else None) as home:
        data, port = home / "data", free_port()
        initialise = [postgres_program("initdb"), "-D", str(data), "-A", "trust", "-U", "stockhand"]
        run([*initialise, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"], cwd=home, **account)
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(home),
            "port": str(port),
            "max_connections": "200",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
        }
        command = [postgres_program("postgres"), "-D", str(data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with server(command, home / "log", cwd=home, **account) as process:
            ready = [postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, process, home / "log")
            yield f"postgresql://stockhand@127.0.0.1:{port}"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis server that writes nothing to disk; gives its address."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("redis-server is not installed; run `make setup-test`")
    with folder("stockhand-redis-") as home:
        port = free_port()
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        with server(command, home / "log", cwd=home) as process:
            wait_for(lambda: answers(port), process, home / "log")
            yield f"redis://127.0.0.1:{port}/0"


def postgres_program(name: str) -> str:
    """Where a program of PostgreSQL is: Debian keeps them out of PATH, one folder a version."""
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    found = str(newest) if newest else shutil.which(name)
    if found is None:
        raise NotInstalled("PostgreSQL is not installed; run `make setup-test`")
    return found


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def memory() -> Path | None:
    """A folder in memory, where there is one with room: databases are copied there ten times faster."""
    place = Path("/dev/shm")
    roomy = place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > 1 << 30
    return place if roomy else None


@contextlib.contextmanager
def folder(prefix: str, owner: str | None = None) -> Iterator[Path]:
    """A temporary folder with a short path (a unix socket's name has 107 bytes), removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=memory()))
    if owner:
        shutil.chown(path, owner, owner)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def run(command: Sequence[str], **options: Any) -> None:
    """Run a program to its end; what it said is part of the error when it fails."""
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if outcome.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{outcome.stdout}{outcome.stderr}")


@contextlib.contextmanager
def server(command: Sequence[str], log: Path, **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A server program in the background, interrupted at the end and killed if that does not help."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.send_signal(2)  # for PostgreSQL: disconnect everybody and stop
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers; what it logged is part of the error when it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Does somebody accept connections on this loopback port?"""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
