"""An item as people write it down: what is wrong with it, and the exact arithmetic of its units."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, Literal

import msgspec

from server import quantity
from server.catalog.barcode import normalise

MAX_CODE: Final = 64
MAX_NAME: Final = 200
MAX_UNIT: Final = 20
MAX_BARCODE: Final = 100
MAX_FACTOR: Final = 1_000_000_000
SCALES: Final = range(4)
# The resolver reads these prefixes as our own commands and labels before it looks into the barcode table.
OWN_PREFIXES: Final = ("LOC-", "ITM-", "LPN-", "DOC:", "USR:", "PRN:", "STN:", "CMD:")

_FACTOR: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?(?:/([1-9][0-9]{0,8}))?")


class UnitDraft(msgspec.Struct, frozen=True):
    """Another unit: one of it is numerator/denominator base units, exactly."""

    name: str
    numerator: int = 1
    denominator: int = 1


class BarcodeDraft(msgspec.Struct, frozen=True):
    """A barcode and the unit that one scan of it counts; no unit is the base unit."""

    code: str
    unit: str = ""


class ItemDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of an item as it should stand: what forms and spreadsheets say."""

    code: str
    name: str
    unit: str = "件"
    scale: int = 0
    has_lots: bool = False
    has_expiry: bool = False
    has_serials: bool = False
    scans_each: bool = False
    """Picked by a scan for each scanned unit, rather than one scan for all that is asked."""
    is_active: bool = True
    units: tuple[UnitDraft, ...] = ()
    barcodes: tuple[BarcodeDraft, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: in which draft and field (`units.0.factor`), and the word key for it."""

    index: int
    field: str
    word: str


class Use(msgspec.Struct, frozen=True):
    """What the ledger holds of an item: whether any is there, and the finest quantity it was ever moved in."""

    has_stock: bool
    finest: int
    """How many digits after the point its movements need."""


def tidy(draft: ItemDraft) -> ItemDraft:
    """The draft without stray blanks, every barcode by its key, and lots where an expiry needs them."""
    return msgspec.structs.replace(
        draft,
        code=clean(draft.code, "NFKC"),
        name=clean(draft.name),
        unit=clean(draft.unit),
        # An expiry is a property of a lot, so an item that expires has lots.
        has_lots=draft.has_lots or draft.has_expiry,
        units=tuple(msgspec.structs.replace(unit, name=clean(unit.name)) for unit in draft.units),
        barcodes=tuple(
            BarcodeDraft(normalise(barcode.code), clean(barcode.unit) or clean(draft.unit))
            for barcode in draft.barcodes
        ),
    )


def clean(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """Text as it is stored: single blanks, nothing invisible. Codes are NFKC: of one width, as scanned."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized(form, text):
        return text.strip(" ")
    folded = unicodedata.normalize(form, text)
    # Tabs and line ends become blanks; other control and format characters would hide in a code for ever.
    visible = "".join(
        " " if character.isspace() else character
        for character in folded
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(visible.split())


def faults(draft: ItemDraft, index: int = 0) -> list[Fault]:
    """Everything that is wrong with one tidy draft by itself."""
    found = [*_faults_of_texts(draft), *_faults_of_units(draft), *_faults_of_barcodes(draft)]
    if draft.scale not in SCALES:
        found.append(("scale", "scale"))
    if draft.has_serials and draft.scale > 0:
        # One serial is one piece; half a piece with a serial does not exist.
        found.append(("has_serials", "serial_whole"))
    return [Fault(index, field, f"catalog.fault.{word}") for field, word in found]


def _faults_of_texts(draft: ItemDraft) -> Iterable[tuple[str, str]]:
    for field, text, limit in (
        ("code", draft.code, MAX_CODE),
        ("name", draft.name, MAX_NAME),
        ("unit", draft.unit, MAX_UNIT),
    ):
        if not text:
            yield field, "missing"
        elif len(text) > limit:
            yield field, "long"


def _faults_of_units(draft: ItemDraft) -> Iterable[tuple[str, str]]:
    seen = {draft.unit}
    for position, unit in enumerate(draft.units):
        if not unit.name:
            yield f"units.{position}.name", "missing"
        elif len(unit.name) > MAX_UNIT:
            yield f"units.{position}.name", "long"
        elif unit.name in seen:
            yield f"units.{position}.name", "twice"
        seen.add(unit.name)
        if not (0 < unit.numerator <= MAX_FACTOR and 0 < unit.denominator <= MAX_FACTOR):
            yield f"units.{position}.factor", "factor"


def _faults_of_barcodes(draft: ItemDraft) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    factors = {unit.name: factor(draft, unit.name) for unit in draft.units}
    for position, barcode in enumerate(draft.barcodes):
        field = f"barcodes.{position}.code"
        if word := fault_of_code(barcode.code):
            yield field, word
        elif barcode.code in seen:
            yield field, "twice"
        seen.add(barcode.code)
        if barcode.unit != draft.unit and barcode.unit not in factors:
            yield f"barcodes.{position}.unit", "unit_unknown"
        elif barcode.unit in factors and factors[barcode.unit] is None:
            yield f"barcodes.{position}.unit", "unit_inexact"


def touches_the_book(before: ItemDraft, after: ItemDraft) -> bool:
    """Whether a change concerns how the item is counted, so that what the ledger holds must allow it."""
    return any(getattr(before, field) != getattr(after, field) for field in _COUNTED_BY)


_KEPT_APART_BY: Final = ("has_lots", "has_expiry", "has_serials")
_COUNTED_BY: Final = ("unit", "scale", *_KEPT_APART_BY)


def faults_of_change(before: ItemDraft, after: ItemDraft, use: Use, index: int = 0) -> list[Fault]:
    """What cannot be changed of an item that the ledger knows, since the book would read wrong afterwards."""
    found = []
    if before.unit != after.unit:
        # Every quantity on record is in the base unit: another one would silently multiply the past.
        found.append(("unit", "unit_in_use"))
    if after.scale < use.finest:
        found.append(("scale", "scale_in_use"))
    if use.has_stock:
        # What lies there is on record by lot or serial, or without: nobody could take it out as it was put in.
        changed = [field for field in _KEPT_APART_BY if getattr(before, field) != getattr(after, field)]
        found += [(field, "in_stock") for field in changed]
    return [Fault(index, field, f"catalog.fault.{word}") for field, word in found]


def fault_of_code(key: str) -> str | None:
    """Why this normalised code cannot be a barcode: the last part of a word key, or None."""
    if not key:
        return "missing"
    if len(key) > MAX_BARCODE:
        return "long"
    return "reserved" if key.startswith(OWN_PREFIXES) else None


def repeated(drafts: Sequence[ItemDraft]) -> list[Fault]:
    """Codes and barcodes that stand in more than one of these drafts, named at every place but the first."""
    found: list[Fault] = []
    codes: set[str] = set()
    barcodes: set[str] = set()
    for index, draft in enumerate(drafts):
        if draft.code and draft.code in codes:
            found.append(Fault(index, "code", "catalog.fault.twice"))
        codes.add(draft.code)
        for position, barcode in enumerate(draft.barcodes):
            if barcode.code and barcode.code in barcodes:
                found.append(Fault(index, f"barcodes.{position}.code", "catalog.fault.twice"))
        barcodes.update(barcode.code for barcode in draft.barcodes)
    return found


def read_factor(text: str) -> Fraction | None:
    """`12`, `0.5` or `1/3` as an exact number; None for anything else."""
    match = _FACTOR.fullmatch(clean(text, "NFKC").replace(" ", ""))
    if match is None:
        return None
    whole, decimals, denominator = match.groups(default="")
    return Fraction(f"{whole}.{decimals or '0'}") / int(denominator or 1)


def written_factor(numerator: int, denominator: int) -> str:
    """A factor as people and devices read it: a decimal where one is exact, else a fraction."""
    if denominator == 1:
        return str(numerator)
    exact = Fraction(numerator, denominator)
    if (exact * quantity.SCALE).denominator == 1:
        return quantity.format(int(exact * quantity.SCALE))
    return f"{exact.numerator}/{exact.denominator}"


def factor(draft: ItemDraft, unit: str) -> int | None:
    """How many thousandths of the base unit one `unit` is; None for an unknown or an inexact one."""
    if unit == draft.unit:
        return quantity.SCALE
    for candidate in draft.units:
        if candidate.name == unit and candidate.denominator == 1:
            return candidate.numerator * quantity.SCALE
        if candidate.name == unit and candidate.denominator:
            exact = Fraction(candidate.numerator, candidate.denominator) * quantity.SCALE
            return int(exact) if exact.denominator == 1 else None
    return None


def differences(before: ItemDraft, after: ItemDraft) -> dict[str, list[object]]:
    """The fields that changed, as [before, after], for the history; units and barcodes as people read them."""
    old, new = _told(before), _told(after)
    return {field: [old[field], new[field]] for field in new if old[field] != new[field]}


def _told(draft: ItemDraft) -> dict[str, object]:
    told = msgspec.structs.asdict(draft)
    units = [f"{unit.name} = {written_factor(unit.numerator, unit.denominator)}" for unit in draft.units]
    barcodes = [f"{barcode.code} {barcode.unit}".rstrip() for barcode in draft.barcodes]
    return told | {"units": units, "barcodes": barcodes}
