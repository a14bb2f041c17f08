"""What may be attached to a document: told by what is in the file, never by its name alone."""

import re
from typing import Final

MAX_SIZE: Final = 10 * 1024 * 1024
MAX_NAME: Final = 120

_ZIPPED: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ofd": "application/ofd",
    "zip": "application/zip",
}
"""Formats that are zip archives inside; the name's ending tells which. OFD is the format of Chinese invoices."""

_COMPOUND: Final = {"xls": "application/vnd.ms-excel", "doc": "application/msword"}
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def media_type(content: bytes, name: str) -> str:
    """What a file is; empty when it is nothing that documents need, whatever its name says."""
    ending = name.rpartition(".")[2].lower()
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic"
    if content.startswith(b"PK\x03\x04"):
        return _ZIPPED.get(ending, "")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _COMPOUND.get(ending, "")
    if ending in ("txt", "csv", "xml") and _is_text(content):
        return "text/plain"
    return ""


def _is_text(content: bytes) -> bool:
    """Text has no zero bytes and reads as UTF-8, or as the GB 18030 of older Chinese programs."""
    if b"\0" in content:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def plain_name(sent: str) -> str:
    """A file's name without folders and invisible characters; its ending survives when it is cut."""
    visible = "".join(character for character in sent if character.isprintable())
    return re.split(r"[\\/]", visible)[-1].strip()[-MAX_NAME:] or "file"


def size_text(size: int) -> str:
    """How large, as people say it."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(size // 1024, 1)} KB"
