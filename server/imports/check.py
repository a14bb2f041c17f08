"""Check every row of a spreadsheet against what stands: new, changed, the same, and all errors at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, Literal, TypeVar

import msgspec

from server.catalog import gs1, item, place
from server.catalog.barcode import code_key, normalise
from server.catalog.item import BarcodeDraft, Fault, ItemDraft, UnitDraft, Use
from server.catalog.place import LocationDraft
from server.imports.columns import ITEMS, LOCATIONS, Column, Spec, missing_columns
from server.imports.sheet import (
    Bad,
    Cell,
    Note,
    Row,
    Table,
    as_decimal,
    as_flag,
    as_text,
    cell_of,
    folded_title,
)

Duplicates = Literal["error", "first", "most-frequent"]
"""What several rows with one code are: a mistake, repeats to skip, or mentions whose usual values count."""

DEFAULT_CARTON = "箱"
MANY_ROWS = 20
"""From so many rows on, repeats in most of them are no slips."""

_SEPARATORS = str.maketrans(",;，；、|\n", "\0\0\0\0\0\0\0")

Draft = TypeVar("Draft", ItemDraft, LocationDraft)
# The same few carton quantities stand in thousands of rows.
_read_factor = lru_cache(4096)(item.read_factor)

Value = str | bool | int | tuple[str, ...]
Values = dict[str, Value]


class RowError(msgspec.Struct, frozen=True):
    """One thing wrong in one cell: row number and header as people see them, and the word that says why."""

    row: int
    column: str
    word: str
    args: dict[str, str | int] = {}


class New(msgspec.Struct, Generic[Draft], frozen=True, tag="new"):
    """A record that does not exist yet."""

    row: int
    draft: Draft


class Changed(msgspec.Struct, Generic[Draft], frozen=True, tag="changed"):
    """A record that exists and would read differently."""

    row: int
    before: Draft
    after: Draft


class Checked(msgspec.Struct, Generic[Draft], frozen=True, kw_only=True):
    """What an import of this file would do. Nothing may be committed while there are errors."""

    rows: int
    new: list[New[Draft]]
    changed: list[Changed[Draft]]
    same: int
    errors: list[RowError]
    notes: list[Note]


class ExistingItems(msgspec.Struct, frozen=True):
    """What stands: items by code, and which item's code each live barcode belongs to."""

    drafts: Mapping[str, ItemDraft]
    barcodes: Mapping[str, str]


class ExistingPlaces(msgspec.Struct, frozen=True):
    """What stands: locations by code, and warehouse ids by code."""

    drafts: Mapping[str, LocationDraft]
    warehouses: Mapping[str, int]


class _Read(msgspec.Struct, frozen=True):
    """One record as the file tells it: its row and its filled cells."""

    row: int
    values: Values


def check_items(
    table: Table, mapping: Mapping[str, int], existing: ExistingItems, duplicates: Duplicates = "error"
) -> Checked[ItemDraft]:
    """Check a spreadsheet of items."""
    reads, errors, notes = _read(ITEMS, table, mapping, duplicates)
    drafts = [_item_draft(read, existing.drafts.get(str(read.values["code"]))) for read in reads]
    pairs = [(read.row, item.tidy(draft)) for read, draft in zip(reads, drafts, strict=True)]
    titles = _titles(table, mapping)
    for read, (row, draft) in zip(reads, pairs, strict=True):
        errors += [_item_error(row, draft, fault, titles) for fault in item.faults(draft)]
        errors += _carton_errors(read, draft, titles)
    errors += _barcodes_in_two_items(pairs, existing, titles)
    notes += _notes_on_codes([draft for _, draft in pairs])
    return _checked(table, pairs, existing.drafts, errors, notes)


def against_the_book(
    checked: Checked[ItemDraft], uses: Mapping[str, Use], table: Table, mapping: Mapping[str, int]
) -> Checked[ItemDraft]:
    """The check with an error for each change that the ledger (what it holds, by code) does not allow."""
    titles = _titles(table, mapping)
    found = [
        _item_error(change.row, change.after, fault, titles)
        for change in checked.changed
        if change.before.code in uses
        for fault in item.faults_of_change(change.before, change.after, uses[change.before.code])
    ]
    errors = sorted([*checked.errors, *found], key=lambda error: error.row)
    return msgspec.structs.replace(checked, errors=errors)


