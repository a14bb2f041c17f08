"""A scope as columns: chunks that many devices share, and binary indexes to find a row without loading them.

A chunk is JSON `{"scope","kind","keys","fields","columns","absent"}`: column j holds field j of every row, and
`absent[j]` lists the rows that do not have it (null is a value). Chunks follow the keys' own order in stretches
of `ROWS`, so a change touches one chunk.

An index is a sorted array of little-endian pairs (first four bytes of SHA-256 of the text, position of the row
among all rows of its kind), 8 bytes each.
"""

import hashlib
import struct
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from server.feed import Line

ROWS: Final = 1000
INDEXED: Final = {"item": "code", "location": "code", "barcode": ""}
"""Kinds that devices look up by a text: a field of the body, or "" for the key itself."""


class Chunk(msgspec.Struct, frozen=True):
    """Some rows of one kind of one scope."""

    kind: str
    rows: int
    data: bytes


class Index(msgspec.Struct, frozen=True):
    """Where to find a row of `kind` by `field`."""

    kind: str
    field: str
    rows: int
    data: bytes


def chunks(scope: str, lines: Iterable[Line]) -> tuple[list[Chunk], list[Index]]:
    """All rows of a scope in chunks, and the indexes into them."""
    by_kind: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for line in lines:
        by_kind.setdefault(line.kind, []).append((line.key, msgspec.json.decode(bytes(line.body))))
    made, indexes = [], []
    for kind, rows in sorted(by_kind.items()):
        rows.sort(key=lambda row: _natural(row[0]))
        made += [_chunk(scope, kind, rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]
        if (field := INDEXED.get(kind)) is not None:
            texts = [key if field == "" else str(body[field]) for key, body in rows]
            indexes.append(Index(kind, field or "key", len(rows), _index(texts)))
    return made, indexes


def _natural(key: str) -> tuple[int, str]:
    """i-9 before i-10: new rows come last, so earlier chunks stay the same."""
    return len(key.split("/", maxsplit=1)[0]), key


def _chunk(scope: str, kind: str, rows: list[tuple[str, dict[str, Any]]]) -> Chunk:
    fields = sorted({field for _, body in rows for field in body})
    body = {
        "scope": scope,
        "kind": kind,
        "keys": [key for key, _ in rows],
        "fields": fields,
        "columns": [[body.get(field) for _, body in rows] for field in fields],
        "absent": [[index for index, (_, body) in enumerate(rows) if field not in body] for field in fields],
    }
    return Chunk(kind, len(rows), msgspec.json.encode(body))


def _index(texts: list[str]) -> bytes:
    pairs = sorted(
        (int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"), position)
        for position, text in enumerate(texts)
    )
    return b"".join(struct.pack("<II", *pair) for pair in pairs)
