"""Canonical JSON (RFC 8785), so that two machines hash the same bytes; numbers here are integers only."""

import hashlib
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")
SUM = 1 << 64


def encode(value: Any) -> bytes:
    """The canonical bytes of plain JSON data.

    msgspec sorts keys by code point, RFC 8785 by UTF-16 unit; they differ only for keys beyond the basic
    plane, which are sorted by hand. Raises ValueError for a float: it has no single text.
    """
    if not _is_plain(value):
        raise ValueError("canonical JSON holds integers only")
    if _has_astral_key(value):
        value = _by_utf16(value)
        return msgspec.json.encode(value)
    return _ENCODER.encode(value)


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


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_is_plain(inner) for inner in value)
    return not isinstance(value, float)


def _has_astral_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any(not key.isascii() and max(key) > "\uffff" for key in value) or any(
            _has_astral_key(inner) for inner in value.values()
        )
    return isinstance(value, list) and any(_has_astral_key(inner) for inner in value)


def _by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return {key: _by_utf16(value[key]) for key in keys}
    return [_by_utf16(inner) for inner in value] if isinstance(value, list) else value
