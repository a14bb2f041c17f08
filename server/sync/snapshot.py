"""A scope as columns: chunks that many devices share, and binary indexes to find a row without loading them.

A file holds a few chunks, a line of JSON each: `{"scope","kind","keys","fields","columns","absent"}`. Column j
holds field j of every row, and `absent[j]` lists the rows that do not have it (null is a value). A device keeps
the lines apart, since it parses a whole one to find a row, but fetches them together, since a request costs
more than a line. Rows that are looked up together lie together: chunks are stretches of the ids they are about
(a barcode's item, a balance's item), so a change touches one file, and what is new lies in the last.

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
"""How many ids a chunk is about, by kind: wide rows lie in smaller ones."""
USUAL_STRETCH: Final = 2000
MOST_ROWS: Final = 4000
STRETCHES: Final = 10
"""How many chunks a file holds, about."""
INDEXED: Final = {"item": "code", "location": "code", "barcode": ""}
"""Kinds that devices look up by a text: a field of the body, or "" for the key itself."""


class Chunk(msgspec.Struct, frozen=True):
    """A file of some rows of one kind of one scope."""

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
        made += [_file(scope, kind, list(file)) for file in _files(kind, rows)]
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


def _files(kind: str, rows: list[_Row]) -> Iterator[Iterator[list[_Row]]]:
    """Chunks about neighbouring ids; a new id in between changes one file and shifts nothing."""
    width = STRETCH.get(kind, USUAL_STRETCH)
    stretches = groupby(rows, key=lambda row: _subject(kind, row)[0] // width)
    chunks = _cut((number, list(group)) for number, group in stretches)
    for _, file in groupby(chunks, key=lambda chunk: chunk[0] // STRETCHES):
        yield (chunk for _, chunk in file)


def _cut(stretches: Iterable[tuple[int, list[_Row]]]) -> Iterator[tuple[int, list[_Row]]]:
    """Few ids may have many rows."""
    for number, rows in stretches:
        for start in range(0, len(rows), MOST_ROWS):
            yield number, rows[start : start + MOST_ROWS]


def _file(scope: str, kind: str, stretches: list[list[_Row]]) -> Chunk:
    data = b"\n".join(_chunk(scope, kind, rows) for rows in stretches)
    return Chunk(kind, sum(map(len, stretches)), data)


def _chunk(scope: str, kind: str, rows: list[_Row]) -> bytes:
    fields = sorted({field for _, body in rows for field in body})
    body = {
        "scope": scope,
        "kind": kind,
        "keys": [key for key, _ in rows],
        "fields": fields,
        "columns": [[body.get(field) for _, body in rows] for field in fields],
        "absent": [[index for index, (_, body) in enumerate(rows) if field not in body] for field in fields],
    }
    return msgspec.json.encode(body)


def _index(texts: list[str]) -> bytes:
    pairs = sorted(
        (int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"), position)
        for position, text in enumerate(texts)
    )
    return struct.pack(f"<{2 * len(pairs)}I", *chain.from_iterable(pairs))