def check_locations(
    table: Table, mapping: Mapping[str, int], existing: ExistingPlaces, duplicates: Duplicates = "error"
) -> Checked[LocationDraft]:
    """Check a spreadsheet of locations."""
    reads, errors, notes = _read(LOCATIONS, table, mapping, duplicates)
    titles = _titles(table, mapping)
    pairs: list[tuple[int, LocationDraft]] = []
    for read in reads:
        warehouse = existing.warehouses.get(code_key(str(read.values["warehouse"])))
        standing = existing.drafts.get(str(read.values["code"]))
        if warehouse is None:
            args: dict[str, str | int] = {"warehouse": str(read.values["warehouse"])[:80]}
            errors.append(RowError(read.row, titles["warehouse"], "imports.error.warehouse_unknown", args))
        elif standing and standing.warehouse != warehouse:
            errors.append(RowError(read.row, titles["warehouse"], "imports.error.other_warehouse"))
        elif standing and standing.kind not in place.REAL_KINDS:
            errors.append(RowError(read.row, titles["code"], "imports.error.virtual_place"))
        else:
            pairs.append((read.row, place.tidy(_location_draft(read, standing, warehouse))))
    for row, draft in pairs:
        found = (
            RowError(row, titles.get(fault.field, fault.field), fault.word) for fault in place.faults(draft)
        )
        errors += found
    return _checked(table, pairs, existing.drafts, errors, notes)


def _checked(
    table: Table,
    pairs: Sequence[tuple[int, Draft]],
    standing: Mapping[str, Draft],
    errors: list[RowError],
    notes: list[Note],
) -> Checked[Draft]:
    new = [New(row, draft) for row, draft in pairs if draft.code not in standing]
    met = [(row, standing[draft.code], draft) for row, draft in pairs if draft.code in standing]
    changed = [Changed(row, before, after) for row, before, after in met if before != after]
    return Checked(
        rows=len(table.rows),
        new=new,
        changed=changed,
        same=len(met) - len(changed),
        errors=sorted(errors, key=lambda error: error.row),
        notes=[*table.notes, *notes],
    )


# Rows to values


def _read(
    spec: Spec, table: Table, mapping: Mapping[str, int], duplicates: Duplicates
) -> tuple[list[_Read], list[RowError], list[Note]]:
    missing = missing_columns(spec, mapping)
    if missing:
        return [], [_column_error(table, column) for column in missing], []
    errors: list[RowError] = []
    columns = [(spec.column(key), index) for key, index in mapping.items()]
    titles = _titles(table, mapping)
    filled, notes = _without_example(spec, table, mapping)
    rows = [_Read(row.number, _values(row, columns, titles, errors)) for row in filled]
    groups = _by_code(spec, rows, titles, errors)
    match duplicates:
        case "error":
            errors += _repeats(groups, titles["code"])
            notes += _notes_on_repeats(groups, len(rows))
        case "first":
            notes += _notes_on_merging(groups, "first")
        case "most-frequent":
            notes += _notes_on_merging(groups, "most-frequent")
    merge = _usual if duplicates == "most-frequent" else _first
    reads = [merge(group) for group in groups.values()]
    return _complete(spec, reads, duplicates, titles, errors, notes), errors, notes


def _without_example(spec: Spec, table: Table, mapping: Mapping[str, int]) -> tuple[list[Row], list[Note]]:
    """The rows of a template without the example that was left standing in it."""
    if table.template != spec.template:
        return table.rows, []
    examples = {column.key: column.example for column in spec.columns if column.key in mapping}
    kept = [
        row
        for row in table.rows
        if {key: as_text(cell_of(row, index)) for key, index in mapping.items()} != examples
    ]
    return kept, [Note("example_skipped")] if len(kept) < len(table.rows) else []


