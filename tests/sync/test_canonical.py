"""Two machines that never met hash the same bytes: our canonical JSON, hashes and parts against the device's."""

import json
import re

from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as some

from server import canonical, quantity
from server.ids import uuid7
from tests.sync import client

TEXT = some.text(alphabet=some.characters(codec="utf-8"), max_size=12)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = some.dictionaries(TEXT, VALUES, max_size=6)


@settings(max_examples=400, deadline=None)
@for_all(VALUES)
@example({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5, "\x7f": 6, "ö": 7})
@example({"\U00010000": {"\uffff": [], "\ud7ff": {}}, "\x00": "\x1f\u2028"})
def test_canonical_bytes_are_the_same_on_both_sides(value: object) -> None:
    assert canonical.encode(value) == client.canonical(value)


def test_the_example_of_the_standard_is_sorted_as_it_says() -> None:
    unsorted = (
        '{"\\u20ac":"E","\\r":"R","\\ufb33":"H","1":"1","\\ud83d\\ude00":"S","\\u0080":"C","\\u00f6":"O"}'
    )

    keys = list(json.loads(canonical.encode(json.loads(unsorted))))

    assert keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@settings(max_examples=200, deadline=None)
@for_all(TEXT, TEXT, OBJECTS)
def test_rows_hash_alike_and_fall_into_the_same_part(kind: str, key: str, body: dict[str, object]) -> None:
    assert canonical.row_hash(kind, key, canonical.encode(body)) == client.row_hash(kind, key, body)
    assert canonical.part(kind, key) == client.part_of(kind, key)


@settings(max_examples=300, deadline=None)
@for_all(some.integers(-(10**15) + 1, 10**15 - 1), some.integers(0, 999))
def test_a_quantity_survives_the_wire_and_has_one_text(whole: int, thousandths: int) -> None:
    amount = whole * 1000 + (thousandths if whole >= 0 else -thousandths)

    text = quantity.format(amount)

    assert quantity.parse(text) == amount
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{0,2}[1-9])?", text)


def test_ids_of_both_sides_are_the_seventh_kind_of_uuid() -> None:
    async def nowhere(*_: object) -> None:
        return None

    for made in (uuid7(), client.Device(nowhere).uuid7()):
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made)
