"""What a scanned text means: an item, a place, a box, a paper, a command, a person, a printer, or a question.

Matchers in order: our own prefixes, a code certified as GS1, the table of known codes, a Digital Link,
an SSCC, element strings without a certificate, scale codes. The first that knows the answer gives it; a
code that means two things is a question to the person, never a guess.

Our own codes, all plain ASCII so that every scanner and printer can carry them:

    LOC-<code>                        a location        LPN-<number>   a carton or tote
    ITM-<code>[/L-<lot>][/E-<YYYYMMDD>][/S-<serial>]    an item without GTIN, or with a lot GS1 cannot carry
    DOC:<number>   USR:<badge>   PRN:<printer>   STN:<print station>   CMD:OK  CMD:UNDO  CMD:QTY=<quantity>

In `LOC-` and `ITM-` codes every character that is not a letter, a digit or one of `-._+` is written
as %XX of its UTF-8 bytes. The twin for the device is `edge/session/barcode.js`.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, Protocol
from urllib.parse import quote

import msgspec

from server import quantity
from server.catalog import gs1
from server.catalog.gs1 import Label

MAX_LENGTH = 1000
"""Longer texts are no scans of ours: the largest GS1 code holds a tenth of this."""

_BLANK = " \t\n\v\f\r\x00\x02\x03\x04\x85\xa0\u2028\u2029\u200b\ufeff"
_GS1_AIMS = frozenset({"]C1", "]d2", "]Q3", "]e0", "]J1"})
_EXACT_SOURCES = frozenset({"camera", "photo"})
"""Sources that hand over the bytes of the code; a wedge or a person may drop the separators."""
_PLAIN = "-._+"


class Scan(NamedTuple):
    """One text as it arrived. `aim` is the scanner's word about the kind of code, like `]C1`; often empty."""

    text: str
    aim: str = ""
    source: str = "wedge"


class Known(NamedTuple):
    """What the barcode table says about one code; `factor` is thousandths of the base unit."""

    item: str
    unit: str
    factor: int


class Lookup(Protocol):
    """The codes we know. Empty: not known. Several: the same code stands for different things."""

    def barcode(self, code: str) -> Sequence[Known]:
        """By normalised code."""

    def item_by_code(self, code: str) -> Sequence[Known]:
        """By item code or alias in upper case; the unit is the item's base unit."""

    def location_by_code(self, code: str) -> Sequence[str]:
        """Location ids by code in upper case, totes and cartons included."""


class ScalePattern(NamedTuple):
    """How a shop's scale prints: two digits of prefix, then the item, then grams, then the check digit."""

    prefix: str
    item_digits: int = 5


class Item(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="item"):
    item: str
    quantity: int
    unit: str
    factor: int
    gtin: str | None = None
    lot: str | None = None
    expiry: str | None = None
    made_on: str | None = None
    serial: str | None = None
    count: int | None = None
    net_weight: str | None = None
    attributes: dict[str, str] = {}
    suspect: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Location(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="location"):
    location: str
    code: str


class Container(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="container"):
    """A tote or carton; `location` only if we have it on file, `content` only if its code tells."""

    code: str
    kind: str
    location: str | None = None
    content: Item | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="document"):
    number: str


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="command"):
    name: str
    quantity: int | None = None


class User(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="user"):
    badge: str


class Printer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="printer"):
    code: str
    kind: str


class Ambiguous(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ambiguous"):
    text: str
    candidates: tuple[Item | Location | Container, ...]


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="unknown"):
    """Nobody knows this code, but what was read of it is kept: it may be bound to an item.

    `reason`: empty, too_long, not_known, check_digit, no_item (only lot, dates or serial), bad_command.
    `like`: items whose single piece this carton code was made from.
    """

    text: str
    reason: str
    expected: str | None = None
    gtin: str | None = None
    lot: str | None = None
    expiry: str | None = None
    made_on: str | None = None
    serial: str | None = None
    count: int | None = None
    net_weight: str | None = None
    warnings: tuple[str, ...] = ()
    like: tuple[str, ...] = ()


Result = Item | Location | Container | Document | Command | User | Printer | Ambiguous | Unknown


class _Sight(NamedTuple):
    """The scan as the matchers see it, each kind of reading done once."""

    text: str
    key: str
    certified: Label | None
    link: Label | None
    loose: Label | None