def _values(
    row: Row, columns: Iterable[tuple[Column, int]], titles: Mapping[str, str], errors: list[RowError]
) -> Values:
    """The filled cells of a row by column key. An empty cell says nothing, so what stands stays."""
    values: Values = {}
    for column, index in columns:
        cell = cell_of(row, index)
        if cell is None or cell == "":
            continue
        value = _value(column, cell)
        if isinstance(value, RowError):
            errors.append(RowError(row.number, titles[column.key], value.word, value.args))
        elif value not in ("", ()):
            values[column.key] = value
    return values


def _value(column: Column, cell: Cell) -> Value | RowError:
    if isinstance(cell, Bad):
        return _wrong(f"imports.error.{cell.code}", shown=cell.shown)
    text = as_text(cell)
    match column.kind:
        case "flag":
            flag = as_flag(cell) if text else None
            return (_wrong("imports.error.flag", shown=text) if flag is None else flag) if text else ""
        case "whole":
            number = as_decimal(cell)
            is_whole = number is not None and number == int(number) and 0 <= number <= place.MAX_NUMBER
            return (
                int(number) if number is not None and is_whole else _wrong("imports.error.whole", shown=text)
            )
        case "factor":
            factor = _read_factor(_plain(cell, text))
            return _wrong("imports.error.factor", shown=text) if not factor else _plain(cell, text)
        case "choice":
            choice = column.choices.get(folded_title(text))
            return _wrong("imports.error.choice", shown=text) if text and choice is None else choice or ""
        case "codes":
            return codes_in(text)
    return text


def codes_in(text: str) -> tuple[str, ...]:
    """Several codes in one cell, separated by commas, semicolons or line ends."""
    return tuple(part.strip() for part in text.translate(_SEPARATORS).split("\0") if part.strip())


def _plain(cell: Cell, text: str) -> str:
    number = as_decimal(cell)
    return text if number is None else f"{number.normalize():f}"


def _wrong(word: str, **args: str) -> RowError:
    return RowError(0, "", word, {name: value[:80] for name, value in args.items()})


def _by_code(
    spec: Spec, rows: Iterable[_Read], titles: Mapping[str, str], errors: list[RowError]
) -> dict[str, list[_Read]]:
    """Rows by the code they are about, in the form in which codes are stored."""
    key = item.clean if spec.kind == "items" else _place_key
    groups: dict[str, list[_Read]] = {}
    for read in rows:
        code = key(str(read.values.get("code", "")))
        if not code:
            errors.append(RowError(read.row, titles["code"], "imports.error.missing"))
            continue
        read.values["code"] = code
        groups.setdefault(code, []).append(read)
    return groups


def _place_key(code: str) -> str:
    return code_key(item.clean(code))


def _first(group: Sequence[_Read]) -> _Read:
    return group[0]


def _usual(group: Sequence[_Read]) -> _Read:
    """One record of many rows: of each column the value that is said most often, the first of equals."""
    if len(group) == 1:
        return group[0]
    said: dict[str, Counter[Value]] = defaultdict(Counter)
    for read in group:
        for key, value in read.values.items():
            said[key][value] += 1
    return _Read(group[0].row, {key: values.most_common(1)[0][0] for key, values in said.items()})


def _complete(
    spec: Spec,
    reads: Sequence[_Read],
    duplicates: Duplicates,
    titles: Mapping[str, str],
    errors: list[RowError],
    notes: list[Note],
) -> list[_Read]:
    """Records with every required value. In a list of mentions an item nobody named is called by its code."""
    complete: list[_Read] = []
    nameless: list[str] = []
    faulty = {(error.row, error.column) for error in errors}
    for read in reads:
        missing = [column.key for column in spec.columns if column.required and column.key not in read.values]
        if missing == ["name"] and duplicates != "error":
            nameless.append(str(read.values["code"]))
            complete.append(_Read(read.row, {**read.values, "name": read.values["code"]}))
        elif missing:
            new = [key for key in missing if (read.row, titles[key]) not in faulty]
            errors += [RowError(read.row, titles[key], "imports.error.missing") for key in new]
        else:
            complete.append(read)
    if nameless:
        notes.append(Note("name_from_code", {"count": len(nameless), "codes": _some(nameless)}))
    return complete


