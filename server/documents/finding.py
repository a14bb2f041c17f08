"""Find anything by a fragment: items, partners, places, and every kind of document that is registered."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, NamedTuple

import msgspec

from server.catalog import queries as catalog
from server.documents import queries
from server.documents.subject import KINDS

LIMIT: Final = 6
MAX_TYPED: Final = 100
Warehouses = frozenset[int] | None


class Hit(msgspec.Struct, frozen=True):
    """One thing that was found, and its page."""

    code: str
    name: str
    page: str


class Group(msgspec.Struct, frozen=True):
    """What was found of one kind: `item`, `partner`, `place`, or the prefix of a document's wire id."""

    kind: str
    hits: list[Hit]


Finder = Callable[[str, Warehouses], Awaitable[list[Group]]]


async def find(typed: str, may: Callable[[str], bool], warehouses: Warehouses) -> list[Group]:
    """Everything that fits what was typed and that one may see, grouped by kind; kinds without a hit are left out."""
    typed = typed.replace("\0", "").strip()[:MAX_TYPED]
    if not typed:
        return []
    finders = [finder for finder in FINDERS if any(may(action) for action in finder.actions)]
    found = await asyncio.gather(*(finder.find(typed, warehouses) for finder in finders))
    return [group for groups in found for group in groups if group.hits and may(ACTIONS[group.kind])]


def only_one(groups: Collection[Group]) -> Hit | None:
    """The hit, when nothing else was found."""
    hits = [hit for group in groups for hit in group.hits]
    return hits[0] if len(hits) == 1 else None


async def _items(typed: str, _: Warehouses) -> list[Group]:
    lines = (await catalog.find_items(typed)).rows[:LIMIT]
    return [Group("item", [Hit(line.code, line.name, f"/catalog/items/{line.id}") for line in lines])]


async def _partners(typed: str, _: Warehouses) -> list[Group]:
    lines = (await catalog.find_partners(typed)).rows[:LIMIT]
    return [Group("partner", [Hit(line.code, line.name, f"/catalog/partners/{line.id}") for line in lines])]


async def _places(typed: str, warehouses: Warehouses) -> list[Group]:
    lines = await catalog.find_places(typed, LIMIT, warehouses)
    return [Group("place", [Hit(line.code, line.zone, f"/stock/locations/{line.id}") for line in lines])]


def _documents(table: str, prefixes: Collection[str]) -> Finder:
    """Searches one table, whatever kinds share it."""

    async def find(typed: str, warehouses: Warehouses) -> list[Group]:
        rows = await queries.find(table, typed, LIMIT, warehouses)
        return [
            Group(
                prefix,
                [
                    Hit(number, name, f"{KINDS[prefix].page}/{key}")
                    for which, key, number, name in rows
                    if which == prefix
                ],
            )
            for prefix in prefixes
        ]

    return find


class Source(NamedTuple):
    """Something that is searched at once, and what one must be allowed to do for any of it."""

    actions: frozenset[str]
    find: Finder


FINDERS: Final = (
    Source(frozenset({"see catalogue"}), _items),
    Source(frozenset({"see catalogue"}), _partners),
    *(
        Source(frozenset(KINDS[prefix].action for prefix in prefixes), _documents(table, prefixes))
        for table, prefixes in queries.tables().items()
    ),
    Source(frozenset({"see stock"}), _places),
)
"""All that is searched, in the order in which it is shown."""

ACTIONS: Final = {
    "item": "see catalogue",
    "partner": "see catalogue",
    "place": "see stock",
    **{prefix: kind.action for prefix, kind in KINDS.items()},
}
"""What one must be allowed to do to see a group."""
