"""Take a sent file in: streamed to the data folder as it comes, found again by what is in it."""

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser  # type: ignore[import-untyped]

from server import ids
from server.imports.child import MAX_FILE
from server.imports.importing import folder
from server.imports.sheet import Refusal

MAX_FIELD = 10_000
"""Bytes of a field beside the file."""
MAX_PARTS = 50
MAX_NAME = 120

_ENDING = re.compile(r"\.[a-z0-9]{1,5}")


class Upload(msgspec.Struct, frozen=True):
    """A file that was taken in, and the fields sent with it."""

    name: str
    digest: str
    fields: dict[str, str]


class _Sending(msgspec.Struct):
    """What has come so far."""

    name: str = ""
    size: int = 0
    fields: dict[str, bytes] = {}

    @property
    def is_too_large(self) -> bool:
        return self.size > MAX_FILE


async def receive(stream: AsyncIterator[bytes], boundary: str) -> Upload | Refusal:
    """Keep the file of a multipart form. A file that is too large is read to its end, so that the browser hears
    why, but not kept."""
    unfinished = folder() / f"{ids.uuid7()}.unfinished"
    digest, sent = hashlib.sha256(), _Sending()
    try:
        with unfinished.open("wb") as file:
            if not await _read(stream, boundary, sent, digest, file):
                return Refusal("broken_upload")
        if sent.is_too_large:
            return Refusal("file_too_large", {"limit": MAX_FILE // 1_000_000})
        if not sent.name:
            return Refusal("nothing_sent")
        unfinished.replace(file_of(digest.hexdigest(), sent.name))
    finally:
        unfinished.unlink(missing_ok=True)
    fields = {name: text.decode("utf-8", "replace").replace("\0", "") for name, text in sent.fields.items()}
    return Upload(sent.name, digest.hexdigest(), fields)


def file_of(digest: str, name: str) -> Path:
    """Where a sent file lies. Its ending is kept, since a wrong one is told to people."""
    ending = Path(name).suffix.lower()
    return folder() / f"{digest}{ending if _ENDING.fullmatch(ending) else ''}"


async def _read(
    stream: AsyncIterator[bytes], boundary: str, sent: _Sending, digest: "hashlib._Hash", file: BinaryIO
) -> bool:
    """Read the form to its end; False when it breaks off or is none."""
    part: MultipartSegment | None = None
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            async for chunk in stream:
                for piece in parser.parse(chunk):
                    if isinstance(piece, MultipartSegment):
                        part = _opened(piece, sent)
                    elif piece and part is not None:
                        _take(part, bytes(piece), sent, digest, file)
                if parser.closed:
                    return True
    except (MultipartError, ValueError):
        return False
    return False


def _opened(part: MultipartSegment, sent: _Sending) -> MultipartSegment | None:
    """The part that begins, when it is one that we want: any field, and the first file that has a name."""
    if part.filename is None:
        return part
    if not part.filename or sent.name:
        return None
    # Browsers send a bare name, others a whole path of their own.
    plain = "".join(character for character in part.filename if character.isprintable())
    sent.name = re.split(r"[\\/]", plain)[-1].strip()[-MAX_NAME:] or "?"
    return part


def _take(
    part: MultipartSegment, piece: bytes, sent: _Sending, digest: "hashlib._Hash", file: BinaryIO
) -> None:
    if part.filename is None:
        sent.fields[part.name] = (sent.fields.get(part.name, b"") + piece)[:MAX_FIELD]
        return
    sent.size += len(piece)
    if not sent.is_too_large:
        digest.update(piece)
        file.write(piece)