SCALES = tuple(ScalePattern(f"2{digit}") for digit in range(10))


def resolve(scan: Scan, lookup: Lookup, scales: Sequence[ScalePattern] = SCALES) -> Result:
    """Say what a scan means. Never raises, whatever the text; the same scan always means the same."""
    text, aim = _without_aim(scan)
    if not text.strip(gs1.SEPARATOR):
        return Unknown(text="", reason="empty")
    if len(text) > MAX_LENGTH:
        return Unknown(text=text[:MAX_LENGTH], reason="too_long")
    sight = _look(text, aim, scan.source)
    matchers = (_prefixed, _certified, _in_table, _linked, _container, _uncertified)
    found = (matcher(sight, lookup) for matcher in matchers)
    first = next((result for result in found if result is not None), None)
    return first or _weighed(sight, lookup, scales) or _unknown(sight, lookup)


@lru_cache(16_384)  # an import asks six times for each barcode
def normalise(code: str) -> str:
    """The key of a barcode in tables, feed rows and look-ups: GTINs padded to 14 digits, others upper case.

    Applying it twice changes nothing, so a key may be normalised again without harm.
    """
    folded = _folded(code).strip(_BLANK + gs1.SEPARATOR)
    digits = folded.replace(" ", "")
    return digits.rjust(14, "0") if gs1.is_gtin(digits) else _upper(folded)


def code_key(code: str) -> str:
    """The form in which codes of items and locations are compared: width and case do not matter."""
    return _upper(_folded(code).strip(_BLANK + gs1.SEPARATOR))


def location_label(code: str) -> str:
    """The text of the code on a location's label."""
    return f"LOC-{_escaped(code)}"


def item_label(
    code: str,
    gtin: str | None = None,
    lot: str | None = None,
    expiry: str | None = None,
    serial: str | None = None,
) -> str:
    """The text of the code on a piece of stock: GS1 where GS1 can say it, our own grammar otherwise."""
    fields = [
        ("01", gtin and gtin.rjust(14, "0")),
        ("17", expiry and _yymmdd(expiry)),
        ("10", lot),
        ("21", serial),
    ]
    present = [(ai, value) for ai, value in fields if value]
    if (
        gtin
        and gs1.is_gtin(gtin)
        and all(gs1.can_carry(ai, value) for ai, value in present)
        and _keeps_day(expiry)
    ):
        return gs1.written(present)
    parts = [("L", lot), ("E", expiry and expiry.replace("-", "")), ("S", serial)]
    return "/".join(
        [f"ITM-{_escaped(code)}", *(f"{letter}-{_escaped(value)}" for letter, value in parts if value)]
    )


def wire(result: Result) -> dict[str, object]:
    """The result as the device sees it: quantities as decimal strings."""
    plain: dict[str, object] = msgspec.to_builtins(result)
    return _with_decimals(plain)


def _without_aim(scan: Scan) -> tuple[str, str]:
    text, aim = _folded(scan.text), _folded(scan.aim)
    if aim and not aim.startswith("]"):
        aim = f"]{aim}"
    if aim and text.startswith(aim):
        return _folded(text[len(aim) :]), aim
    if not aim and (match := re.match(r"\][A-Za-z][0-9A-Za-z]", text)):
        return _folded(text[3:]), match[0]
    return text, aim


def _look(text: str, aim: str, source: str) -> _Sight:
    is_certified = aim in _GS1_AIMS or text.startswith(gs1.SEPARATOR)
    certified = gs1.read(text) if is_certified else None
    if certified or not text.startswith(("00", "01", "02", "(")):
        loose = None
    else:
        loose = gs1.read_printed(text) or gs1.read(
            text, may_have_lost_separators=source not in _EXACT_SOURCES
        )
    return _Sight(text, normalise(text), certified, gs1.read_link(text), loose)


def _prefixed(sight: _Sight, lookup: Lookup) -> Result | None:
    text, upper = sight.text, _upper(sight.text)
    match upper[:4]:
        case "CMD:":
            return _command(upper[4:], text)
        case "USR:" | "PRN:" | "STN:" | "DOC:" if rest := text[4:].strip(_BLANK):
            return _named(upper[:3], rest)
        case "LPN-":
            return Container(code=sight.key, kind="lpn", location=_first(lookup.location_by_code(sight.key)))
        case "LOC-":
            return _location_label(text[4:], lookup)
        case "ITM-":
            return _item_label(text[4:], lookup)
    return None


