"""A server, a printer and real agent processes for the tests of this folder."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from print_agent.__main__ import main
from tests.print_agent import desk

ROOT = Path(__file__).parent.parent.parent


class Agents:
    """Starts agents of one station, and stops those that a test left running."""

    def __init__(self, home: Path, server: str) -> None:
        self.home, self.server = home, server
        self.running: list[subprocess.Popen[str]] = []

    def pair(self, code: str = "GOODCODE") -> None:
        assert main(["pair", code, "--server", self.server, "--home", str(self.home)]) == 0

    def start(self, *options: str, crash_at: str = "") -> subprocess.Popen[str]:
        environment = os.environ | {"STOCKHAND_AGENT_CRASH_AT": crash_at, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "print_agent", "run", "--home", str(self.home), *options],
            env=environment, cwd=self.home, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        self.running.clear()

    @property
    def labels(self) -> list[desk.Paper]:
        """What lies in the folder of PNG labels; files under other names are no labels."""
        files = sorted((self.home / "labels").glob("*.png"))
        return [label for file in files for label in desk.papers(file.read_bytes())]


@pytest.fixture
def server() -> Iterator[desk.Desk]:
    with desk.opened() as opened:
        yield opened


@pytest.fixture
def agents(tmp_path: Path, server: desk.Desk) -> Iterator[Agents]:
    starter = Agents(tmp_path, server.url)
    starter.pair()
    yield starter
    starter.stop()


@pytest.fixture
def printer() -> Iterator[Callable[..., desk.Sink]]:
    sinks: list[desk.Sink] = []

    def make(mood: str = "good") -> desk.Sink:
        sinks.append(desk.Sink(mood))  # type: ignore[arg-type]
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something is so; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
