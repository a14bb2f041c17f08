"""A real Stockhand: the installed command on a free port, with a data folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ROOT / ".venv/bin/stockhand"
PATIENCE_S = 60


class House:
    """One installation: start it, kill it, ask its command line."""

    def __init__(self, data: Path, *, database: str = "") -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith("STOCKHAND_")}
        self.environment = clean | {
            "STOCKHAND_DATA": str(data),
            "STOCKHAND_PORT": str(self.port),
            "STOCKHAND_CONFIG": os.devnull,
        }
        if database:
            self.environment["STOCKHAND_DATABASE"] = database

    def start(self) -> None:
        """Serve, and wait until GET /health answers."""
        assert self.process is None, "already serving"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve"], cwd=self.data.parent, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"stockhand serve did not become ready:\n{self.said()}")
            time.sleep(0.05)

    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Stop as an administrator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def said(self) -> str:
        """What the server has printed so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def run(self, *arguments: str, says: str | None = None) -> str:
        """Run `stockhand …` to its end; its output, or an error with everything it said."""
        outcome = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.data.parent,
            env=self.environment,
            input=says,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        if outcome.returncode:
            raise RuntimeError(f"stockhand {' '.join(arguments)}:\n{outcome.stdout}{outcome.stderr}")
        return outcome.stdout

    def ask(self, *arguments: str) -> Any:
        """Run `stockhand … --json` and read its answer."""
        return json.loads(self.run(*arguments, "--json"))

    def copy_to(self, data: Path) -> "House":
        """Another installation with the same data; this one must not be serving."""
        assert self.process is None, "stop it before copying"
        shutil.copytree(self.data, data)
        return House(data)

    def ledger(self) -> list[dict[str, Any]]:
        """Every movement that stands in the ledger, with the operation that caused it."""
        lines = self.run("ledger", "export", "--format", "jsonl").splitlines()
        return [json.loads(line) for line in lines if line]
