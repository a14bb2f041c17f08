"""Warehouses, zones and locations as people write them down, and whole ranges of bins at once."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from server.catalog.barcode import code_key
from server.catalog.item import MAX_CODE, MAX_NAME, Fault, clean

REAL_KINDS: Final = ("bin", "dock", "tote", "carton")
# Every warehouse has one place of each of these, where goods come from and go to.
VIRTUAL_KINDS: Final = ("supplier", "customer", "production", "transit", "scrap", "adjustment", "suspense")
MAX_BINS: Final = 20_000
MAX_NUMBER: Final = 99_999

_NUMBERS: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_LETTERS: Final = re.compile(r"([A-Z])-([A-Z])")


class LocationDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a location as it should stand. `warehouse` is its id, `zone` a zone's code or nothing."""

    code: str
    warehouse: int
    zone: str = ""
    kind: str = "bin"
    aisle: str = ""
    bay: int = 0
    level: int = 0
    is_active: bool = True


class BinRange(msgspec.Struct, frozen=True, kw_only=True):
    """Aisles × bays × levels as typed: `A-C`, `1-20`, `1-4`; codes are prefix + A-01-1."""

    aisles: str
    bays: str
    levels: str
    prefix: str = ""


def tidy(draft: LocationDraft) -> LocationDraft:
    """The draft with its codes in the form in which they are compared and stored."""
    return msgspec.structs.replace(
        draft,
        code=code_key(clean(draft.code)),
        zone=code_key(clean(draft.zone)),
        aisle=code_key(clean(draft.aisle)),
    )


def faults(draft: LocationDraft, index: int = 0) -> list[Fault]:
    """Everything that is wrong with one tidy draft by itself."""
    found: list[tuple[str, str]] = [*_faults_of_code("code", draft.code)]
    found += [(field, "long") for field in ("zone", "aisle") if len(getattr(draft, field)) > MAX_CODE]
    if draft.kind not in REAL_KINDS:
        found.append(("kind", "kind"))
    found += [(field, "number") for field in ("bay", "level") if not 0 <= getattr(draft, field) <= MAX_NUMBER]
    return [Fault(index, field, f"catalog.fault.{word}") for field, word in found]


def faults_of_place(code: str, name: str) -> list[Fault]:
    """What is wrong with the code and name of a warehouse or zone."""
    found = [*_faults_of_code("code", code)]
    if len(name) > MAX_NAME:
        found.append(("name", "long"))
    return [Fault(0, field, f"catalog.fault.{word}") for field, word in found]


def _faults_of_code(field: str, code: str) -> Iterable[tuple[str, str]]:
    if not code:
        yield field, "missing"
    elif len(code) > MAX_CODE:
        yield field, "long"


def repeated(drafts: Sequence[LocationDraft]) -> list[Fault]:
    """Codes that stand in more than one of these drafts, named at every place but the first."""
    found: list[Fault] = []
    seen: set[str] = set()
    for index, draft in enumerate(drafts):
        if draft.code and draft.code in seen:
            found.append(Fault(index, "code", "catalog.fault.twice"))
        seen.add(draft.code)
    return found


def differences(before: LocationDraft, after: LocationDraft) -> dict[str, list[object]]:
    """The fields that changed, as [before, after], for the history."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {field: [old[field], new[field]] for field in new if old[field] != new[field]}


def own_places(warehouse: int, code: str) -> list[LocationDraft]:
    """The places that every warehouse has from its first day: the virtual ones and a dock."""
    kinds = [*VIRTUAL_KINDS, "dock"]
    return [LocationDraft(code=f"{code}-{kind.upper()}", warehouse=warehouse, kind=kind) for kind in kinds]


def bins(wanted: BinRange, warehouse: int, zone: str = "") -> list[LocationDraft] | list[Fault]:
    """Every bin of a range in walking order, or what is wrong with the range."""
    aisles, bays, levels = _steps(wanted.aisles), _numbers(wanted.bays), _numbers(wanted.levels)
    parts = {"aisles": aisles, "bays": bays, "levels": levels}
    if wrong := [field for field, steps in parts.items() if not steps]:
        return [Fault(0, field, "catalog.fault.range") for field in wrong]
    if len(aisles) * len(bays) * len(levels) > MAX_BINS:
        return [Fault(0, "bays", "catalog.fault.many")]
    prefix = code_key(clean(wanted.prefix))
    place = LocationDraft(code="", warehouse=warehouse, zone=zone)
    return [
        msgspec.structs.replace(
            place, code=f"{prefix}{aisle}-{bay}-{level}", aisle=aisle, bay=int(bay), level=int(level)
        )
        for aisle in aisles
        for bay in bays
        for level in levels
    ]


def _numbers(typed: str) -> list[str]:
    steps = _steps(typed)
    return steps if all(step.isascii() and step.isdigit() for step in steps) else []


def _steps(typed: str) -> list[str]:
    """`A-C` is A, B, C; `1-20` is 01 … 20; commas join; nothing when it cannot be read."""
    steps: list[str] = []
    for part in code_key(typed).replace("，", ",").split(","):
        steps += _stretch(part.strip()) or [""]
    return steps if all(steps) and len(set(steps)) == len(steps) else []


def _stretch(part: str) -> list[str]:
    if letters := _LETTERS.fullmatch(part):
        first, last = map(ord, letters.groups())
        return [chr(letter) for letter in range(first, last + 1)]
    if numbers := _NUMBERS.fullmatch(part):
        first_text, last_text = numbers[1], numbers[2] or numbers[1]
        # All written as wide as the widest: codes then sort as one walks.
        width = max(len(first_text), len(last_text))
        if int(last_text) - int(first_text) >= MAX_BINS:
            return []
        return [f"{number:0{width}d}" for number in range(int(first_text), int(last_text) + 1)]
    return [part] if part.isalnum() else []
