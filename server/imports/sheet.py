"""What was read from a spreadsheet: rows with the numbers people see, and cells as what they are."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_CELLS = 12_000_000
"""The whole rectangle from A1: a single cell far away makes a reader ask for all the room in between."""
MAX_UNPACKED = 300_000_000
MAX_ENTRIES = 2_000
MAX_CELL_TEXT = 32_767
LONGEST_NUMBER = 10**15
"""A spreadsheet keeps 15 digits; a longer barcode typed as a number is damaged already."""


class Day(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """A date cell as ISO text, with a time of day only where the cell has one."""

    iso: str


class Bad(msgspec.Struct, frozen=True, array_like=True, tag="e"):
    """A cell that has no trustworthy value: its code says why, `shown` is what people see there."""

    code: str
    shown: str = ""


Cell = None | bool | int | float | str | Day | Bad


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One row under its number in the file."""

    number: int
    cells: list[Cell]


class Note(msgspec.Struct, frozen=True):
    """Something people should know that stops nothing: a word key below `imports.note` and what it names."""

    code: str
    args: dict[str, str | int] = {}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet of a file, from its header row on. Rows without any value are left out."""

    sheets: tuple[str, ...]
    sheet: str
    header_row: int
    header: tuple[str, ...]
    rows: list[Row]
    notes: tuple[Note, ...] = ()
    template: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """Why a file cannot be read at all: a word key below `imports.refused` and what it names."""

    code: str
    args: dict[str, str | int] = {}


_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T].*)?")
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def is_blank(cell: Cell) -> bool:
    """Nothing to see: empty, or only blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_text(cell: Cell) -> str:
    """A cell as people read it: 12, not 12.0; one width; no stray blanks."""
    match cell:
        case str():
            return " ".join((cell if cell.isascii() else unicodedata.normalize("NFKC", cell)).split())
        case None:
            return ""
        case float():
            return plain_number(cell)
        case bool():
            return "TRUE" if cell else "FALSE"
        case int():
            return str(cell)
        case Day(iso):
            return iso
        case Bad(_, shown):
            return shown


def plain_number(value: float) -> str:
    """The shortest decimal that means this number, never in powers of ten."""
    if value == int(value):
        return str(int(value))
    return f"{Decimal(repr(value)):f}"


def as_decimal(cell: Cell) -> Decimal | None:
    """A number, also when typed as text: `１２`, `1,200`, `12.50 `. None when it is none."""
    text = as_text(cell).replace("，", ",")
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if isinstance(cell, bool | Day | Bad) or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def as_day(cell: Cell) -> str | None:
    """An ISO day, also from `2026/7/14`, `2026年7月14日` or `20260714` as text. None when it is none."""
    text = as_text(cell)
    match = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return None


_YES = frozenset({"是", "有", "对", "√", "✓", "yes", "y", "true", "t", "1", "x", "on", "需要", "启用"})
_NO = frozenset({"否", "无", "不", "×", "no", "n", "false", "f", "0", "off", "-", "不需要", "停用"})


def as_flag(cell: Cell) -> bool | None:
    """Yes or no in either language. None when it is neither."""
    word = as_text(cell).lower()
    return True if word in _YES else False if word in _NO else None


def column_letters(index: int) -> str:
    """The name of a column as spreadsheets show it: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The place of a column, A being 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def folded_title(text: str) -> str:
    """A header as it is compared: one width, small letters, without marks and remarks in brackets."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = re.sub(r"\([^)]*\)|【[^】]*】|\[[^\]]*\]", "", plain)
    return re.sub(r"[\s*#:_\-./]+", "", plain)


def table_of(
    rows: Sequence[Row],
    *,
    titles: frozenset[str],
    sheets: Sequence[str],
    sheet: str,
    notes: Sequence[Note] = (),
    template: str = "",
) -> Table | Refusal:
    """Find the header among the first rows: the one with most known titles, else the first with any text."""
    filled = [row for row in rows if not all(is_blank(cell) for cell in row.cells)]
    if not filled:
        return Refusal("empty")
    head = max(filled[:20], key=lambda row: (_known_titles(row, titles), -row.number))
    header = tuple(as_text(cell) for cell in head.cells)
    above = [row.number for row in filled if row.number < head.number]
    skipped = (Note("rows_above", {"count": len(above), "row": head.number}),) if above else ()
    return Table(
        sheets=tuple(sheets),
        sheet=sheet,
        header_row=head.number,
        header=header,
        rows=[row for row in filled if row.number > head.number],
        notes=(*notes, *skipped),
        template=template,
    )


def _known_titles(row: Row, titles: frozenset[str]) -> int:
    return len({folded_title(as_text(cell)) for cell in row.cells} & titles)


def cell_of(row: Row, column: int) -> Cell:
    """The cell of a row, which may be shorter than the header."""
    return row.cells[column] if column < len(row.cells) else None


def plain_args(args: Mapping[str, object]) -> dict[str, str | int]:
    """Arguments of a word as they can be stored and sent."""
    return {name: value if isinstance(value, int) else str(value) for name, value in args.items()}
