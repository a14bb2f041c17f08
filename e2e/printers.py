"""A print station of the stories: the real agent, and a label printer on the network that swallows ZPL."""

import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import zxingcpp
from PIL import Image
from zebrafy.zebrafy_zpl import ZebrafyZPL

from e2e.house import ROOT

COMMAND = ROOT / ".venv/bin/stockhand-agent"
PATIENCE_S = 30


class Station:
    """A computer beside the printers, with the agent installed."""

    def __init__(self, home: Path, server: str) -> None:
        self.home = home
        self.server = server
        self.process: subprocess.Popen[bytes] | None = None

    def pair(self, code: str) -> str:
        """Type in the code that the desk shows; what the agent said."""
        return self._command("pair", code, "--server", self.server, "--name", "收货台")

    def run(self, *options: str) -> None:
        """Start printing."""
        arguments = [str(COMMAND), "run", "--home", str(self.home), *options]
        with (self.home.parent / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log)

    def stop(self) -> None:
        """Close the agent as somebody would who shuts the computer down."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)
            self.process = None

    def labels(self, count: int) -> list[Image.Image]:
        """The labels that came out as pictures, as soon as there are so many."""
        deadline = time.monotonic() + PATIENCE_S
        while len(files := sorted((self.home / "labels").glob("*.png"))) < count:
            assert time.monotonic() < deadline, f"{len(files)} of {count} labels came out"
            time.sleep(0.1)
        return [Image.open(file) for file in files]

    def _command(self, *arguments: str) -> str:
        outcome = subprocess.run(
            [COMMAND, *arguments, "--home", self.home],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout


class NetworkPrinter:
    """A label printer that listens on a port and takes whatever comes."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.taken = bytearray()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Pull the plug."""
        self.listener.close()

    def labels(self, count: int) -> list[Image.Image]:
        """What the label printer would have drawn, as soon as there are so many labels."""
        deadline = time.monotonic() + PATIENCE_S
        while bytes(self.taken).count(b"^XZ") < count:
            assert time.monotonic() < deadline, f"{bytes(self.taken)[:80]!r} came"
            time.sleep(0.1)
        pictures: list[Image.Image] = ZebrafyZPL(bytes(self.taken).decode("ascii")).to_images()
        return pictures

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:  # unplugged
                return
            with line:
                while data := line.recv(65536):
                    self.taken += data


def read(label: Image.Image) -> str:
    """What a scanner reads off a label."""
    [code] = zxingcpp.read_barcodes(label.convert("L"))
    return code.text
