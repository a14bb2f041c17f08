"""Statements and price lists as spreadsheets."""

import io
from collections.abc import Sequence

from rustpy_xlsxwriter import Format, write_worksheets

from server import money, quantity
from server.catalog.price import PriceLine
from server.crm.statement import Statement
from server.words import t

Cell = str | float | int | None


def statement_xlsx(found: Statement, who: str, language: str) -> bytes:
    """A statement with its opening, every document with the balance after it, and its closing."""
    day, kind, number, reference, amount, balance = (
        t(f"crm.statement.{name}", language)
        for name in ("day", "kind", "number", "reference", "amount", "balance")
    )

    def row(on: str, what: str, of: str, to: str, worth: int | None, after: int) -> dict[str, Cell]:
        return {
            day: on,
            kind: what,
            number: of,
            reference: to,
            amount: None if worth is None else _yuan(worth),
            balance: _yuan(after),
        }

    rows = [row(found.since, t("crm.statement.opening", language), "", "", None, found.opening)]
    rows += [
        row(
            one.day,
            t(f"crm.statement.{one.kind}", language),
            one.number,
            one.reference,
            one.amount,
            one.balance,
        )
        for one in found.entries
    ]
    rows.append(row(found.until, t("crm.statement.closing", language), "", "", None, found.closing))
    return _written(_sheet_name(who), rows, {amount: "#,##0.00", balance: "#,##0.00"})


def prices_xlsx(lines: Sequence[PriceLine], language: str) -> bytes:
    """A price list: code, from which quantity, unit and price in the order in which rows are pasted back."""
    code, from_quantity, unit, price, name = (
        t(f"crm.prices.{word}", language) for word in ("code", "from", "unit", "price", "item_name")
    )
    rows: list[dict[str, Cell]] = [
        {
            code: line.code,
            from_quantity: float(quantity.format(line.from_units)),
            price: float(money.format_price(line.price)),
            unit: line.per,
            name: line.name,
        }
        for line in lines
    ]
    empty: dict[str, Cell] = dict.fromkeys((code, from_quantity, price, unit, name))
    return _written(t("crm.prices.title", language), rows or [empty], {code: "@"})


def _written(sheet: str, rows: list[dict[str, Cell]], formats: dict[str, str]) -> bytes:
    output = io.BytesIO()
    write_worksheets(
        [(sheet, rows)],
        output,
        freeze_panes={sheet: {"row": 1, "col": 0}},
        header_format={sheet: Format().set_bold().set_background_color("#E8EDF3")},
        column_formats={sheet: {column: Format().set_num_format(form) for column, form in formats.items()}},
        column_width={sheet: 18},
    )
    return output.getvalue()


def _yuan(amount: int) -> float:
    return float(money.format_amount(amount))


def _sheet_name(name: str) -> str:
    """A name as a spreadsheet allows it for a sheet."""
    plain = "".join("_" if sign in "[]:*?/\\'" else sign for sign in name).strip()
    return plain[:31] or "1"
