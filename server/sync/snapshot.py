"""A scope as columns: chunks that many devices share, and binary indexes to find a row without loading them.

A chunk is JSON `{"scope","kind","keys","fields","columns","absent"}`: column j holds field j of every row, and
`absent[j]` lists the rows that do not have it (null is a value). Rows that are looked up together lie together:
chunks are stretches of the ids they are about (a barcode's item, a balance's item), so a change touches one
chunk, and what is new lies in the last.

An index is a sorted array of little-endian pairs (first four bytes of SHA-256 of the text, position of the row
among all rows of its kind), 8 bytes each.
"""

import hashlib
import re
import struct
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any, Final

import msgspec

from server.feed import Line

STRETCH: Final = {"item": 1000}
"""How many ids a chunk is about, by kind. A device parses a whole chunk to find a row, so wide rows lie in
smaller ones; a file is also not worth a request when it is tiny."""
USUAL_STRETCH: Final = 2000
MOST_ROWS: Final = 4000
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
    by_kind: dict[str, list[_Row]] = {}
    for line in lines:
        by_kind.setdefault(line.kind, []).append((line.key, msgspec.json.decode(bytes(line.body))))
    made, indexes = [], []
    for kind, rows in sorted(by_kind.items()):
        rows.sort(key=lambda row: (_subject(kind, row), row[0]))
        made += [_chunk(scope, kind, stretch) for stretch in _stretches(kind, rows)]
        if (field := INDEXED.get(kind)) is not None:
            texts = [key if field == "" else str(body[field]) for key, body in rows]
            indexes.append(Index(kind, field or "key", len(rows), _index(texts)))
    return made, indexes


_Row = tuple[str, dict[str, Any]]
_NUMBERED = re.compile(r"[a-z]+-([0-9]{1,18})")


def _subject(kind: str, row: _Row) -> tuple[int, str]:
    """What a row is about: its number, or 0 and a text where it has none."""
    key, body = row
    about = str(body.get("item", "")) if kind == "barcode" else key.split("/", maxsplit=1)[0]
    numbered = _NUMBERED.fullmatch(about)
    return (int(numbered[1]), "") if numbered else (0, about)


def _stretches(kind: str, rows: list[_Row]) -> Iterator[list[_Row]]:
    """Rows about neighbouring ids; a new id in between changes one stretch and shifts none."""
    width = STRETCH.get(kind, USUAL_STRETCH)
    for _, group in groupby(rows, key=lambda row: _subject(kind, row)[0] // width):
        stretch = list(group)
        for start in range(0, len(stretch), MOST_ROWS):
            yield stretch[start : start + MOST_ROWS]


def _chunk(scope: str, kind: str, rows: list[_Row]) -> Chunk:
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
    return struct.pack(f"<{2 * len(pairs)}I", *chain.from_iterable(pairs))