# Rows that speak of the same


def _repeats(groups: Mapping[str, Sequence[_Read]], title: str) -> list[RowError]:
    return [
        RowError(read.row, title, "imports.error.code_twice", {"code": code[:80], "first": group[0].row})
        for code, group in groups.items()
        for read in group[1:]
    ]


def _notes_on_repeats(groups: Mapping[str, Sequence[_Read]], rows: int) -> list[Note]:
    """More repeats than codes: this is a list of movements or orders, not of items, and there is a way."""
    is_list_of_lines = rows >= MANY_ROWS and rows > 2 * len(groups)
    return [Note("looks_like_lines", {"rows": rows, "codes": len(groups)})] if is_list_of_lines else []


def _notes_on_merging(groups: Mapping[str, Sequence[_Read]], how: Duplicates) -> list[Note]:
    several = {code: group for code, group in groups.items() if len(group) > 1}
    notes = []
    if several:
        rows = sum(len(group) for group in several.values())
        notes.append(Note(f"merged_{how.replace('-', '_')}", {"codes": len(several), "rows": rows}))
    notes += _notes_on_names(several, how)
    return notes


def _notes_on_names(several: Mapping[str, Sequence[_Read]], how: Duplicates) -> list[Note]:
    """Codes with several names: how many, and one of them shown with what was kept."""
    different = {
        code: names
        for code, group in several.items()
        if len(names := Counter(str(read.values["name"]) for read in group if "name" in read.values)) > 1
    }
    if not different:
        return []
    code, names = max(different.items(), key=lambda pair: len(pair[1]))
    kept = names.most_common(1)[0][0] if how == "most-frequent" else next(iter(names))
    others = _some([name for name in names if name != kept])
    args: dict[str, str | int] = {"count": len(different), "code": code, "kept": kept, "others": others}
    return [Note("several_names", args)]


def _notes_on_codes(drafts: Sequence[ItemDraft]) -> list[Note]:
    """What is legal but will surprise at a scan: codes that differ only in case, misprinted barcodes."""
    notes = []
    by_key: dict[str, list[str]] = defaultdict(list)
    for draft in drafts:
        by_key[code_key(draft.code)].append(draft.code)
    twins = [codes for codes in by_key.values() if len(codes) > 1]
    if twins:
        notes.append(Note("differ_only_in_case", {"count": len(twins), "codes": " / ".join(twins[0])[:80]}))
    doubtful = [
        barcode.code
        for draft in drafts
        for barcode in draft.barcodes
        if len(barcode.code) in (12, 13, 14) and gs1.is_digits(barcode.code) and not gs1.is_gtin(barcode.code)
    ]
    if doubtful:
        notes.append(Note("check_digits", {"count": len(doubtful), "codes": _some(doubtful)}))
    return notes


def _barcodes_in_two_items(
    pairs: Sequence[tuple[int, ItemDraft]], existing: ExistingItems, titles: Mapping[str, str]
) -> list[RowError]:
    """A barcode means one item: named at both rows of the file, or with the item that has it already."""
    errors: list[RowError] = []
    first: dict[str, int] = {}
    owners = {draft.code: row for row, draft in pairs}
    for row, draft in pairs:
        for barcode in draft.barcodes:
            title = _barcode_title(draft, barcode, titles)
            owner = existing.barcodes.get(barcode.code, draft.code)
            met = first.setdefault(barcode.code, row)
            if met != row:
                args: dict[str, str | int] = {"barcode": barcode.code, "first": met}
                errors.append(RowError(row, title, "imports.error.barcode_twice", args))
            elif owner != draft.code and owner not in owners:
                args = {"barcode": barcode.code, "code": owner}
                errors.append(RowError(row, title, "imports.error.barcode_taken", args))
    return errors


# Values to drafts


