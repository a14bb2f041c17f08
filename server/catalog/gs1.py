"""What GS1 writes into a code: element strings, the bracketed print below them, and Digital Links.

The table of application identifiers comes from biip; the reading is ours, because biip's own parser
drops a whole code for one impossible date, accepts what a lost separator has glued together, and takes
its century from today's clock, so that a replay of old scans could give another answer than the scan did.
The twin for the device is `edge/session/gs1.js`; `tests/vectors/barcodes.json` holds both to one answer.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS

SEPARATOR = "\x1d"
"""What FNC1 between two fields becomes in a text (group separator)."""

_LOOKS_LIKE_SEPARATOR = re.compile(r"[␝|~^]")
"""Scanners are often set to send these instead; none of them can occur inside GS1 data."""

_DATE_AIS = frozenset({"11", "12", "13", "15", "16", "17"})
_LAST_YEAR_OF_THE_WINDOW = 76
"""GS1 lets two-digit years slide with the calendar. Ours stand still: a scan means the same day for ever."""


class _Identifier(NamedTuple):
    pattern: re.Pattern[str]
    needs_separator: bool


class Element(NamedTuple):
    """One field of a code. `ends` tells why it stopped; a variable field that just ran full is doubtful."""

    ai: str
    value: str
    ends: Literal["separator", "end", "length"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one GS1 code that a warehouse understands, as they were printed."""

    gtin: str | None = None
    sscc: str | None = None
    place: str | None = None
    lot: str | None = None
    expiry: str | None = None
    made_on: str | None = None
    serial: str | None = None
    count: int | None = None
    net_weight: str | None = None
    attributes: dict[str, str] = {}
    suspect: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_digit_fits(digits: str) -> bool:
    """Whether the last digit is the one GS1 computes from the others (same rule for GTIN, GLN and SSCC)."""
    return (sum(map(int, digits[::-2])) + 3 * sum(map(int, digits[-2::-2]))) % 10 == 0


def is_gtin(text: str) -> bool:
    """Zeros alone have a fitting check digit too, but nobody owns that number."""
    return (
        len(text) in (8, 12, 13, 14) and is_digits(text) and check_digit_fits(text) and text.strip("0") != ""
    )


def is_sscc(text: str) -> bool:
    return len(text) == 18 and is_digits(text) and check_digit_fits(text)


def is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def contained_gtin(gtin: str) -> str | None:
    """The code of the single piece that a carton code (indicator 1 to 8) was made from."""
    if gtin[0] in "09":
        return None
    body = "0" + gtin[1:13]
    return next(body + digit for digit in "0123456789" if check_digit_fits(body + digit))


def iso_day(yymmdd: str) -> str | None:
    """A GS1 date as ISO day; day 00 means the end of the month; None when there is no such day."""
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    year += 2000 if year <= _LAST_YEAR_OF_THE_WINDOW else 1900
    try:
        return date(year, month, day or monthrange(year, month)[1]).isoformat()
    except ValueError:
        return None


def read(text: str, *, may_have_lost_separators: bool = False) -> Label | None:
    """Read a code that consists of element strings from beginning to end, or None when it does not."""
    elements = elements_of(text)
    if elements is None:
        return None
    label = label_of(elements)
    if not may_have_lost_separators or SEPARATOR in _with_separators(text):
        return label
    return msgspec.structs.replace(label, suspect=_glued(elements))


def read_printed(text: str) -> Label | None:
    """Read the print below a code, `(01)06901234567892(10)L1`, as people type it."""
    starts = [match for match in re.finditer(r"\(([0-9]{2,4})\)", text) if match[1] in _IDENTIFIERS]
    if not starts or starts[0].start() != 0:
        return None
    ends = [match.start() for match in starts[1:]] + [len(text)]
    pairs = [
        (match[1], text[match.end() : end].strip(f" {SEPARATOR}"))
        for match, end in zip(starts, ends, strict=True)
    ]
    elements = [Element(ai, value, "separator") for ai, value in pairs]
    return label_of(elements) if all(can_carry(ai, value) for ai, value in pairs) else None


