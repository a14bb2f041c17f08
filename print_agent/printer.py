"""The back-ends: what each can do with one label, and how sure it can be of what became of it."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from print_agent.faults import reach
from print_agent.spool import Copy
from print_agent.wire import Evidence, Language, Target

CHUNK = 1024
CONNECT_S = 5.0
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# Names of files are made of this alone; a path in a job's id would be an attack.
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class CameOut(msgspec.Struct, frozen=True):
    """The label is out, as surely as `evidence` says."""

    evidence: Evidence


class NotReached(msgspec.Struct, frozen=True):
    """No byte has left: trying again is safe."""

    reason: str


class Doubtful(msgspec.Struct, frozen=True):
    """Bytes have left and no good end was seen: a person must look."""

    reason: str


class Impossible(msgspec.Struct, frozen=True):
    """No byte has left, and none ever will: what we were given cannot be printed here."""

    reason: str


Outcome = CameOut | NotReached | Doubtful | Impossible
Mark = Callable[[], None]


class Printer(Protocol):
    """Something that turns one copy into one label."""

    language: Language

    async def send(self, copy: Copy, mark_sending: Mark) -> Outcome:
        """Print one label; `mark_sending` must have returned before anything leaves."""
        ...

    def proof(self, copy: Copy) -> bool | None:
        """After a crash: whether this copy came out, or None when nobody can tell."""
        ...


class BadAddress(ValueError):
    """A printer's address that no back-end understands."""


def open_printer(target: Target, labels: Path, override: str = "", timeout_s: float = 30) -> Printer:
    """The back-end for a target. `override` is this computer's own word: `png` or `tcp9100://host:port`."""
    backend, _, address = override.partition("://") if override else (target.backend, "", target.address)
    if backend == "png":
        return PngFolder(labels)
    if backend == "tcp9100":
        host, port = _host_and_port(address)
        return Tcp9100(host, port, timeout_s)
    raise BadAddress(f"{override or backend}: printers are png or tcp9100://host:port")


def _host_and_port(address: str) -> tuple[str, int]:
    host, separator, port = address.rpartition(":")
    if not separator:
        host, port = address, "9100"
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadAddress(f"{address!r}: a network printer is host:port, like 192.168.1.50:9100")
    return host.strip("[]"), int(port)


class PngFolder:
    """Each label becomes a file whose name says job, attempt and copy. The file is the proof."""

    language: Language = "png"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, copy: Copy, mark_sending: Mark) -> Outcome:
        if not SAFE_NAME.fullmatch(copy.name) or not copy.payload.startswith(PNG_MAGIC):
            return Impossible("payload")
        if self.proof(copy):
            return CameOut(Evidence.PRINTED)
        mark_sending()
        try:
            await asyncio.to_thread(self._write, copy)
        except OSError as error:
            # Whatever stopped it, the name in the folder decides; a temporary file is no label.
            return CameOut(Evidence.PRINTED) if self.proof(copy) else NotReached(error.strerror or str(error))
        return CameOut(Evidence.PRINTED)

    def proof(self, copy: Copy) -> bool:
        return self._path(copy).exists()

    def _path(self, copy: Copy) -> Path:
        return self.folder / f"{copy.name}.png"

    def _write(self, copy: Copy) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{copy.name}.unfinished"
        with unfinished.open("wb") as file:
            file.write(copy.payload[: len(copy.payload) // 2])
            file.flush()
            reach("half_sent")
            file.write(copy.payload[len(copy.payload) // 2 :])
            file.flush()
            os.fsync(file.fileno())
        reach("all_sent")
        unfinished.replace(self._path(copy))
        reach("came_out")
        _sync_folder(self.folder)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut; Windows does so by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Tcp9100:
    """A label printer on the network. How it ends the connection is all it says, and so the evidence.

    A write that "succeeds" proves nothing: the bytes may sit in a buffer before a dead printer. So we end our
    side and wait: a clean close means that it took everything; a reset or silence means that nobody knows.
    """

    language: Language = "zpl"

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.host, self.port, self.timeout_s = host, port, timeout_s

    async def send(self, copy: Copy, mark_sending: Mark) -> Outcome:
        if not copy.payload.startswith(b"^XA"):
            return Impossible("payload")
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(self.host, self.port)
        except (OSError, TimeoutError) as error:
            return NotReached(_reason(error))
        try:
            mark_sending()
            return await self._deliver(copy.payload, reader, writer)
        finally:
            writer.close()

    async def _deliver(
        self, payload: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Outcome:
        try:
            async with asyncio.timeout(self.timeout_s):
                for start in range(0, len(payload), CHUNK):
                    writer.write(payload[start : start + CHUNK])
                    await writer.drain()
                    reach("half_sent")
                writer.write_eof()
                reach("all_sent")
                while await reader.read(CHUNK):
                    pass  # some printers chatter; only the end says something
        except TimeoutError:
            return Doubtful("timeout")
        except OSError as error:
            return Doubtful(_reason(error))
        reach("came_out")
        return CameOut(Evidence.CONSUMED)

    def proof(self, copy: Copy) -> None:
        return None


def _reason(error: OSError | TimeoutError) -> str:
    match error:
        case ConnectionRefusedError():
            return "refused"
        case ConnectionResetError() | BrokenPipeError():
            return "reset"
        case TimeoutError():
            return "timeout"
        case _:
            return error.strerror or str(error)
