"""A company made of real data: the UCI Online Retail lines, through the product's own import.

Daqing Chen, Online Retail, UCI Machine Learning Repository, 2015, doi 10.24432/C5BW33, licence CC BY 4.0.
"""

import itertools
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from server.catalog import maintaining, partnering, placing
from server.catalog import queries as catalog
from server.catalog.barcode import code_key
from server.catalog.partner import PartnerDraft
from server.catalog.place import BinRange
from server.db import writing
from server.imports import importing
from server.imports.sheet import Refusal, Row, Table, as_text, cell_of
from server.sample.building import Built
from server.sync import performing

COLUMNS = {"code": "StockCode", "name": "Description"}
STOCKED = 400
"""The best sellers get what they sold in their last month as opening stock."""

LAST_DAYS = 30
CHUNK = 500


class Unreadable(Exception):
    """The file is not the one this company is made of."""


async def build(file: Path) -> Built:
    """Import the file's codes as items, its customers as partners, and stock the best sellers.

    Raises Unreadable when the file is missing or refused by the import.
    """
    if not file.is_file():  # noqa: ASYNC240  # one look, in a command
        raise Unreadable(f"{file} is not there; name the spreadsheet with --file")
    reviewed = await importing.review("items", file, by=0, duplicates="most-frequent", columns=COLUMNS)
    if isinstance(reviewed, Refusal):
        raise Unreadable(f"{file.name}: {reviewed.code} {reviewed.args}")
    done = await importing.commit(reviewed.job, by=0)
    if isinstance(done, importing.Refused):
        raise Unreadable(f"{file.name}: {done.reasons}")
    house = await _warehouse()
    await _customers(reviewed.table)
    received = await _opening_stock(reviewed.table, house)
    counts = await catalog.counts()
    notes = [remark.message["en"] for remark in reviewed.report.notes]
    return Built("Online Retail", counts.items, counts.locations, 0, received, notes=notes)


async def _warehouse() -> int:
    """The first warehouse: the one that is there, or a new MAIN with enough bins."""
    if found := await catalog.warehouse_by_code("MAIN"):
        return found.id
    opened = await placing.open_warehouse("MAIN", "Main warehouse", by=0)
    assert isinstance(opened, maintaining.Added), opened
    bins = await placing.add_bins(opened.ids[0], BinRange(aisles="A-J", bays="1-20", levels="1-4"), "A", by=0)
    assert isinstance(bins, maintaining.Added), bins
    return opened.ids[0]


def _column(table: Table, title: str) -> int:
    if title not in table.header:
        raise Unreadable(f"the column {title} is missing")
    return table.header.index(title)


def _text(row: Row, column: int) -> str:
    """A cell as people read it; codes stored as numbers come without a point."""
    return as_text(cell_of(row, column))


async def _customers(table: Table) -> None:
    number, country = _column(table, "CustomerID"), _column(table, "Country")
    found = {_text(row, number): _text(row, country) for row in table.rows if _text(row, number)}
    drafts = [
        PartnerDraft(code=f"C{key}", name=f"Customer {key} ({land})") for key, land in sorted(found.items())
    ]
    for start in range(0, len(drafts), CHUNK):
        async with writing():
            for draft in drafts[start : start + CHUNK]:
                # Again is no error: whoever is a partner already stays one.
                await partnering.add_partner(draft, by=0)


async def _opening_stock(table: Table, house: int) -> int:
    sold = _sold_last(table)
    ids = await catalog.ids_by_code(sold)
    dock = (await catalog.locations_of_kind(house, "dock"))[0].id
    bins = itertools.cycle(line.id for line in await catalog.locations_of_kind(house, "bin"))
    acts = [
        act
        for code, amount in sold.most_common()
        if code in ids and amount > 0
        for target in [next(bins)]
        for act in (
            performing.receive(ids[code], str(amount), dock),
            performing.move(ids[code], str(amount), dock, target),
        )
    ]
    await performing.perform(acts, by=0)
    return len(acts)


def _sold_last(table: Table) -> Counter[str]:
    """What the best sellers sold in the last days of the file, by code."""
    code, amount, day = (_column(table, title) for title in ("StockCode", "Quantity", "InvoiceDate"))
    last = max(_text(row, day)[:10] for row in table.rows)
    since = (date.fromisoformat(last) - timedelta(days=LAST_DAYS)).isoformat()
    sold: Counter[str] = Counter()
    for row in table.rows:
        text = _text(row, amount)
        if _text(row, day) > since and text.isdigit():
            sold[code_key(_text(row, code))] += int(text)
    return Counter(dict(sold.most_common(STOCKED)))
