"""Read the lines that somebody typed, scanned or pasted: what each code means, and whether the rest is exact."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from server.catalog import queries as catalog
from server.catalog.barcode import normalise
from server.catalog.item import Fault, clean
from server.documents import line
from server.documents.line import Goods, Line, Typed

SUGGESTIONS = 8


class Meaning(NamedTuple):
    """What a typed text may mean; `is_exact` when it is this item's own code or barcode."""

    typed: str
    goods: Goods
    is_exact: bool


async def read_lines(rows: Sequence[tuple[str, ...]]) -> list[Line] | list[Fault]:
    """The lines of a form (`form.rows("lines", *line.COLUMNS)`, or DATED), or everything that is wrong with them."""
    typed = [Typed(*row) for row in rows]
    return line.read(typed, await goods_of(row.item for row in typed))


async def goods_of(codes: Iterable[str]) -> dict[str, Goods]:
    """What these codes, as they were typed, mean now: an item's own code first, then a barcode."""
    codes = {code for code in codes if code}
    own = await catalog.ids_by_code({form for code in codes for form in _forms(code)})
    scanned = await catalog.live_barcodes({normalise(code) for code in codes})
    meant: dict[str, tuple[int, str]] = {}
    for code in codes:
        if item := next((own[form] for form in _forms(code) if form in own), 0):
            meant[code] = (item, "")
        elif barcode := scanned.get(normalise(code)):
            meant[code] = (barcode.item, barcode.unit if barcode.kind == "barcode" else "")
    drafts = await catalog.item_drafts({item for item, _ in meant.values()})
    return {code: Goods(item, drafts[item], unit) for code, (item, unit) in meant.items()}


async def named(items: Iterable[int]) -> list[str]:
    """The codes and names of items: by them a document is found."""
    drafts = await catalog.item_drafts(set(items))
    return [text for draft in drafts.values() for text in (draft.code, draft.name)]


def _forms(code: str) -> tuple[str, ...]:
    """How a typed code may be stored: of one width, as typed, or in capitals or small letters throughout."""
    plain = clean(code, "NFKC")
    return plain, plain.upper(), plain.lower()


async def meanings(codes: Iterable[str]) -> list[Meaning]:
    """What these codes mean, those that mean anything; items that are switched off mean nothing to new lines."""
    found = await goods_of(codes)
    return [Meaning(code, goods, True) for code, goods in found.items() if goods.draft.is_active]


async def suggestions(typed: str) -> list[Meaning]:
    """The items that a code, a barcode or fragments of names and initials may mean, the exact one first."""
    exact = await meanings([typed])
    lines = (await catalog.find_items(typed)).rows[:SUGGESTIONS]
    known = {meaning.goods.id for meaning in exact}
    ids = [line.id for line in lines if line.id not in known]
    drafts = await catalog.item_drafts(ids)
    return exact + [Meaning(typed, Goods(item, drafts[item]), False) for item in ids]
