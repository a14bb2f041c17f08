"""Documents as a spreadsheet: figures as figures, days as days, and no text that could act as a formula."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

from rustpy_xlsxwriter import Format, write_worksheets

from server import money, quantity

Kind = Literal["text", "day", "quantity", "amount", "price", "percent", "whole"]
Cell = str | float | int | date | None

FORMATS: Final[dict[Kind, str]] = {
    "text": "@",
    "day": "yyyy-mm-dd",
    "quantity": "#,##0.###",
    "amount": "#,##0.00",
    "price": "#,##0.00####",
    "percent": "0.##",
    "whole": "0",
}
MAX_SHEET_NAME: Final = 31
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet saved as CSV and opened again takes these for formulas; a negative number is none.
_FORMULA: Final = re.compile(r"[=+@\t\r]|-(?![0-9.]+$)")


class Column(NamedTuple):
    """One column: the word of its title, where its value stands in a record (`line.quantity`), and what it is.

    `action` is what one must be allowed to do to see it; `said` is the start of the words for its values.
    """

    word: str
    path: str
    kind: Kind = "text"
    action: str = ""
    said: str = ""


def xlsx(title: str, columns: Sequence[Column], records: Iterable[Any], say: Callable[[str], str]) -> bytes:
    """The records as a workbook of one sheet; `say` gives the words of a language."""
    titles = _different([say(column.word) for column in columns])
    readers = [attrgetter(column.path) for column in columns]
    rows = [
        {
            name: _cell(column, reader(record), say)
            for name, column, reader in zip(titles, columns, readers, strict=True)
        }
        for record in records
    ]
    sheet, output = sheet_name(title), io.BytesIO()
    write_worksheets(
        [(sheet, rows or [dict.fromkeys(titles)])],
        output,
        freeze_panes={sheet: {"row": 1, "col": 1}},
        header_format={sheet: Format().set_bold().set_background_color("#E8EDF3").set_border_bottom("thin")},
        column_formats={
            sheet: {
                name: Format().set_num_format(FORMATS[column.kind])
                for name, column in zip(titles, columns, strict=True)
            }
        },
        column_width={sheet: 18},
        autofilter={sheet: True},
    )
    return output.getvalue()


def harmless(text: str) -> str:
    """A text that stays a text wherever the spreadsheet is opened again."""
    return f"'{text}" if _FORMULA.match(text) else text


def sheet_name(title: str) -> str:
    """A name as spreadsheets allow it for a sheet."""
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:MAX_SHEET_NAME] or "1"


def _cell(column: Column, value: Any, say: Callable[[str], str]) -> Cell:
    if value is None or value == "":
        return None
    match column.kind:
        case "quantity":
            return float(quantity.format(value))
        case "amount":
            return float(money.format_amount(value))
        case "price":
            return float(money.format_price(value))
        case "percent":
            return float(money.format_percent(value))
        case "whole":
            return int(value)
        case "day":
            return date.fromisoformat(value)
    return harmless(say(f"{column.said}{value}") if column.said else str(value))


def _different(titles: Sequence[str]) -> list[str]:
    """Titles made different where two are alike, since each names its column."""
    found: list[str] = []
    for title in titles:
        found.append(title if title not in found else f"{title} ({len(found) + 1})")
    return found