def _command(name: str, text: str) -> Result:
    if name in ("OK", "UNDO"):
        return Command(name=name)
    try:
        size = quantity.parse(name[4:]) if name.startswith("QTY=") else 0
    except quantity.NotAQuantity:
        size = 0
    return (
        Command(name="QTY", quantity=size)
        if size > 0
        else Unknown(text=text, reason="bad_command", expected="command")
    )


def _named(prefix: str, rest: str) -> Result:
    match prefix:
        case "USR":
            return User(badge=rest)
        case "DOC":
            return Document(number=_upper(rest))
    return Printer(code=rest, kind="printer" if prefix == "PRN" else "station")


def _location_label(rest: str, lookup: Lookup) -> Result | None:
    code = code_key(_unescaped(rest))
    return _one_of(rest, _places(code, lookup))


def _item_label(rest: str, lookup: Lookup) -> Result | None:
    code, *fields = rest.split("/")
    label = _label_of_fields(fields)
    return _one_of(rest, [_item(known, label) for known in lookup.item_by_code(code_key(_unescaped(code)))])


def _label_of_fields(fields: list[str]) -> Label:
    values: dict[str, str] = {}
    warnings: list[str] = []
    for field in fields:
        letter = field[:2].upper()
        if letter in ("L-", "S-", "E-"):
            values[letter[0]] = _unescaped(field[2:])
        else:
            warnings.append("unknown_field")
    expiry = _iso_day(values["E"]) if "E" in values else None
    if "E" in values and expiry is None:
        warnings.append("no_such_day:E")
    return Label(lot=values.get("L"), serial=values.get("S"), expiry=expiry, warnings=tuple(warnings))


def _certified(sight: _Sight, lookup: Lookup) -> Result | None:
    return _of_label(sight.certified, sight, lookup)


def _linked(sight: _Sight, lookup: Lookup) -> Result | None:
    return _of_label(sight.link, sight, lookup)


def _uncertified(sight: _Sight, lookup: Lookup) -> Result | None:
    return _of_label(sight.loose, sight, lookup)


def _of_label(label: Label | None, sight: _Sight, lookup: Lookup) -> Result | None:
    if label is None:
        return None
    items = [_item(known, label) for known in lookup.barcode(label.gtin)] if label.gtin else []
    if label.sscc:
        return _carton(label.sscc, lookup, items[0] if len(items) == 1 else None)
    if not label.gtin and label.place:
        code = code_key(label.place)
        return _one_of(sight.text, _places(code, lookup))
    return _one_of(sight.text, items)


def _in_table(sight: _Sight, lookup: Lookup) -> Result | None:
    """One code may be a barcode, an item code and a location at once; saying so beats choosing."""
    code = code_key(sight.text)
    gtin = sight.key if gs1.is_gtin(sight.key) else None
    by_barcode = [_item(known, Label(gtin=gtin)) for known in lookup.barcode(sight.key)]
    seen = {found.item for found in by_barcode}
    by_code = [_item(known, Label()) for known in lookup.item_by_code(code) if known.item not in seen]
    places = [] if gs1.is_sscc(code) else _places(code, lookup)
    return _one_of(sight.text, [*by_barcode, *by_code, *places])


def _container(sight: _Sight, lookup: Lookup) -> Result | None:
    digits = sight.text.replace(" ", "")
    if len(digits) == 20 and digits.startswith("00"):
        digits = digits[2:]
    return _carton(digits, lookup, None) if gs1.is_sscc(digits) else None


def _carton(sscc: str, lookup: Lookup, content: Item | None) -> Container:
    return Container(code=sscc, kind="sscc", location=_first(lookup.location_by_code(sscc)), content=content)


def _weighed(sight: _Sight, lookup: Lookup, scales: Sequence[ScalePattern]) -> Result | None:
    digits = sight.text.replace(" ", "")
    if not (len(digits) == 13 and gs1.is_gtin(digits)):
        return None
    for pattern in scales:
        if digits.startswith(pattern.prefix):
            end = len(pattern.prefix) + pattern.item_digits
            weight = quantity.format(int(digits[end:12]))
            items = [_item(known, Label(net_weight=weight)) for known in lookup.barcode(digits[:end])]
            return _one_of(sight.text, items)
    return None


