"""The small world of tests/vectors/barcodes.json, as the resolver's look-up."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from server import quantity
from server.catalog.barcode import Known, Result, wire

VECTORS_FILE = Path(__file__).parent.parent / "vectors" / "barcodes.json"
VECTORS: dict[str, Any] = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))


class World(msgspec.Struct, frozen=True):
    """Codes we know, by normalised code."""

    barcodes: Mapping[str, Sequence[Known]]
    items: Mapping[str, Sequence[Known]]
    locations: Mapping[str, Sequence[str]]

    def barcode(self, code: str) -> Sequence[Known]:
        return self.barcodes.get(code, ())

    def item_by_code(self, code: str) -> Sequence[Known]:
        return self.items.get(code, ())

    def location_by_code(self, code: str) -> Sequence[str]:
        return self.locations.get(code, ())


def world() -> World:
    return World(
        _known(VECTORS["world"]["barcodes"]), _known(VECTORS["world"]["items"]), VECTORS["world"]["locations"]
    )


def told(result: Result) -> dict[str, Any]:
    """What a result says, without the fields that say nothing."""
    said = _trimmed(wire(result))
    assert isinstance(said, dict)
    return said


def _known(rows: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, list[Known]]:
    return {
        code: [Known(item, unit, quantity.parse(factor)) for item, unit, factor in found]
        for code, found in rows.items()
    }


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _trimmed(inner) for key, inner in value.items() if inner not in (None, (), [], {})}
    if isinstance(value, list | tuple):
        return [_trimmed(inner) for inner in value]
    return value
