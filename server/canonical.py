"""Canonical JSON (RFC 8785), so that two machines hash the same bytes; numbers here are integers only."""

import hashlib
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")
SUM = 1 << 64


def encode(value: Any) -> bytes:
    """The canonical bytes of plain JSON data whose numbers are integers.

    msgspec sorts keys by code point, RFC 8785 by UTF-16 unit; they differ only beyond the basic plane, so
    a text with such a character (a UTF-8 byte above 0xEF) is sorted again by hand.
    """
    data = _ENCODER.encode(value)
    if not data.isascii() and max(data) > 0xEF:
        return msgspec.json.encode(_by_utf16(value))
    return data


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def row_hash(kind: str, key: str, body: bytes) -> int:
    """What one feed row adds to its scope's sum: the first 8 bytes of SHA-256 over `[kind,key,body]`."""
    head = _ENCODER.encode([kind, key])[:-1]
    return int.from_bytes(hashlib.sha256(head + b"," + body + b"]").digest()[:8], "big")


def part(kind: str, key: str) -> int:
    """Which of the 256 parts of its scope a row belongs to."""
    return hashlib.sha256(f"{kind}/{key}".encode()).digest()[0]


def _by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return {key: _by_utf16(value[key]) for key in keys}
    return [_by_utf16(inner) for inner in value] if isinstance(value, list) else value