def _unknown(sight: _Sight, lookup: Lookup) -> Unknown:
    label = sight.certified or sight.link or sight.loose or Label()
    digits = sight.text.replace(" ", "")
    gtin = label.gtin or (sight.key if gs1.is_gtin(sight.key) else None)
    piece = gs1.contained_gtin(gtin) if gtin else None
    return Unknown(
        text=sight.text,
        reason=_reason(label, digits, gtin),
        expected={"LOC-": "location", "ITM-": "item"}.get(_upper(sight.text)[:4]),
        gtin=gtin,
        lot=label.lot,
        expiry=label.expiry,
        made_on=label.made_on,
        serial=label.serial,
        count=label.count,
        net_weight=label.net_weight,
        warnings=label.warnings,
        like=tuple(known.item for known in lookup.barcode(piece)) if piece else (),
    )


def _reason(label: Label, digits: str, gtin: str | None) -> str:
    if gtin:
        return "not_known"
    if any(warning.startswith("check_digit") for warning in label.warnings):
        return "check_digit"
    if label.lot or label.serial or label.expiry or label.made_on:
        return "no_item"
    looks_like_gtin = len(digits) in (8, 12, 13, 14) and gs1.is_digits(digits)
    return "check_digit" if looks_like_gtin else "not_known"


def _item(known: Known, label: Label) -> Item:
    return Item(
        item=known.item,
        unit=known.unit,
        factor=known.factor,
        quantity=_weighed_quantity(known, label) or (label.count or 1) * known.factor,
        gtin=label.gtin,
        lot=label.lot,
        expiry=label.expiry,
        made_on=label.made_on,
        serial=label.serial,
        count=label.count,
        net_weight=label.net_weight,
        attributes=label.attributes,
        suspect=label.suspect,
        warnings=label.warnings,
    )


_UNITS_IN_A_KILOGRAM = {"KG": 1, "千克": 1, "公斤": 1, "斤": 2, "G": 1000, "克": 1000}


def _weighed_quantity(known: Known, label: Label) -> int | None:
    """Goods kept by weight count what the code says they weigh, if thousandths can say it."""
    units = _UNITS_IN_A_KILOGRAM.get(code_key(known.unit))
    if not units or not label.net_weight:
        return None
    try:
        return quantity.parse(label.net_weight) * units * known.factor // quantity.SCALE
    except quantity.NotAQuantity:
        return None


def _places(code: str, lookup: Lookup) -> list[Location]:
    return [Location(location=place, code=code) for place in lookup.location_by_code(code)]


def _one_of(text: str, candidates: Sequence[Item | Location | Container]) -> Result | None:
    match candidates:
        case []:
            return None
        case [only]:
            return only
    return Ambiguous(text=text, candidates=tuple(candidates))


def _first(ids: Sequence[str]) -> str | None:
    return ids[0] if len(ids) == 1 else None


def _folded(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip(_BLANK)


def _upper(text: str) -> str:
    return text.upper() if text.isascii() else unicodedata.normalize("NFKC", text.upper())


def _escaped(text: str) -> str:
    return quote(text, safe=_PLAIN).replace("~", "%7E")


def _unescaped(text: str) -> str:
    """A hand-written `50%` is no escape: what cannot be decoded is taken as it stands."""
    decoded = gs1.unescaped(text)
    return text if decoded is None else decoded


def _iso_day(digits: str) -> str | None:
    if len(digits) != 8 or not gs1.is_digits(digits):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return None


def _yymmdd(day: str) -> str:
    return day[2:4] + day[5:7] + day[8:10]


def _keeps_day(expiry: str | None) -> bool:
    """Whether the two-digit year of GS1 still says this day."""
    return expiry is None or gs1.iso_day(_yymmdd(expiry)) == expiry


def _with_decimals(plain: dict[str, object]) -> dict[str, object]:
    decimals: dict[str, object] = {
        name: quantity.format(size)
        for name in ("quantity", "factor")
        if isinstance(size := plain.get(name), int)
    }
    content, candidates = plain.get("content"), plain.get("candidates")
    if isinstance(content, dict):
        decimals["content"] = _with_decimals(content)
    if isinstance(candidates, list | tuple):
        decimals["candidates"] = [_with_decimals(candidate) for candidate in candidates]
    return plain | decimals