def read_link(text: str) -> Label | None:
    """Read a GS1 Digital Link on any host. The address is never opened."""
    match = re.match(r"https?://[^/?#]*([^?#]*)(?:\?([^#]*))?", text, re.IGNORECASE)
    if match is None:
        return None
    path = match[1].split("/")
    start = next((place for place, part in enumerate(path) if part in ("00", "01", "414")), None)
    if start is None:
        return None
    pairs = [*_in_pairs(path[start:]), *_query_pairs(match[2] or "")]
    return _label_of_link(pairs)


def written(elements: Iterable[tuple[str, str]]) -> str:
    """Write element strings in the given order, with a separator only where a field needs one."""
    parts: list[str] = []
    pending = ""
    for ai, value in elements:
        assert can_carry(ai, value), (ai, value)
        parts += [pending, ai, value]
        pending = SEPARATOR if _IDENTIFIERS[ai].needs_separator else ""
    return "".join(parts)


def can_carry(ai: str, value: str) -> bool:
    """Whether GS1 allows this value in this field (its characters and its length)."""
    return ai in _IDENTIFIERS and _IDENTIFIERS[ai].pattern.fullmatch(value) is not None


def elements_of(text: str) -> list[Element] | None:
    """Cut a code into its fields; None as soon as something is left that is no field."""
    rest = _with_separators(text).strip(SEPARATOR)
    elements: list[Element] = []
    while rest:
        ai = _leading_identifier(rest)
        match = ai and _IDENTIFIERS[ai].pattern.match(rest, len(ai))
        if not ai or not match:
            return None
        ends = _why_it_ends(rest, match.end(), _IDENTIFIERS[ai].needs_separator)
        elements.append(Element(ai, match[0], ends))
        rest = rest[match.end() :].lstrip(SEPARATOR)
    return elements or None


def label_of(elements: Iterable[Element]) -> Label:
    """Sort the fields into what they mean. What cannot be true becomes a warning; the rest stays."""
    values: dict[str, str] = {}
    warnings: list[str] = []
    suspect: list[str] = []
    for ai, value, ends in elements:
        if ends == "length":
            suspect.append(_FIELD_NAMES.get(ai, ai))
        if values.setdefault(ai, value) != value:
            warnings.append(f"repeated:{ai}")
    return _sorted_out(values, warnings, suspect)


def _sorted_out(values: dict[str, str], warnings: list[str], suspect: list[str]) -> Label:
    gtin = _checked(values, ("01", "02"), warnings)
    sscc = _checked(values, ("00",), warnings)
    expiry = _day(values, ("17", "15", "16", "7003"), warnings)
    made_on = _day(values, ("11", "13", "8008"), warnings)
    weight = next((ai for ai in values if ai.startswith("310")), None)
    counted = values.get("37") or values.get("30")
    return Label(
        gtin=gtin,
        sscc=sscc,
        place=values.get("254"),
        lot=values.get("10"),
        expiry=expiry,
        made_on=made_on,
        serial=values.get("21"),
        count=int(counted) if counted else None,
        net_weight=_decimal(values[weight], int(weight[3])) if weight else None,
        attributes={ai: value for ai, value in values.items() if ai not in _FIELD_NAMES and ai != weight},
        suspect=tuple(dict.fromkeys(suspect)),
        warnings=tuple(warnings),
    )


_FIELD_NAMES = {
    "00": "sscc",
    "01": "gtin",
    "02": "gtin",
    "10": "lot",
    "11": "made_on",
    "13": "made_on",
    "8008": "made_on",
    "15": "expiry",
    "16": "expiry",
    "17": "expiry",
    "7003": "expiry",
    "21": "serial",
    "30": "count",
    "37": "count",
    "254": "place",
}