def _item_draft(read: _Read, standing: ItemDraft | None) -> ItemDraft:
    """The item as it should stand: what the row says over what stands already."""
    values = read.values
    named = {field: values[key] for key, field in _ITEM_FIELDS.items() if key in values}
    draft = msgspec.structs.replace(standing or ItemDraft(code="", name=""), **named)
    draft = _with_carton(draft, values)
    barcodes = {barcode.code: barcode for barcode in draft.barcodes}
    for key, unit in (("barcode", draft.unit), ("carton_barcode", _carton_unit(values, draft))):
        for code in map(normalise, _codes(values, key)):
            barcodes[code] = BarcodeDraft(code, unit)
    return msgspec.structs.replace(draft, barcodes=tuple(barcodes.values()))


_ITEM_FIELDS = {
    "code": "code",
    "name": "name",
    "unit": "unit",
    "scale": "scale",
    "lots": "has_lots",
    "expiry": "has_expiry",
    "serials": "has_serials",
    "active": "is_active",
}


def _with_carton(draft: ItemDraft, values: Values) -> ItemDraft:
    factor = _read_factor(str(values.get("carton_quantity", "")))
    if not factor:
        return draft
    carton = UnitDraft(_carton_unit(values, draft), factor.numerator, factor.denominator)
    others = tuple(unit for unit in draft.units if unit.name != carton.name)
    same = carton in draft.units
    return draft if same else msgspec.structs.replace(draft, units=(*others, carton))


def _carton_unit(values: Values, draft: ItemDraft) -> str:
    """The unit a carton code counts: as said, else the only other unit there is, else 箱."""
    if "carton_unit" in values:
        return item.clean(str(values["carton_unit"]))
    return draft.units[0].name if len(draft.units) == 1 else DEFAULT_CARTON


def _codes(values: Values, key: str) -> tuple[str, ...]:
    codes = values.get(key, ())
    return codes if isinstance(codes, tuple) else ()


def _carton_errors(read: _Read, draft: ItemDraft, titles: Mapping[str, str]) -> list[RowError]:
    """A carton code without a quantity would count cartons as pieces."""
    wants_carton = "carton_barcode" in read.values or "carton_unit" in read.values
    has_carton = any(unit.name == _carton_unit(read.values, draft) for unit in draft.units)
    if not wants_carton or has_carton:
        return []
    title = titles.get("carton_barcode") or titles["carton_unit"]
    return [RowError(read.row, title, "imports.error.carton_quantity")]


def _location_draft(read: _Read, standing: LocationDraft | None, warehouse: int) -> LocationDraft:
    values = read.values
    named = {field: values[key] for key, field in _LOCATION_FIELDS.items() if key in values}
    return msgspec.structs.replace(standing or LocationDraft(code="", warehouse=warehouse), **named)


_LOCATION_FIELDS = {
    "code": "code",
    "zone": "zone",
    "kind": "kind",
    "aisle": "aisle",
    "bay": "bay",
    "level": "level",
    "active": "is_active",
}


# Faults to errors


def _titles(table: Table, mapping: Mapping[str, int]) -> dict[str, str]:
    return {key: table.header[index] for key, index in mapping.items()}


def _column_error(table: Table, column: Column) -> RowError:
    args: dict[str, str | int] = {"zh": column.titles[0], "en": column.titles[1]}
    return RowError(table.header_row, column.titles[0], "imports.error.column_missing", args)


def _item_error(row: int, draft: ItemDraft, fault: Fault, titles: Mapping[str, str]) -> RowError:
    return RowError(row, _item_title(draft, fault.field, titles), fault.word)


def _item_title(draft: ItemDraft, field: str, titles: Mapping[str, str]) -> str:
    """The header of the column that a fault is about."""
    match field.split("."):
        case ["units", _, part]:
            return titles.get("carton_unit" if part == "name" else "carton_quantity", field)
        case ["barcodes", position, _]:
            return _barcode_title(draft, draft.barcodes[int(position)], titles)
    column = next((key for key, name in _ITEM_FIELDS.items() if name == field), field)
    return titles.get(column, field)


def _barcode_title(draft: ItemDraft, barcode: BarcodeDraft, titles: Mapping[str, str]) -> str:
    key = "barcode" if barcode.unit == draft.unit else "carton_barcode"
    return titles.get(key) or titles.get("barcode") or titles.get("carton_barcode") or "barcode"


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:5])[:200] + (" …" if len(texts) > 5 else "")