def _checked(values: dict[str, str], ais: tuple[str, ...], warnings: list[str]) -> str | None:
    for ai in ais:
        if ai in values:
            if check_digit_fits(values[ai]):
                return values[ai]
            warnings.append(f"check_digit:{ai}")
    return None


def _day(values: dict[str, str], ais: tuple[str, ...], warnings: list[str]) -> str | None:
    """The first of these fields that is a real day; an impossible one is named, not believed."""
    days: list[str] = []
    for ai in ais:
        if ai in values:
            day = iso_day(values[ai])
            if day is None:
                warnings.append(f"no_such_day:{ai}")
            else:
                days.append(day)
    return days[0] if days else None


def _decimal(digits: str, places: int) -> str:
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def _glued(elements: list[Element]) -> tuple[str, ...]:
    """Fields that may have swallowed their neighbours because the scanner dropped the separators.

    `10L2026A21S1` is a lot `L2026A21S1`, or a lot `L2026A` and a serial `S1`; only a person can tell.
    """
    return tuple(
        dict.fromkeys(
            _FIELD_NAMES.get(element.ai, element.ai)
            for element in elements
            if element.ends == "length"
            or (_IDENTIFIERS[element.ai].needs_separator and _hides_a_field(element.value))
        )
    )


def _hides_a_field(value: str) -> bool:
    return any(
        _is_plausible(value[match.start() :])
        for match in re.finditer(r"(?=10|11|13|15|17|21|30|37)", value)
        if match.start()
    )


def _is_plausible(tail: str) -> bool:
    elements = elements_of(tail)
    if elements is None:
        return False
    return all(element.ai not in _DATE_AIS or iso_day(element.value) for element in elements)


def _label_of_link(pairs: list[tuple[str, str | None]]) -> Label | None:
    """The first pair is the key and must be right; of the others, unknown ones are not ours to judge."""
    key, value = pairs[0]
    padded = value.rjust(14, "0") if value and key == "01" and is_gtin(value) else value
    if not padded or not can_carry(key, padded) or not check_digit_fits(padded):
        return None
    known = [(ai, value) for ai, value in pairs[1:] if ai in _IDENTIFIERS]
    readable = [(ai, value) for ai, value in known if value is not None and can_carry(ai, value)]
    label = label_of([Element(ai, value, "separator") for ai, value in [(key, padded), *readable]])
    unreadable = tuple(f"unreadable:{ai}" for ai, value in known if (ai, value) not in readable)
    return msgspec.structs.replace(label, warnings=label.warnings + unreadable)


def _in_pairs(parts: list[str]) -> list[tuple[str, str | None]]:
    return [(ai, unescaped(value)) for ai, value in zip(parts[::2], parts[1::2], strict=False)] or [
        ("", None)
    ]


def _query_pairs(query: str) -> list[tuple[str, str | None]]:
    """Only the last value of a repeated parameter counts, in the place of the first."""
    pairs = [part.partition("=") for part in query.split("&") if "=" in part]
    return list({ai: unescaped(value) for ai, _, value in pairs}.items())


def unescaped(text: str) -> str | None:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return None


def _with_separators(text: str) -> str:
    return _LOOKS_LIKE_SEPARATOR.sub(SEPARATOR, text)


def _leading_identifier(text: str) -> str | None:
    return next((text[:size] for size in (2, 3, 4) if text[:size] in _IDENTIFIERS), None)


def _why_it_ends(text: str, end: int, needs_separator: bool) -> Literal["separator", "end", "length"]:
    if end == len(text):
        return "end"
    return "length" if needs_separator and text[end] != SEPARATOR else "separator"


def _table() -> dict[str, _Identifier]:
    """Dates are only counted here, not judged: an impossible one must not hide the lot beside it."""
    return {
        ai: _Identifier(
            re.compile(r"[0-9]{6}" if ai in _DATE_AIS else entry.pattern[1 + len(ai) : -1], re.ASCII),
            entry.separator_required,
        )
        for ai, entry in _GS1_APPLICATION_IDENTIFIERS.items()
    }


_IDENTIFIERS = _table()
